//! What a report says: live figures in the words of its template and its editors, or what was kept when it was
//! published. Every format is written from this.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use entity::figures::{periodic_report, report_figure, report_paragraph};
use minzheng_kernel::{Fault, Viewer};
use minzheng_rules::exact::{Exact, NotExact};
use minzheng_rules::number::{grouped, rounded};
use minzheng_rules::period::{Grain, Period};
use minzheng_rules::report::{Place, Told as Said, parse, resolve};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

use super::template::{self, TEXT, TITLE, Template, Test, When};
use crate::figures::compare::{Comparison, Spans};
use crate::figures::figure::Figure;
use crate::figures::indicator::{self, Definition, Kind};
use crate::figures::question::{self, Asked};
use crate::figures::setting::Settings;
use crate::figures::suppression::beside;
use crate::graphql::State;

/// A figure as a report tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its code.
    pub code: String,
    /// 名称
    pub name: String,
    /// 单位
    pub unit: String,
    /// In the unit; `None`: no data, or not told.
    pub value: Option<String>,
    /// Fen, where it is money.
    pub amount: Option<i64>,
    /// Grouped number without unit, text, or the dash.
    pub display: String,
    /// Few persons stand behind it: a report is made for the public, so it is not told.
    pub suppressed: bool,
    /// 同比
    pub year_on_year: Option<String>,
    /// 环比
    pub previous_period: Option<String>,
    /// The target set for it; in drafts only, since what is published has it in words.
    pub target: Option<String>,
    /// What it was defined to count.
    pub definition: String,
    /// The district never gave a record of it; in drafts only.
    pub not_reported: bool,
    /// The rows counted; in published reports only.
    pub rows: Option<(String, i64)>,
}

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// Its name in the template.
    pub key: String,
    /// 0 the title, 1 and 2 headings, 3 text.
    pub level: i32,
    /// What begins it, in bold.
    pub lead: Option<String>,
    /// Words with placeholders.
    pub source: String,
    /// Whether somebody edited it.
    pub edited: bool,
    /// With the figures written out; empty: left out.
    pub text: String,
}

/// A report.
#[derive(Clone, Debug)]
pub struct Content {
    /// Of which place, 12 digits.
    pub division: String,
    /// Of which time.
    pub period: Period,
    /// DRAFT REVIEWED PUBLISHED REVISED
    pub status: String,
    /// Counts from 1.
    pub revision: i32,
    /// Why it was revised.
    pub reason: Option<String>,
    /// Version of its template.
    pub template: i32,
    /// When its figures were read.
    pub as_of: DateTime<Utc>,
    /// On which position of the journal they stand at least.
    pub position: i64,
    /// The business date on which it is told: of what was published that day.
    pub today: NaiveDate,
    /// The day on which it was published; `None`: it is a draft.
    pub published_on: Option<NaiveDate>,
    /// Its figures: those of the report, and whatever its words name.
    pub figures: Vec<Told>,
    /// Its paragraphs, in order.
    pub paragraphs: Vec<Paragraph>,
}

impl Content {
    /// What its figures are compared with; `None` where its time is still to come.
    pub fn compared(&self, with: Comparison) -> Option<Spans> {
        with.spans(self.period, self.today)
    }

    /// Whether it is not published.
    pub fn is_draft(&self) -> bool {
        self.published_on.is_none()
    }

    /// The name of the bureau.
    pub fn bureau(&self) -> String {
        format!("{}民政局", self.name())
    }

    /// The name of the place; a dash where there is none.
    pub fn name(&self) -> String {
        let name = self.figures.iter().find(|told| told.code == "F0");
        name.map_or_else(|| "—".to_owned(), |told| told.display.clone())
    }

    /// Its title.
    pub fn title(&self) -> &str {
        self.paragraphs.iter().find(|one| one.level == TITLE).map_or("", |title| &title.text)
    }

    /// What stands in it below the title: nothing that is left out, no heading without text, headings numbered.
    pub fn shown(&self) -> Vec<(String, &Paragraph)> {
        let stands = |at: usize, paragraph: &Paragraph| {
            if paragraph.level == TEXT {
                return !paragraph.text.is_empty();
            }
            let mut below = self.paragraphs.iter().skip(at + 1).take_while(|next| next.level > paragraph.level);
            below.any(|next| next.level == TEXT && !next.text.is_empty())
        };
        let mut numbers = [0_usize; 2];
        let mut shown = Vec::new();
        for (at, paragraph) in self.paragraphs.iter().enumerate() {
            if paragraph.level == TITLE || !stands(at, paragraph) {
                continue;
            }
            let number = match paragraph.level {
                1 => {
                    numbers = [numbers[0] + 1, 0];
                    format!("{}、", chinese(numbers[0]))
                }
                2 => {
                    numbers[1] += 1;
                    format!("（{}）", chinese(numbers[1]))
                }
                _ => String::new(),
            };
            shown.push((number, paragraph));
        }
        shown
    }
}

/// 一 to 九十九.
fn chinese(number: usize) -> String {
    let digit = |n: usize| "零一二三四五六七八九".chars().nth(n).map_or_else(String::new, String::from);
    match (number / 10, number % 10) {
        (0, ones) => digit(ones),
        (tens, ones) => {
            let tens = if tens == 1 { String::new() } else { digit(tens % 10) };
            let ones = if ones == 0 { String::new() } else { digit(ones) };
            format!("{tens}十{ones}")
        }
    }
}

/// 2023年6月30日
pub fn day(date: NaiveDate) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// Words that stand in a text by their name.
const WORDS: &[&str] = &["区", "单位", "期间", "期末", "后期", "时间进度"];
/// What can be said of a figure.
const ASPECTS: &[&str] = &["同比", "环比", "目标"];

/// Whether a placeholder can be filled in.
pub fn known(place: &Place) -> bool {
    match &place.aspect {
        None if WORDS.contains(&place.name.as_str()) => true,
        None => indicator::find(&place.name).is_some(),
        Some(aspect) => {
            ASPECTS.contains(&aspect.as_str())
                && indicator::find(&place.name).is_some_and(|of| !matches!(of.kind, Kind::Text | Kind::Date))
        }
    }
}

/// The figures of a report: those of the clauses, and whatever its words name.
pub fn definitions(template: &Template, edits: &HashMap<String, String>) -> Vec<&'static Definition> {
    let mut named = template.codes();
    named.extend(edits.values().flat_map(|source| template::named(source)));
    indicator::all().filter(|of| of.code.starts_with('F') || named.contains(of.code)).collect()
}

/// Figures as they are now.
pub struct Live {
    /// The figures.
    pub figures: Vec<Told>,
    /// When they were read.
    pub as_of: DateTime<Utc>,
    /// On which position of the journal they stand at least.
    pub position: i64,
}

/// Reads figures of a place and a time.
pub async fn read(
    state: &State,
    viewer: &Viewer,
    place: &str,
    period: Period,
    definitions: Vec<&'static Definition>,
) -> Result<Live, Fault> {
    let as_of = state.kernel.clock.now();
    let settings = Settings::all(&state.kernel.db).await?;
    let set = question::read(state, viewer, &Asked::of(place, period, definitions), &settings).await?;
    let codes = |few: &dyn Fn(&Figure) -> bool| -> BTreeSet<&'static str> {
        set.figures.iter().filter(|figure| few(figure)).map(|figure| figure.of.code).collect()
    };
    let small = codes(&Figure::is_small);
    let [small_year_before, small_before] = Comparison::ALL.map(|with| codes(&|of| of.is_small_compared(with)));
    let told = |figure: &Figure| {
        let of = figure.of;
        // With the few it is not told either what stands beside them.
        let is_in = |few: &BTreeSet<&'static str>| {
            few.contains(of.code) || beside(of.code).iter().chain(of.beside).any(|count| few.contains(count))
        };
        let mut told = figure.told();
        told.year_on_year = told.year_on_year.filter(|_| !is_in(&small_year_before));
        told.previous_period = told.previous_period.filter(|_| !is_in(&small_before));
        if is_in(&small) {
            return Told {
                suppressed: true,
                value: None,
                amount: None,
                display: "—".to_owned(),
                year_on_year: None,
                previous_period: None,
                ..told
            };
        }
        told
    };
    Ok(Live { figures: set.figures.iter().map(told).collect(), as_of, position: set.stands_on() })
}

/// A report as it would be written now: without a row from the template alone.
pub async fn live(
    state: &State,
    viewer: &Viewer,
    place: &str,
    period: Period,
    row: Option<&periodic_report::Model>,
) -> Result<Content, Fault> {
    let template = match row {
        Some(row) => template::version(row.template)?,
        None => template::on(period.last_day())?,
    };
    let edits: HashMap<String, String> = match row {
        Some(row) => {
            let kept = kept_paragraphs(state, viewer, row.id).await?;
            kept.into_iter().filter(|one| one.edited).map(|one| (one.key, one.source)).collect()
        }
        None => HashMap::new(),
    };
    // A published one lends its words to the one that might follow.
    let open = row.filter(|row| !row.published);
    let read = read(state, viewer, place, period, definitions(template, &edits)).await?;
    let paragraphs = write(template, &edits, &read.figures, (period, viewer.today))?;
    Ok(Content {
        division: place.to_owned(),
        period,
        status: open.map_or_else(|| "DRAFT".to_owned(), |row| row.state.clone()),
        revision: row.map_or(1, |row| row.revision + i32::from(row.published)),
        reason: open.and_then(|row| row.reason.clone()),
        template: template.version,
        as_of: read.as_of,
        position: read.position,
        today: viewer.today,
        published_on: None,
        figures: read.figures,
        paragraphs,
    })
}

async fn kept_paragraphs(state: &State, viewer: &Viewer, id: i64) -> Result<Vec<report_paragraph::Model>, Fault> {
    use report_paragraph::{Column, Entity};
    let rows = viewer.parts::<Entity>(Column::ReportId, [id]).order_by_asc(Column::Place);
    Ok(rows.all(state.kernel.db.read()).await?)
}

/// The figures of a published report.
pub async fn kept_figures(state: &State, viewer: &Viewer, ids: Vec<i64>) -> Result<Vec<report_figure::Model>, Fault> {
    use report_figure::{Column, Entity};
    let rows = viewer.parts::<Entity>(Column::ReportId, ids).order_by_asc(Column::Place);
    Ok(rows.all(state.kernel.db.read()).await?)
}

impl From<report_figure::Model> for Told {
    fn from(row: report_figure::Model) -> Self {
        Self {
            rows: row.rows_hash.map(|hash| (hash, row.rows_counted)),
            code: row.code,
            name: row.name,
            unit: row.unit,
            value: row.value,
            amount: row.amount_fen,
            display: row.display,
            suppressed: row.suppressed,
            year_on_year: row.year_on_year,
            previous_period: row.previous_period,
            target: None,
            definition: row.definition,
            not_reported: false,
        }
    }
}

/// What a row says: a published one what was kept, any other what would be written now.
pub async fn content(state: &State, viewer: &Viewer, row: &periodic_report::Model) -> Result<Content, Fault> {
    let period = period_of(row);
    let (Some(published_on), true) = (row.published_on, row.published) else {
        return live(state, viewer, &row.division, period, Some(row)).await;
    };
    let figures = kept_figures(state, viewer, vec![row.id]).await?;
    let paragraphs = kept_paragraphs(state, viewer, row.id).await?;
    let paragraph = |one: report_paragraph::Model| Paragraph {
        key: one.key,
        level: one.level,
        lead: one.lead,
        source: one.source,
        edited: one.edited,
        text: one.text.unwrap_or_default(),
    };
    Ok(Content {
        division: row.division.clone(),
        period,
        status: row.state.clone(),
        revision: row.revision,
        reason: row.reason.clone(),
        template: row.template,
        as_of: row.as_of.unwrap_or_default(),
        position: row.position.unwrap_or_default(),
        today: published_on,
        published_on: Some(published_on),
        figures: figures.into_iter().map(Told::from).collect(),
        paragraphs: paragraphs.into_iter().filter(|one| one.place.is_some()).map(paragraph).collect(),
    })
}

/// The time of a row.
pub fn period_of(row: &periodic_report::Model) -> Period {
    let last = row.period_until.pred_opt().unwrap_or(row.period_until);
    let unnamed = Period { from: row.period_from, until: row.period_until, grain: None };
    Period::days(row.period_from, last).unwrap_or(unnamed)
}

/// The latest published revision on a place and a time; `None`: there is none.
pub async fn latest_published(
    state: &State,
    viewer: &Viewer,
    place: &str,
    period: Period,
) -> Result<Option<periodic_report::Model>, Fault> {
    use periodic_report::Column;
    let published = of_period(viewer, place, period).filter(Column::Published.eq(true));
    Ok(published.order_by_desc(Column::Revision).one(state.kernel.db.read()).await?)
}

/// The newest revision on a place and a time that the viewer may see, published or not.
pub async fn newest(
    state: &State,
    viewer: &Viewer,
    place: &str,
    period: Period,
) -> Result<Option<periodic_report::Model>, Fault> {
    let all = of_period(viewer, place, period).order_by_desc(periodic_report::Column::Revision);
    Ok(all.one(state.kernel.db.read()).await?)
}

fn of_period(viewer: &Viewer, place: &str, period: Period) -> sea_orm::Select<periodic_report::Entity> {
    use periodic_report::{Column, Entity};
    viewer
        .select::<Entity>()
        .filter(Column::Division.eq(place))
        .filter(Column::PeriodFrom.eq(period.from))
        .filter(Column::PeriodUntil.eq(period.until))
}

/// The last day for which figures of a period can stand: that of a running one has not come yet.
fn stands_on(period: Period, today: NaiveDate) -> NaiveDate {
    period.elapsed(today).unwrap_or(period).last_day()
}

/// How much of the year has gone by the end of a day, in percent.
fn elapsed(last: NaiveDate) -> String {
    let year = Grain::Year.containing(last);
    let days = (last - year.from).num_days() + 1;
    rounded(i128::from(days) * 100, (year.until - year.from).num_days().into(), 2)
}

/// What comes after a period.
fn next(period: Period) -> &'static str {
    match period.grain {
        Some(Grain::Half) if period.from.month() == 1 => "下半年",
        Some(Grain::Half | Grain::Year) => "下一年度",
        Some(Grain::Quarter) => "下一季度",
        Some(Grain::Month) => "下月",
        None => "下一阶段",
    }
}

fn number(text: &str) -> Result<Exact, NotExact> {
    Exact::decimal_number(text)
}

/// Writes the paragraphs.
fn write(
    template: &Template,
    edits: &HashMap<String, String>,
    figures: &[Told],
    (period, today): (Period, NaiveDate),
) -> Result<Vec<Paragraph>, Fault> {
    let find = |code: &str| figures.iter().find(|told| told.code == code);
    let value = |code: &str| find(code).and_then(|told| told.value.as_deref());
    let name = find("F0").map_or_else(|| "—".to_owned(), |told| told.display.clone());
    let last = stands_on(period, today);
    let gone = elapsed(last);
    let holds_for = |test: Test, code: &str| {
        let Some(value) = value(code) else { return test == Test::Missing };
        let than = |other: Option<&str>| Some((number(value).ok()?, number(other?).ok()?));
        let target = find(code).and_then(|told| told.target.as_deref());
        match test {
            Test::Missing => false,
            Test::Known => true,
            Test::Below => than(target).is_some_and(|(value, target)| value.below(target) == Ok(true)),
            Test::Above => than(target).is_some_and(|(value, target)| target.below(value) == Ok(true)),
            Test::Behind => than(Some(&gone)).is_some_and(|(value, gone)| value.below(gone) == Ok(true)),
        }
    };
    let holds = |when: &When| when.codes.iter().all(|code| holds_for(when.test, code));
    let told = |place: &Place| {
        let said = Said::Words;
        if place.aspect.is_none() {
            match place.name.as_str() {
                "区" => return said(name.clone()),
                "单位" => return said(format!("{name}民政局")),
                "期间" => return said(period.label_zh()),
                "期末" => return said(day(last)),
                "后期" => return said(next(period).to_owned()),
                "时间进度" => return said(format!("{gone}%")),
                _ => {}
            }
        }
        let Some(told) = find(&place.name) else { return Said::NoData };
        match place.aspect.as_deref() {
            None if told.display == "—" => Said::NoData,
            None => said(format!("{}{}", told.display, told.unit)),
            Some("同比") => compared("同比", "与上年同期持平", told, told.year_on_year.as_deref()),
            Some("环比") => compared("环比", "与上期持平", told, told.previous_period.as_deref()),
            Some("目标") => match &told.target {
                Some(target) => said(format!("{}{}", grouped(target), told.unit)),
                None => Said::NoData,
            },
            Some(_) => Said::NoData,
        }
    };
    let mut paragraphs = Vec::new();
    for outline in template.paragraphs() {
        let edit = edits.get(&outline.key);
        let source = edit.cloned().unwrap_or_else(|| outline.source(&holds));
        let parts = parse(&source).map_err(|wrong| Fault::internal(format!("{}: {wrong:?}", outline.key)))?;
        paragraphs.push(Paragraph {
            key: outline.key.clone(),
            level: outline.level,
            lead: outline.lead.clone(),
            text: resolve(&parts, &told),
            edited: edit.is_some(),
            source,
        });
    }
    Ok(paragraphs)
}

/// ，同比增长3.20%
fn compared(word: &str, level: &str, told: &Told, change: Option<&str>) -> Said {
    let Some(change) = change else { return Said::Nothing };
    let (falls, size) = change.strip_prefix('-').map_or((false, change), |size| (true, size));
    if size.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        return Said::Words(format!("，{level}"));
    }
    let rate = told.unit == "%";
    let way = match (rate, falls) {
        (false, false) => "增长",
        (true, false) => "提高",
        (_, true) => "下降",
    };
    Said::Words(format!("，{word}{way}{}{}", grouped(size), if rate { "个百分点" } else { "%" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, unit: &str, value: Option<&str>, change: Option<&str>) -> Told {
        Told {
            code: code.to_owned(),
            unit: unit.to_owned(),
            value: value.map(str::to_owned),
            display: value.map_or_else(|| "—".to_owned(), grouped),
            year_on_year: change.map(str::to_owned),
            ..Told::default()
        }
    }

    fn content(mut figures: Vec<Told>, targets: &[(&str, &str)], edits: &[(&str, &str)]) -> Content {
        let period = Period::parse("2023H1").unwrap();
        let template = template::version(1).unwrap();
        let edits: HashMap<String, String> = edits.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        for told in &mut figures {
            told.target = targets.iter().find(|(code, _)| *code == told.code).map(|(_, target)| (*target).to_owned());
        }
        let today = NaiveDate::from_ymd_opt(2023, 6, 30).unwrap();
        let paragraphs = write(template, &edits, &figures, (period, today)).unwrap();
        Content {
            division: "430199000000".to_owned(),
            period,
            status: "DRAFT".to_owned(),
            revision: 1,
            reason: None,
            template: 1,
            as_of: DateTime::default(),
            position: 7,
            today,
            published_on: None,
            figures,
            paragraphs,
        }
    }

    fn text(content: &Content, key: &str) -> String {
        content.paragraphs.iter().find(|one| one.key == key).unwrap().text.clone()
    }

    #[test]
    fn figures_and_comparisons_stand_in_words() {
        let f1 = told("F1", "人次", Some("12345"), Some("-3.20"));
        let some = content(vec![f1, told("F2", "万元", None, None)], &[], &[]);
        let said = text(&some, "assistance-tiers");
        assert!(said.contains("共救助12,345人次，同比下降3.20%。"), "{said}");
        assert!(!said.contains("支出救助资金"), "left out without data: {said}");
        let rate = told("D75", "%", Some("60.00"), Some("1.50"));
        assert_eq!(compared("同比", "持平", &rate, Some("1.50")), Said::Words("，同比提高1.50个百分点".to_owned()));
        assert_eq!(compared("同比", "与上年同期持平", &rate, Some("0.00")), Said::Words("，与上年同期持平".to_owned()));
        assert_eq!(compared("同比", "持平", &rate, None), Said::Nothing);
    }

    #[test]
    fn problems_come_from_targets_missing_data_and_time() {
        let rate = |value| vec![told("D75", "%", Some(value), None), told("D43", "%", Some("40.00"), None)];
        let short = content(rate("59.99"), &[("D75", "60")], &[]);
        assert!(
            text(&short, "problem-care").contains("持证率59.99%，低于60%的目标"),
            "{}",
            text(&short, "problem-care")
        );
        assert!(text(&short, "problem-funding").contains("预算执行率40.00%，慢于49.59%的时间进度"));
        let met = content(rate("60.00"), &[("D75", "60")], &[]);
        assert!(!text(&met, "problem-care").contains("持证"));
        let without = content(Vec::new(), &[], &[]);
        assert!(text(&without, "problem-care").contains("一线护理员持证情况尚无完整数据"));
    }

    #[test]
    fn headings_are_numbered_and_stand_over_text_only() {
        let without = content(Vec::new(), &[], &[("assistance-tiers", ""), ("problem-governance", "经费另行安排。")]);
        let heads: Vec<String> = without
            .shown()
            .iter()
            .filter(|(_, one)| one.level < TEXT)
            .map(|(number, one)| format!("{number}{}", one.key))
            .collect();
        assert_eq!(
            heads,
            [
                "一、work",
                "（一）governance",
                "（二）window",
                "二、problems",
                "三、plan",
                "（一）plan-study",
                "（二）plan-assistance",
                "（三）plan-eldercare",
                "（四）plan-governance"
            ]
        );
        assert_eq!(text(&without, "problem-governance"), "经费另行安排。");
        assert_eq!((chinese(9), chinese(10), chinese(21)), ("九".to_owned(), "十".to_owned(), "二十一".to_owned()));
    }
}
