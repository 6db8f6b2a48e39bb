//! Jobs: work off the request path, as rows with progress. A worker claims the oldest that waits and holds it by a
//! lease that a heartbeat renews; one whose process was killed is claimed again when its lease is over, and goes on
//! from what it committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::kernel::job::{Column, Entity, Model};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde::Serialize;

use crate::Kernel;
use crate::error::{Failure, Fault};
use crate::journal::job_end;
use crate::secrets::random_bytes;
use crate::viewer::Viewer;
use crate::work::Work;

/// How long a claim holds without a sign of life.
const LEASE: TimeDelta = TimeDelta::seconds(15);
/// How often progress is written.
const BEAT: Duration = Duration::from_millis(250);
/// Beats after which the lease is renewed though nothing moved.
const RENEW: u32 = 16;
/// How often a worker looks for jobs of other processes, and for leases that are over.
const LOOK: Duration = Duration::from_secs(1);
/// Claims after which a job is given up: so often its worker died with it, or it broke off. Workers that were stopped in
/// good order do not count.
const ATTEMPTS: i32 = 5;
/// What is told of a job that was given up.
const GIVEN_UP: &str = "多次中断，已停止重试；请系统管理员查明原因后恢复该任务 · \
    it broke off too often and is not tried again; the system administrator can resume it when the cause is mended";

/// Waits for a worker.
pub const QUEUED: &str = "QUEUED";
/// Claimed by a worker.
pub const RUNNING: &str = "RUNNING";
/// Ended well.
pub const DONE: &str = "DONE";
/// Ended without what was asked for; `message` says why.
pub const FAILED: &str = "FAILED";

/// How far a job is. What is told here is written by the heartbeat, so that the work never waits for it.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicI64,
    total: AtomicI64,
}

impl Progress {
    /// So much is done.
    pub fn done(&self, done: i64) {
        self.done.store(done, Ordering::Relaxed);
    }

    /// So much there is.
    pub fn total(&self, total: i64) {
        self.total.store(total, Ordering::Relaxed);
    }

    fn now(&self) -> (i64, Option<i64>) {
        let total = self.total.load(Ordering::Relaxed);
        (self.done.load(Ordering::Relaxed), (total > 0).then_some(total))
    }
}

/// How a job ended.
pub enum Ended {
    /// With this outcome.
    Done(serde_json::Value),
    /// Without: an outcome as far as there is one, and why.
    Failed(serde_json::Value, String),
}

/// What runs a job, by its kind. A fault leaves the job to be tried again.
pub type Runner = Arc<dyn Fn(Model, Arc<Progress>) -> BoxFuture<'static, Result<Ended, Fault>> + Send + Sync>;

/// Puts a job into the queue, together with what the command changes.
pub async fn enqueue(work: &mut Work<'_>, kind: &str, input: &(impl Serialize + Sync)) -> Result<i64, Failure> {
    let id = work.id().await?;
    let row = Model {
        id,
        kind: kind.to_owned(),
        state: QUEUED.to_owned(),
        input: serde_json::to_string(input)?,
        account_id: work.viewer.account_id,
        actor: work.viewer.actor.clone(),
        created_at: work.now,
        ..Model::default()
    };
    work.keep_job(row).await?;
    Ok(id)
}

/// Jobs of the viewer's own account; another's are not there.
pub async fn own(kernel: &Kernel, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Model>, Fault> {
    let Some(account) = viewer.account_id else { return Ok(Vec::new()) };
    let select = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).filter(Column::AccountId.eq(account));
    Ok(select.all(kernel.db.read()).await?)
}

/// Whether a job waits or runs.
pub async fn is_open(work: &Work<'_>, id: i64) -> Result<bool, Fault> {
    let open = Entity::find_by_id(id).filter(Column::State.is_in([QUEUED, RUNNING]));
    Ok(open.one(work.tx()).await?.is_some())
}

/// The jobs that wait, run or were given up, oldest first.
pub async fn unfinished(kernel: &Kernel) -> Result<Vec<Model>, Fault> {
    let given_up = Column::State.eq(FAILED).and(Column::Attempts.gt(ATTEMPTS));
    let open = Entity::find().filter(Column::State.is_in([QUEUED, RUNNING]).or(given_up));
    Ok(open.order_by_asc(Column::Id).all(kernel.db.read()).await?)
}

/// Whether a job was given up because it broke off too often.
pub fn is_given_up(job: &Model) -> bool {
    job.state == FAILED && job.attempts > ATTEMPTS
}

/// Puts a job that was given up back into the queue; whether there is such a one. It goes on from what it committed.
pub async fn resume(work: &Work<'_>, id: i64) -> Result<bool, Fault> {
    let resumed = Entity::update_many()
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(FAILED))
        .filter(Column::Attempts.gt(ATTEMPTS))
        .col_expr(Column::State, Expr::value(QUEUED))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::Message, Expr::value(None::<String>))
        .col_expr(Column::FinishedAt, Expr::value(None::<DateTime<Utc>>))
        .exec(work.tx())
        .await?;
    Ok(resumed.rows_affected == 1)
}

fn claimable(now: DateTime<Utc>) -> Condition {
    Condition::any().add(Column::State.eq(QUEUED)).add(Column::State.eq(RUNNING).and(Column::ClaimedUntil.lt(now)))
}

impl Kernel {
    /// Tells the workers of this process that there is a job.
    pub fn wake_workers(&self) {
        self.job_wake.notify_waiters();
    }

    /// Claims the oldest job that waits or whose worker died.
    async fn claim(&self) -> Result<Option<Model>, Fault> {
        let now = self.clock.now();
        // The common answer, nothing, costs no writer.
        if Entity::find().filter(claimable(now)).one(self.db.read()).await?.is_none() {
            return Ok(None);
        }
        let tx = self.db.begin().await?;
        let mut oldest = Entity::find().filter(claimable(now)).order_by_asc(Column::Id);
        if !self.db.is_sqlite() {
            use sea_orm::QuerySelect as _;
            use sea_orm::sea_query::{LockBehavior, LockType};
            oldest = oldest.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let Some(mut job) = oldest.one(&tx).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        job.attempts += 1;
        let given_up = job.attempts > ATTEMPTS;
        job.lease = Some(format!("{}{}", self.worker, hex::encode(random_bytes::<8>()?)));
        (if given_up { FAILED } else { RUNNING }).clone_into(&mut job.state);
        job.claimed_until = Some(now + LEASE);
        let mut update = Entity::update_many()
            .filter(Column::Id.eq(job.id))
            .col_expr(Column::State, Expr::value(job.state.clone()))
            .col_expr(Column::Attempts, Expr::value(job.attempts))
            .col_expr(Column::Lease, Expr::value(job.lease.clone()))
            .col_expr(Column::ClaimedUntil, Expr::value(job.claimed_until))
            .col_expr(Column::Mac, Expr::value(Option::<Vec<u8>>::None));
        if given_up {
            update = update
                .col_expr(Column::FinishedAt, Expr::value(Some(now)))
                .col_expr(Column::Message, Expr::value(Some(GIVEN_UP)));
        }
        update.exec(&tx).await?;
        tx.commit().await?;
        if given_up {
            metrics::counter!("minzheng_jobs_total", "kind" => job.kind.clone(), "outcome" => "given up").increment(1);
            tracing::error!(
                job = job.id,
                kind = job.kind,
                "a job was given up after {ATTEMPTS} tries; see `minzheng jobs`"
            );
            return Ok(None);
        }
        Ok(Some(job))
    }

    /// Changes a job that this lease holds; whether it still does.
    async fn touch<C: ConnectionTrait>(
        &self,
        on: &C,
        job: &Model,
        change: impl FnOnce(sea_orm::UpdateMany<Entity>) -> sea_orm::UpdateMany<Entity>,
    ) -> Result<bool, Fault> {
        let mine = Entity::update_many()
            .filter(Column::Id.eq(job.id))
            .filter(Column::State.eq(RUNNING))
            .filter(Column::Lease.eq(job.lease.clone()));
        Ok(change(mine).exec(on).await?.rows_affected == 1)
    }

    /// Ends when the lease is lost.
    async fn beat(&self, job: &Model, progress: &Progress) {
        let mut told = (job.done, job.total);
        for beat in 1_u32.. {
            tokio::time::sleep(BEAT).await;
            let now = progress.now();
            if now == told && beat % RENEW != 0 {
                continue;
            }
            let until = self.clock.now() + LEASE;
            let written = self.touch(self.db.admin(), job, |update| {
                update
                    .col_expr(Column::Done, Expr::value(now.0))
                    .col_expr(Column::Total, Expr::value(now.1))
                    .col_expr(Column::ClaimedUntil, Expr::value(Some(until)))
            });
            match written.await {
                Ok(true) => told = now,
                Ok(false) => return,
                // A rehearsal holds the one writer of SQLite for a while.
                Err(fault) => tracing::debug!(%fault, job = job.id, "a heartbeat could not be written"),
            }
        }
    }

    async fn end(&self, job: &Model, progress: &Progress, ended: Ended) -> Result<(), Fault> {
        let (state, output, message) = match ended {
            Ended::Done(output) => (DONE, output, None),
            Ended::Failed(output, message) => (FAILED, output, Some(message)),
        };
        let (done, total) = progress.now();
        let (now, output) = (self.clock.now(), Some(output.to_string()));
        let ended =
            Model { id: job.id, state: state.to_owned(), output, message, finished_at: Some(now), ..Model::default() };
        let mac = self.sealer.signer().mac(&job_end(&ended));
        self.touch(self.db.admin(), job, |update| {
            update
                .col_expr(Column::State, Expr::value(state))
                .col_expr(Column::Output, Expr::value(ended.output))
                .col_expr(Column::Message, Expr::value(ended.message))
                .col_expr(Column::Done, Expr::value(done))
                .col_expr(Column::Total, Expr::value(total.or(Some(done))))
                .col_expr(Column::FinishedAt, Expr::value(Some(now)))
                .col_expr(Column::Mac, Expr::value(Some(mac.to_vec())))
        })
        .await?;
        Ok(())
    }

    /// Lets go of the jobs of this process, whose workers have ended, so that another takes them up at once. That they were
    /// claimed here is forgotten: a stop is no fault of theirs.
    pub async fn release_jobs(&self) -> Result<(), Fault> {
        let over = self.clock.now() - TimeDelta::seconds(1);
        Entity::update_many()
            .filter(Column::State.eq(RUNNING))
            .filter(Column::Lease.starts_with(&self.worker))
            .col_expr(Column::ClaimedUntil, Expr::value(Some(over)))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(1))
            .exec(self.db.admin())
            .await?;
        Ok(())
    }

    /// Claims jobs and runs them, one after the other, until the future is dropped.
    pub async fn work_forever(&self, run: Runner) {
        loop {
            let waked = self.job_wake.notified();
            match self.claim().await {
                Ok(Some(job)) => self.work_on(job, &run).await,
                Ok(None) => {
                    let _ = tokio::time::timeout(LOOK, waked).await;
                }
                Err(fault) => {
                    tracing::error!(%fault, "no job could be claimed");
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    async fn work_on(&self, job: Model, run: &Runner) {
        let progress = Arc::new(Progress::default());
        progress.done(job.done);
        progress.total(job.total.unwrap_or(0));
        let ended = tokio::select! {
            ended = run(job.clone(), progress.clone()) => ended,
            () = self.beat(&job, &progress) => {
                tracing::warn!(job = job.id, kind = job.kind, "the lease of a job was lost; another worker has it");
                return;
            }
        };
        metrics::counter!("minzheng_jobs_total", "kind" => job.kind.clone(), "outcome" => match &ended {
            Ok(Ended::Done(_)) => "done",
            Ok(Ended::Failed(..)) => "failed",
            Err(_) => "fault",
        })
        .increment(1);
        let closed = match ended {
            Ok(ended) => self.end(&job, &progress, ended).await,
            Err(fault) => {
                tracing::error!(%fault, job = job.id, kind = job.kind, "a job broke off and is tried again");
                // Its lease runs out, which is pause enough.
                Ok(())
            }
        };
        if let Err(fault) = closed {
            tracing::error!(%fault, job = job.id, "a job could not be closed and is done again");
        }
    }
}
