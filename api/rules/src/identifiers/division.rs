//! Codes of administrative divisions (区划代码): GB/T 2260, GB/T 10114-2003 and the statistics'
//! twelve digits (§2.12).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{IdentifierError, IdentifierFault, IdentifierKind, is_digits, normalise};

/// Twelve ASCII digits: 2 province, 2 city, 2 district, 3 town, 3 village; the parts below the
/// code's own level are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode([u8; 12]);

/// The five levels, from the largest down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DivisionLevel {
    /// 省, 2 digits.
    Province,
    /// 市, 4 digits.
    City,
    /// 区县, 6 digits.
    District,
    /// 街道、镇、乡, 9 digits.
    Town,
    /// 社区、村, 12 digits.
    Village,
}

/// Which body governs itself in a village-level division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VillageKind {
    /// 居民委员会, 001–199.
    ResidentsCommittee,
    /// 村民委员会, 200–399.
    VillagersCommittee,
}

impl DivisionLevel {
    /// All five, the largest first.
    pub const ALL: [Self; 5] =
        [Self::Province, Self::City, Self::District, Self::Town, Self::Village];

    /// Digits of the code that are its own: 2, 4, 6, 9 or 12.
    pub const fn digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::City => 4,
            Self::District => 6,
            Self::Town => 9,
            Self::Village => 12,
        }
    }

    /// The stable code: `PROVINCE`, `CITY`, `DISTRICT`, `TOWN`, `VILLAGE`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Province => "PROVINCE",
            Self::City => "CITY",
            Self::District => "DISTRICT",
            Self::Town => "TOWN",
            Self::Village => "VILLAGE",
        }
    }
}

impl DivisionCode {
    /// Reads 12 digits, or the first 2, 4, 6 or 9 of a level. The province is 01 to 98.
    ///
    /// # Errors
    /// `FORMAT`.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = normalise(text);
        let shaped = DivisionLevel::ALL.iter().any(|level| level.digits() == text.len())
            && is_digits(&text)
            && !text.starts_with("00")
            && !text.starts_with("99");
        let padded: Option<[u8; 12]> = format!("{text:0<12}").into_bytes().try_into().ok();
        padded.filter(|_| shaped).map(Self).ok_or(IdentifierError {
            kind: IdentifierKind::DivisionCode,
            fault: IdentifierFault::Format,
        })
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The level: that of the last part which is not zero.
    pub fn level(&self) -> DivisionLevel {
        let used = self.as_str().trim_end_matches('0').len();
        DivisionLevel::ALL
            .into_iter()
            .find(|level| used <= level.digits())
            .unwrap_or(DivisionLevel::Village)
    }

    /// The digits that are its own: 2, 4, 6, 9 or 12. A city without districts has towns with a
    /// zero district part, so a town's prefix may hold zeros.
    pub fn prefix(&self) -> &str {
        self.as_str().get(..self.level().digits()).unwrap_or_default()
    }

    /// The division it lies in, made by setting the tail to zero; `None` for a province.
    pub fn parent(&self) -> Option<Self> {
        let above = DivisionLevel::ALL.into_iter().rev().find(|level| *level < self.level())?;
        self.at(above)
    }

    /// The division of that level it lies in, itself at its own level; `None` for a lower level.
    pub fn at(&self, level: DivisionLevel) -> Option<Self> {
        let prefix = self.as_str().get(..level.digits())?;
        (level <= self.level()).then(|| Self::parse(prefix).ok()).flatten()
    }

    /// Whether the other is this division or lies in it.
    pub fn contains(&self, other: &Self) -> bool {
        other.as_str().starts_with(self.prefix())
    }

    /// The first code of this division and the first one after it, for scans
    /// `code >= low AND code < high`. The high bound need not exist as a division.
    pub fn range(&self) -> (Self, Self) {
        let mut high = self.0;
        for digit in high.iter_mut().take(self.level().digits()).rev() {
            if *digit < b'9' {
                *digit += 1;
                break;
            }
            *digit = b'0';
        }
        (*self, Self(high))
    }

    /// Which body the number stands for: a residents' or a villagers' committee; `None` for the
    /// statistics' pseudo-units (400 and above) and for other levels.
    pub fn village_kind(&self) -> Option<VillageKind> {
        match self.as_str().get(9..)?.parse().ok()? {
            1..=199_u16 => Some(VillageKind::ResidentsCommittee),
            200..=399 => Some(VillageKind::VillagersCommittee),
            _ => None,
        }
    }

    /// Whether the number stands for a village or community with a body of its own (F12). Where
    /// the division table has a type, the type is the truth and this is not asked.
    pub fn is_real_village_body(&self) -> bool {
        self.village_kind().is_some()
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DivisionCode {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for DivisionCode {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, IdentifierError> {
        Self::parse(&text)
    }
}

impl From<DivisionCode> for String {
    fn from(code: DivisionCode) -> Self {
        code.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> DivisionCode {
        DivisionCode::parse(text).unwrap()
    }

    #[test]
    fn codes_of_every_level_are_read() {
        use DivisionLevel::{City, District, Province, Town, Village};
        for (text, twelve, level, parent) in [
            ("43", "430000000000", Province, None),
            ("4301", "430100000000", City, Some("43")),
            ("430104", "430104000000", District, Some("4301")),
            ("430104102", "430104102000", Town, Some("430104")),
            ("430104102203", "430104102203", Village, Some("430104102")),
            ("430104000000", "430104000000", District, Some("4301")),
            ("430100", "430100000000", City, Some("43")),
            ("４３０１０４", "430104000000", District, Some("4301")),
            ("430110", "430110000000", District, Some("4301")),
            ("441900003", "441900003000", Town, Some("4419")),
        ] {
            assert_eq!(code(text).to_string(), twelve);
            assert_eq!(code(text).level(), level, "{text}");
            assert_eq!(code(text).parent(), parent.map(code), "{text}");
        }
        for text in ["", "4", "430", "43010", "43010410220", "4301041022031", "43010a", "00", "000000", "990000", "省"] {
            assert_eq!(DivisionCode::parse(text).unwrap_err().code(), "FORMAT", "{text}");
        }
    }

    #[test]
    fn ranges_are_those_of_the_prefix() {
        for (text, prefix, high) in [
            ("430104102", "430104102", "430104103000"),
            ("430104102203", "430104102203", "430104102204"),
            ("430104", "430104", "430105000000"),
            ("4309", "4309", "431000000000"),
            ("43", "43", "440000000000"),
            ("430104999", "430104999", "430105000000"),
            ("98", "98", "990000000000"),
        ] {
            let (low, end) = code(text).range();
            assert_eq!(code(text).prefix(), prefix);
            assert_eq!((low, end.as_str()), (code(text), high));
        }
    }

    #[test]
    fn divisions_contain_what_lies_in_them() {
        assert!(code("430104").contains(&code("430104102203")));
        assert!(code("430104").contains(&code("430104")));
        assert!(!code("430104").contains(&code("4301")));
        assert!(!code("430104").contains(&code("430105")));
        assert_eq!(code("430104102203").at(DivisionLevel::District), Some(code("430104")));
        assert_eq!(code("430104").at(DivisionLevel::Town), None);
    }

    #[test]
    fn village_bodies_are_told_from_pseudo_units() {
        use VillageKind::{ResidentsCommittee, VillagersCommittee};
        for (text, kind) in [
            ("430104102203", Some(VillagersCommittee)),
            ("430104002204", Some(VillagersCommittee)),
            ("430104002001", Some(ResidentsCommittee)),
            ("430104002199", Some(ResidentsCommittee)),
            ("430104002200", Some(VillagersCommittee)),
            ("430104002399", Some(VillagersCommittee)),
            ("430104002400", None),
            ("430104002598", None),
            ("430104002999", None),
            ("430104102", None),
        ] {
            assert_eq!(code(text).village_kind(), kind, "{text}");
            assert_eq!(code(text).is_real_village_body(), kind.is_some());
        }
    }

    proptest! {
        #[test]
        fn range_and_prefix_agree(a in "[1-8][0-9](0{10}|[0-9]{2}0{8}|[0-9]{10})", b in "[1-8][0-9]{11}") {
            let (outer, inner) = (code(&a), code(&b));
            let (low, high) = outer.range();
            prop_assert_eq!(outer.contains(&inner), low <= inner && inner < high);
            prop_assert!(outer.parent().is_none_or(|parent| parent.contains(&outer)));
        }
    }
}
