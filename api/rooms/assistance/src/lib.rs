//! 社会救助 · social assistance: the eligibility decision, open to everybody as a calculator; what
//! households are recognised for, and temporary aid.

pub mod assess;
pub mod recognition;
pub mod temporary_aid;
