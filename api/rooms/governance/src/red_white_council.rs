//! 红白理事会 · councils on weddings and funerals (A4.3d).

use chrono::NaiveDate;
use entity::governance::red_white_council::{Column, Entity, Model};
use minzheng_ground::sheets::check::not_negative;
use minzheng_ground::sheets::row::{Day, Place, Text, Whole};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

/// One council.
pub type RedWhiteCouncil = Row<Entity>;

/// 红白理事会 · the council on weddings and funerals of a village or community.
pub fn table() -> Table {
    Builder::<Entity>::new("红白理事会 · the council on weddings and funerals of a village or community.")
        .list("redWhiteCouncils", "红白理事会列表 · councils in scope.", Column::Division)
        .id()
        .division(Column::Division, "区划代码 · of which village or community.")
        .filter()
        .order()
        .text(Column::Name, "名称 · name.")
        .filter()
        .date(Column::FoundedOn, "成立日期 · first day.")
        .filter()
        .order()
        .date(Column::RevokedOn, "撤销日期 · first day on which it no longer is.")
        .filter()
        .number(Column::Members, "成员人数 · members.")
        .on_day::<bool>(
            "active",
            "是否存续 · whether it is there on a day; left out: the business date.",
            |row, on, json| json.flag(row.founded_on <= on && row.revoked_on.is_none_or(|until| on < until)),
        )
        .table()
}

minzheng_ground::sheet_row! {
    /// One council as a sheet tells it.
    SheetRow of Model {
        division: need Place => "区划代码",
        name: need Text => "名称",
        founded_on: need Day => "成立日期",
        revoked_on: may Day => "撤销日期",
        members: need Whole => "成员人数",
    }
}

/// `councils`: matched by division and first day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "councils";
    const COMMAND: &'static str = "recordRedWhiteCouncil";
    const KEY: &'static [&'static str] = &["区划代码", "成立日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("成立日期", Some(row.founded_on)), ("撤销日期", row.revoked_on)]);
        not_negative(fields, "成员人数", Some(row.members));
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let divisions = rows.iter().map(|row| row.row.division.clone());
        let known = known_by::<Entity, _>(work, Column::Division.is_in(divisions), |row| {
            (row.division.clone(), row.founded_on)
        })
        .await?;
        let key = |row: &SheetRow| (row.division.clone(), row.founded_on);
        Ok(upsert::<Entity, _, _>(work, &rows, known, key, SheetRow::write).await?.0)
    }
}
