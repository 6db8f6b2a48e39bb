//! 核查 · an inquiry into a suspicion of fraud about a person: opened by one account, confirmed by another, bounded by a
//! day. While it runs, the person is not shown who has looked at the records since it was opened (design §3.9).

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{NaiveDate, TimeDelta};
use entity::registry::inquiry::{Column, Entity, Model};
use entity::registry::person;
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::loaders::by_id;
use minzheng_ground::personal::{PersonalKind, open};
use minzheng_ground::scalars::Date;
use minzheng_ground::state::{row_id, state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Level, Refusal, Text, UserErrorCode, Work, commands, machine};
use minzheng_rules::machine::INQUIRY;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use crate::person::{Person, reason_given, sealed_reason, unseal};

/// What reasons are sealed for.
const REASON: &str = "inquiry.reason";

/// One inquiry.
pub type Inquiry = Row<Entity>;

/// 核查 · an inquiry about a person; requires DISTRICT_ADMIN, APPROVER or AUDITOR.
pub fn table() -> Table {
    Builder::<Entity>::new("核查 · an inquiry about a person; requires DISTRICT_ADMIN, APPROVER or AUDITOR.")
        .list("inquiries", "核查列表 · inquiries; requires DISTRICT_ADMIN, APPROVER or AUDITOR.", Column::Id)
        .id()
        .order()
        .one("person", "人员 · whom it is about.", "Person", Column::PersonId)
        .later_of::<Option<String>>("reason", "理由 · what is suspected; null when masked.", |context, row| {
            Box::pin(async move {
                if row.level < Level::Full {
                    return Ok(None);
                }
                let Some(person) = by_id::<Person>(context, row.model.person_id).await? else { return Ok(None) };
                // Noted of the inquiry and not of the person, who is not to know that there is one.
                open(context, &row, "Inquiry.reason")?;
                unseal(context, &person, REASON, &row.model.reason).map(Some)
            })
        })
        .because("sealed under the key of its person, another row")
        .of_kind(PersonalKind::Case)
        .division(Column::Division, "区划 · where the person lives.")
        .filter()
        .text(Column::State, "状态 · OPENED, RUNNING or CLOSED.")
        .filter()
        .date(Column::Until, "截止日期 · last day; after it the person is shown everything, closed or not.")
        .filter()
        .order()
        .instant(Column::OpenedAt, "提出时间 · since when who looked is not shown, once it runs.")
        .computed_for::<Vec<String>>(
            "availableCommands",
            "可用操作 · commands that the viewer may give about it now.",
            |reading, row, json| json.texts(machine::available::<Entity>(&INQUIRY, reading.viewer, &row.model)),
        )
        .version()
        .table()
}

/// A suspicion to be looked into.
#[derive(InputObject)]
pub struct OpenInquiryInput {
    /// 人员
    person: ID,
    /// 理由 · what is suspected.
    #[graphql(validator(max_length = 2000))]
    reason: String,
    /// 截止日期 · last day.
    until: Date,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// Which inquiry.
#[derive(InputObject)]
pub struct InquiryInput {
    /// 核查
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// What became of an inquiry.
#[derive(SimpleObject)]
pub struct InquiryPayload {
    /// 核查 · as it is now; null when refused.
    inquiry: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct InquiryMutation;

#[Object]
impl InquiryMutation {
    /// 提出核查 · asks for an inquiry about a person; it runs once another account has confirmed it. Requires
    /// DISTRICT_ADMIN.
    async fn open_inquiry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: OpenInquiryInput,
    ) -> Answer<InquiryPayload> {
        let most = state(context)?.config.inquiry_days;
        let command = row_id::<person::Entity>(&input.person, "person").map(|person| OpenInquiry {
            person,
            reason: input.reason,
            until: input.until.0,
            most,
        });
        give(context, command, input.idempotency_key).await
    }

    /// 确认核查 · confirms what another account asked for; requires DISTRICT_ADMIN or APPROVER.
    async fn confirm_inquiry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: InquiryInput,
    ) -> Answer<InquiryPayload> {
        let command = step(&input).map(ConfirmInquiry);
        give(context, command, input.idempotency_key).await
    }

    /// 结束核查 · from now on the person is shown who looked; requires DISTRICT_ADMIN.
    async fn close_inquiry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: InquiryInput,
    ) -> Answer<InquiryPayload> {
        let command = step(&input).map(CloseInquiry);
        give(context, command, input.idempotency_key).await
    }
}

fn step(input: &InquiryInput) -> Result<Step, Refusal> {
    Ok(Step { id: row_id::<Entity>(&input.id, "id")?, version: input.version })
}

async fn give<C>(context: &Context<'_>, command: Result<C, Refusal>, key: Option<String>) -> Answer<InquiryPayload>
where
    C: Command<Output = i64>,
{
    let done = match command {
        Ok(command) => commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::with_key(key)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (row, user_errors) = outcome(context, done)?;
    Ok(InquiryPayload { inquiry: row.map(Link::id), user_errors })
}

/// 提出核查 · asks for an inquiry.
#[derive(Clone, Serialize)]
struct OpenInquiry {
    person: i64,
    reason: String,
    until: NaiveDate,
    most: i64,
}

#[async_trait::async_trait]
impl Command for OpenInquiry {
    const NAME: &'static str = "openInquiry";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        reason_given(&self.reason)?;
        let last = work.today() + TimeDelta::days(self.most);
        if self.until < work.today() || self.until > last {
            return Err(Refusal::invalid("until", Text::of("inquiry-bound").with("last", last.to_string())).into());
        }
        let person = work.select::<person::Entity>().filter(person::Column::Id.eq(self.person)).one(work.tx()).await?;
        let person = person.ok_or_else(|| Refusal::not_found("person"))?;
        let mut places = [&person.residence, &person.registered].into_iter().flatten();
        let division = places.find(|place| work.viewer.may_in(Self::NAME, place));
        let division = division.ok_or_else(|| Refusal::not_found("person"))?.clone();
        let reason = sealed_reason(work, &person, REASON, &self.reason)?;
        // One that was left to run out gives way.
        let open =
            work.everywhere::<Entity>().filter(Column::PersonId.eq(person.id)).filter(Column::State.ne("CLOSED"));
        if let Some(open) = open.one(work.tx()).await? {
            if open.until >= work.today() {
                let text = Text::of("duplicate").with("what", Text::of("inquiry-open").say(work.viewer.lang));
                return Err(Refusal::new(UserErrorCode::Duplicate, text).at("person").into());
            }
            let open = work.checked::<Entity>(open);
            work.advance::<Entity>(&INQUIRY, CloseInquiry::NAME, open, &[], |_| ()).await?;
        }
        let row = Model {
            id: work.id().await?,
            person_id: person.id,
            reason,
            division,
            until: self.until,
            opened_at: work.now,
            version: 1,
            ..Model::default()
        };
        Ok(work.begin_state::<Entity>(&INQUIRY, Self::NAME, row).await?.id)
    }
}

/// Which inquiry, as it was read.
#[derive(Clone, Serialize)]
struct Step {
    id: i64,
    version: Option<i32>,
}

impl Step {
    async fn run(self, work: &mut Work<'_>, command: &str) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        work.advance::<Entity>(&INQUIRY, command, row, &[], |_| ()).await?;
        Ok(self.id)
    }
}

/// 确认核查 · another account's yes.
#[derive(Clone, Serialize)]
struct ConfirmInquiry(Step);

#[async_trait::async_trait]
impl Command for ConfirmInquiry {
    const NAME: &'static str = "confirmInquiry";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        self.0.run(work, Self::NAME).await
    }
}

/// 结束核查 · it is over.
#[derive(Clone, Serialize)]
struct CloseInquiry(Step);

#[async_trait::async_trait]
impl Command for CloseInquiry {
    const NAME: &'static str = "closeInquiry";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        self.0.run(work, Self::NAME).await
    }
}
