//! The rules every room lives by; knows no business word.
//!
//! | module | rule |
//! |---|---|
//! | [`viewer`] | who asks, and the only way to rows: scope and level |
//! | `reads` | what was read of whom, until it is recorded |
//! | [`work`], [`commands`] | every change is a command in one transaction with its journal entry |
//! | [`error`], [`text`] | refusals are data, in the reader's language |
//! | [`machine`] | states move by a table, four eyes, due dates |
//! | [`journal`] | positions, sealed blocks, verification, the change feed |
//! | [`clock`] | the only clock |
//! | [`secrets`] | sealing, blind indexes, passwords, tokens |
//! | [`files`], [`jobs`] | stored files under signed addresses; work off the request path |
//! | [`db`], [`integrity`] | two databases behind one set of verbs; whether they can be believed and reached: [`Health`]; their own checks, and copies of them |
//! | [`reseal`] | old rows under new keys |
// The kernel is where sea-orm's own verbs are allowed: everything else goes through it.
#![allow(clippy::disallowed_methods)]

mod bulk;
pub mod clock;
pub mod commands;
pub mod db;
pub mod error;
pub mod files;
pub mod integrity;
pub mod jobs;
pub mod journal;
pub mod machine;
pub mod page;
mod probe;
pub mod reading;
mod reads;
pub mod request;
pub mod reseal;
pub mod secrets;
pub mod text;
pub mod viewer;
pub mod work;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use migration::MigratorTrait as _;

pub use bulk::{any_of, listed};
pub use clock::Clock;
pub use commands::{Command, Rehearsal, Sent, run};
pub use db::Db;
pub use error::{Failure, Fault, Refusal, UserErrorCode};
pub use page::{Page, PageInput, limit_in_text};
pub use probe::Health;
pub use text::{Lang, Text};
pub use viewer::{Level, Viewer};
pub use work::{Checked, Mark, Work};

/// Who issues the access tokens, and for whom: this program for itself.
const ISSUER: &str = "minzheng";

/// Key of the advisory lock that lets one process bring the schema up to date at a time.
const MIGRATE_LOCK: i64 = 0x6d7a_6d69_6772_6174;

/// The value by which a database knows its keys; none in one that was not migrated yet.
async fn kept_check(db: &Db) -> Result<Option<String>, Fault> {
    use sea_orm::EntityTrait as _;
    use sea_orm_migration::SchemaManager;
    if !SchemaManager::new(db.admin()).has_table("setting").await? {
        return Ok(None);
    }
    let kept = entity::kernel::setting::Entity::find_by_id("keys").one(db.admin()).await?;
    Ok(kept.map(|setting| setting.value))
}

/// What the kernel needs of one process.
pub struct Kernel {
    /// The database.
    pub db: Arc<Db>,
    /// The clock.
    pub clock: Clock,
    /// Keys of sealed values.
    pub keys: secrets::Keyring,
    /// Keys of access tokens.
    pub tokens: secrets::TokenKeys,
    /// Hashes and checks passwords.
    pub passwords: secrets::Passwords,
    /// The journal's sealer.
    pub sealer: Arc<journal::Sealer>,
    /// Stored files.
    pub files: files::Files,
    /// Who is who to the rules of two, once somebody signs in.
    pub people: std::sync::OnceLock<Arc<dyn viewer::People>>,
    /// Wakes the workers of this process.
    pub(crate) job_wake: tokio::sync::Notify,
    /// What the leases of this process begin with.
    pub(crate) worker: String,
    check: String,
    wake: tokio::sync::Notify,
    seals: AtomicBool,
}

impl Kernel {
    /// Opens database and keys under a data folder. Does not migrate. Keys are made only for a database that has
    /// none yet: those of any other must be there and fit.
    pub async fn open(url: &str, data: &Path, clock: Clock) -> Result<Self, Fault> {
        std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).recursive(true).create(data)?;
        let db = Arc::new(Db::open(url).await?);
        let kept = kept_check(&db).await?;
        let secrets = secrets::Secrets::open(&data.join("keys"), ISSUER, kept.as_deref())?;
        let check = match kept {
            Some(kept) => kept,
            None => secrets.check_value()?,
        };
        let secrets::Secrets { fields, journal, tokens } = secrets;
        let sealer = Arc::new(journal::Sealer::new(db.clone(), clock, Arc::new(journal), &data.join("anchors"))?);
        let passwords = secrets::Passwords::new(secrets::passwords_at_once());
        Ok(Self {
            db,
            clock,
            keys: fields,
            tokens,
            passwords,
            sealer,
            files: files::Files::in_folder(data.join("files")),
            people: std::sync::OnceLock::new(),
            job_wake: tokio::sync::Notify::new(),
            worker: hex::encode(secrets::random_bytes::<8>()?),
            check,
            wake: tokio::sync::Notify::new(),
            seals: AtomicBool::new(false),
        })
    }

    /// Brings the schema up to date. `test` marks the database as one in which the business date may
    /// be pinned and tokens minted.
    pub async fn migrate(&self, test: bool) -> Result<(), Fault> {
        // All or nothing, as long as it takes; one process at a time: SQLite has one writer anyway.
        let tx = self.db.begin().await?;
        self.db.without_haste(&tx).await?;
        if !self.db.is_sqlite() {
            self.db
                .value(&tx, "SELECT 1::bigint AS n FROM pg_advisory_xact_lock($1)", vec![MIGRATE_LOCK.into()])
                .await?;
        }
        migration::Migrator::up(&tx, None).await?;
        tx.commit().await?;
        if self.sealer.is_old().await? {
            self.sealer.upgrade().await?;
        }
        self.sealer.keep_first("keys", &self.check).await?;
        // Another process may have been first, with other keys.
        let kept = kept_check(&self.db).await?.unwrap_or_default();
        if !secrets::fits(&self.keys, self.sealer.signer(), &kept) {
            return Err(Fault::internal("this database was made with other keys meanwhile: use that key folder"));
        }
        if test {
            self.sealer.keep_first("test", "true").await?;
        }
        Ok(())
    }

    /// Whether this is a demo or test database.
    pub async fn is_test(&self) -> Result<bool, Fault> {
        Ok(self.sealer.fact(self.db.read(), "test").await?.is_some())
    }

    /// Whether the schema is the one this program knows.
    pub async fn schema_is_current(&self) -> Result<bool, Fault> {
        let pending = migration::Migrator::get_pending_migrations(self.db.admin()).await?;
        Ok(pending.is_empty() && !self.sealer.is_old().await?)
    }

    /// Wakes the sealer of this process.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Whether this process seals.
    pub(crate) fn seals(&self) -> bool {
        self.seals.load(Ordering::Relaxed)
    }

    /// Seals whenever something was committed here or, on PostgreSQL and SQLite alike, by another
    /// process; until the future is dropped.
    pub async fn seal_forever(&self) {
        self.seals.store(true, Ordering::Relaxed);
        let seal = async {
            loop {
                if let Err(fault) = self.sealer.seal().await {
                    self.db.health().suspect();
                    tracing::error!(%fault, "the journal could not be sealed");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
                let _ = tokio::time::timeout(std::time::Duration::from_millis(250), self.wake.notified()).await;
            }
        };
        futures_util::future::join(seal, self.listen_forever()).await;
    }
}
