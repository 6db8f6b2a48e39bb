//! 预算 · money budgeted and arrived, by year, category and source (B1.1, D43, D68, D82).

use chrono::NaiveDate;
use entity::payments::budget_line::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::check::{check_year, not_negative};
use minzheng_ground::sheets::row::{Day, One, Place, Text, Whole, YesNo, Yuan};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::payment::{FundSource, PaymentCategory};

/// One line.
pub type BudgetLine = Row<Entity>;

/// 预算 · money for a category from a source in a year.
pub fn table() -> Table {
    Builder::<Entity>::new("预算 · money for a category from a source in a year.")
        .list("budgetLines", "预算列表 · budget lines.", Column::Year)
        .id()
        .number(Column::Year, "年度 · year.")
        .filter()
        .order()
        .code::<PaymentCategory>(Column::Item, "项目 · what it is for.")
        .filter()
        .code::<FundSource>(Column::Source, "资金来源 · where it comes from.")
        .filter()
        .money(Column::BudgetFen, "预算金额 · budgeted.")
        .named("budget")
        .money(Column::ArrivedFen, "到账金额 · arrived.")
        .named("arrived")
        .date(Column::ArrivedOn, "到账日期 · arrived on.")
        .filter()
        .text(Column::Document, "文号 · document.")
        .flag(Column::Earmarked, "专项 · earmarked.")
        .filter()
        .division(Column::Division, "区划代码 · the district whose money it is.")
        .filter()
        .table()
}

minzheng_ground::sheet_row! {
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
