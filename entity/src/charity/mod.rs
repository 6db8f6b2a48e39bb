//! Charity.

pub mod donation;
pub mod donor;
