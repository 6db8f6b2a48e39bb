//! A report as Markdown and as JSON.

use minzheng_ground::state::global_id;
use minzheng_kernel::clock;
use minzheng_rules::period::Period;
use serde_json::{Map, Value, json};

use crate::compare::{Comparison, Spans};
use crate::report::compose::{Content, Told};
use crate::report::template::TEXT;
use crate::report::words::{change, day, minus};

/// What marks a draft.
pub const DRAFT: &str = "草稿";

/// What the table at the end is called.
pub const TABLE: &str = "附件：主要指标";
/// The heads of its columns.
pub const COLUMNS: [&str; 5] = ["指标", "单位", "本期", "同比（%）", "环比（%）"];
/// What has to be known to read it.
const NOTE: &str = "注：单位为%的指标，同比、环比为百分点；“—”表示暂未上报、暂无数据，或因人数过少不予公布";

/// What stands in the table for what the district never gave a record of.
const NOT_REPORTED: &str = "暂未上报";

/// What has to be known to read the table: of a time that is not over also which days are compared.
pub fn note(content: &Content) -> String {
    let compared = |(name, with): (&str, Comparison)| {
        let Spans { now, then } = content.compared(with).filter(|spans| spans.now != content.period)?;
        let days = |of: Period| match of.grain {
            Some(_) => of.label_zh(),
            None => format!("{}至{}", day(of.from), day(of.last_day())),
        };
        Some(format!("；{name}为{}与{}相比", days(now), days(then)))
    };
    let all = [("同比", Comparison::YearOnYear), ("环比", Comparison::PreviousPeriod)];
    format!("{NOTE}{}。", all.into_iter().filter_map(compared).collect::<String>())
}

/// The rows of the table at the end: figures of the report, and others that have data.
pub fn table(content: &Content) -> Vec<[String; 5]> {
    let listed = |told: &&Told| told.code != "F0" && (told.value.is_some() || told.code.starts_with('F'));
    let row = |told: &Told| {
        let unit = if told.unit.is_empty() { "—".to_owned() } else { told.unit.clone() };
        let changes = [&told.year_on_year, &told.previous_period]
            .map(|of| of.as_ref().map_or_else(|| "—".to_owned(), |by| change(&told.unit, by)));
        let [year_on_year, previous_period] = changes;
        let display = if told.not_reported { NOT_REPORTED.to_owned() } else { minus(&told.display) };
        [told.name.clone(), unit, display, year_on_year, previous_period]
    };
    content.figures.iter().filter(listed).map(row).collect()
}

/// What is said below the text of a revision.
pub fn revised(content: &Content) -> Option<String> {
    let reason = content.reason.as_deref().unwrap_or_default();
    let stop = if reason.ends_with(['。', '！', '？']) { "" } else { "。" };
    (content.revision > 1).then(|| format!("本报告为第{}版。修订原因：{reason}{stop}", content.revision))
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        if matches!(sign, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&') {
            safe.push('\\');
        }
        safe.push(sign);
    }
    safe
}

/// As Markdown.
pub fn markdown(content: &Content) -> String {
    let mut parts = vec![format!("# {}", escaped(content.title()))];
    if content.is_draft() {
        parts.push(format!("〔{DRAFT}〕"));
    }
    for (number, paragraph) in content.shown() {
        let text = escaped(&paragraph.text);
        parts.push(match (paragraph.level, &paragraph.lead) {
            (TEXT, Some(lead)) => format!("**{}**{text}", escaped(lead)),
            (TEXT, None) => text,
            (1, _) => format!("## {number}{text}"),
            _ => format!("### {number}{text}"),
        });
    }
    parts.extend(revised(content).map(|text| escaped(&text)));
    let date = content.published_on.map_or_else(|| DRAFT.to_owned(), day);
    parts.push(format!("{}  \n{date}", escaped(&content.bureau())));
    let mut rows = vec![format!("| {} |", COLUMNS.join(" | ")), "|---|---|--:|--:|--:|".to_owned()];
    rows.extend(
        table(content).iter().map(|row| format!("| {} |", row.each_ref().map(|cell| escaped(cell)).join(" | "))),
    );
    parts.push(format!("## {TABLE}"));
    parts.push(rows.join("\n"));
    parts.push(escaped(&note(content)));
    let mut text = parts.join("\n\n");
    text.push('\n');
    text
}

/// A figure as JSON.
pub fn figure(told: &Told) -> Value {
    let (rows_hash, rows) = told.rows.clone().unzip();
    json!({
        "name": told.name,
        "value": told.value,
        "amount": told.amount.map(minzheng_rules::exact::yuan),
        "unit": told.unit,
        "display": told.display,
        "suppressed": told.suppressed,
        "yearOnYear": told.year_on_year,
        "previousPeriod": told.previous_period,
        "definition": told.definition,
        "rowsHash": rows_hash,
        "rows": rows,
    })
}

/// Figures as JSON, by code.
pub fn figures(figures: &[Told]) -> Map<String, Value> {
    figures.iter().map(|told| (told.code.clone(), figure(told))).collect()
}

/// As JSON.
pub fn json(content: &Content, id: Option<i64>) -> Value {
    let paragraphs: Vec<Value> = content
        .shown()
        .into_iter()
        .map(|(number, one)| {
            json!({
                "key": one.key, "level": one.level, "number": number, "lead": one.lead, "text": one.text,
                "edited": one.edited,
            })
        })
        .collect();
    let then = |with| {
        let spans: Option<Spans> = content.compared(with);
        spans.map(|spans| json!({ "from": spans.then.from, "to": spans.then.last_day() }))
    };
    json!({
        "id": id.map(|id| global_id("PeriodicReport", id).to_string()),
        "division": content.division,
        "period": {
            "from": content.period.from,
            "to": content.period.last_day(),
            "code": content.period.to_string(),
            "label": content.period.label_zh(),
        },
        "comparedTo": { "yearOnYear": then(Comparison::YearOnYear), "previousPeriod": then(Comparison::PreviousPeriod) },
        "status": content.status,
        "draft": content.is_draft(),
        "revision": content.revision,
        "reason": content.reason,
        "template": content.template,
        "asOf": clock::local(content.as_of).to_rfc3339(),
        "position": content.position.to_string(),
        "publishedOn": content.published_on,
        "title": content.title(),
        "bureau": content.bureau(),
        "paragraphs": paragraphs,
        "figures": figures(&content.figures),
    })
}
