//! 人员状况 · types of disability, by which rules of several rooms decide.

use minzheng_rules::assistance::eligibility::Disability;

minzheng_ground::codes! {
    /// 残疾类别 · type of disability, GB/T 26341 (1–7).
    DisabilityType, DisabilityTypeFilter, "DISABILITY_TYPE" {
        Visual "VISUAL" "视力" "visual",
        Hearing "HEARING" "听力" "hearing",
        Speech "SPEECH" "言语" "speech",
        Physical "PHYSICAL" "肢体" "physical",
        Intellectual "INTELLECTUAL" "智力" "intellectual",
        Mental "MENTAL" "精神" "mental",
        Multiple "MULTIPLE" "多重" "multiple",
    }
}

impl From<DisabilityType> for Disability {
    fn from(of: DisabilityType) -> Self {
        match of {
            DisabilityType::Visual => Self::Visual,
            DisabilityType::Hearing => Self::Hearing,
            DisabilityType::Speech => Self::Speech,
            DisabilityType::Physical => Self::Physical,
            DisabilityType::Intellectual => Self::Intellectual,
            DisabilityType::Mental => Self::Mental,
            DisabilityType::Multiple => Self::Multiple,
        }
    }
}
