//! Recomputes the whole journal and compares it with the MACs, the blocks, the chain, the signatures and the
//! anchors; on wish, every row with its last after-image, and the kernel's own tables with the entries that
//! tell of them. All is read as it was at one instant, so that what others write meanwhile is no fault.
//!
//! | table | checked by |
//! |---|---|
//! | `journal_entry` | its MAC, the leaf in its block, the entries that name it |
//! | `journal_block` | its root, its hash, the block after it, its signature, the anchors |
//! | `journal_person`, `person_access` | the entries |
//! | `idempotency_key` | the entry of the command, as long as it is kept |
//! | `job` | the entry of the command that asked for it; how it ended by a MAC; what is under way is not checked |
//! | `setting` | MACs of the facts; counters by what they count |
//! | every aggregate, `state_change` and `file` too | the last entry about the row |
//! | `probe` | nothing: what processes write to see whether it stays |
//! | `figure_cell` | `figures verify`, which counts again |

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;

use chrono::{DateTime, TimeDelta, Utc};
use entity::kernel::{idempotency_key, job, journal_block, journal_entry, journal_person, person_access};
use entity::{Aggregate, Personal};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, DbErr, EntityTrait as _, Iterable as _, ModelTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use sha2::{Digest as _, Sha256};

use super::chain::{is_own, mark, names};
use super::facts::NEXT_ID;
use super::sealer::WITH_MACS;
use super::{Body, Kept, RowChange, Sealer, block_hash, column_name, digest, hash_of, leaf, merkle, row_hash, to_json};
use crate::commands::KEY_DAYS;
use crate::db::Db;
use crate::error::Failure;
use crate::error::Fault as KernelFault;
use crate::jobs::{DONE, FAILED, QUEUED, RUNNING};
use crate::secrets::JournalSigner;
use crate::work::Work;

/// Entries read at once: that of a bulk command may hold a megabyte.
const ENTRIES_AT_ONCE: i64 = 50;
/// Rows of other tables read at once.
const ROWS_AT_ONCE: u64 = 2000;
/// Faults told one by one; what comes after them is counted.
const TOLD: usize = 10_000;
/// Entries remembered for those that name them: mostly the one before.
const REMEMBERED: usize = 4096;
/// Columns of a job that change while it waits and runs.
const JOB_MOVES: &[&str] =
    &["state", "output", "done", "total", "claimed_until", "finished_at", "message", "lease", "attempts", "mac"];

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Position in the journal, 0 where it is about a record.
    pub position: i64,
    /// In words.
    pub message: String,
}

/// The outcome of a verification.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Sealed entries looked at.
    pub entries: i64,
    /// Blocks looked at.
    pub blocks: i64,
    /// Committed entries that are not sealed yet and so not protected.
    pub unsealed: i64,
    /// Entries without a MAC, of before there were any: what the sealer found then was sealed.
    pub without_mac: i64,
    /// Records compared with their last after-image.
    pub records: i64,
    /// What does not agree.
    pub faults: Vec<Fault>,
    /// How much more does not agree.
    pub more_faults: usize,
}

impl Verdict {
    /// Whether all agrees.
    pub fn ok(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn fault(&mut self, position: i64, message: String) {
        if self.faults.len() < TOLD {
            self.faults.push(Fault { position, message });
        } else {
            self.more_faults += 1;
        }
    }
}

/// A page of rows: next start, and each row's id, hash and whether it is voided.
type Hashes = (Option<i64>, Vec<(i64, String)>);

/// A table, without its type.
#[async_trait::async_trait]
pub trait AnyAggregate: crate::reseal::Reseal {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Its columns, and of each what in it is personal.
    fn columns(&self) -> Vec<(String, Option<Personal>)>;
    /// Hashes of rows with id greater than `after`.
    async fn hashes(&self, tx: &DatabaseTransaction, after: i64) -> Result<Hashes, KernelFault>;
    /// Takes one change of a row back.
    async fn revert(&self, work: &mut Work<'_>, change: &RowChange, again: bool) -> Result<(), Failure>;
    /// What the figure keys of rows are now, voided ones too.
    async fn figure_keys(&self, tx: &DatabaseTransaction, ids: &[i64]) -> Result<Vec<(i64, Keys)>, KernelFault>;
    /// A live row of this table that points at one of these rows of another.
    async fn referrer(
        &self,
        tx: &DatabaseTransaction,
        aggregate: &str,
        ids: &[i64],
    ) -> Result<Option<(&'static str, i64)>, KernelFault>;
}

/// Figure keys of one row, by column.
pub type Keys = BTreeMap<String, serde_json::Value>;

/// The table of one aggregate.
pub struct Table<E>(PhantomData<E>);

impl<E: Aggregate + 'static> Table<E> {
    /// For the list of all aggregates.
    pub fn boxed() -> Box<dyn AnyAggregate> {
        Box::new(Self(PhantomData))
    }
}

#[async_trait::async_trait]
impl<E: Aggregate> AnyAggregate for Table<E>
where
    E: Send + Sync,
{
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn columns(&self) -> Vec<(String, Option<Personal>)> {
        let of = |column: &E::Column| E::personal().iter().find(|(one, _)| column_name(*one) == column_name(*column));
        E::Column::iter().map(|column| (column_name(column), of(&column).map(|(_, kind)| *kind))).collect()
    }

    async fn hashes(&self, tx: &DatabaseTransaction, after: i64) -> Result<Hashes, KernelFault> {
        let rows = E::find().filter(E::id_column().gt(after)).order_by_asc(E::id_column()).limit(2000).all(tx).await?;
        let next = if rows.len() == 2000 { rows.last().map(E::id) } else { None };
        Ok((next, rows.iter().map(|row| (E::id(row), row_hash::<E>(row))).collect()))
    }

    async fn revert(&self, work: &mut Work<'_>, change: &RowChange, again: bool) -> Result<(), Failure> {
        work.revert::<E>(change, again).await
    }

    async fn figure_keys(&self, tx: &DatabaseTransaction, ids: &[i64]) -> Result<Vec<(i64, Keys)>, KernelFault> {
        if E::figure_keys().is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(5000) {
            let rows = E::find().filter(E::id_column().is_in(chunk.to_vec())).all(tx).await?;
            found.extend(rows.iter().map(|row| (E::id(row), keys_of::<E>(row))));
        }
        Ok(found)
    }

    async fn referrer(
        &self,
        tx: &DatabaseTransaction,
        aggregate: &str,
        ids: &[i64],
    ) -> Result<Option<(&'static str, i64)>, KernelFault> {
        for (column, _) in E::refers().iter().filter(|(_, to)| *to == aggregate) {
            for chunk in ids.chunks(5000) {
                let live = E::find().filter(column.is_in(chunk.to_vec())).filter(E::live()).one(tx).await?;
                if let Some(row) = live {
                    return Ok(Some((E::NAME, E::id(&row))));
                }
            }
        }
        Ok(None)
    }
}

/// The figure keys of a row.
pub(crate) fn keys_of<E: Aggregate>(row: &E::Model) -> Keys {
    E::figure_keys().iter().map(|key| (column_name(*key), to_json(&row.get(*key)))).collect()
}

impl Sealer {
    /// Seals what waits, then recomputes all. That it cannot be sealed is itself told: a chain that was tampered with takes
    /// no further block, and is looked at all the more.
    pub async fn seal_and_verify(
        &self,
        db: &Db,
        tables: Option<&[Box<dyn AnyAggregate>]>,
    ) -> Result<Verdict, KernelFault> {
        let sealed = self.seal().await;
        let mut verdict = self.verify(db, tables).await?;
        if let Err(fault) = sealed {
            verdict.fault(0, format!("nothing further is sealed: {fault}"));
        }
        Ok(verdict)
    }

    /// Recomputes all. `tables`: compare their rows with their last after-images too, and the kernel's own tables.
    pub async fn verify(&self, db: &Db, tables: Option<&[Box<dyn AnyAggregate>]>) -> Result<Verdict, KernelFault> {
        // Before the snapshot: each block that they tell of is in it then.
        let anchors = self.anchors_seen();
        let tx = db.snapshot().await?;
        let verify = async {
            let mut verdict = Verdict::default();
            let head = self.verify_at(db, &tx, tables.unwrap_or_default(), &mut verdict).await?;
            for file in &anchors {
                self.check_anchors(&tx, file, head, &mut verdict).await?;
            }
            Ok(verdict)
        };
        let verdict = verify.await;
        tx.rollback().await?;
        verdict
    }

    /// Gives the last block.
    async fn verify_at(
        &self,
        db: &Db,
        tx: &DatabaseTransaction,
        tables: &[Box<dyn AnyAggregate>],
        verdict: &mut Verdict,
    ) -> Result<i64, KernelFault> {
        let mut records = Records::of(tables);
        let mut before = Before::default();
        let mut previous = vec![0_u8; 32];
        let mut expected = 1;
        let mut position = 1;
        let mut version = 1;
        loop {
            let blocks = journal_block::Entity::find()
                .filter(journal_block::Column::Number.gte(expected))
                .order_by_asc(journal_block::Column::Number)
                .limit(100)
                .all(tx)
                .await?;
            if blocks.is_empty() || expected == i64::MAX {
                break;
            }
            for block in blocks {
                match block.number.saturating_sub(expected) {
                    0 => {}
                    1 => verdict.fault(position, format!("block {expected} is missing")),
                    _ => verdict.fault(position, format!("blocks {expected}–{} are missing", block.number - 1)),
                }
                if block.first_position != position {
                    verdict.fault(
                        position,
                        format!(
                            "block {} begins at position {}, expected {position}",
                            block.number, block.first_position
                        ),
                    );
                }
                if !(version..=WITH_MACS).contains(&block.version) {
                    verdict.fault(position, format!("block {} is of version {}", block.number, block.version));
                }
                version = version.max(block.version);
                self.check_block(tx, &block, &previous, &mut records, &mut before, verdict).await?;
                previous.clone_from(&block.hash);
                position = block.last_position.saturating_add(1);
                expected = block.number.saturating_add(1);
                verdict.blocks += 1;
            }
        }
        let strays = journal_entry::Entity::find().filter(journal_entry::Column::Position.gte(position));
        for stray in strays.order_by_asc(journal_entry::Column::Position).limit(100).all(tx).await? {
            verdict
                .fault(stray.position.unwrap_or(0), format!("entry {} has a position that no block sealed", stray.id));
        }
        self.check_refused(tx, verdict).await?;
        self.check_waiting(tx, &mut records, &mut before, verdict).await?;
        if !tables.is_empty() {
            records.check(tx, self.signer(), verdict).await?;
            let (wrong, counters) = self.check_facts(tx).await?;
            for message in wrong {
                verdict.fault(0, message);
            }
            for (name, count) in counters {
                let fits = match count {
                    Some(next) if name == NEXT_ID => !db.is_sqlite() || next > records.greatest,
                    Some(reached) => (0..position).contains(&reached),
                    None => false,
                };
                if !fits {
                    verdict.fault(0, format!("setting {name} is not what it counts"));
                }
            }
        }
        Ok(expected - 1)
    }

    async fn check_block(
        &self,
        tx: &DatabaseTransaction,
        block: &journal_block::Model,
        previous: &[u8],
        records: &mut Records<'_>,
        before: &mut Before,
        verdict: &mut Verdict,
    ) -> Result<(), KernelFault> {
        let name = format!("block {} (positions {}–{})", block.number, block.first_position, block.last_position);
        let leaves: Vec<[u8; 32]> = block.leaves.chunks(32).filter_map(|c| c.try_into().ok()).collect();
        let count = block.last_position.checked_sub(block.first_position).and_then(|more| usize::try_from(more).ok());
        if merkle(&leaves)[..] != block.root[..]
            || Some(block.leaves.len()) != count.and_then(|more| more.checked_add(1)?.checked_mul(32))
        {
            verdict.fault(block.first_position, format!("{name}: its leaves do not give its root"));
        }
        if block.previous != previous {
            verdict.fault(block.first_position, format!("{name} does not stand on the block before it"));
        }
        if block_hash(block)[..] != block.hash[..] {
            verdict.fault(block.first_position, format!("{name}: its hash is wrong"));
        }
        if !self.signer().verify(&block.key_id, &block.hash, &block.signature) {
            verdict.fault(block.first_position, format!("{name}: its signature is wrong"));
        }
        let mut sealed = leaves.iter();
        let mut first = block.first_position;
        // One whose length was made up is looked through as far as it has leaves.
        let end = block.last_position.min(first.saturating_add(i64::try_from(leaves.len()).unwrap_or(0)));
        while first <= end {
            let last = end.min(first.saturating_add(ENTRIES_AT_ONCE - 1));
            let (entries, unreadable) = entries(tx, first, last).await?;
            let digests: Vec<[u8; 32]> = entries.iter().map(digest).collect();
            before.check(tx, &entries, verdict).await?;
            let mut entries = entries.into_iter().zip(digests).peekable();
            for position in first..=last {
                let sealed = sealed.next();
                let Some((entry, digest)) = entries.next_if(|(entry, _)| entry.position == Some(position)) else {
                    let what = if unreadable.contains(&position) { "cannot be read" } else { "was removed" };
                    verdict.fault(position, format!("the entry at position {position} {what}"));
                    continue;
                };
                let id = entry.id;
                if sealed != Some(&leaf(position, &entry, &digest)) {
                    verdict.fault(position, format!("the entry at position {position} (id {id}) was changed or moved"));
                } else if block.version >= WITH_MACS && !is_own(self.signer(), &entry, &digest) {
                    verdict
                        .fault(position, format!("the entry at position {position} (id {id}) has a MAC that is wrong"));
                }
                verdict.entries += 1;
                verdict.without_mac += i64::from(entry.mac.is_none());
                if !records.take(&entry) {
                    verdict.fault(position, format!("the entry at position {position} cannot be read"));
                }
            }
            let Some(next) = last.checked_add(1) else { break };
            first = next;
        }
        Ok(())
    }

    /// Entries that the sealer set aside, or somebody else.
    async fn check_refused(&self, tx: &DatabaseTransaction, verdict: &mut Verdict) -> Result<(), KernelFault> {
        let refused = journal_entry::Entity::find().filter(journal_entry::Column::Position.lte(0));
        for entry in refused.order_by_desc(journal_entry::Column::Position).limit(TOLD as u64).all(tx).await? {
            let id = entry.id;
            verdict.fault(
                0,
                if is_own(self.signer(), &entry, &digest(&entry)) {
                    format!("entry {id} was set aside by hand")
                } else {
                    format!("entry {id} was not written by this program: the sealer refused it")
                },
            );
        }
        Ok(())
    }

    /// Entries that wait for the sealer: their rows are there already, and they come after all that is sealed of them.
    async fn check_waiting(
        &self,
        tx: &DatabaseTransaction,
        records: &mut Records<'_>,
        before: &mut Before,
        verdict: &mut Verdict,
    ) -> Result<(), KernelFault> {
        use journal_entry::Column;
        let mut after = i64::MIN;
        loop {
            let waiting = journal_entry::Entity::find().filter(Column::Position.is_null()).filter(Column::Id.gt(after));
            let some = waiting.order_by_asc(Column::Id).limit(ENTRIES_AT_ONCE.unsigned_abs()).all(tx).await?;
            let Some(last) = some.last() else { return Ok(()) };
            after = last.id;
            before.check(tx, &some, verdict).await?;
            for entry in &some {
                verdict.unsealed += 1;
                if !is_own(self.signer(), entry, &digest(entry)) {
                    verdict.fault(0, format!("entry {} was not written by this program", entry.id));
                } else if !records.take(entry) {
                    verdict.fault(0, format!("entry {} cannot be read", entry.id));
                }
            }
        }
    }
}

/// Whether the entries that are named are there.
#[derive(Default)]
struct Before {
    seen: HashMap<i64, String>,
    order: VecDeque<i64>,
}

impl Before {
    async fn check(
        &mut self,
        tx: &DatabaseTransaction,
        entries: &[journal_entry::Model],
        verdict: &mut Verdict,
    ) -> Result<(), KernelFault> {
        use journal_entry::Column::{Id, Mac};
        for entry in entries {
            self.seen.insert(entry.id, entry.mac.as_deref().map(mark).unwrap_or_default());
            self.order.push_back(entry.id);
        }
        let named = |entry: &journal_entry::Model| names(entry).unwrap_or_default();
        let others: Vec<i64> =
            entries.iter().flat_map(named).map(|(id, _)| id).filter(|id| !self.seen.contains_key(id)).collect();
        let mut found: HashMap<i64, String> = HashMap::new();
        if !others.is_empty() {
            let select = journal_entry::Entity::find().select_only().columns([Id, Mac]).filter(Id.is_in(others));
            let rows: Vec<(i64, Option<Vec<u8>>)> = select.into_tuple().all(tx).await?;
            found.extend(rows.into_iter().map(|(id, mac)| (id, mac.as_deref().map(mark).unwrap_or_default())));
        }
        for entry in entries {
            let (position, id) = (entry.position.unwrap_or(0), entry.id);
            let Some(names) = names(entry) else {
                verdict.fault(position, format!("what entry {id} names before it cannot be read"));
                continue;
            };
            for (named, mark) in names {
                if self.seen.get(&named).or_else(|| found.get(&named)) != Some(&mark) {
                    let what = "was removed or replaced before it was sealed";
                    verdict
                        .fault(position, format!("entry {named}, which entry {id} of the same process names, {what}"));
                }
            }
        }
        while self.order.len() > REMEMBERED {
            if let Some(id) = self.order.pop_front() {
                self.seen.remove(&id);
            }
        }
        Ok(())
    }
}

/// The entries of these positions, and the positions of those with a column that cannot be read any more.
async fn entries(
    tx: &DatabaseTransaction,
    first: i64,
    last: i64,
) -> Result<(Vec<journal_entry::Model>, BTreeSet<i64>), KernelFault> {
    use journal_entry::Column::Position;
    let between = |first, last| journal_entry::Entity::find().filter(Position.between(first, last));
    let is_unreadable = |error: &DbErr| error.to_string().contains("decoding column");
    match between(first, last).order_by_asc(Position).all(tx).await {
        Err(error) if is_unreadable(&error) => {}
        entries => return Ok((entries?, BTreeSet::new())),
    }
    let (mut entries, mut unreadable) = (Vec::new(), BTreeSet::new());
    for position in first..=last {
        match between(position, position).one(tx).await {
            Err(error) if is_unreadable(&error) => {
                unreadable.insert(position);
            }
            entry => entries.extend(entry?),
        }
    }
    Ok((entries, unreadable))
}

/// What a person is told of one who looked: hashed from the entry, and from the row that the person reads.
fn look_hash(look: &person_access::Model) -> [u8; 16] {
    let told = (look.at.timestamp_micros(), look.account_id, &look.actor, &look.purpose, &look.fields);
    short(&format!("{told:?}"))
}

fn short(text: &str) -> [u8; 16] {
    let mut hash = [0; 16];
    for (to, from) in hash.iter_mut().zip(Sha256::digest(text)) {
        *to = from;
    }
    hash
}

/// What an entry left of one look.
struct Look {
    hash: [u8; 16],
    /// The row's number and the role, of which older entries say nothing.
    row: Option<(i64, [u8; 16])>,
}

/// What the journal left of each record.
struct Records<'a> {
    tables: &'a [Box<dyn AnyAggregate>],
    names: HashMap<&'static str, u16>,
    /// By table and id.
    last: HashMap<(u16, i64), [u8; 16]>,
    /// Who looked, by entry and person.
    looks: HashMap<(i64, i64), Look>,
    /// Of whom something changed, by entry and person.
    persons: HashSet<(i64, i64)>,
    /// Rows of the kernel's own tables, by table and id: hash, and when.
    kept: HashMap<(Own, i64), ([u8; 16], DateTime<Utc>)>,
    /// The last entry without a MAC, and when MACs began; of what was written before not all can be checked.
    old: i64,
    begun: Option<DateTime<Utc>>,
    /// The greatest number of any row.
    greatest: i64,
}

/// A table of the kernel's own whose rows belong to commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Own {
    Key,
    Job,
}

impl Own {
    fn name(self) -> &'static str {
        match self {
            Self::Key => "idempotency_key",
            Self::Job => "job",
        }
    }
}

impl Kept {
    /// The key of a command.
    pub(crate) fn key(row: &idempotency_key::Model) -> Self {
        let hash = hash_of::<idempotency_key::Entity>(row, |_| true);
        Self { table: Own::Key.name().to_owned(), id: row.id, hash }
    }

    /// A job, as far as it stays what it is.
    pub(crate) fn job(row: &job::Model) -> Self {
        let hash = hash_of::<job::Entity>(row, |column| !JOB_MOVES.contains(&column));
        Self { table: Own::Job.name().to_owned(), id: row.id, hash }
    }
}

/// What the MAC of a job's end is over.
pub(crate) fn job_end(job: &job::Model) -> Vec<u8> {
    let end = (job.id, &job.state, &job.output, &job.message, job.finished_at.map(|at| at.timestamp_micros()));
    format!("job {end:?}").into_bytes()
}

impl<'a> Records<'a> {
    fn of(tables: &'a [Box<dyn AnyAggregate>]) -> Self {
        let names = tables.iter().zip(0..).map(|(table, n)| (table.name(), n)).collect();
        Self {
            tables,
            names,
            last: HashMap::new(),
            looks: HashMap::new(),
            persons: HashSet::new(),
            kept: HashMap::new(),
            old: 0,
            begun: None,
            greatest: 0,
        }
    }

    /// Takes in the after-images of an entry, who looked and what was written beside; whether it can be read.
    fn take(&mut self, entry: &journal_entry::Model) -> bool {
        if self.tables.is_empty() || !["COMMAND", "READ"].contains(&entry.kind.as_str()) {
            return true;
        }
        let Ok(body) = serde_json::from_str::<Body>(&entry.body) else { return false };
        if entry.mac.is_none() {
            self.old = self.old.max(entry.id);
        } else if self.old > 0 && self.begun.is_none() {
            self.begun = Some(entry.at);
        }
        for (n, (person, fields)) in body.reads.into_iter().enumerate() {
            let look = person_access::Model {
                at: entry.at,
                account_id: entry.account_id,
                actor: entry.actor.clone(),
                purpose: entry.purpose.clone(),
                fields: fields.join(","),
                ..person_access::Model::default()
            };
            let first = body.told.get(n / crate::work::ROWS_AT_ONCE);
            let number = first.and_then(|first| first.checked_add(i64::try_from(n % crate::work::ROWS_AT_ONCE).ok()?));
            let row = number.zip(body.role.as_deref()).map(|(id, role)| (id, short(role)));
            self.looks.insert((entry.id, person), Look { hash: look_hash(&look), row });
        }
        if entry.mac.is_some() {
            self.persons.extend(body.persons.iter().map(|person| (entry.id, *person)));
        } else {
            // Older entries do not say of whom something changed beside persons themselves.
            let persons = body.rows.iter().filter(|row| row.aggregate == "Person");
            self.persons.extend(persons.map(|row| (entry.id, row.id)));
        }
        for kept in body.kept {
            let own = [Own::Key, Own::Job].into_iter().find(|own| own.name() == kept.table);
            let hash = hex::decode(&kept.hash).ok().and_then(|bytes| bytes.try_into().ok());
            if let (Some(own), Some(hash)) = (own, hash) {
                self.kept.insert((own, kept.id), (hash, entry.at));
            }
        }
        for row in body.rows {
            let (Some(table), Ok(bytes)) = (self.names.get(row.aggregate.as_str()), hex::decode(&row.hash)) else {
                continue;
            };
            if let Ok(hash) = bytes.try_into() {
                self.last.insert((*table, row.id), hash);
            }
        }
        true
    }

    /// Compares all records with what the journal left of them.
    async fn check(
        &mut self,
        tx: &DatabaseTransaction,
        signer: &JournalSigner,
        verdict: &mut Verdict,
    ) -> Result<(), KernelFault> {
        for (table, n) in self.tables.iter().zip(0..) {
            let mut after = Some(i64::MIN);
            while let Some(start) = after {
                let (next, rows) = table.hashes(tx, start).await?;
                for (id, hash) in rows {
                    verdict.records += 1;
                    self.greatest = self.greatest.max(id);
                    match self.last.remove(&(n, id)) {
                        None => verdict.fault(0, format!("{} {id} stands in no journal entry", table.name())),
                        Some(known) if hex::encode(known) != hash => {
                            verdict.fault(0, format!("{} {id} is not what the journal left", table.name()));
                        }
                        Some(_) => {}
                    }
                }
                after = next;
            }
        }
        let mut missing: Vec<_> = self.last.drain().map(|(key, _)| key).collect();
        missing.sort_unstable();
        for (n, id) in missing {
            let name = self.tables.get(usize::from(n)).map_or("?", |table| table.name());
            verdict.fault(0, format!("{name} {id} was removed"));
        }
        self.check_looks(tx, verdict).await?;
        self.check_persons(tx, verdict).await?;
        self.check_keys(tx, verdict).await?;
        self.check_jobs(tx, signer, verdict).await?;
        let mut missing: Vec<_> = self.kept.drain().collect();
        missing.sort_unstable_by_key(|(key, _)| *key);
        let expired = Utc::now() - TimeDelta::days(KEY_DAYS);
        for ((own, id), (_, at)) in missing {
            if own != Own::Key || at > expired {
                verdict.fault(0, format!("{} {id} was removed", own.name()));
            }
        }
        Ok(())
    }

    /// Compares what persons are told of who looked with the entries of it.
    async fn check_looks(&mut self, tx: &DatabaseTransaction, verdict: &mut Verdict) -> Result<(), KernelFault> {
        use person_access::{Column, Entity};
        let mut after = i64::MIN;
        loop {
            let select = Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id);
            let rows = select.limit(ROWS_AT_ONCE).all(tx).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            self.greatest = self.greatest.max(last.id);
            for row in rows {
                let (id, person) = (row.id, row.person_id);
                let told = |look: &Look| {
                    look.hash == look_hash(&row) && look.row.is_none_or(|told| told == (id, short(&row.role)))
                };
                match self.looks.remove(&(row.entry_id, person)) {
                    None => verdict.fault(0, format!("person_access {id} stands in no journal entry")),
                    Some(look) if !told(&look) => {
                        verdict.fault(0, format!("person_access {id} is not what the journal left"));
                    }
                    Some(_) => {}
                }
            }
        }
        let mut missing: Vec<_> = self.looks.drain().map(|(key, _)| key).collect();
        missing.sort_unstable();
        for (entry, person) in missing {
            verdict.fault(0, format!("person_access of person {person} by entry {entry} was removed"));
        }
        Ok(())
    }

    /// Compares the index of who was changed with the entries.
    async fn check_persons(&mut self, tx: &DatabaseTransaction, verdict: &mut Verdict) -> Result<(), KernelFault> {
        use journal_person::{Column, Entity};
        let mut after = (i64::MIN, i64::MIN);
        loop {
            let of_same = Condition::all().add(Column::PersonId.eq(after.0)).add(Column::EntryId.gt(after.1));
            let rest = Condition::any().add(Column::PersonId.gt(after.0)).add(of_same);
            let select = Entity::find().filter(rest).order_by_asc(Column::PersonId).order_by_asc(Column::EntryId);
            let rows = select.limit(ROWS_AT_ONCE).all(tx).await?;
            let Some(last) = rows.last() else { break };
            after = (last.person_id, last.entry_id);
            for row in rows {
                let (person, entry) = (row.person_id, row.entry_id);
                // Older entries do not say all of it.
                if !self.persons.remove(&(entry, person)) && !(1..=self.old).contains(&entry) {
                    verdict.fault(0, format!("journal_person {person} {entry} stands in no journal entry"));
                }
            }
        }
        let mut missing: Vec<_> = self.persons.drain().collect();
        missing.sort_unstable();
        for (entry, person) in missing {
            verdict.fault(0, format!("journal_person of person {person} and entry {entry} was removed"));
        }
        Ok(())
    }

    /// Whether a row may be there though no entry tells of it: it is of before entries told.
    fn is_old(&self, created: DateTime<Utc>) -> bool {
        self.begun.is_some_and(|begun| created < begun)
    }

    fn check_own(
        &mut self,
        own: Own,
        row: &Kept,
        created: DateTime<Utc>,
        old_until: Option<DateTime<Utc>>,
    ) -> Option<String> {
        let (name, id) = (own.name(), row.id);
        self.greatest = self.greatest.max(id);
        match self.kept.remove(&(own, id)) {
            Some((known, _)) if hex::encode(known) == row.hash => None,
            Some(_) => Some(format!("{name} {id} is not what the journal left")),
            None if self.is_old(created) && old_until.is_none_or(|until| Utc::now() < until) => None,
            None => Some(format!("{name} {id} stands in no journal entry")),
        }
    }

    /// Compares the keys of commands with the entries of the commands.
    async fn check_keys(&mut self, tx: &DatabaseTransaction, verdict: &mut Verdict) -> Result<(), KernelFault> {
        use idempotency_key::{Column, Entity};
        let mut after = i64::MIN;
        loop {
            let select = Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id);
            let rows = select.limit(ROWS_AT_ONCE).all(tx).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            // By then all keys of before entries told of them are gone.
            let until = self.begun.map(|begun| begun + TimeDelta::days(KEY_DAYS + 1));
            for row in rows {
                if let Some(wrong) = self.check_own(Own::Key, &Kept::key(&row), row.created_at, until) {
                    verdict.fault(0, wrong);
                }
            }
        }
    }

    /// Compares jobs with the entries of the commands that asked for them, and how they ended with its MAC.
    async fn check_jobs(
        &mut self,
        tx: &DatabaseTransaction,
        signer: &JournalSigner,
        verdict: &mut Verdict,
    ) -> Result<(), KernelFault> {
        use job::{Column, Entity};
        let mut after = i64::MIN;
        loop {
            let select = Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id);
            let rows = select.limit(ROWS_AT_ONCE).all(tx).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            for row in rows {
                let known = self.kept.contains_key(&(Own::Job, row.id));
                if let Some(wrong) = self.check_own(Own::Job, &Kept::job(&row), row.created_at, None) {
                    verdict.fault(0, wrong);
                    continue;
                }
                let proved = match (row.state.as_str(), &row.mac) {
                    (DONE | FAILED, Some(mac)) => signer.is_mac(&job_end(&row), mac),
                    // One that was given up ended with nothing; one that is taken up again has the end of before.
                    (FAILED, None) => row.output.is_none(),
                    (QUEUED, _) | (RUNNING, None) => true,
                    _ => false,
                };
                if known && !proved {
                    verdict.fault(0, format!("job {} did not end like this", row.id));
                }
            }
        }
    }
}
