//! 统计指标 · figures: every number is defined once ([`indicator`]) by the rows that it counts; cells, checks, the rows
//! behind a figure and what a leader sees come from that one definition.
//!
//! Cells are kept for each place that rows name, for towns and for the district ([`cells`]); the projector follows the
//! journal and counts again what an entry may have touched ([`projector`], [`touch`]); [`question`] reads them,
//! [`figure`] serves them. What depends on the time itself is counted when it is asked for ([`asked`]), and so are times
//! that have no cells ([`spans`]).

pub mod asked;
mod audit;
pub mod breakdown;
pub mod cells;
pub mod compare;
pub mod figure;
pub mod follow;
pub mod indicator;
pub mod keep;
pub mod period;
pub mod population;
pub mod projector;
pub mod question;
pub mod read;
pub mod report;
pub mod reported;
pub mod rows;
pub mod setting;
pub mod shared;
pub mod spans;
pub mod suppression;
pub mod touch;
mod units;

use minzheng_ground::Table;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![report::table()]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::figures::periodic_report::Entity>::boxed(),
        Rows::<entity::figures::report_figure::Entity>::boxed(),
        Rows::<entity::figures::report_paragraph::Entity>::boxed(),
    ]
}
