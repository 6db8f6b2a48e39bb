//! 状态 · the state that a row's dates tell: on a day it is that of the latest step dated on or before it
//! (`domain.md` §4; templates).

use chrono::NaiveDate;

/// The day of what has held as long as anybody knows: where no date was given for the first state.
pub const ALWAYS: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// From this day on, this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// First day.
    pub on: NaiveDate,
    /// Stable code.
    pub state: &'static str,
}

/// The steps that have a date, in the order of their dates; of two on one day the later in the list comes last.
pub fn dated(given: &[(Option<NaiveDate>, &'static str)]) -> Vec<Step> {
    let mut steps: Vec<Step> = given.iter().filter_map(|(on, state)| on.map(|on| Step { on, state })).collect();
    steps.sort_by_key(|step| step.on);
    steps
}

/// The state on a day; `None`: it had not begun.
pub fn state_on(steps: &[Step], day: NaiveDate) -> Option<&'static str> {
    steps.iter().filter(|step| step.on <= day).max_by_key(|step| step.on).map(|step| step.state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_latest_step_on_or_before_the_day_holds() {
        let given = [(Some(day("2023-03-01")), "BEGUN"), (None, "STOPPED"), (Some(day("2023-05-20")), "DONE")];
        let steps = dated(&given);
        assert_eq!(state_on(&steps, day("2023-02-28")), None);
        assert_eq!(state_on(&steps, day("2023-03-01")), Some("BEGUN"));
        assert_eq!(state_on(&steps, day("2023-05-19")), Some("BEGUN"));
        assert_eq!(state_on(&steps, day("2023-05-20")), Some("DONE"));
    }

    #[test]
    fn of_two_on_one_day_the_later_step_holds() {
        let steps = dated(&[(Some(day("2023-03-01")), "BEGUN"), (Some(day("2023-03-01")), "DONE")]);
        assert_eq!(state_on(&steps, day("2023-03-01")), Some("DONE"));
    }
}
