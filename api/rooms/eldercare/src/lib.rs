//! 养老服务 · centres and their building, residents, beds at home and visits, homes made fit for age, inspections with
//! hazards, and the people who care.

pub mod care_centre;
pub mod care_worker;
pub mod centre_project;
pub mod hazard;
pub mod home_care_bed;
pub mod home_visit;
pub mod inspection;
pub mod renovation_case;
pub mod stay;
