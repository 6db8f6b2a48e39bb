//! 社会救助 · social assistance: the eligibility decision, open to everybody as a calculator; what
//! households are recognised for, and temporary aid.

pub mod assess;
pub mod recognition;
pub mod temporary_aid;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![
        recognition::table(),
        recognition::person_table(),
        temporary_aid::table(),
        temporary_aid::temporary_aid_person_table(),
    ]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::assistance::recognition::Entity>::boxed(),
        Rows::<entity::assistance::recognition_person::Entity>::boxed(),
        Rows::<entity::assistance::temporary_aid::Entity>::boxed(),
        Rows::<entity::assistance::temporary_aid_person::Entity>::boxed(),
    ]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![
        list::<recognition::AssistanceCategory>(),
        list::<recognition::Support>(),
        list::<temporary_aid::AidKind>(),
        list::<temporary_aid::ApprovalLevel>(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<recognition::Sheet>();
    each.kind::<temporary_aid::Sheet>();
}
