//! 人员状况 · disability, illness, schooling, labour ability and care need of a person by dates.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::registry::person_condition::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::pages::{Exported, export_page};
use minzheng_ground::sheets::row::{Day, Id, One, Whole, Word};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::person_condition::DisabilityType;
use minzheng_reference::person_number;
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryOrder as _};

minzheng_ground::codes! {
    /// 状况种类 · kind of condition.
    ConditionKind, ConditionKindFilter, "CONDITION_KIND" {
        Disability "DISABILITY" "残疾" "disability",
        MajorIllness "MAJOR_ILLNESS" "重病" "major illness",
        AtSchool "AT_SCHOOL" "在校" "at school",
        LabourAbility "LABOUR_ABILITY" "劳动能力" "labour ability",
        CareNeed "CARE_NEED" "失能" "loss of self-care",
    }
}

/// One condition.
pub type PersonCondition = Row<Entity>;

/// 人员状况 · a condition of a person from a day to a day; shown only in full.
pub fn table() -> Table {
    Builder::<Entity>::new("人员状况 · a condition of a person from a day to a day; shown only in full.")
        .id()
        .personal_code::<ConditionKind>(Column::Kind, "种类 · kind.")
        .noted_as("PersonCondition")
        .date(Column::ValidFrom, "生效日期 · first day.")
        .date(Column::ValidUntil, "失效日期 · first day on which it no longer holds.")
        .personal_code::<DisabilityType>(Column::DisabilityType, "残疾类别 · type of disability.")
        .noted_as("PersonCondition")
        .personal_number(Column::DisabilityLevel, "残疾等级 · 1 (most severe) to 4.")
        .noted_as("PersonCondition")
        .personal(Column::Degree, "程度 · degree, as it was recorded.")
        .noted_as("PersonCondition")
        .table()
}

minzheng_ground::sheet_row! {
    /// One condition as a sheet tells it.
    SheetRow of Model {
        person: need Id => "证件号码" or ["身份证号", "公民身份号码", "身份证号码"] by hand,
        kind: need One<ConditionKind> => "种类",
        valid_from: need Day => "生效日期",
        valid_until: may Day => "失效日期",
        disability_type: may One<DisabilityType> => "残疾类别",
        disability_level: may Whole => "残疾等级",
        certificate: may Id => "证号" or ["残疾证号"] by hand,
        degree: may Word => "程度",
    }
}

/// `person-conditions`: matched by person, kind and first day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "person-conditions";
    const COMMAND: &'static str = "recordPersonCondition";
    const KEY: &'static [&'static str] = &["证件号码", "种类", "生效日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("生效日期", Some(row.valid_from)), ("失效日期", row.valid_until)]);
        if row.disability_level.is_some_and(|level| !(1..=4).contains(&level)) {
            let text = "残疾等级为 1 至 4 · the level is 1 to 4";
            fields.refuse(Some("残疾等级"), "LEVEL", text, "按残疾证填写 · as the certificate says");
        }
        let needed = row.kind == ConditionKind::Disability;
        for (header, given) in
            [("残疾类别", row.disability_type.is_some()), ("残疾等级", row.disability_level.is_some())]
        {
            if needed && !given {
                let text = "残疾须有类别和等级 · a disability has a type and a level";
                fields.refuse(Some(header), "REQUIRED", text, "按残疾证填写 · as the certificate says");
            } else if !needed && given {
                let text = "只有残疾才填 · for a disability only";
                fields.refuse(Some(header), "NOT_FOR_KIND", text, "删去，或改正种类 · remove it or correct the kind");
            }
        }
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let persons = person_number::by_numbers(work, rows.iter().map(|row| &row.row.person)).await?;
        let ids: Vec<i64> = persons.values().map(|person| person.id).collect();
        let known = known_by::<Entity, _>(work, Column::PersonId.is_in(ids), |row| {
            (row.person_id, row.kind.clone(), row.valid_from)
        })
        .await?;
        let mut refused = Taken::default();
        let mut good = Vec::with_capacity(rows.len());
        for row in rows {
            match persons.get(&row.row.person) {
                Some(person) => good.push(Numbered { number: row.number, row: (person, row.row) }),
                None => persons.refuse(&mut refused, row.number, "证件号码", &row.row.person),
            }
        }
        let write = |model: &mut Model, (person, row): &(&entity::registry::person::Model, SheetRow)| {
            row.keep(model);
            model.person_id = person.id;
            let certificate = row.certificate.as_deref();
            kernel.keys.reseal(
                &person.key_salt,
                "person_condition.certificate",
                &mut model.certificate,
                certificate,
            )?;
            Ok(())
        };
        let key = |(person, row): &(&entity::registry::person::Model, SheetRow)| {
            (person.id, row.kind.code().to_owned(), row.valid_from)
        };
        let (mut taken, _) = upsert::<Entity, _, _>(work, &good, known, key, write).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (persons, next) = export_page::<entity::registry::person::Entity>(kernel, viewer, after).await?;
        let persons: HashMap<i64, entity::registry::person::Model> =
            persons.into_iter().map(|row| (row.id, row)).collect();
        let conditions = viewer
            .parts::<Entity>(Column::PersonId, persons.keys().copied())
            .order_by_asc(Column::Id)
            .all(kernel.db.read())
            .await?;
        let numbers = person_number::numbers_of(kernel, viewer, conditions.iter().map(|row| row.person_id)).await?;
        let mut rows = Vec::with_capacity(conditions.len());
        for model in conditions {
            let Some(person) = persons.get(&model.person_id) else { continue };
            let certificate = model.certificate.as_deref();
            let certificate = kernel.keys.open_some(&person.key_salt, "person_condition.certificate", certificate)?;
            rows.extend(SheetRow::told(&model, numbers.get(&model.person_id).cloned(), certificate));
        }
        Ok(Exported { rows, next })
    }
}
