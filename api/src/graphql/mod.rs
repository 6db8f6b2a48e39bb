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
pub mod tasks;

pub use minzheng_ground::scalars;

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

/// Root of all reads: the lists of all aggregates, and what is asked otherwise.
#[derive(MergedObject, Default)]
pub struct Query(
    query::ViewerQuery,
    node::NodeQuery,
    codes::CodesQuery,
    changes::ChangeQuery,
    audit::AuditQuery,
    minzheng_ground::list::Lists,
    crate::registry::division::DivisionQuery,
    crate::assistance::assess::AssessQuery,
    crate::figures::indicator::IndicatorsQuery,
    crate::figures::question::FiguresQuery,
    crate::figures::report::ReportQuery,
    crate::exchange::job::JobQuery,
    crate::exchange::unfinished_job::UnfinishedJobQuery,
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
    if let Err(fault) = crate::catalogue::install() {
        // Commands do not even begin then.
        tracing::error!(fault, "the catalogue of types does not hold together");
    }
    let mut builder = async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription::default());
    if let Some(state) = state {
        if !state.explored() {
            // The names of the schema are not told by guesses either.
            builder = builder.disable_introspection().disable_suggestions();
        }
        let house = minzheng_ground::engine::House {
            kernel: state.kernel.clone(),
            say: |viewer, fault| error::said(viewer.lang, fault),
            unauthenticated: |viewer| error::unauthenticated(viewer.lang),
        };
        builder = builder.data(Arc::new(house)).data(state);
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
