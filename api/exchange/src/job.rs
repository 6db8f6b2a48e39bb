//! 后台任务 · imports and exports as jobs: their state, their progress, and what runs them; and the program's own.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, ID, Object, Subscription};
use entity::kernel::job::Model;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use minzheng_access::standing::{Gate, Who};
use minzheng_ground::error::{Answer, said};
use minzheng_ground::files::File;
use minzheng_ground::loaders::own_job;
use minzheng_ground::policy::POLICY;
use minzheng_ground::scalars::{DateTime, Long};
use minzheng_ground::state::{State, global_id, local_id, shared_viewer, state, viewer};
use minzheng_ground::{Link, files};
use minzheng_kernel::jobs::{Ended, Progress, Runner};
use minzheng_kernel::{Failure, Fault, Lang, Text, Viewer, jobs};
use serde::{Deserialize, Serialize};

/// How often a follower looks.
const LOOK: Duration = Duration::from_millis(300);
/// Jobs that one process works on at a time.
const AT_ONCE: usize = 2;
/// Kind of an import's job.
pub const IMPORT: &str = "IMPORT";
/// Kind of an export's job.
pub const EXPORT: &str = "EXPORT";

/// On whose behalf a job runs: what of the viewer is not in the account's standing when it runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Behalf {
    acting_for: Option<i64>,
    purpose: Option<String>,
    case_number: Option<String>,
    english: bool,
}

impl Behalf {
    /// Of the viewer who asks for it.
    pub fn of(viewer: &Viewer) -> Self {
        Self {
            acting_for: viewer.acting_for,
            purpose: viewer.purpose.clone(),
            case_number: viewer.case_number.clone(),
            english: viewer.lang == Lang::En,
        }
    }

    /// The viewer again, with the rights that the account has now; `None`: it has none any more.
    async fn viewer(self, state: &State, job: &Model) -> Result<Option<Viewer>, Fault> {
        let Some(account) = job.account_id else { return Ok(None) };
        let who = Who::Account { account, acting_for: self.acting_for };
        let Some(standing) = state.part::<Gate>()?.standing_now(&state.kernel, &who).await? else { return Ok(None) };
        let mut viewer = Viewer::anonymous(&POLICY, state.kernel.clock.today());
        viewer.purpose = self.purpose;
        standing.lend(&mut viewer);
        viewer.case_number = self.case_number;
        viewer.lang = if self.english { Lang::En } else { Lang::Zh };
        viewer.request_id = Some(format!("job:{}", job.id));
        Ok(Some(viewer))
    }
}

/// What a job was asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// For whom.
    pub behalf: Behalf,
    /// Kind of sheet.
    pub sheet: String,
    /// The import.
    pub import: Option<i64>,
    /// Unknown headers are errors.
    #[serde(default)]
    pub strict: bool,
    /// Hidden rows and columns are read too.
    #[serde(default)]
    pub hidden: bool,
    /// Ending of the file to write.
    pub ending: Option<String>,
}

/// One job.
pub struct Job(Model);

impl Job {
    /// A number in the outcome, or in what was asked for.
    fn told(&self, name: &str) -> Option<i64> {
        [self.0.output.as_deref(), Some(&self.0.input)]
            .into_iter()
            .flatten()
            .find_map(|text| serde_json::from_str::<serde_json::Value>(text).ok()?.get(name)?.as_i64())
    }
}

/// 任务状态 · where a job stands.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// 排队 · waits for a worker
    Queued,
    /// 进行中 · runs, or waits to be taken up again
    Running,
    /// 完成 · ended
    Done,
    /// 失败 · ended without what was asked for
    Failed,
}

/// 后台任务 · work off the request path, for the account that asked for it.
#[Object]
impl Job {
    /// 全局编号 · global id.
    fn id(&self) -> ID {
        global_id("Job", self.0.id)
    }

    /// 种类 · IMPORT or EXPORT.
    fn kind(&self) -> &str {
        &self.0.kind
    }

    /// 状态
    fn state(&self) -> JobState {
        match self.0.state.as_str() {
            jobs::QUEUED => JobState::Queued,
            jobs::RUNNING => JobState::Running,
            jobs::DONE => JobState::Done,
            _ => JobState::Failed,
        }
    }

    /// 已完成 · rows dealt with.
    fn done(&self) -> Long {
        Long(self.0.done)
    }

    /// 总数 · rows in all; null: not known yet.
    fn total(&self) -> Option<Long> {
        self.0.total.map(Long)
    }

    /// 说明 · why it failed.
    fn message(&self, context: &Context<'_>) -> Answer<Option<&str>> {
        let lang = viewer(context)?.lang;
        Ok(self.0.message.as_deref().map(|message| lang.side(message)))
    }

    /// 提交时间
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// 结束时间
    fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// 导入 · the import it works on.
    async fn import(&self) -> Option<Link<entity::exchange::import::Entity>> {
        self.told("import").map(Link::id)
    }

    /// 结果文件 · what was exported.
    async fn file(&self, context: &Context<'_>) -> Answer<Option<File>> {
        if self.0.state != jobs::DONE {
            return Ok(None);
        }
        files::among(context, super::export::ROW, self.0.id).await
    }
}

/// A job of the viewer's own.
pub async fn own(context: &Context<'_>, id: i64) -> Answer<Option<Job>> {
    Ok(own_job(context, id).await?.map(Job))
}

fn number(id: &ID) -> Option<i64> {
    local_id(id).filter(|(aggregate, _)| aggregate == "Job").map(|(_, id)| id)
}

/// The fields of the root.
#[derive(Default)]
pub struct JobQuery;

#[Object]
impl JobQuery {
    /// 后台任务 · a job of one's own; null: there is none.
    async fn job(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "全局编号 · of which job")] id: ID,
    ) -> Answer<Option<Job>> {
        match number(&id) {
            Some(id) => own(context, id).await,
            None => Ok(None),
        }
    }
}

/// Jobs to follow.
#[derive(Default)]
pub struct JobSubscription;

#[Subscription]
#[allow(clippy::unused_async)] // the derive wants it
impl JobSubscription {
    /// 任务进度 · a job of one's own now, and whenever it has moved, until it has ended.
    async fn job_progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "全局编号 · of which job")] id: ID,
    ) -> async_graphql::Result<BoxStream<'static, Answer<Job>>> {
        let (state, viewer) = (state(context)?.clone(), shared_viewer(context)?);
        let missing = |lang| {
            let text = Text::of("not-found");
            said(lang, Fault::Query { code: "NOT_FOUND", field: "id".to_owned(), text })
        };
        let Some(id) = number(&id) else { return Err(missing(viewer.lang)) };
        let following = (state, viewer, None::<Model>);
        let moves = unfold(Some(following), move |following| async move {
            let (state, viewer, told) = following?;
            loop {
                match jobs::own(&state.kernel, &viewer, &[id]).await.map(|mut found| found.pop()) {
                    Ok(Some(job)) if told.as_ref().is_none_or(|told| moved(told, &job)) => {
                        let ended = job.finished_at.is_some();
                        let next = (!ended).then(|| (state, viewer, Some(job.clone())));
                        return Some((Ok(Job(job)), next));
                    }
                    Ok(Some(_)) => tokio::time::sleep(LOOK).await,
                    Ok(None) => return Some((Err(missing(viewer.lang)), None)),
                    Err(fault) => return Some((Err(said(viewer.lang, fault)), None)),
                }
            }
        });
        Ok(moves.boxed())
    }
}

/// Whether there is anything to tell.
fn moved(told: &Model, now: &Model) -> bool {
    (told.done, told.total, &told.state) != (now.done, now.total, &now.state)
}

/// Works on jobs until the future is dropped.
pub async fn work_forever(state: Arc<State>) {
    let kernel = state.kernel.clone();
    let run: Runner = Arc::new(move |job, progress| {
        let state = state.clone();
        Box::pin(async move { run(&state, job, progress).await })
    });
    let workers = (0..AT_ONCE).map(|_| kernel.work_forever(run.clone()));
    futures_util::future::join_all(workers).await;
}

async fn run(state: &Arc<State>, job: Model, progress: Arc<Progress>) -> Result<Ended, Fault> {
    if job.kind == super::reseal::RESEAL {
        return super::reseal::run(&state.kernel, &progress).await;
    }
    let input: Input = serde_json::from_str(&job.input)?;
    let lang = if input.behalf.english { Lang::En } else { Lang::Zh };
    let Some(viewer) = input.behalf.clone().viewer(state, &job).await? else {
        return Ok(Ended::Failed(serde_json::json!({}), Text::of("session-ended").say(lang)));
    };
    let done = match job.kind.as_str() {
        IMPORT => super::import_list::run(state, &viewer, &input, progress).await,
        EXPORT => super::export::run(state, &viewer, &job, &input, &progress).await,
        other => return Err(Fault::internal(format!("{other} is no kind of job"))),
    };
    match done {
        Ok(output) => Ok(Ended::Done(output)),
        Err(Failure::Fault(fault)) => Err(fault),
        Err(failure) => {
            let why = match failure {
                Failure::Refused(refusals) => {
                    refusals.iter().map(|refusal| refusal.message(lang)).collect::<Vec<_>>().join(" ")
                }
                Failure::Forbidden(command) => Text::of("forbidden").with("command", command).say(lang),
                _ => Text::of("unauthenticated").say(lang),
            };
            Ok(Ended::Failed(serde_json::json!({}), why))
        }
    }
}
