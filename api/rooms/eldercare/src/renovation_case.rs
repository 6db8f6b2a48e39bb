//! 适老化改造 · homes made fit for age, by batch of a year (SM5). Figures F5 and F6 are read from here.

use chrono::NaiveDate;
use entity::eldercare::renovation_case::{Column, Entity, Model};
use minzheng_ground::sheets::check::check_year;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, Place, Whole};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::household;
use minzheng_rules::eldercare::machines;
use minzheng_rules::steps::{Step, state_on};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

minzheng_ground::codes! {
    /// 改造状态 · state of a case (SM5), as its dates tell.
    RenovationState, RenovationStateFilter, "RENOVATION_STATE" {
        Admitted "ADMITTED" "已纳入" "admitted",
        Building "BUILDING" "施工中" "being built",
        Finished "FINISHED" "已完工" "finished",
        Accepted "ACCEPTED" "已验收" "accepted",
        Withdrawn "WITHDRAWN" "已退出" "withdrawn",
    }
}

/// One case.
pub type RenovationCase = Row<Entity>;

/// 适老化改造 · a household's home made fit for age.
pub fn table() -> Table {
    Builder::<Entity>::new("适老化改造 · a household's home made fit for age.")
        .list("renovationCases", "适老化改造列表 · cases in scope.", Column::Number)
        .id()
        .text(Column::Number, "改造编号 · number.")
        .filter()
        .order()
        .number(Column::BatchYear, "批次年度 · year of the batch.")
        .filter()
        .order()
        .division(Column::Division, "区划代码 · where it is.")
        .filter()
        .order()
        .date(Column::AdmittedOn, "纳入日期 · admitted on.")
        .filter()
        .order()
        .date(Column::BegunOn, "开工日期 · begun on.")
        .filter()
        .date(Column::FinishedOn, "完工日期 · finished on.")
        .filter()
        .date(Column::AcceptedOn, "验收日期 · acceptance passed on; decides F6.")
        .filter()
        .date(Column::WithdrawnOn, "退出日期 · first day on which it no longer holds.")
        .filter()
        .code_on_day::<RenovationState>(
            "state",
            "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
            |row, on| state_on(&steps(row), on),
        )
        .one("household", "家庭 · the household; null where out of scope.", "Household", Column::HouseholdId)
        .table()
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    machines::renovation_case(row.admitted_on, row.begun_on, row.finished_on, row.accepted_on, row.withdrawn_on)
}

minzheng_ground::sheet_row! {
    /// One case as a sheet tells it.
    SheetRow of Model {
        number: need Id => "改造编号",
        batch_year: need Whole => "批次年度",
        household: need Id => "户编号" by hand,
        division: need Place => "区划代码",
        admitted_on: need Day => "纳入日期",
        begun_on: may Day => "开工日期",
        finished_on: may Day => "完工日期",
        accepted_on: may Day => "验收日期",
        withdrawn_on: may Day => "退出日期",
    }
}

/// `renovation`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "renovation";
    const COMMAND: &'static str = "recordRenovationCase";
    const KEY: &'static [&'static str] = &["改造编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[
            ("纳入日期", Some(row.admitted_on)),
            ("开工日期", row.begun_on),
            ("完工日期", row.finished_on),
            ("验收日期", row.accepted_on),
        ]);
        fields.in_order(&[("纳入日期", Some(row.admitted_on)), ("退出日期", row.withdrawn_on)]);
        check_year(fields, "批次年度", row.batch_year);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let households = household::by_numbers(work, rows.iter().map(|row| row.row.household.clone())).await?;
        let mut refused = Taken::default();
        let rows = sift(rows, &mut refused, "户编号", &households, |row| Some(&row.household), household::IMPORT_FIRST);
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            model.household_id = households.get(&row.household).map_or(0, |household| household.id);
            Ok(())
        };
        let key = |row: &SheetRow| row.number.clone();
        let (mut taken, now) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        restate::<Entity>(work, Self::COMMAND, now.values().map(|row| (row.id, steps(row)))).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let ids = models.iter().map(|model| model.household_id);
        let households = household::numbers_of(kernel, viewer, ids).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            Ok(SheetRow::told(model, households.get(&model.household_id).cloned()))
        })
    }
}
