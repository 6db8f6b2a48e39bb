//! 村务公开 · postings on the boards of villages and communities, due and done (A4.3c, D67, D101).

use entity::governance::disclosure::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::row::{Day, Id, One, Place};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::governance::disclosure;
use sea_orm::ColumnTrait as _;

minzheng_ground::codes! {
    /// 公开种类 · what is posted.
    DisclosureKind, DisclosureKindFilter, "DISCLOSURE_KIND" {
        Party "PARTY" "党务" "affairs of the party",
        Village "VILLAGE" "村务" "affairs of the village",
        Finance "FINANCE" "财务" "finances",
        Other "OTHER" "其他" "other",
    }
}

/// One posting.
pub type Disclosure = Row<Entity>;

/// 村务公开 · what is to be posted on the board, and when it was; public.
pub fn table() -> Table {
    Builder::<Entity>::new("村务公开 · what is to be posted on the board, and when it was; public.")
        .list("disclosures", "村务公开列表 · postings; public.", Column::DueOn)
        .id()
        .division(Column::Division, "区划代码 · whose board.")
        .filter()
        .order()
        .code::<DisclosureKind>(Column::Kind, "种类 · kind.")
        .filter()
        .text(Column::Period, "所属期 · period, as it is written on the board.")
        .filter()
        .date(Column::DueOn, "应公开日期 · last day for posting it.")
        .filter()
        .order()
        .date(Column::PostedOn, "公开日期 · posted on.")
        .filter()
        .computed_for::<Option<bool>>(
            "onTime",
            "是否按时 · whether it was posted on time; null: not posted, and not yet late on the business \
             date.",
            |reading, row, json| {
                json.flag_or_null(disclosure::on_time(row.model.due_on, row.model.posted_on, reading.viewer.today));
            },
        )
        .table()
}

minzheng_ground::sheet_row! {
    /// One posting as a sheet tells it.
    SheetRow of Model {
        division: need Place => "区划代码",
        kind: need One<DisclosureKind> => "种类",
        period: need Id => "所属期",
        due_on: need Day => "应公开日期",
        posted_on: may Day => "公开日期",
    }
}

/// `disclosures`: matched by division, kind and period.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "disclosures";
    const COMMAND: &'static str = "recordDisclosure";
    const KEY: &'static [&'static str] = &["区划代码", "种类", "所属期"];
    type Row = SheetRow;

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let divisions = rows.iter().map(|row| row.row.division.clone());
        let known = known_by::<Entity, _>(work, Column::Division.is_in(divisions), |row| {
            (row.division.clone(), row.kind.clone(), row.period.clone())
        })
        .await?;
        let key = |row: &SheetRow| (row.division.clone(), row.kind.code().to_owned(), row.period.clone());
        Ok(upsert::<Entity, _, _>(work, &rows, known, key, SheetRow::write).await?.0)
    }
}
