//! 社会福利 · standing benefits of persons: old-age allowance, orphans, disability subsidies.

pub mod welfare_benefit;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![welfare_benefit::table()]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![Rows::<entity::welfare::welfare_benefit::Entity>::boxed()]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![list::<welfare_benefit::BenefitKind>()]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<welfare_benefit::Sheet>();
}
