//! 基层治理 · votes on charters, what a ceremony saved, postings on time.

pub mod ceremony;
pub mod charter;
pub mod disclosure;
