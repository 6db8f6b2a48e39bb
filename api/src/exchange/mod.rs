//! 数据交换 · sheets in and out: imports that can be rehearsed, half accepted, corrected and undone.

pub mod check;
pub mod export;
pub mod file;
pub mod import;
pub mod import_list;
pub mod job;
pub mod places;
pub mod reader;
pub mod row;
pub mod steps;
pub mod survey;

// The rooms know it as part of this one.
pub use minzheng_sheet as sheet;
