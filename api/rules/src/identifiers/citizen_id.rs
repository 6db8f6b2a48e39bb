//! 公民身份号码 · the citizen's number (GB 11643-1999; domain §2.12).

use chrono::{Datelike, NaiveDate};

/// Weight of each of the first 17 digits.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by the sum modulo 11.
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// Sex as the number tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男, code 1 of GB/T 2261.1
    Male,
    /// 女, code 2
    Female,
}

/// A checked number. Its `Debug` is masked: it may come to stand in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenId {
    /// 18 characters, X as a capital.
    pub number: String,
    /// Date of birth.
    pub birth: NaiveDate,
    /// Sex.
    pub sex: Sex,
}

impl std::fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CitizenId").field(&crate::mask::id_number(&self.number)).finish()
    }
}

/// Why a text is no citizen's number: the first that fails, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CitizenIdError {
    /// Not 18 (or the old 15) characters of the right kind.
    Format,
    /// The birth date is no date.
    Birthdate,
    /// The birth date lies after today.
    BirthdateRange,
    /// The last character does not fit the others.
    CheckDigit,
}

impl CitizenIdError {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "FORMAT",
            Self::Birthdate => "BIRTHDATE",
            Self::BirthdateRange => "BIRTHDATE_RANGE",
            Self::CheckDigit => "CHECK_DIGIT",
        }
    }
}

/// Checks a number; full-width signs, blanks and a small x are taken, a number of 15 digits becomes
/// one of 18. An unknown area is no error: areas are abolished.
pub fn parse(text: &str, today: NaiveDate) -> Result<CitizenId, CitizenIdError> {
    let plain = super::normalise(text);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (body, check) = match plain.len() {
        15 if digits(&plain) => {
            let (area, rest) = plain.split_at_checked(6).ok_or(CitizenIdError::Format)?;
            (format!("{area}19{rest}"), None)
        }
        18 => {
            let (body, check) = plain.split_at_checked(17).ok_or(CitizenIdError::Format)?;
            (body.to_owned(), check.chars().next())
        }
        _ => return Err(CitizenIdError::Format),
    };
    if !digits(&body) || check.is_some_and(|sign| sign != 'X' && !sign.is_ascii_digit()) {
        return Err(CitizenIdError::Format);
    }
    let birth = body
        .get(6..14)
        .and_then(|text| NaiveDate::parse_from_str(text, "%Y%m%d").ok())
        .ok_or(CitizenIdError::Birthdate)?;
    if birth > today {
        return Err(CitizenIdError::BirthdateRange);
    }
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let right = CHECKS.get((sum % 11) as usize).copied().ok_or(CitizenIdError::CheckDigit)?;
    if check.is_some_and(|sign| sign != right) {
        return Err(CitizenIdError::CheckDigit);
    }
    let odd = body.bytes().last().is_some_and(|byte| byte % 2 == 1);
    Ok(CitizenId { number: format!("{body}{right}"), birth, sex: if odd { Sex::Male } else { Sex::Female } })
}

/// Completed years; who was born on 29 February completes one on 1 March of other years.
pub fn age(birth: NaiveDate, on: NaiveDate) -> i32 {
    let before = (on.month(), on.day()) < (birth.month(), birth.day());
    on.year() - birth.year() - i32::from(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_vectors_of_the_domain() {
        let today = day("2023-06-30");
        let ok = |text: &str| parse(text, today).unwrap();
        let known = ok("11010519491231002X");
        assert_eq!((known.sex, known.birth), (Sex::Female, day("1949-12-31")));
        assert_eq!(format!("{known:?}"), "CitizenId(\"110*************2X\")");
        let old = ok("440524188001010014");
        assert_eq!((old.sex, old.birth), (Sex::Male, day("1880-01-01")));
        assert_eq!(ok("110105491231002").number, "11010519491231002X");
        assert_eq!(ok(" １１０１０５１９４９１２３１００２ｘ ").number, "11010519491231002X");
        for (text, error) in [
            ("110105194912310021", CitizenIdError::CheckDigit),
            ("110105194913310026", CitizenIdError::Birthdate),
            ("110105194902300026", CitizenIdError::Birthdate),
            ("11010519491231002", CitizenIdError::Format),
            ("", CitizenIdError::Format),
            ("身份证号码是六个", CitizenIdError::Format),
            ("1101051949X231002X", CitizenIdError::Format),
            ("430199209901010010", CitizenIdError::BirthdateRange),
        ] {
            assert_eq!(parse(text, today), Err(error), "{text}");
        }
    }

    #[test]
    fn synthetic_people_have_their_ages() {
        let today = day("2023-06-30");
        for (text, sex, years) in [
            ("430199194306301013", Sex::Male, 80),
            ("430199194307011026", Sex::Female, 79),
            ("430199192301012037", Sex::Male, 100),
            ("430199200706303040", Sex::Female, 16),
            ("430199200707013053", Sex::Male, 15),
            ("430199200506304065", Sex::Female, 18),
            ("430199196306305072", Sex::Male, 60),
        ] {
            let id = parse(text, today).unwrap();
            assert_eq!((id.sex, age(id.birth, today)), (sex, years), "{text}");
        }
        let leap = parse("430199200402296080", today).unwrap();
        assert_eq!(age(leap.birth, day("2022-02-28")), 17);
        assert_eq!(age(leap.birth, day("2022-03-01")), 18);
    }

    #[test]
    fn every_wrong_check_character_is_refused() {
        for check in "0123456789".chars() {
            let text = format!("11010519491231002{check}");
            assert_eq!(parse(&text, day("2023-06-30")), Err(CitizenIdError::CheckDigit));
        }
    }
}
