//! The named cells of one row, with all their notes and errors in one place.

use super::cell::CellResult;
use super::{CellCode, CellError, Lang, NoteCode, RawCell, RawRow, RowError, RowNote};

/// Reads the cells of one row and gathers what was wrong with them, so that the clerk is told everything at once.
///
/// ```ignore
/// let mut fields = Fields::new(&row, Lang::Zh);
/// let number = fields.need("证件号码", cell::id);
/// let amount = fields.get("金额", cell::money);
/// let notes = fields.finish()?;
/// ```
#[derive(Debug)]
pub struct Fields<'a> {
    row: &'a RawRow,
    lang: Lang,
    errors: Vec<RowError>,
    notes: Vec<RowNote>,
    /// Headers whose cells say nothing.
    empty: Vec<String>,
}

impl<'a> Fields<'a> {
    /// Begins a row; cells beyond the header are an error from the start, cells filled from above are noted.
    pub fn new(row: &'a RawRow, lang: Lang) -> Self {
        let mut fields = Self { row, lang, errors: Vec::new(), notes: Vec::new(), empty: Vec::new() };
        if let Some(at) = row.stray_quote {
            let header = row.header_at(at).unwrap_or_default();
            let error = CellError::new(CellCode::StrayQuote, "");
            let column = Some(header.to_owned()).filter(|header| !header.is_empty());
            fields.errors.push(RowError { column, ..RowError::of_cell(row.number, header, &error, lang) });
        }
        if !row.surplus.is_empty() {
            let error = CellError::new(CellCode::TooManyCells, row.surplus.join(" | "));
            fields.errors.push(RowError { column: None, ..RowError::of_cell(row.number, "", &error, lang) });
        }
        fields
    }

    /// The row.
    pub fn row(&self) -> &'a RawRow {
        self.row
    }

    /// Adds a note of the caller's own on a cell.
    pub fn say(&mut self, header: &str, code: NoteCode) {
        self.note(header, code, String::new(), String::new());
    }

    /// The cell's value; `None` when it is empty or wrong, which [`Fields::finish`] tells.
    pub fn get<T>(&mut self, header: &str, parse: impl FnOnce(&RawCell) -> CellResult<T>) -> Option<T> {
        if self.row.stray_quote.is_some() {
            // where its cells begin and end is not known
            return None;
        }
        let cell = self.row.get(header);
        match parse(cell) {
            Ok(parsed) => {
                if parsed.value.is_none() {
                    if cell.clears() {
                        self.note(header, NoteCode::Cleared, String::new(), String::new());
                    } else {
                        self.empty.push(header.to_owned());
                    }
                }
                if let Some(note) = parsed.note {
                    self.note(header, note.code, note.from, note.to);
                }
                if self.row.was_found(header) {
                    self.note(header, NoteCode::FoundByName, String::new(), cell.to_string());
                }
                if self.row.was_filled(header) {
                    self.note(header, NoteCode::FilledDown, String::new(), cell.to_string());
                }
                parsed.value
            }
            Err(error) => {
                self.errors.push(RowError::of_cell(self.row.number, header, &error, self.lang));
                None
            }
        }
    }

    /// The same; an empty cell is an error.
    pub fn need<T>(&mut self, header: &str, parse: impl FnOnce(&RawCell) -> CellResult<T>) -> Option<T> {
        let before = self.errors.len();
        let value = self.get(header, parse);
        if value.is_none() && self.errors.len() == before && self.row.stray_quote.is_none() {
            let error = CellError::new(CellCode::Required, "");
            self.errors.push(RowError::of_cell(self.row.number, header, &error, self.lang));
        }
        value
    }

    /// Adds an error of the caller's own.
    pub fn refuse(
        &mut self,
        header: Option<&str>,
        code: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let value = header.map(|header| self.row.get(header).to_string());
        self.errors.push(RowError {
            row: self.row.number,
            column: header.map(ToOwned::to_owned),
            value: value.filter(|value| !value.is_empty()),
            code: code.into(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// The dates of a row must not run backwards; those that are missing are left out.
    pub fn in_order<D: PartialOrd + Copy>(&mut self, dates: &[(&str, Option<D>)]) {
        let given: Vec<(&str, D)> =
            dates.iter().filter_map(|(header, date)| date.map(|date| (*header, date))).collect();
        for pair in given.windows(2) {
            let [(before, first), (after, second)] = pair else { continue };
            if second < first {
                self.refuse(
                    Some(after),
                    "DATE_ORDER",
                    format!("“{after}”早于“{before}” · earlier than {before}"),
                    "改正日期 · correct the dates",
                );
            }
        }
    }

    /// The headers whose cells say nothing: neither a value, nor that there is to be none.
    pub fn empty(&self) -> &[String] {
        &self.empty
    }

    /// Whether nothing was wrong so far.
    pub fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// The notes, or all errors.
    pub fn finish(self) -> Result<Vec<RowNote>, Vec<RowError>> {
        if self.errors.is_empty() { Ok(self.notes) } else { Err(self.errors) }
    }

    fn note(&mut self, header: &str, code: NoteCode, from: String, to: String) {
        self.notes.push(RowNote { row: self.row.number, column: header.to_owned(), code, from, to });
    }
}
