//! 政务窗口 · items of administrative power, and the cases of each.

pub mod administrative_item;
pub mod item_case;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![administrative_item::table(), item_case::table()]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::window::administrative_item::Entity>::boxed(),
        Rows::<entity::window::item_case::Entity>::boxed(),
    ]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![
        list::<administrative_item::ItemClass>(),
        list::<administrative_item::DayUnit>(),
        list::<item_case::CaseChannel>(),
        list::<item_case::Rating>(),
        list::<item_case::CaseState>(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<administrative_item::Sheet>();
    each.kind::<item_case::Sheet>();
}
