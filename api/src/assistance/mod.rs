//! 社会救助 · social assistance: the eligibility decision, open to everybody as a calculator.

pub mod assess;
