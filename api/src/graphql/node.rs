//! 全局对象 · anything that has a global id, read again by it.

use async_graphql::{Context, ID, Interface, Object};

use super::error::{Answer, bad_request};
use super::load::{alone, by_id};
use super::local_id;

/// Types that can be read by their global id, each with the name of its aggregate.
macro_rules! nodes {
    ($($name:ident = $path:path),* $(,)?) => {
        $(use $path as $name;)*

        /// 全局对象 · a row with a global id.
        #[derive(Interface)]
        #[graphql(name = "Node", field(name = "id", ty = "ID", desc = "全局编号 · global id"))]
        pub enum AnyNode {
            $(
                #[doc = stringify!($name)]
                $name($name),
            )*
        }

        /// The row of an aggregate, in the viewer's scope.
        pub async fn read(context: &Context<'_>, aggregate: &str, id: i64) -> Answer<Option<AnyNode>> {
            match aggregate {
                $(stringify!($name) => Ok(by_id::<$name>(context, id).await?.map(AnyNode::$name)),)*
                _ => Ok(None),
            }
        }

        /// The same without waiting for other rows to be read together with it.
        async fn read_alone(context: &Context<'_>, aggregate: &str, id: i64) -> Answer<Option<AnyNode>> {
            match aggregate {
                $(stringify!($name) => Ok(alone::<$name>(context, id).await?.map(AnyNode::$name)),)*
                _ => Ok(None),
            }
        }
    };
}

nodes! {
    Division = crate::registry::division::Division,
    Person = crate::registry::person::Person,
    Household = crate::registry::household::Household,
    Finding = crate::registry::finding::Finding,
    HouseholdPlace = crate::registry::household_place::HouseholdPlace,
    HouseholdMember = crate::registry::household_member::HouseholdMember,
    PersonCondition = crate::registry::person_condition::PersonCondition,
    Recognition = crate::assistance::recognition::Recognition,
    RecognitionPerson = crate::assistance::recognition::RecognitionPerson,
    TemporaryAid = crate::assistance::temporary_aid::TemporaryAid,
    TemporaryAidPerson = crate::assistance::temporary_aid::TemporaryAidPerson,
    Payment = crate::payments::payment::Payment,
    PaymentPerson = crate::payments::payment::PaymentPerson,
    WelfareBenefit = crate::welfare::welfare_benefit::WelfareBenefit,
    CareCentre = crate::eldercare::care_centre::CareCentre,
    CentreProject = crate::eldercare::centre_project::CentreProject,
    Stay = crate::eldercare::stay::Stay,
    RenovationCase = crate::eldercare::renovation_case::RenovationCase,
    CareWorker = crate::eldercare::care_worker::CareWorker,
    HomeCareBed = crate::eldercare::home_care_bed::HomeCareBed,
    HomeVisit = crate::eldercare::home_visit::HomeVisit,
    Inspection = crate::eldercare::inspection::Inspection,
    Hazard = crate::eldercare::hazard::Hazard,
    VillageCharter = crate::governance::village_charter::VillageCharter,
    RedWhiteCouncil = crate::governance::red_white_council::RedWhiteCouncil,
    Ceremony = crate::governance::ceremony::Ceremony,
    Disclosure = crate::governance::disclosure::Disclosure,
    CommunityWorker = crate::governance::community_worker::CommunityWorker,
    SocialOrganisation = crate::organisations::social_organisation::SocialOrganisation,
    AnnualInspection = crate::organisations::annual_inspection::AnnualInspection,
    PartyOrganisation = crate::organisations::party_organisation::PartyOrganisation,
    AdministrativeItem = crate::window::administrative_item::AdministrativeItem,
    ItemCase = crate::window::item_case::ItemCase,
    Donation = crate::charity::donation::Donation,
    PaymentAccount = crate::payments::payment_account::PaymentAccount,
    BudgetLine = crate::payments::budget_line::BudgetLine,
    BankReturn = crate::payments::bank_return::BankReturn,
    Donor = crate::charity::donor::Donor,
    ReportedChange = crate::registry::reported_change::ReportedChange,
    PeriodicReport = crate::figures::report::PeriodicReport,
    Import = crate::exchange::import_list::Import,
    RoleGrant = crate::access::role_grant::RoleGrant,
    Account = crate::access::account::Account,
    Session = crate::access::session::Session,
    Deputy = crate::access::deputy::Deputy,
    PasswordIssue = crate::access::password_issue::PasswordIssue,
    PersonIdentity = crate::registry::person_identity::PersonIdentity,
    PersonCorrection = crate::registry::person_correction::PersonCorrection,
    Guardianship = crate::registry::guardianship::Guardianship,
    PolicyDocument = crate::registry::policy_document::PolicyDocument,
    PolicyValue = crate::registry::policy_value::PolicyValue,
    Inquiry = crate::registry::inquiry::Inquiry,
    TransferRequest = crate::registry::transfer_request::TransferRequest,
}

/// Most ids of one `nodes`.
const IDS_MOST: usize = 100;

/// The fields of the root.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// 按全局编号读取 · one row; null where it is missing or out of scope.
    async fn node(&self, context: &Context<'_>, id: ID) -> Answer<Option<AnyNode>> {
        match local_id(&id) {
            Some((aggregate, id)) => read_alone(context, &aggregate, id).await,
            None => Ok(None),
        }
    }

    /// 按全局编号批量读取 · rows in the order of the ids, at most 100; null where one is missing or out of scope.
    async fn nodes(&self, context: &Context<'_>, ids: Vec<ID>) -> Answer<Vec<Option<AnyNode>>> {
        if ids.len() > IDS_MOST {
            return Err(bad_request(context, "too-many-ids", "ids"));
        }
        let reads = ids.iter().map(|id| async {
            match local_id(id) {
                Some((aggregate, id)) => read(context, &aggregate, id).await,
                None => Ok(None),
            }
        });
        futures_util::future::try_join_all(reads).await
    }
}
