//! The ways of a report: draft, edit, review, return, publish, revise.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::figures::periodic_report::{Column, Entity, Model};
use entity::figures::{report_figure, report_paragraph};
use minzheng_ground::Link;
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::scalars::DivisionCode;
use minzheng_ground::state::{State, row_id, state, viewer};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Fault, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use minzheng_rules::division::division_prefix;
use minzheng_rules::machine::PERIODIC_REPORT;
use minzheng_rules::period::Period;
use minzheng_rules::report::{Wrong, parse, places, typed};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use crate::period::PeriodInput;
use crate::report::compose::{Content, Told};
use crate::report::words::known;
use crate::report::{compose, template, words};
use crate::{indicator, projector, rows};

/// Signs of one paragraph.
const LONGEST: usize = 5_000;

/// Readings tried until the figures hold still.
const TRIES: usize = 5;

/// A report to be drafted.
#[derive(InputObject)]
pub struct DraftReportInput {
    /// 区划 · a district.
    division: DivisionCode,
    /// 期间 · a month, quarter, half-year or year that has begun.
    period: PeriodInput,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// A paragraph as it is to be.
#[derive(InputObject)]
pub struct EditReportParagraphInput {
    /// 报告
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 段落 · its key.
    paragraph: String,
    /// 原文 · words with placeholders, no typed figures; empty: the paragraph is left out; null: the template's again.
    text: Option<String>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// A report to be reviewed or published.
#[derive(InputObject)]
pub struct ReportInput {
    /// 报告
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// A report to be given back.
#[derive(InputObject)]
pub struct ReturnReportInput {
    /// 报告
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 退回意见 · required.
    #[graphql(validator(max_length = 2000))]
    remark: Option<String>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// A published report to be revised.
#[derive(InputObject)]
pub struct ReviseReportInput {
    /// 报告 · the published one.
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 修订原因 · required; stands in the new revision.
    #[graphql(validator(max_length = 500))]
    reason: Option<String>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// What became of a report.
#[derive(SimpleObject)]
pub struct ReportPayload {
    /// 报告 · as it is now, of a revision the new draft; null when refused.
    report: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct ReportMutation;

#[Object]
impl ReportMutation {
    /// 起草报告 · drafts the report of a district on a time; requires BUSINESS_OFFICER or DISTRICT_ADMIN.
    async fn draft_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: DraftReportInput,
    ) -> Answer<ReportPayload> {
        let period = input.period.period().filter(|period| period.grain.is_some());
        let command = period
            .map(|period| DraftReport { division: input.division.0, period: period.to_string() })
            .ok_or_else(|| Refusal::invalid("period", Text::of("report-period")));
        give(context, command, input.idempotency_key).await
    }

    /// 编辑段落 · changes the words of a paragraph of a draft; requires BUSINESS_OFFICER or DISTRICT_ADMIN.
    async fn edit_report_paragraph(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: EditReportParagraphInput,
    ) -> Answer<ReportPayload> {
        let command = row_id::<Entity>(&input.id, "id").map(|id| EditReportParagraph {
            id,
            version: input.version,
            paragraph: input.paragraph,
            text: input.text,
        });
        give(context, command, input.idempotency_key).await
    }

    /// 审核报告 · somebody who did not write it agrees to a draft; requires APPROVER.
    async fn review_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ReportInput,
    ) -> Answer<ReportPayload> {
        let command = row_id::<Entity>(&input.id, "id").map(|id| ReviewReport { id, version: input.version });
        give(context, command, input.idempotency_key).await
    }

    /// 退回报告 · gives a draft back with a remark; requires APPROVER.
    async fn return_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ReturnReportInput,
    ) -> Answer<ReportPayload> {
        let remark = given(input.remark);
        let command = row_id::<Entity>(&input.id, "id").map(|id| ReturnReport { id, version: input.version, remark });
        give(context, command, input.idempotency_key).await
    }

    /// 发布报告 · publishes a reviewed report: its words, figures and the rows behind them are kept as they are now, and
    /// it is public; requires APPROVER, who did not write it.
    async fn publish_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ReportInput,
    ) -> Answer<ReportPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let command = async {
            let id = row_id::<Entity>(&input.id, "id")?;
            // Asked before anything is counted.
            if !viewer.may(PublishReport::NAME) {
                return Ok(PublishReport { id, version: input.version, read: None });
            }
            let read = read(state, viewer, id).await?;
            Ok(PublishReport { id, version: input.version, read })
        };
        let done = match command.await {
            Ok(command) => commands::run(&state.kernel, viewer, command, &Sent::with_key(input.idempotency_key)).await,
            Err(failure) => Err(failure),
        };
        let (row, user_errors) = outcome(context, done)?;
        Ok(ReportPayload { report: row.map(Link::id), user_errors })
    }

    /// 修订报告 · begins a new revision of a published report, which stays as it is; requires BUSINESS_OFFICER or
    /// DISTRICT_ADMIN.
    async fn revise_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ReviseReportInput,
    ) -> Answer<ReportPayload> {
        let reason = given(input.reason);
        let command = row_id::<Entity>(&input.id, "id").map(|id| ReviseReport { id, version: input.version, reason });
        give(context, command, input.idempotency_key).await
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

async fn give<C>(context: &Context<'_>, command: Result<C, Refusal>, key: Option<String>) -> Answer<ReportPayload>
where
    C: Command<Output = i64>,
{
    let done = match command {
        Ok(command) => commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::with_key(key)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (row, user_errors) = outcome(context, done)?;
    Ok(ReportPayload { report: row.map(Link::id), user_errors })
}

/// 起草报告
#[derive(Clone, Debug, Serialize)]
pub struct DraftReport {
    pub(super) division: String,
    pub(super) period: String,
}

#[async_trait::async_trait]
impl Command for DraftReport {
    const NAME: &'static str = "draftReport";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let period =
            Period::parse(&self.period).ok_or_else(|| Refusal::invalid("period", Text::of("report-period")))?;
        if period.from > work.today() {
            return Err(Refusal::invalid("period", Text::of("date-ahead")).into());
        }
        if division_prefix(&self.division).len() != 6 {
            return Err(Refusal::invalid("division", Text::of("report-division")).into());
        }
        // Where nobody has this right, whether there is a report is not told either.
        if !work.viewer.may_in(Self::NAME, &self.division) {
            return Err(Failure::Forbidden(Self::NAME.to_owned()));
        }
        let there = work
            .everywhere::<Entity>()
            .filter(Column::Division.eq(&self.division))
            .filter(Column::PeriodFrom.eq(period.from))
            .filter(Column::PeriodUntil.eq(period.until));
        if there.one(work.tx()).await?.is_some() {
            let what = format!("{} {}", self.division, self.period);
            let text = Text::of("report-exists").with("what", what);
            return Err(Refusal::new(UserErrorCode::Duplicate, text).at("period").into());
        }
        begin(work, Self::NAME, self.division, period, 1, None).await.map(|row| row.id)
    }
}

async fn begin(
    work: &mut Work<'_>,
    command: &str,
    division: String,
    period: Period,
    revision: i32,
    reason: Option<String>,
) -> Result<Model, Failure> {
    let row = Model {
        id: work.id().await?,
        division,
        period_from: period.from,
        period_until: period.until,
        revision,
        template: template::on(period.last_day())?.version,
        reason,
        version: 1,
        ..Model::default()
    };
    work.begin_state::<Entity>(&PERIODIC_REPORT, command, row).await
}

/// 编辑段落
#[derive(Clone, Debug, Serialize)]
pub struct EditReportParagraph {
    id: i64,
    version: Option<i32>,
    paragraph: String,
    text: Option<String>,
}

#[async_trait::async_trait]
impl Command for EditReportParagraph {
    const NAME: &'static str = "editReportParagraph";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        use report_paragraph::{Column, Entity as Paragraphs};
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        let template = template::version(row.row().template)?;
        let Some(outline) = template.paragraphs().iter().find(|outline| outline.key == self.paragraph) else {
            let keys: Vec<&str> = template.paragraphs().iter().map(|outline| outline.key.as_str()).collect();
            let text = Text::of("report-paragraph").with("key", &self.paragraph).with("keys", keys.join(" "));
            return Err(Refusal::invalid("paragraph", text).into());
        };
        if let Some(text) = &self.text {
            check(text).map_err(|text| Refusal::invalid("text", text))?;
        }
        let (id, level) = (row.row().id, outline.level);
        work.advance::<Entity>(&PERIODIC_REPORT, Self::NAME, row, &["paragraph"], |row| row.edits += 1).await?;
        let there = work.everywhere::<Paragraphs>().filter(Column::ReportId.eq(id));
        let there = there.filter(Column::Key.eq(&self.paragraph)).one(work.tx()).await?;
        match (there, self.text) {
            (Some(there), Some(text)) => {
                let there = work.checked::<Paragraphs>(there);
                work.update::<Paragraphs>(there, |row| row.source = text).await?;
            }
            (Some(there), None) => {
                let there = work.checked::<Paragraphs>(there);
                work.void::<Paragraphs>(there).await?;
            }
            (None, Some(source)) => {
                let row_id = work.id().await?;
                work.insert::<Paragraphs>(report_paragraph::Model {
                    id: row_id,
                    report_id: id,
                    key: self.paragraph,
                    source,
                    edited: true,
                    level,
                    lead: outline.lead.clone(),
                    version: 1,
                    ..report_paragraph::Model::default()
                })
                .await?;
            }
            (None, None) => {}
        }
        Ok(id)
    }
}

/// Whether a text may stand in a report: words and known placeholders, no typed figures.
fn check(text: &str) -> Result<(), Text> {
    if text.chars().count() > LONGEST {
        return Err(Text::of("report-long").with("most", LONGEST));
    }
    let wrong = |wrong: Wrong| match wrong {
        Wrong::Bracket(sign) => Text::of("report-bracket").with("sign", sign),
        Wrong::Typed(figure) => Text::of("report-typed").with("figure", figure),
        Wrong::Sign => Text::of("report-sign"),
    };
    let parts = parse(text).map_err(wrong)?;
    if let Some(unknown) = places(&parts).into_iter().find(|place| !known(place)) {
        return Err(Text::of("report-placeholder").with("placeholder", unknown).with("words", words::listed()));
    }
    typed(&parts).map_err(wrong)
}

/// 审核报告
#[derive(Clone, Debug, Serialize)]
pub struct ReviewReport {
    pub(super) id: i64,
    pub(super) version: Option<i32>,
}

#[async_trait::async_trait]
impl Command for ReviewReport {
    const NAME: &'static str = "reviewReport";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        work.advance::<Entity>(&PERIODIC_REPORT, Self::NAME, row, &[], |row| row.remark = None).await?;
        Ok(self.id)
    }
}

/// 退回报告
#[derive(Clone, Debug, Serialize)]
pub struct ReturnReport {
    id: i64,
    version: Option<i32>,
    remark: Option<String>,
}

#[async_trait::async_trait]
impl Command for ReturnReport {
    const NAME: &'static str = "returnReport";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        let recorded: &[&str] = if self.remark.is_some() { &["remark"] } else { &[] };
        work.advance::<Entity>(&PERIODIC_REPORT, Self::NAME, row, recorded, |row| row.remark = self.remark).await?;
        Ok(self.id)
    }
}

/// 发布报告
#[derive(Clone, Debug, Serialize)]
pub struct PublishReport {
    pub(super) id: i64,
    pub(super) version: Option<i32>,
    /// What is kept, and of which version of the row it was read. Read anew when the same is sent again.
    #[serde(skip)]
    pub(super) read: Option<(i32, Box<Content>)>,
}

#[async_trait::async_trait]
impl Command for PublishReport {
    const NAME: &'static str = "publishReport";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        use report_paragraph::{Column as ParagraphColumn, Entity as Paragraphs};
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        // Wrong states and eyes are told before anything about what was read.
        let step = work.step_of::<Entity>(&PERIODIC_REPORT, Self::NAME, row.row())?;
        work.four_eyes::<Entity>(step, self.id).await?;
        let Some((version, content)) = self.read else { return Err(Refusal::not_found("id").into()) };
        if version != row.row().version {
            let text = Text::of("stale-version").with("expected", version).with("actual", row.row().version);
            return Err(Refusal::new(UserErrorCode::StaleVersion, text).at("version").into());
        }
        let content = *content;
        let (now, today) = (work.now, work.today());
        work.advance::<Entity>(&PERIODIC_REPORT, Self::NAME, row, &[], |row| {
            row.published = true;
            row.published_at = Some(now);
            row.published_on = Some(today);
            row.as_of = Some(content.as_of);
            row.position = Some(content.position);
        })
        .await?;
        let first = work.ids(content.figures.len().max(1)).await?;
        let figures = (first..).zip(0..).zip(content.figures);
        let figures = figures.map(|((id, place), told)| figure_row(id, place, self.id, told));
        work.insert_many::<report_figure::Entity>(figures.collect()).await?;
        let there = work.everywhere::<Paragraphs>().filter(ParagraphColumn::ReportId.eq(self.id));
        let mut there = there.all(work.tx()).await?;
        for (place, paragraph) in (0..).zip(content.paragraphs) {
            let place = Some(place);
            let text = Some(paragraph.text);
            match there.iter().position(|row| row.key == paragraph.key) {
                Some(at) => {
                    let row = work.checked::<Paragraphs>(there.swap_remove(at));
                    work.update::<Paragraphs>(row, |row| (row.place, row.text) = (place, text)).await?;
                }
                None => {
                    let id = work.id().await?;
                    work.insert::<Paragraphs>(report_paragraph::Model {
                        id,
                        report_id: self.id,
                        key: paragraph.key,
                        source: paragraph.source,
                        edited: false,
                        place,
                        level: paragraph.level,
                        lead: paragraph.lead,
                        text,
                        version: 1,
                        voided: false,
                    })
                    .await?;
                }
            }
        }
        Ok(self.id)
    }
}

fn figure_row(id: i64, place: i32, report_id: i64, told: Told) -> report_figure::Model {
    let (rows_hash, rows_counted) = told.rows.unzip();
    report_figure::Model {
        id,
        report_id,
        place,
        code: told.code,
        name: told.name,
        unit: told.unit,
        value: told.value,
        amount_fen: told.amount,
        display: told.display,
        suppressed: told.suppressed,
        year_on_year: told.year_on_year,
        previous_period: told.previous_period,
        definition: told.definition,
        rows_hash,
        rows_counted: rows_counted.unwrap_or_default(),
        version: 1,
        voided: false,
    }
}

/// A report as it is to be kept, with the rows behind its figures: figures, rows, and the same figures again, so that
/// they belong together whatever else is written meanwhile.
pub(super) async fn read(state: &State, viewer: &Viewer, id: i64) -> Result<Option<(i32, Box<Content>)>, Failure> {
    let db = &state.kernel.db;
    let row = viewer.select::<Entity>().filter(Column::Id.eq(id)).one(db.read()).await.map_err(Fault::from)?;
    let Some(row) = row.filter(|row| !row.published) else { return Ok(None) };
    for _ in 0..TRIES {
        state.kernel.sealer.seal().await?;
        projector::catch_up(&state.kernel).await?;
        let mut content = compose::live(state, viewer, &row.division, compose::period_of(&row), Some(&row)).await?;
        for told in &mut content.figures {
            if let Some(of) = indicator::find(&told.code) {
                told.rows = rows::fingerprint(state, of, &content.division, content.period).await?;
            }
        }
        state.kernel.sealer.seal().await?;
        projector::catch_up(&state.kernel).await?;
        let codes: BTreeSet<&str> = content.figures.iter().map(|told| told.code.as_str()).collect();
        let again = indicator::all().filter(|of| codes.contains(of.code)).collect();
        let again = compose::read(state, viewer, &content.division, content.period, again).await?.figures;
        let same = |(now, then): (&Told, &Told)| Told { rows: None, ..then.clone() } == *now;
        if again.iter().zip(&content.figures).all(same) {
            return Ok(Some((row.version, Box::new(content))));
        }
    }
    Err(Fault::Unavailable("figures do not hold still".to_owned()).into())
}

/// 修订报告
#[derive(Clone, Debug, Serialize)]
pub struct ReviseReport {
    id: i64,
    version: Option<i32>,
    reason: Option<String>,
}

#[async_trait::async_trait]
impl Command for ReviseReport {
    const NAME: &'static str = "reviseReport";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        use report_paragraph::{Column, Entity as Paragraphs};
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        let recorded: &[&str] = if self.reason.is_some() { &["reason"] } else { &[] };
        let old = work.advance::<Entity>(&PERIODIC_REPORT, Self::NAME, row, recorded, |_| {}).await?;
        let period = compose::period_of(&old);
        let new = begin(work, Self::NAME, old.division, period, old.revision + 1, self.reason).await?;
        let edited = work.everywhere::<Paragraphs>().filter(Column::ReportId.eq(self.id));
        for paragraph in edited.filter(Column::Edited.eq(true)).all(work.tx()).await? {
            let id = work.id().await?;
            work.insert::<Paragraphs>(report_paragraph::Model {
                id,
                report_id: new.id,
                place: None,
                text: None,
                version: 1,
                ..paragraph
            })
            .await?;
        }
        Ok(new.id)
    }
}
