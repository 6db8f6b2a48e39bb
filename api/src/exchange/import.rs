//! 导入 · the machine that takes a sheet in (templates, design §7): tolerant reading, row errors that
//! name column, value and remedy, valid rows accepted, the same rows again change nothing, undo.
//!
//! A kind of sheet says how a row reads ([`Kind::parse`]) and what it becomes ([`Kind::apply`]); a few
//! hundred rows are one command with one journal entry.

use std::collections::{BTreeMap, HashMap, HashSet};
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
use sea_orm::{
    ColumnTrait as _, IntoActiveModel, ModelTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::row::SheetRow;
use super::sheet::{
    CellKind, Column, Fields, Format, Layout, MendSheet, OutCell, RawRow, ReadOptions, RowError, SheetError, SheetInfo,
    SheetWriter, open,
};

/// Rows of one command.
const CHUNK: usize = 400;
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
    }
}

/// One kind of sheet.
#[async_trait::async_trait]
pub trait Kind: Send + Sync + 'static {
    /// The name on the command line, `payments`.
    const NAME: &'static str;
    /// The command its rows run as, `recordPayment`.
    const COMMAND: &'static str;
    /// What a row says.
    type Row: SheetRow + Clone + Serialize + DeserializeOwned + Send + Sync;

    /// The headers, and cells that are filled in once for several rows.
    fn layout() -> Layout {
        Layout::new(Self::Row::columns())
    }
    /// Looks at a row by itself: dates in order, numbers that can be. What is wrong is told through the fields.
    fn check(_row: &mut Self::Row, _today: NaiveDate, _fields: &mut Fields<'_>) {}
    /// Whether accepted rows have something given back.
    const GIVES_BACK: bool = false;
    /// The division that a row names as its place: only who may record there may say it.
    fn place(_row: &Self::Row) -> Option<&str> {
        None
    }
    /// Takes rows in. Rows that cannot be are named in the outcome and leave nothing behind.
    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<Self::Row>>) -> Result<Taken, Failure>;
    /// What the clerk needs back with accepted rows and the records do not keep: one-time passwords, good for so many
    /// days. Asked only where there is an outcome sheet to write it into.
    async fn give_back(
        _kernel: &Kernel,
        _viewer: &Viewer,
        _rows: &[Numbered<Self::Row>],
        _days: i64,
    ) -> Result<GivenBack, Failure> {
        Ok(GivenBack::default())
    }
    /// A page of live rows after an id, as sheets say them, and where the next page begins.
    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<Self::Row>, Fault>;
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

/// Cells of a column that is given back, by row number.
#[derive(Default)]
pub struct GivenBack {
    /// Header of the column.
    pub header: &'static str,
    /// The cells.
    pub cells: BTreeMap<u64, String>,
}

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
        let mut rows = Vec::with_capacity(read);
        for row in self.rows {
            match K::place(&row.row).filter(|place| !work.viewer.may_in(K::COMMAND, place)) {
                Some(place) => {
                    let text = "不在您的区划范围内 · outside your divisions";
                    let remedy = "由该区划的账户导入，或核对区划代码 · let an account of that division import it, or check the code";
                    refused.refuse(row.number, "区划代码", place, "OUT_OF_SCOPE", text, remedy);
                }
                None => rows.push(row),
            }
        }
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
    /// There is to be an outcome sheet: for how many days one-time passwords in it are good.
    pub give_back: Option<i64>,
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
    /// Header of what is given back, and the accepted rows with it.
    #[serde(skip)]
    pub given_back: (&'static str, Vec<(RawRow, String)>),
}

impl Outcome {
    /// Writes the outcome sheet: the accepted rows with what is given back beside them. Only its owner may read it.
    pub fn write_outcome_sheet(&self, path: &Path) -> Result<(), Fault> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        self.write_outcome(file, Format::of_file_name(&path.to_string_lossy()))
    }

    /// Writes the outcome sheet into a file that only its owner may read.
    pub fn write_outcome(&self, file: std::fs::File, format: Format) -> Result<(), Fault> {
        let (header, rows) = &self.given_back;
        let headers =
            self.info.headers.iter().map(String::as_str).chain([*header].into_iter().filter(|h| !h.is_empty()));
        let columns: Vec<Column> = headers.map(|header| Column::optional(header, CellKind::Text)).collect();
        let mut sheet = SheetWriter::new(file, format, &columns).map_err(Fault::internal)?;
        for (row, given) in rows {
            let cells = (0..self.info.headers.len()).map(|at| row.cells.get(at).map(ToString::to_string).into());
            let given = Some(given).filter(|_| !header.is_empty()).map(|given| OutCell::from(given.as_str()));
            sheet.row(cells.chain(given).collect::<Vec<OutCell<'_>>>()).map_err(Fault::internal)?;
        }
        sheet.finish().map_err(Fault::internal)?;
        Ok(())
    }

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
    import: i64,
    dry_run: bool,
    /// The transaction of a rehearsal, until it has grown too large.
    rehearsal: Option<Rehearsal<'a>>,
    give_back: Option<i64>,
    given_back: (&'static str, Vec<(RawRow, String)>),
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

    async fn row(&mut self, row: RawRow) -> Result<(), Failure> {
        if row.number <= self.resume {
            return Ok(());
        }
        self.total += 1;
        self.last = row.number;
        let mut fields = Fields::new(&row, sheet_lang(self.viewer.lang));
        let mut parsed = K::Row::read(&mut fields);
        if let Some(row) = &mut parsed {
            K::check(row, self.viewer.today, &mut fields);
        }
        match (fields.finish(), parsed) {
            (Ok(_notes), Some(parsed)) => {
                self.chunk.push(Numbered { number: row.number, row: parsed });
                self.raw.push(row);
            }
            (Ok(_), None) => {
                return Err(Fault::internal(format!("{}: a row was refused without a reason", K::NAME)).into());
            }
            (Err(errors), _) => {
                self.unread.extend(errors.iter().map(RowRefusal::of));
                self.refuse(row, errors);
            }
        }
        if self.chunk.len() == CHUNK || self.unread.len() >= REFUSED_AT_ONCE { self.flush().await } else { Ok(()) }
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
        let wanted = self.give_back.filter(|_| !self.dry_run).map(|days| (days, rows.clone()));
        let mut taken = self.record(rows).await?;
        if let Some((days, mut accepted)) = wanted {
            accepted.retain(|row| taken.refused.iter().all(|refusal| refusal.number != row.number));
            let mut given = K::give_back(self.kernel, self.viewer, &accepted, days).await?;
            self.given_back.0 = given.header;
            for row in accepted {
                let Some(raw) = raw.iter().find(|raw| raw.number == row.number) else { continue };
                self.given_back.1.push((raw.clone(), given.cells.remove(&row.number).unwrap_or_default()));
            }
        }
        for refusal in std::mem::take(&mut taken.refused) {
            let Some(row) = raw.iter().find(|row| row.number == refusal.number) else { continue };
            self.refuse(row.clone(), vec![refusal.into_error()]);
        }
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
                    if let [only] = rows.as_slice() {
                        let refusal = RowRefusal {
                            number: only.number,
                            column: String::new(),
                            value: String::new(),
                            code: "DUPLICATE".to_owned(),
                            message: Text::of("row-duplicate").say(self.viewer.lang),
                            remedy: Text::of("row-duplicate-remedy").say(self.viewer.lang),
                        };
                        self.unread.push(refusal.clone());
                        taken.add(self.record_part(Vec::new(), upto).await?);
                        taken.refused.push(refusal);
                    } else {
                        // The second half waits under the first, so that the order of the sheet is kept.
                        let second = rows.split_off(rows.len() / 2);
                        let middle = rows.last().map_or(0, |row| row.number);
                        waiting.push((second, upto));
                        waiting.push((rows, middle));
                    }
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
    let Options { dry_run, strict, give_back, import, name, division, progress } = options;
    let path_name = || path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.unwrap_or_else(path_name);
    let reading = ReadOptions { strict, ..ReadOptions::default() };
    let nothing = |id| Finish { id, state: "REFUSED".to_owned(), counts: None, notes: Vec::new(), wrong: Vec::new() };
    let sheet = match open(path, &name, &K::layout(), &reading) {
        Ok(sheet) => sheet,
        Err(error) => {
            if let Some(id) = import {
                commands::run(kernel, viewer, nothing(id), &Sent::default()).await?;
            }
            return Err(unreadable(&error, viewer.lang).into());
        }
    };
    let info = sheet.info().clone();
    let id = match import {
        Some(id) => {
            // Counted first, so that its progress can be told.
            let rows = open(path, &name, &K::layout(), &reading).map_or(0, |rows| rows.flatten().count());
            progress.total(i64::try_from(rows).unwrap_or(0));
            id
        }
        None => {
            let begin =
                Begin { kind: K::NAME.to_owned(), file_name: name, file_hash: file_hash(path)?, dry_run, division };
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
        import: id,
        dry_run,
        rehearsal: if dry_run { Some(Rehearsal::begin(kernel, &job).await?) } else { None },
        give_back,
        given_back: ("", Vec::new()),
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
            refused: Vec::new(),
        },
        refused: count(known.refused),
        wrong: BTreeMap::new(),
    };
    // A file that breaks off ends the import, not what was taken before: it is closed, and can be undone.
    let mut broken = None;
    for row in sheet {
        match row {
            Ok(row) => intake.row(row).await?,
            Err(error) => {
                broken = Some(unreadable(&error, viewer.lang));
                break;
            }
        }
    }
    intake.flush().await?;
    let Intake { total, taken, refused, wrong, given_back, rehearsal, .. } = intake;
    let mut notes = Vec::new();
    match rehearsal {
        Some(rehearsal) => rehearsal.end().await?,
        None if dry_run => notes.push(Text::of("rehearsed-in-parts").with("rows", REHEARSED_AS_ONE).say(viewer.lang)),
        None => {}
    }
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
    Ok(Outcome {
        id,
        state,
        created: taken.created,
        changed: taken.changed,
        unchanged: taken.unchanged,
        refused,
        info,
        notes,
        wrong: wrong.into_values().collect(),
        given_back,
    })
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

fn sheet_lang(lang: Lang) -> super::sheet::Lang {
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

/// Rows matched to known ones by their key: new, corrected, or as known. `write` says a row into a
/// record, which is blank but for its id when it is new. Gives also the records as they are now.
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
    for Numbered { row, .. } in rows {
        let key = key(row);
        if let Some(old) = known.get_mut(&key) {
            let mut wanted = old.clone();
            write(&mut wanted, row)?;
            if wanted == *old {
                taken.unchanged += 1;
            } else {
                let checked = work.checked::<E>(old.clone());
                *old = work.update::<E>(checked, |model| *model = wanted).await?;
                taken.changed += 1;
            }
        } else if let Some((_, record)) = seen.get(&key).and_then(|at| new.get_mut(*at)) {
            // The same key twice in one sheet: the later row is a correction of the earlier.
            let before = record.clone();
            write(record, row)?;
            if *record == before {
                taken.unchanged += 1;
            } else {
                taken.changed += 1;
            }
        } else {
            let mut record = E::Model::default();
            record.set(E::id_column(), id.into());
            E::set_version(&mut record, 1);
            id += 1;
            write(&mut record, row)?;
            seen.insert(key.clone(), new.len());
            new.push((key, record));
            taken.created += 1;
        }
    }
    work.insert_many::<E>(new.iter().map(|(_, record)| record.clone()).collect()).await?;
    known.extend(new);
    Ok((taken, known))
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

/// Writes one kind of sheet, without its type.
type Giving = for<'a> fn(
    &'a Kernel,
    &'a Viewer,
    &'a Path,
    &'a Progress,
) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, Fault>> + Send + 'a>>;

/// A kind in the list of kinds.
pub struct AnyKind {
    /// Its name on the command line.
    pub name: &'static str,
    /// The command its rows run as.
    pub command: &'static str,
    /// Whether accepted rows have something given back.
    pub gives_back: bool,
    /// Its headers.
    pub layout: fn() -> Layout,
    /// Takes a sheet in.
    pub take: Taking,
    /// Writes a sheet.
    pub give: Giving,
}

/// For the list of kinds.
pub fn kind<K: Kind>() -> AnyKind {
    AnyKind {
        name: K::NAME,
        command: K::COMMAND,
        gives_back: K::GIVES_BACK,
        layout: K::layout,
        take: |kernel, viewer, path, options| Box::pin(take::<K>(kernel, viewer, path, options)),
        give: |kernel, viewer, path, progress| Box::pin(give::<K>(kernel, viewer, path, progress)),
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
    ]
}
