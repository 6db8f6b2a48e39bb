//! Working days (工作日) by the State Council's notices, make-up Saturdays and Sundays (调休)
//! included (§2.12). The table covers whole years; beyond them plain weekdays are assumed and the
//! answer says that it is not certain.

use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::time::Period;

/// `date,kind,name`, in order of date; `kind` is `HOLIDAY` or `MAKE_UP_WORKDAY`.
const TABLE: &str = include_str!("workdays.csv");

/// Days that differ from what their weekday says: true where they are worked.
static NOTICES: LazyLock<Vec<(NaiveDate, bool)>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(notice).collect());

/// A date found by counting working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deadline {
    /// The last day in time.
    pub date: NaiveDate,
    /// False when the span leaves the years for which holidays are known, so that the date may
    /// still move.
    pub certain: bool,
}

/// The days of a public notice (公示), counted in calendar days (57号; §2.2, §2.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NoticeDays {
    /// The first day that counts.
    pub first: NaiveDate,
    /// The last day that counts.
    pub last: NaiveDate,
    /// The day from which the case may go on: the one after the last.
    pub forward_from: NaiveDate,
}

/// Whether the day is worked: a weekday that is no holiday, or a make-up day.
pub fn is_working_day(date: NaiveDate) -> bool {
    NOTICES
        .binary_search_by_key(&date, |(day, _)| *day)
        .ok()
        .and_then(|found| NOTICES.get(found))
        .map_or(!matches!(date.weekday(), Weekday::Sat | Weekday::Sun), |(_, worked)| *worked)
}

/// Whether the holidays of the day's year are in the table (2004 to 2026 as delivered).
pub fn is_known(date: NaiveDate) -> bool {
    let year = |notice: Option<&(NaiveDate, bool)>| notice.map(|(day, _)| day.year());
    year(NOTICES.first()).is_some_and(|first| first <= date.year())
        && year(NOTICES.last()).is_some_and(|last| date.year() <= last)
}

/// The day that is `n` working days after `start`; the start day is not counted, and `n = 0` gives
/// the start day itself.
pub fn add_working_days(start: NaiveDate, n: u32) -> Deadline {
    let mut left = n;
    let mut date = start;
    while left > 0 {
        let Some(next) = date.succ_opt() else {
            break;
        };
        date = next;
        left -= u32::from(is_working_day(date));
    }
    Deadline { date, certain: is_known(start) && is_known(date) }
}

/// Working days used from `start` to `end`: the start day not counted, the end day counted, 0 when
/// the end is not later. `add_working_days(start, n).date == end` gives `n` back (D19).
pub fn working_days_between(start: NaiveDate, end: NaiveDate) -> u32 {
    count_from(start.succ_opt(), end)
}

/// Working days in a period, its first and last day counted: 123 in 2023H1.
pub fn working_days_in(period: Period) -> u32 {
    count_from(Some(period.from()), period.last_day())
}

/// The days a public notice stands when posted on a day, `days` full calendar days long (7 for
/// 低保 and 特困). The posting day does not count unless the policy says so.
pub fn public_notice_end(posted: NaiveDate, days: u32, count_posting_day: bool) -> NoticeDays {
    let after = |count: u32| {
        posted.checked_add_days(Days::new(u64::from(count))).unwrap_or(NaiveDate::MAX)
    };
    let skipped = u32::from(!count_posting_day);
    let forward_from = days.saturating_add(skipped);
    NoticeDays {
        first: after(skipped),
        last: after(forward_from.saturating_sub(1)),
        forward_from: after(forward_from),
    }
}

fn count_from(first: Option<NaiveDate>, last: NaiveDate) -> u32 {
    first
        .into_iter()
        .flat_map(NaiveDate::iter_days)
        .take_while(|date| *date <= last)
        .map(|date| u32::from(is_working_day(date)))
        .sum()
}

/// One line of the table.
fn notice(line: &str) -> Option<(NaiveDate, bool)> {
    let mut cells = line.split(',');
    let date = cells.next()?.parse().ok()?;
    match cells.next()? {
        "HOLIDAY" => Some((date, false)),
        "MAKE_UP_WORKDAY" => Some((date, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_line_of_the_table_is_read_in_order() {
        assert_eq!(NOTICES.len(), TABLE.lines().count() - 1);
        assert!(NOTICES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(is_known(day("2004-01-01")) && is_known(day("2026-12-31")));
        assert!(!is_known(day("2003-12-31")) && !is_known(day("2027-01-01")));
    }

    #[test]
    fn working_days_follow_the_notices() {
        for (start, n, end) in [
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
            ("2023-04-22", 0, "2023-04-22"),
        ] {
            let expected = Deadline { date: day(end), certain: true };
            assert_eq!(add_working_days(day(start), n), expected, "{start} + {n}");
            assert_eq!(working_days_between(day(start), day(end)), n, "{start} to {end}");
        }
        assert_eq!(working_days_between(day("2023-05-06"), day("2023-05-06")), 0);
        assert_eq!(working_days_between(day("2023-05-06"), day("2023-05-01")), 0);
    }

    #[test]
    fn make_up_days_work_and_holidays_do_not() {
        for (date, works) in [
            ("2023-05-06", true),
            ("2023-01-29", true),
            ("2023-06-25", true),
            ("2023-06-22", false),
            ("2023-05-01", false),
            ("2023-05-04", true),
            ("2023-05-07", false),
        ] {
            assert_eq!(is_working_day(day(date)), works, "{date}");
        }
    }

    #[test]
    fn half_years_have_their_known_number() {
        assert_eq!(working_days_in(Period::half(2023, 1).unwrap()), 123);
        assert_eq!(working_days_in(Period::half(2026, 1).unwrap()), 120);
    }

    #[test]
    fn a_deadline_beyond_the_table_is_not_certain() {
        assert!(add_working_days(day("2026-12-25"), 3).certain);
        assert!(!add_working_days(day("2026-12-25"), 10).certain);
        assert!(!add_working_days(day("2003-12-30"), 5).certain);
        assert!(!add_working_days(NaiveDate::MAX, 5).certain);
    }

    #[test]
    fn a_notice_stands_full_days() {
        let notice = public_notice_end(day("2023-04-24"), 7, false);
        assert_eq!(notice.first, day("2023-04-25"));
        assert_eq!(notice.last, day("2023-05-01"));
        assert_eq!(notice.forward_from, day("2023-05-02"));
        let counted = public_notice_end(day("2023-04-24"), 7, true);
        assert_eq!((counted.first, counted.forward_from), (day("2023-04-24"), day("2023-05-01")));
        assert_eq!(public_notice_end(NaiveDate::MAX, 7, false).last, NaiveDate::MAX);
    }
}
