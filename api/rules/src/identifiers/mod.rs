//! Identifiers and codes of persons, organisations and places: reading, checking, normalising
//! (§2.10, §2.12). Full-width digits and letters, blanks around and lower case are accepted
//! everywhere, since that is how sheets arrive.

mod bank_card;
mod citizen_id;
mod disability;
mod division;
mod phone;
mod uscc;

use std::fmt;

pub use bank_card::BankAccount;
pub use citizen_id::{CitizenId, Sex};
pub use disability::{Disability, DisabilityCertificate, DisabilityType};
pub use division::{DivisionCode, DivisionLevel, VillageKind};
pub use phone::{Phone, PhoneKind};
pub use uscc::Uscc;

use crate::lang::Lang;

/// Which identifier a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// 公民身份号码.
    CitizenId,
    /// 统一社会信用代码.
    Uscc,
    /// 区划代码.
    DivisionCode,
    /// 联系电话.
    Phone,
    /// 银行账号.
    BankAccount,
    /// 残疾人证号.
    DisabilityCertificate,
}

/// What is wrong with an identifier; the first that fails, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierFault {
    /// Wrong length or characters.
    Format,
    /// The date of birth inside is no date.
    Birthdate,
    /// The date of birth inside lies in the future or before 1800.
    BirthdateRange,
    /// The check character does not fit the others.
    CheckDigit,
}

/// An identifier that cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdentifierError {
    /// Which identifier was expected.
    pub kind: IdentifierKind,
    /// What is wrong with the text.
    pub fault: IdentifierFault,
}

/// Something odd about an identifier that is accepted all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentifierWarning {
    /// The organisation code inside a USCC does not pass its own check (GB 11714).
    OrganisationCode,
    /// The account number does not satisfy Luhn; passbooks (存折) and social-security accounts
    /// need not.
    Luhn,
}

impl IdentifierKind {
    /// What it is called.
    pub fn name(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::CitizenId => ("公民身份号码", "citizen ID"),
            Self::Uscc => ("统一社会信用代码", "unified social credit code"),
            Self::DivisionCode => ("区划代码", "division code"),
            Self::Phone => ("联系电话", "phone number"),
            Self::BankAccount => ("银行账号", "bank account"),
            Self::DisabilityCertificate => ("残疾人证号", "disability certificate number"),
        };
        lang.pick(zh, en)
    }

    /// What a right one looks like.
    fn shape(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::CitizenId => (
                "应为 18 位（末位数字或 X）或 15 位数字",
                "expected 18 characters (the last a digit or X) or 15 digits",
            ),
            Self::Uscc => (
                "应为 18 位，不含 I O S V Z",
                "expected 18 characters without I, O, S, V and Z",
            ),
            Self::DivisionCode => (
                "应为 2、4、6、9 或 12 位数字",
                "expected 2, 4, 6, 9 or 12 digits",
            ),
            Self::Phone => (
                "应为 11 位手机号，或带区号的固定电话",
                "expected a mobile number of 11 digits or a landline with its area code",
            ),
            Self::BankAccount => ("应为 8 至 32 位数字", "expected 8 to 32 digits"),
            Self::DisabilityCertificate => (
                "应为身份证号加类别 1–7、等级 1–4，补发的再加 B1 等",
                "expected the citizen ID, type 1-7, level 1-4, and B1 and so on when reissued",
            ),
        };
        lang.pick(zh, en)
    }
}

impl IdentifierFault {
    /// The stable code: `FORMAT`, `BIRTHDATE`, `BIRTHDATE_RANGE`, `CHECK_DIGIT`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format => "FORMAT",
            Self::Birthdate => "BIRTHDATE",
            Self::BirthdateRange => "BIRTHDATE_RANGE",
            Self::CheckDigit => "CHECK_DIGIT",
        }
    }
}

impl IdentifierError {
    /// The stable code of the fault.
    pub const fn code(self) -> &'static str {
        self.fault.code()
    }

    /// What is wrong and what was expected, for the person who typed it. Never repeats the text.
    pub fn message(self, lang: Lang) -> String {
        let what = match self.fault {
            IdentifierFault::Format => self.kind.shape(lang),
            IdentifierFault::Birthdate => {
                lang.pick("其中的出生日期不存在", "the date of birth in it does not exist")
            }
            IdentifierFault::BirthdateRange => lang.pick(
                "其中的出生日期在今天之后或 1800 年以前",
                "the date of birth in it is in the future or before 1800",
            ),
            IdentifierFault::CheckDigit => {
                lang.pick("校验位不符", "the check character does not fit")
            }
        };
        let separator = lang.pick("：", ": ");
        format!("{}{separator}{what}", self.kind.name(lang))
    }
}

impl fmt::Display for IdentifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for IdentifierError {}

impl IdentifierWarning {
    /// The stable code: `ORGANISATION_CODE`, `LUHN`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrganisationCode => "ORGANISATION_CODE",
            Self::Luhn => "LUHN",
        }
    }

    /// What is odd, for the person who typed it.
    pub fn message(self, lang: Lang) -> &'static str {
        match self {
            Self::OrganisationCode => lang.pick(
                "其中的组织机构代码校验位不符，请核对",
                "the organisation code in it fails its own check, please compare",
            ),
            Self::Luhn => lang.pick(
                "不是通常的银行卡号，请核对（存折和社保卡账号除外）",
                "not a usual card number, please compare (passbooks and social-security cards aside)",
            ),
        }
    }
}

/// Trims, makes full-width characters plain, and upper-cases.
fn normalise(text: &str) -> String {
    text.trim()
        .chars()
        .map(|character| match character {
            '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
            other => other,
        })
        .collect::<String>()
        .to_ascii_uppercase()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_normalised_as_clerks_write_it() {
        assert_eq!(normalise("　４３０１９９ｘ \t"), "430199X");
        assert_eq!(normalise("430104－102"), "430104-102");
    }

    #[test]
    fn messages_name_the_identifier_in_both_languages() {
        let error = IdentifierError {
            kind: IdentifierKind::CitizenId,
            fault: IdentifierFault::CheckDigit,
        };
        assert_eq!(error.message(Lang::Zh), "公民身份号码：校验位不符");
        assert_eq!(error.to_string(), "citizen ID: the check character does not fit");
        assert_eq!(error.code(), "CHECK_DIGIT");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let today = NaiveDate::from_ymd_opt(2023, 6, 30).unwrap();
            let _ = CitizenId::parse(&text, today);
            let _ = Uscc::parse(&text);
            let _ = DivisionCode::parse(&text);
            let _ = Phone::parse(&text);
            let _ = BankAccount::parse(&text);
            let _ = DisabilityCertificate::parse(&text, today);
        }
    }
}
