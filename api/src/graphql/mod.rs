//! The schema's roots, scalars, lists and error mapping.

pub mod audit;
pub mod batch;
pub mod changes;
pub mod codes;
pub mod error;
pub mod list;
pub mod load;
pub mod mutations;
pub mod names;
pub mod node;
pub mod personal;
pub mod prices;
pub mod query;
pub mod scalars;
pub mod tasks;

use std::sync::Arc;

use async_graphql::{Context, MergedObject, MergedSubscription};
use minzheng_kernel::{Kernel, Viewer};

use crate::config::Config;
use error::Answer;

/// What all requests share.
pub struct State {
    /// The kernel of this process.
    pub kernel: Arc<Kernel>,
    /// Its settings.
    pub config: Config,
    /// Whether this is a demo or test database.
    pub test: bool,
    /// What is known of those who come in.
    pub access: crate::access::standing::Gate,
    /// What many are told of figures.
    pub figures: Arc<crate::figures::shared::Shared>,
}

impl State {
    /// The code of the district served, where rows that are of no division stand.
    pub fn district(&self) -> String {
        format!("{:0<12}", self.config.district.as_deref().unwrap_or_default())
    }
}

impl State {
    /// Whether the schema is told to everybody: in demo and test databases, and where it was said so.
    pub fn explored(&self) -> bool {
        self.test || self.config.explore
    }
}

/// Root of all reads: the fields that the files of the aggregates declare.
#[derive(MergedObject, Default)]
pub struct Query(
    query::ViewerQuery,
    node::NodeQuery,
    codes::CodesQuery,
    changes::ChangeQuery,
    audit::AuditQuery,
    crate::registry::division::DivisionQuery,
    crate::registry::person::PersonQuery,
    crate::registry::reported_change::ReportedChangesQuery,
    crate::registry::household::HouseholdsQuery,
    crate::registry::finding::FindingQuery,
    crate::registry::guardianship::GuardianshipsQuery,
    crate::registry::policy_document::PolicyDocumentsQuery,
    crate::registry::policy_value::PolicyValuesQuery,
    crate::registry::inquiry::InquiriesQuery,
    crate::registry::transfer_request::TransferRequestsQuery,
    crate::assistance::assess::AssessQuery,
    crate::assistance::recognition::RecognitionsQuery,
    crate::assistance::temporary_aid::TemporaryAidsQuery,
    crate::payments::payment::PaymentsQuery,
    crate::welfare::welfare_benefit::WelfareBenefitsQuery,
    crate::charity::donor::DonorsQuery,
    crate::eldercare::care_centre::CareCentresQuery,
    crate::eldercare::centre_project::CentreProjectsQuery,
    crate::eldercare::stay::StaysQuery,
    crate::eldercare::renovation_case::RenovationCasesQuery,
    crate::eldercare::care_worker::CareWorkerQuery,
    crate::eldercare::home_care_bed::HomeCareBedsQuery,
    crate::eldercare::home_visit::HomeVisitsQuery,
    crate::eldercare::inspection::InspectionsQuery,
    crate::eldercare::hazard::HazardsQuery,
    crate::governance::village_charter::VillageChartersQuery,
    crate::governance::red_white_council::RedWhiteCouncilsQuery,
    crate::governance::ceremony::CeremoniesQuery,
    crate::governance::disclosure::DisclosuresQuery,
    crate::governance::community_worker::CommunityWorkerQuery,
    crate::organisations::social_organisation::SocialOrganisationsQuery,
    crate::organisations::annual_inspection::AnnualInspectionsQuery,
    crate::organisations::party_organisation::PartyOrganisationsQuery,
    crate::window::administrative_item::AdministrativeItemsQuery,
    crate::window::item_case::ItemCasesQuery,
    crate::charity::donation::DonationsQuery,
    crate::payments::payment_account::PaymentAccountsQuery,
    crate::payments::budget_line::BudgetLinesQuery,
    crate::payments::bank_return::BankReturnsQuery,
    crate::figures::indicator::IndicatorsQuery,
    crate::figures::question::FiguresQuery,
    crate::figures::report::ReportsQuery,
    crate::figures::report::ReportQuery,
    crate::exchange::job::JobQuery,
    crate::exchange::unfinished_job::UnfinishedJobQuery,
    crate::exchange::import_list::ImportsQuery,
    crate::access::account::AccountQuery,
    crate::access::role_grant::RoleGrantQuery,
    crate::access::deputy::DeputyQuery,
    crate::access::platform_client::PlatformClientQuery,
    crate::access::password_issue::PasswordIssueQuery,
);

/// Root of all changes: the fields that the files of the aggregates declare.
#[derive(MergedObject, Default)]
pub struct Mutation(
    crate::access::sign_in::SignInMutation,
    crate::access::screen_code::ScreenCodeMutation,
    batch::BatchMutation,
    crate::registry::reported_change::ReportedChangeMutation,
    crate::registry::person_identity::PersonIdentityMutation,
    crate::registry::person_correction::PersonCorrectionMutation,
    crate::registry::guardianship::GuardianshipMutation,
    crate::registry::finding::FindingMutation,
    crate::registry::policy_document::PolicyDocumentMutation,
    crate::registry::inquiry::InquiryMutation,
    crate::registry::transfer_request::TransferRequestMutation,
    crate::figures::report::commands::ReportMutation,
    crate::exchange::file::FileMutation,
    crate::exchange::import_list::ImportMutation,
    crate::exchange::export::ExportMutation,
    crate::exchange::unfinished_job::UnfinishedJobMutation,
    crate::access::session::SessionMutation,
    crate::access::credential::CredentialMutation,
    crate::access::account::AccountMutation,
    crate::access::role_grant::RoleGrantMutation,
    crate::access::deputy::DeputyMutation,
    crate::access::assignment::AssignmentMutation,
    crate::access::platform_client::PlatformClientMutation,
    crate::access::password_issue::PasswordIssueMutation,
);

/// Root of all that is followed.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    changes::ChangeSubscription,
    crate::figures::follow::FigureSubscription,
    crate::exchange::job::JobSubscription,
);

/// The schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Builds the schema; `state` is left out to print it.
pub fn schema(state: Option<Arc<State>>) -> Schema {
    let mut builder = async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription::default());
    if let Some(state) = state {
        if !state.explored() {
            // The names of the schema are not told by guesses either.
            builder = builder.disable_introspection().disable_suggestions();
        }
        builder = builder.data(state);
    }
    builder.finish()
}

/// The shared state of this request.
pub fn state<'a>(context: &Context<'a>) -> Answer<&'a Arc<State>> {
    context.data::<Arc<State>>()
}

/// Who asks.
pub fn viewer<'a>(context: &Context<'a>) -> Answer<&'a Viewer> {
    context.data::<Arc<Viewer>>().map(AsRef::as_ref)
}

/// Who asks, for what outlives the resolver.
pub fn shared_viewer(context: &Context<'_>) -> Answer<Arc<Viewer>> {
    context.data::<Arc<Viewer>>().cloned()
}

/// The global id of a row.
pub fn global_id(aggregate: &str, id: i64) -> async_graphql::ID {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{aggregate}:{id}")).into()
}

/// Aggregate and row of a global id.
pub fn local_id(id: &str) -> Option<(String, i64)> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(id).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (aggregate, id) = text.split_once(':')?;
    Some((aggregate.to_owned(), id.parse().ok()?))
}

/// The row that a global id of this aggregate names.
pub fn row_id<E: entity::Aggregate>(id: &str, field: &str) -> Result<i64, minzheng_kernel::Refusal> {
    match local_id(id) {
        Some((aggregate, id)) if aggregate == E::NAME => Ok(id),
        _ => Err(minzheng_kernel::Refusal::not_found(field)),
    }
}
