//! 脱敏 · the masked forms of personal data (domain §5): what a viewer without the right or purpose
//! to see them in full is shown.

use chrono::{Datelike, NaiveDate};

/// First and last sign of a name of three and more, the first of two, none of one.
pub fn name(name: &str) -> String {
    let signs: Vec<char> = name.chars().collect();
    match signs.as_slice() {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

/// The first 3 and the last 2 of a number of which at least as much stays hidden; else nothing. Six and four would, with
/// the decade and the sex, leave a few hundred numbers to try (domain §5).
pub fn id_number(number: &str) -> String {
    ends(number, 3, 2, 5)
}

/// `138****1234`.
pub fn phone(number: &str) -> String {
    ends(number, 3, 4, 3)
}

/// The last 4 of an account.
pub fn bank_account(number: &str) -> String {
    ends(number, 0, 4, 3)
}

/// The ten years in which a birth date lies: the date would complete the ID number.
pub fn birth(date: NaiveDate) -> String {
    let decade = date.year() - date.year().rem_euclid(10);
    format!("{decade}-{}", decade + 9)
}

/// Keeps the ends where at least so much stays hidden.
fn ends(text: &str, first: usize, last: usize, shortest: usize) -> String {
    let signs: Vec<char> = text.chars().collect();
    let hidden = signs.len().saturating_sub(first + last);
    if hidden < shortest {
        return "*".repeat(signs.len());
    }
    let head: String = signs.iter().take(first).collect();
    let tail: String = signs.iter().skip(first + hidden).collect();
    format!("{head}{}{tail}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_forms_keep_what_the_table_says() {
        assert_eq!(name("张三"), "张*");
        assert_eq!(name("欧阳小明"), "欧**明");
        assert_eq!(name("张"), "*");
        assert_eq!(name(""), "");
        assert_eq!(id_number("11010519491231002X"), "110*************2X");
        assert_eq!(phone("13800001234"), "138****1234");
        assert_eq!(bank_account("6228480000000000018"), "***************0018");
        assert_eq!(birth("1943-06-30".parse().unwrap()), "1940-1949");
    }

    #[test]
    fn short_numbers_are_hidden_whole() {
        for text in ["1234", "护照号", "E12345678", ""] {
            assert!(id_number(text).chars().all(|sign| sign == '*'), "{text}");
        }
    }
}
