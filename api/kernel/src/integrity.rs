//! What the database says of itself, and copies of it as it was at one instant, taken while it is written to.

use std::path::Path;

use chrono::{DateTime, Utc};
use entity::kernel::journal_entry;
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait as _, FromQueryResult, QueryOrder as _, QuerySelect as _};

use crate::Kernel;
use crate::db::Db;
use crate::error::Fault;
use crate::reading::Snapshot;

/// What a database's own checks found.
#[derive(Clone, Debug, Default)]
pub struct Integrity {
    /// What is broken, in the database's words.
    pub faults: Vec<String>,
    /// What could not be checked, and why.
    pub unchecked: Option<String>,
}

/// How the tables of a database stand to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// They fit.
    Current,
    /// So many changes are to be made to them.
    Older(usize),
    /// They had a change that this program does not know.
    Newer(String),
}

#[derive(FromQueryResult)]
struct Told {
    told: String,
}

impl Db {
    /// Copies all of an SQLite database, as it is at this instant, into a new file.
    pub async fn copy_into(&self, file: &Path) -> Result<(), Fault> {
        let file = file.to_str().ok_or_else(|| Fault::internal("the name of the file is no text"))?;
        self.execute(self.read(), "VACUUM INTO $1", vec![file.into()]).await?;
        Ok(())
    }

    /// A transaction of PostgreSQL that sees everything as it is at this instant, and the name under which others see
    /// the same while it is open.
    pub async fn shared_snapshot(&self) -> Result<(Snapshot, String), Fault> {
        let tx = self.snapshot().await?;
        self.without_haste(&tx).await?;
        let idle = "SELECT set_config('idle_in_transaction_session_timeout', '0', true)";
        self.execute(&tx, idle, vec![]).await?;
        let named: Vec<Told> = self.rows(&tx, "SELECT pg_export_snapshot() AS told", vec![]).await?;
        let name = named.into_iter().next().map(|named| named.told);
        Ok((tx, name.ok_or_else(|| Fault::internal("the snapshot has no name"))?))
    }

    /// The version of the server as a number: 150004.
    pub async fn server_version(&self) -> Result<i64, Fault> {
        self.value(self.read(), "SELECT CAST(current_setting('server_version_num') AS BIGINT) AS n", vec![]).await
    }

    /// How many tables there are.
    pub async fn tables(&self) -> Result<i64, Fault> {
        let sql = if self.is_sqlite() {
            "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table'"
        } else {
            "SELECT COUNT(*) AS n FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace \
             WHERE s.nspname NOT IN ('pg_catalog', 'information_schema') AND s.nspname NOT LIKE 'pg_toast%' \
             AND s.nspname NOT LIKE 'pg_temp%' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')"
        };
        self.value(self.read(), sql, vec![]).await
    }

    /// Takes out all that a restore put into an empty database of PostgreSQL.
    pub async fn empty(&self) -> Result<(), Fault> {
        self.admin().execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await?;
        Ok(())
    }

    /// When the last entry of the journal was written.
    pub async fn last_entry_at(&self) -> Result<Option<DateTime<Utc>>, Fault> {
        use journal_entry::Column;
        let last = journal_entry::Entity::find().select_only().column(Column::At).order_by_desc(Column::Id);
        Ok(last.into_tuple().one(self.read()).await?)
    }

    /// The clock of the database's server, as microseconds since 1970.
    pub async fn server_clock(&self) -> Result<i64, Fault> {
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS n";
        self.value(self.read(), sql, vec![]).await
    }

    /// Lets go of all connections; of SQLite, what waited beside the file is in it then.
    pub async fn close(&self) -> Result<(), Fault> {
        self.read().close().await?;
        self.admin().close_by_ref().await?;
        Ok(())
    }

    /// Runs the database's own checks: pages, indexes, references.
    pub async fn integrity(&self) -> Result<Integrity, Fault> {
        if self.is_sqlite() { self.integrity_of_sqlite().await } else { self.integrity_of_postgres().await }
    }

    async fn integrity_of_sqlite(&self) -> Result<Integrity, Fault> {
        let mut found = Integrity::default();
        let pages = self.rows::<Told, _>(
            self.read(),
            "SELECT integrity_check AS told FROM pragma_integrity_check LIMIT 20",
            vec![],
        );
        match pages.await {
            Ok(rows) => found.faults.extend(rows.into_iter().map(|row| row.told).filter(|told| told != "ok")),
            // So broken that not even the check runs.
            Err(Fault::Database(error)) => found.faults.push(error.to_string()),
            Err(fault) => return Err(fault),
        }
        let references = "SELECT 'row ' || COALESCE(rowid, '?') || ' of ' || \"table\" || ' points at no ' || parent AS told \
                          FROM pragma_foreign_key_check LIMIT 20";
        match self.rows::<Told, _>(self.read(), references, vec![]).await {
            Ok(rows) => found.faults.extend(rows.into_iter().map(|row| row.told)),
            Err(Fault::Database(error)) => found.faults.push(error.to_string()),
            Err(fault) => return Err(fault),
        }
        Ok(found)
    }

    async fn integrity_of_postgres(&self) -> Result<Integrity, Fault> {
        let mut found = Integrity::default();
        let invalid = "SELECT 'the index ' || indexrelid::regclass::text || ' is not valid' AS told FROM pg_index WHERE NOT indisvalid";
        found.faults.extend(self.rows::<Told, _>(self.read(), invalid, vec![]).await?.into_iter().map(|row| row.told));
        let sums =
            "SELECT COALESCE(checksum_failures, 0) AS n FROM pg_stat_database WHERE datname = current_database()";
        let failures = self.value(self.read(), sums, vec![]).await?;
        if failures > 0 {
            found.faults.push(format!("{failures} pages did not have their checksum"));
        }
        let installed = "SELECT COUNT(*) AS n FROM pg_extension WHERE extname = 'amcheck'";
        if self.value(self.read(), installed, vec![]).await? == 0 {
            found.unchecked = Some("amcheck".to_owned());
            return Ok(found);
        }
        let indexes = "SELECT c.oid::bigint::text AS told FROM pg_class c JOIN pg_am a ON a.oid = c.relam \
                       JOIN pg_namespace s ON s.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid \
                       WHERE a.amname = 'btree' AND c.relpersistence = 'p' AND i.indisvalid \
                       AND s.nspname NOT IN ('pg_catalog', 'information_schema') AND s.nspname NOT LIKE 'pg_toast%'";
        let tx = self.snapshot().await?;
        self.without_haste(&tx).await?;
        for index in self.rows::<Told, _>(&tx, indexes, vec![]).await? {
            let oid: i64 = index.told.parse().map_err(Fault::internal)?;
            // Each in a part of its own: what fails ends it.
            self.execute(&tx, "SAVEPOINT checked", vec![]).await?;
            let sql = "SELECT 1::bigint AS n FROM (SELECT bt_index_check($1::bigint::oid, true)) c";
            match self.value(&tx, sql, vec![oid.into()]).await {
                Ok(_) => {}
                Err(Fault::Database(error)) if is_permission(&error) => {
                    found.unchecked = Some("amcheck".to_owned());
                    break;
                }
                Err(Fault::Database(error)) => {
                    found.faults.push(error.to_string());
                    self.execute(&tx, "ROLLBACK TO SAVEPOINT checked", vec![]).await?;
                }
                Err(fault) => return Err(fault),
            }
        }
        tx.rollback().await?;
        Ok(found)
    }
}

fn is_permission(error: &DbErr) -> bool {
    error.to_string().contains("permission denied")
}

impl Kernel {
    /// How the tables stand to this program.
    pub async fn schema_state(&self) -> Result<SchemaState, Fault> {
        use migration::MigratorTrait as _;
        let known: Vec<String> =
            migration::Migrator::migrations().iter().map(|change| change.name().to_owned()).collect();
        let sql = "SELECT version AS told FROM seaql_migrations ORDER BY version";
        let made: Vec<Told> = match self.db.tables().await? {
            0 => Vec::new(),
            _ => self.db.rows(self.db.read(), sql, vec![]).await?,
        };
        if let Some(newer) = made.iter().find(|made| !known.contains(&made.told)) {
            return Ok(SchemaState::Newer(newer.told.clone()));
        }
        Ok(match known.len() - made.len() {
            0 => SchemaState::Current,
            left => SchemaState::Older(left),
        })
    }
}
