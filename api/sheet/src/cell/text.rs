//! Text, ids, lists, closed lists, yes and no.

use super::super::{CellCode, CellError, Note, NoteCode, RawCell};
use super::{CellResult, Input, Parsed, compact, fail, half_width, input, is_invisible};

/// Free text: blanks around and invisible signs removed, full-width digits and letters made half-width; other signs
/// and inner blanks stay. Number cells are taken as their digits, if none can have been lost.
pub fn text(cell: &RawCell) -> CellResult<String> {
    match cell {
        RawCell::Text(raw) if !cell.clears() && super::is_empty_mark(raw) => Ok(super::marked_empty(raw)),
        _ => free(cell),
    }
}

/// The same where 无 or none is something that is said, such as of the ability to work or of a limit.
pub fn word(cell: &RawCell) -> CellResult<String> {
    match cell {
        RawCell::Text(raw) if matches!(compact(raw).to_lowercase().as_str(), "无" | "none") => free(cell),
        _ => text(cell),
    }
}

/// Any text.
fn free(cell: &RawCell) -> CellResult<String> {
    match input(cell)? {
        None => Ok(Parsed::none()),
        Some(Input::Text(raw)) => {
            let (value, code) = clean(raw);
            Ok(if value.is_empty() { Parsed::none() } else { Parsed::noted(value.clone(), code, raw, value) })
        }
        Some(Input::Number(_)) => {
            let shown = whole_or_lost(cell)?;
            Ok(as_text(shown.clone(), shown))
        }
        Some(Input::DateTime(_) | Input::Bool) => {
            let shown = cell.to_string();
            Ok(Parsed {
                note: Some(Note { code: NoteCode::DateForm, from: shown.clone(), to: shown.clone() }),
                value: Some(shown),
            })
        }
    }
}

/// Free text of which these words say that there is none, such as 健康 of an illness.
pub fn unless_none(cell: &RawCell, none: &[&str]) -> CellResult<String> {
    if let RawCell::Text(raw) = cell
        && none.contains(&compact(raw).as_str())
    {
        let note = Note { code: NoteCode::MeansNone, from: raw.clone(), to: String::new() };
        return Ok(Parsed { value: None, note: Some(note) });
    }
    text(cell)
}

/// A number that is a name: no blank inside, a small x at the end of 17 digits made capital. What a spreadsheet has
/// turned into a quantity of more than 15 digits is refused, since its last digits are lost.
pub fn id(cell: &RawCell) -> CellResult<String> {
    match input(cell)? {
        None => Ok(Parsed::none()),
        Some(Input::Text(raw)) => id_of_text(raw),
        Some(Input::Number(_)) => {
            let shown = whole_or_lost(cell)?;
            if shown.bytes().all(|byte| byte.is_ascii_digit()) {
                Ok(as_text(shown.clone(), shown))
            } else {
                fail(CellCode::WrongType, shown)
            }
        }
        Some(Input::DateTime(_) | Input::Bool) => fail(CellCode::WrongType, cell.to_string()),
    }
}

/// A division code as 12 digits; a level's first 2, 4, 6 or 9 digits are taken too.
pub fn division(cell: &RawCell) -> CellResult<String> {
    let read = id(cell)?;
    if let Some(code) = &read.value
        && !(matches!(code.len(), 2 | 4 | 6 | 9 | 12) && code.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return fail(CellCode::DivisionInvalid, code.clone());
    }
    Ok(read.map(|code| format!("{code:0<12}")))
}

/// Several texts in one cell, split at ；;、，, and blanks.
pub fn text_list(cell: &RawCell) -> CellResult<Vec<String>> {
    list(cell, |part| Ok(clean(part).0), text)
}

/// Several ids in one cell.
pub fn id_list(cell: &RawCell) -> CellResult<Vec<String>> {
    list(cell, |part| Ok(id_of_text(part)?.value.unwrap_or_default()), id)
}

/// One of a closed list, given as what is written and what it means. Aliases are further entries of the same
/// meaning; the error shows the first of each.
pub fn choice<T: Clone + PartialEq>(cell: &RawCell, list: &[(&str, T)]) -> CellResult<T> {
    let shown = match input(cell)? {
        None => return Ok(Parsed::none()),
        Some(Input::Text(raw)) => raw.to_owned(),
        Some(_) => cell.to_string(),
    };
    let key = |name: &str| compact(name).to_uppercase();
    let wanted = key(&shown);
    if let Some((name, value)) =
        list.iter().find(|(name, _)| *name == shown).or_else(|| list.iter().find(|(name, _)| key(name) == wanted))
    {
        return Ok(Parsed::noted(value.clone(), NoteCode::ChoiceForm, &shown, (*name).to_owned()));
    }
    if super::is_empty_mark(&wanted) {
        return Ok(super::marked_empty(&shown));
    }
    let mut allowed: Vec<(&str, &T)> = Vec::new();
    for (name, value) in list {
        if !allowed.iter().any(|(_, known)| *known == value) {
            allowed.push((name, value));
        }
    }
    let mut error = CellError::new(CellCode::NotInList, shown);
    error.allowed = allowed.into_iter().map(|(name, _)| name.to_owned()).collect();
    Err(error)
}

/// 是 or 否, and the usual signs for them.
pub fn yes_no(cell: &RawCell) -> CellResult<bool> {
    let shown = match input(cell)? {
        None => return Ok(Parsed::none()),
        Some(Input::Text(raw)) => raw.to_owned(),
        Some(Input::DateTime(_)) => return fail(CellCode::WrongType, cell.to_string()),
        Some(Input::Number(_) | Input::Bool) => cell.to_string(),
    };
    let value = match compact(&shown).to_uppercase().as_str() {
        "是" | "√" | "✓" | "✔" | "☑" | "Y" | "YES" | "1" | "TRUE" | "有" | "对" => true,
        "否" | "×" | "✗" | "✘" | "N" | "NO" | "0" | "FALSE" | "无" | "没有" | "不是" => false,
        mark if super::is_empty_mark(mark) => return Ok(super::marked_empty(&shown)),
        _ => return fail(CellCode::YesNoInvalid, shown),
    };
    let canonical = if value { "是" } else { "否" };
    Ok(Parsed::noted(value, NoteCode::YesNoForm, &shown, canonical.to_owned()))
}

/// Free text cleaned, with the more telling of the two things that may have been done.
fn clean(raw: &str) -> (String, NoteCode) {
    let mut widened = false;
    let cleaned: String = raw
        .chars()
        .filter(|&sign| !is_invisible(sign))
        .map(|sign| {
            let half = half_width(sign);
            if half != sign && half.is_ascii_alphanumeric() {
                widened = true;
                half
            } else {
                sign
            }
        })
        .collect();
    let code = if widened { NoteCode::FullWidth } else { NoteCode::Blanks };
    (cleaned.trim().to_owned(), code)
}

/// The digits of a number cell, or the error that some are lost.
fn whole_or_lost(cell: &RawCell) -> Result<String, CellError> {
    let shown = cell.to_string();
    if shown.contains('E') { Err(CellError::new(CellCode::IdAsNumber, shown)) } else { Ok(shown) }
}

/// A value taken from a number cell.
fn as_text(value: String, shown: String) -> Parsed<String> {
    let note = Note { code: NoteCode::NumberAsText, from: shown.clone(), to: shown };
    Parsed { value: Some(value), note: Some(note) }
}

/// An id written as text.
fn id_of_text(raw: &str) -> CellResult<String> {
    let plain = compact(raw);
    let mut value = plain.strip_prefix('\'').unwrap_or(&plain).to_owned();
    if value.is_empty() {
        return Ok(Parsed::none());
    }
    if super::is_empty_mark(&value) {
        return Ok(super::marked_empty(raw));
    }
    if is_scientific(&value) {
        return fail(CellCode::IdAsNumber, raw);
    }
    let mut code = if raw.chars().any(|sign| half_width(sign) != sign && sign != '\u{3000}') {
        NoteCode::FullWidth
    } else {
        NoteCode::Blanks
    };
    if let Some(head) = value.strip_suffix('x')
        && head.len() == 17
        && head.bytes().all(|byte| byte.is_ascii_digit())
    {
        if raw.ends_with('x') {
            code = NoteCode::LetterCase;
        }
        value = format!("{head}X");
    }
    if value.len() == 18 && value.ends_with("000") && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let note = Note { code: NoteCode::EndsIn000, from: raw.to_owned(), to: value.clone() };
        return Ok(Parsed { value: Some(value), note: Some(note) });
    }
    Ok(Parsed::noted(value.clone(), code, raw, value))
}

/// `4.30199E+17`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    whole.len() == 1
        && digits(whole)
        && digits(fraction)
        && (1..=3).contains(&exponent.len())
        && digits(exponent)
        // "5E3" may be a name; a spreadsheet's form has a fraction or a plus sign
        && (mantissa.contains('.') || text.contains('+'))
}

/// A list of either sort; `whole` takes cells that are no text.
fn list(
    cell: &RawCell,
    part: impl Fn(&str) -> Result<String, CellError>,
    whole: impl Fn(&RawCell) -> CellResult<String>,
) -> CellResult<Vec<String>> {
    match input(cell)? {
        None => Ok(Parsed::none()),
        Some(Input::Text(raw)) => {
            let values = raw
                .split(|sign: char| matches!(sign, '；' | ';' | '、' | '，' | ',') || sign.is_whitespace())
                .filter(|part| !super::is_empty_mark(part))
                .map(part)
                .filter(|value| !matches!(value, Ok(value) if value.is_empty()))
                .collect::<Result<Vec<_>, _>>()?;
            if values.is_empty() {
                return Ok(if raw.trim().is_empty() { Parsed::none() } else { super::marked_empty(raw) });
            }
            let joined = values.join(";");
            Ok(Parsed::noted(values, NoteCode::ListForm, raw, joined))
        }
        Some(_) => Ok(whole(cell)?.map(|value| vec![value])),
    }
}
