//! Months, half-open periods and ages, all in civil dates of Asia/Shanghai (§2.11, §2.12).

mod month;
mod period;

use chrono::{Datelike, NaiveDate};

pub use month::Month;
pub use period::{Grain, Period};

use std::fmt;

/// Why a text or a pair of dates is no month or period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// Not a month such as `2023-06`.
    Month,
    /// Not a period such as `2023`, `2023H1`, `2023Q2`, `2023-06` or `2023-01-05~2023-02-03`.
    Period,
    /// The period ends before it begins.
    Order,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Month => "expected a month such as 2023-06",
            Self::Period => {
                "expected a period such as 2023, 2023H1, 2023Q2, 2023-06 or 2023-01-05~2023-02-03"
            }
            Self::Order => "the period ends before it begins",
        })
    }
}

impl std::error::Error for TimeError {}

/// 周岁: completed years of age on a day. Who was born on 29 February completes a year on 1 March
/// of years without that day (§2.12). `None` before birth.
pub fn completed_years(birth: NaiveDate, on: NaiveDate) -> Option<u32> {
    let birthday_passed = (on.month(), on.day()) >= (birth.month(), birth.day());
    let years = on.year() - birth.year() - i32::from(!birthday_passed);
    u32::try_from(years).ok()
}

/// The day on which that age is completed: the birthday, 1 March for those born on 29 February
/// in years without that day. `None` beyond the calendar.
pub fn birthday(birth: NaiveDate, age: u32) -> Option<NaiveDate> {
    let year = birth.year().checked_add_unsigned(age)?;
    NaiveDate::from_ymd_opt(year, birth.month(), birth.day())
        .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn ages_are_completed_years() {
        for (birth, on, age) in [
            ("2004-02-29", "2022-02-28", Some(17)),
            ("2004-02-29", "2022-03-01", Some(18)),
            ("2004-02-29", "2024-02-28", Some(19)),
            ("2004-02-29", "2024-02-29", Some(20)),
            ("1943-06-30", "2023-06-30", Some(80)),
            ("1943-07-01", "2023-06-30", Some(79)),
            ("1923-01-01", "2023-06-30", Some(100)),
            ("2007-06-30", "2023-06-30", Some(16)),
            ("2007-07-01", "2023-06-30", Some(15)),
            ("2005-06-30", "2023-06-30", Some(18)),
            ("1963-06-30", "2023-06-30", Some(60)),
            ("2023-06-30", "2023-06-30", Some(0)),
            ("2023-07-01", "2023-06-30", None),
        ] {
            assert_eq!(completed_years(day(birth), day(on)), age, "{birth} on {on}");
        }
    }

    proptest! {
        #[test]
        fn an_age_begins_on_its_birthday(offset in 0_u64..40_000, age in 0_u32..120) {
            let birth = day("1900-01-01") + chrono::Days::new(offset);
            let birthday = birthday(birth, age).unwrap();
            prop_assert_eq!(completed_years(birth, birthday), Some(age));
            let eve = birthday.pred_opt().unwrap();
            prop_assert_eq!(completed_years(birth, eve), age.checked_sub(1));
        }
    }
}
