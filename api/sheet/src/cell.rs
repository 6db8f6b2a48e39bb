//! Tolerant parsing of one cell. Every parser takes the raw cell and gives the value, `None` for an empty cell, and a
//! [`Note`] when something had to be changed to take it; what cannot be meant for certain is a [`CellError`].

mod date;
mod month;
mod name;
mod number;
mod text;

use chrono::NaiveDateTime;

use super::{CellCode, CellError, Note, NoteCode, RawCell};

pub use date::{date, date_time};
pub use month::{MonthRange, YearMonth, month, month_range};
pub use name::{name, normal_name};
pub use number::{decimal, integer, money};
pub use text::{choice, division, id, id_list, text, text_list, unless_none, word, yes_no};

/// The value of a cell, and what was changed to take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The value; `None` for an empty cell.
    pub value: Option<T>,
    /// What was changed.
    pub note: Option<Note>,
}

impl<T> Parsed<T> {
    /// An empty cell.
    fn none() -> Self {
        Self { value: None, note: None }
    }

    /// A value taken as it stood.
    fn exact(value: T) -> Self {
        Self { value: Some(value), note: None }
    }

    /// A value with a note unless the cell stood as it is written here.
    fn noted(value: T, code: NoteCode, from: &str, to: String) -> Self {
        let note = (from != to).then(|| Note { code, from: from.to_owned(), to });
        Self { value: Some(value), note }
    }

    /// The same with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Parsed<U> {
        Parsed { value: self.value.map(f), note: self.note }
    }
}

/// What every parser gives.
pub type CellResult<T> = Result<Parsed<T>, CellError>;

/// A problem with this value.
fn fail<T>(code: CellCode, value: impl Into<String>) -> CellResult<T> {
    Err(CellError::new(code, value))
}

/// A cell that is not empty and shows no error.
enum Input<'a> {
    Text(&'a str),
    Number(&'a str),
    DateTime(NaiveDateTime),
    Bool,
}

/// The content, `None` when blank.
fn input(cell: &RawCell) -> Result<Option<Input<'_>>, CellError> {
    match cell {
        _ if cell.is_blank() || cell.clears() => Ok(None),
        RawCell::Empty => Ok(None),
        RawCell::Text(text) => match shown_error(text) {
            Some(code) => Err(CellError::new(code, text.trim())),
            None => Ok(Some(Input::Text(text))),
        },
        RawCell::Number(number) => Ok(Some(Input::Number(number))),
        RawCell::DateTime(at) => Ok(Some(Input::DateTime(*at))),
        RawCell::Bool(_) => Ok(Some(Input::Bool)),
        RawCell::Error(_) => Err(CellError::new(CellCode::CellError, cell.to_string())),
        RawCell::Formula => Err(CellError::new(CellCode::FormulaWithoutValue, cell.to_string())),
    }
}

/// What a text shows that a spreadsheet program wrote in place of a value: `#N/A`, `#REF!`, `#NAME?`, `Err:502`, or
/// nothing but `###` where a column was too narrow.
fn shown_error(text: &str) -> Option<CellCode> {
    let text = text.trim();
    if text.starts_with("Err:") && text.len() <= 8 && text.bytes().skip(4).all(|byte| byte.is_ascii_digit()) {
        return Some(CellCode::CellError);
    }
    let rest = text.strip_prefix(['#', '＃']).filter(|rest| !rest.is_empty() && text.chars().count() <= 255)?;
    if rest.chars().all(|sign| matches!(sign, '#' | '＃')) {
        return Some(CellCode::CutOff);
    }
    if text == super::row::UNSTORED {
        return Some(CellCode::FormulaWithoutValue);
    }
    let word = rest.strip_suffix(['!', '?', '！', '？']).unwrap_or(rest);
    let ends = word.len() < rest.len() || matches!(rest, "N/A" | "GETTING_DATA" | "N/A N/A");
    let plain = word.chars().all(|sign| sign.is_ascii_uppercase() || matches!(sign, '/' | '0' | '_' | ' '));
    (ends && plain && rest.len() <= 20).then_some(CellCode::CellError)
}

/// Signs that show nothing: zero width, marks of direction, controls other than tab and newline.
fn is_invisible(sign: char) -> bool {
    matches!(sign, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{AD}')
        || (sign.is_control() && !sign.is_whitespace())
}

/// A blank of any width, or an invisible sign.
pub(super) fn is_blank_char(sign: char) -> bool {
    sign.is_whitespace() || is_invisible(sign)
}

/// The half-width form of any full-width sign that has one.
pub(super) fn half_width(sign: char) -> char {
    match sign {
        '\u{3000}' => ' ',
        '￥' => '¥',
        '\u{FF01}'..='\u{FF5E}' => u32::from(sign).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(sign),
        _ => sign,
    }
}

/// Half-width signs, invisible ones removed, trimmed: for everything but free text.
fn narrow(text: &str) -> String {
    let narrow: String = text.chars().filter(|&sign| !is_invisible(sign)).map(half_width).collect();
    narrow.trim().to_owned()
}

/// The same without any blank.
fn compact(text: &str) -> String {
    text.chars().filter(|&sign| !is_blank_char(sign)).map(half_width).collect()
}

/// Signs and words that clerks put into a cell to show that there is none. Where a column has one of them as a value
/// (否 of yes and no, 无 of a closed list) that comes first.
fn is_empty_mark(text: &str) -> bool {
    let plain = compact(text).to_uppercase();
    if matches!(plain.as_str(), "N/A" | "N" | "NULL" | "NONE") {
        return true;
    }
    let signs = |sign: char| matches!(sign, '/' | '\\' | '-' | '—' | '–' | '―' | '─' | '×' | '✗' | '✘' | '╳');
    if (1..=6).contains(&plain.chars().count()) && plain.chars().all(signs) {
        return true;
    }
    let word = plain.trim_matches(['(', ')', '[', ']', '。', '.']);
    matches!(word, "无" | "無" | "空" | "不详" | "不祥" | "没有" | "否" | "暂无" | "空白")
}

/// An empty cell that was marked as such.
fn marked_empty<T>(from: &str) -> Parsed<T> {
    Parsed { value: None, note: Some(Note { code: NoteCode::EmptyMark, from: from.to_owned(), to: String::new() }) }
}

/// Runs of digits with what follows each, when the text begins with a digit.
fn groups(text: &str) -> Option<Vec<(String, String)>> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut in_digits = false;
    for sign in text.chars() {
        if sign.is_ascii_digit() {
            if in_digits && let Some(last) = all.last_mut() {
                last.0.push(sign);
            } else {
                all.push((sign.to_string(), String::new()));
            }
            in_digits = true;
        } else {
            in_digits = false;
            all.last_mut()?.1.push(sign);
        }
    }
    for (_, after) in &mut all {
        *after = after.trim().to_owned();
    }
    (!all.is_empty()).then_some(all)
}

/// A small number of at most four digits.
fn small(digits: &str) -> Option<u32> {
    (digits.len() <= 4).then(|| digits.parse().ok()).flatten()
}

/// Whether these years can be meant at all.
fn plausible_year(year: i32) -> bool {
    (1850..=2200).contains(&year)
}
