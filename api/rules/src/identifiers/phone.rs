//! Phone numbers of the mainland (§2.12).

use std::fmt;

use super::{IdentifierError, IdentifierFault, IdentifierKind, is_digits, normalise};
use crate::mask;

/// A mobile or landline number, kept as digits only so that it can be found again. `Debug` shows
/// it masked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone {
    digits: String,
    kind: PhoneKind,
}

/// What a number rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhoneKind {
    /// 手机: 11 digits from 13 to 19; text messages reach it.
    Mobile,
    /// 固定电话: area code and 7 or 8 digits.
    Landline,
}

impl Phone {
    /// Reads a mobile number, with or without `+86` or `86`, or a landline with its area code, with
    /// or without a hyphen after it.
    ///
    /// # Errors
    /// `FORMAT`.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = normalise(text);
        let local = text.strip_prefix("+86").or_else(|| text.strip_prefix("86"));
        if let Some(mobile) = [local, Some(&text)].into_iter().flatten().find(|n| is_mobile(n)) {
            return Ok(Self { digits: mobile.to_owned(), kind: PhoneKind::Mobile });
        }
        let digits = text.replacen('-', "", 1);
        if is_landline(&text, &digits) {
            return Ok(Self { digits, kind: PhoneKind::Landline });
        }
        Err(IdentifierError { kind: IdentifierKind::Phone, fault: IdentifierFault::Format })
    }

    /// The digits, without country code and hyphen.
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// Mobile or landline.
    pub const fn kind(&self) -> PhoneKind {
        self.kind
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", mask::phone(&self.digits))
    }
}

fn is_mobile(text: &str) -> bool {
    text.len() == 11
        && is_digits(text)
        && text.starts_with('1')
        && text.bytes().nth(1).is_some_and(|second| second >= b'3')
}

/// `0` and 2 or 3 digits, perhaps a hyphen, 7 or 8 digits.
fn is_landline(text: &str, digits: &str) -> bool {
    let hyphen_fits = text.find('-').is_none_or(|place| {
        matches!(place, 3 | 4) && matches!(text.len() - place - 1, 7 | 8)
    });
    hyphen_fits && text.starts_with('0') && is_digits(digits) && (10..=12).contains(&digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_ways_they_are_written() {
        use PhoneKind::{Landline, Mobile};
        for (text, digits, kind) in [
            ("13800000000", "13800000000", Mobile),
            ("+8613800000000", "13800000000", Mobile),
            ("8613800000000", "13800000000", Mobile),
            (" １3800000000", "13800000000", Mobile),
            ("19912345678", "19912345678", Mobile),
            ("0731-88665131", "073188665131", Landline),
            ("073188665131", "073188665131", Landline),
            ("010-8866513", "0108866513", Landline),
        ] {
            let phone = Phone::parse(text).unwrap();
            assert_eq!((phone.as_str(), phone.kind()), (digits, kind), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for text in [
            "12345678901", "1380000000", "138000000000", "12345", "88665131", "0731-8866513a",
            "07318-8665131", "0731--88665131", "0-73188665131", "", "+86", "+8612345678901",
        ] {
            assert_eq!(Phone::parse(text).unwrap_err().code(), "FORMAT", "{text}");
        }
    }
}
