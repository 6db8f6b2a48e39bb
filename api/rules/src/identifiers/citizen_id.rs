//! Citizen identity numbers (公民身份号码), GB 11643-1999 (§2.12).

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{IdentifierError, IdentifierFault, IdentifierKind, is_digits, normalise};
use crate::mask;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check character by remainder.
const CHECKS: &str = "10X98765432";
/// Nobody registered was born earlier; a smaller year is a slip.
const EARLIEST_YEAR: i32 = 1800;

/// A valid 18-character citizen ID. `Debug` shows it masked, and there is no `Display`, so that it
/// does not slip into a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenId {
    number: String,
    birth_date: NaiveDate,
    sex: Sex,
}

/// Sex by GB/T 2261.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sex {
    /// 0 未知.
    #[default]
    Unknown,
    /// 1 男.
    Male,
    /// 2 女.
    Female,
    /// 9 未说明.
    NotStated,
}

impl Sex {
    /// The code 0, 1, 2 or 9.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Male => 1,
            Self::Female => 2,
            Self::NotStated => 9,
        }
    }

    /// The sex with that code, `None` for any other number.
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Unknown, Self::Male, Self::Female, Self::NotStated]
            .into_iter()
            .find(|sex| sex.code() == code)
    }
}

impl CitizenId {
    /// Reads 18 characters, or the 15 digits of old, which are completed. `today` bounds the date of
    /// birth.
    ///
    /// # Errors
    /// The first that fails of `FORMAT`, `BIRTHDATE`, `BIRTHDATE_RANGE`, `CHECK_DIGIT`.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, IdentifierError> {
        let fail = |fault| IdentifierError { kind: IdentifierKind::CitizenId, fault };
        let text = normalise(text);
        let (body, check) = split(&text).ok_or(fail(IdentifierFault::Format))?;
        let birth_date = birth_date(&body).ok_or(fail(IdentifierFault::Birthdate))?;
        if birth_date > today || birth_date.year() < EARLIEST_YEAR {
            return Err(fail(IdentifierFault::BirthdateRange));
        }
        let right = check_character(&body).ok_or(fail(IdentifierFault::Format))?;
        if check.is_some_and(|check| check != right) {
            return Err(fail(IdentifierFault::CheckDigit));
        }
        let male = body.bytes().last().is_some_and(|digit| digit % 2 == 1);
        Ok(Self {
            number: format!("{body}{right}"),
            birth_date,
            sex: if male { Sex::Male } else { Sex::Female },
        })
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.number
    }

    /// The date of birth in it.
    pub const fn birth_date(&self) -> NaiveDate {
        self.birth_date
    }

    /// The sex in it: an odd sequence number is male, an even one female.
    pub const fn sex(&self) -> Sex {
        self.sex
    }

    /// The six-digit area of first registration. Areas are abolished, so one that is unknown today
    /// is a warning for whoever knows the divisions, never an error.
    pub fn area(&self) -> &str {
        self.number.get(..6).unwrap_or_default()
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenId({})", mask::id_number(&self.number))
    }
}

/// The seventeen digits that carry meaning, and the check character of an 18-character number.
fn split(text: &str) -> Option<(String, Option<char>)> {
    match text.len() {
        15 if is_digits(text) => {
            let (area, rest) = text.split_at_checked(6)?;
            Some((format!("{area}19{rest}"), None))
        }
        18 => {
            let (body, check) = text.split_at_checked(17)?;
            let check = check.chars().next()?;
            let shaped = is_digits(body) && (check.is_ascii_digit() || check == 'X');
            shaped.then(|| (body.to_owned(), Some(check)))
        }
        _ => None,
    }
}

fn birth_date(body: &str) -> Option<NaiveDate> {
    let year = body.get(6..10)?.parse().ok()?;
    let month = body.get(10..12)?.parse().ok()?;
    let day = body.get(12..14)?.parse().ok()?;
    NaiveDate::from_ymd_opt(year, month, day)
}

fn check_character(body: &str) -> Option<char> {
    let sum: u32 = body
        .chars()
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit.to_digit(10).map(|digit| digit * weight))
        .sum::<Option<u32>>()?;
    CHECKS.chars().nth(usize::try_from(sum % 11).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CitizenId, &'static str> {
        let today = NaiveDate::from_ymd_opt(2023, 6, 30).unwrap();
        CitizenId::parse(text, today).map_err(IdentifierError::code)
    }

    #[test]
    fn valid_numbers_tell_birth_and_sex() {
        for (text, number, birth, sex) in [
            ("11010519491231002X", "11010519491231002X", "1949-12-31", Sex::Female),
            ("440524188001010014", "440524188001010014", "1880-01-01", Sex::Male),
            ("110105491231002", "11010519491231002X", "1949-12-31", Sex::Female),
            (" 11010519491231002x　", "11010519491231002X", "1949-12-31", Sex::Female),
            ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X", "1949-12-31", Sex::Female),
            ("430199194306301013", "430199194306301013", "1943-06-30", Sex::Male),
            ("430199194307011026", "430199194307011026", "1943-07-01", Sex::Female),
            ("430199192301012037", "430199192301012037", "1923-01-01", Sex::Male),
            ("430199200706303040", "430199200706303040", "2007-06-30", Sex::Female),
            ("430199200707013053", "430199200707013053", "2007-07-01", Sex::Male),
            ("430199200506304065", "430199200506304065", "2005-06-30", Sex::Female),
            ("430199196306305072", "430199196306305072", "1963-06-30", Sex::Male),
            ("430199200402296080", "430199200402296080", "2004-02-29", Sex::Female),
        ] {
            let id = parse(text).unwrap();
            assert_eq!(id.as_str(), number);
            assert_eq!(id.birth_date().to_string(), birth);
            assert_eq!(id.sex(), sex, "{text}");
            assert_eq!(id.area(), &number[..6]);
        }
    }

    #[test]
    fn the_first_fault_is_named() {
        for (text, code) in [
            ("110105194912310021", "CHECK_DIGIT"),
            ("110105194913310026", "BIRTHDATE"),
            ("110105194902300026", "BIRTHDATE"),
            ("11010519491231002", "FORMAT"),
            ("1101051949123100XX", "FORMAT"),
            ("", "FORMAT"),
            ("1101054912310O2", "FORMAT"),
            ("身份证号身份证号", "FORMAT"),
            ("430199202307013057", "BIRTHDATE_RANGE"),
            ("430199179912313057", "BIRTHDATE_RANGE"),
            ("110105491331002", "BIRTHDATE"),
        ] {
            assert_eq!(parse(text).unwrap_err(), code, "{text}");
        }
    }

    #[test]
    fn the_number_stays_out_of_debug_output() {
        let id = parse("11010519491231002X").unwrap();
        assert_eq!(format!("{id:?}"), "CitizenId(110105********002X)");
    }

    #[test]
    fn sex_codes_are_the_standard_ones() {
        for code in 0..=9 {
            let known = matches!(code, 0 | 1 | 2 | 9);
            assert_eq!(Sex::from_code(code).map(Sex::code), known.then_some(code));
        }
    }
}
