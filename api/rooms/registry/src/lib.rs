//! 基础登记 · what every line stands on: divisions at all levels with their validity, persons,
//! households and what is known of them by dates, policy parameters.

pub mod division;
pub mod division_statistics;
pub mod finding;
pub mod guardianship;
pub mod household;
pub mod household_member;
pub mod household_place;
pub mod inquiry;
pub mod person;
pub mod person_access;
pub mod person_condition;
pub mod person_correction;
pub mod person_identity;
pub mod person_sheet;
pub mod policy_document;
pub mod policy_value;
pub mod reported_change;
pub mod transfer_request;
