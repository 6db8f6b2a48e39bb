//! The database: SQLite (one writer with `BEGIN IMMEDIATE`, many readers) or PostgreSQL, behind one
//! set of verbs. Counts statements per request for the tests and the `extensions`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction,
    FromQueryResult, IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};

use crate::error::Fault;

/// Ids fetched from the sequence at once.
const ID_BLOCK: i64 = 1000;

tokio::task_local! {
    /// Statements sent by the current request.
    static STATEMENTS: Arc<AtomicU64>;
}

/// Runs a future and counts the statements it sends.
pub async fn counting<F: Future>(future: F) -> (F::Output, u64) {
    let count = Arc::new(AtomicU64::new(0));
    let output = STATEMENTS.scope(count.clone(), future).await;
    (output, count.load(Ordering::Relaxed))
}

/// Starts a task whose statements count for the request that starts it.
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    match STATEMENTS.try_with(Clone::clone) {
        Ok(count) => tokio::spawn(STATEMENTS.scope(count, future)),
        Err(_) => tokio::spawn(future),
    }
}

/// The connections to one database.
#[derive(Debug)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    url: String,
    ids: tokio::sync::Mutex<(i64, i64)>,
    /// Commands running now; a stop waits for them.
    running: AtomicI64,
}

impl Db {
    /// Opens the database at `url` (`sqlite:path` or `postgres://…`).
    pub async fn open(url: &str) -> Result<Self, Fault> {
        let sqlite = url.starts_with("sqlite:");
        let connect = |connections: u32| {
            let mut options = ConnectOptions::new(url.to_owned());
            options
                .max_connections(connections)
                .min_connections(1)
                .acquire_timeout(Duration::from_secs(20))
                // One in use is known to live: to ask it each time would double the way to the database.
                .test_before_acquire_if_idle_for(Duration::from_secs(1))
                .sqlx_logging(false);
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
            Database::connect(options)
        };
        let mut writer = connect(if sqlite { 1 } else { 8 }).await?;
        let mut reader = connect(if sqlite { 4 } else { 12 }).await?;
        let count = |_: &sea_orm::metric::Info<'_>| {
            let _ = STATEMENTS.try_with(|n| n.fetch_add(1, Ordering::Relaxed));
        };
        writer.set_metric_callback(count);
        reader.set_metric_callback(count);
        Ok(Self {
            reader,
            writer,
            url: url.to_owned(),
            ids: tokio::sync::Mutex::new((0, 0)),
            running: AtomicI64::new(0),
        })
    }

    /// The address, for a listener.
    pub fn url(&self) -> &str {
        &self.url
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
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For migrations and maintenance.
    pub fn admin(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a writing transaction.
    pub async fn begin(&self) -> Result<DatabaseTransaction, Fault> {
        let options = TransactionOptions {
            sqlite_transaction_mode: self.is_sqlite().then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }

    /// Begins a transaction that sees everything as it is at this instant and changes nothing.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, Fault> {
        let options = TransactionOptions {
            isolation_level: (!self.is_sqlite()).then_some(IsolationLevel::RepeatableRead),
            ..TransactionOptions::default()
        };
        Ok(self.reader.begin_with_options(options).await?)
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
