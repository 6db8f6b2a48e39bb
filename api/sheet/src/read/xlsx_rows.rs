//! Rows of a workbook's first visible worksheet. The reading library lends its cells from the workbook it owns, so a
//! thread of its own reads and hands over rows in batches, at most a few ahead.

use std::io::Seek;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use calamine::{Cell, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::super::write::unguarded;
use super::super::{RawCell, SheetError};
use super::fill::Merged;
use super::guard::{self, Limits};
use super::source::Input;
use super::{NumberedRow, header};

/// Rows handed over at once.
const BATCH: usize = 128;
/// The most columns that are kept.
const MOST_COLUMNS: u32 = 512;
/// The most merged blocks that are kept.
const MOST_BLOCKS: usize = 200_000;

/// What is known before the first row.
#[derive(Debug)]
pub(super) struct Head {
    /// The worksheet that is read.
    pub worksheet: String,
    /// Other visible worksheets.
    pub others: Vec<String>,
    /// How many rows it has that are neither blank nor closing lines, where it may have too many.
    pub rows: Option<u64>,
    blocks: Vec<Merged>,
}

/// What the thread says.
enum Message {
    Head(Head),
    Rows(Vec<NumberedRow>),
    Failed(SheetError),
    /// All is read.
    End,
}

/// The rows.
#[derive(Debug)]
pub(super) struct XlsxRows {
    messages: Receiver<Message>,
    ready: std::vec::IntoIter<NumberedRow>,
    blocks: Vec<Merged>,
    ended: bool,
}

impl XlsxRows {
    /// Checks and opens the workbook.
    pub fn start(input: Input, with_blocks: bool, max_rows: u64) -> Result<(Self, Head), SheetError> {
        let (to, messages) = sync_channel(4);
        thread::Builder::new().name("sheet".to_owned()).spawn(move || {
            let last = match run(input, with_blocks, max_rows, &to) {
                Ok(()) => Message::End,
                Err(error) => Message::Failed(error),
            };
            // nobody listens any more when the sheet was dropped
            drop(to.send(last));
        })?;
        let mut rows = Self { messages, ready: Vec::new().into_iter(), blocks: Vec::new(), ended: false };
        match rows.messages.recv() {
            Ok(Message::Head(mut head)) => {
                rows.blocks = std::mem::take(&mut head.blocks);
                Ok((rows, head))
            }
            Ok(Message::Failed(error)) => Err(error),
            _ => Err(stopped()),
        }
    }

    /// The merged blocks.
    pub fn take_merged(&mut self) -> Vec<Merged> {
        std::mem::take(&mut self.blocks)
    }

    pub fn next(&mut self) -> Option<Result<NumberedRow, SheetError>> {
        loop {
            if let Some(row) = self.ready.next() {
                return Some(Ok(row));
            }
            if self.ended {
                return None;
            }
            match self.messages.recv() {
                Ok(Message::Rows(rows)) => self.ready = rows.into_iter(),
                Ok(Message::End) => self.ended = true,
                Ok(Message::Failed(error)) => {
                    self.ended = true;
                    return Some(Err(error));
                }
                Ok(Message::Head(_)) | Err(_) => {
                    self.ended = true;
                    return Some(Err(stopped()));
                }
            }
        }
    }
}

/// The thread has ended without a word: the library has panicked on a damaged file.
fn stopped() -> SheetError {
    SheetError::Broken("unreadable content".to_owned())
}

/// A library's error in our terms.
fn broken(error: XlsxError) -> SheetError {
    match error {
        XlsxError::Password => SheetError::OldOrLocked,
        XlsxError::Io(error) => SheetError::Io(error),
        other => SheetError::Broken(other.to_string()),
    }
}

/// All the thread does.
fn run(mut input: Input, with_blocks: bool, max_rows: u64, to: &SyncSender<Message>) -> Result<(), SheetError> {
    let most_rows = guard::check(&mut input, Limits::default())?;
    input.rewind()?;
    let mut book = Xlsx::new(input).map_err(broken)?;
    let mut visible = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone());
    let worksheet = visible.next().ok_or(SheetError::NoWorksheet)?;
    let others = visible.collect();
    let rows = if most_rows > max_rows { Some(count(&mut book, &worksheet)?) } else { None };
    let blocks = if with_blocks { blocks(&mut book, &worksheet)? } else { Vec::new() };
    if to.send(Message::Head(Head { worksheet: worksheet.clone(), others, rows, blocks })).is_err() {
        return Ok(());
    }
    let mut reader = RowReader::new(&mut book, &worksheet)?;
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = reader.next()? {
        batch.push(row);
        if batch.len() == BATCH && to.send(Message::Rows(std::mem::take(&mut batch))).is_err() {
            return Ok(());
        }
    }
    // an error means that nobody listens
    drop(to.send(Message::Rows(batch)));
    Ok(())
}

/// Rows that are neither blank nor closing lines.
fn count(book: &mut Xlsx<Input>, worksheet: &str) -> Result<u64, SheetError> {
    let mut reader = RowReader::new(book, worksheet)?;
    let mut rows = 0;
    while let Some((_, cells)) = reader.next()? {
        if !cells.iter().all(RawCell::is_blank) && header::closing_line(&cells).is_none() {
            rows += 1;
        }
    }
    Ok(rows)
}

/// Merged blocks of more than one row, by column.
fn blocks(book: &mut Xlsx<Input>, worksheet: &str) -> Result<Vec<Merged>, SheetError> {
    let all = book.merge_cells_by_sheet_name(worksheet).map_err(broken)?;
    let tall = all.iter().filter(|block| block.end.0 > block.start.0).take(MOST_BLOCKS);
    Ok(tall
        .filter_map(|block| {
            Some(Merged {
                column: usize::try_from(block.start.1).ok()?,
                first: u64::from(block.start.0) + 1,
                last: u64::from(block.end.0) + 1,
            })
        })
        .collect())
}

/// Puts the cells of a worksheet together to rows.
struct RowReader<'a> {
    cells: XlsxCellReader<'a, Input>,
    held: Option<(u32, u32, RawCell)>,
    last_row: Option<u32>,
    ended: bool,
}

impl<'a> RowReader<'a> {
    fn new(book: &'a mut Xlsx<Input>, worksheet: &str) -> Result<Self, SheetError> {
        let cells = book.worksheet_cells_reader(worksheet).map_err(broken)?;
        Ok(Self { cells, held: None, last_row: None, ended: false })
    }

    /// The next cell that is not empty.
    fn cell(&mut self) -> Result<Option<(u32, u32, RawCell)>, SheetError> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        // the library would read on behind the end
        while !self.ended
            && let Some(cell) = self.cells.next_cell().map_err(broken)?
        {
            let (row, column) = cell.get_position();
            let value = raw(&cell);
            if value != RawCell::Empty && column < MOST_COLUMNS {
                return Ok(Some((row, column, value)));
            }
        }
        self.ended = true;
        Ok(None)
    }

    fn next(&mut self) -> Result<Option<NumberedRow>, SheetError> {
        let Some((row, column, value)) = self.cell()? else { return Ok(None) };
        if self.last_row.is_some_and(|last| row <= last) {
            return Err(SheetError::Broken("rows out of order".to_owned()));
        }
        self.last_row = Some(row);
        let mut cells = Vec::new();
        put(&mut cells, column, value);
        while let Some(cell) = self.cell()? {
            if cell.0 != row {
                self.held = Some(cell);
                break;
            }
            put(&mut cells, cell.1, cell.2);
        }
        Ok(Some((u64::from(row) + 1, cells)))
    }
}

/// Puts a cell in its place.
fn put(cells: &mut Vec<RawCell>, column: u32, value: RawCell) {
    let Ok(at) = usize::try_from(column) else { return };
    if cells.len() <= at {
        cells.resize(at + 1, RawCell::Empty);
    }
    if let Some(cell) = cells.get_mut(at) {
        *cell = value;
    }
}

/// The cell as we keep it.
fn raw(cell: &Cell<DataRef<'_>>) -> RawCell {
    match cell.get_value() {
        DataRef::Empty => RawCell::Empty,
        DataRef::Int(number) => RawCell::Number(number.to_string()),
        DataRef::Float(number) if number.is_finite() => RawCell::Number(number.to_string()),
        DataRef::Float(number) => RawCell::Error(number.to_string()),
        DataRef::String(text) => RawCell::text(unguarded(text)),
        DataRef::SharedString(text) => RawCell::text(unguarded(text)),
        DataRef::Bool(yes) => RawCell::Bool(*yes),
        DataRef::DateTime(at) => {
            date_time(at).map_or_else(|| RawCell::Number(at.as_f64().to_string()), RawCell::DateTime)
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => RawCell::text(text.clone()),
        DataRef::Error(error) => RawCell::Error(error.to_string()),
    }
}

/// A date cell, to the second; `None` for durations, times of day and the 29th of February 1900.
fn date_time(at: &ExcelDateTime) -> Option<NaiveDateTime> {
    if !at.is_datetime() || at.as_f64() < 1.0 {
        return None;
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))?;
    let time = date.and_hms_opt(u32::from(hour), u32::from(minute), u32::from(second))?;
    if milli >= 500 { time.checked_add_signed(TimeDelta::seconds(1)) } else { Some(time) }
}
