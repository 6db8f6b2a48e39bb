//! 曾用证件 · numbers that a person had before, or that stood by mistake: rows that name them still find the person.

use async_graphql::{Context, ID, InputObject, Object};
use entity::registry::person;
use entity::registry::person_identity::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::error::Answer;
use minzheng_ground::loaders::by_id;
use minzheng_ground::personal::{PersonalKind, shown};
use minzheng_ground::state::row_id;
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::commands::Command;
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Work};
use minzheng_reference::elsewhere::{A_DAY, Elsewhere};
use minzheng_reference::person::IdKind;
use minzheng_reference::person_number::blind;
use minzheng_rules::identifiers::{citizen_id, normal_number};
use minzheng_rules::mask;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use crate::person::{Person, PersonPayload, Sex, for_change, give, reason_given, sealed_reason, unseal};
use crate::person_correction;

/// One former number.
pub type PersonIdentity = Row<Entity>;

/// 曾用证件 · a number that a person had before, or that stood by mistake.
pub fn table() -> Table {
    Builder::<Entity>::new("曾用证件 · a number that a person had before, or that stood by mistake.")
        .id()
        .code::<IdKind>(Column::IdKind, "证件类型 · kind of identity paper.")
        .later_of::<Option<String>>(
            "idNumber",
            "证件号码 · number of the paper; masked: first 3 and last 2.",
            |context, row| {
                Box::pin(async move {
                    let Some(person) = by_id::<Person>(context, row.model.person_id).await? else { return Ok(None) };
                    let number = unseal(context, &person, "person.id_number", &row.model.id_number)?;
                    let open = shown(context, row.level, row.model.person_id, "PersonIdentity.idNumber")?;
                    Ok(Some(if open { number } else { mask::id_number(&number) }))
                })
            },
        )
        .because("sealed under the key of its person, another row")
        .of_kind(PersonalKind::Id)
        .date(Column::Until, "停用日期 · the day on which another number took its place.")
        .table()
}

/// The right number of a person.
#[derive(InputObject)]
pub struct CorrectIdentityInput {
    /// 人员
    person: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 证件类型 · left out: citizen's identity card.
    id_kind: Option<IdKind>,
    /// 证件号码 · as the paper says.
    #[graphql(validator(min_length = 1, max_length = 50))]
    id_number: String,
    /// 理由 · why it is changed.
    #[graphql(validator(max_length = 1000))]
    reason: String,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// The changes.
#[derive(Default)]
pub struct PersonIdentityMutation;

#[Object]
impl PersonIdentityMutation {
    /// 更正证件号码 · puts a wrong or changed number of a person right; rows and payments stay the person's, the old
    /// number still finds them. Requires TOWN_OFFICER or DISTRICT_ADMIN.
    async fn correct_identity(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: CorrectIdentityInput,
    ) -> Answer<PersonPayload> {
        let command = row_id::<person::Entity>(&input.person, "person").map(|person| CorrectIdentity {
            person,
            version: input.version,
            id_kind: input.id_kind.unwrap_or(IdKind::CitizenId),
            id_number: normal_number(&input.id_number),
            reason: input.reason,
        });
        give(context, command, input.idempotency_key).await
    }
}

/// 更正证件号码 · puts the number right.
#[derive(Clone, Serialize)]
struct CorrectIdentity {
    person: i64,
    version: Option<i32>,
    id_kind: IdKind,
    id_number: String,
    reason: String,
}

fn taken() -> Failure {
    Refusal::new(UserErrorCode::Duplicate, Text::of("number-taken")).at("idNumber").into()
}

#[async_trait::async_trait]
impl Command for CorrectIdentity {
    const NAME: &'static str = "correctIdentity";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let card = match self.id_kind {
            IdKind::CitizenId => Some(
                citizen_id::parse(&self.id_number, work.today())
                    .map_err(|error| Refusal::invalid("idNumber", Text::of("number-bad").with("code", error.code())))?,
            ),
            _ => None,
        };
        reason_given(&self.reason)?;
        let row = for_change(work, Self::NAME, self.person, self.version, "person").await?;
        let person = row.row().clone();
        work.reveal::<person::Entity>(&person, &["Person.idNumber", "Person.deathDate"], "person")?;
        let reason = sealed_reason(work, &person, person_correction::REASON, &self.reason)?;
        let number = card.as_ref().map_or(self.id_number, |card| card.number.clone());
        let digest = blind(&work.kernel.keys, self.id_kind.code(), &number)?;
        if digest == person.id_blind {
            return Err(Refusal::invalid("idNumber", Text::of("number-same")).into());
        }
        let other = work.everywhere::<person::Entity>().filter(person::Column::IdBlind.eq(digest.clone()));
        let other = other.one(work.tx()).await?;
        let here = other.as_ref().is_some_and(|other| work.reaches::<person::Entity>(other));
        if !here {
            // That somebody out of reach has it may be found out so often a day, as in a sheet.
            let held = other.iter().map(|other| (number.clone(), other.id)).collect();
            if Elsewhere::told(work, held).await?.spent() {
                let text = Text::of("elsewhere-limit").with("most", A_DAY);
                return Err(Refusal::new(UserErrorCode::TooMany, text).at("idNumber").into());
            }
        }
        if let Some(other) = other {
            // That somebody has this number is told: a read of theirs.
            work.viewer.note_read(other.id, "Person.idNumber");
            return Err(taken());
        }
        if card.as_ref().is_some_and(|card| person.death_date.is_some_and(|death| death < card.birth)) {
            return Err(Refusal::invalid("idNumber", Text::of("death-before-birth")).into());
        }
        // Where it was theirs before, it is so no longer only before.
        let again = work
            .everywhere::<Entity>()
            .filter(Column::PersonId.eq(person.id))
            .filter(Column::IdBlind.eq(digest.clone()));
        for former in again.all(work.tx()).await? {
            let former = work.checked::<Entity>(former);
            work.void::<Entity>(former).await?;
        }
        let sealed = work.kernel.keys.seal(&person.key_salt, "person.id_number", &number)?;
        let put_right = |person: &mut person::Model| {
            self.id_kind.code().clone_into(&mut person.id_kind);
            (person.id_number, person.id_blind) = (sealed, digest);
            if let Some(card) = card {
                let sex = if card.sex == citizen_id::Sex::Male { Sex::Male } else { Sex::Female };
                sex.code().clone_into(&mut person.sex);
                person.birth_date = Some(card.birth);
            }
        };
        match work.update::<person::Entity>(row, put_right).await {
            // Somebody else was given the number at the same time.
            Err(failure) if failure.is_duplicate() => return Err(taken()),
            outcome => outcome?,
        };
        let former = Model {
            id: work.id().await?,
            person_id: person.id,
            id_kind: person.id_kind,
            // Sealed under the same key for the same purpose.
            id_number: person.id_number,
            id_blind: person.id_blind,
            until: work.today(),
            version: 1,
            voided: false,
        };
        work.insert::<Entity>(former).await?;
        person_correction::note(work, person.id, person_correction::CorrectionKind::Identity, reason).await?;
        Ok(person.id)
    }
}
