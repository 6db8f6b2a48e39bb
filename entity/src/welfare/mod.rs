//! Welfare benefits.

pub mod welfare_benefit;
