//! 社会救助 · social assistance: the eligibility decision, open to everybody as a calculator; what
//! households are recognised for, with the roster of a desk, and temporary aid.

pub mod assess;
pub mod assistance_roster;
pub mod recognition;
mod roster_plan;
pub mod temporary_aid;
