//! 数据交换 · sheets in and out: imports that can be rehearsed, half accepted, corrected and undone.

pub mod about;
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
pub mod rosters;
pub mod survey;
pub mod undo;
pub mod unfinished_job;
pub mod upkeep;

use minzheng_ground::Table;
use minzheng_ground::joints::MayRead;
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Files that hang on what is no aggregate: who may read them.
pub fn files() -> Vec<(&'static str, MayRead)> {
    vec![
        (export::ROW, |kernel, viewer, job| Box::pin(export::is_readable(kernel, viewer, job))),
        (import_list::MEND, |kernel, viewer, import| {
            Box::pin(import_list::is_readable(kernel, viewer, import_list::MEND, import))
        }),
        (import_list::OUTCOME, |kernel, viewer, import| {
            Box::pin(import_list::is_readable(kernel, viewer, import_list::OUTCOME, import))
        }),
    ]
}

/// Its types.
pub fn types() -> Vec<Table> {
    vec![import_list::table(), import_list::import_error_table()]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::exchange::import::Entity>::boxed(),
        Rows::<entity::exchange::import_error::Entity>::boxed(),
        Rows::<entity::kernel::file::Entity>::boxed(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<rosters::assistance_roster::Sheet>();
    each.kind::<rosters::grant_roster::Sheet>();
}
