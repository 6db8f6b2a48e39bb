//! 机构建设项目 · the building of centres (SM6). Figures F3 and F4 are read from here: 新建 of 居家养老服务中心 only.

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::eldercare::centre_project::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::eldercare::machines;
use minzheng_rules::steps::{Step, state_on};
use sea_orm::ColumnTrait as _;

use super::care_centre::{CentreKind, CentreKindFilter};
use crate::exchange::check::not_negative;
use crate::exchange::row::{Day, Id, One, Place, Text, Whole, YesNo};
use crate::exchange::sheet::Fields;
use crate::exchange::steps::restate;
use crate::exchange::{Kind, Numbered, Taken, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter, YesNoFilter};
use crate::graphql::scalars::{Date, DivisionCode, count};
use crate::graphql::{global_id, viewer};
use crate::{list_query, listing, node};

crate::codes! {
    /// 项目性质 · nature of a project.
    ProjectNature, ProjectNatureFilter, "PROJECT_NATURE" {
        New "NEW" "新建" "new",
        Rebuild "REBUILD" "改建" "rebuilt",
        Extend "EXTEND" "扩建" "extended",
    }
}

crate::codes! {
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

node! {
    /// One project.
    CentreProject, Entity
}

/// 机构建设项目 · the building, rebuilding or extension of a centre.
#[Object(name_type)]
impl CentreProject {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("CentreProject", self.0.model.id)
    }

    /// 项目编号 · number.
    fn number(&self) -> &str {
        &self.0.model.number
    }

    /// 项目名称 · name.
    fn name(&self) -> &str {
        &self.0.model.name
    }

    /// 设施类别 · kind of centre.
    fn kind(&self) -> Option<CentreKind> {
        CentreKind::parse(&self.0.model.kind)
    }

    /// 项目性质 · nature.
    fn nature(&self) -> Option<ProjectNature> {
        ProjectNature::parse(&self.0.model.nature)
    }

    /// 区划代码 · where it stands.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 计划床位 · beds planned.
    fn beds(&self) -> Option<i32> {
        self.0.model.beds.map(count)
    }

    /// 批准日期 · approved on.
    fn approved_on(&self) -> Option<Date> {
        self.0.model.approved_on.map(Date)
    }

    /// 开工日期 · begun on.
    fn begun_on(&self) -> Option<Date> {
        self.0.model.begun_on.map(Date)
    }

    /// 停工日期 · stopped on.
    fn stopped_on(&self) -> Option<Date> {
        self.0.model.stopped_on.map(Date)
    }

    /// 复工日期 · resumed on.
    fn resumed_on(&self) -> Option<Date> {
        self.0.model.resumed_on.map(Date)
    }

    /// 竣工验收日期 · acceptance passed on; decides F3.
    fn accepted_on(&self) -> Option<Date> {
        self.0.model.accepted_on.map(Date)
    }

    /// 投入运营日期 · opened on.
    fn opened_on(&self) -> Option<Date> {
        self.0.model.opened_on.map(Date)
    }

    /// 取消日期 · cancelled on.
    fn cancelled_on(&self) -> Option<Date> {
        self.0.model.cancelled_on.map(Date)
    }

    /// 医养结合 · integrates medical care.
    fn medical(&self) -> bool {
        self.0.model.medical
    }

    /// 状态 · state on a day, as its dates tell; left out: the business date. Null: it had not begun.
    fn state(&self, context: &Context<'_>, on: Option<Date>) -> Answer<Option<ProjectState>> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(state_on(&steps(&self.0.model), on).and_then(ProjectState::parse))
    }
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

listing! {
    Entity, Column;
    filter CentreProjectWhere {
        /// 项目编号
        number: TextFilter = Number,
        /// 项目名称
        name: TextFilter = Name,
        /// 设施类别
        kind: CentreKindFilter = Kind,
        /// 项目性质
        nature: ProjectNatureFilter = Nature,
        /// 区划代码
        division: DivisionFilter = Division,
        /// 批准日期
        approved_on: DateFilter = ApprovedOn,
        /// 开工日期
        begun_on: DateFilter = BegunOn,
        /// 停工日期
        stopped_on: DateFilter = StoppedOn,
        /// 复工日期
        resumed_on: DateFilter = ResumedOn,
        /// 竣工验收日期
        accepted_on: DateFilter = AcceptedOn,
        /// 投入运营日期
        opened_on: DateFilter = OpenedOn,
        /// 取消日期
        cancelled_on: DateFilter = CancelledOn,
        /// 医养结合
        medical: YesNoFilter = Medical,
    }
    order CentreProjectOrder {
        /// 项目编号
        Number = Number,
        /// 区划代码
        Division = Division,
        /// 批准日期
        ApprovedOn = ApprovedOn,
        /// 竣工验收日期
        AcceptedOn = AcceptedOn,
    }
}

list_query! {
    CentreProjectsQuery, CentreProject, CentreProjectWhere, CentreProjectOrder::Number,
    "机构建设项目列表 · projects in scope.", centre_projects
}

crate::sheet_row! {
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
