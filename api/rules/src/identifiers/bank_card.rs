//! Account numbers that money is paid to (银行账号, §2.12).

use std::fmt;

use super::{IdentifierError, IdentifierFault, IdentifierKind, IdentifierWarning, is_digits, normalise};
use crate::mask;

/// The number of a bank card (银行卡), a passbook (存折) or a social-security account, digits only.
/// `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BankAccount(String);

impl BankAccount {
    /// Reads 8 to 32 digits; blanks and hyphens between them are dropped.
    ///
    /// # Errors
    /// `FORMAT`.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let number: String = normalise(text)
            .chars()
            .filter(|character| *character != '-' && !character.is_whitespace())
            .collect();
        if (8..=32).contains(&number.len()) && is_digits(&number) {
            Ok(Self(number))
        } else {
            Err(IdentifierError {
                kind: IdentifierKind::BankAccount,
                fault: IdentifierFault::Format,
            })
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A warning when the number is not that of a card (Luhn).
    pub fn warning(&self) -> Option<IdentifierWarning> {
        (!passes_luhn(&self.0)).then_some(IdentifierWarning::Luhn)
    }
}

impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BankAccount({})", mask::bank_card(&self.0))
    }
}

/// From the right, every second digit doubled, with 9 taken off above 9; the sum ends in 0.
fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_pass_luhn_and_a_changed_last_digit_only_warns() {
        for text in ["6228480000000000018", "6217000000000000012", "6210980000000000011"] {
            assert_eq!(BankAccount::parse(text).unwrap().warning(), None, "{text}");
            let number: u64 = text.parse().unwrap();
            let changed = BankAccount::parse(&(number + 1).to_string()).unwrap();
            assert_eq!(changed.warning(), Some(IdentifierWarning::Luhn));
        }
    }

    #[test]
    fn blanks_and_hyphens_are_dropped() {
        let account = BankAccount::parse(" 6228 4800 0000-0000 018 ").unwrap();
        assert_eq!(account.as_str(), "6228480000000000018");
        assert_eq!(format!("{account:?}"), "BankAccount(****0018)");
        for text in ["", "1234567", "6228480000000000O18", "123456789012345678901234567890123"] {
            assert_eq!(BankAccount::parse(text).unwrap_err().code(), "FORMAT", "{text}");
        }
    }
}
