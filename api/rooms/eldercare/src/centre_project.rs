//! 机构建设项目 · the building of centres (SM6). Figures F3 and F4 are read from here: 新建 of 居家养老服务中心 only.

use chrono::NaiveDate;
use entity::eldercare::centre_project::{Column, Entity, Model};
use minzheng_ground::sheets::check::not_negative;
use minzheng_ground::sheets::row::{Day, Id, One, Place, Text, Whole, YesNo};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::eldercare::machines;
use minzheng_rules::steps::{Step, state_on};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::care_centre::CentreKind;

minzheng_ground::codes! {
    /// 项目性质 · nature of a project.
    ProjectNature, ProjectNatureFilter, "PROJECT_NATURE" {
        New "NEW" "新建" "new",
        Rebuild "REBUILD" "改建" "rebuilt",
        Extend "EXTEND" "扩建" "extended",
    }
}

minzheng_ground::codes! {
    /// 项目状态 · state of a project (SM6), as its dates tell.
    ProjectState, ProjectStateFilter, "PROJECT_STATE" {
        Approved "APPROVED" "已批准" "approved",
        UnderConstruction "UNDER_CONSTRUCTION" "在建" "under construction",
        Suspended "SUSPENDED" "停工" "suspended",
        Completed "COMPLETED" "竣工验收" "completed",
        Operating "OPERATING" "投入运营" "operating",
        Cancelled "CANCELLED" "取消" "cancelled",
    }
}

/// One project.
pub type CentreProject = Row<Entity>;

/// 机构建设项目 · the building, rebuilding or extension of a centre.
pub fn table() -> Table {
    Builder::<Entity>::new("机构建设项目 · the building, rebuilding or extension of a centre.")
        .list("centreProjects", "机构建设项目列表 · projects in scope.", Column::Number)
        .id()
        .text(Column::Number, "项目编号 · number.")
        .filter()
        .order()
        .text(Column::Name, "项目名称 · name.")
        .filter()
        .code::<CentreKind>(Column::Kind, "设施类别 · kind of centre.")
        .filter()
        .code::<ProjectNature>(Column::Nature, "项目性质 · nature.")
        .filter()
        .division(Column::Division, "区划代码 · where it stands.")
        .filter()
        .order()
        .number(Column::Beds, "计划床位 · beds planned.")
        .date(Column::ApprovedOn, "批准日期 · approved on.")
        .filter()
        .order()
        .date(Column::BegunOn, "开工日期 · begun on.")
        .filter()
        .date(Column::StoppedOn, "停工日期 · stopped on.")
        .filter()
        .date(Column::ResumedOn, "复工日期 · resumed on.")
        .filter()
        .date(Column::AcceptedOn, "竣工验收日期 · acceptance passed on; decides F3.")
        .filter()
        .order()
        .date(Column::OpenedOn, "投入运营日期 · opened on.")
        .filter()
        .date(Column::CancelledOn, "取消日期 · cancelled on.")
        .filter()
        .flag(Column::Medical, "医养结合 · integrates medical care.")
        .filter()
        .code_on_day::<ProjectState>(
            "state",
            "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
            |row, on| state_on(&steps(row), on),
        )
        .table()
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    machines::centre_project(&machines::ProjectDates {
        approved: row.approved_on,
        begun: row.begun_on,
        stopped: row.stopped_on,
        resumed: row.resumed_on,
        accepted: row.accepted_on,
        opened: row.opened_on,
        cancelled: row.cancelled_on,
    })
}

minzheng_ground::sheet_row! {
    /// One project as a sheet tells it.
    SheetRow of Model {
        number: need Id => "项目编号",
        name: need Text => "项目名称",
        kind: need One<CentreKind> => "设施类别",
        nature: need One<ProjectNature> => "项目性质",
        division: need Place => "区划代码",
        beds: may Whole => "计划床位",
        approved_on: may Day => "批准日期",
        begun_on: may Day => "开工日期",
        stopped_on: may Day => "停工日期",
        resumed_on: may Day => "复工日期",
        accepted_on: may Day => "竣工验收日期",
        opened_on: may Day => "投入运营日期",
        cancelled_on: may Day => "取消日期",
        medical: may YesNo => "医养结合",
    }
}

/// `centre-projects`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "centre-projects";
    const COMMAND: &'static str = "recordCentreProject";
    const KEY: &'static [&'static str] = &["项目编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[
            ("批准日期", row.approved_on),
            ("开工日期", row.begun_on),
            ("停工日期", row.stopped_on),
            ("复工日期", row.resumed_on),
            ("竣工验收日期", row.accepted_on),
            ("投入运营日期", row.opened_on),
        ]);
        fields.in_order(&[("批准日期", row.approved_on), ("取消日期", row.cancelled_on)]);
        not_negative(fields, "计划床位", row.beds);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let key = |row: &SheetRow| row.number.clone();
        let (taken, now) = upsert::<Entity, _, _>(work, &rows, known, key, SheetRow::write).await?;
        restate::<Entity>(work, Self::COMMAND, now.values().map(|row| (row.id, steps(row)))).await?;
        Ok(taken)
    }
}
