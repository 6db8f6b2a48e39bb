//! Money in integer fen (分), exact ratios, and the rounding of both (§2.11, design §3.8).

mod ratio;

use std::{fmt, iter::Sum, str::FromStr};

use serde::{Deserialize, Serialize};

pub use ratio::{Ratio, RatioError, round_half_up};

/// A sum of money, in fen (分, 1/100 元). Negative sums are debts or differences.
///
/// Written and read as decimal yuan with two decimals (`"1234.50"`), also by serde; a JSON number
/// is refused.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Money(i64);

/// Why a text is no sum of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Not decimal yuan with at most two decimals, such as `1234.5` or `1,234.50`.
    Format,
    /// Beyond ±92,233,720,368,547,758.07 yuan.
    Overflow,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "expected yuan with at most two decimals, such as 1234.50",
            Self::Overflow => "the sum is too large",
        })
    }
}

impl std::error::Error for MoneyError {}

impl Money {
    /// Nothing: 0.00 yuan.
    pub const ZERO: Self = Self(0);

    /// The sum of that many fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The sum in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Reads decimal yuan: an optional sign, digits with optional thousands commas in their right
    /// places, and one or two decimals if any. Nothing else: no blanks, no currency sign, no
    /// exponent, no third decimal.
    ///
    /// # Errors
    /// [`MoneyError::Format`] or [`MoneyError::Overflow`].
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let (negative, unsigned) = split_sign(text);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "00"));
        if !is_whole(whole) || !is_digits(decimals) || decimals.len() > 2 {
            return Err(MoneyError::Format);
        }
        // Counted downwards, since the smallest i64 has no positive twin.
        let padding = (decimals.len() == 1).then_some(b'0');
        let below_zero = whole
            .bytes()
            .filter(u8::is_ascii_digit)
            .chain(decimals.bytes())
            .chain(padding)
            .try_fold(0_i64, |fen, digit| {
                fen.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))
            })
            .ok_or(MoneyError::Overflow)?;
        if negative {
            Ok(Self(below_zero))
        } else {
            below_zero.checked_neg().map(Self).ok_or(MoneyError::Overflow)
        }
    }

    /// The sum of both, or `None` when it overflows.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` when it overflows.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// So many times this sum, or `None` when it overflows.
    #[must_use]
    pub fn checked_mul_int(self, factor: i64) -> Option<Self> {
        self.0.checked_mul(factor).map(Self)
    }

    /// Whether less than nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Yuan for the eye, with thousands commas: `1,234.50`.
    pub fn grouped(self) -> String {
        group_thousands(&self.to_string())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Money {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        Self::parse(&text)
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.to_string()
    }
}

/// `sums.sum::<Option<Money>>()` is the exact total, or `None` when it overflows: a total that
/// silently stops short would be a wrong figure.
impl Sum<Money> for Option<Money> {
    fn sum<I: Iterator<Item = Money>>(mut sums: I) -> Self {
        sums.try_fold(Money::ZERO, Money::checked_add)
    }
}

impl<'a> Sum<&'a Money> for Option<Money> {
    fn sum<I: Iterator<Item = &'a Money>>(sums: I) -> Self {
        sums.copied().sum()
    }
}

/// How an exact sum becomes one that is paid: the policy parameter `rounding` (§2.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rounding {
    /// Half-up to the fen (分).
    #[default]
    Fen,
    /// Up to the full yuan (元): no family loses by it.
    YuanCeil,
    /// Half-up to the full yuan (元).
    YuanHalfUp,
}

impl Rounding {
    /// The stable code: `FEN`, `YUAN_CEIL`, `YUAN_HALF_UP`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fen => "FEN",
            Self::YuanCeil => "YUAN_CEIL",
            Self::YuanHalfUp => "YUAN_HALF_UP",
        }
    }

    /// The rule with that code, `None` for any other text.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Fen, Self::YuanCeil, Self::YuanHalfUp]
            .into_iter()
            .find(|rule| rule.code() == code)
    }
}

/// A sum of fen in 万元 (10,000 yuan) with two decimals, half-up: 1,341,000 fen is `1.34` (F2).
pub fn wan(fen: i64) -> String {
    round_half_up(i128::from(fen), 1_000_000, 2).unwrap_or_default()
}

/// Puts thousands commas into a decimal number written plainly: `-1234567.5` → `-1,234,567.5`.
/// Text whose whole part is not made of digits comes back unchanged.
pub fn group_thousands(number: &str) -> String {
    let (negative, unsigned) = split_sign(number);
    let whole_len = unsigned.find('.').unwrap_or(unsigned.len());
    let (whole, decimals) = unsigned.split_at(whole_len);
    if !is_digits(whole) {
        return number.to_owned();
    }
    let mut grouped = String::from(if negative { "-" } else { "" });
    for (place, digit) in (0..whole_len).rev().zip(whole.chars()) {
        grouped.push(digit);
        if place > 0 && place % 3 == 0 {
            grouped.push(',');
        }
    }
    grouped + decimals
}

/// Takes a leading sign off; true for minus.
fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits, with either no comma or one before every three.
fn is_whole(text: &str) -> bool {
    let Some((first, rest)) = text.split_once(',') else {
        return is_digits(text);
    };
    is_digits(first)
        && first.len() <= 3
        && rest
            .split(',')
            .all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_is_read_exactly() {
        for (text, fen) in [
            ("0", 0),
            ("-0", 0),
            ("0.01", 1),
            ("1.5", 150),
            ("1234.50", 123_450),
            ("1,234.50", 123_450),
            ("+1,234,567", 123_456_700),
            ("-0.99", -99),
            ("007", 700),
            ("92233720368547758.07", i64::MAX),
            ("-92233720368547758.08", i64::MIN),
        ] {
            assert_eq!(Money::parse(text), Ok(Money::from_fen(fen)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "", "-", "+", ".", ".5", "5.", "1.234", "1e3", " 1", "1 ", "１", "¥1", "1,2", "1234,567",
            ",123", "1,,234", "1,234,", "1.2,3", "--1", "+-1", "NaN", "1.-5", "1.+5", "元",
        ] {
            assert_eq!(Money::parse(text), Err(MoneyError::Format), "{text}");
        }
        for text in ["92233720368547758.08", "-92233720368547758.09", "99999999999999999999"] {
            assert_eq!(Money::parse(text), Err(MoneyError::Overflow), "{text}");
        }
    }

    #[test]
    fn yuan_is_written_plain_and_grouped() {
        for (fen, plain, grouped) in [
            (0, "0.00", "0.00"),
            (5, "0.05", "0.05"),
            (-5, "-0.05", "-0.05"),
            (99_999, "999.99", "999.99"),
            (123_450, "1234.50", "1,234.50"),
            (-123_456_789, "-1234567.89", "-1,234,567.89"),
        ] {
            assert_eq!(Money::from_fen(fen).to_string(), plain);
            assert_eq!(Money::from_fen(fen).grouped(), grouped);
        }
        assert_eq!(group_thousands("1000"), "1,000");
        assert_eq!(group_thousands("—"), "—");
    }

    #[test]
    fn ten_thousands_are_rounded_half_up() {
        for (fen, text) in [
            (1_341_000, "1.34"),
            (1_345_000, "1.35"),
            (0, "0.00"),
            (4_999, "0.00"),
            (5_000, "0.01"),
            (-5_000, "-0.01"),
            (-4_999, "0.00"),
        ] {
            assert_eq!(wan(fen), text, "{fen}");
        }
    }

    #[test]
    fn totals_do_not_overflow_silently() {
        let one = Money::from_fen(1);
        assert_eq!([one, one].iter().sum::<Option<Money>>(), Some(Money::from_fen(2)));
        assert_eq!([Money::from_fen(i64::MAX), one].into_iter().sum::<Option<Money>>(), None);
        assert_eq!(one.checked_mul_int(7), Some(Money::from_fen(7)));
        assert_eq!(Money::from_fen(i64::MIN).checked_sub(one), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(fen: i64) {
            let money = Money::from_fen(fen);
            prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
            prop_assert_eq!(Money::parse(&money.grouped()), Ok(money));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = Money::parse(&text);
            let _ = group_thousands(&text);
            let _ = Ratio::parse(&text);
        }
    }
}
