//! 期间 · months, quarters, half-years, years and ragged ranges of days (domain §2.11): half-open inside, the last
//! day belongs to it outside.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};

/// The length of a period that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// 月
    Month,
    /// 季度
    Quarter,
    /// 半年
    Half,
    /// 年
    Year,
}

impl Grain {
    /// All, shortest first.
    pub const ALL: [Self; 4] = [Self::Month, Self::Quarter, Self::Half, Self::Year];

    /// Months in it.
    pub fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        }
    }

    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Half => "HALF",
            Self::Year => "YEAR",
        }
    }

    /// The period of this length in which a day lies.
    pub fn containing(self, day: NaiveDate) -> Period {
        let month0 = day.month0() - day.month0() % self.months();
        let from = NaiveDate::from_ymd_opt(day.year(), month0 + 1, 1).unwrap_or(day);
        Period { from, until: months_after(from, self.months()), grain: Some(self) }
    }
}

/// A time for which something is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// First day.
    pub from: NaiveDate,
    /// First day after it.
    pub until: NaiveDate,
    /// Its length, where it has a name.
    pub grain: Option<Grain>,
}

fn months_after(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// Years that can be meant.
fn plausible(year: i32) -> bool {
    (1900..=2200).contains(&year)
}

impl Period {
    /// A year, or the part of it that `number` counts from 1.
    pub fn part(grain: Grain, year: i32, number: u32) -> Option<Self> {
        let first = number.checked_sub(1)?.checked_mul(grain.months())?;
        let from = NaiveDate::from_ymd_opt(year, first.checked_add(1)?, 1).filter(|_| plausible(year))?;
        Some(grain.containing(from))
    }

    /// From a day to a day, both inside; a range that is a whole month, quarter, half-year or year is that.
    pub fn days(from: NaiveDate, to: NaiveDate) -> Option<Self> {
        if to < from || !plausible(from.year()) || !plausible(to.year()) {
            return None;
        }
        let until = to.succ_opt()?;
        let named = Grain::ALL.into_iter().map(|grain| grain.containing(from));
        let named = named.into_iter().find(|period| (period.from, period.until) == (from, until));
        Some(named.unwrap_or(Self { from, until, grain: None }))
    }

    /// `2023`, `2023H1`, `2023Q2`, `2023-06`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_at_checked(4)?;
        let year: i32 = year.bytes().all(|byte| byte.is_ascii_digit()).then(|| year.parse().ok())??;
        match rest.split_at_checked(1) {
            None => Self::part(Grain::Year, year, 1),
            Some(("H", half)) if matches!(half, "1" | "2") => Self::part(Grain::Half, year, half.parse().ok()?),
            Some(("Q", quarter)) if quarter.len() == 1 => Self::part(Grain::Quarter, year, quarter.parse().ok()?),
            Some(("-", month)) if month.len() == 2 => Self::part(Grain::Month, year, month.parse().ok()?),
            _ => None,
        }
    }

    /// Last day.
    pub fn last_day(&self) -> NaiveDate {
        self.until.pred_opt().unwrap_or(self.until)
    }

    /// Whether it is made of whole months.
    pub fn whole_months(&self) -> bool {
        self.from.day() == 1 && self.until.day() == 1
    }

    /// The same time a year before (同比).
    #[must_use]
    pub fn year_before(&self) -> Self {
        self.shifted(12)
    }

    /// The time just before it (环比): as many months, or as many days where it is not made of months.
    #[must_use]
    pub fn before(&self) -> Self {
        if self.whole_months() {
            let months = (self.until.year() - self.from.year()) * 12 + i32::try_from(self.until.month0()).unwrap_or(0)
                - i32::try_from(self.from.month0()).unwrap_or(0);
            return self.shifted(u32::try_from(months).unwrap_or(0));
        }
        let days = (self.until - self.from).num_days();
        let from = self.from.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(NaiveDate::MIN);
        Self { from, until: self.from, grain: None }
    }

    /// The part of it that has gone by the end of a day: all of it once it is over, `None` before it begins.
    pub fn elapsed(&self, day: NaiveDate) -> Option<Self> {
        if day >= self.last_day() { Some(*self) } else { Self::days(self.from, day) }
    }

    /// As many of its days, from the first on, as another time has; all of it where it has no more.
    #[must_use]
    pub fn first_days_of(&self, other: &Self) -> Self {
        let days = (other.until - other.from).num_days().unsigned_abs();
        let last = self.from.checked_add_days(Days::new(days)).and_then(|until| until.pred_opt());
        last.and_then(|last| self.elapsed(last)).unwrap_or(*self)
    }

    /// The whole months in it, and the days before and after them.
    pub fn months_and_days(&self) -> (Option<Self>, Vec<Self>) {
        let ragged = |from: NaiveDate, until: NaiveDate| Self { from, until, grain: None };
        let first = match self.from.day() {
            1 => self.from,
            _ => Grain::Month.containing(self.from).until,
        };
        let last = Grain::Month.containing(self.until).from;
        if first > last {
            return (None, vec![*self]);
        }
        let days = [ragged(self.from, first), ragged(last, self.until)].into_iter().filter(|of| of.from < of.until);
        (Some(ragged(first, last)).filter(|of| of.from < of.until), days.collect())
    }

    /// The months of a time that is made of whole ones.
    pub fn months(&self) -> impl Iterator<Item = Self> + use<> {
        let until = self.until;
        let first = Grain::Month.containing(self.from);
        std::iter::successors(Some(first), |month| Some(Grain::Month.containing(month.until)))
            .take_while(move |month| month.until <= until)
    }

    fn shifted(&self, months: u32) -> Self {
        let back = |day: NaiveDate| day.checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN);
        // The last day moves, not the one after it: the year before 2024-02-29 ends on 2023-02-28.
        let until = if self.until.day() == 1 {
            back(self.until)
        } else {
            back(self.last_day()).succ_opt().unwrap_or(NaiveDate::MAX)
        };
        Self { from: back(self.from), until, grain: self.grain }
    }

    /// Whether it is the same time or lies in this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.from <= other.from && other.until <= self.until
    }

    /// 2023年上半年
    pub fn label_zh(&self) -> String {
        let (year, month) = (self.from.year(), self.from.month());
        match self.grain {
            Some(Grain::Year) => format!("{year}年"),
            Some(Grain::Half) => format!("{year}年{}半年", if month == 1 { "上" } else { "下" }),
            Some(Grain::Quarter) => {
                let quarter = match month {
                    ..=3 => "一",
                    4..=6 => "二",
                    7..=9 => "三",
                    _ => "四",
                };
                format!("{year}年第{quarter}季度")
            }
            Some(Grain::Month) => format!("{year}年{month}月"),
            None => format!("{}至{}", self.from, self.last_day()),
        }
    }

    /// First half of 2023
    pub fn label_en(&self) -> String {
        let year = self.from.year();
        match self.grain {
            Some(Grain::Year) => format!("{year}"),
            Some(Grain::Half) => format!("{} half of {year}", if self.from.month() == 1 { "first" } else { "second" }),
            Some(Grain::Quarter) => format!("Q{} {year}", self.from.month().div_ceil(3)),
            Some(Grain::Month) => self.from.format("%B %Y").to_string(),
            None => format!("{} to {}", self.from, self.last_day()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.from.year(), self.from.month());
        match self.grain {
            Some(Grain::Year) => write!(f, "{year}"),
            Some(Grain::Half) => write!(f, "{year}H{}", month.div_ceil(6)),
            Some(Grain::Quarter) => write!(f, "{year}Q{}", month.div_ceil(3)),
            Some(Grain::Month) => write!(f, "{year}-{month:02}"),
            None => write!(f, "{}..{}", self.from, self.last_day()),
        }
    }
}

/// First day on which something whose last month is given no longer holds.
pub fn after_month(last: NaiveDate) -> NaiveDate {
    last.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn named_periods_are_read_and_written() {
        for (text, from, last, zh) in [
            ("2023", "2023-01-01", "2023-12-31", "2023年"),
            ("2023H1", "2023-01-01", "2023-06-30", "2023年上半年"),
            ("2023H2", "2023-07-01", "2023-12-31", "2023年下半年"),
            ("2024Q1", "2024-01-01", "2024-03-31", "2024年第一季度"),
            ("2023Q4", "2023-10-01", "2023-12-31", "2023年第四季度"),
            ("2024-02", "2024-02-01", "2024-02-29", "2024年2月"),
        ] {
            let period = Period::parse(text).unwrap();
            assert_eq!((period.from, period.last_day()), (day(from), day(last)), "{text}");
            assert_eq!((period.to_string(), period.label_zh()), (text.to_owned(), zh.to_owned()));
            assert_eq!(
                Period::days(period.from, period.last_day()),
                Some(period),
                "a range that is whole has its name"
            );
        }
        for text in
            ["", "23", "2023H3", "2023Q5", "2023Q0", "2023-13", "2023-6", "2023-006", "20230", "年2023", "１２３４"]
        {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_has_gone_is_compared_with_as_many_days() {
        let of = |text: &str| Period::parse(text).unwrap();
        let told = |period: Period| (period.from.to_string(), period.last_day().to_string());
        let year = of("2023");
        assert_eq!(year.elapsed(day("2022-12-31")), None, "still to come");
        assert_eq!(year.elapsed(day("2023-01-01")).map(|gone| gone.until), Some(day("2023-01-02")));
        assert_eq!(year.elapsed(day("2023-06-30")), Some(of("2023H1")), "by its name where it has one");
        assert_eq!(year.elapsed(day("2023-12-31")), Some(year));
        assert_eq!(year.elapsed(day("2030-01-01")), Some(year));
        let gone = |text: &str, on: &str| of(text).elapsed(day(on)).unwrap();
        assert_eq!(of("2022").first_days_of(&gone("2023", "2023-06-30")), of("2022H1"));
        assert_eq!(
            told(of("2022H2").first_days_of(&gone("2023H1", "2023-03-31"))),
            ("2022-07-01".to_owned(), "2022-09-28".to_owned()),
            "ninety days"
        );
        // Of a month of 28 days no more than these, of a leap year one day later.
        assert_eq!(of("2023-02").first_days_of(&gone("2023-03", "2023-03-30")), of("2023-02"));
        assert_eq!(told(of("2023").first_days_of(&gone("2024", "2024-06-30"))).1, "2023-07-01");
    }

    #[test]
    fn a_time_is_whole_months_and_the_days_around_them() {
        let told = |from: &str, to: &str| {
            let (months, days) = Period::days(day(from), day(to)).unwrap().months_and_days();
            let text = |of: Period| format!("{}..{}", of.from, of.last_day());
            (months.map(text), days.into_iter().map(text).collect::<Vec<_>>())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told("2023-01-01", "2023-06-30"), (some("2023-01-01..2023-06-30"), vec![]));
        assert_eq!(
            told("2023-01-15", "2023-05-17"),
            (
                some("2023-02-01..2023-04-30"),
                vec!["2023-01-15..2023-01-31".to_owned(), "2023-05-01..2023-05-17".to_owned()]
            )
        );
        assert_eq!(told("2023-01-01", "2023-01-17"), (None, vec!["2023-01-01..2023-01-17".to_owned()]));
        assert_eq!(told("2023-01-05", "2023-01-17"), (None, vec!["2023-01-05..2023-01-17".to_owned()]));
        assert_eq!(
            told("2023-01-05", "2023-02-03"),
            (None, vec!["2023-01-05..2023-01-31".to_owned(), "2023-02-01..2023-02-03".to_owned()])
        );
        let months = Period::days(day("2022-11-01"), day("2023-01-31")).unwrap().months();
        assert_eq!(months.map(|month| month.to_string()).collect::<Vec<_>>(), ["2022-11", "2022-12", "2023-01"]);
    }

    #[test]
    fn comparisons_stand_on_the_same_time() {
        let of = |text: &str| Period::parse(text).unwrap();
        assert_eq!(of("2023H1").year_before(), of("2022H1"));
        assert_eq!(of("2023H1").before(), of("2022H2"));
        assert_eq!(of("2023Q1").before(), of("2022Q4"));
        assert_eq!(of("2023-03").before(), of("2023-02"));
        assert_eq!(of("2023").before(), of("2022"));
        let ragged = Period::days(day("2024-02-10"), day("2024-02-29")).unwrap();
        assert_eq!(ragged.year_before().last_day(), day("2023-02-28"));
        assert_eq!((ragged.before().from, ragged.before().last_day()), (day("2024-01-21"), day("2024-02-09")));
        assert_eq!(Period::days(day("2023-02-01"), day("2023-01-31")), None);
    }
}
