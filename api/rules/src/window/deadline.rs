//! 办理时限 · the last day of a case by working or calendar days, the day of acceptance not counted (domain §2.9, §2.12).

use chrono::{Days, NaiveDate};

use crate::workdays::add_working_days;

/// The last day on which a case accepted on a day is in time.
pub fn last_day(accepted_on: NaiveDate, days: i64, working: bool) -> NaiveDate {
    let days = u32::try_from(days.max(0)).unwrap_or(u32::MAX).min(36_500);
    if working && days > 0 {
        add_working_days(accepted_on, days).date
    } else {
        accepted_on.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
    }
}

/// Whether it was decided in time; `None`: open, and not late yet.
pub fn on_time(last: NaiveDate, finished_on: Option<NaiveDate>, today: NaiveDate) -> Option<bool> {
    match finished_on {
        Some(on) => Some(on <= last),
        None if today <= last => None,
        None => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_vectors_of_the_domain() {
        assert_eq!(last_day(day("2023-04-20"), 3, true), day("2023-04-24"));
        assert_eq!(last_day(day("2023-04-20"), 10, true), day("2023-05-06"));
        assert_eq!(last_day(day("2023-06-21"), 3, true), day("2023-06-27"));
        assert_eq!(last_day(day("2023-04-20"), 10, false), day("2023-04-30"));
        assert_eq!(last_day(day("2023-04-20"), 0, true), day("2023-04-20"));
    }

    #[test]
    fn the_last_day_is_in_time() {
        let last = day("2023-05-06");
        assert_eq!(on_time(last, Some(day("2023-05-06")), day("2023-06-30")), Some(true));
        assert_eq!(on_time(last, Some(day("2023-05-07")), day("2023-06-30")), Some(false));
        assert_eq!(on_time(last, None, day("2023-05-06")), None);
        assert_eq!(on_time(last, None, day("2023-05-07")), Some(false));
    }
}
