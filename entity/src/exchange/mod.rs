//! Imports and exports.

pub mod import;
pub mod import_error;
