//! Charity.

pub mod donor;
