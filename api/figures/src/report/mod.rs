//! 定期报告 · the report of a district on a time (P0.5, SM15): figures in the words of a template, paragraphs that are
//! edited apart from the figures, reviewed and published by others than who wrote it, kept as it was published.
//!
//! | file | what |
//! |---|---|
//! | [`template`] | the wording, by version |
//! | [`compose`] | what a report says |
//! | [`words`] | how it says it |
//! | [`commands`] | draft, edit, review, return, publish, revise |
//! | [`document`], [`docx`] | Markdown, JSON, Word |
//! | [`whole`] | a report from draft to publication, for the demo |
//! | [`published`] | the published figures of a district, for third parties |

pub mod commands;
pub mod compose;
pub mod document;
pub mod docx;
pub mod published;
pub mod template;
pub mod whole;
pub mod words;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Enum, Object, SimpleObject};
use compose::{Content, Paragraph, Told};
use entity::figures::periodic_report::{Column, Entity, Model};
use minzheng_ground::error::{Answer, asked_wrong, bad_request, fault};
use minzheng_ground::filter::{DateFilter, YesNoFilter};
use minzheng_ground::scalars::{Decimal, DivisionCode, Long, Money};
use minzheng_ground::state::{global_id, state, viewer};
use minzheng_ground::table::FieldArgument;
use minzheng_ground::write::Json;
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::files::{Holder, Verb, sign};
use minzheng_kernel::machine;
use minzheng_rules::machine::PERIODIC_REPORT;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use tokio::sync::OnceCell;

use crate::compare::Comparison;
use crate::period::{PeriodInfo, PeriodInput};

/// 文件格式 · format of a report.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// Markdown
    Markdown,
    /// Word
    Docx,
    /// JSON
    Json,
}

impl ReportFormat {
    /// All.
    pub const ALL: [Self; 3] = [Self::Markdown, Self::Docx, Self::Json];

    /// What a file of it ends in.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Docx => "docx",
            Self::Json => "json",
        }
    }

    /// By its ending.
    pub fn find(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// 报告指标 · a figure as a report tells it; of a published report as it was then.
#[derive(SimpleObject)]
pub struct ReportFigure {
    /// 编码
    code: String,
    /// 名称
    name: String,
    /// 单位
    unit: String,
    /// 数值 · in the unit; null: no data, or hidden
    value: Option<Decimal>,
    /// 金额 · exact, where the figure is money
    amount: Option<Money>,
    /// 显示 · grouped number without unit, text, or "—"
    display: String,
    /// 已隐藏 · few persons stand behind it, and a report is made for the public
    suppressed: bool,
    /// 同比
    year_on_year: Option<Decimal>,
    /// 环比
    previous_period: Option<Decimal>,
    /// 口径指纹 · SHA-256 of what it was defined to count
    definition_hash: String,
    /// 明细指纹 · SHA-256 over the sorted ids of the rows counted, a line each; null in a draft
    rows_hash: Option<String>,
    /// 明细数 · how many rows were counted; null in a draft
    rows_counted: Option<Long>,
}

impl From<Told> for ReportFigure {
    fn from(told: Told) -> Self {
        let (rows_hash, rows_counted) = told.rows.unzip();
        Self {
            code: told.code,
            name: told.name,
            unit: told.unit,
            value: told.value.map(Decimal),
            amount: told.amount.map(Money),
            display: told.display,
            suppressed: told.suppressed,
            year_on_year: told.year_on_year.map(Decimal),
            previous_period: told.previous_period.map(Decimal),
            definition_hash: told.definition,
            rows_hash,
            rows_counted: rows_counted.map(Long),
        }
    }
}

/// 报告段落 · a paragraph of a report.
#[derive(SimpleObject)]
pub struct ReportParagraph {
    /// 名称 · by which it is edited
    key: String,
    /// 层级 · 0 the title, 1 and 2 headings, 3 text, 4 the bureau that signs
    level: i32,
    /// 段首 · what begins it, in bold
    lead: Option<String>,
    /// 原文 · words with placeholders such as {F1}, {F1:同比}, {期间}; […] is left out where a figure in it has no data
    source: String,
    /// 已编辑 · whether it differs from the template
    edited: bool,
    /// 文字 · with the figures written out; empty: it is left out
    text: String,
}

impl From<Paragraph> for ReportParagraph {
    fn from(of: Paragraph) -> Self {
        Self { key: of.key, level: of.level, lead: of.lead, source: of.source, edited: of.edited, text: of.text }
    }
}

/// 修订差异 · a figure that differs from the revision before.
#[derive(SimpleObject)]
pub struct ReportDifference {
    /// 编码
    code: String,
    /// 名称
    name: String,
    /// 原值 · as the revision before told it; null: it did not
    old: Option<String>,
    /// 现值 · as this one tells it; null: it does not
    new: Option<String>,
}

/// One revision of a report.
pub type PeriodicReport = Row<Entity>;

/// What reports say, as a request composed them, by id and version: each once, so that all its fields are of one reading.
#[derive(Default)]
pub struct OfRequest(Mutex<HashMap<(i64, i32), Composed>>);

/// What one report says, once it is composed.
type Composed = Arc<OnceCell<Arc<Content>>>;

async fn content_of(context: &Context<'_>, row: &PeriodicReport) -> Answer<Arc<Content>> {
    let (state, viewer, model) = (state(context)?, viewer(context)?, &row.model);
    let of_request = &context.data::<OfRequest>()?.0;
    let composed =
        of_request.lock().unwrap_or_else(PoisonError::into_inner).entry((model.id, model.version)).or_default().clone();
    let compose = async || compose::content(state, viewer, model).await.map(Arc::new);
    composed.get_or_try_init(compose).await.cloned().map_err(|e| fault(context, e))
}

/// Figures that differ from the revision before; none of the first.
async fn differences_of(context: &Context<'_>, row: &PeriodicReport) -> Answer<Vec<ReportDifference>> {
    let (state, viewer, model) = (state(context)?, viewer(context)?, &row.model);
    let read = async {
        let before = viewer
            .select::<Entity>()
            .filter(Column::Division.eq(&model.division))
            .filter(Column::PeriodFrom.eq(model.period_from))
            .filter(Column::PeriodUntil.eq(model.period_until))
            .filter(Column::Revision.eq(model.revision - 1))
            .one(state.kernel.db.read())
            .await?;
        match before {
            Some(before) => compose::content(state, viewer, &before).await.map(Some),
            None => Ok(None),
        }
    };
    let before = read.await.map_err(|e: minzheng_kernel::Fault| fault(context, e))?;
    let Some(before) = before else { return Ok(Vec::new()) };
    Ok(differences(&before.figures, &content_of(context, row).await?.figures))
}

/// Where the document is got.
fn address_of(context: &Context<'_>, report: &Model, format: ReportFormat) -> Answer<String> {
    let path = format!("{}.{}", global_id("PeriodicReport", report.id).as_str(), format.ending());
    if report.published {
        return Ok(format!("/reports/{path}"));
    }
    let kernel = &state(context)?.kernel;
    let query = sign(&kernel.keys, Verb::Get, &path, &Holder::of(viewer(context)?), kernel.clock.now());
    Ok(format!("/reports/{path}?{}", query.map_err(|e| fault(context, e))?))
}

/// 定期报告 · one revision of the report of a district on a time; public once it is published.
pub fn table() -> Table {
    Builder::<Entity>::new(
        "定期报告 · one revision of the report of a district on a time; public once it is published.",
    )
    .list(
        "reports",
        "定期报告列表 · reports: the published ones for everybody, drafts for those who write, review \
             and audit them.",
        Column::Id,
    )
    .id()
    .order()
    .division(Column::Division, "区划 · of which place.")
    .filter()
    .later_of::<PeriodInfo>("period", "期间 · of which time.", |_, row| {
        Box::pin(async move { Ok(compose::period_of(&row.model).into()) })
    })
    .because("composed of the whole report, which several fields share")
    .number(Column::Revision, "版次 · counts from 1.")
    .filter()
    .text(
        Column::State,
        "状态 · DRAFT, REVIEWED, PUBLISHED, or REVISED: a later revision was begun; it stands until \
             that one is published.",
    )
    .filter()
    .number(Column::Template, "模板版本 · version of the wording.")
    .text(Column::Reason, "修订原因 · why a published report was revised.")
    .computed::<Option<String>>(
        "remark",
        "退回意见 · why it was given back; null once it is published.",
        &[Column::Remark, Column::Published],
        |row, json| {
            if row.cell::<Entity>(Column::Published).flag() {
                json.null();
            } else {
                Json::text_cell(row.cell::<Entity>(Column::Remark), json);
            }
        },
    )
    .instant(Column::PublishedAt, "发布时间 · null: it is a draft.")
    .date(Column::PublishedOn, "成文日期 · the business date of its publication.")
    .instant(Column::AsOf, "截至 · when the figures of a published report were read.")
    .computed::<Option<String>>(
        "position",
        "日志位置 · on which position of the journal the figures of a published report stand at \
             least.",
        &[Column::Position],
        |row, json| Json::long_cell(row.cell::<Entity>(Column::Position), json),
    )
    .later_of::<Vec<ReportFigure>>(
        "figures",
        "指标 · its figures: F0–F15 and whatever its words name.",
        |context, row| {
            Box::pin(async move {
                Ok(content_of(context, &row).await?.figures.iter().cloned().map(ReportFigure::from).collect())
            })
        },
    )
    .because("composed of the whole report, which several fields share")
    .later_of::<Option<PeriodInfo>>(
        "comparedTo",
        "比较期 · with which days its figures are compared; of a published report as on the day of \
             its publication. Null where its time is still to come.",
        |context, row| {
            Box::pin(async move {
                let (_, with) =
                    context.param_value::<Comparison>("with", Some(|| Comparison::YearOnYear)).map_err(asked_wrong)?;
                let day = row.model.published_on.filter(|_| row.model.published).unwrap_or(viewer(context)?.today);
                Ok(with.spans(compose::period_of(&row.model), day).map(|spans| spans.then.into()))
            })
        },
    )
    .because("composed of the whole report, which several fields share")
    .argument(FieldArgument::of::<Comparison>("with").or("YEAR_ON_YEAR").text("哪一种比较 · which comparison"))
    .later_of::<Vec<ReportParagraph>>(
        "paragraphs",
        "段落 · its paragraphs in order, also those left out.",
        |context, row| {
            Box::pin(async move {
                Ok(content_of(context, &row).await?.paragraphs.iter().cloned().map(ReportParagraph::from).collect())
            })
        },
    )
    .because("composed of the whole report, which several fields share")
    .later_of::<Vec<ReportDifference>>(
        "differences",
        "修订差异 · figures that differ from the revision before; empty for the first.",
        |context, row| Box::pin(async move { differences_of(context, &row).await }),
    )
    .because("composed of the whole report, which several fields share")
    .later_of::<String>("markdown", "全文 · the report as Markdown.", |context, row| {
        Box::pin(async move { Ok(document::markdown(&*content_of(context, &row).await?)) })
    })
    .because("composed of the whole report, which several fields share")
    .later_of::<String>(
        "document",
        "下载地址 · a path to GET; of a published report for good, of a draft for 15 minutes and \
             while this session may read it.",
        |context, row| {
            Box::pin(async move {
                let (_, format) = context.param_value::<ReportFormat>("format", None).map_err(asked_wrong)?;
                address_of(context, &row.model, format)
            })
        },
    )
    .because("composed of the whole report, which several fields share")
    .argument(FieldArgument::of::<ReportFormat>("format").text("格式 · as which file"))
    .computed_for::<Vec<String>>(
        "availableCommands",
        "可用操作 · commands that the viewer may give about it now.",
        |reading, row, json| json.texts(machine::available::<Entity>(&PERIODIC_REPORT, reading.viewer, &row.model)),
    )
    .version()
    .filter_only::<DateFilter>("from", "期间首日", Column::PeriodFrom)
    .filter_only::<YesNoFilter>("published", "已发布", Column::Published)
    .order_only("from", "期间首日", Column::PeriodFrom)
    .table()
}

/// What two revisions tell differently.
fn differences(before: &[Told], now: &[Told]) -> Vec<ReportDifference> {
    // The exact sum where there is one: 万元 may hide what moved.
    let told = |of: &Told| match of.amount {
        Some(fen) => minzheng_rules::exact::yuan(fen),
        None => of.display.clone(),
    };
    let find = |list: &[Told], code: &str| list.iter().find(|of| of.code == code).map(told);
    let gone = before.iter().filter(|old| now.iter().all(|new| new.code != old.code));
    now.iter()
        .chain(gone)
        .filter_map(|of| {
            let (old, new) = (find(before, &of.code), find(now, &of.code));
            (old != new).then(|| ReportDifference { code: of.code.clone(), name: of.name.clone(), old, new })
        })
        .collect()
}

/// The field of the root.
#[derive(Default)]
pub struct ReportQuery;

#[Object]
impl ReportQuery {
    /// 定期报告 · the latest published revision; where there is none, the draft, for whom it is for.
    async fn report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "区划代码 · of which place")] division: DivisionCode,
        #[graphql(desc = "期间 · of which time")] period: PeriodInput,
    ) -> Answer<Option<PeriodicReport>> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let period = period.period().ok_or_else(|| bad_request(context, "bad-period", "period"))?;
        let read = async {
            if let Some(row) = compose::latest_published(state, viewer, &division.0, period).await? {
                return Ok(Some(row));
            }
            compose::newest(state, viewer, &division.0, period).await
        };
        let row = read.await.map_err(|e| fault(context, e))?;
        Ok(row.map(|model| Row::new(viewer, model)))
    }
}
