//! 人员 · natural persons, also without an ID number (domain §2.12, §8.1): found again by the blind index of
//! their number, sealed at rest under a key of their own.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use entity::Aggregate as _;
use entity::registry::person::{Column, Entity, Model};
use entity::registry::{household_member, person_condition, person_correction, person_identity};
use minzheng_kernel::commands::{self, Command, Sent};
use minzheng_kernel::{Checked, Failure, PageInput, Refusal, Text as Words, Work, machine};
use minzheng_rules::identifiers::citizen_id;
use minzheng_rules::mask;
use sea_orm::sea_query::{ExprTrait as _, Query};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::guardianship::Guardianship;
use super::household_member::HouseholdMember;
use super::person_access::{self, PersonAccess};
use super::person_condition::PersonCondition;
use super::person_correction::PersonCorrection;
use super::person_identity::PersonIdentity;
use super::person_number::{blind, normal_number, normal_phone, phone_blind};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::{Answer, UserError, fault, outcome};
use crate::graphql::list::{Asked, Connection, DateFilter, Direction, DivisionFilter, NameFilter, list};
use crate::graphql::load::{all_of, by_id, newest, parts};
use crate::graphql::personal::{PersonalKind, personal, shown};
use crate::graphql::scalars::{Date, DivisionCode};
use crate::graphql::{global_id, state, viewer};
use crate::payments::payment::PaymentPerson;
use crate::welfare::welfare_benefit::WelfareBenefit;
use crate::{listing, node};

crate::codes! {
    /// 证件类型 · kind of identity paper.
    IdKind, IdKindFilter, "ID_KIND" {
        CitizenId "CITIZEN_ID" "居民身份证" "citizen's identity card",
        HongKongMacaoPermit "HK_MACAO_PERMIT" "港澳居住证" "residence permit for Hong Kong and Macao residents",
        TaiwanPermit "TAIWAN_PERMIT" "台湾居住证" "residence permit for Taiwan residents",
        Passport "PASSPORT" "护照" "passport",
        None "NONE" "无证件" "none: the bureau's own number",
    }
}

crate::codes! {
    /// 性别 · sex, GB/T 2261.1 (1, 2, 9).
    Sex, SexFilter, "SEX" {
        Male "MALE" "男" "male",
        Female "FEMALE" "女" "female",
        Unstated "UNSTATED" "未说明" "not stated",
    }
}

node! {
    /// One person as a viewer sees them.
    Person, Entity
}

impl Person {
    fn open(&self, context: &Context<'_>, field: &'static str) -> Answer<bool> {
        shown(context, self.0.level, self.0.model.id, field)
    }

    /// A sealed field of the person, or of a row that is sealed under the person's key, opened.
    pub fn unseal(&self, context: &Context<'_>, field: &str, blob: &[u8]) -> Answer<String> {
        let keys = &state(context)?.kernel.keys;
        keys.open(&self.0.model.key_salt, field, blob).map_err(|e| fault(context, e.into()))
    }
}

/// 人员 · a natural person. Personal fields are masked unless the viewer may see them in full and says for what
/// (header `Minzheng-Purpose`).
#[Object(name_type)]
impl Person {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Person", self.0.model.id)
    }

    /// 是否脱敏 · whether personal fields are masked for this viewer.
    fn masked(&self) -> bool {
        self.0.level < minzheng_kernel::Level::Full
    }

    /// 姓名 · name; masked: first and last sign.
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn name(&self, context: &Context<'_>) -> Answer<String> {
        let name = &self.0.model.name;
        Ok(if self.open(context, "Person.name")? { name.clone() } else { mask::name(name) })
    }

    /// 证件类型 · kind of identity paper.
    fn id_kind(&self) -> Option<IdKind> {
        IdKind::parse(&self.0.model.id_kind)
    }

    /// 证件号码 · number of the paper; masked: first 3 and last 2.
    #[graphql(directive = personal::apply(PersonalKind::Id))]
    fn id_number(&self, context: &Context<'_>) -> Answer<String> {
        let number = self.unseal(context, "person.id_number", &self.0.model.id_number)?;
        Ok(if self.open(context, "Person.idNumber")? { number } else { mask::id_number(&number) })
    }

    /// 曾用证件 · numbers that the person had before, or that stood here by mistake; each masked as the number is.
    async fn former_numbers(&self, context: &Context<'_>) -> Answer<Vec<PersonIdentity>> {
        use person_identity::Column as Of;
        let former: Vec<PersonIdentity> = parts(context, Of::PersonId, self.0.model.id, Of::Until).await?;
        Ok(former.into_iter().map(|identity| identity.as_shown(self.0.level)).collect())
    }

    /// 更正记录 · what was put right of this person, and why.
    async fn corrections(&self, context: &Context<'_>) -> Answer<Vec<PersonCorrection>> {
        use person_correction::Column as Of;
        let made: Vec<PersonCorrection> = parts(context, Of::PersonId, self.0.model.id, Of::OnDate).await?;
        Ok(made.into_iter().map(|correction| correction.as_shown(self.0.level)).collect())
    }

    /// 监护与代办 · who acts, or acted, for this person, newest first.
    async fn guardianships(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<Guardianship>> {
        use entity::registry::guardianship::Column as Of;
        newest(context, Of::PersonId, self.0.model.id, Of::ValidFrom, first).await
    }

    /// 版本 · counts up with every change.
    fn version(&self) -> i32 {
        self.0.model.version
    }

    /// 性别 · sex.
    fn sex(&self) -> Option<Sex> {
        Sex::parse(&self.0.model.sex)
    }

    /// 出生日期 · date of birth; null when masked, since it completes the ID number.
    #[graphql(directive = personal::apply(PersonalKind::Birth))]
    fn birth_date(&self, context: &Context<'_>) -> Answer<Option<Date>> {
        Ok(if self.open(context, "Person.birthDate")? { self.0.model.birth_date.map(Date) } else { None })
    }

    /// 出生年代 · the ten years of birth, such as `1940-1949`.
    fn birth_decade(&self) -> Option<String> {
        self.0.model.birth_date.map(mask::birth)
    }

    /// 民族 · ethnic group; null when masked.
    #[graphql(directive = personal::apply(PersonalKind::Belief))]
    fn ethnicity(&self, context: &Context<'_>) -> Answer<Option<&str>> {
        Ok(if self.open(context, "Person.ethnicity")? { self.0.model.ethnicity.as_deref() } else { None })
    }

    /// 现住地 · division of residence.
    fn residence(&self) -> Option<DivisionCode> {
        self.0.model.residence.clone().map(DivisionCode)
    }

    /// 户籍地 · division of the household register.
    fn registered(&self) -> Option<DivisionCode> {
        self.0.model.registered.clone().map(DivisionCode)
    }

    /// 详细地址 · address; null when masked: the village is the mask.
    #[graphql(directive = personal::apply(PersonalKind::Address))]
    fn address(&self, context: &Context<'_>) -> Answer<Option<String>> {
        match &self.0.model.address {
            Some(blob) if self.open(context, "Person.address")? => {
                self.unseal(context, "person.address", blob).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// 联系电话 · telephone; masked: `138****1234`.
    #[graphql(directive = personal::apply(PersonalKind::Phone))]
    fn phone(&self, context: &Context<'_>) -> Answer<Option<String>> {
        let Some(blob) = &self.0.model.phone else { return Ok(None) };
        let number = self.unseal(context, "person.phone", blob)?;
        Ok(Some(if self.open(context, "Person.phone")? { number } else { mask::phone(&number) }))
    }

    /// 死亡日期 · date of death.
    fn death_date(&self) -> Option<Date> {
        self.0.model.death_date.map(Date)
    }

    /// 状况 · disability, illness, schooling and labour ability by dates; null when masked.
    #[graphql(directive = personal::apply(PersonalKind::Health))]
    async fn conditions(&self, context: &Context<'_>) -> Answer<Option<Vec<PersonCondition>>> {
        if !self.open(context, "Person.conditions")? {
            return Ok(None);
        }
        let column = person_condition::Column::PersonId;
        parts(context, column, self.0.model.id, person_condition::Column::ValidFrom).await.map(Some)
    }

    /// 发放记录 · what was paid for this person, newest first: one a line and benefit month.
    async fn payments(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<PaymentPerson>> {
        use entity::payments::payment_person::Column as Of;
        newest(context, Of::PersonId, self.0.model.id, Of::PaidOn, first).await
    }

    /// 福利待遇 · standing benefits, newest first.
    async fn benefits(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<WelfareBenefit>> {
        use entity::welfare::welfare_benefit::Column as Of;
        newest(context, Of::PersonId, self.0.model.id, Of::EffectiveFrom, first).await
    }

    /// 查阅记录 · who looked at these data and for what, newest first; for the person and their guardian only.
    async fn accesses(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<PersonAccess>> {
        person_access::newest(context, self.0.model.id, first).await
    }

    /// 家庭成员关系 · households by dates, earliest first.
    async fn memberships(&self, context: &Context<'_>) -> Answer<Vec<HouseholdMember>> {
        let column = household_member::Column::PersonId;
        all_of(context, column, self.0.model.id, household_member::Column::JoinedOn).await
    }
}

listing! {
    Entity, Column;
    filter PersonWhere {
        /// 姓名 · only where shown in full
        name: NameFilter = Name,
        /// 证件类型
        id_kind: IdKindFilter = IdKind,
        /// 性别
        sex: SexFilter = Sex,
        /// 出生日期 · only where shown in full
        birth_date: DateFilter = BirthDate,
        /// 现住地
        residence: DivisionFilter = Residence,
        /// 户籍地
        registered: DivisionFilter = Registered,
        /// 死亡日期
        death_date: DateFilter = DeathDate,
    }
    order PersonOrder {
        /// 编号 · in the order of recording
        Id = Id,
        /// 姓名 · only where shown in full
        Name = Name,
        /// 现住地
        Residence = Residence,
    }
}

/// The fields of the root.
#[derive(Default)]
pub struct PersonQuery;

#[Object]
impl PersonQuery {
    /// 人员列表 · persons in scope. Exact search by number or telephone asks for the full view.
    #[allow(clippy::too_many_arguments)]
    async fn persons(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "证件号码 · exact, also an earlier number of the person")] id_number: Option<String>,
        #[graphql(desc = "联系电话 · exact")] phone: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(name = "where")] filter: Option<Box<PersonWhere>>,
        order_by: Option<PersonOrder>,
        direction: Option<Direction>,
    ) -> Answer<Connection<Person>> {
        let (viewer, kernel) = (viewer(context)?, &state(context)?.kernel);
        let page = PageInput { first, after, last, before };
        let ordered = (order_by.unwrap_or(PersonOrder::Id), direction);
        let (mut asked, mut ids) = (Asked::default(), None);
        if let Some(number) = &id_number {
            asked.by::<Entity>(viewer, "idNumber").map_err(|e| fault(context, e))?;
            let blinds: Result<Vec<_>, _> =
                IdKind::CODES.iter().map(|kind| blind(&kernel.keys, kind.code, &normal_number(number))).collect();
            ids = Some(blinds.map_err(|e| fault(context, e))?);
        }
        let phone = match &phone {
            Some(given) => {
                asked.by::<Entity>(viewer, "phone").map_err(|e| fault(context, e))?;
                Some(phone_blind(&kernel.keys, &normal_phone(given)).map_err(|e| fault(context, e))?)
            }
            None => None,
        };
        list(context, asked, filter, ordered, &page, |mut select| {
            if let Some(blinds) = ids {
                let earlier = Query::select()
                    .column(person_identity::Column::PersonId)
                    .from(person_identity::Entity)
                    .and_where(person_identity::Column::IdBlind.is_in(blinds.clone()))
                    .and_where(person_identity::Entity::live())
                    .to_owned();
                select = select.filter(Column::IdBlind.is_in(blinds).or(Column::Id.in_subquery(earlier)));
            }
            if let Some(blind) = phone {
                select = select.filter(Column::PhoneBlind.eq(blind));
            }
            select
        })
        .await
    }
}

/// What became of a person.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PersonPayload {
    #[graphql(skip)]
    row: Option<i64>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl PersonPayload {
    /// 人员 · as it is now; null when refused.
    async fn person(&self, context: &Context<'_>) -> Answer<Option<Person>> {
        match self.row {
            Some(id) => by_id(context, id).await,
            None => Ok(None),
        }
    }
}

/// Runs a command about a person.
pub async fn give<C>(context: &Context<'_>, command: Result<C, Refusal>, key: Option<String>) -> Answer<PersonPayload>
where
    C: Command<Output = i64>,
{
    let done = match command {
        Ok(command) => commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::with_key(key)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (row, user_errors) = outcome(context, done)?;
    Ok(PersonPayload { row, user_errors })
}

/// Loads a person for a command that the viewer may give where the person lives or is registered.
pub async fn for_change(
    work: &Work<'_>,
    command: &str,
    id: i64,
    version: Option<i32>,
    field: &str,
) -> Result<Checked<Entity>, Failure> {
    let row = work.load_for_change::<Entity>(id, version, field).await?;
    if !machine::may::<Entity>(work.viewer, command, row.row()) {
        return Err(Failure::Forbidden(command.to_owned()));
    }
    Ok(row)
}

/// Refuses where no reason is given.
pub fn reason_given(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() { Err(Refusal::invalid("reason", Words::of("reason-needed"))) } else { Ok(()) }
}

/// A reason that was given, sealed under the person's key; `context` is its column.
pub fn sealed_reason(work: &Work<'_>, person: &Model, context: &str, reason: &str) -> Result<Vec<u8>, Failure> {
    reason_given(reason)?;
    Ok(work.kernel.keys.seal(&person.key_salt, context, reason.trim())?)
}

impl Sex {
    /// As the citizen's number tells it.
    pub fn of(id: &citizen_id::CitizenId) -> Self {
        if id.sex == citizen_id::Sex::Male { Self::Male } else { Self::Female }
    }
}
