//! 未完成的任务 · jobs of all accounts that wait, run or were given up, for who keeps the system; what was given up can be
//! resumed. What they do and for whom is told to their own account only.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::kernel::job::Model;
use minzheng_ground::error::{Answer, UserError, fault, may_ask, outcome};
use minzheng_ground::scalars::{DateTime, Long};
use minzheng_ground::state::{global_id, local_id, state, viewer};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Work, commands, jobs};
use serde::Serialize;

/// One job.
pub struct UnfinishedJob(Model);

/// 未完成的任务 · a job of any account that waits, runs or was given up; requires SYSTEM_ADMIN.
#[Object]
impl UnfinishedJob {
    /// 全局编号 · global id.
    async fn id(&self) -> ID {
        global_id("Job", self.0.id)
    }

    /// 种类 · IMPORT or EXPORT.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// 已放弃 · it broke off too often and is not tried again until it is resumed.
    async fn given_up(&self) -> bool {
        jobs::is_given_up(&self.0)
    }

    /// 领取次数 · how often a worker took it up that did not end it.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// 已完成 · rows dealt with.
    async fn done(&self) -> Long {
        Long(self.0.done)
    }

    /// 提交人 · user name of the account.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// 提交时间
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// The fields of the root.
#[derive(Default)]
pub struct UnfinishedJobQuery;

#[Object]
impl UnfinishedJobQuery {
    /// 未完成的任务 · jobs of all accounts that wait, run or were given up, oldest first; requires SYSTEM_ADMIN.
    async fn unfinished_jobs(&self, context: &Context<'_>) -> Answer<Vec<UnfinishedJob>> {
        may_ask(context, "unfinishedJobs")?;
        let open = jobs::unfinished(&state(context)?.kernel).await.map_err(|e| fault(context, e))?;
        Ok(open.into_iter().map(UnfinishedJob).collect())
    }
}

/// Which job.
#[derive(InputObject)]
pub struct ResumeJobInput {
    /// 任务
    id: ID,
}

/// What became of it.
#[derive(SimpleObject)]
pub struct ResumeJobPayload {
    /// 已恢复 · it waits for a worker again.
    resumed: bool,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct UnfinishedJobMutation;

#[Object]
impl UnfinishedJobMutation {
    /// 恢复任务 · puts a job that was given up back into the queue; it goes on from what it committed. Requires
    /// SYSTEM_ADMIN.
    async fn resume_job(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ResumeJobInput,
    ) -> Answer<ResumeJobPayload> {
        let id = local_id(&input.id).filter(|(aggregate, _)| aggregate == "Job").map(|(_, id)| id);
        let done = commands::run(&state(context)?.kernel, viewer(context)?, ResumeJob { id }, &Sent::default()).await;
        let (done, user_errors) = outcome(context, done)?;
        state(context)?.kernel.wake_workers();
        Ok(ResumeJobPayload { resumed: done.is_some(), user_errors })
    }
}

/// 恢复任务 · puts a job that was given up back into the queue.
#[derive(Clone, Debug, Serialize)]
pub struct ResumeJob {
    /// Null where the id is that of something else.
    pub id: Option<i64>,
}

#[async_trait::async_trait]
impl Command for ResumeJob {
    const NAME: &'static str = "resumeJob";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let id = self.id.ok_or_else(|| Refusal::not_found("id"))?;
        if jobs::resume(work, id).await? {
            return Ok(());
        }
        Err(Refusal::new(UserErrorCode::WrongState, Text::of("job-not-given-up")).at("id").into())
    }
}
