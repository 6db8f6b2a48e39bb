//! 养老服务 · centres and their building, residents, beds at home and visits, homes made fit for age, inspections with
//! hazards, and the people who care.

pub mod care_centre;
pub mod care_worker;
pub mod centre_project;
pub mod hazard;
pub mod home_care_bed;
pub mod home_visit;
pub mod inspection;
pub mod renovation_case;
pub mod stay;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![
        care_centre::table(),
        centre_project::table(),
        stay::table(),
        renovation_case::table(),
        care_worker::table(),
        home_care_bed::table(),
        home_visit::table(),
        inspection::table(),
        hazard::table(),
    ]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::eldercare::care_centre::Entity>::boxed(),
        Rows::<entity::eldercare::centre_project::Entity>::boxed(),
        Rows::<entity::eldercare::stay::Entity>::boxed(),
        Rows::<entity::eldercare::renovation_case::Entity>::boxed(),
        Rows::<entity::eldercare::care_worker::Entity>::boxed(),
        Rows::<entity::eldercare::home_care_bed::Entity>::boxed(),
        Rows::<entity::eldercare::home_visit::Entity>::boxed(),
        Rows::<entity::eldercare::inspection::Entity>::boxed(),
        Rows::<entity::eldercare::hazard::Entity>::boxed(),
    ]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![
        list::<care_centre::CentreKind>(),
        list::<care_centre::CentreState>(),
        list::<care_centre::MedicalIntegration>(),
        list::<care_centre::ServiceOffer>(),
        list::<care_centre::Ownership>(),
        list::<centre_project::ProjectNature>(),
        list::<centre_project::ProjectState>(),
        list::<renovation_case::RenovationState>(),
        list::<care_worker::CarePost>(),
        list::<care_worker::ExamResult>(),
        list::<home_care_bed::BedCloseReason>(),
        list::<home_care_bed::BedState>(),
        list::<home_visit::VisitKind>(),
        list::<home_visit::VisitState>(),
        list::<hazard::HazardGrade>(),
        list::<hazard::HazardState>(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<care_centre::Sheet>();
    each.kind::<centre_project::Sheet>();
    each.kind::<stay::Sheet>();
    each.kind::<renovation_case::Sheet>();
    each.kind::<care_worker::Sheet>();
    each.kind::<home_care_bed::Sheet>();
    each.kind::<home_visit::Sheet>();
    each.kind::<inspection::Sheet>();
    each.kind::<hazard::Sheet>();
}
