//! Commands (rule 3): every change is one, and one runner does it all: authorisation, idempotency,
//! one transaction, journal, retry on serialisation failure.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::kernel::idempotency_key;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::Kernel;
use crate::error::{Failure, Fault, Refusal, UserErrorCode};
use crate::text::Text;
use crate::viewer::Viewer;
use crate::work::{Work, record_reads};

/// Tries of one command when the database asks to try again.
const TRIES: u32 = 5;
/// Signs of an idempotency key at most.
pub const KEY_LENGTH: usize = 200;
/// Days for which the first result of a command stands under its key.
pub const KEY_DAYS: i64 = 30;

/// One change that somebody may ask for.
#[async_trait::async_trait]
pub trait Command: Clone + Serialize + Send + Sync {
    /// The verb and aggregate, as the mutation is called.
    const NAME: &'static str;
    /// Counts up when the meaning of the recorded entry changes.
    const VERSION: i32 = 1;
    /// Money moves: an idempotency key is required.
    const MOVES_MONEY: bool = false;
    /// What a client gets: ids rather than rows, since it is remembered under the key.
    type Output: Serialize + DeserializeOwned + Send;

    /// Whether this viewer may run it at all. What it reaches is checked by the scoped loads.
    fn authorise(&self, viewer: &Viewer) -> Result<(), Failure> {
        if viewer.may(Self::NAME) {
            return Ok(());
        }
        Err(if viewer.is_anonymous() { Failure::Unauthenticated } else { Failure::Forbidden(Self::NAME.to_owned()) })
    }

    /// Loads, decides, changes rows.
    async fn execute(self, work: &mut Work<'_>) -> Result<Self::Output, Failure>;
}

/// How a command is sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// The client's key: the same key and body have one effect.
    pub idempotency_key: Option<String>,
    /// When it happened in the field.
    pub happened_at: Option<DateTime<Utc>>,
    /// The key belongs to the entry and not to the account: a batch that two devices send.
    pub shared_key: bool,
}

impl Sent {
    /// With a client's key.
    pub fn with_key(key: Option<String>) -> Self {
        Self { idempotency_key: key, ..Self::default() }
    }
}

/// A command that is being run, without its type: what runs it is compiled once and not once a command.
#[async_trait::async_trait]
trait AnyCommand: Send {
    fn name(&self) -> &'static str;
    fn version(&self) -> i32;
    fn moves_money(&self) -> bool;
    /// The command, as its key knows it.
    fn body(&self) -> serde_json::Result<Vec<u8>>;
    /// May be tried again after a failure.
    async fn execute(&mut self, work: &mut Work<'_>) -> Result<(), Failure>;
    /// What came of it, as its key remembers it.
    fn output(&self) -> serde_json::Result<String>;
}

/// A command and what came of it.
struct Run<C: Command> {
    command: C,
    output: Option<C::Output>,
}

impl<C: Command> Run<C> {
    /// Begins with the question whether this viewer may run it.
    fn new(viewer: &Viewer, command: C) -> Result<Self, Failure> {
        command.authorise(viewer)?;
        Ok(Self { command, output: None })
    }

    fn outcome(self) -> Result<C::Output, Failure> {
        self.output.ok_or_else(|| Fault::internal(format!("{} was not executed", C::NAME)).into())
    }
}

#[async_trait::async_trait]
impl<C: Command> AnyCommand for Run<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn version(&self) -> i32 {
        C::VERSION
    }

    fn moves_money(&self) -> bool {
        C::MOVES_MONEY
    }

    fn body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.command)
    }

    async fn execute(&mut self, work: &mut Work<'_>) -> Result<(), Failure> {
        work.running(C::NAME);
        self.output = Some(self.command.clone().execute(work).await?);
        Ok(())
    }

    fn output(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.output)
    }
}

/// Runs a command.
pub async fn run<C: Command>(kernel: &Kernel, viewer: &Viewer, command: C, sent: &Sent) -> Result<C::Output, Failure> {
    run_once(kernel, viewer, command, sent).await.map(|(output, _)| output)
}

/// Runs a command; tells also whether it was sent before, so that this is the first result again.
pub async fn run_once<C: Command>(
    kernel: &Kernel,
    viewer: &Viewer,
    command: C,
    sent: &Sent,
) -> Result<(C::Output, bool), Failure> {
    let mut run = Run::new(viewer, command)?;
    match repeat(kernel, viewer, &mut run, sent).await? {
        Some(remembered) => Ok((serde_json::from_str(&remembered)?, true)),
        None => Ok((run.outcome()?, false)),
    }
}

/// Tries until the database takes it; gives the output that is remembered where it was sent before.
async fn repeat(
    kernel: &Kernel,
    viewer: &Viewer,
    run: &mut dyn AnyCommand,
    sent: &Sent,
) -> Result<Option<String>, Failure> {
    match &sent.idempotency_key {
        None if run.moves_money() => {
            return Err(Refusal::new(UserErrorCode::IdempotencyKeyRequired, Text::of("key-required"))
                .at("idempotencyKey")
                .into());
        }
        Some(key) if key.is_empty() || key.chars().count() > KEY_LENGTH => {
            return Err(Refusal::invalid("idempotencyKey", Text::of("key-length").with("most", KEY_LENGTH)).into());
        }
        _ => {}
    }
    let _running = kernel.db.running();
    let mut tried = 0;
    loop {
        tried += 1;
        match attempt(kernel, viewer, run, sent).await {
            Err(failure) if tried < TRIES && (failure.is_retryable() || raced(kernel, &failure)) => {
                let jitter = crate::secrets::random_bytes::<1>().map_or(0, |[byte]| u64::from(byte) / 8);
                tokio::time::sleep(Duration::from_millis((1 << tried) * 5 + jitter)).await;
            }
            outcome => {
                let came = match &outcome {
                    Ok(_) => "done",
                    Err(Failure::Refused(_)) => "refused",
                    Err(Failure::Unauthenticated | Failure::Forbidden(_)) => "forbidden",
                    Err(Failure::Fault(_)) => "fault",
                };
                metrics::counter!("minzheng_commands_total", "command" => run.name(), "outcome" => came).increment(1);
                looked(kernel, viewer).await?;
                return outcome;
            }
        }
    }
}

/// Whether a row of the same key was made by somebody else since the command looked: tried again it sees that row and says
/// so by itself. The one writer of SQLite has nobody beside it.
fn raced(kernel: &Kernel, failure: &Failure) -> bool {
    !kernel.db.is_sqlite() && failure.is_duplicate()
}

/// What a command looked at of persons is recorded before its answer is told, also where that is a refusal. A request has
/// one entry of all that it reads, recorded when it is answered; jobs and the command line have no such end.
async fn looked(kernel: &Kernel, viewer: &Viewer) -> Result<(), Fault> {
    let answered = viewer.request_id.is_some() && viewer.cause.is_none();
    if answered { Ok(()) } else { record_reads(kernel, viewer).await }
}

/// Runs a command and takes it back: tells what would become of it.
pub async fn rehearse<C: Command>(kernel: &Kernel, viewer: &Viewer, command: C) -> Result<C::Output, Failure> {
    let mut run = Run::new(viewer, command)?;
    let _running = kernel.db.running();
    let mut work = Work::begin(kernel, viewer).await?;
    let outcome = run.execute(&mut work).await;
    work.rollback().await;
    looked(kernel, viewer).await?;
    outcome?;
    run.outcome()
}

/// Commands run in one transaction that is taken back at the end, so that each sees what the ones before did. It holds
/// what it changed, on SQLite the one writer: keep it short.
pub struct Rehearsal<'a> {
    work: Work<'a>,
    _running: crate::db::Running<'a>,
}

impl<'a> Rehearsal<'a> {
    /// Begins.
    pub async fn begin(kernel: &'a Kernel, viewer: &'a Viewer) -> Result<Self, Fault> {
        let running = kernel.db.running();
        Ok(Self { work: Work::begin(kernel, viewer).await?, _running: running })
    }

    /// Runs a command. One that fails leaves nothing behind for the next.
    pub async fn run<C: Command>(&mut self, command: C) -> Result<C::Output, Failure> {
        let mut run = Run::new(self.work.viewer, command)?;
        self.execute(&mut run).await?;
        run.outcome()
    }

    async fn execute(&mut self, run: &mut dyn AnyCommand) -> Result<(), Failure> {
        let db = &self.work.kernel.db;
        db.execute(self.work.tx(), "SAVEPOINT rehearsed", vec![]).await?;
        let outcome = run.execute(&mut self.work).await;
        let db = &self.work.kernel.db;
        if outcome.is_err() {
            db.execute(self.work.tx(), "ROLLBACK TO SAVEPOINT rehearsed", vec![]).await?;
        }
        db.execute(self.work.tx(), "RELEASE SAVEPOINT rehearsed", vec![]).await?;
        outcome
    }

    /// Takes everything back.
    pub async fn end(self) -> Result<(), Fault> {
        let (kernel, viewer) = (self.work.kernel, self.work.viewer);
        self.work.rollback().await;
        looked(kernel, viewer).await
    }
}

async fn attempt(
    kernel: &Kernel,
    viewer: &Viewer,
    run: &mut dyn AnyCommand,
    sent: &Sent,
) -> Result<Option<String>, Failure> {
    let mut work = Work::begin(kernel, viewer).await?;
    let remembered = match &sent.idempotency_key {
        Some(key) => Some(Key::claim(&work, run.name(), run.body()?, key, sent.shared_key).await),
        None => None,
    };
    let outcome = match remembered {
        Some(Err(failure)) => Err(failure),
        Some(Ok(Claim::Done(output))) => {
            // Of a key that several share, the first result is for who could have given the command.
            let given = if sent.shared_key { run.execute(&mut work).await } else { Ok(()) };
            work.rollback().await;
            return match given {
                Err(failure) if is_out_of_reach(&failure) => Err(failure),
                _ => Ok(Some(output)),
            };
        }
        Some(Ok(Claim::Mine(key))) => match run.execute(&mut work).await {
            Ok(()) => key.remember(&mut work, run.output()?).await,
            Err(failure) => Err(failure),
        },
        None => run.execute(&mut work).await,
    };
    match outcome {
        Ok(()) => {
            work.commit(run.name(), run.version(), sent.happened_at).await?;
            Ok(None)
        }
        Err(failure) => {
            // What went wrong first is what is told.
            work.rollback().await;
            Err(failure)
        }
    }
}

/// Takes away the keys whose time is over.
pub async fn forget_keys(kernel: &Kernel) -> Result<u64, Fault> {
    let over = kernel.clock.now() - TimeDelta::days(KEY_DAYS);
    let old = idempotency_key::Entity::delete_many().filter(idempotency_key::Column::CreatedAt.lt(over));
    Ok(old.exec(kernel.db.admin()).await?.rows_affected)
}

/// Whether a command failed since the viewer does not reach what it is about, or for now: not since it was given before.
fn is_out_of_reach(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(refusals) => refusals.iter().any(|refusal| refusal.code == UserErrorCode::NotFound),
        Failure::Unauthenticated | Failure::Forbidden(_) | Failure::Fault(_) => true,
    }
}

/// A key that this attempt holds until its transaction ends.
struct Key {
    scope: String,
    name: String,
    body_hash: String,
}

enum Claim {
    Mine(Key),
    Done(String),
}

impl Key {
    async fn claim(work: &Work<'_>, command: &str, body: Vec<u8>, key: &str, shared: bool) -> Result<Claim, Failure> {
        let owner = if shared { "shared" } else { &work.viewer.actor };
        let scope = format!("{owner}/{command}");
        let body_hash = hex::encode(Sha256::digest(body));
        if !work.kernel.db.is_sqlite() {
            // Held to the end of the transaction; on SQLite the one writer is lock enough.
            let digest = Sha256::digest(format!("{scope}/{key}"));
            let lock = digest.iter().take(8).fold(0_i64, |n, byte| (n << 8) | i64::from(*byte));
            let got = work
                .kernel
                .db
                .value(
                    work.tx(),
                    "SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END::bigint AS n",
                    vec![lock.into()],
                )
                .await?;
            if got == 0 {
                return Err(Refusal::new(UserErrorCode::IdempotencyInProgress, Text::of("key-running"))
                    .at("idempotencyKey")
                    .into());
            }
        }
        let known = idempotency_key::Entity::find()
            .filter(idempotency_key::Column::Scope.eq(&scope))
            .filter(idempotency_key::Column::Key.eq(key))
            .one(work.tx())
            .await?;
        // One that is over counts no more, whether it was swept away already or not.
        let known = match known {
            Some(known) if known.created_at < work.now - TimeDelta::days(KEY_DAYS) => {
                idempotency_key::Entity::delete_by_id(known.id).exec(work.tx()).await.map_err(Fault::from)?;
                None
            }
            known => known,
        };
        match known {
            Some(known) if known.body_hash == body_hash => Ok(Claim::Done(known.result)),
            Some(_) => Err(Refusal::new(UserErrorCode::IdempotencyKeyReused, Text::of("key-reused"))
                .at("idempotencyKey")
                .into()),
            None => Ok(Claim::Mine(Self { scope, name: key.to_owned(), body_hash })),
        }
    }

    async fn remember(self, work: &mut Work<'_>, result: String) -> Result<(), Failure> {
        let row = idempotency_key::Model {
            id: work.id().await?,
            scope: self.scope,
            key: self.name,
            body_hash: self.body_hash,
            result,
            created_at: work.now,
        };
        work.keep_key(row).await
    }
}
