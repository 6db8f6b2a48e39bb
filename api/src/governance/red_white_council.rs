//! 红白理事会 · councils on weddings and funerals (A4.3d).

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::governance::red_white_council::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use sea_orm::ColumnTrait as _;

use crate::exchange::check::not_negative;
use crate::exchange::row::{Day, Place, Text, Whole};
use crate::exchange::sheet::Fields;
use crate::exchange::{Kind, Numbered, Taken, known_by, upsert};
use crate::graphql::error::Answer;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::scalars::{Date, DivisionCode, count};
use crate::graphql::{global_id, viewer};
use crate::{list_query, listing, node};

node! {
    /// One council.
    RedWhiteCouncil, Entity
}

/// 红白理事会 · the council on weddings and funerals of a village or community.
#[Object(name_type)]
impl RedWhiteCouncil {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("RedWhiteCouncil", self.0.model.id)
    }

    /// 区划代码 · of which village or community.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 名称 · name.
    fn name(&self) -> &str {
        &self.0.model.name
    }

    /// 成立日期 · first day.
    fn founded_on(&self) -> Date {
        Date(self.0.model.founded_on)
    }

    /// 撤销日期 · first day on which it no longer is.
    fn revoked_on(&self) -> Option<Date> {
        self.0.model.revoked_on.map(Date)
    }

    /// 成员人数 · members.
    fn members(&self) -> i32 {
        count(self.0.model.members)
    }

    /// 是否存续 · whether it is there on a day; left out: the business date.
    fn active(&self, context: &Context<'_>, on: Option<Date>) -> Answer<bool> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(self.0.model.founded_on <= on && self.0.model.revoked_on.is_none_or(|until| on < until))
    }
}

listing! {
    Entity, Column;
    filter RedWhiteCouncilWhere {
        /// 区划代码
        division: DivisionFilter = Division,
        /// 名称
        name: TextFilter = Name,
        /// 成立日期
        founded_on: DateFilter = FoundedOn,
        /// 撤销日期
        revoked_on: DateFilter = RevokedOn,
    }
    order RedWhiteCouncilOrder {
        /// 区划代码
        Division = Division,
        /// 成立日期
        FoundedOn = FoundedOn,
    }
}

list_query! {
    RedWhiteCouncilsQuery, RedWhiteCouncil, RedWhiteCouncilWhere, RedWhiteCouncilOrder::Division,
    "红白理事会列表 · councils in scope.", red_white_councils
}

crate::sheet_row! {
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
