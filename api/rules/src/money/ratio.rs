//! Exact rational numbers: policy ratios, shares, percentages and sums before rounding.

use std::{cmp::Ordering, fmt, iter::successors};

use super::{Money, Rounding, is_digits, split_sign};

/// An exact rational number in lowest terms, its denominator positive.
///
/// Numerator and denominator stay within ±10³⁷, so that writing it out can never overflow;
/// calculations that leave this range give `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: i128,
    den: i128,
}

/// A text that is no ratio such as `0.2`, `1.5`, `3/2` or `60%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatioError;

impl fmt::Display for RatioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a ratio such as 0.2, 1.5, 3/2 or 60%")
    }
}

impl std::error::Error for RatioError {}

/// 10³⁷: ten times this, and sums of such, still fit 128 bits.
const LIMIT: u128 = 10_u128.pow(37);
/// Digits accepted on either side of a ratio's text.
const MAX_DIGITS: usize = 18;

impl Ratio {
    /// 0.
    pub const ZERO: Self = Self { num: 0, den: 1 };
    /// 1.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den`, or `None` for a zero denominator or parts beyond ±10³⁷ in lowest terms.
    pub fn new(num: i128, den: i128) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let negative = (num < 0) != (den < 0);
        let (num, den) = (num.unsigned_abs(), den.unsigned_abs());
        let common = gcd(num, den);
        let (num, den) = (num / common, den / common);
        if num > LIMIT || den > LIMIT {
            return None;
        }
        let num = i128::try_from(num).ok()?;
        let den = i128::try_from(den).ok()?;
        Some(Self { num: if negative { -num } else { num }, den })
    }

    /// The whole number as a ratio.
    pub const fn from_int(number: i64) -> Self {
        Self { num: number as i128, den: 1 }
    }

    /// Numerator, in lowest terms; carries the sign.
    pub const fn num(self) -> i128 {
        self.num
    }

    /// Denominator, in lowest terms, above zero.
    pub const fn den(self) -> i128 {
        self.den
    }

    /// Whether below zero.
    pub const fn is_negative(self) -> bool {
        self.num < 0
    }

    /// Reads a decimal (`0.2`), a fraction of whole numbers (`3/2`) or a percentage (`60%`), with
    /// an optional sign and at most eighteen digits to a number.
    ///
    /// # Errors
    /// [`RatioError`] for anything else and for a zero denominator.
    pub fn parse(text: &str) -> Result<Self, RatioError> {
        let (negative, unsigned) = split_sign(text);
        let value = if let Some((num, den)) = unsigned.split_once('/') {
            whole(num).zip(whole(den)).and_then(|(num, den)| Self::new(num, den))
        } else if let Some(percent) = unsigned.strip_suffix('%') {
            decimal(percent).and_then(|value| value.checked_div(Self::from_int(100)))
        } else {
            decimal(unsigned)
        };
        let value = value.ok_or(RatioError)?;
        Ok(if negative { Self { num: -value.num, den: value.den } } else { value })
    }

    /// The sum, or `None` when it leaves the range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let left = self.num.checked_mul(other.den)?;
        let right = other.num.checked_mul(self.den)?;
        Self::new(left.checked_add(right)?, self.den.checked_mul(other.den)?)
    }

    /// The difference, or `None` when it leaves the range.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { num: -other.num, den: other.den })
    }

    /// The product, or `None` when it leaves the range.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        Self::new(self.num.checked_mul(other.num)?, self.den.checked_mul(other.den)?)
    }

    /// The quotient, or `None` when divided by zero or out of range.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        Self::new(self.num.checked_mul(other.den)?, self.den.checked_mul(other.num)?)
    }

    /// This ratio of a sum, half-up to the fen, or `None` when it overflows.
    #[must_use]
    pub fn mul_money_half_up(self, money: Money) -> Option<Money> {
        self.checked_mul(Self::from(money))?.to_money(Rounding::Fen)
    }

    /// The ratio, taken as a number of fen, rounded to a sum that can be paid; `None` when it
    /// overflows. Half is rounded away from zero, and `YuanCeil` up.
    #[must_use]
    pub fn to_money(self, rounding: Rounding) -> Option<Money> {
        let unit = match rounding {
            Rounding::Fen => 1,
            Rounding::YuanCeil | Rounding::YuanHalfUp => 100,
        };
        let den = self.den.checked_mul(unit)?;
        let units = match rounding {
            Rounding::YuanCeil => -(-self.num).div_euclid(den),
            Rounding::Fen | Rounding::YuanHalfUp => {
                let nearest = self.num.abs().checked_mul(2)?.checked_add(den)? / den.checked_mul(2)?;
                nearest * self.num.signum()
            }
        };
        i64::try_from(units.checked_mul(unit)?).ok().map(Money::from_fen)
    }

    /// The decimal number with exactly so many decimals, half rounded away from zero; never `-0`.
    pub fn to_decimal_string(self, decimals: u32) -> String {
        let (num, den) = (self.num.unsigned_abs(), self.den.unsigned_abs());
        let (mut whole, mut rest) = (num / den, num % den);
        let mut digits: Vec<u128> = (0..decimals)
            .map(|_| {
                rest *= 10;
                let digit = rest / den;
                rest %= den;
                digit
            })
            .collect();
        if rest * 2 >= den {
            let stopped = digits.iter_mut().rev().any(|digit| {
                *digit = (*digit + 1) % 10;
                *digit != 0
            });
            whole += u128::from(!stopped);
        }
        let zero = whole == 0 && digits.iter().all(|digit| *digit == 0);
        let sign = if self.is_negative() && !zero { "-" } else { "" };
        let point = if digits.is_empty() { "" } else { "." };
        let digits: String = digits.iter().map(u128::to_string).collect();
        format!("{sign}{whole}{point}{digits}")
    }

    /// The exact decimal number with at least so many decimals; a number that no decimal can say
    /// exactly is written as a fraction (`2/3`).
    pub fn to_exact_string(self, min_decimals: u32) -> String {
        let (rest, twos) = strip_factor(self.den, 2);
        let (rest, fives) = strip_factor(rest, 5);
        if rest == 1 {
            self.to_decimal_string(twos.max(fives).max(min_decimals))
        } else {
            format!("{}/{}", self.num, self.den)
        }
    }
}

/// A sum as its number of fen.
impl From<Money> for Ratio {
    fn from(money: Money) -> Self {
        Self::from_int(money.fen())
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By cross multiplication; where that would overflow, by whole parts and then the reciprocals of
/// what remains, which is exact too.
impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let cross = self.num.checked_mul(other.den).zip(other.num.checked_mul(self.den));
        if let Some((left, right)) = cross {
            return left.cmp(&right);
        }
        let whole = |ratio: &Self| ratio.num.div_euclid(ratio.den);
        let rest = |ratio: &Self| ratio.num.rem_euclid(ratio.den);
        whole(self).cmp(&whole(other)).then_with(|| match (rest(self), rest(other)) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Less,
            (_, 0) => Ordering::Greater,
            (left, right) => {
                Self { num: other.den, den: right }.cmp(&Self { num: self.den, den: left })
            }
        })
    }
}

/// `num / den` with so many decimals, half rounded away from zero: the way every figure is
/// written. `None`, shown as "—", for a zero denominator (§1.7) or parts beyond ±10³⁷.
pub fn round_half_up(num: i128, den: i128, decimals: u32) -> Option<String> {
    Ratio::new(num, den).map(|ratio| ratio.to_decimal_string(decimals))
}

/// An unsigned whole number.
fn whole(text: &str) -> Option<i128> {
    if is_digits(text) && text.len() <= MAX_DIGITS { text.parse().ok() } else { None }
}

/// An unsigned decimal number.
fn decimal(text: &str) -> Option<Ratio> {
    let Some((before, after)) = text.split_once('.') else {
        return Ratio::new(whole(text)?, 1);
    };
    whole(after)?;
    let den = 10_i128.checked_pow(u32::try_from(after.len()).ok()?)?;
    Ratio::new(whole(before)? * den + whole(after)?, den)
}

fn gcd(left: u128, right: u128) -> u128 {
    if right == 0 { left.max(1) } else { gcd(right, left % right) }
}

/// Divides by the factor as often as it goes, and says how often that was.
fn strip_factor(number: i128, factor: i128) -> (i128, u32) {
    successors(Some((number, 0)), |&(rest, times)| {
        (rest != 0 && rest % factor == 0).then(|| (rest / factor, times + 1))
    })
    .last()
    .unwrap_or((number, 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ratio(text: &str) -> Ratio {
        Ratio::parse(text).unwrap()
    }

    #[test]
    fn decimals_fractions_and_percentages_are_read() {
        for (text, num, den) in [
            ("0.2", 1, 5),
            ("1.5", 3, 2),
            ("3/2", 3, 2),
            ("60%", 3, 5),
            ("12.5%", 1, 8),
            ("-0.5", -1, 2),
            ("0", 0, 1),
            ("2", 2, 1),
        ] {
            let read = ratio(text);
            assert_eq!((read.num(), read.den()), (num, den), "{text}");
        }
        for text in ["", "-", ".", ".2", "2.", "1/0", "1/", "/2", "%", "1.5/2", "a", "1 ", "1e2", "0.1234567890123456789"] {
            assert_eq!(Ratio::parse(text), Err(RatioError), "{text}");
        }
    }

    #[test]
    fn rounding_is_half_up_away_from_zero() {
        for (num, den, decimals, text) in [
            (600, 7, 2, "85.71"),
            (2_500, 40, 2, "62.50"),
            (1, 2, 0, "1"),
            (-1, 2, 0, "-1"),
            (1, 3, 0, "0"),
            (-1, 3, 0, "0"),
            (999, 1000, 2, "1.00"),
            (9_995, 1000, 2, "10.00"),
            (12_345, 1000, 2, "12.35"),
            (-12_345, 1000, 2, "-12.35"),
            (1, -4, 1, "-0.3"),
            (i128::from(i64::MAX), 1, 0, "9223372036854775807"),
        ] {
            assert_eq!(round_half_up(num, den, decimals).as_deref(), Some(text));
        }
        assert_eq!(round_half_up(1, 0, 2), None);
        assert_eq!(round_half_up(i128::MIN, -1, 2), None);
    }

    #[test]
    fn exact_text_never_rounds() {
        assert_eq!(ratio("1/8").to_exact_string(2), "0.125");
        assert_eq!(ratio("3/2").to_exact_string(2), "1.50");
        assert_eq!(ratio("2/3").to_exact_string(2), "2/3");
        assert_eq!(Ratio::ZERO.to_exact_string(2), "0.00");
    }

    #[test]
    fn sums_are_rounded_by_the_policy_rule() {
        for (fen, rule, expected) in [
            ("0.5", Rounding::Fen, 1),
            ("0.4", Rounding::Fen, 0),
            ("-0.5", Rounding::Fen, -1),
            ("100.01", Rounding::YuanCeil, 200),
            ("100", Rounding::YuanCeil, 100),
            ("-150", Rounding::YuanCeil, -100),
            ("149", Rounding::YuanHalfUp, 100),
            ("150", Rounding::YuanHalfUp, 200),
        ] {
            assert_eq!(ratio(fen).to_money(rule), Some(Money::from_fen(expected)), "{fen}");
        }
        assert_eq!(ratio("1/3").mul_money_half_up(Money::from_fen(200)), Some(Money::from_fen(67)));
        assert_eq!(ratio("2").mul_money_half_up(Money::from_fen(i64::MAX)), None);
        for rule in [Rounding::Fen, Rounding::YuanCeil, Rounding::YuanHalfUp] {
            assert_eq!(Rounding::from_code(rule.code()), Some(rule));
        }
        assert_eq!(Rounding::from_code("JIAO"), None);
    }

    #[test]
    fn order_is_exact_beyond_cross_multiplication() {
        let big = 10_i128.pow(36) + 1;
        let left = Ratio::new(big, big - 1).unwrap();
        let right = Ratio::new(big + 1, big).unwrap();
        assert!(left > right);
        assert_eq!(left.cmp(&left), Ordering::Equal);
        assert!(Ratio::new(-big, big - 1).unwrap() < Ratio::new(-big - 1, big).unwrap());
        assert!(ratio("1/3") < ratio("0.34"));
        assert_eq!(left.checked_mul(right), None);
    }

    proptest! {
        #[test]
        fn order_agrees_with_subtraction(a: i64, b in 1_i64.., c: i64, d in 1_i64..) {
            let left = Ratio::new(a.into(), b.into()).unwrap();
            let right = Ratio::new(c.into(), d.into()).unwrap();
            let (cross_left, cross_right) = (i128::from(a) * i128::from(d), i128::from(c) * i128::from(b));
            prop_assert_eq!(left.cmp(&right), cross_left.cmp(&cross_right));
        }

        #[test]
        fn writing_never_panics(num: i128, den: i128, decimals in 0_u32..40) {
            let _ = round_half_up(num, den, decimals);
            if let Some(ratio) = Ratio::new(num, den) {
                let _ = ratio.to_exact_string(2);
                let _ = ratio.to_money(Rounding::YuanCeil);
            }
        }
    }
}
