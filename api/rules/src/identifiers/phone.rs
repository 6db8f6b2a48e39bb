//! 电话 · mobile and landline numbers (domain §2.12).

/// A number without its country code and separators (a landline keeps its hyphen); `None` where it
/// is neither a mobile nor a landline number.
pub fn parse(text: &str) -> Option<String> {
    let plain = super::normalise(text);
    let plain = plain.strip_prefix("+86").or_else(|| plain.strip_prefix("86")).unwrap_or(&plain);
    let digits =
        |text: &str, lengths: &[usize]| lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut start = plain.bytes();
    match (start.next(), start.next()) {
        (Some(b'1'), Some(b'3'..=b'9')) if digits(plain, &[11]) => Some(plain.to_owned()),
        (Some(b'0'), _) => {
            let fits = match plain.split_once('-') {
                Some((area, number)) => digits(area, &[3, 4]) && digits(number, &[7, 8]),
                None => digits(plain, &[10, 11, 12]),
            };
            fits.then(|| plain.to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_domain() {
        assert_eq!(parse("13800000000").as_deref(), Some("13800000000"));
        assert_eq!(parse("+86 138 0000 0000").as_deref(), Some("13800000000"));
        assert_eq!(parse("0731-88665131").as_deref(), Some("0731-88665131"));
        for wrong in ["12345678901", "1380000000", "", "电话", "0731-886", "07-88665131"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
