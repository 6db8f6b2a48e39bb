//! What a report says: live figures in the words of its template and its editors, or what was kept when it was
//! published. Every format is written from this.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::figures::{periodic_report, report_figure, report_paragraph};
use minzheng_ground::state::State;
use minzheng_kernel::{Fault, Viewer};
use minzheng_rules::period::Period;
use minzheng_rules::report::{Place, Told as Said, parse, resolve};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

use crate::compare::{Comparison, Spans};
use crate::figure::Figure;
use crate::indicator::Definition;
use crate::question::{Asked, name_of};
use crate::report::template;
use crate::report::template::{SIGNATURE, TEXT, TITLE, Template, Test, When};
use crate::report::words::{Subject, bureau, of_figure, ordinal};
use crate::setting::Settings;
use crate::suppression::beside;
use crate::{indicator, question};

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
    /// 0 the title, 1 and 2 headings, 3 text, 4 the bureau that signs.
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

    /// The name of the bureau that signs it.
    pub fn bureau(&self) -> String {
        let signature = self.paragraphs.iter().find(|one| one.level == SIGNATURE && !one.text.is_empty());
        signature.map_or_else(|| bureau(&self.name()), |one| one.text.clone())
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
            if matches!(paragraph.level, TITLE | SIGNATURE) || !stands(at, paragraph) {
                continue;
            }
            let number = match paragraph.level {
                1 => {
                    numbers = [numbers[0] + 1, 0];
                    format!("{}、", ordinal(numbers[0]))
                }
                2 => {
                    numbers[1] += 1;
                    format!("（{}）", ordinal(numbers[1]))
                }
                _ => String::new(),
            };
            shown.push((number, paragraph));
        }
        shown
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
    let set = question::read(state, viewer, &Asked::of(place, period, definitions), &settings, None).await?;
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
    let name = read.figures.iter().find(|told| told.code == "F0");
    let subject = Subject {
        name: name.map_or_else(|| "—".to_owned(), |told| told.display.clone()),
        city: city_of(state, viewer, place, period.last_day()).await?,
        period,
        today: viewer.today,
    };
    let paragraphs = write(template, &edits, &read.figures, &subject)?;
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

/// The name of the city that a district belongs to: the province where the district stands right below it, as in a
/// municipality; empty where the divisions name none.
async fn city_of(state: &State, viewer: &Viewer, place: &str, day: NaiveDate) -> Result<String, Fault> {
    for digits in [4, 2] {
        let code = format!("{:0<12}", place.get(..digits).unwrap_or(place));
        let name = name_of(state, viewer, &code, day).await?;
        // 市辖区, 县, 省直辖县级行政区划 stand in the table for no city at all.
        if name.ends_with(['市', '州', '盟']) || name.ends_with("地区") {
            return Ok(name);
        }
    }
    Ok(String::new())
}

/// Writes the paragraphs.
fn write(
    template: &Template,
    edits: &HashMap<String, String>,
    figures: &[Told],
    subject: &Subject,
) -> Result<Vec<Paragraph>, Fault> {
    let find = |code: &str| figures.iter().find(|told| told.code == code);
    let gone = subject.elapsed();
    let holds = |when: &When| {
        when.codes.iter().all(|code| {
            when.test.holds(find(code).and_then(|told| told.value.as_deref()), || match when.test {
                Test::Behind => Some(gone.clone()),
                _ => find(code).and_then(|told| told.target.clone()),
            })
        })
    };
    let told = |place: &Place| {
        if let Some(word) = subject.word(&place.name).filter(|_| place.aspect.is_none()) {
            return Said::Words(word);
        }
        find(&place.name).map_or(Said::NoData, |told| of_figure(told, place.aspect.as_deref()))
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

#[cfg(test)]
mod tests {
    use minzheng_rules::number::grouped;

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
        let template = template::version(2).unwrap();
        let edits: HashMap<String, String> = edits.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        for told in &mut figures {
            told.target = targets.iter().find(|(code, _)| *code == told.code).map(|(_, target)| (*target).to_owned());
        }
        let subject = Subject {
            name: "示例区".to_owned(),
            city: "长沙市".to_owned(),
            period,
            today: NaiveDate::from_ymd_opt(2023, 6, 30).unwrap(),
        };
        let paragraphs = write(template, &edits, &figures, &subject).unwrap();
        Content {
            division: "430199000000".to_owned(),
            period,
            status: "DRAFT".to_owned(),
            revision: 1,
            reason: None,
            template: 2,
            as_of: DateTime::default(),
            position: 7,
            today: subject.today,
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
        let f7 = told("F7", "名", Some("120"), Some("50.00"));
        let some = content(vec![f1, told("F2", "万元", None, None), f7], &[], &[]);
        let said = text(&some, "assistance-tiers");
        assert!(said.contains("救助困难群众12,345人次，同比下降3.2%。"), "{said}");
        assert!(!said.contains("救助资金"), "left out without data: {said}");
        assert_eq!(text(&some, "eldercare-home"), "启动家庭养老床位建床120名，同比增长50%。");
        assert_eq!(some.title(), "长沙市示例区民政局2023年上半年工作报告");
        assert_eq!(some.bureau(), "长沙市示例区民政局");
        let kept = Content {
            paragraphs: Vec::new(),
            figures: vec![Told { display: "示例区".to_owned(), ..told("F0", "", None, None) }],
            ..some
        };
        assert_eq!(kept.bureau(), "示例区民政局", "as it was signed before the city stood there");
    }

    #[test]
    fn problems_come_from_targets_missing_data_and_time() {
        let rate = |value| vec![told("D75", "%", Some(value), None), told("D43", "%", Some("40.00"), None)];
        let short = content(rate("59.99"), &[("D75", "60")], &[]);
        let care = text(&short, "problem-care");
        assert!(care.contains("持证率为59.99%，低于60%的目标"), "{care}");
        let funding = text(&short, "problem-funding");
        assert!(funding.contains("预算执行率为40%，低于49.59%的时间进度"), "{funding}");
        let met = content(rate("60.00"), &[("D75", "60")], &[]);
        assert!(!text(&met, "problem-care").contains("持证"));
        let without = content(Vec::new(), &[], &[]);
        assert!(text(&without, "problem-care").contains("护理员持证情况暂未上报"));
        // What is offered everywhere is no problem, and no gap is none.
        let offered =
            |rehab| ["D73.REHAB", "D73.PSYCH", "D73.HOSPICE"].map(|code| told(code, "%", Some(rehab), None)).to_vec();
        assert!(!text(&content(offered("100.00"), &[], &[]), "problem-care").contains("康复"));
        assert!(text(&content(offered("60.00"), &[], &[]), "problem-care").contains("仅占60%、60%、60%"));
        let gap = |value| text(&content(vec![told("D69", "元", Some(value), None)], &[], &[]), "problem-funding");
        assert!(
            gap("120000.00").contains("资金缺口") && !gap("0.00").contains("缺口") && !gap("-5.00").contains("缺口")
        );
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
                "二、problems",
                "三、plan",
                "（一）plan-study",
                "（二）plan-assistance",
                "（三）plan-eldercare",
                "（四）plan-governance"
            ]
        );
        assert_eq!(text(&without, "problem-governance"), "经费另行安排。");
    }
}
