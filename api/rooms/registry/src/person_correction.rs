//! 更正记录 · what was put right of a person, when and why: a number, a death that was none (domain §8.1).

use async_graphql::{Context, ID, InputObject, Object};
use entity::registry::person;
use entity::registry::person_correction::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::error::Answer;
use minzheng_ground::personal::PersonalKind;
use minzheng_ground::state::row_id;
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::commands::Command;
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Work};
use serde::Serialize;

use crate::person::{PersonPayload, for_change, give, reason_given, sealed_reason, unsealed};

/// What reasons are sealed for.
pub const REASON: &str = "person_correction.reason";

minzheng_ground::codes! {
    /// 更正种类 · what was put right.
    CorrectionKind, CorrectionKindFilter, "CORRECTION_KIND" {
        Identity "IDENTITY" "证件号码" "identity number",
        Death "DEATH" "撤销死亡" "a death that was none",
    }
}

/// One correction.
pub type PersonCorrection = Row<Entity>;

/// 更正记录 · something of a person that was put right.
pub fn table() -> Table {
    Builder::<Entity>::new("更正记录 · something of a person that was put right.")
        .id()
        .code::<CorrectionKind>(Column::Kind, "更正种类 · what was put right.")
        .date(Column::OnDate, "更正日期")
        .named("on")
        .later_of::<Option<String>>("reason", "理由 · null when masked.", |context, row| {
            Box::pin(async move {
                unsealed(
                    context,
                    row.level,
                    row.model.person_id,
                    ("PersonCorrection.reason", REASON),
                    &row.model.reason,
                )
                .await
            })
        })
        .because("sealed under the key of its person, another row")
        .of_kind(PersonalKind::Case)
        .table()
}

/// Records what was put right of a person.
pub async fn note(work: &mut Work<'_>, person: i64, kind: CorrectionKind, reason: Vec<u8>) -> Result<(), Failure> {
    let row = Model {
        id: work.id().await?,
        person_id: person,
        kind: kind.code().to_owned(),
        on_date: work.today(),
        reason,
        version: 1,
        voided: false,
    };
    work.insert::<Entity>(row).await?;
    Ok(())
}

/// A death that was none.
#[derive(InputObject)]
pub struct RevokeDeathInput {
    /// 人员
    person: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 理由 · how it is known that the person lives, or did not die then.
    #[graphql(validator(max_length = 1000))]
    reason: String,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// The changes.
#[derive(Default)]
pub struct PersonCorrectionMutation;

#[Object]
impl PersonCorrectionMutation {
    /// 撤销死亡 · takes the recorded death of a person back; what was stopped because of it is taken up again by the
    /// commands of those records. Requires TOWN_OFFICER or DISTRICT_ADMIN.
    async fn revoke_death(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RevokeDeathInput,
    ) -> Answer<PersonPayload> {
        let command = row_id::<person::Entity>(&input.person, "person").map(|person| RevokeDeath {
            person,
            version: input.version,
            reason: input.reason,
        });
        give(context, command, input.idempotency_key).await
    }
}

/// 撤销死亡 · the death was none.
#[derive(Clone, Serialize)]
struct RevokeDeath {
    person: i64,
    version: Option<i32>,
    reason: String,
}

#[async_trait::async_trait]
impl Command for RevokeDeath {
    const NAME: &'static str = "revokeDeath";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        reason_given(&self.reason)?;
        let row = for_change(work, Self::NAME, self.person, self.version, "person").await?;
        let reason = sealed_reason(work, row.row(), REASON, &self.reason)?;
        if row.row().death_date.is_none() {
            return Err(Refusal::new(UserErrorCode::WrongState, Text::of("death-none")).at("person").into());
        }
        work.update::<person::Entity>(row, |person| person.death_date = None).await?;
        note(work, self.person, CorrectionKind::Death, reason).await?;
        Ok(self.person)
    }
}
