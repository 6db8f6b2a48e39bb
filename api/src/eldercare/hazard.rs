//! 隐患 · hazards found in inspections, until somebody else has verified that they are gone (SM7).

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::eldercare::hazard::{Column, Entity, Model};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::eldercare::machines;
use minzheng_rules::steps::Step;
use sea_orm::ColumnTrait as _;

use super::care_centre::CareCentre;
use super::inspection::{self, Inspection};
use crate::exchange::row::{Day, Id, One, Text};
use crate::exchange::sheet::Fields;
use crate::exchange::steps::restate;
use crate::exchange::{Exported, Kind, Numbered, Taken, export_page, exported, known_by, sift, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::load::by_id;
use crate::graphql::personal::{PersonalKind, own_name, personal};
use crate::graphql::scalars::{Date, DivisionCode};
use crate::graphql::{global_id, viewer};
use crate::{list_query, listing, node};

crate::codes! {
    /// 隐患等级 · grade of a hazard.
    HazardGrade, HazardGradeFilter, "HAZARD_GRADE" {
        General "GENERAL" "一般" "general",
        Major "MAJOR" "重大" "major",
    }
}

crate::codes! {
    /// 隐患状态 · state of a hazard (SM7), as its dates tell.
    HazardState, HazardStateFilter, "HAZARD_STATE" {
        Found "FOUND" "待整改" "found",
        Overdue "OVERDUE" "逾期" "overdue",
        Rectified "RECTIFIED" "已整改" "rectified",
        Verified "VERIFIED" "已复核" "verified",
    }
}

node! {
    /// One hazard.
    Hazard, Entity
}

/// 隐患 · a hazard found in an inspection.
#[Object(name_type)]
impl Hazard {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Hazard", self.0.model.id)
    }

    /// 隐患编号 · number.
    fn number(&self) -> &str {
        &self.0.model.number
    }

    /// 等级 · grade.
    fn grade(&self) -> Option<HazardGrade> {
        HazardGrade::parse(&self.0.model.grade)
    }

    /// 描述 · what it is.
    fn description(&self) -> &str {
        &self.0.model.description
    }

    /// 责任人 · who answers for it.; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn owner(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own_name(context, &self.0, "Hazard.owner", Some(&self.0.model.owner))
    }

    /// 整改期限 · last day for putting it right.
    fn deadline(&self) -> Date {
        Date(self.0.model.deadline)
    }

    /// 整改日期 · put right on.
    fn rectified_on(&self) -> Option<Date> {
        self.0.model.rectified_on.map(Date)
    }

    /// 复核日期 · verified on.
    fn verified_on(&self) -> Option<Date> {
        self.0.model.verified_on.map(Date)
    }

    /// 复核人 · who verified it.; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn verifier(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own_name(context, &self.0, "Hazard.verifier", self.0.model.verifier.as_deref())
    }

    /// 照片 · photo.
    fn photo(&self) -> Option<&str> {
        self.0.model.photo.as_deref()
    }

    /// 状态 · state on a day, as its dates tell; left out: the business date. Null: it had not begun.
    fn state(&self, context: &Context<'_>, on: Option<Date>) -> Answer<Option<HazardState>> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(machines::hazard_on(&steps(&self.0.model), self.0.model.deadline, on).and_then(HazardState::parse))
    }

    /// 发现日期 · the day of the inspection.
    fn found_on(&self) -> Date {
        Date(self.0.model.found_on)
    }

    /// 区划代码 · division.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 检查 · the inspection; null where out of scope.
    async fn inspection(&self, context: &Context<'_>) -> Answer<Option<Inspection>> {
        by_id(context, self.0.model.inspection_id).await
    }

    /// 机构 · the centre; null where out of scope.
    async fn centre(&self, context: &Context<'_>) -> Answer<Option<CareCentre>> {
        by_id(context, self.0.model.centre_id).await
    }
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    machines::hazard(row.found_on, row.rectified_on, row.verified_on)
}

listing! {
    Entity, Column;
    filter HazardWhere {
        /// 隐患编号
        number: TextFilter = Number,
        /// 等级
        grade: HazardGradeFilter = Grade,
        /// 整改期限
        deadline: DateFilter = Deadline,
        /// 整改日期
        rectified_on: DateFilter = RectifiedOn,
        /// 复核日期
        verified_on: DateFilter = VerifiedOn,
        /// 发现日期
        found_on: DateFilter = FoundOn,
        /// 机构编号
        centre: TextFilter = Centre,
        /// 区划
        division: DivisionFilter = Division,
    }
    order HazardOrder {
        /// 隐患编号
        Number = Number,
        /// 整改期限
        Deadline = Deadline,
    }
}

list_query! {
    HazardsQuery, Hazard, HazardWhere, HazardOrder::Number,
    "隐患列表 · hazards in scope.", hazards
}

crate::sheet_row! {
    /// One hazard as a sheet tells it.
    SheetRow of Model {
        number: need Id => "隐患编号",
        inspection: need Id => "检查编号" by hand,
        grade: need One<HazardGrade> => "等级",
        description: need Text => "描述",
        owner: need Text => "责任人",
        deadline: need Day => "整改期限",
        rectified_on: may Day => "整改日期",
        verified_on: may Day => "复核日期",
        verifier: may Text => "复核人",
        photo: may Text => "照片",
    }
}

/// `hazards`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "hazards";
    const COMMAND: &'static str = "recordHazard";
    const KEY: &'static [&'static str] = &["隐患编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("整改日期", row.rectified_on), ("复核日期", row.verified_on)]);
        if row.verifier.as_ref() == Some(&row.owner) {
            let text = "复核人不能是责任人 · verified by who answers for it";
            fields.refuse(Some("复核人"), "FOUR_EYES", text, "由另一人复核 · somebody else verifies");
        }
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let inspections = inspection::by_numbers(work, rows.iter().map(|row| &row.row.inspection)).await?;
        let mut refused = Taken::default();
        let rows =
            sift(rows, &mut refused, "检查编号", &inspections, |row| Some(&row.inspection), inspection::IMPORT_FIRST);
        let rows = after_inspection(rows, &inspections, &mut refused);
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if let Some(inspection) = inspections.get(&row.inspection) {
                (model.inspection_id, model.found_on) = (inspection.id, inspection.inspected_on);
                model.centre_id = inspection.centre_id;
                model.centre.clone_from(&inspection.centre);
                model.division.clone_from(&inspection.division);
            }
            Ok(())
        };
        let key = |row: &SheetRow| row.number.clone();
        let (mut taken, now) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        restate::<Entity>(work, Self::COMMAND, now.values().map(|row| (row.id, steps(row)))).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let numbers = inspection_numbers(kernel, viewer, &models).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            Ok(SheetRow::told(model, numbers.get(&model.inspection_id).cloned()))
        })
    }
}

/// The rows whose dates do not run before the day of the inspection.
fn after_inspection(
    rows: Vec<Numbered<SheetRow>>,
    inspections: &HashMap<String, entity::eldercare::inspection::Model>,
    refused: &mut Taken,
) -> Vec<Numbered<SheetRow>> {
    let mut good = Vec::with_capacity(rows.len());
    for row in rows {
        let found = inspections.get(&row.row.inspection).map(|inspection| inspection.inspected_on);
        let dates = [("整改日期", row.row.rectified_on), ("复核日期", row.row.verified_on)];
        let early = dates.into_iter().find(|(_, on)| on.is_some_and(|on| found.is_some_and(|found| on < found)));
        match early {
            Some((header, on)) => {
                let value = on.map(|on| on.to_string()).unwrap_or_default();
                let text = format!("“{header}”早于“检查日期” · earlier than the inspection");
                refused.refuse(row.number, header, value, "DATE_ORDER", &text, "改正日期 · correct the dates");
            }
            None => good.push(row),
        }
    }
    good
}

/// The numbers of the inspections of hazards that were read in scope.
async fn inspection_numbers(
    kernel: &Kernel,
    viewer: &Viewer,
    hazards: &[Model],
) -> Result<HashMap<i64, String>, Fault> {
    use entity::eldercare::inspection::{Column as Of, Entity as Inspections};
    let ids: HashSet<i64> = hazards.iter().map(|hazard| hazard.inspection_id).collect();
    let rows = viewer.parts::<Inspections>(Of::Id, ids).all(kernel.db.read()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.number)).collect())
}
