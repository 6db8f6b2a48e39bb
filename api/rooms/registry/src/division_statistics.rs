//! 区划统计 · population of a division on a date: the denominators of D22 and D102.

use chrono::NaiveDate;
use entity::registry::division_statistics::{Column, Entity, Model};
use minzheng_ground::sheets::check::not_negative;
use minzheng_ground::sheets::row::{Day, Place, Whole};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

/// The figures of one day.
pub type DivisionStatistics = Row<Entity>;

/// 区划统计 · population of a division on a date.
pub fn table() -> Table {
    Builder::<Entity>::new("区划统计 · population of a division on a date.")
        .id()
        .division(Column::Division, "区划代码 · of which division.")
        .date(Column::OnDate, "日期 · on which day.")
        .long(Column::Resident, "常住人口 · residents.")
        .long(Column::Registered, "户籍人口 · registered.")
        .long(Column::Aged60, "60岁以上 · aged 60 and over.")
        .long(Column::Aged65, "65岁以上 · aged 65 and over.")
        .long(Column::Aged80, "80岁以上 · aged 80 and over.")
        .table()
}

minzheng_ground::sheet_row! {
    /// One day's figures as a sheet tells them.
    SheetRow of Model {
        division: need Place => "区划代码",
        on_date: need Day => "日期",
        resident: may Whole => "常住人口",
        registered: may Whole => "户籍人口",
        aged60: may Whole => "60岁以上",
        aged65: may Whole => "65岁以上",
        aged80: may Whole => "80岁以上",
    }
}

/// `division-statistics`: matched by division and date.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "division-statistics";
    const COMMAND: &'static str = "recordDivisionStatistics";
    const KEY: &'static [&'static str] = &["区划代码", "日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        let counts = [
            ("常住人口", row.resident),
            ("户籍人口", row.registered),
            ("60岁以上", row.aged60),
            ("65岁以上", row.aged65),
            ("80岁以上", row.aged80),
        ];
        for (header, count) in counts {
            not_negative(fields, header, count);
        }
        for (younger, older) in [((2, row.aged60), (3, row.aged65)), ((3, row.aged65), (4, row.aged80))] {
            if let (Some(more), Some(less)) = (younger.1, older.1)
                && less > more
            {
                let header = counts.get(older.0).map_or("", |(header, _)| header);
                let text = "多于更低年龄段的人数 · more than of the wider age";
                fields.refuse(Some(header), "AGES", text, "核对各年龄段 · check the ages");
            }
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let places = rows.iter().map(|row| row.row.division.clone());
        let known =
            known_by::<Entity, _>(work, Column::Division.is_in(places), |row| (row.division.clone(), row.on_date))
                .await?;
        let key = |row: &SheetRow| (row.division.clone(), row.on_date);
        Ok(upsert::<Entity, _, _>(work, &rows, known, key, SheetRow::write).await?.0)
    }
}
