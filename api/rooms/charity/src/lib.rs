//! 慈善 · donors, and what they give.

pub mod donation;
pub mod donor;
