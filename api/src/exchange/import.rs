//! 导入 · the machine that takes a sheet in (templates, design §7): tolerant reading, row errors that
//! name column, value and remedy, valid rows accepted, the same rows again change nothing, undo.
//!
//! A kind of sheet says how a row reads ([`Kind::Row`]) and what it becomes ([`Kind::apply`]); a few
//! hundred rows are one command with one journal entry.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use entity::Aggregate;
use entity::exchange::{import, import_error};
use entity::kernel::journal_entry;
use minzheng_kernel::commands::{self, Command, Rehearsal, Sent};
use minzheng_kernel::error::is_duplicate;
use minzheng_kernel::jobs::{self, Progress};
use minzheng_kernel::journal::{Body, ChangeKind, RowChange};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Fault, Kernel, Lang, Level, Refusal, Text, UserErrorCode, Viewer, Work};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{
    ColumnTrait as _, IntoActiveModel, ModelTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::reader::{Block, Blocks, Notes, Reader, Source, Unreadable};
use super::row::SheetRow;
use super::sheet::{
    CellKind, Column, Fields, Format, Layout, MendSheet, OutCell, RawRow, RowError, SheetError, SheetInfo, SheetWriter,
};
use super::survey::{Standing, with_another};
use crate::registry::person::own_salt;

/// Rows of one command.
const CHUNK: usize = 600;
/// Refused rows that wait for one command at most.
const REFUSED_AT_ONCE: usize = 1_000;
/// Rows rehearsed as one, each seeing those before it. A rehearsal holds its locks until the end, on SQLite the one
/// writer, so that larger sheets are rehearsed in parts.
const REHEARSED_AS_ONE: i64 = 20_000;

/// A row that could be read, with its number in the sheet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Numbered<R> {
    /// Row number as the clerk sees it.
    pub number: u64,
    /// What it says.
    pub row: R,
}

/// Why a row that could be read is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRefusal {
    /// Row number as the clerk sees it.
    pub number: u64,
    /// Header of the cell.
    pub column: String,
    /// What the cell says.
    pub value: String,
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// What became of some rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// New rows.
    pub created: u64,
    /// Corrected rows.
    pub changed: u64,
    /// Rows that say what was known.
    pub unchanged: u64,
    /// Rows that are not taken.
    pub refused: Vec<RowRefusal>,
    /// Numbers of the rows that made or changed something.
    pub touched: BTreeSet<u64>,
    /// What else there is to say, in both languages and without anybody's data in full.
    pub notes: Vec<String>,
}

impl Taken {
    /// Names a row that is not taken.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    pub fn refuse(
        &mut self,
        number: u64,
        column: &str,
        value: impl std::fmt::Display,
        code: &str,
        message: &str,
        remedy: &str,
    ) {
        self.refused.push(RowRefusal {
            number,
            column: column.to_owned(),
            value: format!("{value}"),
            code: code.to_owned(),
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// Names a row whose cell points at something that is not there.
    #[allow(clippy::needless_pass_by_value)]
    pub fn missing(&mut self, number: u64, column: &str, value: impl std::fmt::Display, remedy: &str) {
        self.refuse(number, column, value, "NOT_FOUND", "找不到 · there is none", remedy);
    }

    /// Adds what became of other rows.
    pub fn add(&mut self, other: Self) {
        self.created += other.created;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.refused.extend(other.refused);
        self.touched.extend(other.touched);
        self.notes.extend(other.notes);
    }

    /// The rows that are not refused, nor belong to one that is; the latter are refused too.
    pub fn whole<K: Kind>(&mut self, rows: Vec<Numbered<K::Row>>) -> Vec<Numbered<K::Row>> {
        let bad: HashSet<u64> = self.refused.iter().map(|refusal| refusal.number).collect();
        if bad.is_empty() {
            return rows;
        }
        let mut good = Vec::with_capacity(rows.len());
        for group in rows.chunk_by(|a, b| K::together(&a.row, &b.row)) {
            match group.iter().find(|row| bad.contains(&row.number)) {
                Some(first) => {
                    let others = group.iter().filter(|row| !bad.contains(&row.number));
                    self.refused.extend(others.map(|row| RowRefusal::of(&with_another(row.number, first.number))));
                }
                None => good.extend_from_slice(group),
            }
        }
        good
    }
}

/// One kind of sheet.
#[async_trait::async_trait]
pub trait Kind: Send + Sync + 'static {
    /// The name on the command line, `payments`.
    const NAME: &'static str;
    /// The command its rows run as, `recordPayment`.
    const COMMAND: &'static str;
    /// Whether names of town and village may stand for the code of a row's place, its first column of that sort.
    const NAMES: bool = true;
    /// Whether a row says something of others, so that the sheet is looked through before any row is taken.
    const SURVEYED: bool = false;
    /// Headers of what the clerk is given back beside accepted rows: numbers that were made, one-time passwords.
    const GIVES: &'static [&'static str] = &[];
    /// Whether that may be kept as a file beside the import.
    const KEEPS_GIVEN: bool = false;
    /// Whether its rows are written as a sheet too; what a sheet of several kinds makes is written as those.
    const EXPORTS: bool = true;
    /// What a row says.
    type Row: SheetRow + Clone + Serialize + DeserializeOwned + Send + Sync;

    /// The headers, and cells that are filled in once for several rows.
    fn layout() -> Layout {
        Layout::new(Self::Row::columns())
    }
    /// Looks at a row by itself: dates in order, numbers that can be. What is wrong is told through the fields.
    fn check(_row: &mut Self::Row, _today: NaiveDate, _fields: &mut Fields<'_>) {}
    /// The division that a row names as its place: only who may record there may say it.
    fn place(_row: &Self::Row) -> Option<&str> {
        None
    }
    /// Where a row says its place that lies in no village: left out, it is the district served.
    fn district(_row: &mut Self::Row) -> Option<&mut Option<String>> {
        None
    }
    /// Takes rows in. Rows that cannot be are named in the outcome and leave nothing behind.
    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<Self::Row>>) -> Result<Taken, Failure>;
    /// How a row stands to the others of its sheet, as it lies in the file.
    fn standing(_row: &RawRow) -> Standing {
        Standing::default()
    }
    /// Whether two rows, one below the other, are taken together or not at all.
    fn together(_one: &Self::Row, _next: &Self::Row) -> bool {
        false
    }
    /// The cells under [`Kind::GIVES`] of accepted rows, by row number; passwords are good for so many days. Asked only
    /// where there is an outcome sheet to write them into.
    async fn give_back(
        _kernel: &Kernel,
        _viewer: &Viewer,
        _rows: &[Numbered<Self::Row>],
        _days: i64,
    ) -> Result<GivenBack, Failure> {
        Ok(GivenBack::default())
    }
    /// A page of live rows after an id, as sheets say them, and where the next page begins. Rows with cells done by
    /// hand say how.
    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<Self::Row>, Fault> {
        Self::Row::export(kernel, viewer, after).await
    }
}

/// A page of rows on their way out.
pub struct Exported<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// The id after which the next page begins; `None`: this is the last.
    pub next: Option<i64>,
}

/// Rows of one page of an export.
const EXPORT_PAGE: u64 = 1_000;

/// The next live rows in the viewer's scope, by id; only those shown in full, since a masked sheet would be taken
/// for the real one.
pub async fn export_page<E: Aggregate>(
    kernel: &Kernel,
    viewer: &Viewer,
    after: i64,
) -> Result<(Vec<E::Model>, Option<i64>), Fault> {
    let rows = viewer
        .select::<E>()
        .filter(E::id_column().gt(after))
        .order_by_asc(E::id_column())
        .limit(EXPORT_PAGE)
        .all(kernel.db.read())
        .await?;
    let next = rows.last().map(E::id).filter(|_| rows.len() as u64 == EXPORT_PAGE);
    Ok((rows.into_iter().filter(|row| viewer.level::<E>(row) == Level::Full).collect(), next))
}

/// Records as rows. That they were read is noted where something in them is personal: of whose they are, or else of
/// the records themselves.
pub fn exported<E: Aggregate, R>(
    viewer: &Viewer,
    models: &[E::Model],
    next: Option<i64>,
    told: impl Fn(&E::Model) -> Result<Option<R>, Fault>,
) -> Result<Exported<R>, Fault> {
    let mut rows = Vec::with_capacity(models.len());
    for model in models {
        let Some(row) = told(model)? else { continue };
        if !E::personal().is_empty() {
            viewer.note_read(E::person(model).unwrap_or(E::id(model)), "export");
        }
        rows.push(row);
    }
    Ok(Exported { rows, next })
}

/// A page of an export whose rows are told from the records alone.
pub async fn export_told<E: Aggregate, R>(
    kernel: &Kernel,
    viewer: &Viewer,
    after: i64,
    told: impl Fn(&E::Model) -> Option<R>,
) -> Result<Exported<R>, Fault> {
    let (models, next) = export_page::<E>(kernel, viewer, after).await?;
    exported::<E, _>(viewer, &models, next, |model| Ok(told(model)))
}

/// Writes all rows of a kind that the viewer may see in full; gives how many. What was read of persons is recorded.
pub async fn give<K: Kind>(kernel: &Kernel, viewer: &Viewer, path: &Path, progress: &Progress) -> Result<u64, Fault> {
    let format = Format::of_file_name(&path.to_string_lossy());
    let mut sheet = SheetWriter::create(path, format, &K::layout().columns).map_err(Fault::internal)?;
    let mut after = 0;
    loop {
        let Exported { rows, next } = K::export(kernel, viewer, after).await?;
        minzheng_kernel::work::record_reads(kernel, viewer).await?;
        for row in &rows {
            sheet.row(row.cells()).map_err(Fault::internal)?;
        }
        progress.done(i64::try_from(sheet.rows_written()).unwrap_or(i64::MAX));
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let written = sheet.rows_written();
    sheet.finish().map_err(Fault::internal)?;
    Ok(written)
}

/// What is given back, by row number: the cells under [`Kind::GIVES`].
pub type GivenBack = BTreeMap<u64, Vec<String>>;

/// The command of a chunk of rows: what they become, what is wrong with them, and how far the import came, in one.
#[derive(Serialize)]
#[serde(bound = "")]
struct Record<K: Kind> {
    import: i64,
    rows: Vec<Numbered<K::Row>>,
    /// Rows before and among these that could not be read.
    wrong: Vec<RowRefusal>,
    /// Number of the last row that is dealt with then; `None`: a rehearsal.
    upto: Option<u64>,
}

impl<K: Kind> Clone for Record<K> {
    fn clone(&self) -> Self {
        Self { import: self.import, rows: self.rows.clone(), wrong: self.wrong.clone(), upto: self.upto }
    }
}

#[async_trait::async_trait]
impl<K: Kind> Command for Record<K> {
    const NAME: &'static str = K::COMMAND;
    type Output = Taken;

    async fn execute(self, work: &mut Work<'_>) -> Result<Taken, Failure> {
        // Held to the end: an import that was taken back meanwhile takes no further row.
        let import = match self.upto {
            Some(_) => Some(still_open(work, self.import).await?),
            None => None,
        };
        let read = self.rows.len();
        let mut refused = Taken::default();
        for row in &self.rows {
            if let Some(place) = K::place(&row.row).filter(|place| !work.viewer.may_in(K::COMMAND, place)) {
                let text = "不在您的区划范围内 · outside your divisions";
                let remedy =
                    "由该区划的账户导入，或核对区划代码 · let an account of that division import it, or check the code";
                refused.refuse(row.number, "区划代码", place, "OUT_OF_SCOPE", text, remedy);
            }
        }
        let rows = refused.whole::<K>(self.rows);
        let mut taken = if rows.is_empty() { Taken::default() } else { K::apply(work, rows).await? };
        taken.add(refused);
        if let (Some(import), Some(upto)) = (import, self.upto) {
            let unread = distinct(&self.wrong);
            let all = unread + distinct(&taken.refused);
            if usize::try_from(import.row().refused).is_ok_and(|refused| refused < REFUSED_KEPT) {
                let wrong = self.wrong.iter().chain(&taken.refused);
                keep_wrong(work, import.row(), wrong).await?;
            }
            let plus = |kept: &mut i64, more: u64| *kept += i64::try_from(more).unwrap_or(0);
            work.update::<import::Entity>(import, |import| {
                plus(&mut import.created, taken.created);
                plus(&mut import.changed, taken.changed);
                plus(&mut import.unchanged, taken.unchanged);
                plus(&mut import.refused, all);
                plus(&mut import.total, unread + read as u64);
                import.resume_row = i64::try_from(upto).ok();
            })
            .await?;
        }
        Ok(taken)
    }
}

/// How many rows are named.
fn distinct(wrong: &[RowRefusal]) -> u64 {
    wrong.iter().map(|wrong| wrong.number).collect::<HashSet<_>>().len() as u64
}

/// An import that takes rows, locked.
async fn still_open(work: &Work<'_>, id: i64) -> Result<minzheng_kernel::Checked<import::Entity>, Failure> {
    let mut select = work.everywhere::<import::Entity>().filter(import::Column::Id.eq(id));
    if !work.kernel.db.is_sqlite() {
        select = select.lock_exclusive();
    }
    let row = select.one(work.tx()).await?.ok_or_else(|| Refusal::not_found("id"))?;
    if row.state != "UPLOADED" {
        let text =
            Text::of("wrong-state").with("state", &row.state).with("command", "importSheet").with("allowed", "—");
        return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
    }
    Ok(work.checked::<import::Entity>(row))
}

/// Keeps what is wrong with rows, the cells sealed.
async fn keep_wrong(
    work: &mut Work<'_>,
    import: &import::Model,
    wrong: impl Iterator<Item = &RowRefusal>,
) -> Result<(), Failure> {
    let wrong: Vec<&RowRefusal> = wrong.collect();
    for wrong in wrong.chunks(CHUNK) {
        let first = work.ids(wrong.len()).await?;
        let mut rows = Vec::with_capacity(wrong.len());
        for (id, wrong) in (first..).zip(wrong) {
            let value = match &import.key_salt {
                Some(salt) if !wrong.value.is_empty() => {
                    Some(work.kernel.keys.seal(salt, "import_error.value", &wrong.value)?)
                }
                _ => None,
            };
            rows.push(import_error::Model {
                id,
                import_id: import.id,
                row_number: i64::try_from(wrong.number).unwrap_or(i64::MAX),
                column_name: Some(wrong.column.clone()).filter(|column| !column.is_empty()),
                value,
                code: wrong.code.clone(),
                message: wrong.message.clone(),
                remedy: wrong.remedy.clone(),
                version: 1,
                voided: false,
            });
        }
        work.insert_many::<import_error::Entity>(rows).await?;
    }
    Ok(())
}

/// How an import is wanted.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Rehearse: tell everything, change nothing.
    pub dry_run: bool,
    /// Unknown headers are errors.
    pub strict: bool,
    /// The district in which names of towns and villages are looked for.
    pub district: Option<String>,
    /// An import that was begun before, to go on with behind the last row it dealt with.
    pub import: Option<i64>,
    /// The name the file came with; left out: that of the path.
    pub name: Option<String>,
    /// The place of who sends it.
    pub division: Option<String>,
    /// Where it is told how far it is.
    pub progress: Arc<Progress>,
}

/// The outcome of an import.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its number.
    pub id: i64,
    /// `ACCEPTED`, `PARTLY_ACCEPTED`, `REFUSED`, `VALIDATED` (a rehearsal).
    pub state: &'static str,
    /// New rows.
    pub created: u64,
    /// Corrected rows.
    pub changed: u64,
    /// Rows that say what was known.
    pub unchanged: u64,
    /// How many rows are not taken.
    pub refused: u64,
    /// The sheet as it was read.
    #[serde(skip)]
    pub info: SheetInfo,
    /// What else there is to say of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The refused rows in the order of the sheet, with what is wrong with each; of an import gone on with, those
    /// since then.
    #[serde(skip)]
    pub wrong: Vec<(RawRow, Vec<RowError>)>,
}

impl Outcome {
    /// Writes the sheet to mend and send again: the refused rows with the reasons beside them.
    pub fn write_mend_sheet(&self, path: &Path) -> Result<(), Fault> {
        let file = std::fs::File::create(path)?;
        let format = Format::of_file_name(&path.to_string_lossy());
        let mut sheet = MendSheet::with_format(file, &self.info, format).map_err(Fault::internal)?;
        for (row, errors) in &self.wrong {
            sheet.add(row, errors).map_err(Fault::internal)?;
        }
        sheet.finish().map_err(Fault::internal)?;
        Ok(())
    }
}

/// Refused rows whose errors are kept for the sheet to mend; further ones are counted.
const REFUSED_KEPT: usize = 50_000;
/// Errors that a rehearsal keeps.
const REHEARSED_KEPT: usize = 5_000;

/// A sheet on its way in.
struct Intake<'a, K: Kind> {
    kernel: &'a Kernel,
    viewer: &'a Viewer,
    reader: &'a Reader<'a, K>,
    import: i64,
    dry_run: bool,
    /// The transaction of a rehearsal, until it has grown too large.
    rehearsal: Option<Rehearsal<'a>>,
    progress: &'a Progress,
    /// Rows up to this one were dealt with before.
    resume: u64,
    /// The last row that was read.
    last: u64,
    chunk: Vec<Numbered<K::Row>>,
    /// The chunk's rows as they stand in the file.
    raw: Vec<RawRow>,
    /// What is wrong with rows that could not be read, not yet committed.
    unread: Vec<RowRefusal>,
    total: i64,
    taken: Taken,
    refused: u64,
    notes: Notes,
    /// By row number: the row and what is wrong with it.
    wrong: BTreeMap<u64, (RawRow, Vec<RowError>)>,
}

impl<K: Kind> Intake<'_, K> {
    fn refuse(&mut self, row: RawRow, errors: Vec<RowError>) {
        if let Some((_, known)) = self.wrong.get_mut(&row.number) {
            known.extend(errors);
            return;
        }
        self.refused += 1;
        if self.wrong.len() < REFUSED_KEPT {
            self.wrong.insert(row.number, (row, errors));
        }
    }

    async fn block(&mut self, mut block: Block) -> Result<(), Failure> {
        let Some(last) = block.rows.last().map(|row| row.number).filter(|last| *last > self.resume) else {
            return Ok(());
        };
        self.total += i64::try_from(block.rows.len()).unwrap_or(0);
        self.last = last;
        let read = self.reader.read(&mut block);
        block.unfill();
        match read {
            Ok(said) => {
                for (raw, (row, notes)) in block.rows.into_iter().zip(said) {
                    self.notes.cells(notes);
                    self.chunk.push(Numbered { number: raw.number, row });
                    self.raw.push(raw);
                }
            }
            Err(mut wrong) => {
                for row in block.rows {
                    let errors = wrong.remove(&row.number).unwrap_or_default();
                    if errors.is_empty() {
                        return Err(Fault::internal(format!("{}: a row was refused without a reason", K::NAME)).into());
                    }
                    self.unread.extend(errors.iter().map(RowRefusal::of));
                    self.refuse(row, errors);
                }
            }
        }
        if self.chunk.len() >= CHUNK || self.unread.len() >= REFUSED_AT_ONCE { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        if self.chunk.is_empty() && self.unread.is_empty() {
            return Ok(());
        }
        if self.total > REHEARSED_AS_ONE
            && let Some(rehearsal) = self.rehearsal.take()
        {
            rehearsal.end().await?;
        }
        let rows = std::mem::take(&mut self.chunk);
        let raw = std::mem::take(&mut self.raw);
        let mut taken = self.record(rows).await?;
        for refusal in std::mem::take(&mut taken.refused) {
            let Some(row) = raw.iter().find(|row| row.number == refusal.number) else { continue };
            self.refuse(row.clone(), vec![refusal.into_error()]);
        }
        for note in std::mem::take(&mut taken.notes) {
            self.notes.line(note);
        }
        taken.touched.clear();
        self.taken.add(taken);
        self.progress.done(self.total);
        Ok(())
    }

    /// Runs rows as one command; where the database refuses the whole for one row's sake, in halves.
    async fn record(&mut self, rows: Vec<Numbered<K::Row>>) -> Result<Taken, Failure> {
        let mut waiting = vec![(rows, self.last)];
        let mut taken = Taken::default();
        while let Some((mut rows, upto)) = waiting.pop() {
            match self.record_part(rows.clone(), upto).await {
                Ok(part) => taken.add(part),
                Err(Failure::Fault(Fault::Database(error))) if is_duplicate(&error) => {
                    let Some(half) = half::<K>(&rows) else {
                        let refusals = rows.iter().map(|row| RowRefusal {
                            number: row.number,
                            column: String::new(),
                            value: String::new(),
                            code: "DUPLICATE".to_owned(),
                            message: Text::of("row-duplicate").say(self.viewer.lang),
                            remedy: Text::of("row-duplicate-remedy").say(self.viewer.lang),
                        });
                        let refusals: Vec<RowRefusal> = refusals.collect();
                        self.unread.extend_from_slice(&refusals);
                        taken.add(self.record_part(Vec::new(), upto).await?);
                        taken.refused.extend(refusals);
                        continue;
                    };
                    // The second half waits under the first, so that the order of the sheet is kept.
                    let second = rows.split_off(half);
                    let middle = rows.last().map_or(0, |row| row.number);
                    waiting.push((second, upto));
                    waiting.push((rows, middle));
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(taken)
    }

    async fn record_part(&mut self, rows: Vec<Numbered<K::Row>>, upto: u64) -> Result<Taken, Failure> {
        let wrong: Vec<RowRefusal> = self.unread.iter().filter(|wrong| wrong.number <= upto).cloned().collect();
        let upto = (!self.dry_run).then_some(upto);
        let command = Record::<K> { import: self.import, rows, wrong, upto };
        let done = match (&mut self.rehearsal, self.dry_run) {
            (Some(rehearsal), _) => rehearsal.run(command).await?,
            (None, true) => commands::rehearse(self.kernel, self.viewer, command).await?,
            (None, false) => commands::run(self.kernel, self.viewer, command, &Sent::default()).await?,
        };
        self.unread.retain(|wrong| upto.is_some_and(|upto| wrong.number > upto));
        Ok(done)
    }
}

/// Where rows can be parted next to their middle; `None`: nowhere.
fn half<K: Kind>(rows: &[Numbered<K::Row>]) -> Option<usize> {
    let middle = rows.len() / 2;
    let parted = |at: &usize| {
        let pair = rows.get(at.wrapping_sub(1)).zip(rows.get(*at));
        pair.is_some_and(|(before, after)| !K::together(&before.row, &after.row))
    };
    (middle..rows.len()).find(parted).or_else(|| (1..middle).rev().find(parted))
}

impl RowRefusal {
    fn of(error: &RowError) -> Self {
        Self {
            number: error.row,
            column: error.column.clone().unwrap_or_default(),
            value: error.value.clone().unwrap_or_default(),
            code: error.code.clone(),
            message: error.message.clone(),
            remedy: error.remedy.clone(),
        }
    }

    fn into_error(self) -> RowError {
        RowError {
            row: self.number,
            column: Some(self.column).filter(|column| !column.is_empty()),
            value: Some(self.value).filter(|value| !value.is_empty()),
            code: self.code,
            message: self.message,
            remedy: self.remedy,
        }
    }
}

/// What is wrong with a sheet as a whole.
pub fn unreadable(error: &SheetError, lang: Lang) -> Refusal {
    let lang = sheet_lang(lang);
    let text = Text::of("sheet").with("message", error.message(lang)).with("remedy", error.remedy(lang));
    Refusal::new(UserErrorCode::InvalidValue, text).at("file")
}

/// Takes a sheet of kind `K` in.
pub async fn take<K: Kind>(
    kernel: &Kernel,
    viewer: &Viewer,
    path: &Path,
    options: Options,
) -> Result<Outcome, Failure> {
    let Options { dry_run, strict, import, name, division, district, progress } = options;
    let path_name = || path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.unwrap_or_else(path_name);
    let nothing = |id| Finish { id, state: "REFUSED".to_owned(), counts: None, notes: Vec::new(), wrong: Vec::new() };
    let source = Source { path, name: &name, strict, district: district.as_deref() };
    let opened = match Reader::<K>::open(kernel, viewer, source).await {
        Ok(reader) => reader.blocks().map(|blocks| (reader, blocks)).map_err(Unreadable::Sheet),
        Err(wrong) => Err(wrong),
    };
    let (reader, mut blocks) = match opened {
        Ok(opened) => opened,
        Err(wrong) => {
            let failure = match wrong {
                Unreadable::Sheet(error) => unreadable(&error, viewer.lang).into(),
                Unreadable::Failure(failure) => failure,
            };
            if let (Some(id), Failure::Refused(_)) = (import, &failure) {
                commands::run(kernel, viewer, nothing(id), &Sent::default()).await?;
            }
            return Err(failure);
        }
    };
    let info = reader.info().clone();
    let id = match import {
        Some(id) => {
            // Counted first, so that its progress can be told.
            progress.total(i64::try_from(reader.count()).unwrap_or(0));
            id
        }
        None => {
            let file_hash = file_hash(path)?;
            let begin = Begin { kind: K::NAME.to_owned(), file_name: name.clone(), file_hash, dry_run, division };
            commands::run(kernel, viewer, begin, &Sent::default()).await?
        }
    };
    let known = viewer.parts::<import::Entity>(import::Column::Id, [id]).one(kernel.db.read()).await?;
    let known = known.ok_or_else(|| Refusal::not_found("id"))?;
    let count = |kept: i64| u64::try_from(kept).unwrap_or(0);
    let job = viewer.for_job(format!("import:{id}"));
    let mut intake = Intake::<K> {
        kernel,
        viewer: &job,
        reader: &reader,
        import: id,
        dry_run,
        rehearsal: if dry_run { Some(Rehearsal::begin(kernel, &job).await?) } else { None },
        progress: &progress,
        resume: known.resume_row.map_or(0, count),
        last: 0,
        chunk: Vec::with_capacity(CHUNK),
        raw: Vec::with_capacity(CHUNK),
        unread: Vec::new(),
        total: known.total,
        taken: Taken {
            created: count(known.created),
            changed: count(known.changed),
            unchanged: count(known.unchanged),
            ..Taken::default()
        },
        refused: count(known.refused),
        notes: Notes::default(),
        wrong: BTreeMap::new(),
    };
    // A file that breaks off ends the import, not what was taken before: it is closed, and can be undone.
    let mut broken = None;
    for block in blocks.by_ref() {
        match block {
            Ok(block) => intake.block(block).await?,
            Err(error) => {
                broken = Some(unreadable(&error, viewer.lang));
                break;
            }
        }
    }
    intake.flush().await?;
    let Intake { total, taken, refused, wrong, rehearsal, mut notes, .. } = intake;
    notes.left_out(&info, &blocks);
    match rehearsal {
        Some(rehearsal) => rehearsal.end().await?,
        None if dry_run => {
            let text = Text::of("rehearsed-in-parts").with("rows", REHEARSED_AS_ONE);
            notes.line(format!("{} · {}", text.say(Lang::Zh), text.say(Lang::En)));
        }
        None => {}
    }
    let notes = notes.lines();
    let accepted = taken.created + taken.changed + taken.unchanged;
    let state = match (dry_run, accepted, refused, &broken) {
        (true, ..) => "VALIDATED",
        (_, _, 0, None) => "ACCEPTED",
        (_, 0, ..) => "REFUSED",
        _ => "PARTLY_ACCEPTED",
    };
    let counts = [taken.created, taken.changed, taken.unchanged, refused].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    // What a real import refused was kept with its rows.
    let rehearsed = wrong.values().flat_map(|(_, errors)| errors).take(if dry_run { REHEARSED_KEPT } else { 0 });
    let finish = Finish {
        id,
        state: state.to_owned(),
        counts: Some((total, counts)),
        notes: notes.clone(),
        wrong: rehearsed.map(RowRefusal::of).collect(),
    };
    commands::run(kernel, viewer, finish, &Sent::default()).await?;
    if let Some(refusal) = broken {
        return Err(refusal.into());
    }
    let told = |errors: Vec<RowError>| errors.into_iter().map(|error| said(error, viewer.lang)).collect();
    Ok(Outcome {
        id,
        state,
        created: taken.created,
        changed: taken.changed,
        unchanged: taken.unchanged,
        refused,
        info,
        notes: notes.iter().map(|note| viewer.lang.side(note).to_owned()).collect(),
        wrong: wrong.into_values().map(|(row, errors)| (row, told(errors))).collect(),
    })
}

/// A row error on its way out, in the reader's language: whoever shows one asks this.
pub fn said(error: RowError, lang: Lang) -> RowError {
    let (message, remedy) = (lang.side(&error.message).to_owned(), lang.side(&error.remedy).to_owned());
    RowError { message, remedy, ..error }
}

/// Writes the refused rows into an empty file, with what is wrong with them, in the format they came in.
pub fn write_mend<K: Kind>(
    source: &Source<'_>,
    wrong: &BTreeMap<u64, Vec<RowError>>,
    out: std::fs::File,
) -> Result<(), Fault> {
    let mut blocks = Blocks::<K>::open(source).map_err(Fault::internal)?;
    let mut mend = MendSheet::new(out, blocks.info()).map_err(Fault::internal)?;
    for mut block in blocks.by_ref().map_while(Result::ok) {
        block.unfill();
        for row in &block.rows {
            if let Some(errors) = wrong.get(&row.number) {
                mend.add(row, errors).map_err(Fault::internal)?;
            }
        }
    }
    mend.finish().map_err(Fault::internal)?;
    Ok(())
}

/// Writes the outcome sheet into an empty file: the accepted rows, with what is given back under its headers.
pub async fn write_given<K: Kind>(
    kernel: &Kernel,
    viewer: &Viewer,
    source: Source<'_>,
    refused: &HashSet<u64>,
    days: i64,
    (out, format): (std::fs::File, Format),
) -> Result<(), Failure> {
    let failed = |wrong| match wrong {
        Unreadable::Sheet(error) => Failure::from(unreadable(&error, viewer.lang)),
        Unreadable::Failure(failure) => failure,
    };
    let reader = Reader::<K>::open(kernel, viewer, source).await.map_err(failed)?;
    let info = reader.info().clone();
    let mut sheet: Option<SheetWriter<std::fs::File>> = None;
    let mut waiting: (Vec<RawRow>, Vec<Numbered<K::Row>>) = (Vec::new(), Vec::new());
    let mut out = Some(out);
    let mut blocks = reader.blocks().map_err(|error| failed(error.into()))?;
    loop {
        let block = blocks.next();
        let ended = block.is_none();
        if let Some(block) = block {
            let mut block = block.map_err(|error| failed(error.into()))?;
            if let Ok(said) = reader.read(&mut block) {
                let rows = block.rows.into_iter().zip(said).filter(|(raw, _)| !refused.contains(&raw.number));
                for (raw, (row, _)) in rows {
                    waiting.1.push(Numbered { number: raw.number, row });
                    waiting.0.push(raw);
                }
            }
        }
        if !ended && waiting.1.len() < CHUNK {
            continue;
        }
        let (raw, rows) = std::mem::take(&mut waiting);
        let mut given = K::give_back(kernel, viewer, &rows, days).await?;
        if sheet.is_none()
            && let Some(out) = out.take()
        {
            let own = (0..info.headers.len()).filter(|at| !info.is_added(*at)).filter_map(|at| info.headers.get(at));
            let new = K::GIVES.iter().filter(|header| raw.first().is_none_or(|row| row.position(header).is_none()));
            let headers = own.map(String::as_str).chain(new.copied());
            let columns: Vec<Column> = headers.map(|header| Column::optional(header, CellKind::Text)).collect();
            sheet = Some(SheetWriter::new(out, format, &columns).map_err(Fault::internal)?);
        }
        let Some(writer) = &mut sheet else { break };
        for row in raw {
            let given = given.remove(&row.number).unwrap_or_default();
            let mut places: HashMap<usize, &String> = HashMap::new();
            let mut new: Vec<OutCell<'_>> = Vec::new();
            for (at, header) in K::GIVES.iter().enumerate() {
                let cell = given.get(at);
                match row.position(header) {
                    Some(place) => places.extend(cell.map(|cell| (place, cell))),
                    None => new.push(cell.map(String::as_str).into()),
                }
            }
            let cells = (0..info.headers.len()).filter(|at| !info.is_added(*at)).map(|at| match places.get(&at) {
                Some(cell) => OutCell::from((*cell).clone()),
                None => row.cells.get(at).map(ToString::to_string).into(),
            });
            let cells: Vec<OutCell<'_>> = cells.chain(new).collect();
            writer.row(cells).map_err(Fault::internal)?;
        }
        if ended {
            break;
        }
    }
    if let Some(sheet) = sheet {
        sheet.finish().map_err(Fault::internal)?;
    }
    Ok(())
}

fn file_hash(path: &Path) -> Result<String, Fault> {
    let mut hasher = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = std::io::Read::read(&mut file, &mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
    }
    Ok(hex::encode(hasher.finalize()))
}

/// The language of the reader of sheets.
pub fn sheet_lang(lang: Lang) -> super::sheet::Lang {
    match lang {
        Lang::Zh => super::sheet::Lang::Zh,
        Lang::En => super::sheet::Lang::En,
    }
}

/// Opens an import.
#[derive(Clone, Debug, Serialize)]
struct Begin {
    kind: String,
    file_name: String,
    file_hash: String,
    dry_run: bool,
    division: Option<String>,
}

#[async_trait::async_trait]
impl Command for Begin {
    const NAME: &'static str = "importSheet";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let id = work.id().await?;
        let new = import::Model {
            kind: self.kind,
            file_name: self.file_name,
            file_hash: self.file_hash,
            dry_run: self.dry_run,
            division: self.division,
            ..begun(work, id)?
        };
        work.insert::<import::Entity>(new).await?;
        Ok(id)
    }
}

/// An import of the viewer that has taken nothing yet.
pub fn begun(work: &Work<'_>, id: i64) -> Result<import::Model, Failure> {
    Ok(import::Model {
        id,
        state: "UPLOADED".to_owned(),
        account_id: work.viewer.account_id,
        actor: work.viewer.actor.clone(),
        created_at: work.now,
        key_salt: Some(Keyring::new_salt()?.to_vec()),
        version: 1,
        ..import::Model::default()
    })
}

/// Closes an import.
#[derive(Clone, Debug, Serialize)]
struct Finish {
    id: i64,
    state: String,
    /// Rows in all; created, changed, unchanged, refused. Left out: what they are already.
    counts: Option<(i64, [i64; 4])>,
    notes: Vec<String>,
    /// What is wrong with rows of a rehearsal.
    wrong: Vec<RowRefusal>,
}

#[async_trait::async_trait]
impl Command for Finish {
    const NAME: &'static str = "importSheet";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let row = still_open(work, self.id).await?;
        keep_wrong(work, row.row(), self.wrong.iter()).await?;
        let now = work.now;
        let notes = if self.notes.is_empty() { None } else { Some(serde_json::to_string(&self.notes)?) };
        work.update::<import::Entity>(row, |import| {
            import.state = self.state;
            if let Some((total, [created, changed, unchanged, refused])) = self.counts {
                import.total = total;
                import.created = created;
                import.changed = changed;
                import.unchanged = unchanged;
                import.refused = refused;
            }
            import.notes = notes;
            import.finished_at = Some(now);
        })
        .await?;
        Ok(())
    }
}

/// Takes an import back: its rows are voided, its corrections undone. Refuses when later work stands
/// on one of them, and says which.
#[derive(Clone, Debug, Serialize)]
pub struct UndoImport {
    /// The import's number.
    pub id: i64,
}

#[async_trait::async_trait]
impl Command for UndoImport {
    const NAME: &'static str = "undoImport";
    type Output = u64;

    async fn execute(self, work: &mut Work<'_>) -> Result<u64, Failure> {
        let import = work.load_for_change::<import::Entity>(self.id, None, "id").await?;
        // One that was killed on its way is still UPLOADED, and can be taken back too; what then still came of it
        // would find it closed. One whose job waits or runs is waited for.
        let open = match import.row().job_id {
            Some(job) => jobs::is_open(work, job).await?,
            None => false,
        };
        if open || !["ACCEPTED", "PARTLY_ACCEPTED", "UPLOADED"].contains(&import.row().state.as_str()) {
            let text = Text::of("wrong-state")
                .with("state", &import.row().state)
                .with("command", "undoImport")
                .with("allowed", "—");
            return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
        }
        let tables = crate::tables();
        let mut touched: HashSet<(String, i64)> = HashSet::new();
        let mut voided: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut undone = 0;
        let mut before = i64::MAX;
        loop {
            let entries = work
                .journal()
                .filter(journal_entry::Column::Cause.eq(format!("import:{}", self.id)))
                .filter(journal_entry::Column::Id.lt(before))
                .order_by_desc(journal_entry::Column::Id)
                .limit(20)
                .all(work.tx())
                .await?;
            let Some(last) = entries.last() else { break };
            before = last.id;
            for entry in &entries {
                let body: Body = serde_json::from_str(&entry.body)?;
                // Its own progress and errors stay as they are.
                let own = [import::Entity::NAME, import_error::Entity::NAME];
                for change in body.rows.iter().rev().filter(|change| !own.contains(&change.aggregate.as_str())) {
                    let again = !touched.insert((change.aggregate.clone(), change.id));
                    revert(work, &tables, change, again).await?;
                    if change.kind == ChangeKind::Created {
                        undone += u64::from(!change.part);
                        voided.entry(change.aggregate.clone()).or_default().push(change.id);
                    }
                }
            }
        }
        for (aggregate, ids) in &voided {
            for table in &tables {
                if let Some((other, id)) = table.referrer(work.tx(), aggregate, ids).await? {
                    let text = Text::of("later-work").with("aggregate", other).with("id", id);
                    return Err(Refusal::new(UserErrorCode::LaterWork, text).at("id").into());
                }
            }
        }
        work.update::<import::Entity>(import, |import| "UNDONE".clone_into(&mut import.state)).await?;
        Ok(undone)
    }
}

async fn revert(
    work: &mut Work<'_>,
    tables: &[Box<dyn minzheng_kernel::journal::AnyAggregate>],
    change: &RowChange,
    again: bool,
) -> Result<(), Failure> {
    match tables.iter().find(|table| table.name() == change.aggregate) {
        Some(table) => table.revert(work, change, again).await,
        None => Err(Fault::internal(format!("{} is not in the list of tables", change.aggregate)).into()),
    }
}

/// The records that rows may be about, wherever they are, by key.
pub async fn known_by<E: Aggregate, K: std::hash::Hash + Eq>(
    work: &Work<'_>,
    about: impl IntoCondition,
    key: impl Fn(&E::Model) -> K,
) -> Result<HashMap<K, E::Model>, Failure> {
    let known = work.everywhere::<E>().filter(about).all(work.tx()).await?;
    Ok(known.into_iter().map(|model| (key(&model), model)).collect())
}

/// Rows matched to known ones by their key: new, corrected, or as known. `write` says a row into a
/// record, which is blank but for its id and the salt of its key when it is new. Gives also the records as they are now.
pub async fn upsert<E, R, K>(
    work: &mut Work<'_>,
    rows: &[Numbered<R>],
    mut known: HashMap<K, E::Model>,
    key: impl Fn(&R) -> K,
    write: impl Fn(&mut E::Model, &R) -> Result<(), Failure>,
) -> Result<(Taken, HashMap<K, E::Model>), Failure>
where
    E: Aggregate,
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Default,
    E::ActiveModel: Send,
    K: std::hash::Hash + Eq + Clone,
{
    let mut taken = Taken::default();
    let mut new: Vec<(K, E::Model)> = Vec::new();
    let mut seen: HashMap<K, usize> = HashMap::new();
    let mut id = work.ids(rows.len()).await?;
    for Numbered { row, number } in rows {
        let key = key(row);
        if let Some(old) = known.get_mut(&key) {
            let mut wanted = old.clone();
            salted::<E>(&mut wanted)?;
            write(&mut wanted, row)?;
            if wanted == *old {
                taken.unchanged += 1;
            } else {
                let checked = work.checked::<E>(old.clone());
                *old = work.update::<E>(checked, |model| *model = wanted).await?;
                taken.changed += 1;
                taken.touched.insert(*number);
            }
        } else if let Some((_, record)) = seen.get(&key).and_then(|at| new.get_mut(*at)) {
            // The same key twice in one sheet: the later row is a correction of the earlier.
            let before = record.clone();
            write(record, row)?;
            if *record == before {
                taken.unchanged += 1;
            } else {
                taken.changed += 1;
                taken.touched.insert(*number);
            }
        } else {
            let mut record = E::Model::default();
            record.set(E::id_column(), id.into());
            E::set_version(&mut record, 1);
            id += 1;
            salted::<E>(&mut record)?;
            write(&mut record, row)?;
            seen.insert(key.clone(), new.len());
            new.push((key, record));
            taken.created += 1;
            taken.touched.insert(*number);
        }
    }
    work.insert_many::<E>(new.iter().map(|(_, record)| record.clone()).collect()).await?;
    known.extend(new);
    Ok((taken, known))
}

/// Gives a record the salt of its own key, where such records have one and it has none yet.
fn salted<E: Aggregate>(model: &mut E::Model) -> Result<(), Failure> {
    if let Some(salt) = E::salt_mut(model) {
        own_salt(salt)?;
    }
    Ok(())
}

/// The rows that name nothing, or something that is there; the others are named as refused.
pub fn sift<R, M>(
    rows: Vec<Numbered<R>>,
    refused: &mut Taken,
    column: &str,
    there: &HashMap<String, M>,
    named: impl Fn(&R) -> Option<&String>,
    remedy: &str,
) -> Vec<Numbered<R>> {
    let mut good = Vec::with_capacity(rows.len());
    for row in rows {
        match named(&row.row).filter(|name| !there.contains_key(*name)) {
            Some(name) => refused.missing(row.number, column, name, remedy),
            None => good.push(row),
        }
    }
    good
}

/// Makes the parts of some rows what they should be: missing ones are added, others corrected or voided.
/// `wanted` need no id. Gives how many parts were touched.
pub async fn replace_parts<E, K>(
    work: &mut Work<'_>,
    existing: Vec<E::Model>,
    wanted: Vec<E::Model>,
    key: impl Fn(&E::Model) -> K,
) -> Result<HashSet<i64>, Failure>
where
    E: Aggregate,
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq,
    E::ActiveModel: Send,
    K: std::hash::Hash + Eq,
{
    let mut touched = HashSet::new();
    let mut known: HashMap<K, E::Model> = existing.into_iter().map(|part| (key(&part), part)).collect();
    let mut new = Vec::new();
    let mut corrected = Vec::new();
    for mut part in wanted {
        match known.remove(&key(&part)) {
            Some(old) => {
                part.set(E::id_column(), E::id(&old).into());
                E::set_version(&mut part, E::version(&old));
                if part != old {
                    corrected.push((old, part));
                }
            }
            None => new.push(part),
        }
    }
    // First what goes, so that what comes may take its place in a unique index.
    for old in known.into_values() {
        touched.insert(E::id(&old));
        let checked = work.checked::<E>(old);
        work.void::<E>(checked).await?;
    }
    for (old, part) in corrected {
        touched.insert(E::id(&old));
        let checked = work.checked::<E>(old);
        work.update::<E>(checked, |model| *model = part).await?;
    }
    for chunk in new.chunks_mut(1000) {
        let first = work.ids(chunk.len()).await?;
        for (id, part) in (first..).zip(chunk.iter_mut()) {
            part.set(E::id_column(), id.into());
            touched.insert(id);
        }
    }
    work.insert_many::<E>(new).await?;
    Ok(touched)
}

/// Reads and takes one kind of sheet, without its type.
type Taking = for<'a> fn(
    &'a Kernel,
    &'a Viewer,
    &'a Path,
    Options,
) -> std::pin::Pin<Box<dyn Future<Output = Result<Outcome, Failure>> + Send + 'a>>;

/// Writes the refused rows of a sheet with what is wrong with them.
type Mending = fn(&Source<'_>, &BTreeMap<u64, Vec<RowError>>, std::fs::File) -> Result<(), Fault>;

/// Writes one kind of sheet, without its type.
type Giving = for<'a> fn(
    &'a Kernel,
    &'a Viewer,
    &'a Path,
    &'a Progress,
) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, Fault>> + Send + 'a>>;

/// Writes the outcome sheet of one kind, without its type.
type GivingBack = for<'a> fn(
    &'a Kernel,
    &'a Viewer,
    Source<'a>,
    &'a HashSet<u64>,
    i64,
    (std::fs::File, Format),
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// A kind in the list of kinds.
pub struct AnyKind {
    /// Its name on the command line.
    pub name: &'static str,
    /// The command its rows run as.
    pub command: &'static str,
    /// Its headers.
    pub layout: fn() -> Layout,
    /// The headers with which it is read.
    pub reading: fn() -> Layout,
    /// Takes a sheet in.
    pub take: Taking,
    /// Writes the refused rows with what is wrong with them.
    pub mend: Mending,
    /// Writes a sheet; `None`: what it makes is written as other kinds.
    pub give: Option<Giving>,
    /// Writes the accepted rows with what is given back.
    pub give_back: GivingBack,
    /// Whether something is given back that may be kept beside the import.
    pub keeps_given: bool,
}

/// For the list of kinds.
pub fn kind<K: Kind>() -> AnyKind {
    AnyKind {
        name: K::NAME,
        command: K::COMMAND,
        layout: K::layout,
        reading: super::reader::layout::<K>,
        take: |kernel, viewer, path, options| Box::pin(take::<K>(kernel, viewer, path, options)),
        mend: write_mend::<K>,
        give: K::EXPORTS
            .then_some(|kernel, viewer, path, progress| Box::pin(give::<K>(kernel, viewer, path, progress))),
        give_back: |kernel, viewer, source, refused, days, out| {
            Box::pin(write_given::<K>(kernel, viewer, source, refused, days, out))
        },
        keeps_given: K::KEEPS_GIVEN,
    }
}

/// All kinds of sheets, in the order in which a new district loads them.
pub fn kinds() -> Vec<AnyKind> {
    vec![
        kind::<crate::registry::division::Sheet>(),
        kind::<crate::registry::division_statistics::Sheet>(),
        kind::<crate::registry::policy_value::Sheet>(),
        kind::<crate::registry::person::Sheet>(),
        kind::<crate::registry::person_condition::Sheet>(),
        kind::<crate::registry::household::Sheet>(),
        kind::<crate::registry::household_member::Sheet>(),
        kind::<crate::assistance::recognition::Sheet>(),
        kind::<crate::assistance::temporary_aid::Sheet>(),
        kind::<crate::welfare::welfare_benefit::Sheet>(),
        kind::<crate::payments::payment::Sheet>(),
        kind::<crate::eldercare::care_centre::Sheet>(),
        kind::<crate::eldercare::centre_project::Sheet>(),
        kind::<crate::eldercare::stay::Sheet>(),
        kind::<crate::eldercare::renovation_case::Sheet>(),
        kind::<crate::eldercare::care_worker::Sheet>(),
        kind::<crate::eldercare::home_care_bed::Sheet>(),
        kind::<crate::eldercare::home_visit::Sheet>(),
        kind::<crate::eldercare::inspection::Sheet>(),
        kind::<crate::eldercare::hazard::Sheet>(),
        kind::<crate::governance::village_charter::Sheet>(),
        kind::<crate::governance::red_white_council::Sheet>(),
        kind::<crate::governance::ceremony::Sheet>(),
        kind::<crate::governance::disclosure::Sheet>(),
        kind::<crate::governance::community_worker::Sheet>(),
        kind::<crate::organisations::social_organisation::Sheet>(),
        kind::<crate::organisations::annual_inspection::Sheet>(),
        kind::<crate::organisations::party_organisation::Sheet>(),
        kind::<crate::window::administrative_item::Sheet>(),
        kind::<crate::window::item_case::Sheet>(),
        kind::<crate::charity::donation::Sheet>(),
        kind::<crate::payments::payment_account::Sheet>(),
        kind::<crate::payments::budget_line::Sheet>(),
        kind::<crate::payments::bank_return::Sheet>(),
        kind::<crate::charity::donor::Sheet>(),
        kind::<crate::access::account_sheet::Sheet>(),
        kind::<crate::assistance::assistance_roster::Sheet>(),
        kind::<crate::payments::grant_roster::Sheet>(),
    ]
}
