//! Whether the database can be believed and reached. Once a second a row is written through the connections that commands
//! use, committed, and read back over another; readiness tells how long ago that last went well. PostgreSQL is asked over a
//! connection of its own besides, so that it is known at once when it is away and requests need not wait for it.

use std::str::FromStr as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, Connection as _};
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::db::Db;
use crate::error::Fault;

/// How often the database is tried.
const EVERY: Duration = Duration::from_secs(1);
/// How often PostgreSQL is asked whether it is there: what a way that swallows everything holds up is told so the sooner.
const ASKED: Duration = Duration::from_millis(250);
/// PostgreSQL answers within this time or is away.
const ANSWER: Duration = Duration::from_secs(1);
/// Probes after which those of processes that are gone are swept away.
const SWEEP: i64 = 3600;
/// A probe that could not be written for so long, though nothing was refused, says that writing stands still.
const STALE: Duration = Duration::from_mins(1);

/// What is known of one database.
#[derive(Debug)]
pub struct Health {
    began: Instant,
    away: watch::Sender<bool>,
    suspected: Notify,
    /// Milliseconds since the beginning: connections that are older are not lent again.
    distrusted: AtomicU64,
    /// Milliseconds since the beginning when a probe was last read back; negative: never.
    proved: AtomicI64,
    /// Why the last probe failed.
    trouble: Mutex<Option<String>>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            away: watch::Sender::new(false),
            suspected: Notify::new(),
            distrusted: AtomicU64::new(0),
            proved: AtomicI64::new(-1),
            trouble: Mutex::new(None),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Health {
    /// Whether the database is known to be away.
    pub fn is_away(&self) -> bool {
        *self.away.borrow()
    }

    /// Ends when the database is known to be away.
    pub async fn gone(&self) {
        let mut away = self.away.subscribe();
        if away.wait_for(|away| *away).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Something went wrong with it: it is tried at once.
    pub fn suspect(&self) {
        self.suspected.notify_one();
    }

    /// Connections that were made before now are not lent again.
    pub fn distrust(&self) {
        self.distrusted.store(millis(self.began.elapsed()) + 1, Ordering::Relaxed);
    }

    /// Whether a connection of this age may still be lent.
    pub(crate) fn trusts(&self, age: Duration) -> bool {
        millis(self.began.elapsed().saturating_sub(age)) >= self.distrusted.load(Ordering::Relaxed)
    }

    /// How long ago a probe was last written, committed and read back; `None`: never in this process.
    pub fn proved(&self) -> Option<Duration> {
        let at = u64::try_from(self.proved.load(Ordering::Relaxed)).ok()?;
        Some(self.began.elapsed().saturating_sub(Duration::from_millis(at)))
    }

    /// Why nothing can be written now; `None`: it can, as far as is known.
    pub fn trouble(&self) -> Option<String> {
        if self.is_away() {
            return Some("the database is away".to_owned());
        }
        if let Some(trouble) = self.lock().clone() {
            return Some(trouble);
        }
        let last = self.proved().unwrap_or_else(|| self.began.elapsed());
        (last > STALE).then(|| format!("nothing could be written for {} s", last.as_secs()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_away(&self, away: bool) {
        let moved = self.away.send_if_modified(|was| std::mem::replace(was, away) != away);
        if moved && away {
            // What was open leads nowhere, even if the database comes back.
            self.distrust();
            tracing::error!("the database is away");
        } else if moved {
            self.distrust();
            tracing::info!("the database is back");
        }
    }

    fn note(&self, outcome: Result<(), Fault>) {
        match outcome {
            Ok(()) => {
                self.proved.store(i64::try_from(millis(self.began.elapsed())).unwrap_or(i64::MAX), Ordering::Relaxed);
                if self.lock().take().is_some() {
                    tracing::info!("the database keeps what is written again");
                }
            }
            Err(fault) => {
                metrics::counter!("minzheng_probes_failed_total").increment(1);
                let word = match fault {
                    Fault::StorageFull(_) => "the database's disk is full",
                    Fault::Unavailable(_) => "the database does not answer",
                    _ => "the database does not keep what is written",
                };
                if self.lock().replace(word.to_owned()).is_none() {
                    tracing::error!(%fault, "{word}");
                }
            }
        }
    }
}

/// The connection over which PostgreSQL is asked whether it is there.
struct Line {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl Line {
    async fn ask(&mut self) -> Result<(), sqlx::Error> {
        if let Some(connection) = &mut self.connection
            && connection.ping().await.is_ok()
        {
            return Ok(());
        }
        // One that was closed meanwhile says nothing of the database: a new one does.
        self.connection = None;
        self.connection = Some(PgConnection::connect_with(&self.options).await?);
        Ok(())
    }

    async fn is_there(&mut self) -> bool {
        let there = matches!(tokio::time::timeout(ANSWER, self.ask()).await, Ok(Ok(())));
        if !there {
            self.connection = None;
        }
        there
    }
}

impl Db {
    /// Tries the database once a second, and at once when something went wrong; until the future is dropped.
    pub async fn probe_forever(&self, clock: Clock) {
        let mut line = match PgConnectOptions::from_str(self.url()) {
            Ok(options) if !self.is_sqlite() => Some(Line { options, connection: None }),
            _ => None,
        };
        let mut counter = 0_i64;
        let mut wait = Duration::ZERO;
        let mut written: Option<Instant> = None;
        loop {
            let suspected = tokio::time::timeout(wait, self.health().suspected.notified()).await.is_ok();
            if let Some(line) = &mut line {
                let away = !line.is_there().await;
                self.health().set_away(away);
                wait = ASKED;
                if away {
                    continue;
                }
            } else {
                wait = EVERY;
            }
            if suspected || written.is_none_or(|written| written.elapsed() >= EVERY) {
                written = Some(Instant::now());
                counter += 1;
                self.health().note(self.probe(counter, clock).await);
            }
        }
    }

    /// Writes a row as a command would, commits, and reads it back over another connection.
    async fn probe(&self, counter: i64, clock: Clock) -> Result<(), Fault> {
        let (process, now) = (self.process().to_owned(), clock.now());
        let tx = self.begin().await?;
        let sql = "INSERT INTO probe (process, counter, at) VALUES ($1, $2, $3) \
            ON CONFLICT (process) DO UPDATE SET counter = $2, at = $3";
        self.execute(&tx, sql, vec![process.clone().into(), counter.into(), now.into()]).await?;
        if counter % SWEEP == 1 {
            let sql = "DELETE FROM probe WHERE at < $1";
            self.execute(&tx, sql, vec![(now - TimeDelta::days(1)).into()]).await?;
        }
        tx.commit().await.map_err(|error| self.failed(error))?;
        let sql = "SELECT MAX(counter) AS n FROM probe WHERE process = $1";
        let kept = self.value(self.read(), sql, vec![process.into()]).await?;
        if kept == counter {
            return Ok(());
        }
        // A connection that acknowledges what is not kept: none of them is to be believed.
        self.health().distrust();
        Err(Fault::internal(format!("a probe was committed and is not there: {counter}, found {kept}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_trouble_is_not_lent_again() {
        let health = Health::default();
        std::thread::sleep(Duration::from_millis(3));
        assert!(health.trusts(Duration::from_millis(2)));
        health.distrust();
        std::thread::sleep(Duration::from_millis(3));
        assert!(!health.trusts(Duration::from_secs(1)) && health.trusts(Duration::ZERO));
    }

    #[test]
    fn trouble_is_named_until_a_probe_goes_well() {
        let health = Health::default();
        assert!(health.trouble().is_none() && health.proved().is_none());
        health.note(Err(Fault::StorageFull("13".to_owned())));
        assert_eq!(health.trouble().as_deref(), Some("the database's disk is full"));
        health.note(Ok(()));
        assert!(health.trouble().is_none() && health.proved().is_some());
        health.set_away(true);
        assert!(health.is_away() && health.trouble().is_some());
    }
}
