//! Rows of a workbook's first visible worksheet. The XML is read from the archive that owns it, so a thread of its own
//! reads and hands over rows in batches, at most a few ahead.

use std::io::Seek;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use quick_xml::events::{BytesStart, Event};

use super::super::{RawCell, ReadOptions, SheetError};
use super::fill::Merged;
use super::guard::{self, Limits};
use super::source::Input;
use super::workbook::{Entry, Meaning, Workbook, Xml, attribute, broken, is_true, push_entity, text_of};
use super::xlsx_cell::{CellHead, place_of, raw};
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
    /// Worksheets that are hidden.
    pub hidden_sheets: Vec<String>,
    /// Columns that are hidden, from 0.
    pub hidden_columns: Vec<usize>,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
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
    pub fn start(input: Input, with_blocks: bool, options: ReadOptions) -> Result<(Self, Head), SheetError> {
        let (to, messages) = sync_channel(4);
        thread::Builder::new().name("sheet".to_owned()).spawn(move || {
            let last = match run(input, with_blocks, options, &to) {
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

/// The thread has ended without a word.
fn stopped() -> SheetError {
    SheetError::Broken("unreadable content".to_owned())
}

/// All the thread does.
fn run(mut input: Input, with_blocks: bool, options: ReadOptions, to: &SyncSender<Message>) -> Result<(), SheetError> {
    let most_rows = guard::check(&mut input, Limits::default())?;
    input.rewind()?;
    let mut book = Workbook::open(input)?;
    let mut visible = book.sheets.iter().filter(|sheet| sheet.visible).cloned();
    let entry = visible.next().ok_or(SheetError::NoWorksheet)?;
    let others = visible.map(|sheet| sheet.name).collect();
    let hidden_sheets = book.sheets.iter().filter(|sheet| !sheet.visible).map(|sheet| sheet.name.clone()).collect();
    let rows = if most_rows > options.max_rows { Some(count(&mut book, &entry, options.hidden)?) } else { None };
    let blocks = if with_blocks { blocks(&mut book, &entry)? } else { Vec::new() };
    let from_1904 = book.from_1904;
    let mut reader = RowReader::new(&mut book, &entry)?;
    let hidden_columns = std::mem::take(&mut reader.hidden_columns);
    let worksheet = entry.name.clone();
    let head = Head { worksheet, others, hidden_sheets, hidden_columns, from_1904, rows, blocks };
    if to.send(Message::Head(head)).is_err() {
        return Ok(());
    }
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
fn count(book: &mut Workbook<Input>, entry: &Entry, hidden: bool) -> Result<u64, SheetError> {
    let mut reader = RowReader::new(book, entry)?;
    let mut rows = 0;
    while let Some(row) = reader.next()? {
        let counts = hidden || !row.hidden;
        if counts && !row.cells.iter().all(RawCell::is_blank) && header::closing_line(&row.cells).is_none() {
            rows += 1;
        }
    }
    Ok(rows)
}

/// Merged blocks of more than one row, by column; what is merged over a whole column says nothing of rows.
fn blocks(book: &mut Workbook<Input>, entry: &Entry) -> Result<Vec<Merged>, SheetError> {
    let (mut xml, _) = book.worksheet(entry)?;
    let (mut blocks, mut buffer) = (Vec::new(), Vec::new());
    while blocks.len() < MOST_BLOCKS {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
            Event::Start(element) if element.local_name().as_ref() == "mergeCell" => {
                let Some(place) = attribute(&element, "ref") else { continue };
                let Some((from, to)) = place.split_once(':') else { continue };
                let Some(((Some(first), Some(column)), (Some(last), Some(_)))) = place_of(from).zip(place_of(to))
                else {
                    continue;
                };
                if last > first
                    && let Ok(column) = usize::try_from(column)
                {
                    blocks.push(Merged { column, first: first + 1, last: last + 1 });
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(blocks)
}

/// Puts the cells of a worksheet together to rows.
struct RowReader<'a> {
    xml: Xml<'a, Input>,
    meaning: Meaning<'a>,
    /// Columns that are hidden.
    hidden_columns: Vec<usize>,
    /// Whether rows that do not say so are hidden.
    hidden_unless_said: bool,
    /// The number of the last row, from 1.
    last: u64,
    buffer: Vec<u8>,
    ended: bool,
}

impl<'a> RowReader<'a> {
    /// Reads on to the cells.
    fn new(book: &'a mut Workbook<Input>, entry: &Entry) -> Result<Self, SheetError> {
        let (mut xml, meaning) = book.worksheet(entry)?;
        let (mut hidden_columns, mut hidden_unless_said, mut buffer) = (Vec::new(), false, Vec::new());
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "sheetData" => break,
                    "sheetFormatPr" => hidden_unless_said = is_true(attribute(&element, "zeroHeight").as_deref()),
                    "col" => hidden_columns.extend(hidden_in(&element)),
                    _ => {}
                },
                Event::Eof => return Err(SheetError::Broken("no cells".to_owned())),
                _ => {}
            }
        }
        Ok(Self { xml, meaning, hidden_columns, hidden_unless_said, last: 0, buffer, ended: false })
    }

    /// The next row with anything in it.
    fn next(&mut self) -> Result<Option<NumberedRow>, SheetError> {
        while !self.ended {
            self.buffer.clear();
            match self.xml.read_event_into(&mut self.buffer).map_err(|error| broken(&error))? {
                Event::Start(element) if element.local_name().as_ref() == "row" => {
                    let number = attribute(&element, "r").and_then(|number| number.parse::<u64>().ok());
                    let hidden = match attribute(&element, "hidden") {
                        Some(hidden) => is_true(Some(&hidden)),
                        None => {
                            let height = attribute(&element, "ht").and_then(|height| height.parse::<f64>().ok());
                            height.map_or(self.hidden_unless_said, |height| height <= 0.0)
                        }
                    };
                    let number = number.unwrap_or(self.last + 1);
                    if number <= self.last {
                        return Err(SheetError::Broken(format!("row {number} out of order")));
                    }
                    self.last = number;
                    let cells = self.cells()?;
                    if !cells.is_empty() {
                        return Ok(Some(NumberedRow { number, cells, stray_quote: None, hidden }));
                    }
                }
                Event::End(element) if element.local_name().as_ref() == "sheetData" => self.ended = true,
                Event::Eof => return Err(SheetError::Broken("the cells do not end".to_owned())),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The cells of the row that was begun.
    fn cells(&mut self) -> Result<Vec<RawCell>, SheetError> {
        let (mut cells, mut column) = (Vec::new(), 0);
        loop {
            self.buffer.clear();
            match self.xml.read_event_into(&mut self.buffer).map_err(|error| broken(&error))? {
                Event::Start(element) if element.local_name().as_ref() == "c" => {
                    let head = CellHead::of(&element);
                    column = head.column.unwrap_or(column);
                    let cell = self.cell(head)?;
                    if cell != RawCell::Empty && column < MOST_COLUMNS {
                        put(&mut cells, column, cell);
                    }
                    column = column.saturating_add(1);
                }
                Event::End(element) if element.local_name().as_ref() == "row" => return Ok(cells),
                Event::End(element) if element.local_name().as_ref() == "sheetData" => {
                    self.ended = true;
                    return Ok(cells);
                }
                Event::Eof => return Err(SheetError::Broken("a row does not end".to_owned())),
                _ => {}
            }
        }
    }

    /// The cell that was begun.
    fn cell(&mut self, head: CellHead) -> Result<RawCell, SheetError> {
        let (mut value, mut inline, mut formula, mut in_value) = (None::<String>, None, false, false);
        loop {
            self.buffer.clear();
            match self.xml.read_event_into(&mut self.buffer).map_err(|error| broken(&error))? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "v" => {
                        in_value = true;
                        value.get_or_insert_default();
                    }
                    "f" => formula = true,
                    "is" => inline = Some(text_of(&mut self.xml, "is")?),
                    _ => {}
                },
                Event::Text(text) if in_value => value.get_or_insert_default().push_str(&text.xml10_content()),
                Event::CData(text) if in_value => value.get_or_insert_default().push_str(&text.xml10_content()),
                Event::GeneralRef(entity) if in_value => push_entity(&entity, value.get_or_insert_default()),
                Event::End(element) => match element.local_name().as_ref() {
                    "v" => in_value = false,
                    "c" => break,
                    _ => {}
                },
                Event::Eof => return Err(SheetError::Broken("a cell does not end".to_owned())),
                _ => {}
            }
        }
        Ok(raw(head, value, inline, formula, self.meaning))
    }
}

/// The columns of a run that is hidden.
fn hidden_in(element: &BytesStart<'_>) -> std::ops::Range<usize> {
    let number = |name: &str| attribute(element, name).and_then(|number| number.parse::<f64>().ok());
    let hidden = is_true(attribute(element, "hidden").as_deref()) || number("width").is_some_and(|width| width <= 0.0);
    let at = |name: &str| attribute(element, name).and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
    let place = |number: u32| usize::try_from(number.min(MOST_COLUMNS)).unwrap_or(0);
    let (first, last) = (place(at("min").saturating_sub(1)), place(at("max")));
    if hidden { first..last } else { 0..0 }
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
