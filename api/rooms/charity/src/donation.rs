//! 捐赠 · gifts of money and goods (C3.5, D97).

use chrono::NaiveDate;
use entity::charity::donation::{Column, Entity, Model};
use minzheng_ground::sheets::row::{Day, Id, One, Place, Text, Yuan};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

minzheng_ground::codes! {
    /// 捐赠类型 · kind of gift.
    DonationKind, DonationKindFilter, "DONATION_KIND" {
        Cash "CASH" "现金" "money",
        Goods "GOODS" "物资" "goods, by their value",
    }
}

/// One gift.
pub type Donation = Row<Entity>;

/// 捐赠 · a gift of money or goods.
pub fn table() -> Table {
    Builder::<Entity>::new("捐赠 · a gift of money or goods.")
        .list("donations", "捐赠列表 · gifts.", Column::Number)
        .id()
        .text(Column::Number, "捐赠编号 · number.")
        .filter()
        .order()
        .personal(Column::Donor, "捐赠人 · who gives; masked: first and last sign")
        .or_null()
        .code::<DonationKind>(Column::Kind, "类型 · kind.")
        .filter()
        .money(Column::AmountFen, "金额 · money, or the value of the goods.")
        .named("amount")
        .date(Column::DonatedOn, "日期 · given on.")
        .filter()
        .order()
        .text(Column::Purpose, "定向用途 · what it is given for.")
        .filter()
        .division(Column::Division, "区划代码 · the district that was given it.")
        .filter()
        .table()
}

minzheng_ground::sheet_row! {
    /// One gift as a sheet tells it.
    SheetRow of Model {
        number: need Id => "捐赠编号",
        donor: need Text => "捐赠人",
        kind: need One<DonationKind> => "类型",
        amount: need Yuan => "金额" in amount_fen,
        donated_on: need Day => "日期",
        purpose: may Text => "定向用途",
        division: may Place => "区划代码",
    }
}

/// `donations`: matched by district and number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "donations";
    const COMMAND: &'static str = "recordDonation";
    const KEY: &'static [&'static str] = &["捐赠编号", "区划代码"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        if row.amount <= 0 {
            let text = "金额须大于零 · an amount is more than zero";
            fields.refuse(Some("金额"), "NOT_POSITIVE", text, "物资填折价 · goods by their value");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        row.division.as_deref()
    }

    fn district(row: &mut SheetRow) -> Option<&mut Option<String>> {
        Some(&mut row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| {
            (row.division.clone(), row.number.clone())
        })
        .await?;
        let key = |row: &SheetRow| (row.division.clone(), row.number.clone());
        Ok(upsert::<Entity, _, _>(work, &rows, known, key, SheetRow::write).await?.0)
    }
}
