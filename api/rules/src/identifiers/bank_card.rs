//! 银行卡号 · the Luhn check (domain §2.12). A failure is a warning only: passbooks and social-security
//! accounts need not satisfy it.

/// Whether a number of digits only satisfies the Luhn check.
pub fn luhn(number: &str) -> bool {
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, double) if double > 9 => double - 9,
                (_, double) => double,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_domain() {
        for valid in ["6228480000000000018", "6217000000000000012", "6210980000000000011"] {
            assert!(luhn(valid), "{valid}");
            let last = valid.bytes().last().unwrap() - b'0';
            let wrong = format!("{}{}", &valid[..valid.len() - 1], (last + 1) % 10);
            assert!(!luhn(&wrong), "{wrong}");
        }
        assert!(!luhn(""));
        assert!(!luhn("６２２８"));
    }
}
