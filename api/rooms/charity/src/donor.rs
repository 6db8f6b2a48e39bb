//! 捐赠人 · a donor: a person, a company or an organisation (C3.5).

use chrono::NaiveDate;
use entity::charity::donor::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::row::{Id, One, Place, Text, YesNo};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::table::Record;
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::identifiers::uscc;
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

minzheng_ground::codes! {
    /// 捐赠人类型 · kind of donor.
    DonorKind, DonorKindFilter, "DONOR_KIND" {
        Person "PERSON" "个人" "person",
        Company "COMPANY" "企业" "company",
        Organisation "ORGANISATION" "社会组织" "social organisation",
    }
}

/// One donor.
pub type Donor = Row<Entity>;

fn is_a_person(row: &Record<'_>) -> bool {
    row.cell::<Entity>(Column::Kind).text() == Some(DonorKind::Person.code())
}

fn is_anonymous(row: &Record<'_>) -> bool {
    row.cell::<Entity>(Column::Anonymous).flag()
}

/// 捐赠人 · a donor; the name of a person, or of who wants to stay unnamed, is masked.
pub fn table() -> Table {
    Builder::<Entity>::new("捐赠人 · a donor; the name of a person, or of who wants to stay unnamed, is masked.")
        .list("donors", "捐赠人列表 · donors in scope.", Column::Number)
        .id()
        .text(Column::Number, "捐赠人编号 · number.")
        .filter()
        .order()
        .code::<DonorKind>(Column::Kind, "类型 · kind.")
        .filter()
        .personal(Column::Name, "名称 · name.")
        .open_where(&[Column::Kind, Column::Anonymous], |row, _| !is_a_person(row) && !is_anonymous(row))
        .filter()
        .personal(
            Column::Uscc,
            "统一社会信用代码 · USCC of a company or organisation; null when masked, of one that wants to \
             stay unnamed.",
        )
        .null_when_masked()
        .open_where(&[Column::Anonymous], |row, _| !is_anonymous(row))
        .division(Column::Division, "区划代码 · division.")
        .filter()
        .flag(Column::Anonymous, "匿名 · wants to stay unnamed.")
        .table()
}

minzheng_ground::sheet_row! {
    /// One donor as a sheet tells it.
    SheetRow of Model {
        number: need Id => "捐赠人编号",
        kind: need One<DonorKind> => "类型",
        name: need Text => "名称",
        uscc: may Id => "统一社会信用代码",
        division: need Place => "区划代码",
        anonymous: may YesNo => "匿名",
    }
}

/// `donors`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "donors";
    const COMMAND: &'static str = "recordDonor";
    const KEY: &'static [&'static str] = &["捐赠人编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        if row.uscc.as_deref().is_some_and(|code| uscc::parse(code).is_err()) {
            let text = "不是有效的统一社会信用代码 · not a valid USCC";
            fields.refuse(Some("统一社会信用代码"), "USCC", text, "按证书核对 18 位 · check the 18 signs");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        Ok(upsert::<Entity, _, _>(work, &rows, known, |row| row.number.clone(), SheetRow::write).await?.0)
    }
}
