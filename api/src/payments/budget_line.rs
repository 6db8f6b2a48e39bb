//! 预算 · money budgeted and arrived, by year, category and source (B1.1, D43, D68, D82).

use async_graphql::{ID, Object};
use chrono::NaiveDate;
use entity::payments::budget_line::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use sea_orm::ColumnTrait as _;

use super::payment::{FundSource, FundSourceFilter, PaymentCategory, PaymentCategoryFilter};
use crate::exchange::check::{check_year, not_negative};
use crate::exchange::row::{Day, One, Place, Text, Whole, YesNo, Yuan};
use crate::exchange::sheet::Fields;
use crate::exchange::{Kind, Numbered, Taken, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::global_id;
use crate::graphql::list::{DateFilter, DivisionFilter, NumberFilter, YesNoFilter};
use crate::graphql::scalars::{Date, DivisionCode, Money};
use crate::{list_query, listing, node};

node! {
    /// One line.
    BudgetLine, Entity
}

/// 预算 · money for a category from a source in a year.
#[Object(name_type)]
impl BudgetLine {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("BudgetLine", self.0.model.id)
    }

    /// 年度 · year.
    fn year(&self) -> i32 {
        self.0.model.year
    }

    /// 项目 · what it is for.
    fn item(&self) -> Option<PaymentCategory> {
        PaymentCategory::parse(&self.0.model.item)
    }

    /// 资金来源 · where it comes from.
    fn source(&self) -> Option<FundSource> {
        FundSource::parse(&self.0.model.source)
    }

    /// 预算金额 · budgeted.
    fn budget(&self) -> Money {
        Money(self.0.model.budget_fen)
    }

    /// 到账金额 · arrived.
    fn arrived(&self) -> Option<Money> {
        self.0.model.arrived_fen.map(Money)
    }

    /// 到账日期 · arrived on.
    fn arrived_on(&self) -> Option<Date> {
        self.0.model.arrived_on.map(Date)
    }

    /// 文号 · document.
    fn document(&self) -> Option<&str> {
        self.0.model.document.as_deref()
    }

    /// 专项 · earmarked.
    fn earmarked(&self) -> bool {
        self.0.model.earmarked
    }

    /// 区划代码 · the district whose money it is.
    fn division(&self) -> Option<DivisionCode> {
        self.0.model.division.clone().map(DivisionCode)
    }
}

listing! {
    Entity, Column;
    filter BudgetLineWhere {
        /// 年度
        year: NumberFilter = Year,
        /// 项目
        item: PaymentCategoryFilter = Item,
        /// 资金来源
        source: FundSourceFilter = Source,
        /// 到账日期
        arrived_on: DateFilter = ArrivedOn,
        /// 专项
        earmarked: YesNoFilter = Earmarked,
        /// 区划
        division: DivisionFilter = Division,
    }
    order BudgetLineOrder {
        /// 年度
        Year = Year,
    }
}

list_query! {
    BudgetLinesQuery, BudgetLine, BudgetLineWhere, BudgetLineOrder::Year,
    "预算列表 · budget lines.", budget_lines
}

crate::sheet_row! {
    /// One line as a sheet tells it.
    SheetRow of Model {
        year: need Whole => "年度",
        item: need One<PaymentCategory> => "项目",
        source: need One<FundSource> => "资金来源",
        budget: need Yuan => "预算金额" in budget_fen,
        arrived: may Yuan => "到账金额" in arrived_fen,
        arrived_on: may Day => "到账日期",
        document: may Text => "文号",
        earmarked: need YesNo => "专项",
        division: may Place => "区划代码",
    }
}

/// `budget-lines`: matched by district, year, category and source.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "budget-lines";
    const COMMAND: &'static str = "recordBudgetLine";
    const KEY: &'static [&'static str] = &["年度", "项目", "资金来源", "区划代码"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        check_year(fields, "年度", row.year);
        not_negative(fields, "预算金额", Some(row.budget));
        not_negative(fields, "到账金额", row.arrived);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        row.division.as_deref()
    }

    fn district(row: &mut SheetRow) -> Option<&mut Option<String>> {
        Some(&mut row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let years = rows.iter().map(|row| row.row.year);
        let known = known_by::<Entity, _>(work, Column::Year.is_in(years), |row| {
            (row.division.clone(), row.year, row.item.clone(), row.source.clone())
        })
        .await?;
        let key =
            |row: &SheetRow| (row.division.clone(), row.year, row.item.code().to_owned(), row.source.code().to_owned());
        Ok(upsert::<Entity, _, _>(work, &rows, known, key, SheetRow::write).await?.0)
    }
}
