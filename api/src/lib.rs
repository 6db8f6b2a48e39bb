//! `minzheng` (民政): the system of record and the GraphQL API of a district civil-affairs bureau.
//!
//! The way of a write: HTTP → mutation → [`minzheng_kernel::commands::run`] → `execute` → the unit of
//! work commits rows and journal together. The way of a read: the root's field → the [plan](minzheng_ground::plan) of what
//! is asked → rows level by level, the viewer's scope applied → JSON written, masks applied and reads noted as it is
//! written. What a type is (its fields, its list, what that is filtered and ordered by, where its rows lead) is data that
//! its file declares.
//!
//! # Packages
//! [`minzheng_ground`] is what every room stands on. What needs no room is a package of its own: [`minzheng_kernel`],
//! [`minzheng_rules`], the guard in front of the engine ([`minzheng_guard`]), spreadsheets ([`minzheng_sheet`]), the sheets
//! of the demo ([`minzheng_demo`]). The graph no longer ties the rooms together: where a row leads is named, and the
//! [`catalogue`] refuses a name that is none.
//!
//! # To add an aggregate
//! In this order, with the one name that it has everywhere (`donor`, `Donor`):
//! 1. `migration/src/m<date>_create_donor.rs`: its table, `id`, `version`, `voided` among the columns;
//! 2. `entity/src/<room>/donor.rs`: the model and one `aggregate!` line (scope, personal columns);
//! 3. `api/src/policy.rs`: one line in the table of aggregates, one per command;
//! 4. `api/src/<room>/donor.rs`: `pub type Donor = Row<Entity>` and its `table()`, a line a field
//!    ([`Builder`](minzheng_ground::Builder)); its commands; where rows come in sheets, a [`sheet_row!`] of the model, from
//!    which sheets and records are read and written, and its [`Kind`](exchange::Kind) with what is left: checks, the key,
//!    what is done by hand;
//! 5. its line in [`catalogue`], here in [`tables`], and in [`exchange::kind::kinds`] for its sheet; then
//!    `minzheng schema > schema.graphql`.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod access;
pub mod assistance;
pub mod catalogue;
pub mod charity;
pub mod cli;
pub mod config;
pub mod eldercare;
pub mod exchange;
pub mod figures;
pub mod governance;
pub mod graphql;
pub mod handbook;
pub mod http;
pub mod log;
pub mod organisations;
pub mod payments;
pub mod policy;
pub mod registry;
pub mod welfare;
pub mod window;

/// Every table whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn minzheng_kernel::journal::AnyAggregate>> {
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
