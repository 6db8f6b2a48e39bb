//! 报告模板 · the wording of reports: data, by version, in `template/`. A report keeps the version it was drafted from.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use minzheng_kernel::Fault;
use minzheng_rules::exact::Exact;
use minzheng_rules::report::{Part, parse, places};
use serde::Deserialize;

/// All wordings there have been.
const FILES: &[&str] = &[include_str!("template/1.zh.toml"), include_str!("template/2.zh.toml")];

/// One wording.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Counts up.
    pub version: i32,
    /// Periods that end on this day or later are written in it.
    pub valid_from: NaiveDate,
    /// What it is, in English.
    pub label: String,
    /// Its paragraphs, in order.
    paragraph: Vec<Outline>,
}

/// The level of a title.
pub const TITLE: i32 = 0;
/// The level of plain text; 1 and 2 are headings.
pub const TEXT: i32 = 3;
/// The level of the bureau's name at the end.
pub const SIGNATURE: i32 = 4;

/// One paragraph of a wording.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outline {
    /// Its name, by which it is edited.
    pub key: String,
    /// 0 the title, 1 and 2 headings, 3 text, 4 the bureau that signs.
    #[serde(default = "text")]
    pub level: i32,
    /// What begins it, in bold.
    pub lead: Option<String>,
    /// What stands in it in any case.
    #[serde(default)]
    text: String,
    /// What stands behind that where it holds.
    #[serde(default)]
    sentences: Vec<Sentence>,
}

fn text() -> i32 {
    TEXT
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentence {
    when: When,
    text: String,
}

/// When a sentence stands.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct When {
    /// How the figures must be.
    pub test: Test,
    /// All of these.
    pub codes: Vec<String>,
}

/// How a figure must be for a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// Under its target.
    Below,
    /// Over its target.
    Above,
    /// Under the part of the year that has gone.
    Behind,
    /// Under a hundred percent.
    Partial,
    /// More than nothing.
    Positive,
    /// Without data.
    Missing,
    /// With data.
    Known,
}

impl Test {
    /// Whether a figure is so; `other` is what it is measured by.
    pub fn holds(self, value: Option<&str>, other: impl FnOnce() -> Option<String>) -> bool {
        let Some(value) = value else { return self == Self::Missing };
        let less = |a: &str, b: &str| {
            let (a, b) = (Exact::decimal_number(a), Exact::decimal_number(b));
            a.and_then(|a| a.below(b?)) == Ok(true)
        };
        match self {
            Self::Missing => false,
            Self::Known => true,
            Self::Below | Self::Behind => other().is_some_and(|other| less(value, &other)),
            Self::Above => other().is_some_and(|other| less(&other, value)),
            Self::Partial => less(value, "100"),
            Self::Positive => less("0", value),
        }
    }
}

impl TryFrom<String> for When {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let asks = match words.next() {
            Some("below") => Test::Below,
            Some("above") => Test::Above,
            Some("behind") => Test::Behind,
            Some("partial") => Test::Partial,
            Some("positive") => Test::Positive,
            Some("missing") => Test::Missing,
            Some("known") => Test::Known,
            _ => {
                return Err(format!(
                    "{text}: expected below, above, behind, partial, positive, missing or known and codes"
                ));
            }
        };
        Ok(Self { test: asks, codes: words.map(str::to_owned).collect() })
    }
}

impl Outline {
    /// The words of the paragraph, with placeholders, where `holds` says which sentences stand.
    pub fn source(&self, holds: &dyn Fn(&When) -> bool) -> String {
        let sentences = self.sentences.iter().filter(|sentence| holds(&sentence.when));
        std::iter::once(self.text.as_str()).chain(sentences.map(|sentence| sentence.text.as_str())).collect()
    }
}

impl Template {
    /// Its paragraphs, in order.
    pub fn paragraphs(&self) -> &[Outline] {
        &self.paragraph
    }

    /// Every code that it names.
    pub fn codes(&self) -> BTreeSet<String> {
        let mut codes = BTreeSet::new();
        for outline in &self.paragraph {
            codes.extend(outline.sentences.iter().flat_map(|sentence| sentence.when.codes.iter().cloned()));
            codes.extend(named(&outline.source(&|_| true)));
        }
        codes
    }
}

/// The names of the placeholders of a text.
pub fn named(source: &str) -> BTreeSet<String> {
    let parts: Vec<Part> = parse(source).unwrap_or_default();
    places(&parts).into_iter().map(|place| place.name.clone()).collect()
}

static TEMPLATES: LazyLock<Result<Vec<Template>, String>> =
    LazyLock::new(|| FILES.iter().map(|file| toml::from_str(file).map_err(|e| e.to_string())).collect());

fn all() -> Result<&'static [Template], Fault> {
    TEMPLATES.as_deref().map_err(Fault::internal)
}

/// The wording of a version.
pub fn version(version: i32) -> Result<&'static Template, Fault> {
    let found = all()?.iter().find(|template| template.version == version);
    found
        .ok_or_else(|| Fault::internal(format!("there is no template {version}: the program is older than the report")))
}

/// The wording in which a period that ends on a day is written.
pub fn on(day: NaiveDate) -> Result<&'static Template, Fault> {
    let valid = all()?.iter().filter(|template| template.valid_from <= day);
    let latest = valid.max_by_key(|template| (template.valid_from, template.version));
    latest.ok_or_else(|| Fault::internal(format!("no template for {day}")))
}

#[cfg(test)]
mod tests {
    use minzheng_rules::report::typed;

    use super::super::words::known;
    use super::*;

    #[test]
    fn every_wording_is_what_an_editor_could_have_written() {
        let mut keys = BTreeSet::new();
        for template in all().unwrap() {
            assert!(!template.label.is_empty());
            for outline in template.paragraphs() {
                assert!(keys.insert((template.version, outline.key.clone())), "{} twice", outline.key);
                assert!((TITLE..=SIGNATURE).contains(&outline.level), "{}", outline.key);
                let text = outline.source(&|_| true);
                let parts = parse(&text).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", outline.key));
                assert_eq!(typed(&parts), Ok(()), "{}", outline.key);
                for place in places(&parts) {
                    assert!(known(place), "{}: {place}", outline.key);
                }
            }
        }
        assert_eq!(on(NaiveDate::from_ymd_opt(2023, 6, 30).unwrap()).unwrap().version, 2);
        assert!(version(0).is_err());
    }
}
