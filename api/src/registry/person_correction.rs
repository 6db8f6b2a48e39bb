//! 更正记录 · what was put right of a person, when and why: a number, a death that was none (domain §8.1).

use async_graphql::{Context, ID, InputObject, Object};
use entity::registry::person;
use entity::registry::person_correction::{Entity, Model};
use minzheng_kernel::commands::Command;
use minzheng_kernel::{Failure, Level, Refusal, Text, UserErrorCode, Work};
use serde::Serialize;

use super::person::{Person, PersonPayload, for_change, give, reason_given, sealed_reason};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::load::by_id;
use crate::graphql::personal::{PersonalKind, personal, shown};
use crate::graphql::scalars::Date;
use crate::graphql::{global_id, row_id};
use crate::node;

/// What reasons are sealed for.
pub const REASON: &str = "person_correction.reason";

crate::codes! {
    /// 更正种类 · what was put right.
    CorrectionKind, CorrectionKindFilter, "CORRECTION_KIND" {
        Identity "IDENTITY" "证件号码" "identity number",
        Death "DEATH" "撤销死亡" "a death that was none",
    }
}

node! {
    /// One correction.
    PersonCorrection, Entity
}

impl PersonCorrection {
    /// The same, shown as the person is.
    #[must_use]
    pub fn as_shown(mut self, level: Level) -> Self {
        self.0.level = level;
        self
    }
}

/// 更正记录 · something of a person that was put right.
#[Object(name_type)]
impl PersonCorrection {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("PersonCorrection", self.0.model.id)
    }

    /// 更正种类 · what was put right.
    fn kind(&self) -> Option<CorrectionKind> {
        CorrectionKind::parse(&self.0.model.kind)
    }

    /// 更正日期
    fn on(&self) -> Date {
        Date(self.0.model.on_date)
    }

    /// 理由 · null when masked.
    #[graphql(directive = personal::apply(PersonalKind::Case))]
    async fn reason(&self, context: &Context<'_>) -> Answer<Option<String>> {
        if !shown(context, self.0.level, self.0.model.person_id, "PersonCorrection.reason")? {
            return Ok(None);
        }
        let Some(person) = by_id::<Person>(context, self.0.model.person_id).await? else { return Ok(None) };
        person.unseal(context, REASON, &self.0.model.reason).map(Some)
    }
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
    async fn revoke_death(&self, context: &Context<'_>, input: RevokeDeathInput) -> Answer<PersonPayload> {
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
