//! 村务公开 · postings on the boards of villages and communities, due and done (A4.3c, D67, D101).

use async_graphql::{Context, ID, Object};
use entity::governance::disclosure::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::governance::disclosure;
use sea_orm::ColumnTrait as _;

use crate::exchange::row::{Day, Id, One, Place};
use crate::exchange::{Kind, Numbered, Taken, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::scalars::{Date, DivisionCode};
use crate::graphql::{global_id, viewer};
use crate::{list_query, listing, node};

crate::codes! {
    /// 公开种类 · what is posted.
    DisclosureKind, DisclosureKindFilter, "DISCLOSURE_KIND" {
        Party "PARTY" "党务" "affairs of the party",
        Village "VILLAGE" "村务" "affairs of the village",
        Finance "FINANCE" "财务" "finances",
        Other "OTHER" "其他" "other",
    }
}

node! {
    /// One posting.
    Disclosure, Entity
}

/// 村务公开 · what is to be posted on the board, and when it was; public.
#[Object(name_type)]
impl Disclosure {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Disclosure", self.0.model.id)
    }

    /// 区划代码 · whose board.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 种类 · kind.
    fn kind(&self) -> Option<DisclosureKind> {
        DisclosureKind::parse(&self.0.model.kind)
    }

    /// 所属期 · period, as it is written on the board.
    fn period(&self) -> &str {
        &self.0.model.period
    }

    /// 应公开日期 · last day for posting it.
    fn due_on(&self) -> Date {
        Date(self.0.model.due_on)
    }

    /// 公开日期 · posted on.
    fn posted_on(&self) -> Option<Date> {
        self.0.model.posted_on.map(Date)
    }

    /// 是否按时 · whether it was posted on time; null: not posted, and not yet late on the business date.
    fn on_time(&self, context: &Context<'_>) -> Answer<Option<bool>> {
        Ok(disclosure::on_time(self.0.model.due_on, self.0.model.posted_on, viewer(context)?.today))
    }
}

listing! {
    Entity, Column;
    filter DisclosureWhere {
        /// 区划代码
        division: DivisionFilter = Division,
        /// 种类
        kind: DisclosureKindFilter = Kind,
        /// 所属期
        period: TextFilter = Period,
        /// 应公开日期
        due_on: DateFilter = DueOn,
        /// 公开日期
        posted_on: DateFilter = PostedOn,
    }
    order DisclosureOrder {
        /// 区划代码
        Division = Division,
        /// 应公开日期
        DueOn = DueOn,
    }
}

list_query! {
    DisclosuresQuery, Disclosure, DisclosureWhere, DisclosureOrder::DueOn,
    "村务公开列表 · postings; public.", disclosures
}

crate::sheet_row! {
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
