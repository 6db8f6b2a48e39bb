//! 工作日 · working days by the State Council's holidays and make-up days (domain §2.12). The start
//! day is not counted. A day outside the table is a plain weekday or weekend day.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Where a count of days ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The last day.
    pub date: NaiveDate,
    /// Whether the table covers the whole span; where not, the date may still move.
    pub certain: bool,
}

/// Day → whether it is worked on.
fn table() -> &'static BTreeMap<NaiveDate, bool> {
    static TABLE: OnceLock<BTreeMap<NaiveDate, bool>> = OnceLock::new();
    TABLE.get_or_init(|| {
        include_str!("workdays.csv")
            .lines()
            .skip(1)
            .filter_map(|line| {
                let mut cells = line.split(',');
                let date = cells.next()?.parse().ok()?;
                Some((date, cells.next()? == "MAKE_UP_WORKDAY"))
            })
            .collect()
    })
}

/// Whether a day is worked on.
pub fn is_working_day(date: NaiveDate) -> bool {
    let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    table().get(&date).copied().unwrap_or(!weekend)
}

/// Whether the table covers the year of a day.
fn is_certain(date: NaiveDate) -> bool {
    let years = |(date, _): (&NaiveDate, &bool)| date.year();
    let first = table().first_key_value().map(years);
    let last = table().last_key_value().map(years);
    first.is_some_and(|year| year <= date.year()) && last.is_some_and(|year| date.year() <= year)
}

/// The day on which so many working days are over; the start day is not counted.
pub fn add_working_days(start: NaiveDate, days: u32) -> Deadline {
    let mut date = start;
    let mut left = days;
    while left > 0 {
        let Some(next) = date.succ_opt() else { return Deadline { date, certain: false } };
        date = next;
        left -= u32::from(is_working_day(date));
    }
    Deadline { date, certain: is_certain(start) && is_certain(date) }
}

/// Working days from a day up to, but not including, another.
pub fn working_days(from: NaiveDate, until: NaiveDate) -> u32 {
    let days = from.iter_days().take_while(|day| *day < until).filter(|day| is_working_day(*day)).count();
    u32::try_from(days).unwrap_or(u32::MAX)
}

/// The first day on which work may go on after a notice of so many calendar days.
pub fn after_notice(posted: NaiveDate, days: u32, count_posting_day: bool) -> Option<NaiveDate> {
    posted.checked_add_days(Days::new(u64::from(days) + u64::from(!count_posting_day)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_vectors_of_the_domain() {
        for (start, days, end) in [
            ("2023-04-20", 3, "2023-04-24"),
            ("2023-04-20", 10, "2023-05-06"),
            ("2023-04-20", 30, "2023-06-02"),
            ("2023-04-20", 45, "2023-06-26"),
            ("2023-01-19", 3, "2023-01-29"),
            ("2023-04-28", 3, "2023-05-06"),
            ("2023-06-21", 3, "2023-06-27"),
            ("2023-09-28", 3, "2023-10-09"),
            ("2023-09-28", 15, "2023-10-25"),
            ("2023-04-22", 3, "2023-04-25"),
        ] {
            assert_eq!(
                add_working_days(day(start), days),
                Deadline { date: day(end), certain: true },
                "{start} + {days}"
            );
        }
        assert_eq!(working_days(day("2023-01-01"), day("2023-07-01")), 123);
        assert_eq!(working_days(day("2026-01-01"), day("2026-07-01")), 120);
        assert_eq!(after_notice(day("2023-04-24"), 7, false), Some(day("2023-05-02")));
        assert_eq!(after_notice(day("2023-04-24"), 7, true), Some(day("2023-05-01")));
    }

    #[test]
    fn beyond_the_table_a_deadline_says_so() {
        assert!(!add_working_days(day("2026-12-30"), 5).certain);
        assert!(!add_working_days(day("1999-03-01"), 1).certain);
        assert!(add_working_days(day("2026-11-24"), 5).certain);
    }
}
