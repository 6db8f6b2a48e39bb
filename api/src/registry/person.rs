//! 人员 · natural persons, also without an ID number (domain §2.12, §8.1): found again by the blind index of
//! their number, sealed at rest under a key of their own.

use std::collections::{HashMap, HashSet};

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use entity::Aggregate as _;
use entity::registry::person::{Column, Entity, Model};
use entity::registry::{household_member, person_condition, person_correction, person_identity};
use minzheng_kernel::commands::{self, Command, Sent};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Checked, Failure, Fault, Kernel, PageInput, Refusal, Text as Words, Viewer, Work, machine};
use minzheng_rules::identifiers::{citizen_id, phone};
use minzheng_rules::mask;
use sea_orm::sea_query::{ExprTrait as _, Query};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

use super::guardianship::Guardianship;
use super::household_member::HouseholdMember;
use super::person_access::{self, PersonAccess};
use super::person_condition::PersonCondition;
use super::person_correction::PersonCorrection;
use super::person_identity::PersonIdentity;
use crate::exchange::row::{Day, Id, One, Place, Text};
use crate::exchange::sheet::Fields;
use crate::exchange::{Exported, Kind, Numbered, Taken, export_page, exported, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::{Answer, UserError, fault, outcome};
use crate::graphql::list::{Connection, DateFilter, Direction, DivisionFilter, NameFilter, list};
use crate::graphql::load::{by_id, newest, parts};
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

    /// 证件号码 · number of the paper; masked: first 6 and last 4.
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

    /// 民族 · ethnic group.
    fn ethnicity(&self) -> Option<&str> {
        self.0.model.ethnicity.as_deref()
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
        parts(context, column, self.0.model.id, household_member::Column::JoinedOn).await
    }
}

listing! {
    Entity, Column;
    filter PersonWhere {
        /// 姓名 · only where shown in full
        name: NameFilter = Name personal "name",
        /// 证件类型
        id_kind: IdKindFilter = IdKind,
        /// 性别
        sex: SexFilter = Sex,
        /// 出生日期 · only where shown in full
        birth_date: DateFilter = BirthDate personal "birthDate",
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
        Name = Name personal "name",
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
        let mut ids = None;
        if let Some(number) = &id_number {
            viewer.require_open::<Entity>("idNumber").map_err(|e| fault(context, e))?;
            let blinds: Result<Vec<_>, _> =
                IdKind::CODES.iter().map(|kind| blind(&kernel.keys, kind.code, &normal_number(number))).collect();
            ids = Some(blinds.map_err(|e| fault(context, e))?);
        }
        let phone = match &phone {
            Some(given) => {
                viewer.require_open::<Entity>("phone").map_err(|e| fault(context, e))?;
                Some(phone_blind(&kernel.keys, &normal_phone(given)).map_err(|e| fault(context, e))?)
            }
            None => None,
        };
        list(context, filter, ordered, &page, |mut select| {
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

/// A reason that was given, sealed under the person's key; `context` is its column.
pub fn sealed_reason(work: &Work<'_>, person: &Model, context: &str, reason: &str) -> Result<Vec<u8>, Failure> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::invalid("reason", Words::of("reason-needed")).into());
    }
    Ok(work.kernel.keys.seal(&person.key_salt, context, reason)?)
}

/// What to do where a row names a person that nobody has recorded.
pub const IMPORT_FIRST: &str = "先导入人员（persons），或核对证件号码 · import the person first, or check the number";

/// A number as it is kept and searched.
pub fn normal_number(number: &str) -> String {
    number.chars().filter(|sign| !sign.is_whitespace()).flat_map(char::to_uppercase).collect()
}

fn normal_phone(number: &str) -> String {
    phone::parse(number).unwrap_or_else(|| number.to_owned())
}

/// The digest by which a person's number is found.
pub fn blind(keys: &Keyring, kind: &str, number: &str) -> Result<Vec<u8>, Fault> {
    Ok(keys.blind("person.id_number", &format!("{kind}:{number}"))?.to_vec())
}

fn phone_blind(keys: &Keyring, number: &str) -> Result<Vec<u8>, Fault> {
    Ok(keys.blind("person.phone", number)?.to_vec())
}

/// The persons with these numbers, of whatever kind, wherever they are: for rows that name persons. Numbers
/// that nobody has are left out.
pub async fn by_numbers(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Model>, Failure> {
    let keys = &work.kernel.keys;
    let mut found = HashMap::new();
    let mut missing: HashSet<&String> = numbers.into_iter().collect();
    // Nearly all are numbers of identity cards; the other kinds are asked only for what is left.
    let (first, others) = IdKind::CODES.split_at(1);
    for kinds in [first, others] {
        let mut wanted: HashMap<Vec<u8>, String> = HashMap::with_capacity(missing.len() * kinds.len());
        for number in &missing {
            for kind in kinds {
                wanted.insert(blind(keys, kind.code, &normal_number(number))?, (*number).clone());
            }
        }
        let blinds: Vec<Vec<u8>> = wanted.keys().cloned().collect();
        for chunk in blinds.chunks(5_000) {
            let rows = work.everywhere::<Entity>().filter(Column::IdBlind.is_in(chunk.to_vec())).all(work.tx()).await?;
            found.extend(rows.into_iter().filter_map(|row| Some((wanted.get(&row.id_blind)?.clone(), row))));
        }
        missing.retain(|number| !found.contains_key(*number));
    }
    let mut wanted: HashMap<Vec<u8>, String> = HashMap::with_capacity(missing.len() * IdKind::CODES.len());
    for number in missing {
        for kind in IdKind::CODES {
            wanted.insert(blind(keys, kind.code, &normal_number(number))?, number.clone());
        }
    }
    let former = by_former_blinds(work, wanted.keys().cloned().collect()).await?;
    found.extend(former.into_iter().filter_map(|(blind, row)| Some((wanted.remove(&blind)?, row))));
    Ok(found)
}

/// Persons in the viewer's scope by their numbers, outside a unit of work.
pub async fn found(
    kernel: &Kernel,
    viewer: &Viewer,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Model>, Fault> {
    let mut wanted: HashMap<Vec<u8>, String> = HashMap::new();
    for number in numbers {
        for kind in IdKind::CODES {
            wanted.insert(blind(&kernel.keys, kind.code, &normal_number(number))?, number.clone());
        }
    }
    let blinds: Vec<Vec<u8>> = wanted.keys().cloned().collect();
    let mut found = HashMap::new();
    for chunk in blinds.chunks(5_000) {
        let select = viewer.select::<Entity>().filter(Column::IdBlind.is_in(chunk.to_vec()));
        let rows = select.all(kernel.db.read()).await?;
        found.extend(rows.into_iter().filter_map(|row| Some((wanted.get(&row.id_blind)?.clone(), row))));
    }
    Ok(found)
}

/// The persons whose number these were before, by the digest; of several the one who had it last.
async fn by_former_blinds(work: &Work<'_>, blinds: Vec<Vec<u8>>) -> Result<HashMap<Vec<u8>, Model>, Failure> {
    use person_identity::Column as Former;
    let mut had: HashMap<Vec<u8>, i64> = HashMap::new();
    for chunk in blinds.chunks(5_000) {
        let former = work.everywhere::<person_identity::Entity>().filter(Former::IdBlind.is_in(chunk.to_vec()));
        let former = former.order_by_asc(Former::Until).order_by_asc(Former::Id).all(work.tx()).await?;
        had.extend(former.into_iter().map(|row| (row.id_blind, row.person_id)));
    }
    if had.is_empty() {
        return Ok(HashMap::new());
    }
    let mut persons: HashMap<i64, Model> = HashMap::with_capacity(had.len());
    let ids: Vec<i64> = had.values().copied().collect();
    for chunk in ids.chunks(5_000) {
        let rows = work.everywhere::<Entity>().filter(Column::Id.is_in(chunk.to_vec())).all(work.tx()).await?;
        persons.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(had.into_iter().filter_map(|(blind, id)| Some((blind, persons.get(&id)?.clone()))).collect())
}

/// The numbers of persons, for rows that name them; that they were read is noted.
pub async fn numbers_of(
    kernel: &Kernel,
    viewer: &Viewer,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, Fault> {
    let ids: HashSet<i64> = ids.into_iter().collect();
    let rows = viewer.parts::<Entity>(Column::Id, ids).all(kernel.db.read()).await?;
    let mut numbers = HashMap::with_capacity(rows.len());
    for row in rows {
        viewer.note_read(row.id, "export");
        numbers.insert(row.id, kernel.keys.open(&row.key_salt, "person.id_number", &row.id_number)?);
    }
    Ok(numbers)
}

crate::sheet_row! {
    /// One person as a sheet tells them.
    SheetRow {
        id_kind: may One<IdKind> => "证件类型",
        id_number: need Id => "证件号码" or ["身份证号", "公民身份号码", "身份证号码"],
        name: need Text => "姓名",
        residence: may Place => "现住地代码" or ["现住地"],
        registered: may Place => "户籍地代码" or ["户籍地"],
        sex: may One<Sex> => "性别",
        birth_date: may Day => "出生日期",
        ethnicity: may Text => "民族",
        address: may Text => "详细地址" or ["住址", "家庭住址"],
        phone: may Id => "联系电话" or ["电话", "手机号"],
        death_date: may Day => "死亡日期",
    }
}

/// `persons`: matched by their number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "persons";
    const COMMAND: &'static str = "recordPerson";
    type Row = SheetRow;

    fn stored(header: &str) -> &'static [&'static str] {
        match header {
            "证件类型" => &["id_kind"],
            "现住地代码" => &["residence"],
            "户籍地代码" => &["registered"],
            "性别" => &["sex"],
            "出生日期" => &["birth_date"],
            "民族" => &["ethnicity"],
            "详细地址" => &["address"],
            "联系电话" => &["phone", "phone_blind"],
            "死亡日期" => &["death_date"],
            _ => &[],
        }
    }

    fn check(row: &mut SheetRow, today: NaiveDate, fields: &mut Fields<'_>) {
        let kind = *row.id_kind.get_or_insert(IdKind::CitizenId);
        row.id_number = normal_number(&row.id_number);
        if kind == IdKind::CitizenId {
            match citizen_id::parse(&row.id_number, today) {
                Ok(known) => {
                    row.id_number.clone_from(&known.number);
                    let sex = Sex::of(&known);
                    if row.sex.is_some_and(|given| given != Sex::Unstated && given != sex) {
                        let text = "与身份证号码不符 · differs from what the ID number says";
                        fields.refuse(Some("性别"), "SEX_DIFFERS", text, "核对号码和性别 · check both");
                    }
                    if row.birth_date.is_some_and(|given| given != known.birth) {
                        let text = "与身份证号码不符 · differs from what the ID number says";
                        fields.refuse(Some("出生日期"), "BIRTHDATE_DIFFERS", text, "核对号码和日期 · check both");
                    }
                    (row.sex, row.birth_date) = (Some(sex), Some(known.birth));
                }
                Err(error) => fields.refuse(
                    Some("证件号码"),
                    error.code(),
                    "不是有效的居民身份证号码 · not a valid citizen's number",
                    "按身份证核对 18 位号码；没有身份证的，证件类型填“无证件” · check the 18 characters against the card",
                ),
            }
        }
        if row.residence.is_none() && row.registered.is_none() {
            fields.refuse(
                Some("现住地代码"),
                "REQUIRED",
                "现住地和户籍地至少填一个 · residence or register is needed",
                "填写其中一个 · give one of them",
            );
        }
        if let Some(given) = &row.phone {
            match phone::parse(given) {
                Some(normal) => row.phone = Some(normal),
                None => fields.refuse(
                    Some("联系电话"),
                    "PHONE",
                    "不是有效的电话号码 · not a telephone number",
                    "填手机号或带区号的座机 · a mobile number, or a landline with its area code",
                ),
            }
        }
        fields.in_order(&[("出生日期", row.birth_date), ("死亡日期", row.death_date)]);
        if row.death_date.is_some_and(|date| date > today) {
            let text = "死亡日期在今天之后 · the date of death lies ahead";
            fields.refuse(Some("死亡日期"), "DATE_AHEAD", text, "改正日期 · correct the date");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        // Who records a person answers for the place where they live, or else for the register.
        row.residence.as_deref().or(row.registered.as_deref())
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let mut keyed = Vec::with_capacity(rows.len());
        for Numbered { number, row } in rows {
            let kind = row.id_kind.unwrap_or(IdKind::CitizenId);
            let blind = blind(&kernel.keys, kind.code(), &row.id_number)?;
            keyed.push(Numbered { number, row: (blind, false, row) });
        }
        let blinds = keyed.iter().map(|row| row.row.0.clone());
        let known = work.everywhere::<Entity>().filter(Column::IdBlind.is_in(blinds)).all(work.tx()).await?;
        let mut known: HashMap<Vec<u8>, Model> =
            known.into_iter().map(|model| (model.id_blind.clone(), model)).collect();
        // A row with the number that somebody of this name had before is about that person. With another name it is
        // about somebody else, whose number it is: a wrong number may well be another's right one.
        let unknown = keyed.iter().map(|row| &row.row.0).filter(|blind| !known.contains_key(*blind));
        let former = by_former_blinds(work, unknown.cloned().collect()).await?;
        for Numbered { row: (blind, is_former, row), .. } in &mut keyed {
            if let Some(person) = former.get(blind).filter(|person| person.name == row.name) {
                (*blind, *is_former) = (person.id_blind.clone(), true);
                known.entry(person.id_blind.clone()).or_insert_with(|| person.clone());
            }
        }
        let write = |model: &mut Model, (blind, is_former, row): &(Vec<u8>, bool, SheetRow)| {
            if !is_former {
                row.id_kind.unwrap_or(IdKind::CitizenId).code().clone_into(&mut model.id_kind);
                model.id_blind.clone_from(blind);
                if model.id_number.is_empty() {
                    model.id_number = kernel.keys.seal(&model.key_salt, "person.id_number", &row.id_number)?;
                }
                row.sex.unwrap_or(Sex::Unstated).code().clone_into(&mut model.sex);
                model.birth_date = row.birth_date;
            }
            model.name.clone_from(&row.name);
            model.ethnicity.clone_from(&row.ethnicity);
            model.residence.clone_from(&row.residence);
            model.registered.clone_from(&row.registered);
            reseal(kernel, &model.key_salt, "person.address", &mut model.address, row.address.as_deref())?;
            reseal(kernel, &model.key_salt, "person.phone", &mut model.phone, row.phone.as_deref())?;
            model.phone_blind = match &row.phone {
                Some(number) => Some(phone_blind(&kernel.keys, number)?),
                None => None,
            };
            model.death_date = row.death_date;
            Ok(())
        };
        let key = |row: &(Vec<u8>, bool, SheetRow)| row.0.clone();
        Ok(upsert::<Entity, _, _>(work, &keyed, known, key, write).await?.0)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| row_of(kernel, model).map(Some))
    }
}

/// A person as a sheet tells them.
pub fn row_of(kernel: &Kernel, model: &Model) -> Result<SheetRow, Fault> {
    let open = |context, blob: &Option<Vec<u8>>| unsealed(kernel, &model.key_salt, context, blob.as_deref());
    Ok(SheetRow {
        id_kind: IdKind::parse(&model.id_kind),
        id_number: kernel.keys.open(&model.key_salt, "person.id_number", &model.id_number)?,
        name: model.name.clone(),
        residence: model.residence.clone(),
        registered: model.registered.clone(),
        sex: Sex::parse(&model.sex),
        birth_date: model.birth_date,
        ethnicity: model.ethnicity.clone(),
        address: open("person.address", &model.address)?,
        phone: open("person.phone", &model.phone)?,
        death_date: model.death_date,
    })
}

/// What a sheet tells of a citizen of whom it has no more than name, number and place.
pub fn citizen(id: &citizen_id::CitizenId, name: &str, residence: &str) -> SheetRow {
    SheetRow {
        id_kind: Some(IdKind::CitizenId),
        id_number: id.number.clone(),
        name: name.to_owned(),
        residence: Some(residence.to_owned()),
        registered: None,
        sex: Some(Sex::of(id)),
        birth_date: Some(id.birth),
        ethnicity: None,
        address: None,
        phone: None,
        death_date: None,
    }
}

impl Sex {
    /// As the citizen's number tells it.
    fn of(id: &citizen_id::CitizenId) -> Self {
        if id.sex == citizen_id::Sex::Male { Self::Male } else { Self::Female }
    }
}

/// The salt of a record's own key, made where it has none yet.
pub fn own_salt(salt: &mut Vec<u8>) -> Result<Vec<u8>, Failure> {
    if salt.is_empty() {
        *salt = Keyring::new_salt()?.to_vec();
    }
    Ok(salt.clone())
}

/// What is sealed, opened.
pub fn unsealed(kernel: &Kernel, salt: &[u8], context: &str, kept: Option<&[u8]>) -> Result<Option<String>, Fault> {
    Ok(match kept {
        Some(blob) => Some(kernel.keys.open(salt, context, blob)?),
        None => None,
    })
}

/// Seals a value anew only where it changed, since the same value never seals to the same bytes.
pub fn reseal(
    kernel: &Kernel,
    salt: &[u8],
    context: &str,
    kept: &mut Option<Vec<u8>>,
    wanted: Option<&str>,
) -> Result<(), Failure> {
    let now = match kept {
        Some(blob) => Some(kernel.keys.open(salt, context, blob)?),
        None => None,
    };
    if now.as_deref() != wanted {
        *kept = match wanted {
            Some(plain) => Some(kernel.keys.seal(salt, context, plain)?),
            None => None,
        };
    }
    Ok(())
}
