//! Gives committed entries their position and seals them in blocks. Any process may seal: the
//! advisory lock on PostgreSQL, the one writer on SQLite, let one at a time.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use entity::kernel::{journal_block, journal_entry};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::listen::SEALED;
use super::{block_hash, leaf, merkle};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Fault;
use crate::secrets::JournalSigner;

/// Key of the advisory lock that lets one sealer at a time.
const SEAL_LOCK: i64 = 0x6d7a_7365_616c;
/// Most entries a block holds.
const BLOCK_ENTRIES: u64 = 2000;
/// Entries read at once: that of a bulk command may hold a megabyte.
const READ_AT_ONCE: usize = 50;

/// The last sealed block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealedHead {
    /// Number of the last block, 0 for none.
    pub block: i64,
    /// Position of the last sealed entry, 0 for none.
    pub position: i64,
}

/// The sealer of one process.
pub struct Sealer {
    db: Arc<Db>,
    clock: Clock,
    signer: Arc<JournalSigner>,
    anchor: PathBuf,
    head: tokio::sync::watch::Sender<i64>,
}

impl Sealer {
    /// A sealer that appends the heads to the file `anchor`.
    pub fn new(db: Arc<Db>, clock: Clock, signer: Arc<JournalSigner>, anchor: PathBuf) -> Self {
        Self { db, clock, signer, anchor, head: tokio::sync::watch::Sender::new(0) }
    }

    /// Told whenever the sealed position moves.
    pub fn watch(&self) -> tokio::sync::watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// The anchor file.
    pub fn anchor(&self) -> &PathBuf {
        &self.anchor
    }

    /// The public keys.
    pub fn signer(&self) -> &JournalSigner {
        &self.signer
    }

    /// Seals all committed entries; returns the head.
    pub async fn seal(&self) -> Result<SealedHead, Fault> {
        loop {
            let waiting = self
                .db
                .value(
                    self.db.read(),
                    "SELECT COUNT(*) AS n FROM (SELECT 1 FROM journal_entry WHERE position IS NULL LIMIT 1) w",
                    vec![],
                )
                .await?;
            if waiting == 0 {
                let head = self.head().await?;
                self.publish(head.position);
                return Ok(head);
            }
            self.seal_block().await?;
        }
    }

    /// The last sealed block as the database has it.
    pub async fn head(&self) -> Result<SealedHead, Fault> {
        let last =
            journal_block::Entity::find().order_by_desc(journal_block::Column::Number).one(self.db.read()).await?;
        Ok(last.map_or_else(SealedHead::default, |block| SealedHead {
            block: block.number,
            position: block.last_position,
        }))
    }

    fn publish(&self, position: i64) {
        self.head.send_if_modified(|at| {
            let moved = position > *at;
            *at = position.max(*at);
            moved
        });
    }

    async fn seal_block(&self) -> Result<(), Fault> {
        let tx = self.db.begin().await?;
        if !self.db.is_sqlite() {
            self.db.value(&tx, "SELECT 1::bigint AS n FROM pg_advisory_xact_lock($1)", vec![SEAL_LOCK.into()]).await?;
        }
        let last = journal_block::Entity::find().order_by_desc(journal_block::Column::Number).one(&tx).await?;
        let (number, position, previous) =
            last.map_or_else(|| (1, 0, vec![0; 32]), |b| (b.number + 1, b.last_position, b.hash));
        // Which entries is asked with one statement, so that no entry can come before one that it waited for.
        let ids: Vec<i64> = journal_entry::Entity::find()
            .select_only()
            .column(journal_entry::Column::Id)
            .filter(journal_entry::Column::Position.is_null())
            .order_by_asc(journal_entry::Column::Id)
            .limit(BLOCK_ENTRIES)
            .into_tuple()
            .all(&tx)
            .await?;
        if ids.is_empty() {
            tx.rollback().await?;
            return Ok(());
        }
        let mut leaves = Vec::with_capacity(ids.len());
        let mut pairs = Vec::with_capacity(ids.len());
        let mut at = position;
        for some in ids.chunks(READ_AT_ONCE) {
            let entries = journal_entry::Entity::find()
                .filter(journal_entry::Column::Id.is_in(some.iter().copied()))
                .order_by_asc(journal_entry::Column::Id)
                .all(&tx)
                .await?;
            for entry in &entries {
                at += 1;
                leaves.push(leaf(at, entry));
                pairs.push(format!("({},{at})", entry.id));
            }
        }
        // Exactly these entries: one that is committed meanwhile waits for the next block.
        let sql = format!(
            "UPDATE journal_entry SET position = v.column2 FROM (VALUES {}) AS v WHERE journal_entry.id = v.column1",
            pairs.join(",")
        );
        let numbered = self.db.execute(&tx, &sql, vec![]).await?;
        if numbered != ids.len() as u64 {
            return Err(Fault::internal(format!("{numbered} of {} entries could be numbered", ids.len())));
        }
        let root = merkle(&leaves);
        let hash = block_hash(number, position + 1, at, &root, &previous);
        let block = journal_block::Model {
            number,
            first_position: position + 1,
            last_position: at,
            leaves: leaves.concat(),
            root: root.to_vec(),
            previous,
            hash: hash.to_vec(),
            key_id: self.signer.key_id().to_owned(),
            signature: self.signer.sign(&hash).to_vec(),
            sealed_at: self.clock.now(),
        };
        let line = format!(
            "{} {} {} {}\n",
            block.number,
            block.last_position,
            hex::encode(&block.hash),
            hex::encode(&block.signature)
        );
        block.into_active_model().insert(&tx).await?;
        if !self.db.is_sqlite() {
            self.db.execute(&tx, "SELECT pg_notify($1, $2)", vec![SEALED.into(), at.to_string().into()]).await?;
        }
        tx.commit().await?;
        // After the commit: an anchor never tells of a block that the database does not have.
        if let Some(folder) = self.anchor.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::OpenOptions::new().create(true).append(true).open(&self.anchor)?.write_all(line.as_bytes())?;
        self.publish(at);
        Ok(())
    }
}
