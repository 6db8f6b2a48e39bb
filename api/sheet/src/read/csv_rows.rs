//! Rows of a CSV file, numbered as a spreadsheet program numbers them. A quotation mark that was meant as a sign would
//! swallow the rows behind it: a quoted cell that holds line ends and separators, or that is not closed, is a fault of
//! the row where it opens, and the rows after it are read as if the mark were a sign.

use std::io::{self, Cursor, Read};

use super::super::write::{from_one_line, unguarded};
use super::super::{RawCell, SheetError};
use super::NumberedRow;
use super::source::{Decoded, Input};

/// The longest row, in bytes. A spreadsheet's cell holds at most 32,767 characters.
const LONGEST_ROW: usize = 4 * 1024 * 1024;
/// The most cells of a row that are kept.
const MOST_CELLS: usize = 1024;
/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// Either the file or its head.
#[derive(Debug)]
enum Text {
    File(Box<Decoded<Input>>),
    Head(Cursor<Vec<u8>>),
}

/// The rows.
#[derive(Debug)]
pub(super) struct CsvRows {
    text: Text,
    delimiter: u8,
    /// What is read and not given yet begins at `at`.
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    number: u64,
    /// How many columns the header has, once it is known.
    width: Option<usize>,
}

/// What became of one row.
struct Parsed {
    cells: Vec<RawCell>,
    /// Where the next row begins.
    end: usize,
    /// The column in which a quotation mark opens that is not one.
    stray: Option<usize>,
}

impl CsvRows {
    pub fn new(text: Decoded<Input>, delimiter: u8) -> Self {
        Self::of(Text::File(Box::new(text)), delimiter)
    }

    /// The first rows of a text that may be cut off.
    pub fn of_head(head: &[u8], delimiter: u8) -> Self {
        // a sign cut in two at the end would spoil the whole
        let head = String::from_utf8_lossy(head).into_owned().into_bytes();
        Self::of(Text::Head(Cursor::new(head)), delimiter)
    }

    fn of(text: Text, delimiter: u8) -> Self {
        Self { text, delimiter, buffer: Vec::new(), at: 0, ended: false, number: 0, width: None }
    }

    /// Rows have so many cells, as far as it is known.
    pub fn expect(&mut self, width: Option<usize>) {
        self.width = width;
    }

    pub fn next(&mut self) -> Option<Result<NumberedRow, SheetError>> {
        self.drop_given();
        match self.byte(self.at) {
            Ok(None) => return None,
            Ok(Some(_)) => {}
            Err(error) => return Some(Err(error)),
        }
        let number = self.number + 1;
        let parsed = match self.parse(false) {
            Ok(parsed) => parsed,
            Err(SheetError::RowTooLong { .. }) => return Some(Err(SheetError::RowTooLong { row: number })),
            Err(error) => return Some(Err(error)),
        };
        let parsed = match parsed.stray {
            None => parsed,
            Some(column) => match self.parse(true) {
                Ok(literal) => Parsed { stray: Some(column), ..literal },
                Err(SheetError::RowTooLong { .. }) => return Some(Err(SheetError::RowTooLong { row: number })),
                Err(error) => return Some(Err(error)),
            },
        };
        self.at = parsed.end;
        self.number = number;
        Some(Ok(NumberedRow { number, cells: parsed.cells, stray_quote: parsed.stray, hidden: false }))
    }

    /// Makes room when much of the buffer was given.
    fn drop_given(&mut self) {
        if self.at >= PIECE {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
    }

    /// The byte at a place, reading on where needed.
    fn byte(&mut self, at: usize) -> Result<Option<u8>, SheetError> {
        while at >= self.buffer.len() && !self.ended {
            if self.buffer.len() - self.at > LONGEST_ROW {
                return Err(SheetError::RowTooLong { row: 0 });
            }
            let from = self.buffer.len();
            self.buffer.resize(from + PIECE, 0);
            let room = self.buffer.get_mut(from..).unwrap_or_default();
            let read = loop {
                let read = match &mut self.text {
                    Text::File(file) => file.read(room),
                    Text::Head(head) => head.read(room),
                };
                match read {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            let read = match read {
                Ok(read) => read,
                Err(error) => {
                    self.buffer.truncate(from);
                    return Err(SheetError::Io(error));
                }
            };
            self.buffer.truncate(from + read);
            self.ended = read == 0;
        }
        Ok(self.buffer.get(at).copied())
    }

    /// One row from the place reached; with `literal`, quotation marks are signs like others.
    fn parse(&mut self, literal: bool) -> Result<Parsed, SheetError> {
        let mut parsed = Parsed { cells: Vec::new(), end: self.at, stray: None };
        let (mut column, mut place, mut first_lines) = (0, self.at, None);
        loop {
            let start = place;
            let quoted = !literal && self.byte(place)? == Some(b'"');
            let text = if quoted {
                match self.quoted(start)? {
                    Some((text, end, lines)) => {
                        if lines > 0 {
                            first_lines = first_lines.or(Some(column));
                        }
                        place = end;
                        text
                    }
                    None => {
                        parsed.stray = Some(column);
                        return Ok(parsed);
                    }
                }
            } else {
                while let Some(byte) = self.byte(place)? {
                    if byte == b'\n' || byte == self.delimiter {
                        break;
                    }
                    place += 1;
                }
                self.text(start, place)
            };
            if parsed.cells.len() < MOST_CELLS {
                parsed.cells.push(raw(&text));
            }
            column += 1;
            let next = self.byte(place)?;
            place += usize::from(next.is_some());
            if next != Some(self.delimiter) {
                break;
            }
        }
        parsed.end = place;
        // a row with line ends that is too wide has swallowed the next
        if self.width.is_some_and(|width| parsed.cells.iter().skip(width).any(|cell| !cell.is_blank())) {
            parsed.stray = first_lines;
        }
        Ok(parsed)
    }

    /// A quoted cell: its text, where it ends, and how many line ends are in it. `None`: it is none.
    fn quoted(&mut self, start: usize) -> Result<Option<(String, usize, u64)>, SheetError> {
        let (mut place, mut lines, mut separators, mut text) = (start + 1, 0, 0, Vec::new());
        loop {
            let byte = match self.byte(place) {
                Ok(Some(byte)) => byte,
                Ok(None) | Err(SheetError::RowTooLong { .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            place += 1;
            if byte == b'"' {
                let after = self.byte(place)?;
                if after == Some(b'"') {
                    place += 1;
                    text.push(b'"');
                    continue;
                }
                if after.is_none_or(|after| after == b'\n' || after == self.delimiter) {
                    return Ok(Some((String::from_utf8_lossy(&text).into_owned(), place, lines)));
                }
                return if lines > 0 { Ok(None) } else { self.odd_end(start, place) };
            }
            lines += u64::from(byte == b'\n');
            separators += u64::from(byte == self.delimiter);
            if lines > 0 && separators > 0 {
                return Ok(None);
            }
            text.push(byte);
        }
    }

    /// A cell that goes on behind its closing mark stands as it is written.
    fn odd_end(&mut self, start: usize, mut place: usize) -> Result<Option<(String, usize, u64)>, SheetError> {
        while let Some(byte) = self.byte(place)? {
            if byte == b'\n' || byte == self.delimiter {
                break;
            }
            place += 1;
        }
        Ok(Some((self.text(start, place), place, 0)))
    }

    fn text(&self, from: usize, to: usize) -> String {
        String::from_utf8_lossy(self.buffer.get(from..to).unwrap_or_default()).into_owned()
    }
}

/// A cell without what only protects it from spreadsheet programs: our own `'` before a formula sign, and `="…"`
/// around digits, by which other programs keep them from becoming numbers.
fn raw(cell: &str) -> RawCell {
    if let Some(inner) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'))
        && inner.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return RawCell::text(inner);
    }
    // what we write ourselves has a `'` before it
    if is_formula(cell) { RawCell::Formula } else { RawCell::text(from_one_line(unguarded(cell))) }
}

/// `=VLOOKUP(…`, `=A2`: a formula that was written out in place of its result.
fn is_formula(cell: &str) -> bool {
    let Some(formula) = cell.strip_prefix('=') else { return false };
    formula.starts_with(|sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '(' | '+' | '-' | '$' | '\''))
}
