//! 导入 · the machine that takes a sheet in (templates, design §7): tolerant reading, row errors that
//! name column, value and remedy, valid rows accepted, the same rows again change nothing.
//!
//! A kind of sheet says how a row reads and what it becomes ([`Kind`]); a few hundred rows are one command with one
//! journal entry.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use entity::exchange::import;
use minzheng_ground::sheets::{Kind, Numbered, RowRefusal, Taken};
use minzheng_kernel::commands::{Rehearsal, Sent};
use minzheng_kernel::jobs::Progress;
use minzheng_kernel::work::record_reads;
use minzheng_kernel::{Failure, Fault, Kernel, Lang, Refusal, Text, UserErrorCode, Viewer, commands};
use minzheng_sheet::{Format, MendSheet, RawRow, RowError, SheetError, SheetInfo};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::import_record::{Begin, CHUNK, Finish, REFUSED_KEPT, Record, mirrored};
use crate::notes::Notes;
use crate::reader::{Block, Reader, Source, Unreadable};

/// Refused rows that wait for one command at most.
const REFUSED_AT_ONCE: usize = 1_000;
/// Rows rehearsed as one, each seeing those before it. A rehearsal holds its locks until the end, on SQLite the one
/// writer, so that larger sheets are rehearsed in parts.
const REHEARSED_AS_ONE: i64 = 20_000;

/// How an import is wanted.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Rehearse: tell everything, change nothing.
    pub dry_run: bool,
    /// Unknown headers are errors.
    pub strict: bool,
    /// Hidden rows and columns are read too.
    pub hidden: bool,
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
    /// Rows of the sheet, counted before any is taken: those below, added up.
    pub seen: u64,
    /// New rows.
    pub created: u64,
    /// Corrected rows.
    pub changed: u64,
    /// Rows that say what was known.
    pub unchanged: u64,
    /// How many rows are not taken.
    pub refused: u64,
    /// Rows with nothing in them.
    pub blank: u64,
    /// Rows that are no data, or hidden.
    pub skipped: u64,
    /// The sheet as it was read.
    #[serde(skip)]
    pub info: SheetInfo,
    /// What else there is to say of it.
    pub notes: Vec<String>,
    /// The refused rows in the order of the sheet, with what is wrong with each; of an import gone on with, those
    /// since then.
    #[serde(skip)]
    pub wrong: Vec<(RawRow, Vec<RowError>)>,
}

impl Outcome {
    /// Whether every row was accepted, and there was one.
    pub fn is_success(&self) -> bool {
        self.refused == 0 && self.created + self.changed + self.unchanged > 0
    }

    /// Writes the sheet to mend and send again: the refused rows with the reasons beside them.
    pub fn write_mend_sheet(&self, path: &Path, format: Format) -> Result<(), Fault> {
        let file = std::fs::File::create(path)?;
        let mut sheet = MendSheet::with_format(file, &self.info, format).map_err(Fault::internal)?;
        for (row, errors) in &self.wrong {
            sheet.add(row, errors).map_err(Fault::internal)?;
        }
        sheet.finish().map_err(Fault::internal)?;
        Ok(())
    }
}

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
    /// Columns that rows of the chunk say nothing of.
    silent: BTreeMap<u64, Vec<(String, &'static str)>>,
    /// Rows that say the same as one before them, not yet committed.
    repeats: Vec<(u64, u64)>,
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
        let (rows, again): (Vec<RawRow>, Vec<RawRow>) =
            block.rows.into_iter().partition(|row| self.reader.repeats(row.number).is_none());
        block.rows = rows;
        let read = self.reader.read(&mut block);
        block.unfill();
        match read {
            Ok(said) => {
                for (raw, said) in block.rows.into_iter().zip(said) {
                    self.notes.cells(said.notes);
                    let columns =
                        |header: String| K::stored(&header).iter().map(move |column| (header.clone(), *column));
                    let silent: Vec<(String, &'static str)> = said.empty.into_iter().flat_map(columns).collect();
                    if !silent.is_empty() {
                        self.silent.insert(raw.number, silent);
                    }
                    self.chunk.push(Numbered { number: raw.number, row: said.row });
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
        for row in again {
            self.again(row);
        }
        let much = self.unread.len().max(self.repeats.len()) >= REFUSED_AT_ONCE;
        if self.chunk.len() >= CHUNK || much { self.flush().await } else { Ok(()) }
    }

    /// A row that says the same as one before it is not taken where that one is not.
    fn again(&mut self, row: RawRow) {
        let Some(first) = self.reader.repeats(row.number) else { return };
        let errors = self.wrong.get(&first).map(|(_, errors)| errors.iter());
        let errors = errors.map(|errors| errors.map(|error| RowError { row: row.number, ..error.clone() }));
        match errors.map(Iterator::collect::<Vec<RowError>>) {
            Some(errors) => {
                self.unread.extend(errors.iter().map(RowRefusal::of));
                self.refuse(row, errors);
            }
            None => {
                self.repeats.push((row.number, first));
                self.raw.push(row);
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        if self.chunk.is_empty() && self.unread.is_empty() && self.repeats.is_empty() {
            return Ok(());
        }
        if self.total > REHEARSED_AS_ONE
            && let Some(rehearsal) = self.rehearsal.take()
        {
            rehearsal.end().await?;
        }
        let rows = std::mem::take(&mut self.chunk);
        let raw = std::mem::take(&mut self.raw);
        let repeats = self.repeats.clone();
        let mut taken = self.record(rows).await?;
        self.silent.clear();
        for (header, rows) in std::mem::take(&mut taken.kept) {
            self.notes.kept(&header, rows);
        }
        for (code, rows) in std::mem::take(&mut taken.odd) {
            self.notes.odd(&code, &rows);
        }
        for refusal in std::mem::take(&mut taken.refused) {
            let Some(row) = raw.iter().find(|row| row.number == refusal.number) else { continue };
            self.refuse(row.clone(), vec![refusal.into_error()]);
        }
        for (row, _) in repeats {
            if !self.wrong.contains_key(&row) {
                self.notes.repeated(row);
            }
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
            match self.record_part(rows.clone(), upto, &taken.refused).await {
                Ok(part) => taken.add(part),
                Err(failure) if failure.is_duplicate() => {
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
                        taken.refused.extend(refusals);
                        let others = self.record_part(Vec::new(), upto, &taken.refused).await?;
                        taken.add(others);
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

    async fn record_part(
        &mut self,
        rows: Vec<Numbered<K::Row>>,
        last: u64,
        refused: &[RowRefusal],
    ) -> Result<Taken, Failure> {
        let mut wrong: Vec<RowRefusal> = self.unread.iter().filter(|wrong| wrong.number <= last).cloned().collect();
        let (repeats, again) = mirrored(self.repeats.iter().filter(|(row, _)| *row <= last), refused);
        wrong.extend_from_slice(&again);
        let of_rows = |row: &Numbered<K::Row>| Some((row.number, self.silent.get(&row.number)?.clone()));
        let command = Record::<K> {
            import: self.import,
            silent: rows.iter().filter_map(of_rows).collect(),
            rows,
            spared: self.reader.spared(),
            repeats,
            wrong,
            upto: (!self.dry_run).then_some(last),
        };
        let mut done = match (&mut self.rehearsal, self.dry_run) {
            (Some(rehearsal), _) => rehearsal.run(command).await?,
            (None, true) => commands::rehearse(self.kernel, self.viewer, command).await?,
            (None, false) => {
                let done = commands::run(self.kernel, self.viewer, command, &Sent::default()).await?;
                // What its answer tells is noted at once.
                record_reads(self.kernel, self.viewer).await?;
                done
            }
        };
        done.refused.extend(again);
        self.repeats.retain(|(row, _)| *row > last);
        self.unread.retain(|wrong| wrong.number > last);
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
    let Options { dry_run, strict, hidden, import, name, division, district, progress } = options;
    let path_name = || path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.unwrap_or_else(path_name);
    let nothing = |id| Finish { id, state: "REFUSED".to_owned(), counts: None, notes: Vec::new(), wrong: Vec::new() };
    let source = Source { path, name: &name, strict, hidden, district: district.as_deref() };
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
            progress.total(i64::try_from(reader.counted().rows).unwrap_or(0));
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
        silent: BTreeMap::new(),
        repeats: Vec::new(),
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
    let counted = reader.counted();
    match rehearsal {
        Some(rehearsal) => rehearsal.end().await?,
        None if dry_run => {
            let text = Text::of("rehearsed-in-parts").with("rows", REHEARSED_AS_ONE);
            notes.line(format!("{} · {}", text.say(Lang::Zh), text.say(Lang::En)));
        }
        None => {}
    }
    // What a rehearsal found out is noted before it is told.
    record_reads(kernel, &job).await?;
    let accepted = taken.created + taken.changed + taken.unchanged;
    if accepted == 0 {
        let text = Text::of("no-row-taken");
        notes.line(format!("{} · {}", text.say(Lang::Zh), text.say(Lang::En)));
    }
    let notes = notes.lines();
    let state = match (dry_run, accepted, refused, &broken) {
        (true, ..) => "VALIDATED",
        (_, 0, ..) => "REFUSED",
        (_, _, 0, None) => "ACCEPTED",
        _ => "PARTLY_ACCEPTED",
    };
    let counts = [taken.created, taken.changed, taken.unchanged, refused, counted.blank, counted.skipped];
    let counts = counts.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
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
        seen: counted.seen(),
        created: taken.created,
        changed: taken.changed,
        unchanged: taken.unchanged,
        refused,
        blank: counted.blank,
        skipped: counted.skipped,
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
pub fn sheet_lang(lang: Lang) -> minzheng_sheet::Lang {
    match lang {
        Lang::Zh => minzheng_sheet::Lang::Zh,
        Lang::En => minzheng_sheet::Lang::En,
    }
}
