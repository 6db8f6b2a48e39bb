//! 慈善 · donors, and what they give.

pub mod donation;
pub mod donor;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![donation::table(), donor::table()]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![Rows::<entity::charity::donor::Entity>::boxed(), Rows::<entity::charity::donation::Entity>::boxed()]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![list::<donation::DonationKind>(), list::<donor::DonorKind>()]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<donation::Sheet>();
    each.kind::<donor::Sheet>();
}
