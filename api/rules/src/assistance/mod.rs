//! Social assistance: the eligibility decision.

pub mod eligibility;
pub mod policy;
