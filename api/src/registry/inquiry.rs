//! 核查 · an inquiry into a suspicion of fraud about a person: opened by one account, confirmed by another, bounded by a
//! day. While it runs, the person is not shown who has looked at the records since it was opened (design §3.9).

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use chrono::{NaiveDate, TimeDelta};
use entity::registry::inquiry::{Column, Entity, Model};
use entity::registry::person;
use minzheng_kernel::commands::{self, Command, Sent};
use minzheng_kernel::{Failure, Level, Refusal, Text, UserErrorCode, Work, machine};
use minzheng_rules::machine::INQUIRY;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use super::person::{Person, reason_given, sealed_reason};
use crate::graphql::error::{Answer, UserError, outcome};
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::load::by_id;
use crate::graphql::personal::{PersonalKind, open, personal};
use crate::graphql::scalars::{Date, DateTime, DivisionCode};
use crate::graphql::{global_id, row_id, state, viewer};
use crate::{list_query, listing, node};

/// What reasons are sealed for.
const REASON: &str = "inquiry.reason";

node! {
    /// One inquiry.
    Inquiry, Entity
}

/// 核查 · an inquiry about a person; requires DISTRICT_ADMIN, APPROVER or AUDITOR.
#[Object(name_type)]
impl Inquiry {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Inquiry", self.0.model.id)
    }

    /// 人员 · whom it is about.
    async fn person(&self, context: &Context<'_>) -> Answer<Option<Person>> {
        by_id(context, self.0.model.person_id).await
    }

    /// 理由 · what is suspected; null when masked.
    #[graphql(directive = personal::apply(PersonalKind::Case))]
    async fn reason(&self, context: &Context<'_>) -> Answer<Option<String>> {
        if self.0.level < Level::Full {
            return Ok(None);
        }
        let Some(person) = by_id::<Person>(context, self.0.model.person_id).await? else { return Ok(None) };
        // Noted of the inquiry and not of the person, who is not to know that there is one.
        open(context, &self.0, "Inquiry.reason")?;
        person.unseal(context, REASON, &self.0.model.reason).map(Some)
    }

    /// 区划 · where the person lives.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 状态 · OPENED, RUNNING or CLOSED.
    fn state(&self) -> &str {
        &self.0.model.state
    }

    /// 截止日期 · last day; after it the person is shown everything, closed or not.
    fn until(&self) -> Date {
        Date(self.0.model.until)
    }

    /// 提出时间 · since when who looked is not shown, once it runs.
    fn opened_at(&self) -> DateTime {
        DateTime(self.0.model.opened_at)
    }

    /// 可用操作 · commands that the viewer may give about it now.
    fn available_commands(&self, context: &Context<'_>) -> Answer<Vec<&'static str>> {
        Ok(machine::available::<Entity>(&INQUIRY, viewer(context)?, &self.0.model))
    }

    /// 版本 · counts up with every change.
    fn version(&self) -> i32 {
        self.0.model.version
    }
}

listing! {
    Entity, Column;
    filter InquiryWhere {
        /// 状态
        state: TextFilter = State,
        /// 区划
        division: DivisionFilter = Division,
        /// 截止日期
        until: DateFilter = Until,
    }
    order InquiryOrder {
        /// 登记先后
        Id = Id,
        /// 截止日期
        Until = Until,
    }
}

list_query! {
    InquiriesQuery, Inquiry, InquiryWhere, InquiryOrder::Id,
    "核查列表 · inquiries; requires DISTRICT_ADMIN, APPROVER or AUDITOR.", inquiries
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
#[graphql(complex)]
pub struct InquiryPayload {
    #[graphql(skip)]
    row: Option<i64>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl InquiryPayload {
    /// 核查 · as it is now; null when refused.
    async fn inquiry(&self, context: &Context<'_>) -> Answer<Option<Inquiry>> {
        match self.row {
            Some(id) => by_id(context, id).await,
            None => Ok(None),
        }
    }
}

/// The changes.
#[derive(Default)]
pub struct InquiryMutation;

#[Object]
impl InquiryMutation {
    /// 提出核查 · asks for an inquiry about a person; it runs once another account has confirmed it. Requires
    /// DISTRICT_ADMIN.
    async fn open_inquiry(&self, context: &Context<'_>, input: OpenInquiryInput) -> Answer<InquiryPayload> {
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
    async fn confirm_inquiry(&self, context: &Context<'_>, input: InquiryInput) -> Answer<InquiryPayload> {
        let command = step(&input).map(ConfirmInquiry);
        give(context, command, input.idempotency_key).await
    }

    /// 结束核查 · from now on the person is shown who looked; requires DISTRICT_ADMIN.
    async fn close_inquiry(&self, context: &Context<'_>, input: InquiryInput) -> Answer<InquiryPayload> {
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
    Ok(InquiryPayload { row, user_errors })
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
