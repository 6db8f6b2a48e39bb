//! 电话 · mobile and landline numbers (domain §2.12).

/// A number in its one form, without its country code and separators; a landline has a hyphen behind its area code,
/// which is of 3 digits where it begins with 01 or 02. `None` where it is neither a mobile nor a landline number.
pub fn parse(text: &str) -> Option<String> {
    let plain = super::normalise(text);
    let plain = plain.strip_prefix("+86").or_else(|| plain.strip_prefix("86")).unwrap_or(&plain);
    let digits =
        |text: &str, lengths: &[usize]| lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut start = plain.bytes();
    match (start.next(), start.next()) {
        (Some(b'1'), Some(b'3'..=b'9')) if digits(plain, &[11]) => Some(plain.to_owned()),
        (Some(b'0'), second) => {
            let whole = match plain.split_once('-') {
                Some((area, number)) if digits(area, &[3, 4]) => format!("{area}{number}"),
                Some(_) => return None,
                None => plain.to_owned(),
            };
            let (area, number) = whole.split_at_checked(if matches!(second, Some(b'1' | b'2')) { 3 } else { 4 })?;
            (digits(area, &[3, 4]) && digits(number, &[7, 8])).then(|| format!("{area}-{number}"))
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
        for same in ["073188665131", "0731-88665131", " 0731 8866 5131"] {
            assert_eq!(parse(same).as_deref(), Some("0731-88665131"), "{same}");
        }
        for same in ["01065130828", "010-65130828", "+86 010-65130828"] {
            assert_eq!(parse(same).as_deref(), Some("010-65130828"), "{same}");
        }
        for wrong in ["12345678901", "0731-8866-5131", "1380000000", "", "电话", "0731-886", "07-88665131"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
