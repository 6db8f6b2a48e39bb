//! 数据交换 · sheets in and out: imports that can be rehearsed, half accepted, corrected and undone.

pub mod about;
pub mod check;
pub mod export;
pub mod file;
pub mod import;
pub mod import_list;
pub mod import_record;
pub mod job;
pub mod keys;
pub mod kind;
pub mod notes;
pub mod outcome_sheet;
pub mod pages;
pub mod places;
pub mod reader;
pub mod reseal;
pub mod row;
pub mod steps;
pub mod survey;
pub mod undo;
pub mod unfinished_job;
pub mod upkeep;
pub mod upsert;

// The rooms know it as part of this one.
pub use minzheng_sheet as sheet;
// What a kind of sheet is made of.
pub use kind::{GivenBack, Kind, Numbered, Taken};
pub use pages::{Exported, export_page, exported};
pub use upsert::{Known, known_by, replace_parts, sift, upsert};
