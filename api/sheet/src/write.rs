//! Writing CSV and XLSX row by row, so that reading the file again gives the same values. In XLSX numbers, money and days
//! are number cells, numbers that are names are text.
//!
//! Text that a spreadsheet program would take for a formula gets a `'` in front in CSV; in XLSX text cells are never
//! formulas and stay as they are. Reading takes one `'` away where it stands before such a sign. So that this loses
//! nothing, text that already begins with `'` before such a sign gets one more in both formats.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate};
use rust_xlsxwriter::{
    DataValidation, ExcelDateTime, Format as CellFormat, FormatAlign, Formula, Workbook, Worksheet, XlsxError,
};

use super::cell::{MonthRange, YearMonth};
use super::{CellKind, Column, Format, Layout};

/// The most rows a worksheet has.
const MOST_ROWS: u32 = 1_048_576;
/// Rows of a template that have a drop-down list.
const LISTED_ROWS: u32 = 10_000;
/// The worksheet on which a workbook says what it is, who made it and when.
const ABOUT: &str = "关于本表";
/// The hidden worksheet with the drop-down lists that are too long to stand in a cell's rule.
const LISTS: &str = "关于本表的选项";
/// The most signs of a worksheet's name.
const LONGEST_NAME: usize = 31;
/// The most digits of a number cell: it keeps no more.
const MOST_DIGITS: usize = 15;

/// Whether a worksheet of this name is one that this program adds, and no rows stand in it.
pub(super) fn is_added_worksheet(name: &str) -> bool {
    matches!(name, ABOUT | LISTS)
}

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
    /// Text, and numbers that are names.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i32),
    /// An exact decimal number.
    Decimal(Cow<'a, str>),
    /// Fen, written as yuan with two decimals.
    Money(i64),
    /// A civil date.
    Date(NaiveDate),
}

impl OutCell<'_> {
    /// What stands in the cell, as text.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::Decimal(text) => Cow::Borrowed(text),
            Self::Integer(number) => number.to_string().into(),
            Self::Money(fen) => money_text(*fen).into(),
            Self::Date(date) => date.to_string().into(),
        }
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
        Self::Date(date)
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
    looks: Looks,
}

/// What a text cell stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Header,
    Value,
    ToMend,
}

/// How cells look.
struct Looks {
    text: CellFormat,
    bold: CellFormat,
    number: CellFormat,
    money: CellFormat,
    date: CellFormat,
    /// Text that is to be mended.
    wrong: CellFormat,
}

impl Looks {
    fn new() -> Self {
        let top = || CellFormat::new().set_align(FormatAlign::Top);
        let text = || top().set_num_format("@").set_text_wrap();
        Self {
            text: text(),
            bold: text().set_bold(),
            number: top(),
            money: top().set_num_format("0.00"),
            date: top().set_num_format("yyyy-mm-dd"),
            wrong: text().set_background_color(0x00FF_C7CE).set_font_color(0x009C_0006),
        }
    }

    fn of(&self, stands: Stands) -> &CellFormat {
        match stands {
            Stands::Header => &self.bold,
            Stands::Value => &self.text,
            Stands::ToMend => &self.wrong,
        }
    }
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
                let looks = Looks::new();
                lay_out(book.add_worksheet_with_constant_memory()?, columns, &looks)?;
                Target::Xlsx(Box::new(XlsxTarget { book, out, looks }))
            }
        };
        let mut writer = Self { target, row: 0 };
        let names: Vec<OutCell<'_>> = columns.iter().map(|column| OutCell::from(column.header.as_str())).collect();
        writer.write(names, |_| Stands::Header)?;
        Ok(writer)
    }

    /// Names the worksheet; a CSV file has no name.
    pub fn set_title(&mut self, title: &str) -> Result<(), WriteError> {
        if let Target::Xlsx(xlsx) = &mut self.target {
            let plain =
                |sign: &char| !matches!(sign, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'') && !sign.is_control();
            let name: String = title.chars().filter(plain).take(LONGEST_NAME).collect();
            if !name.is_empty() {
                xlsx.book.worksheet_from_index(0)?.set_name(name)?;
            }
        }
        Ok(())
    }

    /// Says on a worksheet of its own what the workbook is, who made it and when; a CSV file says nothing.
    pub fn set_about(&mut self, lines: &[(&str, String)]) -> Result<(), WriteError> {
        if let Target::Xlsx(xlsx) = &mut self.target {
            let XlsxTarget { book, looks, .. } = xlsx.as_mut();
            let sheet = book.add_worksheet();
            sheet.set_name(ABOUT)?.set_column_width(0, 16)?.set_column_width(1, 60)?;
            for (row, (name, value)) in (0..).zip(lines) {
                sheet.write_string_with_format(row, 0, *name, &looks.bold)?;
                sheet.write_string_with_format(row, 1, value, &looks.text)?;
            }
        }
        Ok(())
    }

    /// Writes one row. Cells beyond the header are written too.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = OutCell<'a>>) -> Result<(), WriteError> {
        self.write(cells, |_| Stands::Value)
    }

    /// The same; texts in the cells at these places stand out in red.
    pub fn row_to_mend<'a>(
        &mut self,
        cells: impl IntoIterator<Item = OutCell<'a>>,
        wrong: &[usize],
    ) -> Result<(), WriteError> {
        self.write(cells, |at| if wrong.contains(&at) { Stands::ToMend } else { Stands::Value })
    }

    /// Writes a row.
    fn write<'a>(
        &mut self,
        cells: impl IntoIterator<Item = OutCell<'a>>,
        stands: impl Fn(usize) -> Stands,
    ) -> Result<(), WriteError> {
        let row = self.row;
        match &mut self.target {
            Target::Csv(writer) => {
                for cell in cells {
                    match cell {
                        OutCell::Text(text) => {
                            writer.write_field(in_one_line(&guarded(&text, Format::Csv)).as_bytes())?;
                        }
                        other => writer.write_field(other.to_text().as_bytes())?,
                    }
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Target::Xlsx(xlsx) => {
                if row >= MOST_ROWS {
                    return Err(WriteError::TooManyRows);
                }
                let XlsxTarget { book, looks, .. } = xlsx.as_mut();
                let sheet = book.worksheet_from_index(0)?;
                for (at, cell) in cells.into_iter().enumerate() {
                    let column = u16::try_from(at).map_err(|_| WriteError::TooManyRows)?;
                    write_cell(sheet, (row, column), &cell, stands(at), looks)?;
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

    /// A sheet with nothing but the header; in XLSX under its title, with formats, drop-down lists and what it is about.
    pub fn template(
        out: W,
        format: Format,
        layout: &Layout,
        title: &str,
        about: &[(&str, String)],
    ) -> Result<W, WriteError> {
        let mut writer = Self::new(out, format, &layout.columns)?;
        writer.set_title(title)?;
        writer.drop_downs(&layout.columns)?;
        writer.set_about(about)?;
        writer.finish()
    }

    /// Lists from which the cells of closed columns are chosen.
    fn drop_downs(&mut self, columns: &[Column]) -> Result<(), WriteError> {
        let Target::Xlsx(xlsx) = &mut self.target else { return Ok(()) };
        let mut rules = Vec::new();
        let mut long: Vec<Vec<String>> = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            let list = match &column.kind {
                CellKind::Choice(list) => list.clone(),
                CellKind::YesNo => vec!["是".to_owned(), "否".to_owned()],
                _ => continue,
            };
            let at = u16::try_from(at).map_err(|_| WriteError::TooManyRows)?;
            // A rule holds lists of up to 255 signs; longer ones stand on a worksheet.
            let rule = match DataValidation::new().allow_list_strings(&list) {
                Ok(rule) => rule,
                Err(_) => {
                    let column = rust_xlsxwriter::utility::column_number_to_name(
                        u16::try_from(long.len()).map_err(|_| WriteError::TooManyRows)?,
                    );
                    let range = format!("='{LISTS}'!${column}$1:${column}${}", list.len());
                    long.push(list);
                    DataValidation::new().allow_list_formula(Formula::new(range))
                }
            };
            rules.push((at, rule));
        }
        let sheet = xlsx.book.worksheet_from_index(0)?;
        for (at, rule) in &rules {
            sheet.add_data_validation(1, *at, LISTED_ROWS, *at, rule)?;
        }
        if !long.is_empty() {
            let sheet = xlsx.book.add_worksheet();
            sheet.set_name(LISTS)?.set_hidden(true);
            for (column, list) in (0..).zip(&long) {
                for (row, value) in (0..).zip(list) {
                    sheet.write_string(row, column, value)?;
                }
            }
        }
        Ok(())
    }
}

/// Widths, formats and frozen header.
fn lay_out(sheet: &mut Worksheet, columns: &[Column], looks: &Looks) -> Result<(), WriteError> {
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
        let format = match column.kind {
            CellKind::Integer | CellKind::Decimal => &looks.number,
            CellKind::Money => &looks.money,
            CellKind::Date => &looks.date,
            // So that numbers typed in later stay as they are typed.
            _ => &looks.text,
        };
        sheet.set_column_format(at, format)?;
    }
    Ok(())
}

/// What a number cell can hold of a number told in digits without losing one, in the form in which it comes back.
fn number_of(text: &str) -> Option<f64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let number = text.parse::<f64>().ok().filter(|_| digits <= MOST_DIGITS)?;
    Some(number).filter(|number| number.is_finite() && number.to_string() == text)
}

/// A day as a date cell; none before March 1900, where spreadsheet programs do not agree which day is meant.
fn date_of(date: NaiveDate) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok()?;
    if year < 1900 || (year == 1900 && date.month() < 3) {
        return None;
    }
    ExcelDateTime::from_ymd(year, u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?).ok()
}

/// One cell of a worksheet.
fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &OutCell<'_>,
    stands: Stands,
    looks: &Looks,
) -> Result<(), WriteError> {
    match cell {
        OutCell::Integer(value) => {
            sheet.write_number_with_format(row, column, *value, &looks.number)?;
            return Ok(());
        }
        OutCell::Decimal(value) => {
            if let Some(number) = number_of(value) {
                sheet.write_number_with_format(row, column, number, &looks.number)?;
                return Ok(());
            }
        }
        OutCell::Money(fen) => {
            let yuan = money_text(*fen);
            let digits = yuan.bytes().filter(u8::is_ascii_digit).count();
            if let Some(number) = yuan.parse::<f64>().ok().filter(|_| digits <= MOST_DIGITS) {
                sheet.write_number_with_format(row, column, number, &looks.money)?;
                return Ok(());
            }
        }
        OutCell::Date(date) => {
            if let Some(date) = date_of(*date) {
                sheet.write_datetime_with_format(row, column, &date, &looks.date)?;
                return Ok(());
            }
        }
        OutCell::Empty | OutCell::Text(_) => {}
    }
    let value = cell.to_text();
    if value.is_empty() {
        if stands == Stands::ToMend {
            sheet.write_blank(row, column, looks.of(stands))?;
        }
        return Ok(());
    }
    let value = guarded(&value, Format::Xlsx);
    sheet.write_string_with_format(row, column, value.as_ref(), looks.of(stands)).map_err(|error| match error {
        XlsxError::MaxStringLengthExceeded => WriteError::TextTooLong { row: u64::from(row) + 1 },
        other => other.into(),
    })?;
    Ok(())
}
