//! 花名册 · the rosters of a desk: one sheet that tells records of several rooms at once.

pub mod assistance_roster;
pub mod grant_roster;
mod roster_plan;
