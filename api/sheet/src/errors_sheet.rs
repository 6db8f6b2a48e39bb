//! The sheet to mend and send again: the refused rows as they came, with the reasons beside them; in XLSX the cells that
//! are meant are red.

use std::io::Write;

use super::{CellKind, Column, Format, OutCell, RawRow, RowError, SheetInfo, SheetWriter, WriteError};

/// The columns that are added. The reader leaves them out without a word, so that the mended sheet can be sent as it
/// is.
pub const ADDED_HEADERS: [&str; 5] = ["行号", "问题列", "问题值", "问题代码", "处理办法"];

/// The most characters of an added cell.
const LONGEST: usize = 4_000;

/// Writes the refused rows of a sheet.
#[derive(Debug)]
pub struct MendSheet<W: Write + Send> {
    writer: SheetWriter<W>,
    /// Columns of the source that are written: all but those added by an earlier round.
    columns: Vec<usize>,
    rows: u64,
}

impl<W: Write + Send> MendSheet<W> {
    /// A sheet with the headers of the one that was read, in the same format.
    pub fn new(out: W, source: &SheetInfo) -> Result<Self, WriteError> {
        Self::with_format(out, source, source.format)
    }

    /// The same in a format of choice.
    pub fn with_format(out: W, source: &SheetInfo, format: Format) -> Result<Self, WriteError> {
        let columns: Vec<usize> = (0..source.headers.len()).filter(|at| !source.is_added(*at)).collect();
        let layout: Vec<Column> = columns
            .iter()
            .filter_map(|at| source.headers.get(*at))
            .map(|header| Column::optional(header.as_str(), CellKind::Text))
            .chain(ADDED_HEADERS.map(|header| Column::optional(header, CellKind::Text)))
            .collect();
        let mut writer = SheetWriter::new(out, format, &layout)?;
        writer.set_title("待改")?;
        Ok(Self { writer, columns, rows: 0 })
    }

    /// Adds a refused row with all that is wrong with it. Cells that were filled from rows above are written filled,
    /// since those rows may not be in this sheet.
    pub fn add(&mut self, row: &RawRow, errors: &[RowError]) -> Result<(), WriteError> {
        let lines = |part: fn(&RowError) -> String| {
            let joined = errors.iter().map(part).collect::<Vec<_>>().join("\n");
            OutCell::from(joined.chars().take(LONGEST).collect::<String>())
        };
        let original = self.columns.iter().map(|&at| row.cells.get(at).map(ToString::to_string).into());
        let added = [
            OutCell::from(row.number.to_string()),
            lines(|error| error.column.clone().unwrap_or_default()),
            lines(|error| error.value.clone().unwrap_or_default()),
            lines(|error| error.code.clone()),
            lines(|error| format!("{}；{}", error.message, error.remedy)),
        ];
        let cells: Vec<OutCell<'_>> = original.chain(added).collect();
        let named = errors.iter().filter_map(|error| row.position(error.column.as_deref()?));
        let wrong: Vec<usize> = named.filter_map(|place| self.columns.iter().position(|at| *at == place)).collect();
        self.writer.row_to_mend(cells, &wrong)?;
        self.rows += 1;
        Ok(())
    }

    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Completes the file.
    pub fn finish(self) -> Result<W, WriteError> {
        self.writer.finish()
    }
}
