//! 基层治理 · charters and councils of villages and communities, ceremonies, disclosure, community workers.

pub mod ceremony;
pub mod community_worker;
pub mod disclosure;
pub mod red_white_council;
pub mod village_charter;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![
        village_charter::table(),
        red_white_council::table(),
        ceremony::table(),
        disclosure::table(),
        community_worker::table(),
    ]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::governance::village_charter::Entity>::boxed(),
        Rows::<entity::governance::red_white_council::Entity>::boxed(),
        Rows::<entity::governance::ceremony::Entity>::boxed(),
        Rows::<entity::governance::disclosure::Entity>::boxed(),
        Rows::<entity::governance::community_worker::Entity>::boxed(),
    ]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![
        list::<village_charter::CharterKind>(),
        list::<village_charter::CharterState>(),
        list::<ceremony::CeremonyKind>(),
        list::<ceremony::CeremonyOutcome>(),
        list::<ceremony::CeremonyState>(),
        list::<disclosure::DisclosureKind>(),
        list::<community_worker::SocialWorkCertificate>(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<village_charter::Sheet>();
    each.kind::<red_white_council::Sheet>();
    each.kind::<ceremony::Sheet>();
    each.kind::<disclosure::Sheet>();
    each.kind::<community_worker::Sheet>();
}
