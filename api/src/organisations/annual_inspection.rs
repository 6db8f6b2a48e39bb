//! 年度检查 · annual inspections of social organisations (SM9). Figures F9, F10 and F11 are read from here: by the first conclusion,
//! never by that after rectification.

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::organisations::annual_inspection::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::organisations::annual_inspection as rule;
use minzheng_rules::steps::{Step, state_on};
use sea_orm::ColumnTrait as _;

use super::social_organisation::{self, SocialOrganisation};
use crate::exchange::check::check_year;
use crate::exchange::row::{Day, Id, One, Whole};
use crate::exchange::sheet::Fields;
use crate::exchange::steps::restate;
use crate::exchange::{Kind, Numbered, Taken, known_by, sift, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::list::{DateFilter, DivisionFilter, NumberFilter, TextFilter};
use crate::graphql::load::by_id;
use crate::graphql::scalars::{Date, DivisionCode};
use crate::graphql::{global_id, viewer};
use crate::{list_query, listing, node};

crate::codes! {
    /// 年检结论 · conclusion of an annual inspection.
    InspectionConclusion, InspectionConclusionFilter, "INSPECTION_CONCLUSION" {
        Qualified "QUALIFIED" "合格" "qualified",
        BasicallyQualified "BASICALLY_QUALIFIED" "基本合格" "basically qualified",
        Unqualified "UNQUALIFIED" "不合格" "unqualified",
    }
}

crate::codes! {
    /// 年检状态 · state of an annual inspection (SM9), as its dates tell.
    AnnualInspectionState, AnnualInspectionStateFilter, "ANNUAL_INSPECTION_STATE" {
        Submitted "SUBMITTED" "已受理" "accepted for inspection",
        Qualified "QUALIFIED" "合格" "qualified",
        BasicallyQualified "BASICALLY_QUALIFIED" "基本合格" "basically qualified",
        Unqualified "UNQUALIFIED" "不合格" "unqualified",
        Rectified "RECTIFIED" "已整改" "rectified",
    }
}

node! {
    /// One inspection.
    AnnualInspection, Entity
}

/// 年度检查 · the inspection of an organisation for a year.
#[Object(name_type)]
impl AnnualInspection {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("AnnualInspection", self.0.model.id)
    }

    /// 统一社会信用代码 · USCC of the organisation.
    fn uscc(&self) -> &str {
        &self.0.model.uscc
    }

    /// 检查年度 · the year inspected.
    fn year(&self) -> i32 {
        self.0.model.year
    }

    /// 受理日期 · report accepted for inspection on.
    fn accepted_on(&self) -> Option<Date> {
        self.0.model.accepted_on.map(Date)
    }

    /// 结论 · first conclusion.
    fn conclusion(&self) -> Option<InspectionConclusion> {
        self.0.model.conclusion.as_deref().and_then(InspectionConclusion::parse)
    }

    /// 结论日期 · concluded on.
    fn concluded_on(&self) -> Option<Date> {
        self.0.model.concluded_on.map(Date)
    }

    /// 整改后结论 · conclusion after rectification.
    fn regraded(&self) -> Option<InspectionConclusion> {
        self.0.model.regraded.as_deref().and_then(InspectionConclusion::parse)
    }

    /// 整改后结论日期 · that on.
    fn regraded_on(&self) -> Option<Date> {
        self.0.model.regraded_on.map(Date)
    }

    /// 状态 · state on a day, as its dates tell; left out: the business date. Null: it had not begun.
    fn state(&self, context: &Context<'_>, on: Option<Date>) -> Answer<Option<AnnualInspectionState>> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(state_on(&steps(&self.0.model), on).and_then(AnnualInspectionState::parse))
    }

    /// 区划代码 · division.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 社会组织 · the organisation; null where out of scope.
    async fn organisation(&self, context: &Context<'_>) -> Answer<Option<SocialOrganisation>> {
        by_id(context, self.0.model.organisation_id).await
    }
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    let conclusion = row.conclusion.as_deref().and_then(InspectionConclusion::parse).map(InspectionConclusion::code);
    rule::steps(row.accepted_on, conclusion.zip(row.concluded_on), row.regraded_on)
}

listing! {
    Entity, Column;
    filter AnnualInspectionWhere {
        /// 统一社会信用代码
        uscc: TextFilter = Uscc,
        /// 检查年度
        year: NumberFilter = Year,
        /// 受理日期
        accepted_on: DateFilter = AcceptedOn,
        /// 结论
        conclusion: InspectionConclusionFilter = Conclusion,
        /// 结论日期
        concluded_on: DateFilter = ConcludedOn,
        /// 整改后结论
        regraded: InspectionConclusionFilter = Regraded,
        /// 整改后结论日期
        regraded_on: DateFilter = RegradedOn,
        /// 区划
        division: DivisionFilter = Division,
    }
    order AnnualInspectionOrder {
        /// 统一社会信用代码
        Uscc = Uscc,
        /// 检查年度
        Year = Year,
        /// 受理日期
        AcceptedOn = AcceptedOn,
        /// 结论日期
        ConcludedOn = ConcludedOn,
    }
}

list_query! {
    AnnualInspectionsQuery, AnnualInspection, AnnualInspectionWhere, AnnualInspectionOrder::Uscc,
    "年度检查列表 · annual inspections in scope.", annual_inspections
}

crate::sheet_row! {
    /// One inspection as a sheet tells it.
    SheetRow of Model {
        uscc: need Id => "统一社会信用代码",
        year: need Whole => "检查年度",
        accepted_on: may Day => "受理日期",
        conclusion: may One<InspectionConclusion> => "结论",
        concluded_on: may Day => "结论日期",
        regraded: may One<InspectionConclusion> => "整改后结论",
        regraded_on: may Day => "整改后结论日期",
    }
}

/// `annual-inspections`: matched by organisation and year.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "annual-inspections";
    const COMMAND: &'static str = "recordAnnualInspection";
    const KEY: &'static [&'static str] = &["统一社会信用代码", "检查年度"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        row.uscc = row.uscc.to_uppercase();
        check_year(fields, "检查年度", row.year);
        fields.in_order(&[
            ("受理日期", row.accepted_on),
            ("结论日期", row.concluded_on),
            ("整改后结论日期", row.regraded_on),
        ]);
        for (header, given, told, date) in [
            ("结论日期", "结论", row.conclusion.is_some(), row.concluded_on),
            ("整改后结论日期", "整改后结论", row.regraded.is_some(), row.regraded_on),
        ] {
            if told != date.is_some() {
                let text = format!("“{given}”和“{header}”须一起填 · {given} and its date go together");
                fields.refuse(Some(header), "REQUIRED", text, "都填，或都不填 · give both or none");
            }
        }
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let organisations = social_organisation::by_codes(work, rows.iter().map(|row| &row.row.uscc)).await?;
        let mut refused = Taken::default();
        let rows = sift(
            rows,
            &mut refused,
            "统一社会信用代码",
            &organisations,
            |row| Some(&row.uscc),
            social_organisation::IMPORT_FIRST,
        );
        let codes = organisations.values().map(|found| found.uscc.clone());
        let known = known_by::<Entity, _>(work, Column::Uscc.is_in(codes), |row| (row.uscc.clone(), row.year)).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if let Some(organisation) = organisations.get(&row.uscc) {
                model.organisation_id = organisation.id;
                // A sheet may give its name in place of its code.
                model.uscc.clone_from(&organisation.uscc);
                model.division.clone_from(&organisation.division);
            }
            Ok(())
        };
        let key = |row: &SheetRow| (row.uscc.clone(), row.year);
        let (mut taken, now) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        restate::<Entity>(work, Self::COMMAND, now.values().map(|row| (row.id, steps(row)))).await?;
        taken.add(refused);
        Ok(taken)
    }
}
