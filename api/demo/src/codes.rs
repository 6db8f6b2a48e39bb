//! Numbers of organisations (GB 32100-2015), in the unassigned area 430199.

/// The characters and, by their place, their values.
const SIGNS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of the organisation code inside (GB 11714).
const INNER: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// 统一社会信用代码 of a kind (`51` 社会团体, `52` 民非, `53` 基金会, `12` 事业单位, `91` 企业) with both check signs.
pub fn uscc(kind: &str, serial: u32) -> String {
    let block = if matches!(kind, "51" | "52" | "53") { "MJ" } else { "MA" };
    let organisation = format!("{block}{serial:06}");
    let sum: u32 = organisation.chars().zip(INNER).map(|(sign, weight)| sign.to_digit(36).unwrap_or(0) * weight).sum();
    let inner = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    };
    let body = format!("{kind}430199{organisation}{inner}");
    // 3^i modulo 31.
    let (sum, _) = body
        .chars()
        .fold((0, 1), |(sum, weight), sign| (sum + SIGNS.find(sign).unwrap_or(0) * weight, weight * 3 % 31));
    let check = SIGNS.chars().nth((31 - sum % 31) % 31).unwrap_or('0');
    format!("{body}{check}")
}

#[cfg(test)]
mod tests {
    use minzheng_rules::identifiers::uscc::parse;

    use super::*;

    #[test]
    fn codes_are_right_inside_and_out() {
        assert_eq!(uscc("52", 12), "52430199MJ00001220", "the remainder-0 vector of domain §2.12");
        for kind in ["51", "52", "53", "12", "91"] {
            for serial in [1, 19, 4_711, 999_999] {
                assert!(parse(&uscc(kind, serial)).unwrap().inner_ok);
            }
        }
    }
}
