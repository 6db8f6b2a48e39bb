//! 读表 · a sheet of one kind, read block by block: rows that belong together, with what is wrong with each and what was
//! changed to take it.

use std::collections::{BTreeMap, HashSet};
use std::marker::PhantomData;
use std::path::Path;

use minzheng_kernel::{Failure, Kernel, Refusal, Text, UserErrorCode, Viewer};

use super::Kind;
use super::import::sheet_lang;
use super::places::{Places, TOWN, VILLAGE, with_names};
use super::row::SheetRow as _;
use super::sheet::{
    CellKind, Fields, Layout, NoteCode, RawCell, RawRow, ReadOptions, RowError, RowNote, Sheet, SheetError, SheetInfo,
    Skip, open,
};
use super::survey::{GROUP_MOST, Survey, with_another};

/// Rows of a note that are named; further ones are counted.
const NAMED: usize = 5;
/// Notes of an import; further ones are counted.
const NOTES_MOST: usize = 100;

/// What sheet is to be read, and how.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file.
    pub path: &'a Path,
    /// What it is called.
    pub name: &'a str,
    /// Unknown headers are errors.
    pub strict: bool,
    /// The district in which names of towns and villages are looked for.
    pub district: Option<&'a str>,
}

/// Reads a sheet of kind `K`.
pub struct Reader<'a, K: Kind> {
    source: Source<'a>,
    viewer: &'a Viewer,
    info: SheetInfo,
    /// The header of the code for which names may stand.
    place: Option<String>,
    places: Option<Places>,
    survey: Survey,
    /// Headers of cells that are filled in once for several rows.
    once: HashSet<String>,
    kind: PhantomData<K>,
}

/// Why a sheet is not read at all.
pub enum Unreadable {
    /// The sheet is to blame.
    Sheet(SheetError),
    /// Something else.
    Failure(Failure),
}

impl From<SheetError> for Unreadable {
    fn from(error: SheetError) -> Self {
        Self::Sheet(error)
    }
}

/// What rows say, each with what was changed to read it.
pub type Said<R> = Vec<(R, Vec<RowNote>)>;

impl<'a, K: Kind> Reader<'a, K> {
    /// Opens the sheet, and looks through it where one row says something of another.
    pub async fn open(kernel: &Kernel, viewer: &'a Viewer, source: Source<'a>) -> Result<Self, Unreadable> {
        let place = place_of::<K>();
        let sheet = start::<K>(&source)?;
        let info = sheet.info().clone();
        let lacks = |header: &str| info.absent.iter().any(|absent| absent == header);
        let mut places = None;
        if let Some(place) = place.as_deref().filter(|_| !lacks(TOWN) || !lacks(VILLAGE)) {
            match source.district {
                Some(district) => {
                    let found = Places::load(kernel, viewer, district).await;
                    places = Some(found.map_err(|fault| Unreadable::Failure(fault.into()))?);
                }
                None if lacks(place) => {
                    let refusal = Refusal::new(UserErrorCode::InvalidValue, Text::of("district-unset")).at("file");
                    return Err(Unreadable::Failure(refusal.into()));
                }
                None => {}
            }
        }
        let mut survey = Survey::default();
        if K::SURVEYED {
            for row in sheet {
                let row = row?;
                survey.note(row.number, K::standing(&row));
            }
        }
        let once = K::layout().fill_down.into_iter().flat_map(|rule| rule.columns).collect();
        Ok(Self { source, viewer, info, place, places, survey, once, kind: PhantomData })
    }

    /// What was found out on opening.
    pub fn info(&self) -> &SheetInfo {
        &self.info
    }

    /// The columns of records that this sheet says nothing of.
    pub fn spared(&self) -> Vec<&'static str> {
        // Of a place that is named the sheet does say something, if not by its code.
        let named = self.place.as_ref().filter(|_| self.places.is_some());
        let silent = self.info.absent.iter().filter(|header| Some(*header) != named);
        silent.flat_map(|header| K::stored(header)).copied().collect()
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        start::<K>(&self.source).map_or(0, |rows| rows.map_while(Result::ok).count())
    }

    /// The rows, in blocks.
    pub fn blocks(&self) -> Result<Blocks<K>, SheetError> {
        Blocks::open(&self.source)
    }

    /// What the rows of a block say, or what is wrong with them. Of a group all rows are wrong if one is.
    pub fn read(&self, block: &mut Block) -> Result<Said<K::Row>, BTreeMap<u64, Vec<RowError>>> {
        let mut wrong: BTreeMap<u64, Vec<RowError>> = BTreeMap::new();
        for error in self.survey.check(&block.rows, block.group.as_deref()) {
            wrong.entry(error.row).or_default().push(error);
        }
        let mut said = Vec::with_capacity(block.rows.len());
        // What is wrong with a cell that is filled in once is told once.
        let mut told: HashSet<(Option<String>, String)> = HashSet::new();
        for row in &mut block.rows {
            match self.row(row) {
                Ok(row) => said.push(row),
                Err(mut errors) => {
                    errors.retain(|error| {
                        let again = !told.insert((error.column.clone(), error.code.clone()));
                        let above = |header: &str| {
                            row.was_filled(header) || (self.once.contains(header) && row.get(header).is_blank())
                        };
                        !again || !error.column.as_deref().is_some_and(above)
                    });
                    if !errors.is_empty() {
                        wrong.entry(row.number).or_default().extend(errors);
                    }
                }
            }
        }
        let Some(first) = wrong.keys().next().copied() else { return Ok(said) };
        for row in &block.rows {
            wrong.entry(row.number).or_insert_with(|| vec![with_another(row.number, first)]);
        }
        Err(wrong)
    }

    fn row(&self, row: &mut RawRow) -> Result<(K::Row, Vec<RowNote>), Vec<RowError>> {
        let mut unplaced = None;
        if let (Some(place), Some(places)) = (&self.place, &self.places) {
            unplaced = places.fill(row, place).err().map(|error| *error);
        }
        let mut fields = Fields::new(row, sheet_lang(self.viewer.lang));
        let mut parsed = K::Row::read(&mut fields);
        if let Some(row) = &mut parsed {
            if let Some(place @ None) = K::district(row) {
                *place = self.source.district.map(|district| format!("{district:0<12}"));
                if place.is_none() {
                    let text = "不知道属于哪个区 · it is not known whose row it is";
                    let remedy = "填写区划代码，或设 MINZHENG_DISTRICT · give the code, or set MINZHENG_DISTRICT";
                    fields.refuse(Some("区划代码"), "REQUIRED", text, remedy);
                }
            }
            K::check(row, self.viewer.today, &mut fields);
        }
        match (fields.finish(), parsed, unplaced) {
            (Ok(notes), Some(parsed), None) => Ok((parsed, notes)),
            (read, _, unplaced) => {
                let mut errors = read.err().unwrap_or_default();
                if let Some(error) = unplaced {
                    // That the code is missing is no news then.
                    errors.retain(|other| other.code != "REQUIRED" || other.column != self.place);
                    errors.push(error);
                }
                Err(errors)
            }
        }
    }
}

/// The header of the code for which names of town and village may stand.
fn place_of<K: Kind>() -> Option<String> {
    let column = K::Row::columns().into_iter().find(|column| column.kind == CellKind::Place);
    column.filter(|_| K::NAMES).map(|column| column.header)
}

/// The layout against which a sheet is read: beside the headers that are told, names may stand for the place.
pub fn layout<K: Kind>() -> Layout {
    match place_of::<K>() {
        Some(place) => with_names(K::layout(), &place),
        None => K::layout(),
    }
}

fn start<K: Kind>(source: &Source<'_>) -> Result<Sheet, SheetError> {
    let reading = ReadOptions { strict: source.strict, ..ReadOptions::default() };
    open(source.path, source.name, &layout::<K>(), &reading)
}

/// Rows that belong together: those of a group, or one.
pub struct Block {
    /// The rows.
    pub rows: Vec<RawRow>,
    /// Their group.
    pub group: Option<String>,
}

/// The rows of a sheet in blocks. Ends after the first error.
pub struct Blocks<K> {
    sheet: Sheet,
    first: Option<(RawRow, Option<String>)>,
    failed: Option<SheetError>,
    kind: PhantomData<K>,
}

impl Block {
    /// Empties the cells that were filled from the rows above in the block, as the clerk left them.
    pub fn unfill(&mut self) {
        for row in self.rows.iter_mut().skip(1) {
            for at in std::mem::take(&mut row.filled) {
                if let Some(cell) = row.cells.get_mut(at) {
                    *cell = RawCell::Empty;
                }
            }
        }
    }
}

impl<K: Kind> Blocks<K> {
    /// Opens a sheet.
    pub fn open(source: &Source<'_>) -> Result<Self, SheetError> {
        Ok(Self { sheet: start::<K>(source)?, first: None, failed: None, kind: PhantomData })
    }

    /// What was found out on opening.
    pub fn info(&self) -> &SheetInfo {
        self.sheet.info()
    }

    /// What was left out so far: how many rows, and why.
    pub fn skipped(&self) -> (u64, BTreeMap<&'static str, Vec<u64>>) {
        let mut by_reason: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
        for row in self.sheet.skipped() {
            let reason = match row.reason {
                Skip::Title => "表题 · titles",
                Skip::RepeatedHeader => "重复的表头 · repeated headers",
                Skip::Total => "合计 · totals",
                Skip::Signature => "制表、审核 · signatures",
                Skip::Remark => "备注 · remarks",
            };
            by_reason.entry(reason).or_default().push(row.number);
        }
        (self.sheet.skipped_count(), by_reason)
    }

    fn next_row(&mut self) -> Option<Result<(RawRow, Option<String>), SheetError>> {
        Some(self.sheet.next()?.map(|row| {
            let group = if K::SURVEYED { K::standing(&row).group } else { None };
            (row, group)
        }))
    }
}

impl<K: Kind> Iterator for Blocks<K> {
    type Item = Result<Block, SheetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let (row, group) = match self.first.take() {
            Some(first) => first,
            None => match self.next_row()? {
                Ok(first) => first,
                Err(error) => return Some(Err(error)),
            },
        };
        let mut rows = vec![row];
        while group.is_some() && rows.len() <= GROUP_MOST {
            match self.next_row() {
                Some(Ok((row, other))) if other == group => rows.push(row),
                Some(Ok(other)) => {
                    self.first = Some(other);
                    break;
                }
                Some(Err(error)) => {
                    self.failed = Some(error);
                    break;
                }
                None => break,
            }
        }
        Some(Ok(Block { rows, group }))
    }
}

/// What was changed to take the rows of a sheet, and what was left out of it, told in a bounded number of lines in both
/// languages. Values are not repeated: they may be somebody's.
#[derive(Default)]
pub struct Notes {
    changed: BTreeMap<(String, &'static str), (NoteCode, u64, Vec<u64>)>,
    others: Vec<String>,
    more: usize,
}

impl Notes {
    /// What was changed in cells.
    pub fn cells(&mut self, notes: Vec<RowNote>) {
        for note in notes {
            // Cells of a household that stand in its first row are no news: one line for all of them.
            let column = if note.code == NoteCode::FilledDown { String::new() } else { note.column };
            let of = self.changed.entry((column, note.code.as_str())).or_insert((note.code, 0, Vec::new()));
            if note.code == NoteCode::FilledDown && of.2.last() == Some(&note.row) {
                continue;
            }
            of.1 += 1;
            if of.2.len() < NAMED || note.code == NoteCode::FilledDown {
                of.2.truncate(NAMED);
                of.2.push(note.row);
            }
        }
    }

    /// Another line.
    pub fn line(&mut self, line: String) {
        if self.others.len() < NOTES_MOST {
            self.others.push(line);
        } else {
            self.more += 1;
        }
    }

    /// Headers and rows that were left out.
    pub fn left_out<K: Kind>(&mut self, info: &SheetInfo, blocks: &Blocks<K>) {
        if !info.unknown.is_empty() {
            let zh = info.unknown.join("、");
            let en = info.unknown.join(", ");
            self.line(format!("未识别的表头，未读入：{zh} · unknown headers, left out: {en}"));
        }
        if !info.other_worksheets.is_empty() {
            let zh = info.other_worksheets.join("、");
            let en = info.other_worksheets.join(", ");
            self.line(format!("只读第一张工作表，未读：{zh} · only the first worksheet is read, not: {en}"));
        }
        let (count, by_reason) = blocks.skipped();
        for (reason, rows) in by_reason {
            let (zh, en) = reason.split_once(" · ").unwrap_or((reason, reason));
            let rows = named(&rows, rows.len() as u64);
            self.line(format!("跳过的行（{zh}）：第 {} 行 · rows left out ({en}): {}", rows.0, rows.1));
        }
        if count > 1_000 {
            self.line(format!("共跳过 {count} 行 · {count} rows were left out"));
        }
    }

    /// The lines.
    pub fn lines(self) -> Vec<String> {
        use super::sheet::Lang::{En, Zh};
        let mut lines = Vec::with_capacity(self.changed.len() + self.others.len());
        for ((column, _), (code, count, rows)) in self.changed {
            let (zh, en) = named(&rows, count);
            if column.is_empty() {
                lines.push(format!(
                    "留空的单元格取自上面的行：第 {zh} 行 · empty cells taken from the rows above: rows {en}"
                ));
                continue;
            }
            lines.push(format!(
                "“{column}”{}：第 {zh} 行 · {column}, {}: rows {en}",
                code.message(Zh),
                code.message(En)
            ));
        }
        lines.extend(self.others);
        if self.more > 0 {
            lines.push(format!("另有 {0} 条提示 · {0} more notes", self.more));
        }
        lines
    }
}

/// The first numbers of rows, and how many there are if more.
fn named(rows: &[u64], count: u64) -> (String, String) {
    let first: Vec<String> = rows.iter().take(NAMED).map(ToString::to_string).collect();
    let (zh, en) = (first.join("、"), first.join(", "));
    if count > first.len() as u64 {
        (format!("{zh} 等共 {count}"), format!("{en} and so on, {count} in all"))
    } else {
        (zh, en)
    }
}
