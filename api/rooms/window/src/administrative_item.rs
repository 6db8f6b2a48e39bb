//! 政务服务事项 · items of administrative power and the time promised for each (A4.1a); public.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::window::administrative_item::{Column, Entity, Model};
use minzheng_ground::sheets::check::not_negative;
use minzheng_ground::sheets::row::{Id, One, Place, Text, Texts, Whole, YesNo};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::write::Json;
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Work};
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

minzheng_ground::codes! {
    /// 事项类别 · class of power (中办发〔2015〕21号).
    ItemClass, ItemClassFilter, "ITEM_CLASS" {
        Licence "LICENCE" "行政许可" "licence",
        Penalty "PENALTY" "行政处罚" "penalty",
        Coercion "COERCION" "行政强制" "coercion",
        Levy "LEVY" "行政征收" "levy",
        Payment "PAYMENT" "行政给付" "payment",
        Inspection "INSPECTION" "行政检查" "inspection",
        Confirmation "CONFIRMATION" "行政确认" "confirmation",
        Reward "REWARD" "行政奖励" "reward",
        Adjudication "ADJUDICATION" "行政裁决" "adjudication",
        Other "OTHER" "其他" "other",
    }
}

minzheng_ground::codes! {
    /// 时限单位 · how days are counted.
    DayUnit, DayUnitFilter, "DAY_UNIT" {
        Working "WORKING_DAYS" "工作日" "working days",
        Calendar "CALENDAR_DAYS" "自然日" "calendar days",
    }
}

/// One item.
pub type AdministrativeItem = Row<Entity>;

/// 政务服务事项 · an item of administrative power; public.
pub fn table() -> Table {
    Builder::<Entity>::new("政务服务事项 · an item of administrative power; public.")
        .list("administrativeItems", "政务服务事项列表 · items; public.", Column::Code)
        .id()
        .text(Column::Code, "事项编码 · code.")
        .filter()
        .order()
        .text(Column::Name, "名称 · name.")
        .filter()
        .order()
        .code::<ItemClass>(Column::Class, "类别 · class of power.")
        .filter()
        .number(Column::StatutoryDays, "法定时限 · days that the law allows.")
        .number(Column::PromisedDays, "承诺时限 · days that are promised.")
        .order()
        .code::<DayUnit>(Column::Unit, "时限单位 · how they are counted.")
        .filter()
        .flag(Column::AtCentre, "进驻政务中心 · handled at the service centre.")
        .filter()
        .text(Column::Basis, "设定依据 · legal basis.")
        .flag(Column::Fee, "收费 · whether there is a fee.")
        .filter()
        .computed::<Vec<String>>("materials", "材料 · papers to bring.", &[Column::Materials], |row, json| {
            Json::lines_cell(row.cell::<Entity>(Column::Materials), json);
        })
        .many("cases", "办件 · cases, newest first.", "ItemCase", ("item_id", Which::Newest("accepted_on")))
        .division(Column::Division, "区划代码 · the district whose item it is.")
        .filter()
        .table()
}

minzheng_ground::sheet_row! {
    /// One item as a sheet tells it.
    SheetRow of Model {
        code: need Id => "事项编码",
        name: need Text => "名称",
        class: need One<ItemClass> => "类别",
        statutory_days: need Whole => "法定时限",
        promised_days: need Whole => "承诺时限",
        unit: need One<DayUnit> => "时限单位",
        at_centre: need YesNo => "进驻政务中心",
        basis: need Text => "设定依据",
        fee: need YesNo => "收费",
        materials: may Texts => "材料",
        division: may Place => "区划代码",
    }
}

/// `items`: matched by district and code.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "items";
    const COMMAND: &'static str = "recordAdministrativeItem";
    const KEY: &'static [&'static str] = &["事项编码", "区划代码"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        not_negative(fields, "法定时限", Some(row.statutory_days));
        not_negative(fields, "承诺时限", Some(row.promised_days));
        if row.promised_days > row.statutory_days {
            let text = "承诺时限长于法定时限 · more is promised than the law allows";
            fields.refuse(Some("承诺时限"), "TOO_LONG", text, "改正时限 · correct the days");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        row.division.as_deref()
    }

    fn district(row: &mut SheetRow) -> Option<&mut Option<String>> {
        Some(&mut row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let codes = rows.iter().map(|row| row.row.code.clone());
        let known =
            known_by::<Entity, _>(work, Column::Code.is_in(codes), |row| (row.division.clone(), row.code.clone()))
                .await?;
        let key = |row: &SheetRow| (row.division.clone(), row.code.clone());
        Ok(upsert::<Entity, _, _>(work, &rows, known, key, SheetRow::write).await?.0)
    }
}

/// What to do where a row names an item that nobody has recorded.
pub const IMPORT_FIRST: &str = "先导入事项（items），或核对事项编码 · import the item first, or check the code";

/// The items with these codes, by district and code.
pub async fn by_codes(
    work: &Work<'_>,
    codes: impl IntoIterator<Item = &String>,
) -> Result<HashMap<(Option<String>, String), Model>, Failure> {
    let codes = codes.into_iter().cloned();
    let rows = work.within::<Entity>().filter(Column::Code.is_in(codes)).all(work.tx()).await?;
    Ok(rows.into_iter().map(|row| ((row.division.clone(), row.code.clone()), row)).collect())
}

#[cfg(test)]
mod tests {
    use super::{DayUnit, ItemClass, SheetRow as ItemRow};

    #[test]
    fn a_row_without_anything_by_hand_goes_both_ways() {
        let row = ItemRow {
            code: "X-1".to_owned(),
            name: "社会救助".to_owned(),
            class: ItemClass::Payment,
            statutory_days: 30,
            promised_days: 15,
            unit: DayUnit::Working,
            at_centre: true,
            basis: "条例".to_owned(),
            fee: false,
            materials: Some(vec!["身份证".to_owned(), "户口簿".to_owned()]),
            division: None,
        };
        let mut model = entity::window::administrative_item::Model::default();
        ItemRow::write(&mut model, &row).unwrap();
        assert_eq!((model.materials.as_deref(), model.unit.as_str()), (Some("身份证\n户口簿"), "WORKING_DAYS"));
        assert_eq!(ItemRow::told(&model), Some(row));
    }
}
