//! 捐赠 · gifts of money and goods (C3.5, D97).

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::charity::donation::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use sea_orm::ColumnTrait as _;

use crate::exchange::row::{Day, Id, One, Place, Text, Yuan};
use crate::exchange::sheet::Fields;
use crate::exchange::{Kind, Numbered, Taken, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::global_id;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::personal::{PersonalKind, own_name, personal};
use crate::graphql::scalars::{Date, DivisionCode, Money};
use crate::{list_query, listing, node};

crate::codes! {
    /// 捐赠类型 · kind of gift.
    DonationKind, DonationKindFilter, "DONATION_KIND" {
        Cash "CASH" "现金" "money",
        Goods "GOODS" "物资" "goods, by their value",
    }
}

node! {
    /// One gift.
    Donation, Entity
}

/// 捐赠 · a gift of money or goods.
#[Object(name_type)]
impl Donation {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Donation", self.0.model.id)
    }

    /// 捐赠编号 · number.
    fn number(&self) -> &str {
        &self.0.model.number
    }

    /// 捐赠人 · who gives; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn donor(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own_name(context, &self.0, "Donation.donor", Some(&self.0.model.donor))
    }

    /// 类型 · kind.
    fn kind(&self) -> Option<DonationKind> {
        DonationKind::parse(&self.0.model.kind)
    }

    /// 金额 · money, or the value of the goods.
    fn amount(&self) -> Money {
        Money(self.0.model.amount_fen)
    }

    /// 日期 · given on.
    fn donated_on(&self) -> Date {
        Date(self.0.model.donated_on)
    }

    /// 定向用途 · what it is given for.
    fn purpose(&self) -> Option<&str> {
        self.0.model.purpose.as_deref()
    }

    /// 区划代码 · the district that was given it.
    fn division(&self) -> Option<DivisionCode> {
        self.0.model.division.clone().map(DivisionCode)
    }
}

listing! {
    Entity, Column;
    filter DonationWhere {
        /// 捐赠编号
        number: TextFilter = Number,
        /// 类型
        kind: DonationKindFilter = Kind,
        /// 日期
        donated_on: DateFilter = DonatedOn,
        /// 定向用途
        purpose: TextFilter = Purpose,
        /// 区划
        division: DivisionFilter = Division,
    }
    order DonationOrder {
        /// 捐赠编号
        Number = Number,
        /// 日期
        DonatedOn = DonatedOn,
    }
}

list_query! {
    DonationsQuery, Donation, DonationWhere, DonationOrder::Number,
    "捐赠列表 · gifts.", donations
}

crate::sheet_row! {
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
