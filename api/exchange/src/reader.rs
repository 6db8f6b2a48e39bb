//! 读表 · a sheet of one kind, read block by block: rows that belong together, with what is wrong with each and what was
//! changed to take it.

use std::collections::{BTreeMap, HashSet};
use std::marker::PhantomData;
use std::path::Path;

use minzheng_ground::sheets::Kind;
use minzheng_ground::sheets::places::{TOWN, VILLAGE};
use minzheng_ground::sheets::row::SheetRow as _;
use minzheng_ground::sheets::survey::{GROUP_MOST, with_another};
use minzheng_kernel::{Failure, Kernel, Refusal, Text, UserErrorCode, Viewer};
use minzheng_sheet::{
    CellKind, Fields, Layout, RawCell, RawRow, ReadOptions, RowError, RowNote, Sheet, SheetError, SheetInfo, Skip, open,
};

use crate::import::sheet_lang;
use crate::keys::Keys;
use crate::places::{Places, with_names};
use crate::survey::Survey;

/// What sheet is to be read, and how.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file.
    pub path: &'a Path,
    /// What it is called.
    pub name: &'a str,
    /// Unknown headers are errors.
    pub strict: bool,
    /// Hidden rows and columns are read too.
    pub hidden: bool,
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
    keys: Keys,
    counted: Counted,
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

/// What a row says.
pub struct SaidRow<R> {
    /// In its form.
    pub row: R,
    /// What was changed to read it.
    pub notes: Vec<RowNote>,
    /// Headers whose cells are empty.
    pub empty: Vec<String>,
}

/// What the rows of a block say.
pub type Said<R> = Vec<SaidRow<R>>;

/// What there is in a sheet beside rows that say something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows that say something.
    pub rows: u64,
    /// Rows with nothing in them.
    pub blank: u64,
    /// Titles, totals, signatures, remarks, hidden rows.
    pub skipped: u64,
}

impl Counted {
    /// Rows in all.
    pub fn seen(&self) -> u64 {
        self.rows + self.blank + self.skipped
    }
}

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
        let once = K::layout().fill_down.into_iter().flat_map(|rule| rule.columns).collect();
        let (survey, keys, counted) = (Survey::default(), Keys::default(), Counted::default());
        let mut reader = Self { source, viewer, info, place, places, survey, keys, counted, once, kind: PhantomData };
        reader.look_through(sheet)?;
        Ok(reader)
    }

    /// Reads the whole sheet once before any row is taken: what breaks off is found while nothing of it stands, and so
    /// are rows that contradict each other.
    fn look_through(&mut self, mut sheet: Sheet) -> Result<(), SheetError> {
        let is_key: Vec<bool> =
            K::Row::columns().iter().map(|column| K::KEY.contains(&column.header.as_str())).collect();
        let mut keys = Keys::default();
        for row in sheet.by_ref() {
            let mut row = row?;
            let number = row.number;
            let standing = if K::SURVEYED { Some(K::standing(&row)) } else { None };
            let repeats = self.row(&mut row).is_ok_and(|said| {
                let cells = said.row.cells();
                let of_key = cells.iter().zip(&is_key).filter(|(_, is_key)| **is_key).map(|(cell, _)| cell);
                keys.note(number, of_key, &cells)
            });
            if let Some(standing) = standing.filter(|_| !repeats) {
                self.survey.note(number, standing);
            }
        }
        keys.settle();
        self.keys = keys;
        self.counted = Counted { rows: sheet.rows_read(), blank: sheet.blank().0, skipped: sheet.skipped_count() };
        Ok(())
    }

    /// What there is in the sheet.
    pub fn counted(&self) -> Counted {
        self.counted
    }

    /// The row which this one repeats in all that it says.
    pub fn repeats(&self, row: u64) -> Option<u64> {
        self.keys.repeats(row)
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
        for row in &block.rows {
            if let Some(error) = self.keys.check(row, K::KEY).filter(|_| !wrong.contains_key(&row.number)) {
                wrong.entry(row.number).or_default().push(error);
            }
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

    fn row(&self, row: &mut RawRow) -> Result<SaidRow<K::Row>, Vec<RowError>> {
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
        let empty = fields.empty().to_vec();
        match (fields.finish(), parsed, unplaced) {
            (Ok(notes), Some(row), None) => Ok(SaidRow { row, notes, empty }),
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
    let mut layout = match place_of::<K>() {
        Some(place) => with_names(K::layout(), &place),
        None => K::layout(),
    };
    layout.defaults.extend([TOWN, VILLAGE].map(str::to_owned));
    layout
}

fn start<K: Kind>(source: &Source<'_>) -> Result<Sheet, SheetError> {
    let reading = ReadOptions { strict: source.strict, hidden: source.hidden, ..ReadOptions::default() };
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
    hidden: bool,
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
        Ok(Self { sheet: start::<K>(source)?, hidden: source.hidden, first: None, failed: None, kind: PhantomData })
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
                Skip::Hidden => continue,
            };
            by_reason.entry(reason).or_default().push(row.number);
        }
        (self.sheet.skipped_count(), by_reason)
    }

    /// Whether hidden rows and columns are read.
    pub fn takes_hidden(&self) -> bool {
        self.hidden
    }

    /// Hidden rows so far, and rows with something in them that says nothing.
    pub fn unsaid(&self) -> (u64, &[u64]) {
        (self.sheet.hidden_count(), self.sheet.blank().1)
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
