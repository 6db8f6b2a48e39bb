//! Rows of a CSV file, numbered as a spreadsheet program numbers them.

use std::io::{self, Cursor, Read};

use csv::{ReaderBuilder, StringRecord, Terminator};

use super::super::write::unguarded;
use super::super::{RawCell, SheetError};
use super::NumberedRow;
use super::source::{Decoded, Input};

/// The longest row, in bytes. A spreadsheet's cell holds at most 32,767 characters.
const LONGEST_ROW: usize = 4 * 1024 * 1024;
/// The most cells of a row that are kept.
const MOST_CELLS: usize = 1024;

/// Either the file or its head.
#[derive(Debug)]
enum Text {
    File(Box<Decoded<Input>>),
    Head(Cursor<Vec<u8>>),
}

/// Ends with an error when a row takes more than its share.
#[derive(Debug)]
struct Metered {
    text: Text,
    left: usize,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let read = match &mut self.text {
            Text::File(file) => file.read(buffer)?,
            Text::Head(head) => head.read(buffer)?,
        };
        self.left = self.left.saturating_sub(read);
        Ok(read)
    }
}

/// The rows.
#[derive(Debug)]
pub(super) struct CsvRows {
    reader: csv::Reader<Metered>,
    record: StringRecord,
    /// Newlines inside cells so far.
    inside: u64,
    number: u64,
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
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(Metered { text, left: LONGEST_ROW });
        Self { reader, record: StringRecord::new(), inside: 0, number: 0 }
    }

    pub fn next(&mut self) -> Option<Result<NumberedRow, SheetError>> {
        self.reader.get_mut().left = LONGEST_ROW;
        match self.reader.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                let newlines = self.record.iter().flat_map(str::bytes).filter(|&byte| byte == b'\n').count();
                self.inside += u64::try_from(newlines).unwrap_or_default();
                // every row ends with a newline, so the position is on the line after it
                self.number = self.reader.position().line().saturating_sub(1 + self.inside);
                let cells = self.record.iter().take(MOST_CELLS).map(raw).collect();
                Some(Ok((self.number, cells)))
            }
            Err(error) => Some(Err(match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    SheetError::RowTooLong { row: self.number + 1 }
                }
                csv::ErrorKind::Io(error) => SheetError::Io(error),
                _ => SheetError::Encoding { line: self.reader.position().line() },
            })),
        }
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
    RawCell::text(unguarded(cell))
}
