//! The eighteen months of the demo, and days counted in them.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};
use minzheng_rules::workdays::{add_working_days, is_working_day};

use super::random::Random;

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(i32);

impl Month {
    /// Of a year, from 1 to 12.
    pub const fn new(year: i32, month: i32) -> Self {
        Self(year * 12 + month - 1)
    }

    /// In which a day lies.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0))
    }

    /// So many months later.
    pub fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }

    /// Months from another to this.
    pub fn since(self, other: Self) -> i32 {
        self.0 - other.0
    }

    /// Its year.
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// 1 to 12.
    pub fn number(self) -> u32 {
        u32::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1)
    }

    /// First day.
    pub fn first(self) -> NaiveDate {
        day(self.year(), self.number(), 1)
    }

    /// Last day.
    pub fn last(self) -> NaiveDate {
        before(self.plus(1).first(), 1)
    }

    /// Any of its days.
    pub fn any_day(self, random: &mut Random) -> NaiveDate {
        any_day(random, self.first(), self.last())
    }

    /// The first working day from this day of the month on.
    pub fn working_day(self, from: u32) -> NaiveDate {
        working_day(day(self.year(), self.number(), from))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

/// First month of business.
pub const FIRST: Month = Month::new(2022, 1);
/// Last month of business.
pub const LAST: Month = Month::new(2023, 6);

/// The months of business.
pub fn months() -> impl Iterator<Item = Month> {
    (0..=LAST.since(FIRST)).map(|number| FIRST.plus(number))
}

/// The day of business, 2023-06-30: nothing has happened after it.
pub fn today() -> NaiveDate {
    LAST.last()
}

/// A day of the calendar.
pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// So many days later.
pub fn after(day: NaiveDate, days: i64) -> NaiveDate {
    u64::try_from(days).map_or_else(|_| before(day, -days), |days| day.checked_add_days(Days::new(days)).unwrap_or(day))
}

/// So many days earlier.
pub fn before(day: NaiveDate, days: i64) -> NaiveDate {
    u64::try_from(days).map_or(day, |days| day.checked_sub_days(Days::new(days)).unwrap_or(day))
}

/// So many years later: 29 February becomes 1 March (domain §2.12).
pub fn years_after(day: NaiveDate, years: u32) -> NaiveDate {
    let later = day.checked_add_months(Months::new(years * 12)).unwrap_or(day);
    if later.day() < day.day() { after(later, 1) } else { later }
}

/// Any day from one to another, both included.
pub fn any_day(random: &mut Random, from: NaiveDate, to: NaiveDate) -> NaiveDate {
    after(from, random.between(0, (to - from).num_days().max(0)))
}

/// This day, or the next that is worked on.
pub fn working_day(from: NaiveDate) -> NaiveDate {
    if is_working_day(from) { from } else { add_working_days(from, 1).date }
}

/// So many working days later.
pub fn working_days_after(from: NaiveDate, days: i64) -> NaiveDate {
    add_working_days(from, u32::try_from(days).unwrap_or(0)).date
}

/// `None` for what would lie after the day of business.
pub fn happened(day: NaiveDate) -> Option<NaiveDate> {
    (day <= today()).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_count_over_years() {
        assert_eq!(Month::new(2022, 12).plus(1).to_string(), "2023-01");
        assert_eq!(Month::new(2023, 1).plus(-1).to_string(), "2022-12");
        assert_eq!(LAST.last(), day(2023, 6, 30));
        assert_eq!(months().count(), 18);
        assert_eq!(Month::of(day(2022, 12, 31)), Month::new(2022, 12));
    }

    #[test]
    fn who_is_born_on_29_february_completes_a_year_on_1_march() {
        assert_eq!(years_after(day(2004, 2, 29), 18), day(2022, 3, 1));
        assert_eq!(years_after(day(1932, 2, 29), 80), day(2012, 2, 29));
        assert_eq!(years_after(day(1943, 6, 30), 80), day(2023, 6, 30));
    }

    #[test]
    fn the_pay_day_is_a_working_day() {
        assert_eq!(Month::new(2022, 9).working_day(10), day(2022, 9, 13), "Saturday, then the Mid-Autumn holidays");
        assert_eq!(Month::new(2023, 6).working_day(10), day(2023, 6, 12));
    }
}
