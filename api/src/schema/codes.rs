//! All closed lists of codes, and how clients ask for their labels.

use async_graphql::{Context, Object, SimpleObject};
use minzheng_ground::codes::label_on;

pub use minzheng_ground::codes::{Code, CodeList};

use minzheng_ground::error::Answer;
use minzheng_ground::scalars::Date;
use minzheng_ground::state::viewer;

/// 代码项 · one code of a list.
#[derive(SimpleObject)]
pub struct CodeEntry {
    /// 代码 · stable.
    code: &'static str,
    /// 名称 · Chinese label on the day.
    label: &'static str,
    /// 英文名称 · English label.
    label_en: &'static str,
}

/// A list of codes without its type.
struct AnyList {
    name: &'static str,
    codes: &'static [Code],
}

const fn list<L: CodeList>() -> AnyList {
    AnyList { name: L::NAME, codes: L::CODES }
}

/// All lists of codes.
const LISTS: &[AnyList] = &[
    list::<minzheng_registry::division::DivisionLevel>(),
    list::<minzheng_registry::division::BodyKind>(),
    list::<minzheng_reference::policy_value::Area>(),
    list::<minzheng_reference::person::IdKind>(),
    list::<minzheng_registry::person::Sex>(),
    list::<minzheng_registry::person_condition::ConditionKind>(),
    list::<minzheng_reference::person_condition::DisabilityType>(),
    list::<minzheng_registry::household_member::FamilyRelation>(),
    list::<minzheng_registry::reported_change::ReportedChangeKind>(),
    list::<minzheng_registry::person_correction::CorrectionKind>(),
    list::<minzheng_registry::guardianship::GuardianshipKind>(),
    list::<minzheng_registry::guardianship::ProxyPurpose>(),
    list::<minzheng_registry::policy_document::PolicyField>(),
    list::<minzheng_assistance::recognition::AssistanceCategory>(),
    list::<minzheng_assistance::recognition::Support>(),
    list::<minzheng_assistance::temporary_aid::AidKind>(),
    list::<minzheng_assistance::temporary_aid::ApprovalLevel>(),
    list::<minzheng_payments::payment::PaymentCategory>(),
    list::<minzheng_payments::payment::PaymentNature>(),
    list::<minzheng_payments::payment::PaymentState>(),
    list::<minzheng_payments::payment::FundSource>(),
    list::<minzheng_welfare::welfare_benefit::BenefitKind>(),
    list::<minzheng_eldercare::care_centre::CentreKind>(),
    list::<minzheng_eldercare::care_centre::CentreState>(),
    list::<minzheng_eldercare::care_centre::MedicalIntegration>(),
    list::<minzheng_eldercare::care_centre::ServiceOffer>(),
    list::<minzheng_eldercare::care_centre::Ownership>(),
    list::<minzheng_eldercare::centre_project::ProjectNature>(),
    list::<minzheng_eldercare::centre_project::ProjectState>(),
    list::<minzheng_eldercare::renovation_case::RenovationState>(),
    list::<minzheng_eldercare::care_worker::CarePost>(),
    list::<minzheng_eldercare::care_worker::ExamResult>(),
    list::<minzheng_eldercare::home_care_bed::BedCloseReason>(),
    list::<minzheng_eldercare::home_care_bed::BedState>(),
    list::<minzheng_eldercare::home_visit::VisitKind>(),
    list::<minzheng_eldercare::home_visit::VisitState>(),
    list::<minzheng_eldercare::hazard::HazardGrade>(),
    list::<minzheng_eldercare::hazard::HazardState>(),
    list::<minzheng_governance::village_charter::CharterKind>(),
    list::<minzheng_governance::village_charter::CharterState>(),
    list::<minzheng_governance::ceremony::CeremonyKind>(),
    list::<minzheng_governance::ceremony::CeremonyOutcome>(),
    list::<minzheng_governance::ceremony::CeremonyState>(),
    list::<minzheng_governance::disclosure::DisclosureKind>(),
    list::<minzheng_governance::community_worker::SocialWorkCertificate>(),
    list::<minzheng_organisations::social_organisation::OrganisationKind>(),
    list::<minzheng_organisations::annual_inspection::InspectionConclusion>(),
    list::<minzheng_organisations::annual_inspection::AnnualInspectionState>(),
    list::<minzheng_organisations::party_organisation::PartyOrganisationKind>(),
    list::<minzheng_window::administrative_item::ItemClass>(),
    list::<minzheng_window::administrative_item::DayUnit>(),
    list::<minzheng_window::item_case::CaseChannel>(),
    list::<minzheng_window::item_case::Rating>(),
    list::<minzheng_window::item_case::CaseState>(),
    list::<minzheng_charity::donation::DonationKind>(),
    list::<minzheng_charity::donor::DonorKind>(),
];

/// All lists by name, for the handbook.
pub fn all() -> impl Iterator<Item = (&'static str, &'static [Code])> {
    LISTS.iter().map(|list| (list.name, list.codes))
}

/// The fields of the root.
#[derive(Default)]
pub struct CodesQuery;

#[Object]
impl CodesQuery {
    /// 代码表 · the codes of a list with their labels on a day, since names change; public. Null: there is no such list.
    async fn code_list(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "代码表名 · such as ASSISTANCE_CATEGORY")] name: String,
        #[graphql(desc = "日期 · left out: the business date")] on: Option<Date>,
    ) -> Answer<Option<Vec<CodeEntry>>> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(LISTS.iter().find(|list| list.name == name).map(|list| {
            let entry =
                |code: &Code| CodeEntry { code: code.code, label: label_on(list.name, code, on), label_en: code.en };
            list.codes.iter().map(entry).collect()
        }))
    }

    /// 代码表名 · the names of all lists of codes; public.
    async fn code_lists(&self) -> Vec<&'static str> {
        LISTS.iter().map(|list| list.name).collect()
    }
}
