//! 家庭成员 · who belongs to a household from a day to a day; nobody belongs to two on one day.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::registry::household_member::{Column, Entity, Model};
use minzheng_ground::sheets::pages::{Exported, export_page};
use minzheng_ground::sheets::row::{Day, Id, One};
use minzheng_ground::sheets::upsert::{Known, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::{household, person_number};
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

minzheng_ground::codes! {
    /// 与户主关系 · relation to the head, after GB/T 4761-2008.
    FamilyRelation, FamilyRelationFilter, "FAMILY_RELATION" {
        Head "HEAD" "本人" "head of the household",
        Spouse "SPOUSE" "配偶" "spouse",
        Son "SON" "子" "son",
        Daughter "DAUGHTER" "女" "daughter",
        Parent "PARENT" "父母" "parent",
        Grandparent "GRANDPARENT" "祖父母" "grandparent",
        Grandchild "GRANDCHILD" "孙辈" "grandchild",
        Sibling "SIBLING" "兄弟姐妹" "brother or sister",
        Other "OTHER" "其他" "other",
    }
}

/// One membership.
pub type HouseholdMember = Row<Entity>;

/// 家庭成员 · a person in a household from a day to a day.
pub fn table() -> Table {
    Builder::<Entity>::new("家庭成员 · a person in a household from a day to a day.")
        .id()
        .one("person", "人员 · the person; null where out of scope.", "Person", Column::PersonId)
        .one("household", "家庭 · the household; null where out of scope.", "Household", Column::HouseholdId)
        .code::<FamilyRelation>(Column::Relation, "与户主关系 · relation to the head.")
        .date(Column::JoinedOn, "加入日期 · first day.")
        .date(Column::LeftOn, "离开日期 · first day on which it no longer holds.")
        .table()
}

minzheng_ground::sheet_row! {
    /// One membership as a sheet tells it.
    SheetRow of Model {
        household: need Id => "户编号" by hand,
        person: need Id => "证件号码" or ["身份证号", "公民身份号码", "身份证号码", "成员证件号码"] by hand,
        relation: need One<FamilyRelation> => "与户主关系",
        joined_on: need Day => "加入日期",
        left_on: may Day => "离开日期",
    }
}

/// `household-members`: matched by household, person and first day.
pub struct Sheet;

/// First day and first day after, with the household: for the check that nobody is in two.
type Stay = (i64, NaiveDate, Option<NaiveDate>);

fn overlap(a: &Stay, b: &Stay) -> bool {
    let before = |end: Option<NaiveDate>, start: NaiveDate| end.is_some_and(|end| end <= start);
    !before(a.2, b.1) && !before(b.2, a.1)
}

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "household-members";
    const COMMAND: &'static str = "recordHouseholdMember";
    const KEY: &'static [&'static str] = &["户编号", "证件号码", "加入日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("加入日期", Some(row.joined_on)), ("离开日期", row.left_on)]);
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let households = household::by_numbers(work, rows.iter().map(|row| row.row.household.clone())).await?;
        let persons = person_number::by_numbers(work, rows.iter().map(|row| &row.row.person)).await?;
        let ids: Vec<i64> = persons.values().map(|person| person.id).collect();
        let known = work.everywhere::<Entity>().filter(Column::PersonId.is_in(ids)).all(work.tx()).await?;
        let mut stays: HashMap<i64, Vec<Stay>> = HashMap::new();
        for row in &known {
            stays.entry(row.person_id).or_default().push((row.household_id, row.joined_on, row.left_on));
        }
        let mut refused = Taken::default();
        let mut good = Vec::with_capacity(rows.len());
        for row in rows {
            let (Some(household), Some(person)) = (households.get(&row.row.household), persons.get(&row.row.person))
            else {
                if !households.contains_key(&row.row.household) {
                    refused.missing(row.number, "户编号", &row.row.household, household::IMPORT_FIRST);
                }
                if !persons.contains_key(&row.row.person) {
                    persons.refuse(&mut refused, row.number, "证件号码", &row.row.person);
                }
                continue;
            };
            let stay = (household.id, row.row.joined_on, row.row.left_on);
            let own = stays.entry(person.id).or_default();
            // The row that this one corrects does not stand in its way.
            let others = own.iter().filter(|other| (other.0, other.1) != (stay.0, stay.1));
            if others.into_iter().any(|other| overlap(other, &stay)) {
                let text = "这些天已在另一户或同一户的另一行 · already in a household on these days";
                let remedy = "先填上一户的离开日期 · give the day on which the person left the other household";
                refused.refuse(row.number, "加入日期", row.row.joined_on, "TWO_HOUSEHOLDS", text, remedy);
                continue;
            }
            own.retain(|other| (other.0, other.1) != (stay.0, stay.1));
            own.push(stay);
            good.push(Numbered { number: row.number, row: (household.id, person.id, row.row) });
        }
        let known = Known::<Entity, _>::of(work, known, |row| (row.household_id, row.person_id, row.joined_on)).await?;
        let write = |model: &mut Model, (household, person, row): &(i64, i64, SheetRow)| {
            (model.household_id, model.person_id) = (*household, *person);
            row.keep(model);
            Ok(())
        };
        let key = |row: &(i64, i64, SheetRow)| (row.0, row.1, row.2.joined_on);
        let (mut taken, _) = upsert::<Entity, _, _>(work, &good, known, key, write).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (households, next) = export_page::<entity::registry::household::Entity>(kernel, viewer, after).await?;
        let numbers: HashMap<i64, String> = households.into_iter().map(|row| (row.id, row.number)).collect();
        let members = viewer
            .parts::<Entity>(Column::HouseholdId, numbers.keys().copied())
            .order_by_asc(Column::Id)
            .all(kernel.db.read())
            .await?;
        let persons = person_number::numbers_of(kernel, viewer, members.iter().map(|row| row.person_id)).await?;
        let row = |model: &Model| {
            let (household, person) = (numbers.get(&model.household_id), persons.get(&model.person_id));
            SheetRow::told(model, household.cloned(), person.cloned())
        };
        Ok(Exported { rows: members.iter().filter_map(row).collect(), next })
    }
}
