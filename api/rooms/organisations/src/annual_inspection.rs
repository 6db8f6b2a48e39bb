//! 年度检查 · annual inspections of social organisations (SM9). Figures F9, F10 and F11 are read from here: by the first conclusion,
//! never by that after rectification.

use chrono::NaiveDate;
use entity::organisations::annual_inspection::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::check::check_year;
use minzheng_ground::sheets::row::{Day, Id, One, Whole};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::organisations::annual_inspection as rule;
use minzheng_rules::steps::{Step, state_on};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::social_organisation;

minzheng_ground::codes! {
    /// 年检结论 · conclusion of an annual inspection.
    InspectionConclusion, InspectionConclusionFilter, "INSPECTION_CONCLUSION" {
        Qualified "QUALIFIED" "合格" "qualified",
        BasicallyQualified "BASICALLY_QUALIFIED" "基本合格" "basically qualified",
        Unqualified "UNQUALIFIED" "不合格" "unqualified",
    }
}

minzheng_ground::codes! {
    /// 年检状态 · state of an annual inspection (SM9), as its dates tell.
    AnnualInspectionState, AnnualInspectionStateFilter, "ANNUAL_INSPECTION_STATE" {
        Submitted "SUBMITTED" "已受理" "accepted for inspection",
        Qualified "QUALIFIED" "合格" "qualified",
        BasicallyQualified "BASICALLY_QUALIFIED" "基本合格" "basically qualified",
        Unqualified "UNQUALIFIED" "不合格" "unqualified",
        Rectified "RECTIFIED" "已整改" "rectified",
    }
}

/// One inspection.
pub type AnnualInspection = Row<Entity>;

/// 年度检查 · the inspection of an organisation for a year.
pub fn table() -> Table {
    Builder::<Entity>::new("年度检查 · the inspection of an organisation for a year.")
        .list("annualInspections", "年度检查列表 · annual inspections in scope.", Column::Uscc)
        .id()
        .text(Column::Uscc, "统一社会信用代码 · USCC of the organisation.")
        .filter()
        .order()
        .number(Column::Year, "检查年度 · the year inspected.")
        .filter()
        .order()
        .date(Column::AcceptedOn, "受理日期 · report accepted for inspection on.")
        .filter()
        .order()
        .code::<InspectionConclusion>(Column::Conclusion, "结论 · first conclusion.")
        .filter()
        .date(Column::ConcludedOn, "结论日期 · concluded on.")
        .filter()
        .order()
        .code::<InspectionConclusion>(Column::Regraded, "整改后结论 · conclusion after rectification.")
        .filter()
        .date(Column::RegradedOn, "整改后结论日期 · that on.")
        .filter()
        .code_on_day::<AnnualInspectionState>(
            "state",
            "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
            |row, on| state_on(&steps(row), on),
        )
        .division(Column::Division, "区划代码 · division.")
        .filter()
        .one(
            "organisation",
            "社会组织 · the organisation; null where out of scope.",
            "SocialOrganisation",
            Column::OrganisationId,
        )
        .table()
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    let conclusion = row.conclusion.as_deref().and_then(InspectionConclusion::parse).map(InspectionConclusion::code);
    rule::steps(row.accepted_on, conclusion.zip(row.concluded_on), row.regraded_on)
}

minzheng_ground::sheet_row! {
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
