//! 养老服务 · ability of the elderly, grades and safety of institutions, and the states that dates tell.

pub mod ability;
pub mod care_centre;
pub mod certificate;
pub mod grade;
pub mod hazard_file;
pub mod machines;
