//! 分派与移交 · whose task a record is (domain §8.2). A task that nobody was given is everybody's who may deal with it;
//! what an account was given can be handed over, all of it or that of one division.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::Aggregate as _;
use entity::access::assignment::{Column, Entity, Model};
use entity::access::{account, role_grant};
use entity::registry::reported_change;
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::policy::POLICY;
use minzheng_ground::scalars::DivisionCode;
use minzheng_ground::state::{row_id, state, viewer};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Fault, Kernel, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use minzheng_rules::division::division_prefix;
use minzheng_rules::machine::{Machine, REPORTED_CHANGE};
use sea_orm::sea_query::{Condition, Query, SelectStatement};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};
use serde::{Deserialize, Serialize};

use crate::account::normal_username;
use crate::role_grant::not_over;

/// Assignments that change hands in one command.
const MOST: usize = 1_000;

/// A task that somebody is given.
#[derive(InputObject)]
pub struct AssignTaskInput {
    /// 记录 · a reported change that waits.
    record: ID,
    /// 经办账户 · user name; left out: nobody in particular.
    to: Option<String>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// What became of an assignment.
#[derive(SimpleObject)]
pub struct AssignTaskPayload {
    /// 经办账户 · user name; null: nobody in particular, or refused.
    assignee: Option<String>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// Tasks that change hands.
#[derive(InputObject)]
pub struct HandOverInput {
    /// 移交账户 · user name; left out: one's own.
    from: Option<String>,
    /// 接收账户 · user name.
    to: String,
    /// 区划 · only tasks there; left out: all.
    division: Option<DivisionCode>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// What changed hands.
#[derive(SimpleObject)]
pub struct HandOverPayload {
    /// 已移交 · tasks that are the other account's now; null when refused.
    moved: Option<i32>,
    /// 未移交 · tasks that stay, since the other account may not deal with them. One that may deal with none is not found.
    left: Option<i32>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct AssignmentMutation;

#[Object]
impl AssignmentMutation {
    /// 分派任务 · gives a record that waits to an account that may deal with it; requires TOWN_OFFICER or
    /// DISTRICT_ADMIN.
    async fn assign_task(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: AssignTaskInput,
    ) -> Answer<AssignTaskPayload> {
        let to = input
            .to
            .as_deref()
            .map(normal_username)
            .transpose()
            .map_err(|refusal| Refusal { path: vec!["to".to_owned()], ..refusal });
        let command =
            to.and_then(|to| Ok(AssignTask { id: row_id::<reported_change::Entity>(&input.record, "record")?, to }));
        let done = match command {
            Ok(command) => {
                let sent = Sent::with_key(input.idempotency_key);
                commands::run(&state(context)?.kernel, viewer(context)?, command, &sent).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        let (assignee, user_errors) = outcome(context, done)?;
        Ok(AssignTaskPayload { assignee: assignee.flatten(), user_errors })
    }

    /// 移交 · gives the tasks of one's own account, or of another one in one's divisions (requires TOWN_OFFICER or
    /// DISTRICT_ADMIN), to an account that may deal with them.
    async fn hand_over(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: HandOverInput,
    ) -> Answer<HandOverPayload> {
        let command = HandOver {
            from: input.from.map(|name| name.trim().to_lowercase()),
            to: input.to.trim().to_lowercase(),
            division: input.division.map(|code| code.0),
        };
        let sent = Sent::with_key(input.idempotency_key);
        let done = commands::run(&state(context)?.kernel, viewer(context)?, command, &sent).await;
        let (done, user_errors) = outcome(context, done)?;
        let (moved, left) = done.map(|done| (done.moved, done.left)).unzip();
        Ok(HandOverPayload { moved, left, user_errors })
    }
}

/// Who has been given which of these rows: the user name, by row.
pub async fn of_rows(kernel: &Kernel, viewer: &Viewer, rows: Vec<i64>) -> Result<HashMap<i64, String>, Fault> {
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let given = viewer.select::<Entity>().filter(Column::RowId.is_in(rows)).all(kernel.db.read()).await?;
    if given.is_empty() {
        return Ok(HashMap::new());
    }
    let system = Viewer::system(&POLICY, "tasks", viewer.today);
    let accounts = given.iter().map(|row| row.account_id);
    let accounts = system.select::<account::Entity>().filter(account::Column::Id.is_in(accounts));
    let accounts = accounts.all(kernel.db.read()).await?;
    let names: HashMap<i64, String> = accounts.into_iter().map(|account| (account.id, account.username)).collect();
    Ok(given.into_iter().filter_map(|row| Some((row.row_id, names.get(&row.account_id)?.clone()))).collect())
}

/// The rows of an aggregate that an account was given.
pub fn rows_of(aggregate: &str, account: i64) -> SelectStatement {
    Query::select()
        .column(Column::RowId)
        .from(Entity)
        .and_where(Column::Aggregate.eq(aggregate))
        .and_where(Column::AccountId.eq(account))
        .and_where(Column::Voided.eq(false))
        .to_owned()
}

async fn account_named(work: &Work<'_>, username: &str) -> Result<Option<account::Model>, Failure> {
    let named = work
        .everywhere::<account::Entity>()
        .filter(account::Column::Username.eq(username))
        .filter(account::Column::Disabled.eq(false));
    Ok(named.one(work.tx()).await?)
}

/// The one answer for an account that there is not and for one that may not deal with the task: which names there are
/// elsewhere is nobody's to find out.
fn unfit(name: &str) -> Refusal {
    Refusal::new(UserErrorCode::NotFound, Text::of("assignee-unfit").with("account", name)).at("to")
}

/// Where an account may deal with what a machine has waiting: the beginnings of the codes.
async fn reach(work: &Work<'_>, account: i64, machine: &Machine) -> Result<Vec<String>, Failure> {
    let deals = machine.steps.iter().filter(|step| !step.from.is_empty());
    let roles: Vec<&str> = deals.flat_map(|step| step.roles.iter().copied()).collect();
    let today = work.today();
    let held = work
        .everywhere::<role_grant::Entity>()
        .filter(role_grant::Column::AccountId.eq(account))
        .filter(role_grant::Column::State.eq("ACTIVE"))
        .filter(role_grant::Column::Role.is_in(roles))
        .filter(
            Condition::any().add(role_grant::Column::ValidFrom.is_null()).add(role_grant::Column::ValidFrom.lte(today)),
        )
        .filter(not_over(today));
    let held = held.all(work.tx()).await?;
    Ok(held.iter().map(|grant| division_prefix(&grant.scope).to_owned()).collect())
}

fn reaches(prefixes: &[String], division: &str) -> bool {
    prefixes.iter().any(|prefix| division.starts_with(prefix.as_str()))
}

/// 分派任务 · gives a reported change to an account.
#[derive(Clone, Debug, Serialize)]
struct AssignTask {
    id: i64,
    to: Option<String>,
}

#[async_trait::async_trait]
impl Command for AssignTask {
    const NAME: &'static str = "assignTask";
    type Output = Option<String>;

    async fn execute(self, work: &mut Work<'_>) -> Result<Option<String>, Failure> {
        let row = work.load_for_change::<reported_change::Entity>(self.id, None, "record").await?;
        let report = row.row();
        if !work.viewer.may_in(Self::NAME, &report.division) {
            return Err(Failure::Forbidden(Self::NAME.to_owned()));
        }
        if REPORTED_CHANGE.from(&report.state).next().is_none() {
            let text = Text::of("wrong-state").with("state", &report.state).with("command", Self::NAME);
            return Err(Refusal::new(UserErrorCode::WrongState, text.with("allowed", "—")).at("record").into());
        }
        let to = match &self.to {
            Some(name) => {
                let to = account_named(work, name).await?.ok_or_else(|| unfit(name))?;
                if !reaches(&reach(work, to.id, &REPORTED_CHANGE).await?, &report.division) {
                    return Err(unfit(name).into());
                }
                Some(to)
            }
            None => None,
        };
        let name = reported_change::Entity::NAME;
        let given = work.everywhere::<Entity>().filter(Column::Aggregate.eq(name)).filter(Column::RowId.eq(self.id));
        let given = given.one(work.tx()).await?.map(|given| work.checked::<Entity>(given));
        match (given, &to) {
            (Some(given), Some(to)) => {
                work.update::<Entity>(given, |given| given.account_id = to.id).await?;
            }
            (Some(given), None) => {
                work.void::<Entity>(given).await?;
            }
            (None, Some(to)) => {
                let new = Model {
                    id: work.id().await?,
                    aggregate: name.to_owned(),
                    row_id: self.id,
                    division: report.division.clone(),
                    account_id: to.id,
                    version: 1,
                    voided: false,
                };
                work.insert::<Entity>(new).await?;
            }
            (None, None) => {}
        }
        Ok(to.map(|to| to.username))
    }
}

/// 移交 · gives all tasks of one account to another.
#[derive(Clone, Debug, Serialize)]
struct HandOver {
    from: Option<String>,
    to: String,
    division: Option<String>,
}

/// How many tasks changed hands, and how many did not.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct HandedOver {
    moved: i32,
    left: i32,
}

#[async_trait::async_trait]
impl Command for HandOver {
    const NAME: &'static str = "handOver";
    type Output = HandedOver;

    async fn execute(self, work: &mut Work<'_>) -> Result<HandedOver, Failure> {
        let own = work.viewer.acting_for.or(work.viewer.account_id).ok_or(Failure::Unauthenticated)?;
        let from = match &self.from {
            Some(name) => {
                // Of an account that is gone, its tasks are there still.
                let named = work.everywhere::<account::Entity>().filter(account::Column::Username.eq(name));
                named.one(work.tx()).await?.map(|account| account.id)
            }
            None => Some(own),
        };
        if from != Some(own) && !work.viewer.may(AssignTask::NAME) {
            return Err(Refusal::not_found("from").into());
        }
        let to = account_named(work, &self.to).await?;
        let same = self.from.as_ref().is_some_and(|from| *from == self.to);
        if same || to.as_ref().is_some_and(|to| to.id == own && from == Some(own)) {
            return Err(Refusal::invalid("to", Text::of("hand-over-same")).into());
        }
        // Of a name that is none there are no tasks, as of one whose tasks are elsewhere.
        let mut done = HandedOver { moved: 0, left: 0 };
        let Some(from) = from else { return Ok(done) };
        let within = self.division.as_deref().map(division_prefix).unwrap_or_default();
        let given = work.everywhere::<Entity>().filter(Column::AccountId.eq(from)).order_by_asc(Column::Id);
        let given = given.all(work.tx()).await?;
        let given: Vec<Model> = given.into_iter().filter(|given| given.division.starts_with(within)).collect();
        // Somebody else's tasks elsewhere are not the viewer's to know of.
        let may_give = |given: &Model| from == own || work.viewer.may_in(AssignTask::NAME, &given.division);
        let given: Vec<Model> = given.into_iter().filter(may_give).collect();
        if given.is_empty() {
            return Ok(done);
        }
        if given.len() > MOST {
            return Err(Refusal::new(UserErrorCode::TooMany, Text::of("too-many").with("most", MOST))
                .at("division")
                .into());
        }
        let to = to.ok_or_else(|| unfit(&self.to))?;
        let prefixes = reach(work, to.id, &REPORTED_CHANGE).await?;
        if !given.iter().any(|given| reaches(&prefixes, &given.division)) {
            return Err(unfit(&self.to).into());
        }
        for given in given {
            if reaches(&prefixes, &given.division) {
                let given = work.checked::<Entity>(given);
                work.update::<Entity>(given, |given| given.account_id = to.id).await?;
                done.moved += 1;
            } else {
                done.left += 1;
            }
        }
        Ok(done)
    }
}
