//! The schema's roots: they list what the rooms give, and nothing else.

pub mod audit;
pub mod batch;
pub mod changes;
pub mod codes;
#[cfg(test)]
mod described;
pub mod mutations;
pub mod names;
pub mod node;
pub mod personal;
pub mod prices;
pub mod query;
pub mod tasks;

use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions};
use minzheng_ground::error;
use minzheng_ground::state::State;

/// Root of all reads: the lists of all aggregates, and what is asked otherwise.
#[derive(MergedObject, Default)]
pub struct Query(
    query::ViewerQuery,
    node::NodeQuery,
    codes::CodesQuery,
    changes::ChangeQuery,
    audit::AuditQuery,
    minzheng_ground::list::Lists,
    minzheng_registry::division::DivisionQuery,
    minzheng_assistance::assess::AssessQuery,
    minzheng_figures::indicator::IndicatorsQuery,
    minzheng_figures::question::FiguresQuery,
    minzheng_figures::report::ReportQuery,
    minzheng_exchange::job::JobQuery,
    minzheng_exchange::unfinished_job::UnfinishedJobQuery,
);

/// Root of all changes: the fields that the files of the aggregates declare.
#[derive(MergedObject, Default)]
pub struct Mutation(
    minzheng_access::sign_in::SignInMutation,
    minzheng_access::screen_code::ScreenCodeMutation,
    batch::BatchMutation,
    minzheng_registry::reported_change::ReportedChangeMutation,
    minzheng_registry::person_identity::PersonIdentityMutation,
    minzheng_registry::person_correction::PersonCorrectionMutation,
    minzheng_registry::guardianship::GuardianshipMutation,
    minzheng_registry::finding::FindingMutation,
    minzheng_registry::policy_document::PolicyDocumentMutation,
    minzheng_registry::inquiry::InquiryMutation,
    minzheng_registry::transfer_request::TransferRequestMutation,
    minzheng_figures::report::commands::ReportMutation,
    minzheng_exchange::file::FileMutation,
    minzheng_exchange::import_list::ImportMutation,
    minzheng_exchange::export::ExportMutation,
    minzheng_exchange::unfinished_job::UnfinishedJobMutation,
    minzheng_access::session::SessionMutation,
    minzheng_access::credential::CredentialMutation,
    minzheng_access::account::AccountMutation,
    minzheng_access::role_grant::RoleGrantMutation,
    minzheng_access::deputy::DeputyMutation,
    minzheng_access::assignment::AssignmentMutation,
    minzheng_access::platform_client::PlatformClientMutation,
    minzheng_access::password_issue::PasswordIssueMutation,
);

/// Root of all that is followed.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    changes::ChangeSubscription,
    minzheng_figures::follow::FigureSubscription,
    minzheng_exchange::job::JobSubscription,
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

/// The schema as text.
pub fn sdl() -> String {
    schema(None).sdl_with_options(SDLExportOptions::new().include_specified_by())
}
