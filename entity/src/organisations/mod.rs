//! Social organisations.

pub mod annual_inspection;
pub mod party_organisation;
pub mod social_organisation;
