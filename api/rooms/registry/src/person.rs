//! 人员 · natural persons, also without an ID number (domain §2.12, §8.1): found again by the blind index of
//! their number, sealed at rest under a key of their own.

use async_graphql::{Context, SimpleObject};
use entity::Aggregate as _;
use entity::registry::person::{Column, Entity, Model};
use entity::registry::person_identity;
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::error::{Answer, UserError, asked_wrong, fault, outcome};
use minzheng_ground::filter::NameFilter;
use minzheng_ground::loaders::by_id;
use minzheng_ground::personal::{PersonalKind, shown};
use minzheng_ground::state::{state, viewer};
use minzheng_ground::table::FieldArgument;
use minzheng_ground::{Builder, Cell, Link, Row, Table, Which};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Checked, Failure, Level, Refusal, Text as Words, Work, commands, machine};
use minzheng_reference::person::IdKind;
use minzheng_reference::person_number::{blind, normal_phone, phone_blind};
use minzheng_rules::identifiers::{citizen_id, normal_number};
use minzheng_rules::mask;
use sea_orm::ColumnTrait as _;
use sea_orm::sea_query::{Condition, Query};

use crate::person_access;
use crate::person_access::PersonAccess;

minzheng_ground::codes! {
    /// 性别 · sex, GB/T 2261.1 (1, 2, 9).
    Sex, SexFilter, "SEX" {
        Male "MALE" "男" "male",
        Female "FEMALE" "女" "female",
        Unstated "UNSTATED" "未说明" "not stated",
    }
}

/// One person as a viewer sees them.
pub type Person = Row<Entity>;

/// A sealed field of a person, or of a row that is sealed under the person's key, opened.
pub fn unseal(context: &Context<'_>, person: &Person, field: &str, blob: &[u8]) -> Answer<String> {
    let keys = &state(context)?.kernel.keys;
    keys.open(&person.model.key_salt, field, blob).map_err(|e| fault(context, e.into()))
}

/// Something of a row that is sealed under the key of the person whom it is about, for who sees the row in full; that it was
/// read is noted.
pub async fn unsealed(
    context: &Context<'_>,
    level: Level,
    person: i64,
    (noted, sealed_as): (&'static str, &str),
    blob: &[u8],
) -> Answer<Option<String>> {
    if level < Level::Full {
        return Ok(None);
    }
    let Some(of) = by_id::<Person>(context, person).await? else { return Ok(None) };
    shown(context, level, person, noted)?;
    unseal(context, &of, sealed_as, blob).map(Some)
}

/// 人员 · a natural person.
pub fn table() -> Table {
    Builder::<Entity>::new(
        "人员 · a natural person. Personal fields are masked unless the viewer may see them in full and says for what\n\
         (header `Minzheng-Purpose`).",
    )
    .list(
        "persons",
        "人员列表 · persons in scope. Exact search by number or telephone asks for the full view.",
        Column::Id,
    )
    .asked_by::<String>(
        "idNumber",
        "证件号码 · exact, also an earlier number of the person",
        true,
        |reading, number| {
            let (keys, number) = (&reading.kernel.keys, normal_number(&number));
            let blinds: Result<Vec<_>, _> = IdKind::CODES.iter().map(|kind| blind(keys, kind.code, &number)).collect();
            let blinds = blinds?;
            let earlier = Query::select()
                .column(person_identity::Column::PersonId)
                .from(person_identity::Entity)
                .and_where(person_identity::Column::IdBlind.is_in(blinds.clone()))
                .and_where(person_identity::Entity::live())
                .to_owned();
            Ok(Condition::any().add(Column::IdBlind.is_in(blinds)).add(Column::Id.in_subquery(earlier)))
        },
    )
    .asked_by::<String>("phone", "联系电话 · exact", true, |reading, phone| {
        let blind = phone_blind(&reading.kernel.keys, &normal_phone(&phone))?;
        Ok(Condition::all().add(Column::PhoneBlind.eq(blind)))
    })
    .id()
    .order()
    .masked("masked", "是否脱敏 · whether personal fields are masked for this viewer.")
    .personal(Column::Name, "姓名 · name; masked: first and last sign.")
    .filter_as::<NameFilter>()
    .order()
    .code::<IdKind>(Column::IdKind, "证件类型 · kind of identity paper.")
    .filter()
    .personal(Column::IdNumber, "证件号码 · number of the paper; masked: first 3 and last 2.")
    .many(
        "formerNumbers",
        "曾用证件 · numbers that the person had before, or that stood here by mistake; each masked as the number is.",
        "PersonIdentity",
        ("person_id", Which::Parts("until")),
    )
    .as_parent()
    .many(
        "corrections",
        "更正记录 · what was put right of this person, and why.",
        "PersonCorrection",
        ("person_id", Which::Parts("on_date")),
    )
    .as_parent()
    .many(
        "guardianships",
        "监护与代办 · who acts, or acted, for this person, newest first.",
        "Guardianship",
        ("person_id", Which::Newest("valid_from")),
    )
    .version()
    .code::<Sex>(Column::Sex, "性别 · sex.")
    .filter()
    .personal_date(Column::BirthDate, "出生日期 · date of birth; null when masked, since it completes the ID number.")
    .filter()
    .computed::<Option<String>>(
        "birthDecade",
        "出生年代 · the ten years of birth, such as `1940-1949`.",
        &[Column::BirthDate],
        |row, json| match row.cell::<Entity>(Column::BirthDate) {
            Cell::Date(date) => json.text(&mask::birth(*date)),
            _ => json.null(),
        },
    )
    .personal(Column::Ethnicity, "民族 · ethnic group; null when masked.")
    .division(Column::Residence, "现住地 · division of residence.")
    .filter()
    .order()
    .division(Column::Registered, "户籍地 · division of the household register.")
    .filter()
    .personal(Column::Address, "详细地址 · address; null when masked: the village is the mask.")
    .personal(Column::Phone, "联系电话 · telephone; masked: `138****1234`.")
    .date(Column::DeathDate, "死亡日期 · date of death.")
    .filter()
    .many(
        "conditions",
        "状况 · disability, illness, schooling and labour ability by dates; null when masked.",
        "PersonCondition",
        ("person_id", Which::Parts("valid_from")),
    )
    .closed_when_masked(PersonalKind::Health)
    .many(
        "payments",
        "发放记录 · what was paid for this person, newest first: one a line and benefit month.",
        "PaymentPerson",
        ("person_id", Which::Newest("paid_on")),
    )
    .many(
        "benefits",
        "福利待遇 · standing benefits, newest first.",
        "WelfareBenefit",
        ("person_id", Which::Newest("effective_from")),
    )
    .later_of::<Vec<PersonAccess>>(
        "accesses",
        "查阅记录 · who looked at these data and for what, newest first; for the person and their guardian only.",
        |context, row| {
            Box::pin(async move {
                let (_, first) = context.param_value::<i32>("first", Some(|| 20)).map_err(asked_wrong)?;
                person_access::newest(context, row.model.id, first).await
            })
        },
    )
    .because("read from the journal")
    .argument(FieldArgument::of::<i32>("first").or("20").text("条数 · so many; at most 100"))
    .many(
        "memberships",
        "家庭成员关系 · households by dates, earliest first.",
        "HouseholdMember",
        ("person_id", Which::All("joined_on")),
    )
    .table()
}

/// What became of a person.
#[derive(SimpleObject)]
pub struct PersonPayload {
    /// 人员 · as it is now; null when refused.
    person: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
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
    Ok(PersonPayload { person: row.map(Link::id), user_errors })
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
