//! What one cell of a worksheet holds.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use quick_xml::events::BytesStart;

use super::super::RawCell;
use super::super::write::unguarded;
use super::workbook::Meaning;

/// What a cell's element says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellHead {
    /// Its column, from 0, where it is said.
    pub column: Option<u32>,
    /// Its format.
    format: usize,
    kind: Kind,
}

/// How its value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Text,
    Bool,
    Error,
    Date,
}

impl CellHead {
    pub fn of(element: &BytesStart<'_>) -> Self {
        let mut head = Self { column: None, format: 0, kind: Kind::Number };
        for attribute in element.attributes().with_checks(false).flatten() {
            let value = attribute.value.as_ref();
            match attribute.key.local_name().as_ref() {
                "r" => head.column = place_of(value).and_then(|(_, column)| column),
                "s" => head.format = value.parse().unwrap_or(0),
                "t" => {
                    head.kind = match value {
                        "n" => Kind::Number,
                        "s" => Kind::Shared,
                        "b" => Kind::Bool,
                        "e" => Kind::Error,
                        "d" => Kind::Date,
                        _ => Kind::Text,
                    }
                }
                _ => {}
            }
        }
        head
    }
}

/// Row and column, from 0, of a place such as `AB12`; each is missing where a whole column or row is meant.
pub(super) fn place_of(place: &str) -> Option<(Option<u64>, Option<u32>)> {
    let place = place.replace('$', "");
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = place.split_at_checked(letters)?;
    if letters.len() > 3 || digits.len() > 7 {
        return None;
    }
    let column =
        letters.bytes().fold(0_u32, |all, letter| all * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row = if digits.is_empty() { None } else { Some(digits.parse::<u64>().ok()?.checked_sub(1)?) };
    Some((row, column.checked_sub(1)))
}

/// The cell as we keep it. A formula of which no value is stored is not empty: nobody knows what it says.
pub(super) fn raw(
    head: CellHead,
    value: Option<String>,
    inline: Option<String>,
    formula: bool,
    meaning: Meaning<'_>,
) -> RawCell {
    if let Some(text) = inline {
        return RawCell::text(unguarded(&text));
    }
    let has_value = value.is_some();
    let value = value.unwrap_or_default();
    if value.is_empty() {
        // an empty text is a value
        let unknown = formula && !(has_value && head.kind == Kind::Text);
        return if unknown { RawCell::Formula } else { RawCell::Empty };
    }
    match head.kind {
        Kind::Shared => {
            let text = value.trim().parse::<usize>().ok().and_then(|at| meaning.strings.get(at));
            text.map_or_else(|| RawCell::Error("#TEXT!".to_owned()), |text| RawCell::text(unguarded(text)))
        }
        Kind::Text => RawCell::text(unguarded(&super::workbook::unescaped(&value))),
        Kind::Bool => RawCell::Bool(matches!(value.trim(), "1" | "true" | "TRUE")),
        Kind::Error => RawCell::Error(value),
        Kind::Date => RawCell::text(value),
        Kind::Number => match value.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => {
                let is_date = meaning.dates.get(head.format).copied().unwrap_or(false);
                let date = if is_date { date_time(number, meaning.from_1904) } else { None };
                date.map_or_else(|| RawCell::Number(number.to_string()), RawCell::DateTime)
            }
            Ok(number) => RawCell::Error(number.to_string()),
            Err(_) => RawCell::text(unguarded(&value)),
        },
    }
}

/// A date cell, to the second; `None` for times of day and the 29th of February 1900, which never was.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // of a number of days that was bounded before
fn date_time(number: f64, from_1904: bool) -> Option<NaiveDateTime> {
    if !(0.0..3_000_000.0).contains(&number) || (!from_1904 && number < 1.0) {
        return None;
    }
    let seconds = (number * 86_400.0).round() as u64;
    let (days, seconds) = (seconds / 86_400, u32::try_from(seconds % 86_400).ok()?);
    let first = match (from_1904, days) {
        (true, _) => NaiveDate::from_ymd_opt(1904, 1, 1),
        (false, 60) => None,
        (false, ..60) => NaiveDate::from_ymd_opt(1899, 12, 31),
        (false, _) => NaiveDate::from_ymd_opt(1899, 12, 30),
    };
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)?;
    Some(first?.checked_add_days(Days::new(days))?.and_time(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_cells_columns_and_rows() {
        assert_eq!(place_of("A1"), Some((Some(0), Some(0))));
        assert_eq!(place_of("$AB$12"), Some((Some(11), Some(27))));
        assert_eq!(place_of("XFD1048576"), Some((Some(1_048_575), Some(16_383))));
        assert_eq!(place_of("C"), Some((None, Some(2))));
        assert_eq!(place_of("7"), Some((Some(6), None)));
        for odd in ["A0", "ABCD1", "A12345678", "Ä1", "A1B"] {
            assert_eq!(place_of(odd), None, "{odd}");
        }
    }

    #[test]
    fn days_are_counted_from_either_year() {
        let day = |number, from_1904| date_time(number, from_1904).map(|at| at.to_string());
        assert_eq!(day(45_078.0, false).as_deref(), Some("2023-06-01 00:00:00"));
        assert_eq!(day(43_616.0, true).as_deref(), Some("2023-06-01 00:00:00"));
        assert_eq!(day(1.0, false).as_deref(), Some("1900-01-01 00:00:00"));
        assert_eq!(day(61.25, false).as_deref(), Some("1900-03-01 06:00:00"));
        assert_eq!((day(60.0, false), day(0.5, false), day(-1.0, true)), (None, None, None));
    }
}
