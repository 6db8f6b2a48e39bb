//! One row as it stands in the file.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDateTime, NaiveTime};

/// A cell as it stands in the file, before anything is made of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RawCell {
    /// Nothing in it.
    #[default]
    Empty,
    /// Text; every CSV cell is text.
    Text(String),
    /// A number cell of a workbook, as its shortest decimal text.
    Number(String),
    /// A cell of a workbook formatted as date or time.
    DateTime(NaiveDateTime),
    /// A TRUE/FALSE cell of a workbook.
    Bool(bool),
    /// A cell that shows an error such as `#N/A`.
    Error(String),
    /// A formula of which no result is stored.
    Formula,
}

/// How a formula without a result is shown; it reads as an error where it comes back as text.
pub(super) const UNSTORED: &str = "#公式!";

/// What stands in for cells of columns that the file has not.
pub(super) static EMPTY: RawCell = RawCell::Empty;

impl RawCell {
    /// A text cell, or an empty one.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A plain number in a column of dates, counted from 1904: the same day counted from 1900.
    pub(super) fn shift_from_1904(&mut self) {
        if let Self::Number(number) = self
            && let Ok(days) = number.parse::<f64>()
            && (739.0..98_538.0).contains(&days)
        {
            *number = (days + 1_462.0).to_string();
        }
    }

    /// Whether it says that what stands is to be cleared.
    pub fn clears(&self) -> bool {
        match self {
            Self::Text(text) => {
                text.len() <= 64 && text.chars().filter(|&sign| !super::cell::is_blank_char(sign)).eq("清空".chars())
            }
            _ => false,
        }
    }

    /// Whether nothing but blanks is in it.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.chars().all(super::cell::is_blank_char),
            _ => false,
        }
    }
}

/// As a clerk would see it. Numbers of more than 15 digits are shown as `4.30199E+17`, as a spreadsheet does: their
/// last digits are lost, and shown so they cannot be taken for an id when they come back as text.
impl fmt::Display for RawCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Formula => f.write_str(UNSTORED),
            Self::Text(text) | Self::Error(text) => f.write_str(text),
            Self::Number(number) => f.write_str(&shown_number(number)),
            Self::DateTime(at) if at.time() == NaiveTime::MIN => write!(f, "{}", at.date()),
            Self::DateTime(at) => write!(f, "{}", at.format("%Y-%m-%d %H:%M:%S")),
            Self::Bool(true) => f.write_str("TRUE"),
            Self::Bool(false) => f.write_str("FALSE"),
        }
    }
}

/// Long whole numbers in scientific form, all others as they are.
fn shown_number(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    if digits.len() <= 15 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    let exponent = digits.len() - 1;
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}E+{exponent}")
}

/// Where each header of the layout stands in the file.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Header to position in the row.
    pub by_header: HashMap<String, usize>,
    /// How many columns the header row has.
    pub width: usize,
}

/// One row of the file.
#[derive(Debug, Clone)]
pub struct RawRow {
    /// The row's number as the clerk sees it in the spreadsheet program, from 1.
    pub number: u64,
    /// All cells in the file's order, those without a known header too.
    pub cells: Vec<RawCell>,
    /// Positions of the cells that were empty and took a value from above.
    pub filled: Vec<usize>,
    /// What stands in a CSV row beyond the last header; the row's cells may then be shifted.
    pub surplus: Vec<String>,
    /// The column of the file in which a quotation mark opens that does not close in its row.
    pub stray_quote: Option<usize>,
    /// Cells that were found out from others: header and value.
    pub found: Vec<(String, RawCell)>,
    pub(super) places: Arc<Places>,
}

impl RawRow {
    /// The cell under this header of the layout; empty when the file has no such column.
    pub fn get(&self, header: &str) -> &RawCell {
        if let Some((_, cell)) = self.found.iter().find(|(name, _)| name == header) {
            return cell;
        }
        self.places.by_header.get(header).and_then(|&at| self.cells.get(at)).unwrap_or(&EMPTY)
    }

    /// Where in the file's rows the cells of this header stand.
    pub fn position(&self, header: &str) -> Option<usize> {
        self.places.by_header.get(header).copied()
    }

    /// The header of the layout that stands at this place of the file's rows.
    pub fn header_at(&self, at: usize) -> Option<&str> {
        self.places.by_header.iter().find(|(_, place)| **place == at).map(|(header, _)| header.as_str())
    }

    /// Whether the file has this column.
    pub fn has(&self, header: &str) -> bool {
        self.places.by_header.contains_key(header)
    }

    /// Whether the cell under this header was found out from others.
    pub fn was_found(&self, header: &str) -> bool {
        self.found.iter().any(|(name, _)| name == header)
    }

    /// Whether the cell under this header took its value from a row above.
    pub fn was_filled(&self, header: &str) -> bool {
        self.places.by_header.get(header).is_some_and(|at| self.filled.contains(at))
    }
}
