//! Reporting periods: half-open spans of days with the labels reports use.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Month, TimeError};

/// A span of whole days, `from` included, `to_exclusive` not; never empty (§1.6, §2.11).
///
/// Written as its label, also by serde: `2023`, `2023H1`, `2023Q2`, `2023-06`, and any other span
/// with its first and last day, `2023-01-05~2023-02-03`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    from: NaiveDate,
    to_exclusive: NaiveDate,
}

/// The calendar units a figure is kept by.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Grain {
    /// 月.
    Month,
    /// 季度.
    Quarter,
    /// 半年.
    Half,
    /// 年.
    Year,
}

impl Grain {
    /// All four, the shortest first.
    pub const ALL: [Self; 4] = [Self::Month, Self::Quarter, Self::Half, Self::Year];

    /// Length in months: 1, 3, 6 or 12.
    pub const fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        }
    }

    /// The unit of this length that a day lies in.
    pub fn containing(self, date: NaiveDate) -> Period {
        let month = Month::of(date);
        let into_unit = (month.month() - 1) % self.months();
        Period::of_months(month.add(-into_unit.cast_signed()), self.months().cast_signed())
    }
}

impl Period {
    /// One month (月).
    pub fn month(month: Month) -> Self {
        Self::of_months(month, 1)
    }

    /// A quarter (季度) 1 to 4 of a year 1 to 9999, or `None`.
    pub fn quarter(year: i32, quarter: u32) -> Option<Self> {
        let first = Month::new(year, quarter.checked_sub(1)?.checked_mul(3)?.checked_add(1)?)?;
        Some(Self::of_months(first, 3))
    }

    /// A half-year (半年) 1 or 2 of a year 1 to 9999, or `None`.
    pub fn half(year: i32, half: u32) -> Option<Self> {
        let first = Month::new(year, half.checked_sub(1)?.checked_mul(6)?.checked_add(1)?)?;
        Some(Self::of_months(first, 6))
    }

    /// A year (年) 1 to 9999, or `None`.
    pub fn year(year: i32) -> Option<Self> {
        Some(Self::of_months(Month::new(year, 1)?, 12))
    }

    /// From a first to a last day, both included.
    ///
    /// # Errors
    /// [`TimeError::Order`] when the last day is before the first, [`TimeError::Period`] when it is
    /// the last day of the calendar.
    pub fn range_inclusive(from: NaiveDate, to: NaiveDate) -> Result<Self, TimeError> {
        if to < from {
            return Err(TimeError::Order);
        }
        let to_exclusive = to.succ_opt().ok_or(TimeError::Period)?;
        Ok(Self { from, to_exclusive })
    }

    /// Reads a label as [`Period::label`] writes it.
    ///
    /// # Errors
    /// [`TimeError::Period`] for any other text, [`TimeError::Order`] for a span that ends before
    /// it begins.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        if let Some((from, to)) = text.split_once('~') {
            return Self::range_inclusive(day(from)?, day(to)?);
        }
        let year = text.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
        let year: i32 = year.and_then(|year| year.parse().ok()).ok_or(TimeError::Period)?;
        let period = match text.get(4..).unwrap_or_default() {
            "" => Self::year(year),
            "H1" => Self::half(year, 1),
            "H2" => Self::half(year, 2),
            "Q1" => Self::quarter(year, 1),
            "Q2" => Self::quarter(year, 2),
            "Q3" => Self::quarter(year, 3),
            "Q4" => Self::quarter(year, 4),
            _ => Month::parse(text).ok().map(Self::month),
        };
        period.ok_or(TimeError::Period)
    }

    /// The first day.
    pub const fn from(self) -> NaiveDate {
        self.from
    }

    /// The day after the last.
    pub const fn to_exclusive(self) -> NaiveDate {
        self.to_exclusive
    }

    /// The last day: that of a stock (期末).
    pub fn last_day(self) -> NaiveDate {
        self.to_exclusive.pred_opt().unwrap_or(self.from)
    }

    /// Number of days; H1 has 181, in leap years 182.
    pub fn days(self) -> i64 {
        (self.to_exclusive - self.from).num_days()
    }

    /// Whether the day lies in the period.
    pub fn contains(self, date: NaiveDate) -> bool {
        self.from <= date && date < self.to_exclusive
    }

    /// The calendar unit this period is, `None` when it is none.
    pub fn grain(self) -> Option<Grain> {
        Grain::ALL.into_iter().find(|grain| grain.containing(self.from) == self)
    }

    /// `2023H1`, `2023Q2`, `2023-06`, `2023`, otherwise `2023-01-05~2023-02-03`.
    pub fn label(self) -> String {
        let (year, month) = (self.from.year(), self.from.month());
        match self.grain() {
            Some(Grain::Year) => format!("{year:04}"),
            Some(Grain::Half) => format!("{year:04}H{}", month / 6 + 1),
            Some(Grain::Quarter) => format!("{year:04}Q{}", month / 3 + 1),
            Some(Grain::Month) => format!("{year:04}-{month:02}"),
            None => format!("{}~{}", self.from, self.last_day()),
        }
    }

    /// The period of the same length just before (环比): of whole months by months, otherwise by
    /// days.
    #[must_use]
    pub fn previous(self) -> Self {
        if let Some(months) = self.whole_months() {
            return Self::of_months(Month::of(self.from).add(-months), months);
        }
        let days = Days::new(self.days().unsigned_abs());
        let from = self.from.checked_sub_days(days).unwrap_or(NaiveDate::MIN);
        Self { from, to_exclusive: self.from }
    }

    /// The same period a year earlier (同比). Where a bound is 29 February, the span is widened to
    /// take all of February in.
    #[must_use]
    pub fn year_before(self) -> Self {
        if let Some(months) = self.whole_months() {
            return Self::of_months(Month::of(self.from).add(-12), months);
        }
        let back = |date: NaiveDate| date.checked_sub_months(Months::new(12)).unwrap_or(date);
        let to_exclusive = back(self.to_exclusive);
        let shortened = to_exclusive.day() != self.to_exclusive.day();
        let widened = to_exclusive.succ_opt().filter(|_| shortened);
        Self { from: back(self.from), to_exclusive: widened.unwrap_or(to_exclusive) }
    }

    /// Every month that has a day in the period, in order.
    pub fn months(self) -> Vec<Month> {
        let (first, last) = (Month::of(self.from), Month::of(self.last_day()));
        (0..=last.months_since(first)).map(|offset| first.add(offset)).collect()
    }

    /// Whether it begins and ends with a month.
    pub fn is_whole_months(self) -> bool {
        self.whole_months().is_some()
    }

    /// Number of months when the period begins and ends with a month.
    fn whole_months(self) -> Option<i32> {
        let (from, to) = (Month::of(self.from), Month::of(self.to_exclusive));
        let whole = from.first_day() == self.from && to.first_day() == self.to_exclusive;
        whole.then(|| to.months_since(from))
    }

    /// So many months from one on; at the calendar's ends at least one month.
    fn of_months(first: Month, months: i32) -> Self {
        let after = first.add(months);
        let first = if first == after { first.prev() } else { first };
        Self { from: first.first_day(), to_exclusive: after.first_day() }
    }
}

/// Reads a day written `2023-01-05`.
fn day(text: &str) -> Result<NaiveDate, TimeError> {
    let date: NaiveDate = text.parse().map_err(|_| TimeError::Period)?;
    if date.to_string() == text { Ok(date) } else { Err(TimeError::Period) }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

impl FromStr for Period {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Period {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Self, TimeError> {
        Self::parse(&text)
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.label()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn period(label: &str) -> Period {
        Period::parse(label).unwrap()
    }

    #[test]
    fn labels_read_and_write_alike() {
        for (label, from, last, days) in [
            ("2023", "2023-01-01", "2023-12-31", 365),
            ("2023H1", "2023-01-01", "2023-06-30", 181),
            ("2024H1", "2024-01-01", "2024-06-30", 182),
            ("2023H2", "2023-07-01", "2023-12-31", 184),
            ("2023Q1", "2023-01-01", "2023-03-31", 90),
            ("2023Q2", "2023-04-01", "2023-06-30", 91),
            ("2023Q3", "2023-07-01", "2023-09-30", 92),
            ("2023Q4", "2023-10-01", "2023-12-31", 92),
            ("2023-06", "2023-06-01", "2023-06-30", 30),
            ("2023-12", "2023-12-01", "2023-12-31", 31),
            ("2023-01-05~2023-02-03", "2023-01-05", "2023-02-03", 30),
            ("9999", "9999-01-01", "9999-12-31", 365),
        ] {
            let read = period(label);
            assert_eq!(read.label(), label);
            assert_eq!(read.from().to_string(), from);
            assert_eq!(read.last_day().to_string(), last);
            assert_eq!(read.days(), days, "{label}");
        }
        assert_eq!(period("2023-01-01~2023-06-30").label(), "2023H1");
    }

    #[test]
    fn other_texts_are_no_periods() {
        for text in [
            "", "23", "2023H3", "2023Q0", "2023Q5", "2023h1", "2023-13", "2023-1", "0000", "2023 ",
            "2023-01-05", "2023-01-05~", "2023-1-5~2023-2-3", "二〇二三", "+123", "2023H1~2023H2",
        ] {
            assert_eq!(Period::parse(text), Err(TimeError::Period), "{text}");
        }
        assert_eq!(Period::parse("2023-02-03~2023-02-02"), Err(TimeError::Order));
        assert_eq!(Period::half(2023, 0), None);
        assert_eq!(Period::half(2023, 3), None);
        assert_eq!(Period::quarter(2023, u32::MAX), None);
    }

    #[test]
    fn neighbours_keep_the_kind_of_period() {
        for (label, previous, year_before) in [
            ("2023H1", "2022H2", "2022H1"),
            ("2023Q1", "2022Q4", "2022Q1"),
            ("2023-03", "2023-02", "2022-03"),
            ("2024-02", "2024-01", "2023-02"),
            ("2025-02", "2025-01", "2024-02"),
            ("2023", "2022", "2022"),
            ("2023-01-01~2023-02-28", "2022-11-01~2022-12-31", "2022-01-01~2022-02-28"),
            ("2023-01-05~2023-02-03", "2022-12-06~2023-01-04", "2022-01-05~2022-02-03"),
            ("2024-02-10~2024-02-28", "2024-01-22~2024-02-09", "2023-02-10~2023-02-28"),
            ("2024-02-29~2024-02-29", "2024-02-28~2024-02-28", "2023-02-28~2023-02-28"),
        ] {
            assert_eq!(period(label).previous().label(), previous, "{label}");
            assert_eq!(period(label).year_before().label(), year_before, "{label}");
        }
    }

    #[test]
    fn months_are_those_touched() {
        let labels = |label: &str| -> Vec<String> {
            period(label).months().iter().map(ToString::to_string).collect()
        };
        assert_eq!(labels("2023Q2"), ["2023-04", "2023-05", "2023-06"]);
        assert_eq!(labels("2022-12-31~2023-01-01"), ["2022-12", "2023-01"]);
        assert!(period("2023Q2").is_whole_months());
        assert!(!period("2022-12-31~2023-01-01").is_whole_months());
        assert!(period("2023H1").contains("2023-06-30".parse().unwrap()));
        assert!(!period("2023H1").contains("2023-07-01".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn every_span_survives_its_label(start in 0_u64..20_000, length in 0_u64..800) {
            let from = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + Days::new(start);
            let span = Period::range_inclusive(from, from + Days::new(length)).unwrap();
            prop_assert_eq!(Period::parse(&span.label()), Ok(span));
            prop_assert_eq!(span.previous().to_exclusive(), span.from());
            prop_assert!(span.year_before().days() > 0);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = Period::parse(&text);
        }
    }
}
