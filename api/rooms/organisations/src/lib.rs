//! 社会组织 · organisations registered with the bureau, their annual inspections, their party organisations.

pub mod annual_inspection;
pub mod party_organisation;
pub mod social_organisation;
