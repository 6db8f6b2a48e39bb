//! 花名册 · the rosters of a desk: one sheet that tells records of several rooms at once.

pub mod assistance_roster;
pub mod grant_roster;
mod roster_plan;

/// 类别 as the rosters of all desks write it, and the code that is meant.
const CATEGORIES: &[(&str, &str)] = &[
    ("城市低保", "DIBAO"),
    ("农村低保", "DIBAO"),
    ("城低", "DIBAO"),
    ("农低", "DIBAO"),
    ("最低生活保障", "DIBAO"),
    ("单人户低保", "DIBAO_SINGLE"),
    ("单人低保", "DIBAO_SINGLE"),
    ("特困人员", "TEKUN"),
    ("特困供养", "TEKUN"),
];
