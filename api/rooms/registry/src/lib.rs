//! 基础登记 · what every line stands on: divisions at all levels with their validity, persons,
//! households and what is known of them by dates, policy parameters.

pub mod division;
pub mod division_statistics;
pub mod finding;
pub mod guardianship;
pub mod household;
pub mod household_member;
pub mod household_place;
pub mod inquiry;
pub mod person;
pub mod person_access;
pub mod person_condition;
pub mod person_correction;
pub mod person_identity;
pub mod person_sheet;
pub mod policy_document;
pub mod policy_value;
pub mod reported_change;
pub mod transfer_request;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![
        division::table(),
        person::table(),
        household::table(),
        finding::table(),
        household_place::table(),
        household_member::table(),
        person_condition::table(),
        reported_change::table(),
        person_identity::table(),
        person_correction::table(),
        guardianship::table(),
        policy_document::table(),
        policy_value::table(),
        inquiry::table(),
        transfer_request::table(),
        division_statistics::table(),
    ]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::registry::division::Entity>::boxed(),
        Rows::<entity::registry::division_statistics::Entity>::boxed(),
        Rows::<entity::registry::person::Entity>::boxed(),
        Rows::<entity::registry::person_condition::Entity>::boxed(),
        Rows::<entity::registry::person_identity::Entity>::boxed(),
        Rows::<entity::registry::person_correction::Entity>::boxed(),
        Rows::<entity::registry::guardianship::Entity>::boxed(),
        Rows::<entity::registry::inquiry::Entity>::boxed(),
        Rows::<entity::registry::transfer_request::Entity>::boxed(),
        Rows::<entity::registry::policy_document::Entity>::boxed(),
        Rows::<entity::registry::household::Entity>::boxed(),
        Rows::<entity::registry::household_member::Entity>::boxed(),
        Rows::<entity::registry::household_place::Entity>::boxed(),
        Rows::<entity::registry::finding::Entity>::boxed(),
        Rows::<entity::registry::policy_value::Entity>::boxed(),
        Rows::<entity::registry::reported_change::Entity>::boxed(),
    ]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![
        list::<division::DivisionLevel>(),
        list::<division::BodyKind>(),
        list::<minzheng_reference::policy_value::Area>(),
        list::<minzheng_reference::person::IdKind>(),
        list::<person::Sex>(),
        list::<person_condition::ConditionKind>(),
        list::<minzheng_reference::person_condition::DisabilityType>(),
        list::<household_member::FamilyRelation>(),
        list::<reported_change::ReportedChangeKind>(),
        list::<person_correction::CorrectionKind>(),
        list::<guardianship::GuardianshipKind>(),
        list::<guardianship::ProxyPurpose>(),
        list::<policy_document::PolicyField>(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<division::Sheet>();
    each.kind::<division_statistics::Sheet>();
    each.kind::<policy_value::Sheet>();
    each.kind::<person_sheet::Sheet>();
    each.kind::<person_condition::Sheet>();
    each.kind::<household::Sheet>();
    each.kind::<household_member::Sheet>();
}
