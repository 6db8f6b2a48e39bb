//! Unified social credit codes (统一社会信用代码), GB 32100-2015 (§2.12).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    DivisionCode, IdentifierError, IdentifierFault, IdentifierKind, IdentifierWarning, is_digits,
    normalise,
};

/// The 31 characters used; their places are their values.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of the organisation code inside (GB 11714).
const INNER_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A valid 18-character code of an organisation: department, kind, six-digit area, nine characters
/// of organisation code, check character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uscc(String);

impl Uscc {
    /// Reads a code.
    ///
    /// # Errors
    /// `FORMAT` for wrong length, a character outside the alphabet or an area that is not digits;
    /// `CHECK_DIGIT`.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let fail = |fault| IdentifierError { kind: IdentifierKind::Uscc, fault };
        let text = normalise(text);
        let values: Option<Vec<usize>> =
            text.chars().map(|character| ALPHABET.find(character)).collect();
        let values = values
            .filter(|values| values.len() == 18 && text.get(2..8).is_some_and(is_digits))
            .ok_or(fail(IdentifierFault::Format))?;
        let sum: usize = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
        if values.last() == Some(&((31 - sum % 31) % 31)) {
            Ok(Self(text))
        } else {
            Err(fail(IdentifierFault::CheckDigit))
        }
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// First character, the registering department: `5` is 民政, `1` 机构编制, `9` 市场监管.
    pub fn department(&self) -> char {
        self.0.chars().next().unwrap_or_default()
    }

    /// Second character, the kind within the department: of 民政 `1` 社会团体, `2` 民办非企业单位,
    /// `3` 基金会, `9` 其他.
    pub fn kind(&self) -> char {
        self.0.chars().nth(1).unwrap_or_default()
    }

    /// The area of the registering office, `None` where the digits are no division code.
    pub fn area(&self) -> Option<DivisionCode> {
        DivisionCode::parse(self.0.get(2..8)?).ok()
    }

    /// A warning when the organisation code inside does not pass its own check (GB 11714).
    pub fn warning(&self) -> Option<IdentifierWarning> {
        let mut inner = self.0.chars().skip(8);
        let sum: u32 = INNER_WEIGHTS
            .iter()
            .zip(inner.by_ref())
            .map(|(weight, character)| weight * character.to_digit(36).unwrap_or_default())
            .sum();
        let right = match 11 - sum % 11 {
            10 => Some('X'),
            value => char::from_digit(value % 11, 10),
        };
        (inner.next() != right).then_some(IdentifierWarning::OrganisationCode)
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Uscc {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, IdentifierError> {
        Self::parse(&text)
    }
}

impl From<Uscc> for String {
    fn from(code: Uscc) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_codes_are_read_and_their_inner_code_fits() {
        for text in [
            "91350100M000100Y43",
            "52430199MJ00001220",
            "51430199MJ0000018Y",
            "52430199MJ0000026N",
            "53430199MJ0000034E",
            "54430199ME00000444",
            "12430199000000051T",
            "91430199MA0000T60A",
            "52430199MJ000019XT",
        ] {
            let code = Uscc::parse(text).unwrap();
            assert_eq!(code.as_str(), text);
            assert_eq!(code.warning(), None, "{text}");
        }
        assert_eq!(Uscc::parse(" ５１430199mj0000018y ").unwrap().as_str(), "51430199MJ0000018Y");
    }

    #[test]
    fn parts_can_be_read() {
        let code = Uscc::parse("52430199MJ0000026N").unwrap();
        assert_eq!((code.department(), code.kind()), ('5', '2'));
        assert_eq!(code.area(), DivisionCode::parse("430199").ok());
    }

    #[test]
    fn faults_are_named() {
        for (text, code) in [
            ("91350100M000100Y44", "CHECK_DIGIT"),
            ("91350100M000100Y4Z", "FORMAT"),
            ("91350100M000100Y4O", "FORMAT"),
            ("91350100M000100Y4", "FORMAT"),
            ("9135O100M000100Y43", "FORMAT"),
            ("91A50100M000100Y43", "FORMAT"),
            ("", "FORMAT"),
        ] {
            assert_eq!(Uscc::parse(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn a_wrong_inner_code_only_warns() {
        // Inner check 8 replaced by 9, outer check computed anew.
        let code = ALPHABET
            .chars()
            .find_map(|check| Uscc::parse(&format!("51430199MJ0000019{check}")).ok())
            .unwrap();
        assert_eq!(code.warning(), Some(IdentifierWarning::OrganisationCode));
    }
}
