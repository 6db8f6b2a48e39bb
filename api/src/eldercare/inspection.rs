//! 安全检查 · inspections of centres; with their hazards they are the hazard file (D37, D95).

use std::collections::HashMap;

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::eldercare::inspection::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::mask;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::care_centre::{self, CareCentre};
use super::hazard::Hazard;
use crate::exchange::check::not_negative;
use crate::exchange::row::{Day, Id, Text, Texts, Whole};
use crate::exchange::sheet::Fields;
use crate::exchange::{Kind, Numbered, Taken, known_by, sift, upsert};
use crate::graphql::error::Answer;
use crate::graphql::global_id;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::load::{by_id, newest};
use crate::graphql::personal::{PersonalKind, open, personal};
use crate::graphql::scalars::{Date, DivisionCode, count};
use crate::{list_query, listing, node};

node! {
    /// One inspection.
    Inspection, Entity
}

/// 安全检查 · one inspection of a centre.
#[Object(name_type)]
impl Inspection {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Inspection", self.0.model.id)
    }

    /// 检查编号 · number.
    fn number(&self) -> &str {
        &self.0.model.number
    }

    /// 检查日期 · inspected on.
    fn inspected_on(&self) -> Date {
        Date(self.0.model.inspected_on)
    }

    /// 检查表版本 · version of the list.
    fn checklist(&self) -> &str {
        &self.0.model.checklist
    }

    /// 应答项数 · items to be answered.
    fn items_asked(&self) -> i32 {
        count(self.0.model.items_asked)
    }

    /// 已答项数 · items answered.
    fn items_answered(&self) -> i32 {
        count(self.0.model.items_answered)
    }

    /// 检查人 · who inspected.; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn inspectors(&self, context: &Context<'_>) -> Answer<Vec<String>> {
        let full = open(context, &self.0, "Inspection.inspectors")?;
        Ok(self.0.model.inspectors.lines().map(|name| if full { name.to_owned() } else { mask::name(name) }).collect())
    }

    /// 是否答全 · whether every item of the list was answered.
    fn answered_in_full(&self) -> bool {
        self.0.model.items_answered >= self.0.model.items_asked
    }

    /// 区划代码 · division.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 机构 · the centre; null where out of scope.
    async fn centre(&self, context: &Context<'_>) -> Answer<Option<CareCentre>> {
        by_id(context, self.0.model.centre_id).await
    }

    /// 隐患 · hazards found, newest first.
    async fn hazards(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<Hazard>> {
        use entity::eldercare::hazard::Column as Of;
        newest(context, Of::InspectionId, self.0.model.id, Of::Deadline, first).await
    }
}

listing! {
    Entity, Column;
    filter InspectionWhere {
        /// 检查编号
        number: TextFilter = Number,
        /// 检查日期
        inspected_on: DateFilter = InspectedOn,
        /// 检查表版本
        checklist: TextFilter = Checklist,
        /// 机构编号
        centre: TextFilter = Centre,
        /// 区划
        division: DivisionFilter = Division,
    }
    order InspectionOrder {
        /// 检查编号
        Number = Number,
        /// 检查日期
        InspectedOn = InspectedOn,
    }
}

list_query! {
    InspectionsQuery, Inspection, InspectionWhere, InspectionOrder::Number,
    "安全检查列表 · inspections in scope.", inspections
}

crate::sheet_row! {
    /// One inspection as a sheet tells it.
    SheetRow of Model {
        number: need Id => "检查编号",
        centre: need Id => "机构编号",
        inspected_on: need Day => "检查日期",
        checklist: need Text => "检查表版本",
        items_asked: need Whole => "应答项数",
        items_answered: need Whole => "已答项数",
        inspectors: need Texts => "检查人",
    }
}

/// `inspections`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "inspections";
    const COMMAND: &'static str = "recordInspection";
    const KEY: &'static [&'static str] = &["检查编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        not_negative(fields, "应答项数", Some(row.items_asked));
        not_negative(fields, "已答项数", Some(row.items_answered));
        if row.items_answered > row.items_asked {
            let text = "已答项数多于应答项数 · more answered than asked";
            fields.refuse(Some("已答项数"), "TOO_MANY", text, "核对两个数 · check both");
        }
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let centres = care_centre::by_numbers(work, rows.iter().map(|row| &row.row.centre)).await?;
        let mut refused = Taken::default();
        let rows = sift(rows, &mut refused, "机构编号", &centres, |row| Some(&row.centre), care_centre::IMPORT_FIRST);
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if let Some(centre) = centres.get(&row.centre) {
                model.centre_id = centre.id;
                model.division.clone_from(&centre.division);
            }
            Ok(())
        };
        let key = |row: &SheetRow| row.number.clone();
        let (mut taken, _) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        taken.add(refused);
        Ok(taken)
    }
}

/// What to do where a row names an inspection that nobody has recorded.
pub const IMPORT_FIRST: &str =
    "先导入安全检查（inspections），或核对检查编号 · import the inspection first, or check the number";

/// The inspections with these numbers that rows of a sheet may name.
pub async fn by_numbers(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Model>, Failure> {
    let numbers = numbers.into_iter().cloned();
    let rows = work.within::<Entity>().filter(Column::Number.is_in(numbers)).all(work.tx()).await?;
    Ok(rows.into_iter().map(|row| (row.number.clone(), row)).collect())
}
