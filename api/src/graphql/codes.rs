//! All closed lists of codes, and how clients ask for their labels.

use async_graphql::{Context, Object, SimpleObject};
use chrono::NaiveDate;

pub use minzheng_ground::codes::{Code, CodeList};

use super::error::Answer;
use super::scalars::Date;
use super::viewer;

/// Labels that a code had before: (list, code, first day on which it no longer held, label).
/// 支出型困难家庭 is called 刚性支出困难家庭 since the measures of 2024-10-24 came into force.
const EARLIER: &[(&str, &str, &str, &str)] = &[("ASSISTANCE_CATEGORY", "RIGID", "2025-01-01", "支出型困难家庭")];

/// The Chinese label of a code on a day.
pub fn label_on(list: &str, entry: &Code, on: NaiveDate) -> &'static str {
    EARLIER
        .iter()
        .find(|(name, code, until, _)| {
            *name == list && *code == entry.code && until.parse::<NaiveDate>().is_ok_and(|until| on < until)
        })
        .map_or(entry.zh, |(.., label)| *label)
}

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
    list::<crate::registry::division::DivisionLevel>(),
    list::<crate::registry::division::BodyKind>(),
    list::<crate::registry::policy_value::Area>(),
    list::<crate::registry::person::IdKind>(),
    list::<crate::registry::person::Sex>(),
    list::<crate::registry::person_condition::ConditionKind>(),
    list::<crate::registry::person_condition::DisabilityType>(),
    list::<crate::registry::household_member::FamilyRelation>(),
    list::<crate::registry::reported_change::ReportedChangeKind>(),
    list::<crate::registry::person_correction::CorrectionKind>(),
    list::<crate::registry::guardianship::GuardianshipKind>(),
    list::<crate::registry::guardianship::ProxyPurpose>(),
    list::<crate::registry::policy_document::PolicyField>(),
    list::<crate::assistance::recognition::AssistanceCategory>(),
    list::<crate::assistance::recognition::Support>(),
    list::<crate::assistance::temporary_aid::AidKind>(),
    list::<crate::assistance::temporary_aid::ApprovalLevel>(),
    list::<crate::payments::payment::PaymentCategory>(),
    list::<crate::payments::payment::PaymentNature>(),
    list::<crate::payments::payment::PaymentState>(),
    list::<crate::payments::payment::FundSource>(),
    list::<crate::welfare::welfare_benefit::BenefitKind>(),
    list::<crate::eldercare::care_centre::CentreKind>(),
    list::<crate::eldercare::care_centre::CentreState>(),
    list::<crate::eldercare::care_centre::MedicalIntegration>(),
    list::<crate::eldercare::care_centre::ServiceOffer>(),
    list::<crate::eldercare::care_centre::Ownership>(),
    list::<crate::eldercare::centre_project::ProjectNature>(),
    list::<crate::eldercare::centre_project::ProjectState>(),
    list::<crate::eldercare::renovation_case::RenovationState>(),
    list::<crate::eldercare::care_worker::CarePost>(),
    list::<crate::eldercare::care_worker::ExamResult>(),
    list::<crate::eldercare::home_care_bed::BedCloseReason>(),
    list::<crate::eldercare::home_care_bed::BedState>(),
    list::<crate::eldercare::home_visit::VisitKind>(),
    list::<crate::eldercare::home_visit::VisitState>(),
    list::<crate::eldercare::hazard::HazardGrade>(),
    list::<crate::eldercare::hazard::HazardState>(),
    list::<crate::governance::village_charter::CharterKind>(),
    list::<crate::governance::village_charter::CharterState>(),
    list::<crate::governance::ceremony::CeremonyKind>(),
    list::<crate::governance::ceremony::CeremonyOutcome>(),
    list::<crate::governance::ceremony::CeremonyState>(),
    list::<crate::governance::disclosure::DisclosureKind>(),
    list::<crate::governance::community_worker::SocialWorkCertificate>(),
    list::<crate::organisations::social_organisation::OrganisationKind>(),
    list::<crate::organisations::annual_inspection::InspectionConclusion>(),
    list::<crate::organisations::annual_inspection::AnnualInspectionState>(),
    list::<crate::organisations::party_organisation::PartyOrganisationKind>(),
    list::<crate::window::administrative_item::ItemClass>(),
    list::<crate::window::administrative_item::DayUnit>(),
    list::<crate::window::item_case::CaseChannel>(),
    list::<crate::window::item_case::Rating>(),
    list::<crate::window::item_case::CaseState>(),
    list::<crate::charity::donation::DonationKind>(),
    list::<crate::charity::donor::DonorKind>(),
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

/// Declares a closed list of codes whose values stand in sheets as well.
#[macro_export]
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident, $($rest:tt)*) => {
        minzheng_ground::codes! { $(#[$meta])* $name, $($rest)* }

        impl $crate::exchange::row::Held<String> for $name {
            fn held(&self) -> String {
                $crate::graphql::codes::CodeList::code(*self).to_owned()
            }

            fn told(held: &String) -> Option<Self> {
                <Self as $crate::graphql::codes::CodeList>::parse(held)
            }
        }
    };
}
