//! The tables: one file a table, folders named as the rooms. A table *declares* what it is (its
//! columns, where its scope stands, what in it is personal); the kernel enforces.
//!
//! The columns' meanings for clients stand on the GraphQL types; here only what is not obvious.
// A row is flat: its flags are columns.
#![allow(missing_docs, clippy::struct_excessive_bools)]

pub mod aggregate;

pub mod access;
pub mod assistance;
pub mod charity;
pub mod eldercare;
pub mod exchange;
pub mod figures;
pub mod governance;
pub mod kernel;
pub mod organisations;
pub mod payments;
pub mod registry;
pub mod welfare;
pub mod window;

pub use aggregate::{Aggregate, PersonScope, Personal, Scope};
