//! Tables of the kernel.

pub mod file;
pub mod idempotency_key;
pub mod job;
pub mod journal_block;
pub mod journal_entry;
pub mod journal_person;
pub mod person_access;
pub mod setting;
pub mod state_change;
