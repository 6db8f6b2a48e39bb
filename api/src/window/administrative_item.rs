//! 政务服务事项 · items of administrative power and the time promised for each (A4.1a); public.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::window::administrative_item::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::item_case::ItemCase;
use crate::exchange::check::not_negative;
use crate::exchange::row::{Id, One, Place, Text, Texts, Whole, YesNo};
use crate::exchange::sheet::Fields;
use crate::exchange::{Kind, Numbered, Taken, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::global_id;
use crate::graphql::list::{DivisionFilter, TextFilter, YesNoFilter};
use crate::graphql::load::newest;
use crate::graphql::scalars::{DivisionCode, count};
use crate::{list_query, listing, node};

crate::codes! {
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

crate::codes! {
    /// 时限单位 · how days are counted.
    DayUnit, DayUnitFilter, "DAY_UNIT" {
        Working "WORKING_DAYS" "工作日" "working days",
        Calendar "CALENDAR_DAYS" "自然日" "calendar days",
    }
}

node! {
    /// One item.
    AdministrativeItem, Entity
}

/// 政务服务事项 · an item of administrative power; public.
#[Object(name_type)]
impl AdministrativeItem {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("AdministrativeItem", self.0.model.id)
    }

    /// 事项编码 · code.
    fn code(&self) -> &str {
        &self.0.model.code
    }

    /// 名称 · name.
    fn name(&self) -> &str {
        &self.0.model.name
    }

    /// 类别 · class of power.
    fn class(&self) -> Option<ItemClass> {
        ItemClass::parse(&self.0.model.class)
    }

    /// 法定时限 · days that the law allows.
    fn statutory_days(&self) -> i32 {
        count(self.0.model.statutory_days)
    }

    /// 承诺时限 · days that are promised.
    fn promised_days(&self) -> i32 {
        count(self.0.model.promised_days)
    }

    /// 时限单位 · how they are counted.
    fn unit(&self) -> Option<DayUnit> {
        DayUnit::parse(&self.0.model.unit)
    }

    /// 进驻政务中心 · handled at the service centre.
    fn at_centre(&self) -> bool {
        self.0.model.at_centre
    }

    /// 设定依据 · legal basis.
    fn basis(&self) -> &str {
        &self.0.model.basis
    }

    /// 收费 · whether there is a fee.
    fn fee(&self) -> bool {
        self.0.model.fee
    }

    /// 材料 · papers to bring.
    fn materials(&self) -> Vec<&str> {
        self.0.model.materials.as_deref().unwrap_or_default().lines().collect()
    }

    /// 办件 · cases, newest first.
    async fn cases(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<ItemCase>> {
        use entity::window::item_case::Column as Of;
        newest(context, Of::ItemId, self.0.model.id, Of::AcceptedOn, first).await
    }

    /// 区划代码 · the district whose item it is.
    fn division(&self) -> Option<DivisionCode> {
        self.0.model.division.clone().map(DivisionCode)
    }
}

listing! {
    Entity, Column;
    filter AdministrativeItemWhere {
        /// 事项编码
        code: TextFilter = Code,
        /// 名称
        name: TextFilter = Name,
        /// 类别
        class: ItemClassFilter = Class,
        /// 时限单位
        unit: DayUnitFilter = Unit,
        /// 进驻政务中心
        at_centre: YesNoFilter = AtCentre,
        /// 收费
        fee: YesNoFilter = Fee,
        /// 区划
        division: DivisionFilter = Division,
    }
    order AdministrativeItemOrder {
        /// 事项编码
        Code = Code,
        /// 名称
        Name = Name,
        /// 承诺时限
        PromisedDays = PromisedDays,
    }
}

list_query! {
    AdministrativeItemsQuery, AdministrativeItem, AdministrativeItemWhere, AdministrativeItemOrder::Code,
    "政务服务事项列表 · items; public.", administrative_items
}

crate::sheet_row! {
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
