//! 隐患 · hazards found in inspections, until somebody else has verified that they are gone (SM7).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::eldercare::hazard::{Column, Entity, Model};
use minzheng_ground::filter::TextFilter;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, One, Text};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::eldercare::machines;
use minzheng_rules::steps::Step;
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::inspection;

minzheng_ground::codes! {
    /// 隐患等级 · grade of a hazard.
    HazardGrade, HazardGradeFilter, "HAZARD_GRADE" {
        General "GENERAL" "一般" "general",
        Major "MAJOR" "重大" "major",
    }
}

minzheng_ground::codes! {
    /// 隐患状态 · state of a hazard (SM7), as its dates tell.
    HazardState, HazardStateFilter, "HAZARD_STATE" {
        Found "FOUND" "待整改" "found",
        Overdue "OVERDUE" "逾期" "overdue",
        Rectified "RECTIFIED" "已整改" "rectified",
        Verified "VERIFIED" "已复核" "verified",
    }
}

/// One hazard.
pub type Hazard = Row<Entity>;

/// 隐患 · a hazard found in an inspection.
pub fn table() -> Table {
    Builder::<Entity>::new("隐患 · a hazard found in an inspection.")
        .list("hazards", "隐患列表 · hazards in scope.", Column::Number)
        .id()
        .text(Column::Number, "隐患编号 · number.")
        .filter()
        .order()
        .code::<HazardGrade>(Column::Grade, "等级 · grade.")
        .filter()
        .text(Column::Description, "描述 · what it is.")
        .personal(Column::Owner, "责任人 · who answers for it.; masked: first and last sign")
        .or_null()
        .date(Column::Deadline, "整改期限 · last day for putting it right.")
        .filter()
        .order()
        .date(Column::RectifiedOn, "整改日期 · put right on.")
        .filter()
        .date(Column::VerifiedOn, "复核日期 · verified on.")
        .filter()
        .personal(Column::Verifier, "复核人 · who verified it.; masked: first and last sign")
        .text(Column::Photo, "照片 · photo.")
        .code_on_day::<HazardState>(
            "state",
            "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
            |row, on| machines::hazard_on(&steps(row), row.deadline, on),
        )
        .date(Column::FoundOn, "发现日期 · the day of the inspection.")
        .filter()
        .division(Column::Division, "区划代码 · division.")
        .filter()
        .one("inspection", "检查 · the inspection; null where out of scope.", "Inspection", Column::InspectionId)
        .one("centre", "机构 · the centre; null where out of scope.", "CareCentre", Column::CentreId)
        .filter_only::<TextFilter>("centre", "机构编号", Column::Centre)
        .table()
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    machines::hazard(row.found_on, row.rectified_on, row.verified_on)
}

minzheng_ground::sheet_row! {
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
