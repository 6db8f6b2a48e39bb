//! Social assistance.

pub mod recognition;
pub mod recognition_person;
pub mod temporary_aid;
pub mod temporary_aid_person;
