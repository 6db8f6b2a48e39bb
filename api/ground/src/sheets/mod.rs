//! 表格 · what a room says of its sheets: their kinds, their rows, what becomes of them. The exchange only runs it.

pub mod check;
pub mod kind;
pub mod pages;
pub mod places;
pub mod row;
pub mod steps;
pub mod survey;
pub mod upsert;

pub use kind::{EachKind, GivenBack, Kind, Numbered, RowRefusal, Taken};
// By this name the rows that are declared know it.
pub use minzheng_sheet as sheet;
pub use pages::{Exported, export_page, exported};
pub use upsert::{Known, known_by, replace_parts, sift, upsert};
