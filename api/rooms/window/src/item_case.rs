//! 办件 · cases of the service window (SM11), with the day promised when each was accepted.

use chrono::NaiveDate;
use entity::window::item_case::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::filter::TextFilter;
use minzheng_ground::sheets::row::{Day, Id, One, Place, Text};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::steps::{Step, dated, state_on};
use minzheng_rules::window::deadline;
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::administrative_item;
use crate::administrative_item::DayUnit;

minzheng_ground::codes! {
    /// 办件来源 · where a case came in.
    CaseChannel, CaseChannelFilter, "CASE_CHANNEL" {
        Window "WINDOW" "窗口" "at the window",
        Online "ONLINE" "网上" "online",
        Mobile "MOBILE" "移动端" "by mobile app",
    }
}

minzheng_ground::codes! {
    /// 评价 · rating by the applicant (好差评).
    Rating, RatingFilter, "RATING" {
        VerySatisfied "VERY_SATISFIED" "非常满意" "very satisfied",
        Satisfied "SATISFIED" "满意" "satisfied",
        FairlySatisfied "FAIRLY_SATISFIED" "基本满意" "fairly satisfied",
        Dissatisfied "DISSATISFIED" "不满意" "dissatisfied",
        VeryDissatisfied "VERY_DISSATISFIED" "非常不满意" "very dissatisfied",
    }
}

minzheng_ground::codes! {
    /// 办件状态 · state of a case (SM11), as its dates tell.
    CaseState, CaseStateFilter, "ITEM_CASE_STATE" {
        Accepted "ACCEPTED" "已受理" "accepted",
        Decided "DECIDED" "已办结" "decided",
    }
}

/// One case.
pub type ItemCase = Row<Entity>;

/// 办件 · a case of an item.
pub fn table() -> Table {
    Builder::<Entity>::new("办件 · a case of an item.")
        .list("itemCases", "办件列表 · cases in scope.", Column::Number)
        .id()
        .text(Column::Number, "办件编号 · number.")
        .filter()
        .order()
        .personal(Column::Applicant, "申请人 · who applied; masked: first and last sign")
        .or_null()
        .date(Column::AcceptedOn, "受理日期 · accepted on.")
        .filter()
        .order()
        .date(Column::FinishedOn, "办结日期 · decided on.")
        .filter()
        .order()
        .code::<CaseChannel>(Column::Channel, "来源 · where it came in.")
        .filter()
        .code::<Rating>(Column::Rating, "评价 · rating by the applicant.")
        .filter()
        .code_on_day::<CaseState>(
            "state",
            "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
            |row, on| state_on(&steps(row), on),
        )
        .date(Column::PromisedBy, "承诺办结日期 · last day promised when it was accepted.")
        .filter()
        .date(Column::StatutoryBy, "法定办结日期 · last day that the law allowed when it was accepted.")
        .computed_for::<Option<bool>>(
            "onTime",
            "是否按时 · whether it was decided within the time promised; null: open, and not late on the \
             business date.",
            |reading, row, json| {
                json.flag_or_null(deadline::on_time(
                    row.model.promised_by,
                    row.model.finished_on,
                    reading.viewer.today,
                ));
            },
        )
        .one("item", "事项 · the item; null where out of scope.", "AdministrativeItem", Column::ItemId)
        .division(Column::Division, "区划代码 · the district whose window it is.")
        .filter()
        .filter_only::<TextFilter>("itemCode", "事项编码", Column::ItemCode)
        .table()
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    dated(&[(Some(row.accepted_on), "ACCEPTED"), (row.finished_on, "DECIDED")])
}

minzheng_ground::sheet_row! {
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
