//! 情况变动报告 · what the village or the town reports of a person: a death, a move, a change; also "no change"
//! (domain §8.2, the month of a village). Somebody with the right deals with it in five working days.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use entity::Aggregate as _;
use entity::kernel::state_change;
use entity::registry::reported_change::{Column, Entity, Model};
use entity::registry::{division, household, person};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::personal::PersonalKind;
use minzheng_ground::scalars::{Date, DivisionCode};
use minzheng_ground::state::{row_id, state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Work, commands, machine};
use minzheng_rules::machine::REPORTED_CHANGE;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use crate::person::unsealed;

minzheng_ground::codes! {
    /// 变动种类 · what changed.
    ReportedChangeKind, ReportedChangeKindFilter, "REPORTED_CHANGE_KIND" {
        Death "DEATH" "死亡" "death",
        Move "MOVE" "迁移" "move",
        Income "INCOME" "收入变化" "income",
        Illness "ILLNESS" "患病" "illness",
        School "SCHOOL" "就学" "school",
        Prison "PRISON" "服刑" "prison",
        NoChange "NO_CHANGE" "无变化" "no change",
        Other "OTHER" "其他" "other",
    }
}

/// One report.
pub type ReportedChange = Row<Entity>;

/// 情况变动报告 · a change of a person that somebody in the field reported.
pub fn table() -> Table {
    Builder::<Entity>::new("情况变动报告 · a change of a person that somebody in the field reported.")
        .list("reportedChanges", "情况变动报告列表 · changes reported from the field.", Column::Id)
        .id()
        .order()
        .one("person", "人员 · whom it is about.", "Person", Column::PersonId)
        .one("household", "家庭 · the household it is about.", "Household", Column::HouseholdId)
        .personal_code::<ReportedChangeKind>(
            Column::Kind,
            "变动种类 · what changed; null when masked, since it tells of health and of prison.",
        )
        .about(Column::PersonId)
        .filter()
        .date(Column::HappenedOn, "发生日期 · the day on which it happened.")
        .filter()
        .order()
        .later_of::<Option<String>>(
            "note",
            "说明 · in the words of who reported it; null when masked.",
            |context, row| {
                Box::pin(async move {
                    let Some(blob) = &row.model.note else { return Ok(None) };
                    unsealed(
                        context,
                        row.level,
                        row.model.person_id,
                        ("ReportedChange.note", "reported_change.note"),
                        blob,
                    )
                    .await
                })
            },
        )
        .because("sealed under the key of its person, another row")
        .of_kind(PersonalKind::Case)
        .personal_division(
            Column::MovedTo,
            "迁往 · of a move: where to, as it was reported or found; null when masked.",
        )
        .later_of::<Option<String>>(
            "remark",
            "处理意见 · what was done, or why nothing; null when masked.",
            |context, row| {
                Box::pin(async move {
                    let Some(blob) = &row.model.remark else { return Ok(None) };
                    unsealed(
                        context,
                        row.level,
                        row.model.person_id,
                        ("ReportedChange.remark", "reported_change.remark"),
                        blob,
                    )
                    .await
                })
            },
        )
        .because("sealed under the key of its person, another row")
        .of_kind(PersonalKind::Case)
        .division(Column::Division, "区划 · where it is dealt with.")
        .filter()
        .text(Column::State, "状态 · REPORTED, HANDLED or DISMISSED.")
        .filter()
        .date(Column::DueOn, "办理期限 · the day by which it is to be dealt with.")
        .named("due")
        .filter()
        .instant(Column::ReportedAt, "报告时间 · when it was received.")
        .computed_for::<Vec<String>>(
            "availableCommands",
            "可用操作 · commands that the viewer may give about it now.",
            |reading, row, json| json.texts(machine::available::<Entity>(&REPORTED_CHANGE, reading.viewer, &row.model)),
        )
        .version()
        .table()
}

/// A change that is reported.
#[derive(InputObject, Clone)]
pub struct ReportChangeInput {
    /// 人员 · whom it is about.
    person: ID,
    /// 家庭 · the household, where it is about that.
    household: Option<ID>,
    /// 变动种类
    kind: ReportedChangeKind,
    /// 发生日期 · not after today.
    happened_on: Date,
    /// 迁往 · of a move: where to, where that is known.
    moved_to: Option<DivisionCode>,
    /// 说明 · in own words.
    #[graphql(validator(max_length = 2000))]
    note: Option<String>,
    /// 幂等键 · the client's own, for repeated sending.
    pub idempotency_key: Option<String>,
}

/// How a reported change was dealt with.
#[derive(InputObject, Clone)]
pub struct SettleReportedChangeInput {
    /// 报告
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 迁往 · of a move that is handled: where to; left out: as it was reported.
    moved_to: Option<DivisionCode>,
    /// 处理意见 · required: what was done, or why nothing.
    #[graphql(validator(max_length = 2000))]
    remark: Option<String>,
    /// 幂等键 · the client's own, for repeated sending.
    pub idempotency_key: Option<String>,
}

impl ReportChangeInput {
    /// What it asks for.
    pub fn command(&self) -> Result<ReportChange, Refusal> {
        Ok(ReportChange {
            person: row_id::<person::Entity>(&self.person, "person")?,
            household: self.household.as_ref().map(|id| row_id::<household::Entity>(id, "household")).transpose()?,
            kind: self.kind.code().to_owned(),
            happened_on: self.happened_on.0,
            moved_to: self.moved_to.clone().map(|code| code.0),
            note: self.note.clone().filter(|note| !note.trim().is_empty()),
        })
    }
}

impl SettleReportedChangeInput {
    fn settle(&self) -> Result<Settle, Refusal> {
        Ok(Settle {
            id: row_id::<Entity>(&self.id, "id")?,
            version: self.version,
            moved_to: self.moved_to.clone().map(|code| code.0),
            remark: self.remark.clone().filter(|remark| !remark.trim().is_empty()),
        })
    }

    /// It was dealt with.
    pub fn handle(&self) -> Result<HandleReportedChange, Refusal> {
        self.settle().map(HandleReportedChange)
    }

    /// There was nothing to do.
    pub fn dismiss(&self) -> Result<DismissReportedChange, Refusal> {
        self.settle().map(DismissReportedChange)
    }
}

/// What became of a report.
#[derive(SimpleObject)]
pub struct ReportedChangePayload {
    /// 报告 · as it is now; null when refused.
    reported_change: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct ReportedChangeMutation;

#[Object]
impl ReportedChangeMutation {
    /// 报告情况变动 · reports a change of a person; requires VILLAGE_WORKER, TOWN_OFFICER or DISTRICT_ADMIN.
    async fn report_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ReportChangeInput,
    ) -> Answer<ReportedChangePayload> {
        give(context, input.command(), input.idempotency_key).await
    }

    /// 处理情况变动 · a reported change was dealt with: a death is entered as the person's, a move as the new residence;
    /// neither ends an entitlement by itself. Requires TOWN_OFFICER or DISTRICT_ADMIN.
    async fn handle_reported_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: SettleReportedChangeInput,
    ) -> Answer<ReportedChangePayload> {
        give(context, input.handle(), input.idempotency_key).await
    }

    /// 不予处理 · there is nothing to do about a reported change; requires TOWN_OFFICER or DISTRICT_ADMIN.
    async fn dismiss_reported_change(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: SettleReportedChangeInput,
    ) -> Answer<ReportedChangePayload> {
        give(context, input.dismiss(), input.idempotency_key).await
    }
}

async fn give<C>(
    context: &Context<'_>,
    command: Result<C, Refusal>,
    key: Option<String>,
) -> Answer<ReportedChangePayload>
where
    C: Command<Output = i64>,
{
    let done = match command {
        Ok(command) => commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::with_key(key)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (row, user_errors) = outcome(context, done)?;
    Ok(ReportedChangePayload { reported_change: row.map(Link::id), user_errors })
}

/// 报告情况变动 · reports a change.
#[derive(Clone, Debug, Serialize)]
pub struct ReportChange {
    person: i64,
    household: Option<i64>,
    kind: String,
    happened_on: NaiveDate,
    moved_to: Option<String>,
    note: Option<String>,
}

#[async_trait::async_trait]
impl Command for ReportChange {
    const NAME: &'static str = "reportChange";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        if self.happened_on > work.today() {
            return Err(Refusal::invalid("happenedOn", Text::of("date-ahead")).into());
        }
        if let Some(code) = &self.moved_to {
            if self.kind != ReportedChangeKind::Move.code() {
                return Err(Refusal::invalid("movedTo", Text::of("moved-to-only")).into());
            }
            known_division(work, code).await?;
        }
        let person = work.select::<person::Entity>().filter(person::Column::Id.eq(self.person)).one(work.tx()).await?;
        let person = person.ok_or_else(|| Refusal::not_found("person"))?;
        let mut division = person.residence.clone().or_else(|| person.registered.clone());
        if let Some(id) = self.household {
            let found = work.select::<household::Entity>().filter(household::Column::Id.eq(id)).one(work.tx()).await?;
            division = Some(found.ok_or_else(|| Refusal::not_found("household"))?.division);
        }
        // Seen by the register where the residence is elsewhere: reported where the viewer is.
        let places = [division, person.residence.clone(), person.registered.clone()];
        let mut places = places.into_iter().flatten();
        let division = places.find(|place| work.viewer.may_in(Self::NAME, place));
        let division = division.ok_or_else(|| Refusal::not_found("person"))?;
        let same = work
            .everywhere::<Entity>()
            .filter(Column::PersonId.eq(person.id))
            .filter(Column::Kind.eq(&self.kind))
            .filter(Column::HappenedOn.eq(self.happened_on))
            .filter(Column::State.eq("REPORTED"));
        // Of what others reported only who is shown it is told; somebody else's second report is one more to deal with.
        let mut known = false;
        for report in same.all(work.tx()).await? {
            known |= made_by_viewer(work, &report).await?
                || work.reveal::<Entity>(&report, &["ReportedChange.kind"], "kind").is_ok();
        }
        if known {
            let text = Text::of("duplicate").with("what", format!("{} {}", self.kind, self.happened_on));
            return Err(Refusal::new(UserErrorCode::Duplicate, text).into());
        }
        let note = match &self.note {
            Some(note) => Some(work.kernel.keys.seal(&person.key_salt, "reported_change.note", note)?),
            None => None,
        };
        let row = Model {
            id: work.id().await?,
            person_id: person.id,
            household_id: self.household,
            kind: self.kind,
            happened_on: self.happened_on,
            note,
            division,
            reported_at: work.now,
            moved_to: self.moved_to,
            version: 1,
            ..Model::default()
        };
        Ok(work.begin_state::<Entity>(&REPORTED_CHANGE, Self::NAME, row).await?.id)
    }
}

/// A place to which somebody can move: one of the divisions, or one in a district of which none is recorded.
async fn known_division(work: &Work<'_>, code: &str) -> Result<(), Failure> {
    let unknown = || Refusal::invalid("movedTo", Text::of("division-unknown").with("code", code));
    let district = format!("{:0<12}", code.get(..6).ok_or_else(unknown)?);
    let named = work.everywhere::<division::Entity>().filter(division::Column::Code.is_in([code, district.as_str()]));
    let named = named.all(work.tx()).await?;
    if named.is_empty() || named.iter().any(|division| division.code == code) { Ok(()) } else { Err(unknown().into()) }
}

/// What both ways of dealing with a report have.
#[derive(Clone, Debug, Serialize)]
pub struct Settle {
    id: i64,
    version: Option<i32>,
    moved_to: Option<String>,
    remark: Option<String>,
}

impl Settle {
    async fn run(self, work: &mut Work<'_>, command: &str) -> Result<Model, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        let person = person_of(work, row.row()).await?;
        let remark = match &self.remark {
            Some(remark) => Some(work.kernel.keys.seal(&person.key_salt, "reported_change.remark", remark)?),
            None => None,
        };
        let given: &[&str] = if remark.is_some() { &["remark"] } else { &[] };
        work.ready::<Entity>(&REPORTED_CHANGE, command, &row, given)?;
        // What becomes of it, and what it needs for that, depends on what was reported.
        if self.moved_to.is_some() || command == HandleReportedChange::NAME {
            work.reveal::<Entity>(row.row(), &["ReportedChange.kind", "ReportedChange.movedTo"], "id")?;
        }
        if let Some(code) = &self.moved_to {
            if row.row().kind != ReportedChangeKind::Move.code() {
                return Err(Refusal::invalid("movedTo", Text::of("moved-to-only")).into());
            }
            known_division(work, code).await?;
        }
        let settled = |row: &mut Model| {
            row.remark = remark;
            row.moved_to = self.moved_to.or_else(|| row.moved_to.take());
        };
        work.advance::<Entity>(&REPORTED_CHANGE, command, row, given, settled).await
    }
}

/// Whether the viewer made a report.
async fn made_by_viewer(work: &Work<'_>, report: &Model) -> Result<bool, Failure> {
    let made = work
        .everywhere::<state_change::Entity>()
        .filter(state_change::Column::Aggregate.eq(Entity::NAME))
        .filter(state_change::Column::RowId.eq(report.id))
        .filter(state_change::Column::Command.eq(ReportChange::NAME))
        .filter(state_change::Column::Actor.eq(&work.viewer.actor));
    Ok(made.one(work.tx()).await?.is_some())
}

async fn person_of(work: &Work<'_>, report: &Model) -> Result<person::Model, Failure> {
    let person = work.everywhere::<person::Entity>().filter(person::Column::Id.eq(report.person_id));
    Ok(person.one(work.tx()).await?.ok_or_else(|| Refusal::not_found("id"))?)
}

/// Enters what a report says of its person: a death, a new residence. What the person was entitled to is ended by the
/// commands of those records.
async fn enter(work: &mut Work<'_>, report: &Model) -> Result<(), Failure> {
    let person = person_of(work, report).await?;
    match ReportedChangeKind::parse(&report.kind) {
        Some(ReportedChangeKind::Death) => {
            let on = report.happened_on;
            work.reveal::<person::Entity>(&person, &["Person.birthDate", "Person.deathDate"], "id")?;
            if person.birth_date.is_some_and(|birth| on < birth) {
                return Err(Refusal::invalid("id", Text::of("death-before-birth")).into());
            }
            if let Some(known) = person.death_date.filter(|known| *known != on) {
                let text = Text::of("death-known").with("date", known.to_string());
                return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
            }
            let person = work.checked::<person::Entity>(person);
            work.update::<person::Entity>(person, |person| person.death_date = Some(on)).await?;
        }
        Some(ReportedChangeKind::Move) => {
            let Some(place) = report.moved_to.clone() else {
                return Err(Refusal::invalid("movedTo", Text::of("moved-to-needed")).into());
            };
            let person = work.checked::<person::Entity>(person);
            work.update::<person::Entity>(person, |person| person.residence = Some(place)).await?;
        }
        _ => {}
    }
    Ok(())
}

/// 处理情况变动 · it was dealt with.
#[derive(Clone, Debug, Serialize)]
pub struct HandleReportedChange(Settle);

#[async_trait::async_trait]
impl Command for HandleReportedChange {
    const NAME: &'static str = "handleReportedChange";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let report = self.0.run(work, Self::NAME).await?;
        enter(work, &report).await?;
        Ok(report.id)
    }
}

/// 不予处理 · there was nothing to do.
#[derive(Clone, Debug, Serialize)]
pub struct DismissReportedChange(Settle);

#[async_trait::async_trait]
impl Command for DismissReportedChange {
    const NAME: &'static str = "dismissReportedChange";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        Ok(self.0.run(work, Self::NAME).await?.id)
    }
}
