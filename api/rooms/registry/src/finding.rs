//! 待查事项 · what is odd of records that were taken all the same: a payment for a month before the recognition or after a
//! death, an allowance for a child. Each is found when its record is written, whatever wrote it, settles by itself when the
//! record is put right, and is set aside by who looked into it.

use async_graphql::resolver_utils::enum_value;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::Aggregate;
use entity::eldercare::stay;
use entity::payments::payment;
use entity::registry::finding::{Column, Entity};
use entity::welfare::welfare_benefit;
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::engine::AnyNode;
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::room::Room;
use minzheng_ground::state::{row_id, state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Work, commands};
use sea_orm::ColumnTrait as _;
use sea_orm::sea_query::Condition;
use serde::Serialize;

minzheng_ground::codes! {
    /// 待查种类 · what is odd.
    FindingKind, FindingKindFilter, "FINDING_KIND" {
        BeforeBasis "BEFORE_BASIS" "早于依据生效" "for a time before what it rests on began",
        AfterBasis "AFTER_BASIS" "晚于依据终止" "for a time after what it rests on ended",
        AfterDeath "AFTER_DEATH" "本人已死亡" "for somebody who has died",
        NotCovered "NOT_COVERED" "不是保障对象" "for somebody whom what it rests on does not cover",
        OtherAge "OTHER_AGE" "年龄不符" "for somebody of another age",
    }
}

/// The records of which something can be found, and the rooms that they are of.
const ROOMS: &[(&str, Room)] = &[
    (<payment::Entity as Aggregate>::NAME, Room::Payments),
    (<welfare_benefit::Entity as Aggregate>::NAME, Room::Welfare),
    (<stay::Entity as Aggregate>::NAME, Room::Eldercare),
];

/// One finding.
pub type Finding = Row<Entity>;

/// 待查事项 · something odd of a record that was taken all the same.
pub fn table() -> Table {
    Builder::<Entity>::new("待查事项 · something odd of a record that was taken all the same.")
        .list(
            "findings",
            "待查事项列表 · what is odd of records in scope, in the order in which it was noted.",
            Column::Id,
        )
        .asked_by::<FindingKind>("kind", "种类 · left out: all", false, |_, kind| {
            Ok(Condition::all().add(Column::Kind.eq(kind.code())))
        })
        .asked_by::<Room>("room", "板块 · left out: all", false, |_, room| {
            let of = ROOMS.iter().filter(|(_, of)| *of == room).map(|(aggregate, _)| *aggregate);
            Ok(Condition::all().add(Column::Aggregate.is_in(of)))
        })
        .asked_by::<bool>("open", "是否未了结 · left out: open and settled ones", false, |_, open| {
            let settled = Column::SettledOn;
            Ok(Condition::all().add(if open { settled.is_null() } else { settled.is_not_null() }))
        })
        .id()
        .order()
        .code::<FindingKind>(Column::Kind, "种类 · what is odd.")
        .filter()
        .computed::<Option<Room>>("room", "板块 · the room of the record.", &[Column::Aggregate], |row, json| {
            let of = row.cell::<Entity>(Column::Aggregate).text();
            match ROOMS.iter().find(|(aggregate, _)| Some(*aggregate) == of) {
                Some((_, room)) => json.value(&enum_value(*room)),
                None => json.null(),
            }
        })
        .text(Column::Number, "记录编号 · number of the record, or of what it belongs to.")
        .filter()
        .division(Column::Division, "区划代码 · that of the record.")
        .filter()
        .later_of::<Option<AnyNode>>("node", "记录 · what it is about; null where out of scope.", |_, row| {
            Box::pin(async move { Ok(AnyNode::new(&row.model.aggregate, row.model.row_id)) })
        })
        .because("a row of any type")
        .date(Column::NotedOn, "发现日期 · the day on which it was noted.")
        .filter()
        .order()
        .date(
            Column::SettledOn,
            "了结日期 · the day on which it was set aside, or the record put right; null: it is open.",
        )
        .filter()
        .version()
        .table()
}

/// Which finding.
#[derive(InputObject)]
pub struct SettleFindingInput {
    /// 待查事项
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// What became of a finding.
#[derive(SimpleObject)]
pub struct FindingPayload {
    /// 待查事项 · as it is now; null when refused.
    finding: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct FindingMutation;

#[Object]
impl FindingMutation {
    /// 了结待查事项 · somebody looked into it, and the record is right as it is; requires TOWN_OFFICER, BUSINESS_OFFICER or
    /// DISTRICT_ADMIN. One whose record is put right settles by itself.
    async fn settle_finding(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: SettleFindingInput,
    ) -> Answer<FindingPayload> {
        let done = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => {
                let command = SettleFinding { id, version: input.version };
                let sent = Sent::with_key(input.idempotency_key);
                commands::run(&state(context)?.kernel, viewer(context)?, command, &sent).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        let (row, user_errors) = outcome(context, done)?;
        Ok(FindingPayload { finding: row.map(Link::id), user_errors })
    }
}

/// 了结待查事项
#[derive(Clone, Debug, Serialize)]
struct SettleFinding {
    id: i64,
    version: Option<i32>,
}

#[async_trait::async_trait]
impl Command for SettleFinding {
    const NAME: &'static str = "settleFinding";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        if row.row().settled_on.is_some() {
            return Err(Refusal::new(UserErrorCode::WrongState, Text::of("finding-settled")).at("id").into());
        }
        let today = work.today();
        work.update::<Entity>(row, |finding| finding.settled_on = Some(today)).await?;
        Ok(self.id)
    }
}

/// What is told of rows of which something is odd.
pub fn told(kind: &str) -> Option<String> {
    let code = FindingKind::CODES.iter().find(|code| code.code == kind)?;
    Some(format!("{}，已列入待查事项 · {}, on the list of findings", code.zh, code.en))
}

#[cfg(test)]
mod tests {
    use minzheng_kernel::viewer::{Level, Rights as _};

    use minzheng_rules::odd::Odd;

    use super::*;
    use minzheng_ground::policy::{LINES, POLICY, ROLES};

    #[test]
    fn who_learns_what_is_odd_of_a_record_may_see_the_record() {
        for role in ROLES {
            for line in LINES.iter().copied().map(Some).chain([None]) {
                if POLICY.level(role.code, line, Entity::NAME) < Level::Masked {
                    continue;
                }
                let all: Vec<&str> = ROOMS.iter().map(|(aggregate, _)| *aggregate).collect();
                let told = POLICY.only(role.code, line, Entity::NAME).map_or(all, |(_, values)| values.to_vec());
                for aggregate in told {
                    let level = POLICY.level(role.code, line, aggregate);
                    assert!(level >= Level::Masked, "{} {line:?}: {aggregate}", role.code);
                }
            }
        }
    }

    #[test]
    fn all_that_can_be_odd_has_a_name() {
        let named: Vec<&str> = FindingKind::CODES.iter().map(|code| code.code).collect();
        assert_eq!(named, Odd::ALL.map(Odd::code));
    }
}
