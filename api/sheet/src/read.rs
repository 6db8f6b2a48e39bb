//! Opening a sheet and reading it row by row.

mod csv_rows;
mod fill;
mod guard;
mod header;
mod source;
mod workbook;
mod xlsx_cell;
mod xlsx_rows;

use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::row::Places;
use super::write::is_added_worksheet;
use super::{CellKind, Format, Layout, RawCell, RawRow, ReadOptions, SheetError};
use csv_rows::CsvRows;
use fill::Filler;
use header::Header;
pub use header::{column_letters, tellable};
use source::{Input, Kind};
use xlsx_rows::XlsxRows;

/// How many rows at the top are searched for the header.
const HEADER_ROWS: usize = 10;
/// How many skipped rows are listed one by one.
const LISTED_SKIPS: usize = 1000;

/// A row with its number, before headers are known.
#[derive(Debug, Clone)]
struct NumberedRow {
    number: u64,
    cells: Vec<RawCell>,
    /// The column in which a quotation mark opens that does not close in the row.
    stray_quote: Option<usize>,
    /// Whether it is hidden from the eye.
    hidden: bool,
}

impl NumberedRow {
    fn is_blank(&self) -> bool {
        self.stray_quote.is_none() && self.cells.iter().all(RawCell::is_blank)
    }
}

/// Where a file comes from.
#[derive(Debug)]
pub enum Source {
    /// A file on disk; CSV is streamed from it.
    Path(PathBuf),
    /// A file in memory.
    Bytes(Vec<u8>),
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Why a row was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Skip {
    /// A title or remark above the header.
    Title,
    /// The header once more, as printed pages repeat it.
    RepeatedHeader,
    /// A line of totals.
    Total,
    /// Who filled it in or checked it.
    Signature,
    /// A remark below the table.
    Remark,
    /// A row that the sheet hides.
    Hidden,
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedRow {
    /// The row's number in the file.
    pub number: u64,
    /// Why.
    pub reason: Skip,
}

/// What was found out on opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetInfo {
    /// The name the file came with.
    pub file_name: String,
    /// The file format.
    pub format: Format,
    /// The encoding of a CSV file.
    pub encoding: Option<&'static str>,
    /// The separator of a CSV file.
    pub delimiter: Option<char>,
    /// The worksheet that is read.
    pub worksheet: Option<String>,
    /// Other visible worksheets, which are not read.
    pub other_worksheets: Vec<String>,
    /// Worksheets that are hidden, which are not read either.
    pub hidden_worksheets: Vec<String>,
    /// Columns with a header that are hidden.
    pub hidden_columns: Vec<usize>,
    /// Whether the workbook counts days from 1904.
    pub from_1904: bool,
    /// The header's row number (its last, if it has two rows).
    pub header_row: u64,
    /// The headers as they stand in the file, by column.
    pub headers: Vec<String>,
    /// Headers that are unknown and left out, as far as they can be told: cut short, and without numbers of persons.
    pub unknown: Vec<String>,
    /// The columns in which they stand.
    pub unknown_at: Vec<usize>,
    /// Columns left out without a word: those of [`Layout::ignored`] and of a sheet of problems.
    pub ignored: Vec<usize>,
    /// Optional columns of the layout that the file has not.
    pub absent: Vec<String>,
}

impl SheetInfo {
    /// Whether this column of the file was added by a sheet of problems.
    pub fn is_added(&self, at: usize) -> bool {
        self.ignored.contains(&at) && self.headers.get(at).is_some_and(|name| header::is_added(name))
    }
}

/// The rows below the header. Iterating ends after the first error.
#[derive(Debug)]
pub struct Sheet {
    info: SheetInfo,
    rows: Rows,
    pending: VecDeque<NumberedRow>,
    header: Header,
    places: Arc<Places>,
    filler: Filler,
    max_rows: Option<u64>,
    given: u64,
    skipped: Vec<SkippedRow>,
    skipped_count: u64,
    hidden: bool,
    hidden_count: u64,
    /// Columns of which something must be filled, or else the row is blank.
    telling: Vec<usize>,
    /// Columns that hold dates, where plain numbers must be shifted.
    days: Vec<usize>,
    /// Rows with nothing in them.
    blank: u64,
    blank_rows: Vec<u64>,
    last: u64,
    done: bool,
}

/// Rows of either format.
#[derive(Debug)]
enum Rows {
    Csv(Box<CsvRows>),
    Xlsx(Box<XlsxRows>),
}

impl Rows {
    /// The next row with anything in it.
    fn next(&mut self) -> Option<Result<NumberedRow, SheetError>> {
        loop {
            let row = match self {
                Self::Csv(rows) => rows.next(),
                Self::Xlsx(rows) => rows.next(),
            };
            match row {
                Some(Ok(row)) if row.is_blank() => {}
                other => return other,
            }
        }
    }

    /// The rows among which the header is looked for, and those read ahead.
    fn top(&mut self) -> Result<VecDeque<NumberedRow>, SheetError> {
        let mut top = VecDeque::new();
        // one more than searched, for a header of two rows
        while top.len() <= HEADER_ROWS {
            match self.next() {
                Some(row) => top.push_back(row?),
                None => break,
            }
        }
        Ok(top)
    }
}

/// Opens a sheet: finds out the format, encoding and separator, finds the header and compares it with the layout.
/// `file_name` is only repeated in [`SheetInfo`]; the format is told by the content.
pub fn open(
    source: impl Into<Source>,
    file_name: &str,
    layout: &Layout,
    options: &ReadOptions,
) -> Result<Sheet, SheetError> {
    let mut input = Input::open(source.into())?;
    let mut info = SheetInfo {
        file_name: file_name.to_owned(),
        format: Format::Csv,
        encoding: None,
        delimiter: None,
        worksheet: None,
        other_worksheets: Vec::new(),
        hidden_worksheets: Vec::new(),
        hidden_columns: Vec::new(),
        from_1904: false,
        header_row: 0,
        headers: Vec::new(),
        unknown: Vec::new(),
        unknown_at: Vec::new(),
        ignored: Vec::new(),
        absent: Vec::new(),
    };
    let mut counted = None;
    let (mut rows, mut top) = match source::kind(&mut input)? {
        Kind::Workbook => {
            info.format = Format::Xlsx;
            let (rows, head) = XlsxRows::start(input, !layout.fill_down.is_empty(), *options)?;
            info.worksheet = Some(head.worksheet);
            info.other_worksheets = head.others.into_iter().filter(|name| !is_added_worksheet(name)).collect();
            info.hidden_worksheets = head.hidden_sheets.into_iter().filter(|name| !is_added_worksheet(name)).collect();
            info.hidden_columns = head.hidden_columns;
            info.from_1904 = head.from_1904;
            counted = head.rows;
            let mut rows = Rows::Xlsx(Box::new(rows));
            let top = rows.top()?;
            (rows, top)
        }
        Kind::Text { encoding, skip, bare_cr } => {
            info.encoding = Some(encoding.name());
            let (delimiter, width) = best_delimiter(&mut input, encoding, skip, bare_cr, layout)?;
            info.delimiter = Some(char::from(delimiter));
            let text = source::Decoded::new(input, encoding, skip, bare_cr)?;
            let mut rows = CsvRows::new(text, delimiter);
            rows.expect(width);
            let mut rows = Rows::Csv(Box::new(rows));
            let top = rows.top()?;
            (rows, top)
        }
    };
    let mut header = header::find(top.make_contiguous(), layout, HEADER_ROWS)?;
    info.hidden_columns.retain(|at| header.names.get(*at).is_some_and(|name| !name.is_empty()));
    if !options.hidden {
        header.leave_out(&info.hidden_columns);
    }
    header.check(layout, options.strict)?;
    info.header_row = header.last_row;
    info.headers.clone_from(&header.names);
    (info.unknown_at, info.unknown) = header.unknown.iter().cloned().unzip();
    info.ignored.clone_from(&header.ignored);
    info.absent = header.absent(layout);

    let (mut skipped, mut above) = (Vec::new(), 0);
    while let Some(row) = top.front()
        && row.number <= header.last_row
    {
        if row.number < header.first_row {
            skipped.push(SkippedRow { number: row.number, reason: Skip::Title });
        }
        above += 1;
        top.pop_front();
    }
    if let Some(counted) = counted
        && counted.saturating_sub(above) > options.max_rows
    {
        return Err(SheetError::TooManyRows { limit: options.max_rows });
    }
    let places = Arc::new(Places { by_header: header.places.clone(), width: header.names.len() });
    let mut filler = Filler::new(&layout.fill_down, &places);
    if let Rows::Xlsx(rows) = &mut rows {
        filler.merged(rows.take_merged());
    }
    let of_kind = |kind: fn(&CellKind) -> bool| -> Vec<usize> {
        let columns = layout.columns.iter().filter(|column| kind(&column.kind));
        columns.filter_map(|column| header.places.get(&column.header).copied()).collect()
    };
    let days = if info.from_1904 {
        of_kind(|kind| matches!(kind, CellKind::Date | CellKind::DateTime | CellKind::Month | CellKind::MonthRange))
    } else {
        Vec::new()
    };
    Ok(Sheet {
        max_rows: (info.format == Format::Xlsx).then_some(options.max_rows),
        info,
        rows,
        pending: top,
        telling: header.telling(layout),
        last: header.last_row,
        header,
        places,
        filler,
        hidden: options.hidden,
        hidden_count: 0,
        days,
        blank: 0,
        blank_rows: Vec::new(),
        given: 0,
        skipped_count: u64::try_from(skipped.len()).unwrap_or(u64::MAX),
        skipped,
        done: false,
    })
}

/// The separator with which the header is recognised best, the comma if there is no difference; and how many columns the
/// header has then.
fn best_delimiter(
    input: &mut Input,
    encoding: &'static encoding_rs::Encoding,
    skip: u64,
    bare_cr: bool,
    layout: &Layout,
) -> Result<(u8, Option<usize>), SheetError> {
    const PROBE: u64 = 256 * 1024;
    let mut best = (0, b',', None);
    let mut head = Vec::new();
    source::Decoded::new(&mut *input, encoding, skip, bare_cr)?.take(PROBE).read_to_end(&mut head)?;
    for delimiter in [b',', b'\t', b';'] {
        let mut rows = Rows::Csv(Box::new(CsvRows::of_head(&head, delimiter)));
        // a row that does not end within the probe is told when the file itself is read
        let top = rows.top().unwrap_or_default();
        if let Ok(header) = header::find(&Vec::from(top), layout, HEADER_ROWS)
            && header.places.len() > best.0
        {
            best = (header.places.len(), delimiter, Some(header.names.len()));
        }
    }
    Ok((best.1, best.2))
}

impl Sheet {
    /// What was found out on opening.
    pub fn info(&self) -> &SheetInfo {
        &self.info
    }

    /// The rows left out so far, the first thousand of them.
    pub fn skipped(&self) -> &[SkippedRow] {
        &self.skipped
    }

    /// How many rows were left out so far.
    pub fn skipped_count(&self) -> u64 {
        self.skipped_count
    }

    /// How many rows among these the sheet hides.
    pub fn hidden_count(&self) -> u64 {
        self.hidden_count
    }

    /// How many rows had nothing in them so far, and the first of those with something that says nothing, such as a
    /// number in sequence.
    pub fn blank(&self) -> (u64, &[u64]) {
        (self.blank, &self.blank_rows)
    }

    /// How many rows were given so far.
    pub fn rows_read(&self) -> u64 {
        self.given
    }

    /// The next row that is data.
    fn advance(&mut self) -> Option<Result<RawRow, SheetError>> {
        loop {
            let row = match self.pending.pop_front() {
                Some(row) => row,
                None => match self.rows.next()? {
                    Ok(row) => row,
                    Err(error) => return Some(Err(error)),
                },
            };
            let NumberedRow { number, mut cells, stray_quote, hidden } = row;
            // rows between that are not in the file, or have nothing in them
            self.blank += number.saturating_sub(self.last + 1);
            self.last = number;
            let stray = stray_quote.is_some();
            if let Some(reason) = self.skip_reason(&cells).filter(|_| !stray) {
                self.skip(number, reason);
                continue;
            }
            if !stray && self.says_nothing(&cells) {
                self.blank += 1;
                if self.blank_rows.len() < LISTED_SKIPS {
                    self.blank_rows.push(number);
                }
                continue;
            }
            if hidden {
                self.hidden_count += 1;
                if !self.hidden {
                    self.skip(number, Skip::Hidden);
                    continue;
                }
            }
            if let Some(limit) = self.max_rows
                && self.given >= limit
            {
                return Some(Err(SheetError::TooManyRows { limit }));
            }
            let width = self.places.width;
            let mut surplus = Vec::new();
            if self.info.format == Format::Csv {
                let beyond = cells.iter().skip(width).filter(|cell| !cell.is_blank());
                surplus.extend(beyond.map(ToString::to_string));
            }
            cells.resize(width, RawCell::Empty);
            for at in &self.days {
                if let Some(cell) = cells.get_mut(*at) {
                    cell.shift_from_1904();
                }
            }
            let filled = if stray { Vec::new() } else { self.filler.fill(number, &mut cells) };
            self.given += 1;
            return Some(Ok(RawRow {
                number,
                cells,
                filled,
                surplus: if stray { Vec::new() } else { surplus },
                stray_quote,
                found: Vec::new(),
                places: Arc::clone(&self.places),
            }));
        }
    }

    fn skip(&mut self, number: u64, reason: Skip) {
        self.skipped_count += 1;
        if self.skipped.len() < LISTED_SKIPS {
            self.skipped.push(SkippedRow { number, reason });
        }
    }

    /// Whether only cells are filled that alone say nothing: numbers in sequence, what is left out, what all rows have.
    fn says_nothing(&self, cells: &[RawCell]) -> bool {
        let width = self.places.width;
        cells.iter().enumerate().all(|(at, cell)| cell.is_blank() || (at < width && !self.telling.contains(&at)))
    }

    /// Why this row is no data, if so.
    fn skip_reason(&self, cells: &[RawCell]) -> Option<Skip> {
        if self.header.is_repeated(cells) { Some(Skip::RepeatedHeader) } else { header::closing_line(cells) }
    }
}

impl Iterator for Sheet {
    type Item = Result<RawRow, SheetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.advance();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}
