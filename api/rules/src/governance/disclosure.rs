//! 村务公开 · whether a posting was on time (D67).

use chrono::NaiveDate;

/// Whether it was posted on or before its last day; `None`: not posted, and not late yet.
pub fn on_time(due_on: NaiveDate, posted_on: Option<NaiveDate>, today: NaiveDate) -> Option<bool> {
    match posted_on {
        Some(on) => Some(on <= due_on),
        None if today <= due_on => None,
        None => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_on_time_and_afterwards_nothing_is() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let due = day("2023-04-10");
        assert_eq!(on_time(due, Some(day("2023-04-10")), day("2023-06-30")), Some(true));
        assert_eq!(on_time(due, Some(day("2023-04-11")), day("2023-06-30")), Some(false));
        assert_eq!(on_time(due, None, day("2023-04-10")), None);
        assert_eq!(on_time(due, None, day("2023-04-11")), Some(false));
    }
}
