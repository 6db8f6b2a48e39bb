//! 安全检查 · inspections of centres; with their hazards they are the hazard file (D37, D95).

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::eldercare::inspection::{Column, Entity, Model};
use minzheng_ground::filter::TextFilter;
use minzheng_ground::sheets::check::not_negative;
use minzheng_ground::sheets::row::{Day, Id, Text, Texts, Whole};
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Work};
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::care_centre;

/// One inspection.
pub type Inspection = Row<Entity>;

/// 安全检查 · one inspection of a centre.
pub fn table() -> Table {
    Builder::<Entity>::new("安全检查 · one inspection of a centre.")
        .list("inspections", "安全检查列表 · inspections in scope.", Column::Number)
        .id()
        .text(Column::Number, "检查编号 · number.")
        .filter()
        .order()
        .date(Column::InspectedOn, "检查日期 · inspected on.")
        .filter()
        .order()
        .text(Column::Checklist, "检查表版本 · version of the list.")
        .filter()
        .number(Column::ItemsAsked, "应答项数 · items to be answered.")
        .number(Column::ItemsAnswered, "已答项数 · items answered.")
        .personal_lines(Column::Inspectors, "检查人 · who inspected.; masked: first and last sign")
        .computed::<bool>(
            "answeredInFull",
            "是否答全 · whether every item of the list was answered.",
            &[Column::ItemsAnswered, Column::ItemsAsked],
            |row, json| {
                let number = |column| row.cell::<Entity>(column).int();
                json.flag(number(Column::ItemsAnswered) >= number(Column::ItemsAsked));
            },
        )
        .division(Column::Division, "区划代码 · division.")
        .filter()
        .one("centre", "机构 · the centre; null where out of scope.", "CareCentre", Column::CentreId)
        .many("hazards", "隐患 · hazards found, newest first.", "Hazard", ("inspection_id", Which::Newest("deadline")))
        .filter_only::<TextFilter>("centre", "机构编号", Column::Centre)
        .table()
}

minzheng_ground::sheet_row! {
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
