//! 社会组织 · organisations registered with the bureau, their annual inspections, their party organisations.

pub mod annual_inspection;
pub mod party_organisation;
pub mod social_organisation;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![social_organisation::table(), annual_inspection::table(), party_organisation::table()]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::organisations::social_organisation::Entity>::boxed(),
        Rows::<entity::organisations::annual_inspection::Entity>::boxed(),
        Rows::<entity::organisations::party_organisation::Entity>::boxed(),
    ]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![
        list::<social_organisation::OrganisationKind>(),
        list::<annual_inspection::InspectionConclusion>(),
        list::<annual_inspection::AnnualInspectionState>(),
        list::<party_organisation::PartyOrganisationKind>(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<social_organisation::Sheet>();
    each.kind::<annual_inspection::Sheet>();
    each.kind::<party_organisation::Sheet>();
}
