//! 状态机 · the states that the dates of a bed (SM4), a renovation (SM5), a project (SM6) and a hazard (SM7) tell.

use chrono::NaiveDate;

use crate::steps::{Step, dated, state_on};

/// 家庭养老床位 (SM4): 建床启动, 验收, 服务开始, 终止.
pub fn home_care_bed(
    started: NaiveDate,
    accepted: Option<NaiveDate>,
    served: Option<NaiveDate>,
    closed: Option<NaiveDate>,
) -> Vec<Step> {
    dated(&[(Some(started), "BUILDING"), (accepted, "ACCEPTED"), (served, "IN_SERVICE"), (closed, "CLOSED")])
}

/// 适老化改造 (SM5): 纳入, 开工, 完工, 验收, 退出.
pub fn renovation_case(
    admitted: NaiveDate,
    begun: Option<NaiveDate>,
    finished: Option<NaiveDate>,
    accepted: Option<NaiveDate>,
    withdrawn: Option<NaiveDate>,
) -> Vec<Step> {
    dated(&[
        (Some(admitted), "ADMITTED"),
        (begun, "BUILDING"),
        (finished, "FINISHED"),
        (accepted, "ACCEPTED"),
        (withdrawn, "WITHDRAWN"),
    ])
}

/// The dates of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProjectDates {
    /// 批准日期
    pub approved: Option<NaiveDate>,
    /// 开工日期
    pub begun: Option<NaiveDate>,
    /// 停工日期
    pub stopped: Option<NaiveDate>,
    /// 复工日期
    pub resumed: Option<NaiveDate>,
    /// 竣工验收日期
    pub accepted: Option<NaiveDate>,
    /// 投入运营日期
    pub opened: Option<NaiveDate>,
    /// 取消日期
    pub cancelled: Option<NaiveDate>,
}

/// 中心建设项目 (SM6). Before its first date it is PLANNED.
pub fn centre_project(dates: &ProjectDates) -> Vec<Step> {
    dated(&[
        (dates.approved, "APPROVED"),
        (dates.begun, "UNDER_CONSTRUCTION"),
        (dates.stopped, "SUSPENDED"),
        (dates.resumed, "UNDER_CONSTRUCTION"),
        (dates.accepted, "COMPLETED"),
        (dates.opened, "OPERATING"),
        (dates.cancelled, "CANCELLED"),
    ])
}

/// 隐患 (SM7): found in the inspection, rectified, verified.
pub fn hazard(found: NaiveDate, rectified: Option<NaiveDate>, verified: Option<NaiveDate>) -> Vec<Step> {
    dated(&[(Some(found), "FOUND"), (rectified, "RECTIFIED"), (verified, "VERIFIED")])
}

/// The state of a hazard on a day; one that is neither rectified nor verified after its deadline is OVERDUE.
pub fn hazard_on(steps: &[Step], deadline: NaiveDate, day: NaiveDate) -> Option<&'static str> {
    state_on(steps, day).map(|state| if state == "FOUND" && deadline < day { "OVERDUE" } else { state })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_project_that_was_stopped_and_resumed_is_under_construction_again() {
        let dates = ProjectDates {
            approved: Some(day("2022-09-01")),
            begun: Some(day("2022-11-01")),
            stopped: Some(day("2023-02-15")),
            ..ProjectDates::default()
        };
        let end = day("2023-06-30");
        assert_eq!(state_on(&centre_project(&dates), end), Some("SUSPENDED"));
        let resumed = ProjectDates { resumed: Some(day("2023-04-01")), ..dates };
        assert_eq!(state_on(&centre_project(&resumed), end), Some("UNDER_CONSTRUCTION"));
        assert_eq!(state_on(&centre_project(&resumed), day("2023-03-01")), Some("SUSPENDED"));
        let done = ProjectDates { accepted: Some(day("2023-05-20")), ..resumed };
        assert_eq!(state_on(&centre_project(&done), end), Some("COMPLETED"));
        assert_eq!(state_on(&centre_project(&ProjectDates::default()), end), None);
    }

    #[test]
    fn a_bed_and_a_renovation_stand_where_their_dates_say() {
        let bed = home_care_bed(day("2023-01-11"), None, Some(day("2023-02-01")), Some(day("2023-06-30")));
        assert_eq!(state_on(&bed, day("2023-01-11")), Some("BUILDING"));
        assert_eq!(state_on(&bed, day("2023-06-29")), Some("IN_SERVICE"));
        assert_eq!(state_on(&bed, day("2023-06-30")), Some("CLOSED"));
        let case = renovation_case(day("2023-02-20"), None, Some(day("2023-05-30")), None, None);
        assert_eq!(state_on(&case, day("2023-06-30")), Some("FINISHED"));
    }

    #[test]
    fn a_hazard_is_overdue_after_its_deadline_until_it_is_rectified() {
        let steps = hazard(day("2023-05-01"), Some(day("2023-05-20")), Some(day("2023-05-25")));
        let on = |text: &str| hazard_on(&steps, day("2023-05-15"), day(text));
        assert_eq!(on("2023-04-30"), None);
        assert_eq!(on("2023-05-15"), Some("FOUND"));
        assert_eq!(on("2023-05-16"), Some("OVERDUE"));
        assert_eq!(on("2023-05-20"), Some("RECTIFIED"));
        assert_eq!(on("2023-05-25"), Some("VERIFIED"));
    }
}
