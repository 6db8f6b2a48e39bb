//! Money, whole and decimal numbers, on decimal text throughout.

use super::super::{CellCode, CellError, NoteCode, RawCell};
use super::{CellResult, Input, Parsed, compact, fail, input};

/// Digits that a spreadsheet shows; beyond them is binary noise.
const SHOWN_DIGITS: usize = 15;

/// A decimal number as its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Digits {
    negative: bool,
    /// Without leading zeros, at least one digit.
    whole: String,
    /// As written.
    fraction: String,
}

impl Digits {
    /// `-12.50`, `12`, `.5`, `12.`.
    fn of(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            rest => rest,
        };
        let zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
        Some(Self { negative: negative && !zero, whole: whole.to_owned(), fraction: fraction.to_owned() })
    }

    /// Rounded half up to the digits a spreadsheet shows, trailing zeros removed.
    fn shown(&self) -> Self {
        let all = format!("{}{}", self.whole, self.fraction);
        let leading = all.bytes().take_while(|&byte| byte == b'0').count();
        let keep = leading + SHOWN_DIGITS;
        if all.len() <= keep || keep < self.whole.len() {
            return self.clone();
        }
        let up = all.as_bytes().get(keep).is_some_and(|&digit| digit >= b'5');
        let mut digits: Vec<u8> = all.bytes().take(keep).collect();
        let mut carry = up;
        for digit in digits.iter_mut().rev() {
            if !carry {
                break;
            }
            carry = *digit == b'9';
            *digit = if carry { b'0' } else { *digit + 1 };
        }
        let mut whole: String = digits.iter().take(self.whole.len()).map(|&digit| char::from(digit)).collect();
        if carry {
            whole.insert(0, '1');
        }
        let fraction: String = digits.iter().skip(self.whole.len()).map(|&digit| char::from(digit)).collect();
        Self { negative: self.negative, whole, fraction: fraction.trim_end_matches('0').to_owned() }
    }

    /// As text, in one form.
    fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let point = if self.fraction.is_empty() { "" } else { "." };
        format!("{sign}{}{point}{}", self.whole, self.fraction)
    }

    /// In hundredths, if there are no smaller parts.
    fn hundredths(&self) -> Result<i64, CellCode> {
        let fraction = self.fraction.trim_end_matches('0');
        if fraction.len() > 2 {
            return Err(CellCode::MoneyDecimals);
        }
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}{fraction:0<2}", self.whole).parse().map_err(|_| CellCode::NumberTooLarge)
    }
}

/// Yuan with at most two decimals, as integer fen: `1234.5`, `1,234.50`, `￥1234.50元`. A number cell with a
/// spreadsheet's rounding noise (0.1 + 0.2) is taken if what the spreadsheet shows has at most two decimals.
pub fn money(cell: &RawCell) -> CellResult<i64> {
    match input(cell)? {
        None => Ok(Parsed::none()),
        Some(Input::Text(raw)) => {
            let mut plain = compact(raw);
            if super::is_empty_mark(&plain) {
                return Ok(super::marked_empty(raw));
            }
            if plain.contains(['万', '亿']) {
                return fail(CellCode::MoneyUnit, raw);
            }
            let mut sign = "";
            if let Some(rest) = plain.strip_prefix('-').filter(|rest| rest.starts_with('¥')) {
                sign = "-";
                plain = rest.to_owned();
            }
            for before in ["人民币", "¥", "RMB", "CNY"] {
                if let Some(rest) = plain.strip_prefix(before) {
                    plain = rest.to_owned();
                }
            }
            for after in ["整", "元", "圆"] {
                if let Some(rest) = plain.strip_suffix(after) {
                    plain = rest.to_owned();
                }
            }
            let digits = ungrouped(&plain)
                .filter(|plain| sign.is_empty() || !plain.starts_with(['-', '+']))
                .and_then(|plain| Digits::of(&format!("{sign}{plain}")));
            let Some(digits) = digits else {
                return fail(CellCode::MoneyInvalid, raw);
            };
            match digits.hundredths() {
                Ok(fen) => Ok(Parsed::noted(fen, NoteCode::NumberForm, raw, digits.text())),
                Err(code) => fail(code, raw),
            }
        }
        Some(Input::Number(raw)) => {
            let Some(digits) = Digits::of(raw) else {
                return fail(CellCode::MoneyInvalid, raw);
            };
            match digits.hundredths() {
                Ok(fen) => Ok(Parsed::exact(fen)),
                Err(CellCode::MoneyDecimals) => {
                    let shown = digits.shown();
                    match shown.hundredths() {
                        Ok(fen) => Ok(Parsed::noted(fen, NoteCode::FloatTail, raw, shown.text())),
                        Err(code) => fail(code, raw),
                    }
                }
                Err(code) => fail(code, raw),
            }
        }
        Some(Input::DateTime(_) | Input::Bool) => fail(CellCode::WrongType, cell.to_string()),
    }
}

/// A whole number; no count or year is larger than what GraphQL's `Int` can tell.
pub fn integer(cell: &RawCell) -> CellResult<i32> {
    numeric(cell, CellCode::IntegerInvalid, |digits, from_number| {
        let digits = if from_number { digits.shown() } else { digits };
        if digits.fraction.bytes().any(|byte| byte != b'0') {
            return Err(CellCode::IntegerInvalid);
        }
        let sign = if digits.negative { "-" } else { "" };
        let text = format!("{sign}{}", digits.whole);
        let value = text.parse().map_err(|_| CellCode::NumberTooLarge)?;
        Ok((value, text))
    })
}

/// An exact decimal number as text, without plus sign, separators or leading zeros.
pub fn decimal(cell: &RawCell) -> CellResult<String> {
    numeric(cell, CellCode::DecimalInvalid, |digits, from_number| {
        let digits = if from_number { digits.shown() } else { digits };
        if digits.whole.len() + digits.fraction.len() > 40 {
            return Err(CellCode::NumberTooLarge);
        }
        let text = digits.text();
        Ok((text.clone(), text))
    })
}

/// A number of either sort.
fn numeric<T>(
    cell: &RawCell,
    invalid: CellCode,
    value: impl FnOnce(Digits, bool) -> Result<(T, String), CellCode>,
) -> CellResult<T> {
    let (raw, plain, from_number) = match input(cell)? {
        None => return Ok(Parsed::none()),
        Some(Input::Text(raw)) => (raw, compact(raw), false),
        Some(Input::Number(raw)) => (raw, raw.to_owned(), true),
        Some(Input::DateTime(_) | Input::Bool) => return fail(CellCode::WrongType, cell.to_string()),
    };
    if super::is_empty_mark(&plain) {
        return Ok(super::marked_empty(raw));
    }
    let error = |code: CellCode| CellError::new(code, raw);
    let digits = ungrouped(&plain).and_then(|plain| Digits::of(&plain)).ok_or_else(|| error(invalid))?;
    let (value, text) = value(digits, from_number).map_err(error)?;
    let code = if from_number { NoteCode::FloatTail } else { NoteCode::NumberForm };
    Ok(Parsed::noted(value, code, raw, text))
}

/// Without separators of thousands; `None` if they stand in the wrong places.
fn ungrouped(plain: &str) -> Option<String> {
    if !plain.contains(',') {
        return Some(plain.to_owned());
    }
    let (whole, fraction) = match plain.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain, None),
    };
    let mut parts = whole.split(',');
    let first = parts.next()?.trim_start_matches(['-', '+']);
    let well = (1..=3).contains(&first.len())
        && parts.all(|part| part.len() == 3)
        && !fraction.is_some_and(|fraction| fraction.contains(','));
    well.then(|| plain.replace(',', ""))
}
