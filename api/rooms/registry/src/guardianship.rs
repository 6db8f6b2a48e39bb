//! 监护与代办 · who may act for a person (domain §5, §8.3): a guardian sees the ward's records as the ward does; a proxy
//! does so until a day and for one purpose, which each request names.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use entity::registry::guardianship::{Column, Entity, Model};
use entity::registry::person;
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::personal::PersonalKind;
use minzheng_ground::scalars::Date;
use minzheng_ground::state::{row_id, state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Work, commands};
use minzheng_reference::guardianship::holds_on;
use minzheng_rules::assistance::policy::national;
use minzheng_rules::identifiers::citizen_id::age;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};
use serde::Serialize;

use crate::person::{for_change, unsealed};

/// What the basis is sealed for.
const BASIS: &str = "guardianship.basis";

minzheng_ground::codes! {
    /// 关系种类 · who acts for a person.
    GuardianshipKind, GuardianshipKindFilter, "GUARDIANSHIP_KIND" {
        Guardian "GUARDIAN" "监护人" "guardian",
        Proxy "PROXY" "代办人" "proxy",
    }
}

minzheng_ground::codes! {
    /// 代办用途 · for what a proxy acts: a purpose of reading.
    ProxyPurpose, ProxyPurposeFilter, "PROXY_PURPOSE" {
        Application "APPLICATION" "申请" "application",
        Payment "PAYMENT" "发放" "payment",
        Service "SERVICE" "服务" "service",
        Complaint "COMPLAINT" "投诉" "complaint",
    }
}

/// One relation.
pub type Guardianship = Row<Entity>;

/// 监护与代办 · somebody who may act for a person from a day to a day.
pub fn table() -> Table {
    Builder::<Entity>::new("监护与代办 · somebody who may act for a person from a day to a day.")
        .list("guardianships", "监护与代办列表 · guardians and proxies of persons in scope.", Column::Id)
        .id()
        .order()
        .one("ward", "被监护人 · for whom; null where out of scope.", "Person", Column::PersonId)
        .one("guardian", "监护人或代办人 · who; null where out of scope.", "Person", Column::GuardianId)
        .personal_code::<GuardianshipKind>(
            Column::Kind,
            "关系种类 · guardian or proxy; null when masked: who has a guardian is a child, or has lost \
             capacity.",
        )
        .filter()
        .personal_code::<ProxyPurpose>(
            Column::Purpose,
            "代办用途 · of a proxy: the purpose that its requests must name (header `Minzheng-Purpose`); \
             null when masked.",
        )
        .date(Column::ValidFrom, "起始日期 · first day.")
        .filter()
        .order()
        .date(Column::ValidUntil, "结束日期 · first day on which it no longer holds.")
        .filter()
        .later_of::<Option<String>>(
            "basis",
            "依据 · what it stands on: law, judgment, appointment, mandate; null when masked.",
            |context, row| {
                Box::pin(async move {
                    let Some(blob) = &row.model.basis else { return Ok(None) };
                    unsealed(context, row.level, row.model.person_id, ("Guardianship.basis", BASIS), blob).await
                })
            },
        )
        .because("sealed under the key of its person, another row")
        .of_kind(PersonalKind::Case)
        .version()
        .table()
}

/// Those for whom the viewer may act today.
pub async fn own(context: &Context<'_>) -> Answer<Vec<Guardianship>> {
    let viewer = viewer(context)?;
    let Some(person) = viewer.person_id else { return Ok(Vec::new()) };
    let own = viewer.parts::<Entity>(Column::GuardianId, [person]).filter(holds_on(viewer.today));
    let rows = own.order_by_asc(Column::Id).all(state(context)?.kernel.db.read()).await;
    let rows = rows.map_err(|e| fault(context, e.into()))?;
    Ok(rows.into_iter().map(|model| Row::new(viewer, model)).collect())
}

/// Somebody who is to act for a person.
#[derive(InputObject)]
pub struct RecordGuardianshipInput {
    /// 被监护人 · for whom.
    ward: ID,
    /// 监护人或代办人 · who.
    guardian: ID,
    /// 关系种类
    kind: GuardianshipKind,
    /// 起始日期 · left out: today.
    valid_from: Option<Date>,
    /// 结束日期 · first day on which it no longer holds; required of a proxy.
    valid_until: Option<Date>,
    /// 代办用途 · of a proxy, who needs one.
    purpose: Option<ProxyPurpose>,
    /// 依据 · what it stands on.
    #[graphql(validator(max_length = 1000))]
    basis: String,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// A relation that ends.
#[derive(InputObject)]
pub struct EndGuardianshipInput {
    /// 监护与代办
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 结束日期 · first day on which it no longer holds; left out: today.
    on: Option<Date>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// What became of a relation.
#[derive(SimpleObject)]
pub struct GuardianshipPayload {
    /// 监护与代办 · as it is now; null when refused.
    guardianship: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct GuardianshipMutation;

#[Object]
impl GuardianshipMutation {
    /// 登记监护或代办 · somebody may act for a person from a day on; requires TOWN_OFFICER or DISTRICT_ADMIN.
    async fn record_guardianship(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RecordGuardianshipInput,
    ) -> Answer<GuardianshipPayload> {
        let command = || {
            Ok(RecordGuardianship {
                ward: row_id::<person::Entity>(&input.ward, "ward")?,
                guardian: row_id::<person::Entity>(&input.guardian, "guardian")?,
                kind: input.kind,
                valid_from: input.valid_from.map(|date| date.0),
                valid_until: input.valid_until.map(|date| date.0),
                purpose: input.purpose,
                basis: input.basis,
            })
        };
        give(context, command(), input.idempotency_key).await
    }

    /// 结束监护或代办 · from a day on nobody acts for the person by it; requires TOWN_OFFICER or DISTRICT_ADMIN.
    async fn end_guardianship(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: EndGuardianshipInput,
    ) -> Answer<GuardianshipPayload> {
        let on = input.on.map(|date| date.0);
        let command = row_id::<Entity>(&input.id, "id");
        let command = command.map(|id| EndGuardianship { id, version: input.version, on });
        give(context, command, input.idempotency_key).await
    }
}

async fn give<C>(context: &Context<'_>, command: Result<C, Refusal>, key: Option<String>) -> Answer<GuardianshipPayload>
where
    C: Command<Output = i64>,
{
    let done = match command {
        Ok(command) => commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::with_key(key)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (row, user_errors) = outcome(context, done)?;
    Ok(GuardianshipPayload { guardianship: row.map(Link::id), user_errors })
}

/// 登记监护或代办 · somebody may act for a person.
#[derive(Clone, Serialize)]
struct RecordGuardianship {
    ward: i64,
    guardian: i64,
    kind: GuardianshipKind,
    valid_from: Option<NaiveDate>,
    valid_until: Option<NaiveDate>,
    purpose: Option<ProxyPurpose>,
    basis: String,
}

#[async_trait::async_trait]
impl Command for RecordGuardianship {
    const NAME: &'static str = "recordGuardianship";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        if self.guardian == self.ward {
            return Err(Refusal::invalid("guardian", Text::of("guardian-self")).into());
        }
        let from = self.valid_from.unwrap_or_else(|| work.today());
        if self.valid_until.is_some_and(|until| until <= from) {
            return Err(Refusal::invalid("validUntil", Text::of("date-order-from")).into());
        }
        let proxy = self.kind == GuardianshipKind::Proxy;
        if proxy && (self.purpose.is_none() || self.valid_until.is_none()) {
            let field = if self.purpose.is_none() { "purpose" } else { "validUntil" };
            return Err(Refusal::invalid(field, Text::of("proxy-bounds")).into());
        }
        let basis = self.basis.trim();
        if basis.is_empty() {
            return Err(Refusal::invalid("basis", Text::of("required")).into());
        }
        let ward = for_change(work, Self::NAME, self.ward, None, "ward").await?;
        let guardian = work.select::<person::Entity>().filter(person::Column::Id.eq(self.guardian));
        let guardian = guardian.one(work.tx()).await?.ok_or_else(|| Refusal::not_found("guardian"))?;
        work.reveal::<person::Entity>(&guardian, &["Person.birthDate", "Person.deathDate"], "guardian")?;
        if guardian.death_date.is_some() {
            return Err(Refusal::invalid("guardian", Text::of("guardian-dead")).into());
        }
        let adult = national("age.adult", from).and_then(|age| age.parse::<i32>().ok());
        if let (Some(adult), Some(birth)) = (adult, guardian.birth_date)
            && age(birth, from) < adult
        {
            return Err(Refusal::invalid("guardian", Text::of("guardian-minor").with("age", adult)).into());
        }
        let purpose = self.purpose.filter(|_| proxy).map(|purpose| purpose.code().to_owned());
        let same = work
            .everywhere::<Entity>()
            .filter(Column::PersonId.eq(self.ward))
            .filter(Column::GuardianId.eq(self.guardian))
            .filter(Column::Kind.eq(self.kind.code()))
            .filter(Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gt(from)));
        let same = match self.valid_until {
            Some(until) => same.filter(Column::ValidFrom.lt(until)),
            None => same,
        };
        if same.all(work.tx()).await?.iter().any(|other| other.purpose == purpose) {
            let text = Text::of("duplicate").with("what", Text::of("guardianship-overlap").say(work.viewer.lang));
            return Err(Refusal::new(UserErrorCode::Duplicate, text).into());
        }
        let row = Model {
            id: work.id().await?,
            person_id: self.ward,
            guardian_id: self.guardian,
            kind: self.kind.code().to_owned(),
            valid_from: from,
            valid_until: self.valid_until,
            basis: Some(work.kernel.keys.seal(&ward.row().key_salt, BASIS, basis)?),
            purpose,
            version: 1,
            voided: false,
        };
        Ok(work.insert::<Entity>(row).await?.id)
    }
}

/// 结束监护或代办 · it ends.
#[derive(Clone, Serialize)]
struct EndGuardianship {
    id: i64,
    version: Option<i32>,
    on: Option<NaiveDate>,
}

#[async_trait::async_trait]
impl Command for EndGuardianship {
    const NAME: &'static str = "endGuardianship";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        for_change(work, Self::NAME, row.row().person_id, None, "id").await?;
        let on = self.on.unwrap_or_else(|| work.today());
        if let Some(ended) = row.row().valid_until.filter(|until| *until <= work.today()) {
            let text = Text::of("guardianship-ended").with("date", ended.to_string());
            return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
        }
        if on < row.row().valid_from {
            return Err(Refusal::invalid("on", Text::of("date-order-from")).into());
        }
        work.update::<Entity>(row, |row| row.valid_until = Some(on)).await?;
        Ok(self.id)
    }
}
