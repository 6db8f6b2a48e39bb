//! 年度检查 · who is exempt, who is due, and the states that the dates of an inspection tell (SM9; F9; 民办非企业单位年度检查办法
//! Arts 3, 9, 10).

use chrono::{Months, NaiveDate};

use crate::steps::{Step, dated};

/// 整改期限 · months for rectification (Art 9).
pub const RECTIFY_MONTHS: u32 = 3;

/// Whether an organisation is exempt for a year: registered less than six months before its end.
pub fn exempt(registered_on: NaiveDate, year: i32) -> bool {
    let end = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(NaiveDate::MAX);
    registered_on.checked_add_months(Months::new(6)).is_none_or(|half_a_year| half_a_year > end)
}

/// Whether a report is due for a year (应检): registered, not exempt, and not cancelled before the year after begins.
pub fn due(registered_on: NaiveDate, cancelled_on: Option<NaiveDate>, year: i32) -> bool {
    let next = NaiveDate::from_ymd_opt(year + 1, 1, 1).unwrap_or(NaiveDate::MAX);
    !exempt(registered_on, year) && cancelled_on.is_none_or(|on| next <= on)
}

/// The last day for rectification after a conclusion that is not 合格.
pub fn rectify_by(concluded_on: NaiveDate) -> NaiveDate {
    concluded_on.checked_add_months(Months::new(RECTIFY_MONTHS)).unwrap_or(NaiveDate::MAX)
}

/// Whether registration may be revoked: absent or 不合格 in two consecutive years (Art 10). A year is told as whether it
/// was failed so.
pub fn revocable(failed_last: bool, failed_before: bool) -> bool {
    failed_last && failed_before
}

/// The states of an inspection by date: accepted, concluded, concluded anew after rectification.
pub fn steps(
    accepted: Option<NaiveDate>,
    conclusion: Option<(&'static str, NaiveDate)>,
    regraded: Option<NaiveDate>,
) -> Vec<Step> {
    let (state, concluded) = conclusion.map_or(("QUALIFIED", None), |(state, on)| (state, Some(on)));
    dated(&[(accepted, "SUBMITTED"), (concluded, state), (regraded, "RECTIFIED")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::state_on;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn who_registered_in_the_second_half_is_exempt() {
        assert!(!exempt(day("2022-06-30"), 2022), "six months later is the 30 December");
        assert!(exempt(day("2022-07-01"), 2022), "six months later is the first of January");
        assert!(exempt(day("2022-09-01"), 2022) && !exempt(day("2022-09-01"), 2023));
        // The last day of August and six months is the last of February.
        assert!(!exempt(day("2021-08-31"), 2022));
        assert!(exempt(day("2023-01-01"), 2022), "not yet registered");
    }

    #[test]
    fn who_was_cancelled_before_the_year_of_the_report_is_not_due() {
        assert!(due(day("2011-05-06"), None, 2022));
        assert!(!due(day("2011-05-06"), Some(day("2022-12-31")), 2022));
        assert!(due(day("2011-05-06"), Some(day("2023-01-01")), 2022));
        assert!(!due(day("2022-09-01"), None, 2022));
    }

    #[test]
    fn rectification_takes_three_months_and_two_bad_years_may_end_it() {
        assert_eq!(rectify_by(day("2023-06-08")), day("2023-09-08"));
        assert_eq!(rectify_by(day("2022-11-30")), day("2023-02-28"));
        assert!(revocable(true, true) && !revocable(true, false) && !revocable(false, true));
    }

    #[test]
    fn the_first_conclusion_holds_until_it_is_rectified() {
        let concluded = Some(("UNQUALIFIED", day("2023-06-08")));
        let steps = steps(Some(day("2023-04-12")), concluded, Some(day("2023-08-01")));
        assert_eq!(state_on(&steps, day("2023-04-11")), None);
        assert_eq!(state_on(&steps, day("2023-04-12")), Some("SUBMITTED"));
        assert_eq!(state_on(&steps, day("2023-06-30")), Some("UNQUALIFIED"));
        assert_eq!(state_on(&steps, day("2023-08-01")), Some("RECTIFIED"));
    }
}
