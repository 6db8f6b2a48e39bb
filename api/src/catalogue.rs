//! What all rooms declare, in one place: their types, kinds of sheets and tables, and where they meet.

use std::sync::OnceLock;

use minzheng_exchange::kind;
use minzheng_exchange::kind::{AnyKind, kind};
use minzheng_ground::joints::Joints;
use minzheng_ground::{Catalogue, Table as Type, joints};
use minzheng_kernel::journal::AnyAggregate;

use crate::schema::names;

fn types() -> Vec<Type> {
    vec![
        minzheng_registry::division::table(),
        minzheng_registry::person::table(),
        minzheng_registry::household::table(),
        minzheng_registry::finding::table(),
        minzheng_registry::household_place::table(),
        minzheng_registry::household_member::table(),
        minzheng_registry::person_condition::table(),
        minzheng_assistance::recognition::table(),
        minzheng_assistance::recognition::person_table(),
        minzheng_assistance::temporary_aid::table(),
        minzheng_assistance::temporary_aid::temporary_aid_person_table(),
        minzheng_payments::payment::table(),
        minzheng_payments::payment::person_table(),
        minzheng_welfare::welfare_benefit::table(),
        minzheng_eldercare::care_centre::table(),
        minzheng_eldercare::centre_project::table(),
        minzheng_eldercare::stay::table(),
        minzheng_eldercare::renovation_case::table(),
        minzheng_eldercare::care_worker::table(),
        minzheng_eldercare::home_care_bed::table(),
        minzheng_eldercare::home_visit::table(),
        minzheng_eldercare::inspection::table(),
        minzheng_eldercare::hazard::table(),
        minzheng_governance::village_charter::table(),
        minzheng_governance::red_white_council::table(),
        minzheng_governance::ceremony::table(),
        minzheng_governance::disclosure::table(),
        minzheng_governance::community_worker::table(),
        minzheng_organisations::social_organisation::table(),
        minzheng_organisations::annual_inspection::table(),
        minzheng_organisations::party_organisation::table(),
        minzheng_window::administrative_item::table(),
        minzheng_window::item_case::table(),
        minzheng_charity::donation::table(),
        minzheng_payments::payment_account::table(),
        minzheng_payments::budget_line::table(),
        minzheng_payments::bank_return::table(),
        minzheng_charity::donor::table(),
        minzheng_registry::reported_change::table(),
        minzheng_figures::report::table(),
        minzheng_exchange::import_list::table(),
        minzheng_access::role_grant::table(),
        minzheng_access::account::table(),
        minzheng_access::session::table(),
        minzheng_access::deputy::table(),
        minzheng_access::password_issue::table(),
        minzheng_registry::person_identity::table(),
        minzheng_registry::person_correction::table(),
        minzheng_registry::guardianship::table(),
        minzheng_registry::policy_document::table(),
        minzheng_registry::policy_value::table(),
        minzheng_registry::inquiry::table(),
        minzheng_registry::transfer_request::table(),
        minzheng_registry::division_statistics::table(),
        minzheng_access::platform_client::table(),
        minzheng_exchange::import_list::import_error_table(),
    ]
}

/// All kinds of sheets, in the order in which a new district loads them.
fn kinds() -> Vec<AnyKind> {
    vec![
        kind::<minzheng_registry::division::Sheet>(),
        kind::<minzheng_registry::division_statistics::Sheet>(),
        kind::<minzheng_registry::policy_value::Sheet>(),
        kind::<minzheng_registry::person_sheet::Sheet>(),
        kind::<minzheng_registry::person_condition::Sheet>(),
        kind::<minzheng_registry::household::Sheet>(),
        kind::<minzheng_registry::household_member::Sheet>(),
        kind::<minzheng_assistance::recognition::Sheet>(),
        kind::<minzheng_assistance::temporary_aid::Sheet>(),
        kind::<minzheng_welfare::welfare_benefit::Sheet>(),
        kind::<minzheng_payments::payment::Sheet>(),
        kind::<minzheng_eldercare::care_centre::Sheet>(),
        kind::<minzheng_eldercare::centre_project::Sheet>(),
        kind::<minzheng_eldercare::stay::Sheet>(),
        kind::<minzheng_eldercare::renovation_case::Sheet>(),
        kind::<minzheng_eldercare::care_worker::Sheet>(),
        kind::<minzheng_eldercare::home_care_bed::Sheet>(),
        kind::<minzheng_eldercare::home_visit::Sheet>(),
        kind::<minzheng_eldercare::inspection::Sheet>(),
        kind::<minzheng_eldercare::hazard::Sheet>(),
        kind::<minzheng_governance::village_charter::Sheet>(),
        kind::<minzheng_governance::red_white_council::Sheet>(),
        kind::<minzheng_governance::ceremony::Sheet>(),
        kind::<minzheng_governance::disclosure::Sheet>(),
        kind::<minzheng_governance::community_worker::Sheet>(),
        kind::<minzheng_organisations::social_organisation::Sheet>(),
        kind::<minzheng_organisations::annual_inspection::Sheet>(),
        kind::<minzheng_organisations::party_organisation::Sheet>(),
        kind::<minzheng_window::administrative_item::Sheet>(),
        kind::<minzheng_window::item_case::Sheet>(),
        kind::<minzheng_charity::donation::Sheet>(),
        kind::<minzheng_payments::payment_account::Sheet>(),
        kind::<minzheng_payments::budget_line::Sheet>(),
        kind::<minzheng_payments::bank_return::Sheet>(),
        kind::<minzheng_charity::donor::Sheet>(),
        kind::<minzheng_access::account_sheet::Sheet>(),
        kind::<minzheng_exchange::rosters::assistance_roster::Sheet>(),
        kind::<minzheng_exchange::rosters::grant_roster::Sheet>(),
    ]
}

/// Every table whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    use minzheng_kernel::journal::Table;
    vec![
        Table::<entity::kernel::state_change::Entity>::boxed(),
        Table::<entity::registry::division::Entity>::boxed(),
        Table::<entity::registry::division_statistics::Entity>::boxed(),
        Table::<entity::registry::person::Entity>::boxed(),
        Table::<entity::registry::person_condition::Entity>::boxed(),
        Table::<entity::registry::person_identity::Entity>::boxed(),
        Table::<entity::registry::person_correction::Entity>::boxed(),
        Table::<entity::registry::guardianship::Entity>::boxed(),
        Table::<entity::registry::inquiry::Entity>::boxed(),
        Table::<entity::registry::transfer_request::Entity>::boxed(),
        Table::<entity::registry::policy_document::Entity>::boxed(),
        Table::<entity::registry::household::Entity>::boxed(),
        Table::<entity::registry::household_member::Entity>::boxed(),
        Table::<entity::registry::household_place::Entity>::boxed(),
        Table::<entity::registry::finding::Entity>::boxed(),
        Table::<entity::assistance::recognition::Entity>::boxed(),
        Table::<entity::assistance::recognition_person::Entity>::boxed(),
        Table::<entity::assistance::temporary_aid::Entity>::boxed(),
        Table::<entity::assistance::temporary_aid_person::Entity>::boxed(),
        Table::<entity::payments::payment::Entity>::boxed(),
        Table::<entity::payments::payment_person::Entity>::boxed(),
        Table::<entity::welfare::welfare_benefit::Entity>::boxed(),
        Table::<entity::registry::policy_value::Entity>::boxed(),
        Table::<entity::charity::donor::Entity>::boxed(),
        Table::<entity::eldercare::care_centre::Entity>::boxed(),
        Table::<entity::eldercare::centre_project::Entity>::boxed(),
        Table::<entity::eldercare::stay::Entity>::boxed(),
        Table::<entity::eldercare::renovation_case::Entity>::boxed(),
        Table::<entity::eldercare::care_worker::Entity>::boxed(),
        Table::<entity::eldercare::home_care_bed::Entity>::boxed(),
        Table::<entity::eldercare::home_visit::Entity>::boxed(),
        Table::<entity::eldercare::inspection::Entity>::boxed(),
        Table::<entity::eldercare::hazard::Entity>::boxed(),
        Table::<entity::governance::village_charter::Entity>::boxed(),
        Table::<entity::governance::red_white_council::Entity>::boxed(),
        Table::<entity::governance::ceremony::Entity>::boxed(),
        Table::<entity::governance::disclosure::Entity>::boxed(),
        Table::<entity::governance::community_worker::Entity>::boxed(),
        Table::<entity::organisations::social_organisation::Entity>::boxed(),
        Table::<entity::organisations::annual_inspection::Entity>::boxed(),
        Table::<entity::organisations::party_organisation::Entity>::boxed(),
        Table::<entity::window::administrative_item::Entity>::boxed(),
        Table::<entity::window::item_case::Entity>::boxed(),
        Table::<entity::charity::donation::Entity>::boxed(),
        Table::<entity::payments::payment_account::Entity>::boxed(),
        Table::<entity::payments::budget_line::Entity>::boxed(),
        Table::<entity::payments::bank_return::Entity>::boxed(),
        Table::<entity::exchange::import::Entity>::boxed(),
        Table::<entity::exchange::import_error::Entity>::boxed(),
        Table::<entity::kernel::file::Entity>::boxed(),
        Table::<entity::registry::reported_change::Entity>::boxed(),
        Table::<entity::figures::periodic_report::Entity>::boxed(),
        Table::<entity::figures::report_figure::Entity>::boxed(),
        Table::<entity::figures::report_paragraph::Entity>::boxed(),
        Table::<entity::access::account::Entity>::boxed(),
        Table::<entity::access::role_grant::Entity>::boxed(),
        Table::<entity::access::session::Entity>::boxed(),
        Table::<entity::access::deputy::Entity>::boxed(),
        Table::<entity::access::assignment::Entity>::boxed(),
        Table::<entity::access::platform_client::Entity>::boxed(),
        Table::<entity::access::password_issue::Entity>::boxed(),
        Table::<entity::access::sign_in_failure::Entity>::boxed(),
    ]
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
    use minzheng_ground::Builder;
    use minzheng_ground::policy::POLICY;
    use minzheng_kernel::viewer::Rights as _;

    use super::*;

    #[test]
    fn edges_lead_to_tables() {
        Catalogue::new(types()).map(drop).expect("all edges");
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
