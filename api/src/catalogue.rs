//! All types whose fields are data, in one list.

use std::sync::OnceLock;

use minzheng_ground::{Catalogue, Table};

fn tables() -> Vec<Table> {
    vec![
        crate::registry::division::table(),
        crate::registry::person::table(),
        crate::registry::household::table(),
        crate::registry::finding::table(),
        crate::registry::household_place::table(),
        crate::registry::household_member::table(),
        crate::registry::person_condition::table(),
        crate::assistance::recognition::table(),
        crate::assistance::recognition::person_table(),
        crate::assistance::temporary_aid::table(),
        crate::assistance::temporary_aid::temporary_aid_person_table(),
        crate::payments::payment::table(),
        crate::payments::payment::person_table(),
        crate::welfare::welfare_benefit::table(),
        crate::eldercare::care_centre::table(),
        crate::eldercare::centre_project::table(),
        crate::eldercare::stay::table(),
        crate::eldercare::renovation_case::table(),
        crate::eldercare::care_worker::table(),
        crate::eldercare::home_care_bed::table(),
        crate::eldercare::home_visit::table(),
        crate::eldercare::inspection::table(),
        crate::eldercare::hazard::table(),
        crate::governance::village_charter::table(),
        crate::governance::red_white_council::table(),
        crate::governance::ceremony::table(),
        crate::governance::disclosure::table(),
        crate::governance::community_worker::table(),
        crate::organisations::social_organisation::table(),
        crate::organisations::annual_inspection::table(),
        crate::organisations::party_organisation::table(),
        crate::window::administrative_item::table(),
        crate::window::item_case::table(),
        crate::charity::donation::table(),
        crate::payments::payment_account::table(),
        crate::payments::budget_line::table(),
        crate::payments::bank_return::table(),
        crate::charity::donor::table(),
        crate::registry::reported_change::table(),
        crate::figures::report::table(),
        crate::exchange::import_list::table(),
        crate::access::role_grant::table(),
        crate::access::account::table(),
        crate::access::session::table(),
        crate::access::deputy::table(),
        crate::access::password_issue::table(),
        crate::registry::person_identity::table(),
        crate::registry::person_correction::table(),
        crate::registry::guardianship::table(),
        crate::registry::policy_document::table(),
        crate::registry::policy_value::table(),
        crate::registry::inquiry::table(),
        crate::registry::transfer_request::table(),
        crate::registry::division_statistics::table(),
        crate::access::platform_client::table(),
        crate::exchange::import_list::import_error_table(),
    ]
}

/// Makes them those of the program, before the schema is built. Refused where one leads to what is not there.
pub fn install() -> Result<(), String> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| Catalogue::new(tables()).map(Catalogue::install)).clone()
}

#[cfg(test)]
mod tests {
    use minzheng_ground::Builder;

    use super::*;

    #[test]
    fn edges_lead_to_tables() {
        Catalogue::new(tables()).map(drop).expect("all edges");
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
