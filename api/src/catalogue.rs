//! What all rooms declare, in one place: their types, kinds of sheets and tables, and where they meet.

use std::sync::{LazyLock, OnceLock};

use minzheng_exchange::kind;
use minzheng_exchange::kind::{AnyKind, Kinds};
use minzheng_ground::codes::AnyList;
use minzheng_ground::joints::Joints;
use minzheng_ground::{Catalogue, Table as Type, joints};
use minzheng_kernel::journal::{AnyAggregate, Table};

use crate::schema::names;

/// The types of all rooms.
fn types() -> Vec<Type> {
    let of_rooms = [
        minzheng_registry::types(),
        minzheng_assistance::types(),
        minzheng_payments::types(),
        minzheng_welfare::types(),
        minzheng_eldercare::types(),
        minzheng_governance::types(),
        minzheng_organisations::types(),
        minzheng_window::types(),
        minzheng_charity::types(),
        minzheng_figures::types(),
        minzheng_exchange::types(),
        minzheng_access::types(),
    ];
    of_rooms.into_iter().flatten().collect()
}

/// All kinds of sheets, in the order in which a new district loads them.
fn kinds() -> Vec<AnyKind> {
    let mut kinds = Kinds::default();
    minzheng_registry::kinds(&mut kinds);
    minzheng_assistance::kinds(&mut kinds);
    minzheng_welfare::kinds(&mut kinds);
    minzheng_payments::kinds(&mut kinds);
    minzheng_eldercare::kinds(&mut kinds);
    minzheng_governance::kinds(&mut kinds);
    minzheng_organisations::kinds(&mut kinds);
    minzheng_window::kinds(&mut kinds);
    minzheng_charity::kinds(&mut kinds);
    minzheng_access::kinds(&mut kinds);
    minzheng_exchange::kinds(&mut kinds);
    kinds.0
}

/// All closed lists of codes.
pub fn codes() -> &'static [AnyList] {
    static CODES: LazyLock<Vec<AnyList>> = LazyLock::new(|| {
        let of_rooms = [
            minzheng_registry::codes(),
            minzheng_assistance::codes(),
            minzheng_payments::codes(),
            minzheng_welfare::codes(),
            minzheng_eldercare::codes(),
            minzheng_governance::codes(),
            minzheng_organisations::codes(),
            minzheng_window::codes(),
            minzheng_charity::codes(),
        ];
        of_rooms.into_iter().flatten().collect()
    });
    &CODES
}

/// Every table whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    let of_kernel = vec![Table::<entity::kernel::state_change::Entity>::boxed()];
    let of_rooms = [
        of_kernel,
        minzheng_registry::tables(),
        minzheng_assistance::tables(),
        minzheng_payments::tables(),
        minzheng_welfare::tables(),
        minzheng_eldercare::tables(),
        minzheng_governance::tables(),
        minzheng_organisations::tables(),
        minzheng_window::tables(),
        minzheng_charity::tables(),
        minzheng_figures::tables(),
        minzheng_exchange::tables(),
        minzheng_access::tables(),
    ];
    of_rooms.into_iter().flatten().collect()
}

/// What rooms ask of one another.
fn joints() -> Joints {
    Joints {
        parameters: vec![minzheng_figures::indicator::read_parameter],
        households_moved: vec![|work, places| Box::pin(minzheng_assistance::recognition::follow(work, places))],
        files: minzheng_exchange::files(),
        tables: Some(tables),
        sheet_title: Some(names::sheet),
        purpose_title: Some(|code| names::PURPOSES.iter().find(|(known, _)| *known == code).map(|(_, zh)| *zh)),
    }
}

/// Puts together what the rooms declare, before the schema is built. Refused where a type leads to what is not there.
pub fn install() -> Result<(), String> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| {
        kind::install(kinds());
        joints::install(joints());
        Catalogue::new(types()).map(Catalogue::install)
    })
    .clone()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use minzheng_ground::Builder;
    use minzheng_ground::policy::POLICY;
    use minzheng_kernel::viewer::Rights as _;

    use super::*;

    #[test]
    fn edges_lead_to_tables() {
        Catalogue::new(types()).map(drop).expect("all edges");
    }

    #[test]
    fn what_the_library_resolves_is_counted() {
        let all = types();
        let later = all.iter().flat_map(|table| table.fields.iter().filter(|field| field.reason.is_some()));
        // Each says why in its declaration. One more wants a better reason than those before.
        assert!(later.count() <= 24);
    }

    #[test]
    fn every_record_of_a_room_has_a_type_or_says_why_not() {
        const WITHOUT: &[(&str, &str)] = &[
            ("StateChange", "steps of machines, told by the records that moved"),
            ("Assignment", "told by the tasks that were given"),
            ("File", "told by the row it belongs to, and no row of a list"),
            ("ReportFigure", "told by its report"),
            ("ReportParagraph", "told by its report"),
            ("SignInFailure", "nobody is told"),
        ];
        let named: BTreeSet<&str> = types().iter().map(|table| table.name).collect();
        let recorded: BTreeSet<&'static str> = tables().iter().map(|table| table.name()).collect();
        let without: BTreeSet<&str> = WITHOUT.iter().map(|(name, _)| *name).collect();
        let untold: Vec<&&str> = recorded.iter().filter(|name| !named.contains(*name)).collect();
        let untold: BTreeSet<&str> = untold.into_iter().copied().collect();
        assert_eq!(untold, without);
        let unrecorded: Vec<&&str> = named.iter().filter(|name| !recorded.contains(*name)).collect();
        assert!(unrecorded.is_empty(), "types whose rows no command changes: {unrecorded:?}");
    }

    #[test]
    fn the_security_administrator_brings_in_accounts_and_nothing_else() {
        for kind in kinds() {
            let may = POLICY.may("SECURITY_ADMIN", None, kind.command);
            assert_eq!(may, kind.name == "accounts", "{}", kind.name);
        }
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        use entity::charity::donor::{Column, Entity};
        let table = Builder::<Entity>::new("").one("friend", "", "Friend", Column::Id).table();
        let refused = Catalogue::new(vec![table]).map(drop);
        assert_eq!(refused, Err("Donor.friend: there is no table Friend".to_owned()));
        let bare = Builder::<Entity>::new("").text(Column::Name, "").named("called").table();
        let refused = Catalogue::new(vec![bare]).map(drop);
        assert_eq!(refused, Err("Donor.called shows a personal column as it is".to_owned()));
        let twice = || Builder::<Entity>::new("").table();
        assert_eq!(Catalogue::new(vec![twice(), twice()]).map(drop), Err("two types are called Donor".to_owned()));
    }
}
