//! 办件 · cases of the service window (SM11), with the day promised when each was accepted.

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::window::item_case::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::steps::{Step, dated, state_on};
use minzheng_rules::window::deadline;
use sea_orm::ColumnTrait as _;

use super::administrative_item::{self, AdministrativeItem, DayUnit};
use crate::exchange::row::{Day, Id, One, Place, Text};
use crate::exchange::sheet::Fields;
use crate::exchange::steps::restate;
use crate::exchange::{Kind, Numbered, Taken, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::load::by_id;
use crate::graphql::personal::{PersonalKind, own_name, personal};
use crate::graphql::scalars::{Date, DivisionCode};
use crate::graphql::{global_id, viewer};
use crate::{list_query, listing, node};

crate::codes! {
    /// 办件来源 · where a case came in.
    CaseChannel, CaseChannelFilter, "CASE_CHANNEL" {
        Window "WINDOW" "窗口" "at the window",
        Online "ONLINE" "网上" "online",
        Mobile "MOBILE" "移动端" "by mobile app",
    }
}

crate::codes! {
    /// 评价 · rating by the applicant (好差评).
    Rating, RatingFilter, "RATING" {
        VerySatisfied "VERY_SATISFIED" "非常满意" "very satisfied",
        Satisfied "SATISFIED" "满意" "satisfied",
        FairlySatisfied "FAIRLY_SATISFIED" "基本满意" "fairly satisfied",
        Dissatisfied "DISSATISFIED" "不满意" "dissatisfied",
        VeryDissatisfied "VERY_DISSATISFIED" "非常不满意" "very dissatisfied",
    }
}

crate::codes! {
    /// 办件状态 · state of a case (SM11), as its dates tell.
    CaseState, CaseStateFilter, "ITEM_CASE_STATE" {
        Accepted "ACCEPTED" "已受理" "accepted",
        Decided "DECIDED" "已办结" "decided",
    }
}

node! {
    /// One case.
    ItemCase, Entity
}

/// 办件 · a case of an item.
#[Object(name_type)]
impl ItemCase {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("ItemCase", self.0.model.id)
    }

    /// 办件编号 · number.
    fn number(&self) -> &str {
        &self.0.model.number
    }

    /// 申请人 · who applied; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn applicant(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own_name(context, &self.0, "ItemCase.applicant", Some(&self.0.model.applicant))
    }

    /// 受理日期 · accepted on.
    fn accepted_on(&self) -> Date {
        Date(self.0.model.accepted_on)
    }

    /// 办结日期 · decided on.
    fn finished_on(&self) -> Option<Date> {
        self.0.model.finished_on.map(Date)
    }

    /// 来源 · where it came in.
    fn channel(&self) -> Option<CaseChannel> {
        CaseChannel::parse(&self.0.model.channel)
    }

    /// 评价 · rating by the applicant.
    fn rating(&self) -> Option<Rating> {
        self.0.model.rating.as_deref().and_then(Rating::parse)
    }

    /// 状态 · state on a day, as its dates tell; left out: the business date. Null: it had not begun.
    fn state(&self, context: &Context<'_>, on: Option<Date>) -> Answer<Option<CaseState>> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(state_on(&steps(&self.0.model), on).and_then(CaseState::parse))
    }

    /// 承诺办结日期 · last day promised when it was accepted.
    fn promised_by(&self) -> Date {
        Date(self.0.model.promised_by)
    }

    /// 法定办结日期 · last day that the law allowed when it was accepted.
    fn statutory_by(&self) -> Date {
        Date(self.0.model.statutory_by)
    }

    /// 是否按时 · whether it was decided within the time promised; null: open, and not late on the business date.
    fn on_time(&self, context: &Context<'_>) -> Answer<Option<bool>> {
        Ok(deadline::on_time(self.0.model.promised_by, self.0.model.finished_on, viewer(context)?.today))
    }

    /// 事项 · the item; null where out of scope.
    async fn item(&self, context: &Context<'_>) -> Answer<Option<AdministrativeItem>> {
        by_id(context, self.0.model.item_id).await
    }

    /// 区划代码 · the district whose window it is.
    fn division(&self) -> Option<DivisionCode> {
        self.0.model.division.clone().map(DivisionCode)
    }
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    dated(&[(Some(row.accepted_on), "ACCEPTED"), (row.finished_on, "DECIDED")])
}

listing! {
    Entity, Column;
    filter ItemCaseWhere {
        /// 办件编号
        number: TextFilter = Number,
        /// 受理日期
        accepted_on: DateFilter = AcceptedOn,
        /// 办结日期
        finished_on: DateFilter = FinishedOn,
        /// 来源
        channel: CaseChannelFilter = Channel,
        /// 评价
        rating: RatingFilter = Rating,
        /// 事项编码
        item_code: TextFilter = ItemCode,
        /// 承诺办结日期
        promised_by: DateFilter = PromisedBy,
        /// 区划
        division: DivisionFilter = Division,
    }
    order ItemCaseOrder {
        /// 办件编号
        Number = Number,
        /// 受理日期
        AcceptedOn = AcceptedOn,
        /// 办结日期
        FinishedOn = FinishedOn,
    }
}

list_query! {
    ItemCasesQuery, ItemCase, ItemCaseWhere, ItemCaseOrder::Number,
    "办件列表 · cases in scope.", item_cases
}

crate::sheet_row! {
    /// One case as a sheet tells it.
    SheetRow of Model {
        number: need Id => "办件编号",
        item: need Id => "事项编码" in item_code,
        applicant: need Text => "申请人",
        accepted_on: need Day => "受理日期",
        finished_on: may Day => "办结日期",
        channel: need One<CaseChannel> => "来源",
        rating: may One<Rating> => "评价",
        division: may Place => "区划代码",
    }
}

/// `item-cases`: matched by district and number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "item-cases";
    const COMMAND: &'static str = "recordItemCase";
    const KEY: &'static [&'static str] = &["办件编号", "区划代码"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("受理日期", Some(row.accepted_on)), ("办结日期", row.finished_on)]);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        row.division.as_deref()
    }

    fn district(row: &mut SheetRow) -> Option<&mut Option<String>> {
        Some(&mut row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let items = administrative_item::by_codes(work, rows.iter().map(|row| &row.row.item)).await?;
        let item = |row: &SheetRow| (row.division.clone(), row.item.clone());
        let (rows, unknown): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| items.contains_key(&item(&row.row)));
        let mut refused = Taken::default();
        for row in unknown {
            refused.missing(row.number, "事项编码", row.row.item, administrative_item::IMPORT_FIRST);
        }
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| {
            (row.division.clone(), row.number.clone())
        })
        .await?;
        let write = |model: &mut Model, row: &SheetRow| {
            if let Some(item) = items.get(&item(row)) {
                // The time promised is that of the day of acceptance: a later change of the item says nothing about it.
                let known = model.item_code == item.code && model.promised_for == Some(row.accepted_on);
                if !known {
                    let working = item.unit == DayUnit::Working.code();
                    model.promised_by = deadline::last_day(row.accepted_on, item.promised_days, working);
                    model.statutory_by = deadline::last_day(row.accepted_on, item.statutory_days, working);
                    model.promised_for = Some(row.accepted_on);
                }
                model.item_id = item.id;
            }
            row.keep(model);
            Ok(())
        };
        let key = |row: &SheetRow| (row.division.clone(), row.number.clone());
        let (mut taken, now) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        restate::<Entity>(work, Self::COMMAND, now.values().map(|row| (row.id, steps(row)))).await?;
        taken.add(refused);
        Ok(taken)
    }
}
