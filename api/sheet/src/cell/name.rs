//! Names of persons in the one form in which they are compared and kept.

use encoding_rs::GB18030;
use unicode_normalization::UnicodeNormalization as _;

use super::super::{CellCode, Note, NoteCode, RawCell};
use super::{CellResult, Input, Parsed, fail, input, is_empty_mark, is_invisible, marked_empty};

/// The middle dot between the parts of a name.
const DOT: char = '·';
/// The most signs of a name.
const LONGEST: usize = 60;

/// A name: without blanks that only pad it, with one form of the middle dot, of compatibility signs and of the private
/// signs of old encodings. Signs that no name has are refused, digits are noted.
pub fn name(cell: &RawCell) -> CellResult<String> {
    let raw = match input(cell)? {
        None => return Ok(Parsed::none()),
        Some(Input::Text(raw)) => raw,
        Some(_) => return fail(CellCode::NameSigns, cell.to_string()),
    };
    if is_empty_mark(raw) {
        return Ok(marked_empty(raw));
    }
    let value = normal_name(raw);
    if value.is_empty() {
        return Ok(Parsed::none());
    }
    if value.chars().count() > LONGEST {
        return fail(CellCode::NameTooLong, raw);
    }
    if value.starts_with(['=', '@', '+']) || value.chars().any(is_impossible) || !value.chars().any(char::is_alphabetic)
    {
        return fail(CellCode::NameSigns, raw);
    }
    if value.chars().any(|sign| sign.is_ascii_digit()) {
        let note = Note { code: NoteCode::NameHasDigits, from: raw.to_owned(), to: value.clone() };
        return Ok(Parsed { value: Some(value), note: Some(note) });
    }
    Ok(Parsed::noted(value.clone(), NoteCode::NameForm, raw, value))
}

/// A name in its one form, whatever it holds.
pub fn normal_name(name: &str) -> String {
    let known: String =
        name.chars().filter(|&sign| !shows_nothing(sign)).map(|sign| of_old_encodings(sign).unwrap_or(sign)).collect();
    let signs: Vec<char> = known.nfkc().map(|sign| if is_dot(sign) { DOT } else { sign }).collect();
    let mut normal = String::with_capacity(known.len());
    let mut blank = false;
    for (at, &sign) in signs.iter().enumerate() {
        if is_blank(sign) {
            blank = true;
            continue;
        }
        let last = normal.chars().next_back();
        // in a name of Chinese signs a full stop is what was at hand for the dot
        let next = signs.iter().skip(at + 1).find(|sign| !is_blank(**sign));
        let between = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphabetic() && !is_latin(sign));
        let sign = if matches!(sign, '.' | '。') && between(last) && between(next.copied()) { DOT } else { sign };
        if sign == DOT && last == Some(DOT) {
            continue;
        }
        // only words of letters are parted by a blank
        if blank && last.is_some_and(is_word) && is_word(sign) {
            normal.push(' ');
        }
        blank = false;
        normal.push(sign);
    }
    // composed again, since what stood between may have gone
    normal.nfc().collect()
}

/// The signs that stand for the middle dot.
fn is_dot(sign: char) -> bool {
    matches!(
        sign,
        '\u{B7}'
            | '\u{387}'
            | '\u{16EB}'
            | '\u{2022}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22C5}'
            | '\u{25CF}'
            | '\u{26AB}'
            | '\u{2B24}'
            | '\u{2E31}'
            | '\u{2E33}'
            | '\u{30FB}'
            | '\u{A78F}'
            | '\u{FF65}'
            | '\u{10101}'
    )
}

/// Blanks of any width, those that are letters to Unicode among them.
fn is_blank(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '\u{2800}' | '\u{3164}' | '\u{115F}' | '\u{1160}' | '\u{FFA0}' | '\u{180E}')
}

/// Signs that show nothing of themselves: joiners, selectors of a variant, marks of direction, controls.
fn shows_nothing(sign: char) -> bool {
    (is_invisible(sign) && !sign.is_whitespace())
        || matches!(
            sign,
            '\u{200C}' | '\u{200D}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{2061}'..='\u{206F}'
                | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}' | '\u{FFF9}'..='\u{FFFC}'
        )
}

fn is_latin(sign: char) -> bool {
    sign.is_alphabetic() && u32::from(sign) < 0x2E80
}

fn is_word(sign: char) -> bool {
    is_latin(sign) || matches!(sign, '.' | '-' | '\'' | '’')
}

/// Signs that are left where a sign was lost, or that no name has.
fn is_impossible(sign: char) -> bool {
    matches!(
        sign,
        '\u{FFFD}' | '?' | '□' | '■' | '▢' | '○' | '◯' | '*' | '#' | '$' | '%' | '&' | '^' | '|' | '\\' | '<' | '>' | '=' | '@'
            | '{' | '}' | '~' | '_' | '!' | ':' | ';' | '"' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}'
    ) || sign.is_control()
}

/// The sign that an old encoding kept among the private ones, since Unicode had none for it then.
fn of_old_encodings(sign: char) -> Option<char> {
    let number = u32::from(sign);
    let known = match number {
        0xE7C7 => '\u{1E3F}',
        0xE7C8 => '\u{1F9}',
        0xE816 => '\u{20087}',
        0xE817 => '\u{20089}',
        0xE818 => '\u{200CC}',
        0xE81E => '\u{9FB4}',
        0xE826 => '\u{9FB5}',
        0xE82B => '\u{9FB6}',
        0xE82C => '\u{9FB7}',
        0xE831 => '\u{215D7}',
        0xE832 => '\u{9FB8}',
        0xE83B => '\u{2298F}',
        0xE843 => '\u{9FB9}',
        0xE854 => '\u{9FBA}',
        0xE855 => '\u{241FE}',
        0xE864 => '\u{9FBB}',
        0xE815..=0xE863 => {
            // GBK keeps them in a row of its own from FE50 on, without 7F
            let trail = u8::try_from(number - 0xE815 + 0x50).ok()?;
            let trail = if trail >= 0x7F { trail + 1 } else { trail };
            let bytes = [0xFE, trail];
            let (text, _) = GB18030.decode_without_bom_handling(&bytes);
            return text.chars().next().filter(|known| !matches!(known, '\u{E000}'..='\u{F8FF}' | '\u{FFFD}'));
        }
        _ => return None,
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> CellResult<String> {
        name(&RawCell::text(text))
    }

    #[test]
    fn one_form_of_what_is_written_in_many() {
        for (written, kept) in [
            ("张　三", "张三"),
            ("张 三", "张三"),
            ("\u{A0}王\u{A0}\u{A0}五\u{A0}", "王五"),
            ("欧阳\u{3164}修", "欧阳修"),
            ("李\u{200D}四\u{FE00}", "李四"),
            ("葛\u{E0100}亮", "葛亮"),
            ("阿依古丽•买买提", "阿依古丽·买买提"),
            ("阿依古丽・买买提", "阿依古丽·买买提"),
            ("阿依古丽･买买提", "阿依古丽·买买提"),
            ("阿依古丽 ‧ 买买提", "阿依古丽·买买提"),
            ("阿依古丽.买买提", "阿依古丽·买买提"),
            ("阿依古丽．买买提", "阿依古丽·买买提"),
            ("阿依古丽··买买提", "阿依古丽·买买提"),
            ("\u{F9F4}\u{2F06}", "林二"),
            ("王\u{E863}", "王\u{4DAE}"),
            ("王\u{E81E}", "王\u{9FB4}"),
            ("ＪＯＨＮ　ＳＭＩＴＨ", "JOHN SMITH"),
            ("Jose\u{301}  María", "José María"),
            ("J. K. Rowling", "J. K. Rowling"),
            ("张三(小)", "张三(小)"),
        ] {
            let read = read(written).unwrap();
            assert_eq!(read.value.as_deref(), Some(kept), "{written}");
            assert_eq!(read.note.map(|note| note.code), (written != kept).then_some(NoteCode::NameForm), "{written}");
        }
    }

    #[test]
    fn what_is_no_name() {
        for lost in ["张\u{FFFD}", "张□", "张?", "李？四", "=A2", "123", "张*", "王\u{E000}", "-1", "——·"]
        {
            assert!(read(lost).is_err() || read(lost).unwrap().value.is_none(), "{lost}");
        }
        assert_eq!(read(&"张".repeat(300)).unwrap_err().code, CellCode::NameTooLong);
        assert_eq!(read("人1").unwrap().note.map(|note| note.code), Some(NoteCode::NameHasDigits));
        assert_eq!(name(&RawCell::Number("7".to_owned())).unwrap_err().code, CellCode::NameSigns);
        assert_eq!(read("无").unwrap().value, None);
    }

    proptest! {
        #[test]
        fn the_form_is_one(text in "[张三李四·•・. \u{3000}\u{A0}A-Za-z\u{200D}\u{FE00}é\u{301}]{0,12}") {
            let once = normal_name(&text);
            prop_assert_eq!(normal_name(&once), once.clone());
            let padded: String = once.chars().flat_map(|sign| [sign, '\u{200B}']).collect();
            prop_assert_eq!(normal_name(&padded), once);
        }
    }
}
