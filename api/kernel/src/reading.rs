//! Connections for reading, each by itself, so that it is known what runs on which: a statement that nobody waits for
//! any more is ended in the database, and its connection is lent again only when it has nothing left to do.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sea_orm::sqlx;
use sea_orm::{
    ConnAcquireErr, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection,
    DatabaseTransaction, DbErr, ExecResult, QueryResult, Statement, TransactionOptions, TransactionTrait as _,
};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use crate::probe::Health;
use crate::request::{Request, Turn};

/// How long one waits for a connection.
const WAIT: Duration = Duration::from_secs(20);
/// How long it may take until a statement is ended; the connection is given up then.
const END: Duration = Duration::from_secs(5);
/// How long until it is told again to end.
const TOLD_AGAIN: Duration = Duration::from_millis(200);
/// SQLite asks after so many of its steps whether to go on.
const STEPS: i32 = 4000;
/// Snapshots at a time: they last, and whoever only wants a row does not wait for them.
const SNAPSHOTS: usize = 2;

/// One connection.
#[derive(Clone, Debug)]
struct Lane {
    connection: Arc<OnceCell<DatabaseConnection>>,
    /// Whether what runs on it is to end (SQLite).
    ends: Arc<AtomicBool>,
    /// The server's process behind it (PostgreSQL).
    process: Arc<AtomicI32>,
}

/// Some connections of which each is lent to one at a time.
struct Lanes {
    options: Box<dyn Fn() -> ConnectOptions + Send + Sync>,
    sqlite: bool,
    /// Whether statements are counted where they end, as in a transaction.
    counted: bool,
    permits: Arc<Semaphore>,
    free: Mutex<VecDeque<Lane>>,
    /// Through which others are ended (PostgreSQL).
    ender: OnceCell<DatabaseConnection>,
    health: Arc<Health>,
}

impl Lanes {
    fn new(
        lanes: usize,
        backend: DatabaseBackend,
        counted: bool,
        health: Arc<Health>,
        options: impl Fn() -> ConnectOptions + Send + Sync + 'static,
    ) -> Arc<Self> {
        let lane = || Lane { connection: Arc::default(), ends: Arc::default(), process: Arc::new(AtomicI32::new(0)) };
        Arc::new(Self {
            options: Box::new(options),
            sqlite: backend == DatabaseBackend::Sqlite,
            counted,
            permits: Arc::new(Semaphore::new(lanes)),
            free: Mutex::new(std::iter::repeat_with(lane).take(lanes).collect()),
            ender: OnceCell::new(),
            health,
        })
    }

    fn free(&self) -> MutexGuard<'_, VecDeque<Lane>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a connection.
    async fn take(self: &Arc<Self>) -> Result<Held, DbErr> {
        let timed_out = || DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        let permit = tokio::time::timeout(WAIT, self.permits.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| timed_out())?.map_err(|_| timed_out())?;
        let lane = {
            let mut free = self.free();
            // The one that was used longest ago: the one used just now may not be back in its pool yet. Where it is the
            // only one, another is opened.
            let open = || free.iter().enumerate().filter(|(_, lane)| lane.connection.initialized());
            let first = open().next().map(|(index, _)| index).filter(|_| open().nth(1).is_some());
            let unopened = || free.iter().position(|lane| !lane.connection.initialized());
            let index = first.or_else(unopened).unwrap_or(0);
            free.remove(index)
        };
        let held = Held { lanes: self.clone(), lent: lane.zip(Some(permit)), used: None };
        held.connection().await?;
        Ok(held)
    }

    async fn open(&self, lane: &Lane) -> Result<DatabaseConnection, DbErr> {
        let mut options = (self.options)();
        options.max_connections(1).min_connections(1);
        if self.sqlite {
            let ends = lane.ends.clone();
            options.map_sqlx_sqlite_pool_opts(move |pool| {
                let ends = ends.clone();
                pool.after_connect(move |connection, _| {
                    let ends = ends.clone();
                    Box::pin(async move {
                        let mut handle = connection.lock_handle().await?;
                        handle.set_progress_handler(STEPS, move || !ends.load(Ordering::Relaxed));
                        Ok(())
                    })
                })
            });
        } else {
            let process = lane.process.clone();
            options.map_sqlx_postgres_pool_opts(move |pool| {
                let process = process.clone();
                pool.after_connect(move |connection, _| {
                    let process = process.clone();
                    Box::pin(async move {
                        let id = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(connection).await?;
                        process.store(id, Ordering::Relaxed);
                        Ok(())
                    })
                })
            });
        }
        let mut connection = Database::connect(options).await?;
        if self.counted {
            connection.set_metric_callback(|info| Request::sent(info.elapsed));
        }
        Ok(connection)
    }

    /// Ends what runs on a connection that nobody waits for, and takes it back when it is done.
    async fn end(&self, lane: &Lane) -> Result<(), DbErr> {
        let Some(connection) = lane.connection.get() else { return Ok(()) };
        lane.ends.store(true, Ordering::Relaxed);
        // Answered when all before is done.
        let mut answered = std::pin::pin!(connection.ping());
        if self.sqlite {
            return answered.await;
        }
        let ender = self.ender.get_or_try_init(|| {
            let mut options = (self.options)();
            options.max_connections(1).min_connections(0);
            Database::connect(options)
        });
        let ender = ender.await?;
        // A statement that was sent and has not begun is not ended by being told once.
        loop {
            let process = lane.process.load(Ordering::Relaxed);
            let sql = "SELECT pg_cancel_backend($1)";
            let statement = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [process.into()]);
            ender.query_one_raw(statement).await?;
            if let Ok(answer) = tokio::time::timeout(TOLD_AGAIN, &mut answered).await {
                return answer;
            }
        }
    }
}

impl Lanes {
    /// Closes all connections that are not lent.
    async fn close(&self) -> Result<(), DbErr> {
        let lanes: Vec<Lane> = self.free().iter().cloned().collect();
        let open = lanes.iter().filter_map(|lane| lane.connection.get()).chain(self.ender.get());
        for connection in open {
            connection.close_by_ref().await?;
        }
        Ok(())
    }
}

/// A connection that is lent.
struct Held {
    lanes: Arc<Lanes>,
    lent: Option<(Lane, OwnedSemaphorePermit)>,
    /// By which request, since when, and its turn.
    used: Option<(Arc<Request>, Instant, Option<Turn>)>,
}

impl Held {
    async fn connection(&self) -> Result<&DatabaseConnection, DbErr> {
        match &self.lent {
            Some((lane, _)) => lane.connection.get_or_try_init(|| self.lanes.open(lane)).await,
            None => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
        }
    }

    /// Gives it back: nothing runs on it.
    fn done(mut self) {
        if let Some((lane, permit)) = self.lent.take() {
            self.lanes.free().push_back(lane);
            drop(permit);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((request, since, _)) = &self.used {
            request.worked(since.elapsed());
        }
        // Dropped as it is: something may still run on it.
        let Some((lane, permit)) = self.lent.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let lanes = self.lanes.clone();
        runtime.spawn(async move {
            let ended = tokio::select! {
                biased;
                () = lanes.health.gone() => None,
                ended = tokio::time::timeout(END, lanes.end(&lane)) => ended.ok(),
            };
            let again = match ended {
                Some(Ok(())) => {
                    lane.ends.store(false, Ordering::Relaxed);
                    lane
                }
                // What became of it is not known: another one takes its place.
                _ => {
                    tracing::warn!("a statement that was given up could not be ended");
                    Lane { connection: Arc::default(), ends: Arc::default(), process: Arc::new(AtomicI32::new(0)) }
                }
            };
            lanes.free().push_back(again);
            drop(permit);
        });
    }
}

/// For reads outside a unit of work.
pub struct Reader {
    backend: DatabaseBackend,
    usual: Arc<Lanes>,
    snapshots: Arc<Lanes>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("backend", &self.backend).finish_non_exhaustive()
    }
}

impl Reader {
    /// So many connections, opened as they are needed.
    pub(crate) fn new(
        backend: DatabaseBackend,
        connections: usize,
        health: Arc<Health>,
        options: impl Fn() -> ConnectOptions + Clone + Send + Sync + 'static,
    ) -> Self {
        Self {
            backend,
            usual: Lanes::new(connections, backend, false, health.clone(), options.clone()),
            snapshots: Lanes::new(SNAPSHOTS, backend, true, health, options),
        }
    }

    /// Lets go of all connections, at the end.
    pub(crate) async fn close(&self) -> Result<(), DbErr> {
        self.usual.close().await?;
        self.snapshots.close().await
    }

    /// Lends a connection to one statement of the current request, when it is its turn.
    async fn hold(&self) -> Result<Held, DbErr> {
        let request = Request::current();
        let turn = match &request {
            Some(request) => request.turn().await,
            None => None,
        };
        let mut held = self.usual.take().await?;
        held.used = request.map(|request| (request, Instant::now(), turn));
        Ok(held)
    }

    /// Begins a transaction that stays apart from other reads.
    pub(crate) async fn snapshot(&self, options: TransactionOptions) -> Result<Snapshot, DbErr> {
        let held = self.snapshots.take().await?;
        let transaction = held.connection().await?.begin_with_options(options).await?;
        Ok(Snapshot { transaction, held })
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let held = self.hold().await?;
        let done = held.connection().await?.execute_raw(statement).await;
        held.done();
        done
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let held = self.hold().await?;
        let done = held.connection().await?.execute_unprepared(sql).await;
        held.done();
        done
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let held = self.hold().await?;
        let done = held.connection().await?.query_one_raw(statement).await;
        held.done();
        done
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let held = self.hold().await?;
        let done = held.connection().await?.query_all_raw(statement).await;
        held.done();
        done
    }
}

/// A transaction that sees everything as it was at one instant and changes nothing.
pub struct Snapshot {
    // Dropped first: it is rolled back before the connection is taken back.
    transaction: DatabaseTransaction,
    held: Held,
}

impl Snapshot {
    /// Ends it.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.transaction.rollback().await?;
        self.held.done();
        Ok(())
    }
}

impl Deref for Snapshot {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

#[async_trait]
impl ConnectionTrait for Snapshot {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.transaction.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.transaction.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.transaction.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.transaction.query_all_raw(statement).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;
    use crate::request::{SlowLane, Turns};

    #[tokio::test]
    async fn a_statement_that_nobody_waits_for_ends_in_the_database() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("test.sqlite3").display());
        let db = Arc::new(Db::open(&url).await.expect("a database"));
        let endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT COUNT(*) AS n FROM c";
        // More often than there are connections: each would be busy for ever.
        for _ in 0..10 {
            let reading = tokio::time::timeout(Duration::from_millis(20), db.value(db.read(), endless, vec![]));
            assert!(reading.await.is_err(), "it has no end");
        }
        for _ in 0..SNAPSHOTS * 2 {
            let snapshot = db.snapshot().await.expect("a snapshot");
            let reading = tokio::time::timeout(Duration::from_millis(20), db.value(&*snapshot, endless, vec![]));
            assert!(reading.await.is_err(), "it has no end");
        }
        let all = (0..20).map(|n: i64| {
            let db = db.clone();
            async move { db.value(db.read(), "SELECT $1 AS n", vec![n.into()]).await.expect("answered") }
        });
        assert_eq!(futures_util::future::join_all(all).await, (0..20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn those_who_pay_together_take_turns() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("test.sqlite3").display());
        let db = Arc::new(Db::open(&url).await.expect("a database"));
        let endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT COUNT(*) AS n FROM c";
        let own = Arc::new(Semaphore::new(db.turns()));
        let turns = Turns { own: own.clone(), slow: SlowLane::new(8, 8), unhurried: false };
        let greedy: Vec<_> = (0..10)
            .map(|_| {
                let (db, request) = (db.clone(), Request::new(None, Some(turns.clone()), |_, _| {}));
                tokio::spawn(async move {
                    request.run(async { db.value(db.read(), endless, vec![]).await.map_err(|e| e.to_string()) }).await
                })
            })
            .collect();
        while own.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(db.value(db.read(), "SELECT 1 AS n", vec![]).await.expect("answered at once"), 1);
        for task in greedy {
            task.abort();
        }
    }
}
