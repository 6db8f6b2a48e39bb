//! 数字 · whole numbers of small pieces (fen, persons) shown in larger units: rounded half-up, away from zero, exactly.

/// `raw / scale`, rounded half-up to `decimals` places; `scale` is positive.
pub fn rounded(raw: i128, scale: i128, decimals: u32) -> String {
    let tens = 10_i128.pow(decimals);
    let (size, scale) = (raw.unsigned_abs(), scale.unsigned_abs().max(1));
    let scaled = (size * tens.unsigned_abs() * 2 + scale) / (scale * 2);
    place_point(raw < 0 && scaled > 0, scaled, decimals)
}

fn place_point(negative: bool, digits: u128, decimals: u32) -> String {
    let tens = 10_u128.pow(decimals);
    let sign = if negative { "-" } else { "" };
    if decimals == 0 {
        return format!("{sign}{digits}");
    }
    let width = decimals as usize;
    format!("{sign}{}.{:0width$}", digits / tens, digits % tens)
}

/// `raw / scale` with every decimal it needs; `scale` is a power of ten.
pub fn exact(raw: i64, scale: i64) -> String {
    let decimals = scale.max(1).ilog10();
    let whole = place_point(raw < 0, u128::from(raw.unsigned_abs()), decimals);
    if decimals == 0 { whole } else { whole.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// The same number with its thousands set apart: `14,400.00`.
pub fn grouped(number: &str) -> String {
    let (sign, size) = number.strip_prefix('-').map_or(("", number), |size| ("-", size));
    let (whole, rest) = size.split_once('.').map_or((size, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    text
}

/// How much a number grew, in percent with two decimals; `None` where it grew from nothing.
pub fn growth(now: i64, then: i64) -> Option<String> {
    (then != 0).then(|| {
        let change = (i128::from(now) - i128::from(then)) * i128::from(then.signum());
        rounded(change * 100, i128::from(then).abs(), 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_half_up_and_away_from_zero() {
        assert_eq!(rounded(1_341_000, 1_000_000, 2), "1.34");
        assert_eq!(rounded(1_345_000, 1_000_000, 2), "1.35");
        assert_eq!(rounded(-1_345_000, 1_000_000, 2), "-1.35");
        assert_eq!(rounded(-1, 1_000, 2), "0.00");
        assert_eq!(rounded(30, 1, 0), "30");
        assert_eq!(rounded(i128::from(i64::MAX), 100, 2), "92233720368547758.07");
    }

    #[test]
    fn exact_numbers_keep_what_they_are() {
        assert_eq!(exact(24_000, 1_000_000), "0.024");
        assert_eq!(exact(1_000_000, 1_000_000), "1");
        assert_eq!(exact(-5, 100), "-0.05");
        assert_eq!(exact(30, 1), "30");
        assert_eq!(exact(0, 100), "0");
    }

    #[test]
    fn thousands_and_growth() {
        assert_eq!(grouped("14400.00"), "14,400.00");
        assert_eq!(grouped("-1234567"), "-1,234,567");
        assert_eq!(grouped("999"), "999");
        assert_eq!(growth(30, 20).as_deref(), Some("50.00"));
        assert_eq!(growth(20, 30).as_deref(), Some("-33.33"));
        assert_eq!(growth(1, 0), None);
    }
}
