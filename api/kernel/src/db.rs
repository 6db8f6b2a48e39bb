//! The database: SQLite (one writer with `BEGIN IMMEDIATE`, many readers) or PostgreSQL, behind one
//! set of verbs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use entity::kernel::journal_entry;
use futures_util::future::BoxFuture;
use sea_orm::sqlx::pool::PoolConnectionMetadata;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait as _, FromQueryResult, IsolationLevel, RuntimeErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};

use crate::error::Fault;
use crate::probe::Health;
use crate::reading::{Reader, Snapshot};
use crate::request::Request;

/// How long a connection may lie idle and be lent without asking it.
const IDLE: Duration = Duration::from_secs(1);
/// A connection older than this is not lent again: what a server keeps of one grows with what it was asked.
const LIFE: Duration = Duration::from_mins(30);
/// A connection that is asked whether it lives answers within this time.
const ALIVE: Duration = Duration::from_millis(500);
/// How long the database may take to say what became of a commit whose answer was lost.
const SETTLE: Duration = Duration::from_secs(10);

/// Ids fetched from the sequence at once.
const ID_BLOCK: i64 = 1000;

/// Connections for reading.
const fn readers(sqlite: bool) -> usize {
    if sqlite { 4 } else { 12 }
}

/// How the database is connected to.
fn options(url: &str, health: &Arc<Health>) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.to_owned());
    let sqlite = url.starts_with("sqlite:");
    options
        // The one writer of SQLite may be held for a while. A server that is away is tried again in steps that grow with
        // this time, so that it is found soon when it is back.
        .acquire_timeout(Duration::from_secs(if sqlite { 20 } else { 5 }))
        // One in use is known to live: to ask it each time would double the way to the database.
        .test_before_acquire(false)
        // Who is too old is seen when it is lent. The pool's own round counts the idle ones beside their queue: caught
        // between the two it finds 2^64 of them, asks each on a processor of its own, and the process never ends.
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false);
    let (of_sqlite, of_postgres) = (health.clone(), health.clone());
    options.map_sqlx_sqlite_before_acquire(move |connection, meta| lend(&of_sqlite, connection, &meta));
    options.map_sqlx_postgres_before_acquire(move |connection, meta| lend(&of_postgres, connection, &meta));
    if sqlite {
        options.map_sqlx_sqlite_opts(|options| {
            options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(20))
                .statement_cache_capacity(200)
                .pragma("cache_size", "-16000")
                .pragma("temp_store", "MEMORY")
        });
    } else {
        options.statement_timeout(Duration::from_mins(1));
        // Compiling a statement takes up to a second; measured on the longest, it gained nothing.
        options.map_sqlx_postgres_opts(|options| options.options([("jit", "off")]));
    }
    options
}

/// The connections to one database.
#[derive(Debug)]
pub struct Db {
    reader: Reader,
    writer: DatabaseConnection,
    url: String,
    ids: tokio::sync::Mutex<(i64, i64)>,
    /// Commands running now; a stop waits for them.
    running: AtomicI64,
    health: Arc<Health>,
    /// Tells the processes on one database apart.
    process: String,
}

/// A look at a connection before it is lent. After an error in BEGIN, COMMIT or ROLLBACK the driver's idea of the
/// transaction and the database's own may differ: a connection that says it is in a transaction while nobody has it is
/// thrown away, and so is one from before the database was away.
fn lend<'a, C>(
    health: &Arc<Health>,
    connection: &'a mut C,
    meta: &PoolConnectionMetadata,
) -> BoxFuture<'a, Result<bool, sqlx::Error>>
where
    C: Connection + Send,
{
    let good = health.trusts(meta.age) && meta.age < LIFE && !connection.is_in_transaction();
    let asked = good && meta.idle_for > IDLE;
    Box::pin(async move {
        if !good {
            return Ok(false);
        }
        if asked {
            return Ok(matches!(tokio::time::timeout(ALIVE, connection.ping()).await, Ok(Ok(()))));
        }
        Ok(true)
    })
}

impl Db {
    /// Opens the database at `url` (`sqlite:path` or `postgres://…`).
    pub async fn open(url: &str) -> Result<Self, Fault> {
        let sqlite = url.starts_with("sqlite:");
        let health = Arc::new(Health::default());
        if !sqlite {
            // Asked once without a pool, which would go on trying without a word.
            let asked = sqlx::PgConnection::connect(url).await;
            let line = asked.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?;
            let _ = line.close().await;
        }
        let mut options = options(url, &health);
        options.max_connections(if sqlite { 1 } else { 8 }).min_connections(1);
        let mut writer = Database::connect(options).await?;
        writer.set_metric_callback(|info| Request::sent(info.elapsed));
        let (own, of_readers) = (url.to_owned(), health.clone());
        let options = move || self::options(&own, &of_readers);
        let reader = Reader::new(writer.get_database_backend(), readers(sqlite), health.clone(), options);
        Ok(Self {
            reader,
            writer,
            url: url.to_owned(),
            ids: tokio::sync::Mutex::new((0, 0)),
            running: AtomicI64::new(0),
            health,
            process: hex::encode(crate::secrets::random_bytes::<8>()?),
        })
    }

    /// The address, for a listener.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it can be believed and reached.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// What tells this process from others on the same database.
    pub(crate) fn process(&self) -> &str {
        &self.process
    }

    /// Which database it is.
    pub fn backend(&self) -> DatabaseBackend {
        self.writer.get_database_backend()
    }

    /// Whether it is the embedded one.
    pub fn is_sqlite(&self) -> bool {
        self.backend() == DatabaseBackend::Sqlite
    }

    /// For reads outside a unit of work.
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// For migrations and maintenance.
    pub fn admin(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a writing transaction. Fails at once while the database is away.
    pub async fn begin(&self) -> Result<DatabaseTransaction, Fault> {
        let options = TransactionOptions {
            sqlite_transaction_mode: self.is_sqlite().then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        tokio::select! {
            biased;
            () = self.health.gone() => Err(Fault::Unavailable("the database is away".to_owned())),
            begun = self.writer.begin_with_options(options) => begun.map_err(|error| self.failed(error)),
        }
    }

    /// The fault of an error that ended a transaction; the database is tried at once.
    pub(crate) fn failed(&self, error: DbErr) -> Fault {
        self.health.suspect();
        error.into()
    }

    /// Commits the transaction that wrote this entry. After an error nothing is guessed: the database is asked over another
    /// connection what became of it, by its number in PostgreSQL.
    pub(crate) async fn commit(
        &self,
        tx: DatabaseTransaction,
        number: Option<&str>,
        entry: &journal_entry::Model,
    ) -> Result<(), Fault> {
        let Err(error) = tx.commit().await else { return Ok(()) };
        let error = self.failed(error);
        match tokio::time::timeout(SETTLE, self.settled(number, entry)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(error),
            Err(_) => Err(Fault::Unknown(error.to_string())),
        }
    }

    /// Whether a transaction whose end was not heard of was kept, by PostgreSQL's own record of it (`number`, which says
    /// also that it is still running), or by whether its entry is there.
    async fn settled(&self, number: Option<&str>, entry: &journal_entry::Model) -> bool {
        let pause = || tokio::time::sleep(Duration::from_millis(50));
        loop {
            let found = match number {
                Some(number) => {
                    let sql = "SELECT CASE pg_xact_status(CAST(CAST($1 AS text) AS xid8)) WHEN 'committed' THEN 1 \
                        WHEN 'aborted' THEN 0 END::bigint AS n";
                    let asked = self.reader.query_one_raw(self.statement(sql, vec![number.into()])).await;
                    asked
                        .ok()
                        .flatten()
                        .and_then(|row| row.try_get::<Option<i64>>("", "n").ok().flatten())
                        .map(|n| n > 0)
                }
                None => {
                    let found = journal_entry::Entity::find_by_id(entry.id).one(&self.reader).await.ok();
                    // Its number may be another entry's by now.
                    let same = |found: journal_entry::Model| found.mac == entry.mac;
                    found.map(|found| found.is_some_and(same))
                }
            };
            match found {
                Some(found) => return found,
                None => pause().await,
            }
        }
    }

    /// Begins a transaction that sees everything as it is at this instant and changes nothing.
    pub async fn snapshot(&self) -> Result<Snapshot, Fault> {
        let options = TransactionOptions {
            isolation_level: (!self.is_sqlite()).then_some(IsolationLevel::RepeatableRead),
            ..TransactionOptions::default()
        };
        Ok(self.reader.snapshot(options).await?)
    }

    /// How many statements may read at the same time on behalf of one who asks, so that some are left for others.
    pub fn turns(&self) -> usize {
        readers(self.is_sqlite()) / 3 + 1
    }

    /// Lets the statements of a transaction take as long as they need: those of a server are cut off after a minute. Each
    /// is planned for its values, as is worth it where a statement goes through a table: a plan for any values takes all
    /// parts of a table for small ones. Elsewhere plans are kept, above all those by which the database checks each new
    /// row's references.
    pub async fn without_haste(&self, tx: &DatabaseTransaction) -> Result<(), Fault> {
        if !self.is_sqlite() {
            let sql = "SELECT set_config('statement_timeout', '0', true), set_config('plan_cache_mode', 'force_custom_plan', true)";
            self.execute(tx, sql, vec![]).await?;
        }
        Ok(())
    }

    /// Reserves `count` consecutive ids for rows written in `tx`.
    pub async fn ids(&self, tx: &DatabaseTransaction, count: i64) -> Result<i64, Fault> {
        if self.is_sqlite() {
            let sql = "UPDATE setting SET value = CAST(value AS INTEGER) + $1 WHERE name = 'next_id' RETURNING CAST(value AS INTEGER) AS n";
            let next: i64 = self.value(tx, sql, vec![count.into()]).await?;
            return Ok(next - count);
        }
        let mut block = self.ids.lock().await;
        if block.1 - block.0 < count {
            // A sequence that steps by ID_BLOCK: each value is a block of our own. What is left of
            // the old block is given up, which costs nothing.
            let blocks = (count + ID_BLOCK - 1) / ID_BLOCK;
            if blocks == 1 {
                let first: i64 = self.value(tx, "SELECT nextval('minzheng_id') AS n", vec![]).await?;
                *block = (first, first + ID_BLOCK);
            } else {
                return Err(Fault::internal("more ids asked for than one block holds"));
            }
        }
        let first = block.0;
        block.0 += count;
        Ok(first)
    }

    /// One number from SQL with `$1…` placeholders; a column named `n`.
    pub async fn value<C: ConnectionTrait>(&self, on: &C, sql: &str, values: Vec<Value>) -> Result<i64, Fault> {
        let row = on
            .query_one_raw(self.statement(sql, values))
            .await?
            .ok_or_else(|| Fault::internal(format!("no row: {sql}")))?;
        Ok(row.try_get::<Option<i64>>("", "n")?.unwrap_or(0))
    }

    /// Rows from SQL with `$1…` placeholders.
    pub async fn rows<R: FromQueryResult, C: ConnectionTrait>(
        &self,
        on: &C,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<R>, Fault> {
        Ok(R::find_by_statement(self.statement(sql, values)).all(on).await?)
    }

    /// Runs SQL with `$1…` placeholders.
    pub async fn execute<C: ConnectionTrait>(&self, on: &C, sql: &str, values: Vec<Value>) -> Result<u64, Fault> {
        Ok(on.execute_raw(self.statement(sql, values)).await?.rows_affected())
    }

    /// A prepared statement of this database. SQLite takes `$1` too.
    pub fn statement(&self, sql: &str, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(self.backend(), sql, values)
    }

    /// Marks a command as running until the guard is dropped.
    pub(crate) fn running(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(self)
    }

    /// Waits until no command runs.
    pub async fn drained(&self) {
        while self.running.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A command that is running.
pub(crate) struct Running<'a>(&'a Db);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pool_goes_its_own_rounds() {
        for url in ["sqlite:none", "postgres://none"] {
            let options = options(url, &Arc::new(Health::default()));
            assert_eq!((options.get_idle_timeout(), options.get_max_lifetime()), (Some(None), Some(None)));
        }
    }
}
