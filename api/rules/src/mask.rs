//! How personal data looks to those who may not read it in full (§5).
//!
//! Every function works on characters, takes any text, and when in doubt shows less.

use chrono::{Datelike, NaiveDate};

/// Sign that stands for a hidden character.
const HIDDEN: char = '*';
/// The shortest number whose first six and last four may be shown: a 15-digit citizen ID.
const SHORTEST_LONG_NUMBER: usize = 15;
/// Length of a mobile number.
const MOBILE: usize = 11;

/// 姓名: first and last character of three and more, `张*` of two, `*` of one.
pub fn name(name: &str) -> String {
    match name.chars().count() {
        0..=1 => keep(name, 0, 0),
        2 => keep(name, 1, 0),
        _ => keep(name, 1, 1),
    }
}

/// 证件号码 and other long numbers: the first six and the last four characters. Numbers too short
/// for that to hide much (passports, permits) are hidden whole.
pub fn id_number(number: &str) -> String {
    if number.chars().count() < SHORTEST_LONG_NUMBER {
        keep(number, 0, 0)
    } else {
        keep(number, 6, 4)
    }
}

/// 电话: `138****1234`. Numbers shorter than a mobile number are hidden whole.
pub fn phone(number: &str) -> String {
    if number.chars().count() < MOBILE {
        keep(number, 0, 0)
    } else {
        keep(number, 3, 4)
    }
}

/// 银行卡号: `****` and the last four characters, of numbers of more than eight.
pub fn bank_card(number: &str) -> String {
    let count = number.chars().count();
    let shown = if count > 8 { 4 } else { 0 };
    let tail: String = number.chars().skip(count - shown).collect();
    format!("****{tail}")
}

/// 出生日期: the ten years it lies in, as `1940-1949`, since the day would complete an ID number.
pub fn birth_date(date: NaiveDate) -> String {
    let decade = date.year().div_euclid(10) * 10;
    format!("{decade}-{}", decade + 9)
}

/// 详细地址: nothing of it. The division down to the village stands in a field of its own.
pub fn address(_address: &str) -> String {
    String::new()
}

/// Keeps so many characters at either end and hides those between.
fn keep(text: &str, first: usize, last: usize) -> String {
    let count = text.chars().count();
    text.chars()
        .enumerate()
        .map(|(index, shown)| if index < first || index + last >= count { shown } else { HIDDEN })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_keep_their_ends() {
        for (full, masked) in [
            ("", ""),
            ("张", "*"),
            ("张三", "张*"),
            ("张小三", "张*三"),
            ("欧阳小三", "欧**三"),
            ("买买提·阿不都", "买*****都"),
        ] {
            assert_eq!(name(full), masked);
        }
    }

    #[test]
    fn numbers_keep_what_the_bureau_shows() {
        assert_eq!(id_number("430199194306301013"), "430199********1013");
        assert_eq!(id_number("110105491231002"), "110105*****1002");
        assert_eq!(id_number("E12345678"), "*********");
        assert_eq!(phone("13800001234"), "138****1234");
        assert_eq!(phone("88665131"), "********");
        assert_eq!(bank_card("6228480000000000018"), "****0018");
        assert_eq!(bank_card("12345678"), "****");
        assert_eq!(address("岳麓大道 1 号"), "");
    }

    #[test]
    fn births_are_shown_as_ten_years() {
        for (date, band) in [
            ("1943-06-30", "1940-1949"),
            ("1940-01-01", "1940-1949"),
            ("1949-12-31", "1940-1949"),
            ("2000-02-29", "2000-2009"),
        ] {
            assert_eq!(birth_date(date.parse().unwrap()), band);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_masked_without_panic(text in ".*") {
            for masked in [name(&text), id_number(&text), phone(&text)] {
                prop_assert_eq!(masked.chars().count(), text.chars().count());
            }
            if text.chars().count() < 5 {
                prop_assert_eq!(bank_card(&text), "****");
            }
        }
    }
}
