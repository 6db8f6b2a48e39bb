//! Recomputes the whole journal and compares it with the blocks, the chain, the signatures and the
//! anchors; on wish, every row with its last after-image, and what persons are told of who looked with the
//! entries of it. All is read as it was at one instant, so that what others write meanwhile is no fault.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use entity::Aggregate;
use entity::kernel::{journal_block, journal_entry, person_access};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, ModelTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use sha2::{Digest as _, Sha256};

use super::{Body, RowChange, Sealer, block_hash, column_name, leaf, merkle, row_hash, to_json};
use crate::db::Db;
use crate::error::Failure;
use crate::error::Fault as KernelFault;
use crate::work::Work;

/// Entries read at once: that of a bulk command may hold a megabyte.
const ENTRIES_AT_ONCE: i64 = 50;

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
    /// Records compared with their last after-image.
    pub records: i64,
    /// What does not agree.
    pub faults: Vec<Fault>,
}

impl Verdict {
    /// Whether all agrees.
    pub fn ok(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, position: i64, message: String) {
        self.faults.push(Fault { position, message });
    }
}

/// A page of rows: next start, and each row's id, hash and whether it is voided.
type Hashes = (Option<i64>, Vec<(i64, String)>);

/// A table, without its type.
#[async_trait::async_trait]
pub trait AnyAggregate: crate::reseal::Reseal {
    /// Its name.
    fn name(&self) -> &'static str;
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
    /// Recomputes all. `tables`: compare their rows with their last after-images too.
    pub async fn verify(&self, db: &Db, tables: Option<&[Box<dyn AnyAggregate>]>) -> Result<Verdict, KernelFault> {
        // Before the snapshot: each block that they tell of is in it then.
        let anchors = std::fs::read_to_string(self.anchor()).unwrap_or_default();
        let tx = db.snapshot().await?;
        let verdict = self.verify_at(db, &tx, tables.unwrap_or_default(), &anchors).await;
        tx.rollback().await?;
        verdict
    }

    async fn verify_at(
        &self,
        db: &Db,
        tx: &DatabaseTransaction,
        tables: &[Box<dyn AnyAggregate>],
        anchors: &str,
    ) -> Result<Verdict, KernelFault> {
        let mut verdict = Verdict::default();
        let mut records = Records::of(tables);

        let mut previous = vec![0_u8; 32];
        let mut expected = 1;
        let mut position = 1;
        let mut hashes: BTreeMap<i64, String> = BTreeMap::new();
        loop {
            let blocks = journal_block::Entity::find()
                .filter(journal_block::Column::Number.gte(expected))
                .order_by_asc(journal_block::Column::Number)
                .limit(100)
                .all(tx)
                .await?;
            if blocks.is_empty() {
                break;
            }
            for block in blocks {
                while block.number > expected {
                    verdict.fault(position, format!("block {expected} is missing"));
                    expected += 1;
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
                self.check_block(tx, &block, &previous, &mut records, &mut verdict).await?;
                hashes.insert(block.number, hex::encode(&block.hash));
                previous.clone_from(&block.hash);
                position = block.last_position + 1;
                expected = block.number + 1;
                verdict.blocks += 1;
            }
        }
        let strays = journal_entry::Entity::find().filter(journal_entry::Column::Position.gte(position));
        for stray in strays.order_by_asc(journal_entry::Column::Position).limit(100).all(tx).await? {
            verdict
                .fault(stray.position.unwrap_or(0), format!("entry {} has a position that no block sealed", stray.id));
        }
        let sql = "SELECT COUNT(*) AS n FROM journal_entry WHERE position IS NULL";
        verdict.unsealed = db.value(tx, sql, vec![]).await?;
        check_anchors(anchors, &hashes, &mut verdict);
        if !tables.is_empty() {
            records.unsealed(tx).await?;
            records.check(tx, &mut verdict).await?;
        }
        Ok(verdict)
    }

    async fn check_block(
        &self,
        tx: &DatabaseTransaction,
        block: &journal_block::Model,
        previous: &[u8],
        records: &mut Records<'_>,
        verdict: &mut Verdict,
    ) -> Result<(), KernelFault> {
        let name = format!("block {} (positions {}–{})", block.number, block.first_position, block.last_position);
        let leaves: Vec<[u8; 32]> = block.leaves.chunks(32).filter_map(|c| c.try_into().ok()).collect();
        let count = usize::try_from(block.last_position - block.first_position + 1).unwrap_or(0);
        if merkle(&leaves)[..] != block.root[..] || block.leaves.len() != count * 32 {
            verdict.fault(block.first_position, format!("{name}: its leaves do not give its root"));
        }
        if block.previous != previous {
            verdict.fault(block.first_position, format!("{name} does not stand on the block before it"));
        }
        let hash = block_hash(block.number, block.first_position, block.last_position, &block.root, &block.previous);
        if hash[..] != block.hash[..] {
            verdict.fault(block.first_position, format!("{name}: its hash is wrong"));
        }
        if !self.signer().verify(&block.key_id, &block.hash, &block.signature) {
            verdict.fault(block.first_position, format!("{name}: its signature is wrong"));
        }
        let mut sealed = leaves.iter();
        let mut first = block.first_position;
        while first <= block.last_position {
            let last = block.last_position.min(first + ENTRIES_AT_ONCE - 1);
            let (entries, unreadable) = entries(tx, first, last).await?;
            let mut entries = entries.into_iter().peekable();
            for position in first..=last {
                let sealed = sealed.next();
                let Some(entry) = entries.next_if(|entry| entry.position == Some(position)) else {
                    let what = if unreadable.contains(&position) { "cannot be read" } else { "was removed" };
                    verdict.fault(position, format!("the entry at position {position} {what}"));
                    continue;
                };
                if sealed != Some(&leaf(position, &entry)) {
                    let id = entry.id;
                    verdict.fault(position, format!("the entry at position {position} (id {id}) was changed or moved"));
                }
                verdict.entries += 1;
                if !records.take(&entry) {
                    verdict.fault(position, format!("the entry at position {position} cannot be read"));
                }
            }
            first = last + 1;
        }
        Ok(())
    }
}

fn check_anchors(anchors: &str, hashes: &BTreeMap<i64, String>, verdict: &mut Verdict) {
    for line in anchors.lines() {
        let mut words = line.split(' ');
        let number = words.next().and_then(|n| n.parse::<i64>().ok());
        let position = words.next().and_then(|n| n.parse::<i64>().ok());
        let (Some(number), Some(position), Some(hash)) = (number, position, words.next()) else { continue };
        match hashes.get(&number) {
            None => verdict.fault(
                position,
                format!("the journal was cut off: the anchor file knows block {number} up to position {position}"),
            ),
            Some(found) if found != hash => {
                verdict.fault(position, format!("block {number} is not the one that was anchored"));
            }
            Some(_) => {}
        }
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
fn look_hash(at: DateTime<Utc>, account: Option<i64>, actor: &str, purpose: Option<&str>, fields: &str) -> [u8; 16] {
    let told = (at.timestamp_micros(), account, actor, purpose, fields);
    let mut hash = [0; 16];
    for (to, from) in hash.iter_mut().zip(Sha256::digest(format!("{told:?}"))) {
        *to = from;
    }
    hash
}

/// What the journal left of each record.
struct Records<'a> {
    tables: &'a [Box<dyn AnyAggregate>],
    names: HashMap<&'static str, u16>,
    /// By table and id.
    last: HashMap<(u16, i64), [u8; 16]>,
    /// Who looked, by entry and person.
    looks: HashMap<(i64, i64), [u8; 16]>,
}

impl<'a> Records<'a> {
    fn of(tables: &'a [Box<dyn AnyAggregate>]) -> Self {
        let names = tables.iter().zip(0..).map(|(table, n)| (table.name(), n)).collect();
        Self { tables, names, last: HashMap::new(), looks: HashMap::new() }
    }

    /// Takes in the after-images of an entry and who looked; whether it can be read.
    fn take(&mut self, entry: &journal_entry::Model) -> bool {
        if self.tables.is_empty() || !["COMMAND", "READ"].contains(&entry.kind.as_str()) {
            return true;
        }
        let Ok(body) = serde_json::from_str::<Body>(&entry.body) else { return false };
        for (person, fields) in body.reads {
            let fields = fields.join(",");
            let hash = look_hash(entry.at, entry.account_id, &entry.actor, entry.purpose.as_deref(), &fields);
            self.looks.insert((entry.id, person), hash);
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

    /// Entries that wait for the sealer: their rows are there already, and they come after all that is sealed of them.
    async fn unsealed(&mut self, tx: &DatabaseTransaction) -> Result<(), KernelFault> {
        use journal_entry::Column;
        let mut after = 0;
        loop {
            let waiting = journal_entry::Entity::find().filter(Column::Position.is_null()).filter(Column::Id.gt(after));
            let some = waiting.order_by_asc(Column::Id).limit(ENTRIES_AT_ONCE.unsigned_abs()).all(tx).await?;
            let Some(last) = some.last() else { return Ok(()) };
            after = last.id;
            for entry in &some {
                self.take(entry);
            }
        }
    }

    /// Compares all records with what the journal left of them.
    async fn check(mut self, tx: &DatabaseTransaction, verdict: &mut Verdict) -> Result<(), KernelFault> {
        for (table, n) in self.tables.iter().zip(0..) {
            let mut after = Some(0);
            while let Some(start) = after {
                let (next, rows) = table.hashes(tx, start).await?;
                for (id, hash) in rows {
                    verdict.records += 1;
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
        self.check_looks(tx, verdict).await
    }

    /// Compares what persons are told of who looked with the entries of it.
    async fn check_looks(mut self, tx: &DatabaseTransaction, verdict: &mut Verdict) -> Result<(), KernelFault> {
        use person_access::{Column, Entity};
        let mut after = 0;
        loop {
            let rows = Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id).limit(2000).all(tx).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                let hash = look_hash(row.at, row.account_id, &row.actor, row.purpose.as_deref(), &row.fields);
                let (id, person) = (row.id, row.person_id);
                match self.looks.remove(&(row.entry_id, person)) {
                    None => verdict.fault(0, format!("person_access {id} stands in no journal entry")),
                    Some(known) if known != hash => {
                        verdict.fault(0, format!("person_access {id} is not what the journal left"));
                    }
                    Some(_) => {}
                }
            }
        }
        let mut missing: Vec<_> = self.looks.into_keys().collect();
        missing.sort_unstable();
        for (entry, person) in missing {
            verdict.fault(0, format!("person_access of person {person} by entry {entry} was removed"));
        }
        Ok(())
    }
}
