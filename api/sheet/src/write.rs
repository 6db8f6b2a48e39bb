//! Writing CSV and XLSX row by row, so that reading the file again gives the same values.
//!
//! Text that a spreadsheet program would take for a formula gets a `'` in front in CSV; in XLSX text cells are never
//! formulas and stay as they are. Reading takes one `'` away where it stands before such a sign. So that this loses
//! nothing, text that already begins with `'` before such a sign gets one more in both formats.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_xlsxwriter::{DataValidation, Format as CellFormat, FormatAlign, Workbook, Worksheet, XlsxError};

use super::cell::{MonthRange, YearMonth};
use super::{CellKind, Column, Format, Layout};

/// The most rows a worksheet has.
const MOST_ROWS: u32 = 1_048_576;
/// Rows of a template that have a drop-down list.
const LISTED_ROWS: u32 = 10_000;

/// Why a sheet cannot be written.
#[derive(Debug)]
pub enum WriteError {
    /// The file or the disk.
    Io(io::Error),
    /// More rows than a worksheet has: write CSV.
    TooManyRows,
    /// A text of more than 32,767 characters in a worksheet's cell: write CSV.
    TextTooLong {
        /// The row, from 1.
        row: u64,
    },
    /// Anything else the workbook library refuses.
    Workbook(String),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::TooManyRows => f.write_str("too many rows for a worksheet; write CSV"),
            Self::TextTooLong { row } => write!(f, "row {row}: text too long for a worksheet; write CSV"),
            Self::Workbook(detail) => f.write_str(detail),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<csv::Error> for WriteError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Io(error),
            other => Self::Workbook(format!("{other:?}")),
        }
    }
}

impl From<XlsxError> for WriteError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::IoError(error) => Self::Io(error),
            XlsxError::RowColumnLimitError => Self::TooManyRows,
            other => Self::Workbook(other.to_string()),
        }
    }
}

/// A cell to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OutCell<'a> {
    /// Nothing.
    #[default]
    Empty,
    /// Text, dates and money too.
    Text(Cow<'a, str>),
    /// A whole number; in XLSX a number cell.
    Integer(i32),
}

impl OutCell<'_> {
    /// Fen as yuan with two decimals.
    pub fn money(fen: i64) -> Self {
        Self::Text(money_text(fen).into())
    }

    /// 是 or 否.
    pub fn yes_no(yes: bool) -> Self {
        Self::Text(Cow::Borrowed(if yes { "是" } else { "否" }))
    }

    /// Several texts in one cell.
    pub fn list<T: AsRef<str>>(values: &[T]) -> Self {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        Self::Text(values.join(";").into())
    }
}

impl<'a> From<&'a str> for OutCell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for OutCell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i32> for OutCell<'_> {
    fn from(number: i32) -> Self {
        Self::Integer(number)
    }
}

impl From<NaiveDate> for OutCell<'_> {
    fn from(date: NaiveDate) -> Self {
        Self::Text(date.to_string().into())
    }
}

impl From<YearMonth> for OutCell<'_> {
    fn from(month: YearMonth) -> Self {
        Self::Text(month.to_string().into())
    }
}

impl From<MonthRange> for OutCell<'_> {
    fn from(months: MonthRange) -> Self {
        Self::Text(months.to_string().into())
    }
}

impl From<DateTime<FixedOffset>> for OutCell<'_> {
    fn from(at: DateTime<FixedOffset>) -> Self {
        Self::Text(at.to_rfc3339().into())
    }
}

impl<'a, T: Into<OutCell<'a>>> From<Option<T>> for OutCell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// Fen as yuan with two decimals: `-12.05`.
pub fn money_text(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let (yuan, rest) = (fen.unsigned_abs() / 100, fen.unsigned_abs() % 100);
    format!("{sign}{yuan}.{rest:02}")
}

/// Whether the text, after any `'` in front, begins with a sign of a formula.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// A plain negative number, which is no formula.
fn is_negative_number(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-') else { return false };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction)
}

/// The text as it goes into a file.
fn guarded(text: &str, format: Format) -> Cow<'_, str> {
    let guard =
        looks_like_formula(text) && !is_negative_number(text) && (format == Format::Csv || text.starts_with('\''));
    if guard { format!("'{text}").into() } else { text.into() }
}

/// Stands for a line end in a text cell that has separators too: such cells of others are mostly rows that a stray
/// quotation mark has swallowed, and are not taken.
const LINE_END: char = '\u{2028}';

/// A CSV cell in one line, where it has separators.
fn in_one_line(text: &str) -> Cow<'_, str> {
    if text.contains('\n') && text.contains(',') {
        text.replace('\n', LINE_END.encode_utf8(&mut [0; 4])).into()
    } else {
        text.into()
    }
}

/// The same on its way back.
pub(super) fn from_one_line(text: &str) -> Cow<'_, str> {
    if text.contains(LINE_END) { text.replace(LINE_END, "\n").into() } else { text.into() }
}

/// The text as it came from a file, without the one `'` that was put before it.
pub(super) fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if looks_like_formula(rest) => rest,
        _ => text,
    }
}

/// Writes a sheet row by row. Rows of a workbook lie in an unnamed temporary file until [`SheetWriter::finish`].
pub struct SheetWriter<W: Write + Send> {
    target: Target<W>,
    row: u32,
}

/// Where rows go.
enum Target<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Xlsx(Box<XlsxTarget<W>>),
}

/// A workbook on its way.
struct XlsxTarget<W> {
    book: Workbook,
    out: W,
    text: CellFormat,
    number: CellFormat,
}

impl<W: Write + Send> fmt::Debug for SheetWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SheetWriter").field("row", &self.row).finish_non_exhaustive()
    }
}

impl SheetWriter<BufWriter<File>> {
    /// A new file, with the header written.
    pub fn create(path: &Path, format: Format, columns: &[Column]) -> Result<Self, WriteError> {
        Self::new(BufWriter::new(File::create(path)?), format, columns)
    }
}

impl<W: Write + Send> SheetWriter<W> {
    /// A new sheet with its header written.
    pub fn new(mut out: W, format: Format, columns: &[Column]) -> Result<Self, WriteError> {
        let target = match format {
            Format::Csv => {
                out.write_all("\u{FEFF}".as_bytes())?;
                let writer =
                    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(out);
                Target::Csv(Box::new(writer))
            }
            Format::Xlsx => {
                let mut book = Workbook::new();
                let text = CellFormat::new().set_num_format("@").set_align(FormatAlign::Top).set_text_wrap();
                let number = CellFormat::new().set_align(FormatAlign::Top);
                lay_out(book.add_worksheet_with_constant_memory()?, columns, &text)?;
                Target::Xlsx(Box::new(XlsxTarget { book, out, text, number }))
            }
        };
        let mut writer = Self { target, row: 0 };
        let names = columns.iter().map(|column| OutCell::from(column.header.as_str()));
        writer.set_bold(true);
        writer.row(names)?;
        writer.set_bold(false);
        Ok(writer)
    }

    /// Bold text from here on, or no longer.
    fn set_bold(&mut self, bold: bool) {
        if let Target::Xlsx(xlsx) = &mut self.target {
            let text = xlsx.text.clone();
            xlsx.text = if bold { text.set_bold() } else { text.unset_bold() };
        }
    }

    /// Writes one row. Cells beyond the header are written too.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = OutCell<'a>>) -> Result<(), WriteError> {
        let row = self.row;
        match &mut self.target {
            Target::Csv(writer) => {
                for cell in cells {
                    match cell {
                        OutCell::Empty => writer.write_field("")?,
                        OutCell::Text(text) => {
                            writer.write_field(in_one_line(&guarded(&text, Format::Csv)).as_bytes())?;
                        }
                        OutCell::Integer(number) => writer.write_field(number.to_string())?,
                    }
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Target::Xlsx(xlsx) => {
                if row >= MOST_ROWS {
                    return Err(WriteError::TooManyRows);
                }
                let XlsxTarget { book, text, number, .. } = xlsx.as_mut();
                let sheet = book.worksheet_from_index(0)?;
                for (at, cell) in cells.into_iter().enumerate() {
                    let column = u16::try_from(at).map_err(|_| WriteError::TooManyRows)?;
                    write_cell(sheet, row, column, &cell, text, number)?;
                }
            }
        }
        self.row = self.row.saturating_add(1);
        Ok(())
    }

    /// How many rows were written below the header.
    pub fn rows_written(&self) -> u64 {
        u64::from(self.row.saturating_sub(1))
    }

    /// Completes the file and gives back what it was written to.
    pub fn finish(self) -> Result<W, WriteError> {
        match self.target {
            Target::Csv(writer) => {
                let mut out = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
                out.flush()?;
                Ok(out)
            }
            Target::Xlsx(xlsx) => {
                let XlsxTarget { mut book, mut out, .. } = *xlsx;
                book.save_to_writer(&mut out)?;
                out.flush()?;
                Ok(out)
            }
        }
    }

    /// A sheet with nothing but the header, in XLSX with text formats and drop-down lists.
    pub fn template(out: W, format: Format, layout: &Layout) -> Result<W, WriteError> {
        let mut writer = Self::new(out, format, &layout.columns)?;
        if let Target::Xlsx(xlsx) = &mut writer.target {
            let sheet = xlsx.book.worksheet_from_index(0)?;
            for (at, column) in layout.columns.iter().enumerate() {
                let list = match &column.kind {
                    CellKind::Choice(list) => list.clone(),
                    CellKind::YesNo => vec!["是".to_owned(), "否".to_owned()],
                    _ => continue,
                };
                let at = u16::try_from(at).map_err(|_| WriteError::TooManyRows)?;
                // a spreadsheet takes lists of up to 255 signs; longer ones go without
                if let Ok(list) = DataValidation::new().allow_list_strings(&list) {
                    sheet.add_data_validation(1, at, LISTED_ROWS, at, &list)?;
                }
            }
        }
        writer.finish()
    }
}

/// Widths, text format and frozen header.
fn lay_out(sheet: &mut Worksheet, columns: &[Column], text: &CellFormat) -> Result<(), WriteError> {
    sheet.set_freeze_panes(1, 0)?;
    for (at, column) in columns.iter().enumerate() {
        let at = u16::try_from(at).map_err(|_| WriteError::TooManyRows)?;
        let least: u32 = match column.kind {
            CellKind::Id | CellKind::Place | CellKind::DateTime => 22,
            CellKind::List | CellKind::Text => 16,
            CellKind::Date | CellKind::MonthRange | CellKind::Money => 13,
            CellKind::Choice(_) => 12,
            CellKind::Month | CellKind::Integer | CellKind::Decimal => 10,
            CellKind::YesNo => 8,
        };
        let header: u32 = column.header.chars().map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum();
        sheet.set_column_width(at, least.max(header.saturating_add(2)))?;
        if column.kind != CellKind::Integer {
            // so that numbers typed in later stay as they are typed
            sheet.set_column_format(at, text)?;
        }
    }
    Ok(())
}

/// One cell of a worksheet.
fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &OutCell<'_>,
    text: &CellFormat,
    number: &CellFormat,
) -> Result<(), WriteError> {
    match cell {
        OutCell::Empty => {}
        OutCell::Text(value) if value.is_empty() => {}
        OutCell::Text(value) => {
            let value = guarded(value, Format::Xlsx);
            sheet.write_string_with_format(row, column, value.as_ref(), text).map_err(|error| match error {
                XlsxError::MaxStringLengthExceeded => WriteError::TextTooLong { row: u64::from(row) + 1 },
                other => other.into(),
            })?;
        }
        OutCell::Integer(value) => {
            sheet.write_number_with_format(row, column, *value, number)?;
        }
    }
    Ok(())
}
