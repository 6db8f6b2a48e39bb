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

/// 大写 · a sum of fen in the capital characters that forms of payment ask for: 人民币壹万叁仟肆佰壹拾元整
/// (支付结算办法, annex 1).
pub fn capital(fen: i64) -> String {
    let sign = if fen < 0 { "负" } else { "" };
    let size = fen.unsigned_abs();
    let (yuan, tenths, hundredths) = (size / 100, size / 10 % 10, size % 10);
    let mut text = format!("人民币{sign}");
    if yuan > 0 || size == 0 {
        text += &capital_whole(yuan);
        text.push('元');
    }
    if tenths > 0 {
        // Behind a round number of yuan, so that no digit can be put between.
        if yuan > 0 && yuan % 10 == 0 {
            text.push('零');
        }
        text.push(capital_digit(tenths));
        text.push('角');
    }
    if hundredths == 0 {
        text.push('整');
        return text;
    }
    if tenths == 0 && yuan > 0 {
        text.push('零');
    }
    text.push(capital_digit(hundredths));
    text.push('分');
    text
}

fn capital_digit(digit: u64) -> char {
    "零壹贰叁肆伍陆柒捌玖".chars().nth(usize::try_from(digit).unwrap_or_default()).unwrap_or('零')
}

/// 玖仟零伍万零叁拾: within each four digits by 仟佰拾, the fours by 万 and 亿, one 零 for noughts between.
fn capital_whole(number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut text = String::new();
    let mut gap = false;
    for (scale, unit) in [(1_000_000_000_000, "万亿"), (100_000_000, "亿"), (10_000, "万"), (1, "")] {
        let four = number / scale % 10_000;
        for (place, unit) in [(1_000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
            let digit = four / place % 10;
            if digit == 0 {
                gap = true;
                continue;
            }
            if gap && !text.is_empty() {
                text.push('零');
            }
            gap = false;
            text.push(capital_digit(digit));
            text += unit;
        }
        // 壹万亿: the 亿 is said once, behind what follows it.
        let unit =
            if scale == 1_000_000_000_000 && !(number / 100_000_000).is_multiple_of(10_000) { "万" } else { unit };
        if four > 0 {
            text += unit;
        }
    }
    text
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

    #[test]
    fn sums_stand_in_capital_characters() {
        for (fen, expected) in [
            (0, "零元整"),
            (1_341_000, "壹万叁仟肆佰壹拾元整"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (168_032, "壹仟陆佰捌拾元零叁角贰分"),
            (10_700_053, "壹拾万零柒仟元零伍角叁分"),
            (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
            (32_504, "叁佰贰拾伍元零肆分"),
            (50, "伍角整"),
            (7, "柒分"),
            (-10_000, "负壹佰元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (9_005_003_000_000, "玖佰亿零伍仟零叁万元整"),
            (120_000_000_000_000, "壹万贰仟亿元整"),
            (100_000_000_000_000, "壹万亿元整"),
        ] {
            assert_eq!(capital(fen), format!("人民币{expected}"), "{fen}");
        }
    }
}
