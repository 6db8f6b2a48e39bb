//! 批量操作 · many commands in one request, each with an outcome of its own: by officers at a desk, and by phones that
//! were without signal, late, repeated, from more than one device.

use std::time::Duration;

use async_graphql::{Context, Enum, ID, InputObject, InputType, Json, Object, SimpleObject};
use minzheng_access::role_grant::{ProposeRoleGrantsInput, RoleGrantsInput};
use minzheng_exchange::import_list::UndoImportInput;
use minzheng_ground::error::{Answer, UserError};
use minzheng_ground::scalars::DateTime;
use minzheng_ground::state::{global_id, state, viewer};
use minzheng_kernel::commands::{Command, Sent, run_once};
use minzheng_kernel::{Failure, Fault, Refusal, Text, UserErrorCode};
use minzheng_registry::reported_change::{ReportChangeInput, SettleReportedChangeInput};

/// Commands in one request by officers.
const OFFICERS_MOST: usize = 200;
/// Commands in one request by the municipal platform.
const PLATFORM_MOST: usize = 1_000;
/// Statements of a batch, and of each command in it: what comes when they are used up is not run.
const STATEMENTS: (u64, u64) = (2_000, 100);
/// Tries while the same command, sent by another device, still runs.
const TRIES: u32 = 20;

/// 批量命令 · commands that a batch may carry; the input of each is that of the mutation of its name.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchCommand {
    /// 报告情况变动 · `reportChange`
    ReportChange,
    /// 处理情况变动 · `handleReportedChange`
    HandleReportedChange,
    /// 不予处理 · `dismissReportedChange`
    DismissReportedChange,
    /// 撤销导入 · `undoImport`
    UndoImport,
    /// 提出角色授予 · `proposeRoleGrants`
    ProposeRoleGrants,
    /// 确认角色授予 · `confirmRoleGrants`
    ConfirmRoleGrants,
    /// 撤销角色授予 · `revokeRoleGrants`
    RevokeRoleGrants,
}

/// 处理结果 · what became of one command.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchOutcome {
    /// 已受理 · it took effect now
    Accepted,
    /// 重复 · it was sent before; this is its first result
    Duplicate,
    /// 冲突 · something else came first: look at the record and decide anew
    Conflict,
    /// 拒绝 · it cannot be as it is
    Refused,
    /// 未处理 · nothing happened on our side: send it again
    Failed,
}

/// One command of an officer.
#[derive(InputObject)]
pub struct BatchEntryInput {
    /// 命令
    command: BatchCommand,
    /// 参数 · the input of the mutation of that name; its `idempotencyKey` is the entry's.
    input: Json<serde_json::Value>,
}

/// Commands of an officer.
#[derive(InputObject)]
pub struct RunBatchInput {
    /// 命令 · at most 200; 1,000 by the municipal platform.
    entries: Vec<BatchEntryInput>,
}

/// One command from the field.
#[derive(InputObject)]
pub struct SyncEntryInput {
    /// 客户端编号 · made by the client when it happened; the same on every device that sends it.
    #[graphql(validator(min_length = 8, max_length = 100))]
    client_id: String,
    /// 发生时间 · when it happened in the field.
    happened_at: DateTime,
    /// 命令
    command: BatchCommand,
    /// 参数 · the input of the mutation of that name.
    input: Json<serde_json::Value>,
}

/// Commands from the field.
#[derive(InputObject)]
pub struct SyncBatchInput {
    /// 命令 · at most 200, in the order in which they happened.
    entries: Vec<SyncEntryInput>,
}

/// 一条命令的结果 · what became of one command.
#[derive(SimpleObject)]
pub struct BatchResult {
    /// 客户端编号 · of the entry, where it has one.
    client_id: Option<String>,
    /// 结果
    outcome: BatchOutcome,
    /// 记录 · global ids of the rows it is about; empty when refused.
    ids: Vec<ID>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// What became of all.
#[derive(SimpleObject)]
pub struct BatchPayload {
    /// 逐条结果 · in the order of the entries.
    results: Vec<BatchResult>,
    /// 业务拒绝 · about the batch as a whole; then nothing was run.
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct BatchMutation;

#[Object]
impl BatchMutation {
    /// 离线补报 · commands given without signal, sent when there is some: late and repeated sends, also by another
    /// device, have one effect; conflicts are listed.
    async fn sync_batch(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: SyncBatchInput,
    ) -> Answer<BatchPayload> {
        if let Some(refused) = too_many(context, input.entries.len())? {
            return Ok(refused);
        }
        let most = statements(input.entries.len());
        let mut results = Vec::with_capacity(input.entries.len());
        let now = state(context)?.kernel.clock.now();
        for entry in input.entries {
            let sent = Sent {
                idempotency_key: Some(entry.client_id.clone()),
                happened_at: Some(entry.happened_at.0),
                shared_key: true,
            };
            let done = if entry.happened_at.0 > now + chrono::TimeDelta::minutes(10) {
                Err(Refusal::invalid("happenedAt", Text::of("happened-ahead")).into())
            } else {
                within(most, run(context, entry.command, entry.input.0, sent)).await
            };
            results.push(result(context, Some(entry.client_id), done)?);
        }
        Ok(BatchPayload { results, user_errors: Vec::new() })
    }

    /// 批量办理 · many commands with an outcome each; what is refused hinders no other.
    async fn run_batch(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RunBatchInput,
    ) -> Answer<BatchPayload> {
        if let Some(refused) = too_many(context, input.entries.len())? {
            return Ok(refused);
        }
        let most = statements(input.entries.len());
        let mut results = Vec::with_capacity(input.entries.len());
        for entry in input.entries {
            let done = within(most, run(context, entry.command, entry.input.0, Sent::default())).await;
            results.push(result(context, None, done)?);
        }
        Ok(BatchPayload { results, user_errors: Vec::new() })
    }
}

fn too_many(context: &Context<'_>, entries: usize) -> Answer<Option<BatchPayload>> {
    let viewer = viewer(context)?;
    let most = if viewer.holds("PLATFORM") { PLATFORM_MOST } else { OFFICERS_MOST };
    if (1..=most).contains(&entries) {
        return Ok(None);
    }
    let refusal = Refusal::new(UserErrorCode::TooMany, Text::of("too-many").with("most", most)).at("entries");
    Ok(Some(BatchPayload { results: Vec::new(), user_errors: vec![UserError::of(&refusal, viewer.lang)] }))
}

/// The most statements of a request with a batch.
fn statements(entries: usize) -> u64 {
    let (own, each) = STATEMENTS;
    u64::try_from(entries).unwrap_or(u64::MAX).saturating_mul(each).saturating_add(own)
}

/// Runs a command unless the request has sent too many statements already.
async fn within(most: u64, run: impl Future<Output = Done>) -> Done {
    if minzheng_kernel::request::statements() > most {
        return Err(Fault::Unavailable("the statements of the batch are used up".to_owned()).into());
    }
    run.await
}

type Done = Result<(Vec<ID>, bool), Failure>;

/// Reads the input as the mutation would, and runs the command.
async fn run(context: &Context<'_>, command: BatchCommand, input: serde_json::Value, mut sent: Sent) -> Done {
    /// The input, with its own key where the entry has none.
    macro_rules! read {
        ($type:ty) => {{
            let input: $type = parse(input)?;
            if sent.idempotency_key.is_none() {
                sent.idempotency_key.clone_from(&input.idempotency_key);
            }
            input
        }};
    }
    let one = |aggregate: &'static str| move |id: i64| vec![global_id(aggregate, id)];
    let many = |ids: Vec<i64>| ids.into_iter().map(|id| global_id("RoleGrant", id)).collect();
    match command {
        BatchCommand::ReportChange => {
            give(context, read!(ReportChangeInput).command()?, &sent, one("ReportedChange")).await
        }
        BatchCommand::HandleReportedChange => {
            give(context, read!(SettleReportedChangeInput).handle()?, &sent, one("ReportedChange")).await
        }
        BatchCommand::DismissReportedChange => {
            give(context, read!(SettleReportedChangeInput).dismiss()?, &sent, one("ReportedChange")).await
        }
        BatchCommand::UndoImport => {
            let input = read!(UndoImportInput);
            let id = input.id.clone();
            give(context, input.command()?, &sent, |_| vec![id]).await
        }
        BatchCommand::ProposeRoleGrants => give(context, read!(ProposeRoleGrantsInput).command()?, &sent, many).await,
        BatchCommand::ConfirmRoleGrants => give(context, read!(RoleGrantsInput).confirm()?, &sent, many).await,
        BatchCommand::RevokeRoleGrants => give(context, read!(RoleGrantsInput).revoke()?, &sent, many).await,
    }
}

fn parse<T: InputType>(input: serde_json::Value) -> Result<T, Refusal> {
    let bad = |why: String| Refusal::invalid("input", Text::of("bad-input").with("why", why));
    let value = async_graphql::Value::from_json(input).map_err(|error| bad(error.to_string()))?;
    T::parse(Some(value)).map_err(|error| bad(error.into_server_error(async_graphql::Pos::default()).message))
}

async fn give<C: Command>(
    context: &Context<'_>,
    command: C,
    sent: &Sent,
    ids: impl FnOnce(C::Output) -> Vec<ID>,
) -> Done {
    let missing = |_| Failure::Fault(minzheng_kernel::Fault::internal("a request without its data"));
    let (kernel, viewer) = (&state(context).map_err(missing)?.kernel, viewer(context).map_err(missing)?);
    for tried in 0.. {
        match run_once(kernel, viewer, command.clone(), sent).await {
            Err(Failure::Refused(refusals))
                if tried < TRIES && refusals.iter().any(|r| r.code == UserErrorCode::IdempotencyInProgress) =>
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            done => return done.map(|(output, repeated)| (ids(output), repeated)),
        }
    }
    Err(Failure::Fault(minzheng_kernel::Fault::internal("tried for ever")))
}

/// Refusals that say that something else came first.
fn is_conflict(code: UserErrorCode) -> bool {
    matches!(
        code,
        UserErrorCode::StaleVersion
            | UserErrorCode::WrongState
            | UserErrorCode::Duplicate
            | UserErrorCode::LaterWork
            | UserErrorCode::IdempotencyKeyReused
    )
}

fn result(context: &Context<'_>, client_id: Option<String>, done: Done) -> Answer<BatchResult> {
    let lang = viewer(context)?.lang;
    let refusals = match done {
        Ok((ids, repeated)) => {
            let outcome = if repeated { BatchOutcome::Duplicate } else { BatchOutcome::Accepted };
            return Ok(BatchResult { client_id, outcome, ids, user_errors: Vec::new() });
        }
        Err(Failure::Refused(refusals)) => refusals,
        Err(Failure::Unauthenticated) => vec![Refusal::new(UserErrorCode::Forbidden, Text::of("unauthenticated"))],
        Err(Failure::Forbidden(command)) => {
            vec![Refusal::new(UserErrorCode::Forbidden, Text::of("forbidden").with("command", command))]
        }
        Err(Failure::Fault(fault)) => {
            tracing::error!(%fault, "a command of a batch could not be run");
            return Ok(BatchResult {
                client_id,
                outcome: BatchOutcome::Failed,
                ids: Vec::new(),
                user_errors: Vec::new(),
            });
        }
    };
    let running = refusals.iter().any(|refusal| refusal.code == UserErrorCode::IdempotencyInProgress);
    let outcome = if running {
        BatchOutcome::Failed
    } else if refusals.iter().any(|refusal| is_conflict(refusal.code)) {
        BatchOutcome::Conflict
    } else {
        BatchOutcome::Refused
    };
    let user_errors = refusals.iter().map(|refusal| UserError::of(refusal, lang)).collect();
    Ok(BatchResult { client_id, outcome, ids: Vec::new(), user_errors })
}
