//! 代理 · an account stands in for another until a day (domain §7.4). The holder or the security administrator asks for
//! it, another security administrator, another person, confirms it: the deputy gets rights that it was not granted. The deputy signs in
//! with its own password `onBehalfOf` the holder, then has the holder's grants and not its own, and every entry of the
//! journal names both.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{NaiveDate, TimeDelta};
use entity::access::deputy::{Column, Entity, Model};
use entity::access::{account, session as session_row};
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::scalars::Date;
use minzheng_ground::state::{global_id, state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Work, commands};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use crate::role_grant::{refuse_incompatible, roles_of};
use crate::session::end_where;
use crate::{holder, locked, not_own, row_id};

/// One deputising.
pub type Deputy = Row<Entity>;

/// 代理 · an account that stands in for another; requires `SECURITY_ADMIN` or AUDITOR.
pub fn table() -> Table {
    Builder::<Entity>::new("代理 · an account that stands in for another; requires `SECURITY_ADMIN` or AUDITOR.")
        .list(
            "deputies",
            "代理列表 · accounts that stand in for others; requires `SECURITY_ADMIN` or AUDITOR.",
            Column::Id,
        )
        .id()
        .order()
        .one("from", "被代理账户 · whose grants are used.", "Account", Column::FromAccountId)
        .one("to", "代理账户 · who acts.", "Account", Column::ToAccountId)
        .date(Column::FromDate, "起始日期 · first day.")
        .named("validFrom")
        .date(Column::Until, "截止日期 · last day.")
        .filter()
        .text(Column::State, "状态 · PROPOSED, ACTIVE or ENDED.")
        .filter()
        .version()
        .table()
}

/// Who stands in for whom.
#[derive(InputObject)]
pub struct DeputiseInput {
    /// 被代理账户 · user name; left out: one's own.
    from: Option<String>,
    /// 代理账户 · user name.
    to: String,
    /// 起始日期 · first day; left out: today.
    valid_from: Option<Date>,
    /// 截止日期 · last day, so many days ahead at most (`MINZHENG_DEPUTY_DAYS`).
    until: Date,
}

/// Which deputising.
#[derive(InputObject)]
pub struct DeputyInput {
    /// 代理
    id: ID,
    /// 版本 · as it was read.
    version: Option<i32>,
}

/// What became of it.
#[derive(SimpleObject)]
pub struct DeputyPayload {
    /// 编号 · global id; null when refused.
    id: Option<ID>,
    /// 代理 · as it is now, for those who may see it.
    deputy: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct DeputyMutation;

#[Object]
impl DeputyMutation {
    /// 委托代理 · asks that another account stands in for one's own (or, as `SECURITY_ADMIN`, for a third) until a day;
    /// it does once a `SECURITY_ADMIN` other than these has confirmed.
    async fn deputise(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: DeputiseInput,
    ) -> Answer<DeputyPayload> {
        let normal = |name: &str| name.trim().to_lowercase();
        let command = Deputise {
            most: state(context)?.config.deputy_days.clamp(1, 3650),
            from: input.from.as_deref().map(normal),
            to: normal(&input.to),
            valid_from: input.valid_from.map(|date| date.0),
            until: input.until.0,
        };
        run(context, command).await
    }

    /// 确认代理 · confirms what another account asked for; requires `SECURITY_ADMIN`.
    async fn confirm_deputy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: DeputyInput,
    ) -> Answer<DeputyPayload> {
        match row_id::<Entity>(&input.id, "id") {
            Ok(id) => run(context, ConfirmDeputy { id, version: input.version }).await,
            Err(refusal) => payload(context, Err(refusal.into())),
        }
    }

    /// 结束代理 · one's own, or requires `SECURITY_ADMIN`; its sessions end.
    async fn end_deputy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: DeputyInput,
    ) -> Answer<DeputyPayload> {
        match row_id::<Entity>(&input.id, "id") {
            Ok(id) => run(context, EndDeputy { id }).await,
            Err(refusal) => payload(context, Err(refusal.into())),
        }
    }
}

async fn run<C: Command<Output = i64>>(context: &Context<'_>, command: C) -> Answer<DeputyPayload> {
    let done = commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::default()).await;
    payload(context, done)
}

fn payload(context: &Context<'_>, done: Result<i64, Failure>) -> Answer<DeputyPayload> {
    let (id, user_errors) = outcome(context, done)?;
    Ok(DeputyPayload { id: id.map(|id| global_id("Deputy", id)), deputy: id.map(Link::id), user_errors })
}

/// Condition: `to` stands in for `from` on a day.
pub fn today(from: i64, to: i64, day: NaiveDate) -> Condition {
    Condition::all()
        .add(Column::FromAccountId.eq(from))
        .add(Column::ToAccountId.eq(to))
        .add(Column::State.eq("ACTIVE"))
        .add(Column::FromDate.lte(day))
        .add(Column::Until.gte(day))
}

/// 委托代理 · asks for a deputy.
#[derive(Clone, Debug, Serialize)]
struct Deputise {
    from: Option<String>,
    to: String,
    valid_from: Option<NaiveDate>,
    until: NaiveDate,
    /// Days ahead at most.
    most: i64,
}

async fn by_name(work: &Work<'_>, username: &str, field: &str) -> Result<account::Model, Failure> {
    let found = work
        .everywhere::<account::Entity>()
        .filter(account::Column::Username.eq(username))
        .filter(account::Column::Disabled.eq(false))
        .filter(account::Column::System.eq(false))
        .one(work.tx())
        .await?;
    Ok(found.ok_or_else(|| Refusal::not_found(field))?)
}

#[async_trait::async_trait]
impl Command for Deputise {
    const NAME: &'static str = "deputise";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let own = work.viewer.account_id.ok_or(Failure::Unauthenticated)?;
        if work.viewer.acting_for.is_some() {
            // What was lent is not lent on.
            return Err(Refusal::new(UserErrorCode::Forbidden, Text::of("deputy-of-deputy")).into());
        }
        work.must_be_somebody()?;
        let from = match &self.from {
            Some(name) => by_name(work, name, "from").await,
            None => Ok(locked::<account::Entity>(work, own, "from").await?.row().clone()),
        }?;
        if from.id != own && !work.viewer.holds("SECURITY_ADMIN") {
            return Err(Refusal::not_found("from").into());
        }
        let to = by_name(work, &self.to, "to").await?;
        if from.id == to.id || holder::people(work, &from).await?.contains(&to.id) {
            return Err(Refusal::invalid("to", Text::of("deputy-self")).into());
        }
        if from.id != own {
            not_own(work.viewer, to.id, "to")?;
        }
        let from_date = self.valid_from.unwrap_or_else(|| work.today());
        if self.until < from_date || self.until < work.today() {
            return Err(Refusal::invalid("until", Text::of("date-order")).into());
        }
        if self.until - work.today() > TimeDelta::days(self.most) {
            return Err(Refusal::invalid("until", Text::of("deputy-days").with("days", self.most)).into());
        }
        // What the other may not hold beside it is told to who knows what it holds; else when it is to be confirmed.
        if work.viewer.holds("SECURITY_ADMIN") {
            compatible(work, &from, &to).await?;
        }
        let id = work.id().await?;
        work.insert::<Entity>(Model {
            id,
            from_account_id: from.id,
            to_account_id: to.id,
            from_date,
            until: self.until,
            state: "PROPOSED".to_owned(),
            proposed_by: Some(own),
            confirmed_by: None,
            version: 1,
            voided: false,
        })
        .await?;
        work.record_state::<Entity>(id, Self::NAME, None, "PROPOSED", work.today()).await?;
        Ok(id)
    }
}

/// The two may not come to hold together what one person may not.
async fn compatible(work: &Work<'_>, from: &account::Model, to: &account::Model) -> Result<(), Failure> {
    let mut people = holder::people(work, from).await?;
    people.extend(holder::people(work, to).await?);
    let roles = roles_of(work, people, true).await?;
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    refuse_incompatible(&roles)
}

/// 确认代理 · another account's yes.
#[derive(Clone, Debug, Serialize)]
struct ConfirmDeputy {
    id: i64,
    version: Option<i32>,
}

#[async_trait::async_trait]
impl Command for ConfirmDeputy {
    const NAME: &'static str = "confirmDeputy";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        let deputy = row.row().clone();
        if deputy.state != "PROPOSED" {
            let text = Text::of("wrong-state")
                .with("state", &deputy.state)
                .with("command", Self::NAME)
                .with("allowed", "PROPOSED");
            return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
        }
        let own = [deputy.from_account_id, deputy.to_account_id].into_iter().any(|id| work.viewer.is_person_of(id));
        if own || deputy.proposed_by.is_some_and(|id| work.viewer.is_person_of(id)) {
            return Err(Refusal::new(UserErrorCode::FourEyes, Text::of("four-eyes")).at("id").into());
        }
        work.two_people::<Entity>(&[Deputise::NAME], self.id).await?;
        let from = locked::<account::Entity>(work, deputy.from_account_id, "from").await?;
        let to = locked::<account::Entity>(work, deputy.to_account_id, "to").await?;
        compatible(work, from.row(), to.row()).await?;
        let by = work.viewer.account_id;
        work.update::<Entity>(row, |deputy| {
            "ACTIVE".clone_into(&mut deputy.state);
            deputy.confirmed_by = by;
        })
        .await?;
        work.record_state::<Entity>(self.id, Self::NAME, Some("PROPOSED"), "ACTIVE", work.today()).await?;
        Ok(self.id)
    }
}

/// 结束代理 · ends it at once.
#[derive(Clone, Debug, Serialize)]
struct EndDeputy {
    id: i64,
}

#[async_trait::async_trait]
impl Command for EndDeputy {
    const NAME: &'static str = "endDeputy";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = locked::<Entity>(work, self.id, "id").await?;
        let deputy = row.row().clone();
        let own = [deputy.from_account_id, deputy.to_account_id].iter().any(|id| work.viewer.account_id == Some(*id));
        if !own && !work.viewer.holds("SECURITY_ADMIN") {
            return Err(Refusal::not_found("id").into());
        }
        if deputy.state == "ENDED" {
            return Ok(self.id);
        }
        work.update::<Entity>(row, |deputy| "ENDED".clone_into(&mut deputy.state)).await?;
        work.record_state::<Entity>(self.id, Self::NAME, Some(&deputy.state), "ENDED", work.today()).await?;
        end_where(work, deputy.to_account_id, session_row::Column::ActingFor.eq(deputy.from_account_id)).await?;
        Ok(self.id)
    }
}
