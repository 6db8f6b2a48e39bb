//! The benefit month (所属月份): one month of one year.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::TimeError;

/// A calendar month, written `2023-06`. Covers the years 0001 to 9999; calculations stop at either
/// end (and at 10000-01, so that the last period has an end).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i32,
    month: u32,
}

const FIRST: Month = Month { year: 1, month: 1 };
const LAST: Month = Month { year: 10_000, month: 1 };

impl Month {
    /// The month of a year from 1 to 9999, or `None`.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        let valid = (1..=9999).contains(&year) && (1..=12).contains(&month);
        valid.then_some(Self { year, month })
    }

    /// The month a day lies in.
    pub fn of(date: NaiveDate) -> Self {
        Self { year: date.year(), month: date.month() }.clamp(FIRST, LAST)
    }

    /// Reads `2023-06`: four digits, a hyphen, two digits.
    ///
    /// # Errors
    /// [`TimeError::Month`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let shaped = text.len() == 7
            && text.bytes().enumerate().all(|(place, byte)| {
                if place == 4 { byte == b'-' } else { byte.is_ascii_digit() }
            });
        let (year, month) = text.split_once('-').filter(|_| shaped).ok_or(TimeError::Month)?;
        let year = year.parse().map_err(|_| TimeError::Month)?;
        let month = month.parse().map_err(|_| TimeError::Month)?;
        Self::new(year, month).ok_or(TimeError::Month)
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub const fn month(self) -> u32 {
        self.month
    }

    /// So many months later, earlier where negative.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "adding a count of months, not a month")]
    pub fn add(self, months: i32) -> Self {
        let index = i64::from(self.year) * 12 + i64::from(self.month) - 1 + i64::from(months);
        let year = i32::try_from(index.div_euclid(12)).unwrap_or(0);
        let month = u32::try_from(index.rem_euclid(12)).unwrap_or(0) + 1;
        Self { year, month }.clamp(FIRST, LAST)
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        self.add(1)
    }

    /// The month before.
    #[must_use]
    pub fn prev(self) -> Self {
        self.add(-1)
    }

    /// Whole months from another month to this one, negative when the other is later.
    pub fn months_since(self, other: Self) -> i32 {
        (self.year - other.year) * 12 + self.month.cast_signed() - other.month.cast_signed()
    }

    /// The first day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default()
    }

    /// Number of days, 28 to 31.
    pub fn days(self) -> u32 {
        u32::from(self.first_day().num_days_in_month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Month {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Self, TimeError> {
        Self::parse(&text)
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    #[test]
    fn months_are_read_and_written() {
        assert_eq!(month("2023-06"), Month::new(2023, 6).unwrap());
        assert_eq!(month("2023-06").to_string(), "2023-06");
        for text in ["", "2023-6", "2023-13", "2023-00", "0000-01", "2023/06", "202306", "2023-06-01", "+023-06", "２０２３-06"] {
            assert_eq!(Month::parse(text), Err(TimeError::Month), "{text}");
        }
    }

    #[test]
    fn months_count_over_the_year() {
        assert_eq!(month("2022-12").next(), month("2023-01"));
        assert_eq!(month("2023-01").prev(), month("2022-12"));
        assert_eq!(month("2023-01").add(-25), month("2020-12"));
        assert_eq!(month("2023-01").add(24), month("2025-01"));
        assert_eq!(month("2025-01").months_since(month("2023-02")), 23);
        assert_eq!(month("2024-02").days(), 29);
        assert_eq!(month("2023-02").days(), 28);
        assert_eq!(month("2023-06").first_day(), "2023-06-01".parse().unwrap());
        assert_eq!(Month::of("2023-06-30".parse().unwrap()), month("2023-06"));
        assert!(month("2022-12") < month("2023-01"));
    }

    #[test]
    fn the_calendar_has_ends() {
        assert_eq!(month("0001-01").prev(), month("0001-01"));
        assert_eq!(month("9999-12").add(i32::MAX), month("9999-12").next());
        assert_eq!(month("9999-12").add(i32::MIN), month("0001-01"));
    }
}
