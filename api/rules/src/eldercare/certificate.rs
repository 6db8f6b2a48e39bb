//! 养老护理员证书 · whether a certificate holds on a day (D75: the date given is the last valid day, none is no end).

use chrono::NaiveDate;

/// 职业技能等级 · 5 五级/初级工 to 1 一级/高级技师 (domain §2.5).
pub const LEVELS: std::ops::RangeInclusive<i32> = 1..=5;

/// Whether somebody with this level (none: no certificate), valid until this day, is certified on a day.
pub fn certified(level: Option<i32>, valid_until: Option<NaiveDate>, on: NaiveDate) -> bool {
    level.is_some() && valid_until.is_none_or(|last| on <= last)
}

/// 从业 · whether a spell of employment covers a day; the day of leaving is the first that it does not.
pub fn employed(hired_on: NaiveDate, left_on: Option<NaiveDate>, on: NaiveDate) -> bool {
    hired_on <= on && left_on.is_none_or(|left| on < left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_valid_and_none_is_no_end() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        assert!(certified(Some(5), Some(day("2023-06-30")), day("2023-06-30")));
        assert!(!certified(Some(5), Some(day("2023-06-29")), day("2023-06-30")));
        assert!(certified(Some(3), None, day("2023-06-30")));
        assert!(!certified(None, None, day("2023-06-30")));
    }

    #[test]
    fn who_leaves_on_a_day_is_not_employed_on_it() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let (hired, left) = (day("2023-01-01"), Some(day("2023-06-30")));
        assert!(employed(hired, left, day("2023-01-01")) && employed(hired, left, day("2023-06-29")));
        assert!(!employed(hired, left, day("2023-06-30")) && !employed(hired, left, day("2022-12-31")));
    }
}
