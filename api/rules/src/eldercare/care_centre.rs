//! 养老机构 · since when a centre is what it is (templates: 状态日期; D95: a missing filing date excludes nothing).

use chrono::NaiveDate;

use crate::steps::{ALWAYS, Step};

/// 运营
pub const OPERATING: &str = "OPERATING";

/// The states of a centre by date. Since its date of state it is what the row says; before that it operated, from the
/// day of filing on. Without a date of state the day of filing stands for it, without both it was always so.
pub fn steps(state: &'static str, state_on: Option<NaiveDate>, filed_on: Option<NaiveDate>) -> Vec<Step> {
    let begun = filed_on.unwrap_or(ALWAYS);
    match state_on {
        Some(on) if begun < on && state != OPERATING => {
            vec![Step { on: begun, state: OPERATING }, Step { on, state }]
        }
        Some(on) => vec![Step { on: if begun < on { begun } else { on }, state }],
        None => vec![Step { on: begun, state }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::state_on;

    #[test]
    fn it_operated_from_its_filing_until_the_day_of_its_state() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let steps = steps("SUSPENDED", Some(day("2023-03-01")), Some(day("2020-05-01")));
        assert_eq!(state_on(&steps, day("2020-04-30")), None);
        assert_eq!(state_on(&steps, day("2023-02-28")), Some(OPERATING));
        assert_eq!(state_on(&steps, day("2023-03-01")), Some("SUSPENDED"));
    }

    #[test]
    fn a_missing_date_excludes_nothing() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        assert_eq!(state_on(&steps(OPERATING, None, None), day("1950-01-01")), Some(OPERATING));
        assert_eq!(state_on(&steps("CLOSED", Some(day("2023-01-01")), None), day("2022-12-31")), Some(OPERATING));
        let filed = Some(day("2020-05-01"));
        assert_eq!(state_on(&steps("CLOSED", None, filed), day("2020-05-01")), Some("CLOSED"));
        // The date of an operating centre's state says nothing against the years before it.
        assert_eq!(state_on(&steps(OPERATING, Some(day("2022-01-01")), filed), day("2021-01-01")), Some(OPERATING));
    }
}
