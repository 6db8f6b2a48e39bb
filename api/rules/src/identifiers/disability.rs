//! Disability types, levels and certificate numbers (残疾人证, GB/T 26341; §2.10).

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{CitizenId, IdentifierError, IdentifierFault, IdentifierKind, is_digits, normalise};

/// Kind of disability (残疾类别).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisabilityType {
    /// 1 视力.
    Visual,
    /// 2 听力.
    Hearing,
    /// 3 言语.
    Speech,
    /// 4 肢体.
    Physical,
    /// 5 智力.
    Intellectual,
    /// 6 精神.
    Mental,
    /// 7 多重.
    Multiple,
}

/// A disability as certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Disability {
    /// The kind.
    #[serde(rename = "type")]
    pub kind: DisabilityType,
    /// 1 (gravest) to 4. Wider than that, so that wrong input can be named by whoever checks it.
    pub level: i32,
}

/// The number of a certificate: citizen ID, type, level, and `B1`, `B2` … when reissued.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisabilityCertificate {
    holder: CitizenId,
    disability: Disability,
    reissue: u32,
}

impl DisabilityType {
    /// All seven, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Visual,
        Self::Hearing,
        Self::Speech,
        Self::Physical,
        Self::Intellectual,
        Self::Mental,
        Self::Multiple,
    ];

    /// The code 1 to 7.
    pub const fn code(self) -> u8 {
        match self {
            Self::Visual => 1,
            Self::Hearing => 2,
            Self::Speech => 3,
            Self::Physical => 4,
            Self::Intellectual => 5,
            Self::Mental => 6,
            Self::Multiple => 7,
        }
    }

    /// The kind with that code, `None` for any other number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Disability {
    /// 重度残疾: level 1–2 of any kind, or level 3 intellectual or mental (57号 Art 8; §3).
    pub const fn is_severe(self) -> bool {
        match self.kind {
            DisabilityType::Intellectual | DisabilityType::Mental => {
                self.level >= 1 && self.level <= 3
            }
            _ => self.level >= 1 && self.level <= 2,
        }
    }

    /// 无劳动能力 by disability: intellectual or mental 1–3, physical 1–2, visual 1 (43号; §3).
    pub const fn without_labour_ability(self) -> bool {
        let gravest = match self.kind {
            DisabilityType::Intellectual | DisabilityType::Mental => 3,
            DisabilityType::Physical => 2,
            DisabilityType::Visual => 1,
            _ => 0,
        };
        self.level >= 1 && self.level <= gravest
    }
}

impl DisabilityCertificate {
    /// Reads a certificate number. `today` bounds the holder's date of birth.
    ///
    /// # Errors
    /// `FORMAT`, or the fault of the citizen ID inside.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, IdentifierError> {
        let fail = |fault| IdentifierError { kind: IdentifierKind::DisabilityCertificate, fault };
        let text = normalise(text);
        let (holder, rest) =
            text.split_at_checked(18).ok_or(fail(IdentifierFault::Format))?;
        let (disability, reissue) = suffix(rest).ok_or(fail(IdentifierFault::Format))?;
        let holder = CitizenId::parse(holder, today).map_err(|error| fail(error.fault))?;
        Ok(Self { holder, disability, reissue })
    }

    /// Whose certificate it is.
    pub const fn holder(&self) -> &CitizenId {
        &self.holder
    }

    /// Kind and level, the level 1 to 4.
    pub const fn disability(&self) -> Disability {
        self.disability
    }

    /// How often it was reissued: 0, or the number after `B`.
    pub const fn reissue(&self) -> u32 {
        self.reissue
    }
}

impl fmt::Debug for DisabilityCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DisabilityCertificate({:?})", self.holder)
    }
}

/// Type, level and the reissue mark.
fn suffix(text: &str) -> Option<(Disability, u32)> {
    let (codes, mark) = text.split_at_checked(2)?;
    let reissue = match mark.strip_prefix('B') {
        Some(number) if is_digits(number) => number.parse().ok().filter(|number| *number > 0)?,
        None if mark.is_empty() => 0,
        _ => return None,
    };
    let mut codes = codes.chars().map(|code| code.to_digit(10));
    let kind = DisabilityType::from_code(u8::try_from(codes.next()??).ok()?)?;
    let level = i32::try_from(codes.next()??).ok().filter(|level| (1..=4).contains(level))?;
    Some((Disability { kind, level }, reissue))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DisabilityCertificate, &'static str> {
        let today = NaiveDate::from_ymd_opt(2023, 6, 30).unwrap();
        DisabilityCertificate::parse(text, today).map_err(IdentifierError::code)
    }

    #[test]
    fn certificates_tell_holder_kind_and_level() {
        for (text, reissue) in [
            ("11010519491231002X42", 0),
            ("11010519491231002x42b1", 1),
            ("11010519491231002X42B12", 12),
        ] {
            let certificate = parse(text).unwrap();
            assert_eq!(certificate.holder().as_str(), "11010519491231002X");
            let expected = Disability { kind: DisabilityType::Physical, level: 2 };
            assert_eq!(certificate.disability(), expected);
            assert_eq!(certificate.reissue(), reissue);
        }
    }

    #[test]
    fn wrong_certificates_name_their_fault() {
        for (text, code) in [
            ("11010519491231002X", "FORMAT"),
            ("11010519491231002X4", "FORMAT"),
            ("11010519491231002X82", "FORMAT"),
            ("11010519491231002X02", "FORMAT"),
            ("11010519491231002X45", "FORMAT"),
            ("11010519491231002X40", "FORMAT"),
            ("11010519491231002X42B", "FORMAT"),
            ("11010519491231002X42B0", "FORMAT"),
            ("11010519491231002X42C1", "FORMAT"),
            ("11010519491231002142", "CHECK_DIGIT"),
        ] {
            assert_eq!(parse(text).unwrap_err(), code, "{text}");
        }
    }

    #[test]
    fn severity_follows_kind_and_level() {
        for kind in DisabilityType::ALL {
            for level in -1..=6 {
                let disability = Disability { kind, level };
                let mind = matches!(kind, DisabilityType::Intellectual | DisabilityType::Mental);
                let severe = (1..=2).contains(&level) || (mind && level == 3);
                assert_eq!(disability.is_severe(), severe, "{disability:?}");
                let unable = match kind {
                    _ if mind => (1..=3).contains(&level),
                    DisabilityType::Physical => (1..=2).contains(&level),
                    DisabilityType::Visual => level == 1,
                    _ => false,
                };
                assert_eq!(disability.without_labour_ability(), unable, "{disability:?}");
            }
            assert_eq!(DisabilityType::from_code(kind.code()), Some(kind));
        }
    }
}
