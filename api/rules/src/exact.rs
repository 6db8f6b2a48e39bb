//! Exact numbers: fractions of whole numbers, since no float touches money.

use std::cmp::Ordering;

/// A fraction in lowest terms, its denominator above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    over: i128,
    under: i128,
}

/// Why a text is no number, or a result does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotExact;

fn common(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { common(b, a % b) }
}

impl Exact {
    /// 0
    pub const ZERO: Self = Self { over: 0, under: 1 };
    /// 1
    pub const ONE: Self = Self { over: 1, under: 1 };

    /// A fraction; fails when it has no value or does not fit.
    pub fn new(over: i128, under: i128) -> Result<Self, NotExact> {
        if under == 0 || over == i128::MIN || under == i128::MIN {
            return Err(NotExact);
        }
        let divisor = common(over, under).max(1) * under.signum();
        Ok(Self { over: over / divisor, under: under / divisor })
    }

    /// A whole number.
    pub fn whole(value: i64) -> Self {
        Self { over: value.into(), under: 1 }
    }

    /// `0.6`, `12`, `3/2` or `60%`; at most 40 characters, since whoever sends it may be anybody.
    pub fn parse(text: &str) -> Result<Self, NotExact> {
        if text.len() > 40 {
            return Err(NotExact);
        }
        if let Some(percent) = text.strip_suffix('%') {
            return Self::decimal_number(percent)?.times(Self { over: 1, under: 100 });
        }
        if let Some((over, under)) = text.split_once('/') {
            return Self::new(over.parse().map_err(|_| NotExact)?, under.parse().map_err(|_| NotExact)?);
        }
        Self::decimal_number(text)
    }

    /// `0.6` or `12`: digits, a point, digits.
    pub fn decimal_number(text: &str) -> Result<Self, NotExact> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.len() <= 18 && part.bytes().all(|b| b.is_ascii_digit());
        let (negative, whole) = whole.strip_prefix('-').map_or((false, whole), |rest| (true, rest));
        if !digits(whole) || !digits(fraction) {
            return Err(NotExact);
        }
        let under = 10_i128.pow(u32::try_from(fraction.len()).map_err(|_| NotExact)?);
        let over: i128 = format!("{whole}{fraction}").parse().map_err(|_| NotExact)?;
        Self::new(if negative { -over } else { over }, under)
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, NotExact> {
        let left = self.over.checked_mul(other.under).ok_or(NotExact)?;
        let right = other.over.checked_mul(self.under).ok_or(NotExact)?;
        Self::new(left.checked_add(right).ok_or(NotExact)?, self.under.checked_mul(other.under).ok_or(NotExact)?)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, NotExact> {
        self.plus(Self { over: -other.over, under: other.under })
    }

    /// The product.
    pub fn times(self, other: Self) -> Result<Self, NotExact> {
        Self::new(
            self.over.checked_mul(other.over).ok_or(NotExact)?,
            self.under.checked_mul(other.under).ok_or(NotExact)?,
        )
    }

    /// Which is greater; fails when that cannot be said within 128 bits.
    pub fn compare(self, other: Self) -> Result<Ordering, NotExact> {
        let left = self.over.checked_mul(other.under).ok_or(NotExact)?;
        Ok(left.cmp(&other.over.checked_mul(self.under).ok_or(NotExact)?))
    }

    /// Strictly less.
    pub fn below(self, other: Self) -> Result<bool, NotExact> {
        Ok(self.compare(other)? == Ordering::Less)
    }

    /// Whether it is under 0.
    pub fn is_negative(self) -> bool {
        self.over < 0
    }

    /// The nearest whole number, halves away from 0.
    pub fn half_up(self) -> Result<i64, NotExact> {
        let doubled = self.over.abs().checked_mul(2).and_then(|n| n.checked_add(self.under)).ok_or(NotExact)?;
        let size = i64::try_from(doubled / (self.under.checked_mul(2).ok_or(NotExact)?)).map_err(|_| NotExact)?;
        Ok(if self.over < 0 { -size } else { size })
    }

    /// The next whole number that is not less.
    pub fn up(self) -> Result<i64, NotExact> {
        i64::try_from(-((-self.over).div_euclid(self.under))).map_err(|_| NotExact)
    }

    /// As it is: a decimal number with at least so many places where it ends, else a fraction.
    pub fn exactly(self, places: u32) -> String {
        let mut under = self.under;
        let mut needed = [0; 2];
        for (factor, count) in [2, 5].into_iter().zip(&mut needed) {
            while under % factor == 0 {
                under /= factor;
                *count += 1;
            }
        }
        let needed = needed.into_iter().fold(places, u32::max);
        if under == 1 && needed <= 12 { self.decimal(needed) } else { format!("{}/{}", self.over, self.under) }
    }

    /// As a decimal number with so many places, halves away from 0.
    pub fn decimal(self, places: u32) -> String {
        let scale = 10_i128.pow(places.min(12));
        let Some(scaled) = self.over.abs().checked_mul(scale).and_then(|n| n.checked_mul(2)) else {
            return "?".to_owned();
        };
        let rounded = (scaled + self.under) / (self.under * 2);
        let sign = if self.over < 0 && rounded != 0 { "-" } else { "" };
        if places == 0 {
            return format!("{sign}{rounded}");
        }
        format!("{sign}{}.{:0width$}", rounded / scale, rounded % scale, width = places as usize)
    }
}

/// Fen as yuan with two decimals.
pub fn yuan(fen: i64) -> String {
    let size = fen.unsigned_abs();
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, size / 100, size % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_refused_at_once() {
        for sign in ["%", "/", ".", "9", "-"] {
            assert!(Exact::parse(&sign.repeat(1_000_000)).is_err(), "{sign}");
            assert!(Exact::decimal_number(&sign.repeat(1_000_000)).is_err(), "{sign}");
        }
    }

    #[test]
    fn numbers_are_exact_and_round_half_up() {
        let parse = |text: &str| Exact::parse(text).unwrap();
        assert_eq!(parse("0.6"), parse("60%"));
        assert_eq!(parse("1.5"), parse("3/2"));
        assert_eq!(parse("1.341").decimal(2), "1.34");
        assert_eq!(parse("1.345").decimal(2), "1.35");
        assert_eq!(parse("-0.5").half_up(), Ok(-1));
        assert_eq!(parse("2.5").half_up(), Ok(3));
        assert_eq!(parse("2.01").up(), Ok(3));
        assert_eq!(parse("-2.9").up(), Ok(-2));
        assert_eq!(parse("7").up(), Ok(7));
        assert_eq!(yuan(-5), "-0.05");
        let exactly = |text: &str| parse(text).exactly(2);
        assert_eq!([exactly("1399.998"), exactly("7"), exactly("-1/8")], ["1399.998", "7.00", "-0.125"]);
        assert_eq!([exactly("1/3"), exactly("200/6"), exactly("1/8192")], ["1/3", "100/3", "1/8192"]);
        for wrong in ["", ".", "1.", "a", "1/0", "1e3", "--1", "１", "60%%", "1/2%", "%", " 3 / 2 "] {
            assert!(Exact::parse(wrong).is_err(), "{wrong}");
        }
    }
}
