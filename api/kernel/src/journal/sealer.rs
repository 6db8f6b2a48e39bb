//! Gives committed entries their position and seals them in blocks. Any process may seal: the
//! advisory lock on PostgreSQL, the one writer on SQLite, let one at a time.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use entity::kernel::{journal_block, journal_entry};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::anchors::AnchorFile;
use super::chain::{Chain, is_own};
use super::listen::SEALED;
use super::{block_hash, digest, leaf, merkle};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Fault;
use crate::secrets::{JournalSigner, random_bytes};

/// Key of the advisory lock that lets one sealer at a time.
const SEAL_LOCK: i64 = 0x6d7a_7365_616c;
/// Most entries a block holds.
const BLOCK_ENTRIES: u64 = 2000;
/// Entries read at once: that of a bulk command may hold a megabyte.
const READ_AT_ONCE: usize = 50;
/// Version of a block whose entries have a MAC.
pub(super) const WITH_MACS: i32 = 2;
/// The command's name in the entry with which MACs begin in a database that is older than they are.
const UPGRADE: &str = "upgradeJournal";

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
    pub(super) db: Arc<Db>,
    clock: Clock,
    signer: Arc<JournalSigner>,
    pub(super) chain: Chain,
    pub(super) anchor: AnchorFile,
    /// Files and sockets where anchors are kept too.
    pub(super) elsewhere: OnceLock<(Vec<AnchorFile>, Vec<PathBuf>)>,
    head: tokio::sync::watch::Sender<i64>,
    /// The last block that was found to be sealed with these keys.
    owned: AtomicI64,
}

impl Sealer {
    /// A sealer that keeps its anchors in this folder.
    pub fn new(db: Arc<Db>, clock: Clock, signer: Arc<JournalSigner>, anchors: &Path) -> Result<Self, Fault> {
        let chain = Chain::new(signer.clone())?;
        let (anchor, head) = (AnchorFile::new(anchors), tokio::sync::watch::Sender::new(0));
        Ok(Self { db, clock, signer, chain, anchor, elsewhere: OnceLock::new(), head, owned: AtomicI64::new(0) })
    }

    /// Told whenever the sealed position moves.
    pub fn watch(&self) -> tokio::sync::watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// The public keys.
    pub fn signer(&self) -> &JournalSigner {
        &self.signer
    }

    /// Seals all committed entries; returns the head. No block is sealed before the one before it was read back over
    /// another connection and anchored.
    pub async fn seal(&self) -> Result<SealedHead, Fault> {
        let mut least = 0;
        loop {
            let head = self.head().await?;
            if head.block < least {
                return Err(Fault::internal(format!("block {least} was committed and is not there")));
            }
            self.is_own(head.block).await?;
            self.anchor(head.block).await?;
            self.publish(head.position);
            let waiting = self
                .db
                .value(
                    self.db.read(),
                    "SELECT COUNT(*) AS n FROM (SELECT 1 FROM journal_entry WHERE position IS NULL LIMIT 1) w",
                    vec![],
                )
                .await?;
            if waiting == 0 {
                return Ok(head);
            }
            match self.seal_block(head.block).await? {
                Some(last) => least = last,
                // Nothing could be sealed: whoever calls comes again after a while.
                None => return Ok(head),
            }
        }
    }

    /// The last sealed block as the database has it.
    pub async fn head(&self) -> Result<SealedHead, Fault> {
        use journal_block::Column::{LastPosition, Number};
        let last: Option<(i64, i64)> = journal_block::Entity::find()
            .select_only()
            .columns([Number, LastPosition])
            .order_by_desc(Number)
            .into_tuple()
            .one(self.db.read())
            .await?;
        Ok(last.map_or_else(SealedHead::default, |(block, position)| SealedHead { block, position }))
    }

    fn publish(&self, position: i64) {
        self.head.send_if_modified(|at| {
            let moved = position > *at;
            *at = position.max(*at);
            moved
        });
    }

    /// Refuses to go on from a last block that was not sealed with these keys: what stands in the anchors stays.
    async fn is_own(&self, head: i64) -> Result<(), Fault> {
        // One that was anchored or looked at here is known.
        if self.owned.load(Ordering::Relaxed) == head {
            return Ok(());
        }
        let last = journal_block::Entity::find_by_id(head).one(self.db.read()).await?;
        let own = last.is_none_or(|block| {
            block_hash(&block)[..] == block.hash[..] && self.signer.verify(&block.key_id, &block.hash, &block.signature)
        });
        if !own {
            return Err(Fault::internal(format!("block {head} is not what was sealed: see `minzheng audit verify`")));
        }
        self.owned.store(head, Ordering::Relaxed);
        Ok(())
    }

    /// Seals the entries that wait in a block after `anchored`, if that is still the last one; gives the last one there
    /// is then, `None` where no entry waits.
    async fn seal_block(&self, anchored: i64) -> Result<Option<i64>, Fault> {
        let tx = self.db.begin().await?;
        if !self.db.is_sqlite() {
            self.db.value(&tx, "SELECT 1::bigint AS n FROM pg_advisory_xact_lock($1)", vec![SEAL_LOCK.into()]).await?;
        }
        let last = journal_block::Entity::find().order_by_desc(journal_block::Column::Number).one(&tx).await?;
        // Entries without a MAC are taken only as long as there never was one.
        let old = last.as_ref().is_some_and(|block| block.version < WITH_MACS);
        let (number, position, previous) =
            last.map_or_else(|| (1, 0, vec![0; 32]), |b| (b.number.saturating_add(1), b.last_position, b.hash));
        if number - 1 != anchored {
            tx.rollback().await?;
            return Ok(Some(number - 1));
        }
        // Which entries is asked with one statement, so that no entry can come before one that it waited for.
        let waiting = journal_entry::Entity::find()
            .select_only()
            .column(journal_entry::Column::Id)
            .filter(journal_entry::Column::Position.is_null())
            .order_by_asc(journal_entry::Column::Id)
            .limit(BLOCK_ENTRIES);
        let mut version = WITH_MACS;
        let mut ids: Vec<i64> = Vec::new();
        if old {
            // First those of before there were MACs, in blocks of their own.
            ids = waiting.clone().filter(journal_entry::Column::Mac.is_null()).into_tuple().all(&tx).await?;
            version = 1;
        }
        if ids.is_empty() {
            ids = waiting.into_tuple().all(&tx).await?;
            version = WITH_MACS;
        }
        if ids.is_empty() {
            tx.rollback().await?;
            return Ok(None);
        }
        let mut leaves = Vec::with_capacity(ids.len());
        let mut places = Vec::with_capacity(ids.len());
        let mut at = position;
        for some in ids.chunks(READ_AT_ONCE) {
            let entries = journal_entry::Entity::find()
                .filter(journal_entry::Column::Id.is_in(some.iter().copied()))
                .order_by_asc(journal_entry::Column::Id)
                .all(&tx)
                .await?;
            for entry in &entries {
                let digest = digest(entry);
                if version == WITH_MACS && !is_own(&self.signer, entry, &digest) {
                    // Set aside, where every verification sees it: it neither becomes part of the journal nor holds up
                    // the others. A place below 0 that nobody could take before.
                    tracing::error!(id = entry.id, "an entry of the journal was not written by this program: refused");
                    let aside = i64::from_be_bytes(random_bytes()?) | i64::MIN;
                    places.push(format!("({},{aside})", entry.id));
                    continue;
                }
                at += 1;
                leaves.push(leaf(at, entry, &digest));
                places.push(format!("({},{at})", entry.id));
            }
        }
        // Exactly these entries: one that is committed meanwhile waits for the next block.
        let sql = format!(
            "UPDATE journal_entry SET position = v.column2 FROM (VALUES {}) AS v WHERE journal_entry.id = v.column1",
            places.join(",")
        );
        let numbered = self.db.execute(&tx, &sql, vec![]).await?;
        if numbered != places.len() as u64 {
            return Err(Fault::internal(format!("{numbered} of {} entries could be numbered", places.len())));
        }
        if leaves.is_empty() {
            tx.commit().await?;
            return Ok(Some(number - 1));
        }
        let mut block = journal_block::Model {
            number,
            first_position: position + 1,
            last_position: at,
            root: merkle(&leaves).to_vec(),
            leaves: leaves.concat(),
            previous,
            hash: Vec::new(),
            key_id: self.signer.key_id().to_owned(),
            signature: Vec::new(),
            sealed_at: self.clock.now(),
            version,
        };
        block.hash = block_hash(&block).to_vec();
        block.signature = self.signer.sign(&block.hash).to_vec();
        block.into_active_model().insert(&tx).await?;
        if !self.db.is_sqlite() {
            self.db.execute(&tx, "SELECT pg_notify($1, $2)", vec![SEALED.into(), at.to_string().into()]).await?;
        }
        tx.commit().await?;
        Ok(Some(number))
    }

    /// Whether the journal is one of before its entries had MACs.
    pub async fn is_old(&self) -> Result<bool, Fault> {
        use journal_block::Column::{Number, Version};
        let select = journal_block::Entity::find().select_only().column(Version).order_by_desc(Number);
        let last: Option<i32> = select.into_tuple().one(self.db.read()).await?;
        Ok(last.is_some_and(|version| version < WITH_MACS))
    }

    /// Begins with MACs in a journal of before there were any: what there is is sealed as it was, anchors that are
    /// missing are added, facts are taken as they are, and an entry says so. From its block on nothing without a MAC
    /// is sealed, and since that block is signed no one else can move the point.
    pub(crate) async fn upgrade(&self) -> Result<(), Fault> {
        self.seal().await?;
        for (file, lines) in self.complete_anchors().await? {
            if lines > 0 {
                tracing::warn!(file = %file.display(), "the anchor file lacked {lines} lines, which were added");
            }
        }
        self.take_over_facts().await?;
        self.note("upgrade", UPGRADE).await?;
        self.seal().await?;
        Ok(())
    }

    /// Writes an entry of what was done to the journal itself.
    pub async fn note(&self, actor: &str, command: &str) -> Result<(), Fault> {
        let tx = self.db.begin().await?;
        let entry = journal_entry::Model {
            at: self.clock.now(),
            actor: actor.to_owned(),
            kind: "COMMAND".to_owned(),
            command: command.to_owned(),
            command_version: 1,
            body: "{}".to_owned(),
            ..journal_entry::Model::default()
        };
        let written = self.write(&tx, entry).await?;
        self.commit(written, tx).await
    }
}
