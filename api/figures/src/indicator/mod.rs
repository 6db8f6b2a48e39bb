//! 指标定义 · what each figure is (domain §1.6, §1.7): its names, unit and kind, the rows that it counts, and which changes
//! of which aggregates may touch them. A new figure is one entry in one of the files beside this one.

mod assistance;
mod catalogue;
mod count;
mod eldercare;
mod governance;
mod later;
mod money;
mod organisations;
pub mod relation;
mod sql;
mod staff;
mod window;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use catalogue::{Indicator, IndicatorsQuery};
pub use count::{By, Count, Counting, Since, Touch};

use sha2::{Digest as _, Sha256};

use crate::setting::Setting;

/// What sort of number a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 累计 · what happened in the period; adds up over times and places.
    Flow,
    /// 去重 · different units of what happened in the period; adds up over places at most.
    Distinct,
    /// 期末 · what holds on the period's last day.
    Stock,
    /// 比率 · a numerator over a denominator.
    Ratio,
    /// 平均 · a sum over the number of what was summed.
    Mean,
    /// 日期 · the day of something.
    Date,
    /// 文字 · no number.
    Text,
}

impl Kind {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Flow => "FLOW",
            Self::Distinct => "DISTINCT",
            Self::Stock => "STOCK",
            Self::Ratio => "RATIO",
            Self::Mean => "MEAN",
            Self::Date => "DATE",
            Self::Text => "TEXT",
        }
    }

    /// 类型
    pub fn zh(self) -> &'static str {
        match self {
            Self::Flow => "累计",
            Self::Distinct => "去重",
            Self::Stock => "时点",
            Self::Ratio => "比率",
            Self::Mean => "平均",
            Self::Date => "日期",
            Self::Text => "文字",
        }
    }
}

/// What is put over what.
pub enum Part {
    /// Rows of its own.
    Own(Box<Count>),
    /// What another figure counts.
    Same(&'static str),
    /// 人口 · a number of the statistics of divisions, by its column; with the day since when it holds.
    Population(&'static str),
}

impl Part {
    /// Rows of its own.
    pub fn own(count: Count) -> Self {
        Self::Own(Box::new(count))
    }

    /// What is counted; `None` for a population.
    pub fn count(&self) -> Option<&Count> {
        match self {
            Self::Own(count) => Some(count),
            Self::Same(code) => find(code).and_then(Definition::count),
            Self::Population(_) => None,
        }
    }
}

/// A numerator over a denominator.
pub struct Ratio {
    /// 分子
    pub top: Part,
    /// 分母
    pub bottom: Part,
    /// How much the quotient is multiplied by to be shown: 100 for percent, 1,000 for beds per thousand persons.
    pub factor: i64,
}

impl Ratio {
    /// Numerator and denominator.
    pub fn parts(&self) -> [&Part; 2] {
        [&self.top, &self.bottom]
    }
}

/// How a figure comes about.
pub enum Measure {
    /// 未接入 · no source feeds it yet: it has no value, never 0.
    Unfed,
    /// The name of the place at the period's end.
    Name,
    /// The first day of the rows.
    Day(Count),
    /// The rows.
    Count(Count),
    /// Rows over rows.
    Ratio(Ratio),
}

/// What looks like a row and is not counted: why (Chinese, English), and a select of `division` and `on_date`.
pub struct Excluded {
    /// 原因
    pub zh: &'static str,
    /// Why.
    pub en: &'static str,
    /// Which.
    pub rows: String,
}

/// One figure's definition.
pub struct Definition {
    /// `F1`, `D03.TEKUN_SCATTERED.PERSONS`
    pub code: &'static str,
    /// 名称
    pub zh: &'static str,
    /// Name
    pub en: &'static str,
    /// 单位
    pub unit: &'static str,
    /// What sort of number.
    pub kind: Kind,
    /// Decimals shown.
    pub decimals: u32,
    /// Clause of the report.
    pub clause: &'static str,
    /// 口径 · what counts, in words.
    pub words_zh: &'static str,
    /// What counts, in words.
    pub words_en: &'static str,
    /// 分母 · in Chinese and in English, of a ratio or of the percentages built from it.
    pub denominator: Option<(&'static str, &'static str)>,
    /// How it comes about.
    pub measure: Measure,
    /// What is not counted and why.
    pub excluded: Vec<Excluded>,
    /// Figures that, once hidden, could be worked out from this one.
    pub beside: &'static [&'static str],
}

// A code has one definition.
impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Definition {}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)
    }
}

impl Definition {
    fn new(code: &'static str, names: (&'static str, &'static str), unit: &'static str, clause: &'static str) -> Self {
        Self {
            code,
            zh: names.0,
            en: names.1,
            unit,
            kind: Kind::Flow,
            decimals: 0,
            clause,
            words_zh: "",
            words_en: "",
            denominator: None,
            measure: Measure::Unfed,
            excluded: Vec::new(),
            beside: &[],
        }
    }

    /// A figure that counts rows.
    fn counting(
        names: (&'static str, &'static str),
        unit: &'static str,
        clause: &'static str,
        kind: Kind,
        count: Count,
    ) -> Self {
        let decimals = if count.money { 2 } else { 0 };
        Self { kind, decimals, measure: Measure::Count(count), ..Self::new("", names, unit, clause) }.coded()
    }

    fn coded(mut self) -> Self {
        if let Measure::Count(count) = &self.measure {
            self.code = count.code;
        }
        self
    }

    /// A percentage with two decimals.
    fn percent(
        code: &'static str,
        names: (&'static str, &'static str),
        clause: &'static str,
        top: Part,
        bottom: Part,
        denominator: (&'static str, &'static str),
    ) -> Self {
        Self {
            kind: Kind::Ratio,
            decimals: 2,
            denominator: Some(denominator),
            measure: Measure::Ratio(Ratio { top, bottom, factor: 100 }),
            ..Self::new(code, names, "%", clause)
        }
    }

    /// A quotient that is no percentage.
    fn quotient(
        code: &'static str,
        names: (&'static str, &'static str),
        unit: &'static str,
        clause: &'static str,
        ratio: Ratio,
        denominator: (&'static str, &'static str),
    ) -> Self {
        Self {
            kind: Kind::Mean,
            decimals: 2,
            denominator: Some(denominator),
            measure: Measure::Ratio(ratio),
            ..Self::new(code, names, unit, clause)
        }
    }

    fn words(mut self, zh: &'static str, en: &'static str) -> Self {
        (self.words_zh, self.words_en) = (zh, en);
        self
    }

    fn over(mut self, zh: &'static str, en: &'static str) -> Self {
        self.denominator = Some((zh, en));
        self
    }

    fn not_counting(mut self, excluded: impl IntoIterator<Item = (&'static str, &'static str, String)>) -> Self {
        self.excluded = excluded.into_iter().map(|(zh, en, rows)| Excluded { zh, en, rows }).collect();
        self
    }

    /// What it counts, where it is no ratio.
    pub fn count(&self) -> Option<&Count> {
        match &self.measure {
            Measure::Count(count) | Measure::Day(count) => Some(count),
            _ => None,
        }
    }

    /// A ratio.
    pub fn ratio(&self) -> Option<&Ratio> {
        match &self.measure {
            Measure::Ratio(ratio) => Some(ratio),
            _ => None,
        }
    }

    /// All that it counts: itself, or the parts of a ratio.
    pub fn counts(&self) -> Vec<&Count> {
        match &self.measure {
            Measure::Count(count) | Measure::Day(count) => vec![count],
            Measure::Ratio(ratio) => ratio.parts().into_iter().filter_map(Part::count).collect(),
            Measure::Unfed | Measure::Name => Vec::new(),
        }
    }

    /// SHA-256 of what it counts and how it is shown: two that are equal mean the same number.
    pub fn fingerprint(&self) -> String {
        let factor = self.ratio().map_or(1, |ratio| ratio.factor);
        let mut hasher = Sha256::new();
        hasher.update(format!("{} {} {} {} {factor}", self.code, self.kind.code(), self.unit, self.decimals));
        for of in self.counts() {
            let how = format!("{:?} {:?} {}", of.counting, of.since, of.scale);
            hasher.update(format!("\n{} {how} {}", of.code, of.rows));
        }
        hex::encode(hasher.finalize())
    }

    /// Whether something feeds it.
    pub fn fed(&self) -> bool {
        !matches!(self.measure, Measure::Unfed)
    }

    /// In fen.
    pub fn money(&self) -> bool {
        self.count().is_some_and(|count| count.money)
    }

    /// Whether it adds up over times and places.
    pub fn additive(&self) -> bool {
        self.fed() && self.kind == Kind::Flow && self.count().is_some_and(|count| count.since == Since::Period)
    }

    /// A percentage: compared in percentage points.
    pub fn is_percent(&self) -> bool {
        self.kind == Kind::Ratio
    }

    /// Whether it, or a part of it, counts persons or households or is the money beside them.
    pub fn sensitive(&self) -> bool {
        self.counts().iter().any(|count| count.sensitive)
    }

    /// The aggregates that stand behind its rows.
    pub fn nodes(&self) -> Vec<&'static str> {
        self.counts().iter().map(|count| count.node).collect()
    }

    /// The policy parameters that decide it.
    pub fn settings(&self) -> impl Iterator<Item = &'static Setting> {
        self.counts().into_iter().filter_map(|count| count.setting).collect::<Vec<_>>().into_iter()
    }
}

/// All definitions, in the order of the report, then by number.
static ALL: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    let mut all: Vec<Definition> = [
        assistance::definitions(),
        eldercare::definitions(),
        money::definitions(),
        organisations::definitions(),
        governance::definitions(),
        staff::definitions(),
        window::definitions(),
        later::definitions(),
    ]
    .into_iter()
    .flatten()
    .collect();
    // F before D, then by number; sub-codes stay in the order in which they are written.
    all.sort_by_key(|of| {
        let number = of.code.split('.').next().and_then(|head| head.get(1..)).and_then(|digits| digits.parse().ok());
        (!of.code.starts_with('F'), number.unwrap_or(u32::MAX))
    });
    all
});

static BY_CODE: LazyLock<HashMap<&'static str, &'static Definition>> =
    LazyLock::new(|| ALL.iter().map(|of| (of.code, of)).collect());

/// All that is counted into cells.
static CELLS: LazyLock<Vec<&'static Count>> = LazyLock::new(|| {
    let own = |of: &'static Definition| match &of.measure {
        Measure::Count(count) | Measure::Day(count) => vec![count],
        Measure::Ratio(ratio) => ratio
            .parts()
            .into_iter()
            .filter_map(|part| if let Part::Own(count) = part { Some(count.as_ref()) } else { None })
            .collect(),
        Measure::Unfed | Measure::Name => Vec::new(),
    };
    ALL.iter().flat_map(own).filter(|count| count.counting.has_cells()).collect()
});

static CELL_BY_CODE: LazyLock<HashMap<&'static str, &'static Count>> =
    LazyLock::new(|| CELLS.iter().map(|of| (of.code, *of)).collect());

/// What is counted into cells of this code.
pub fn cell(code: &str) -> Option<&'static Count> {
    CELL_BY_CODE.get(code).copied()
}

/// The parameter of policy of this name that decides some figure.
pub fn setting(name: &str) -> Option<&'static Setting> {
    all().flat_map(Definition::settings).find(|setting| setting.name == name)
}

/// All definitions, in the order of the report.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    ALL.iter()
}

/// The definition of a code.
pub fn find(code: &str) -> Option<&'static Definition> {
    BY_CODE.get(code).copied()
}

/// Whether a parameter of policy is one of figures, and what is expected where its value cannot be read.
pub fn read_parameter(parameter: &str, value: &str) -> Option<Result<(), &'static str>> {
    if let Some(code) = parameter.strip_prefix(minzheng_rules::figures::TARGET) {
        find(code)?;
        return Some(minzheng_rules::figures::target(value).map(drop).ok_or("a number in the figure's unit"));
    }
    let known = minzheng_rules::figures::find(parameter)?;
    let understood = setting(known.name).is_none_or(|of| (of.condition)(value).is_some());
    Some(if known.reads(value) && understood { Ok(()) } else { Err(known.en) })
}

/// All that is counted into cells.
pub fn cells() -> &'static [&'static Count] {
    &CELLS
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_figure_of_the_domain_is_defined_once_with_words_in_both_tongues() {
        let codes: Vec<&str> = all().map(|of| of.code).collect();
        let unique: HashSet<&&str> = codes.iter().collect();
        assert_eq!(unique.len(), codes.len(), "a code stands twice");
        for number in 0..=15 {
            assert!(unique.contains(&format!("F{number}").as_str()), "F{number}");
        }
        for number in 1..=106 {
            let head = format!("D{number:02}");
            assert!(codes.iter().any(|code| *code == head || code.starts_with(&format!("{head}."))), "{head}");
        }
        for of in all() {
            assert!(!of.zh.is_empty() && !of.en.is_empty() && !of.clause.is_empty(), "{}", of.code);
            assert!(!of.words_zh.is_empty() && !of.words_en.is_empty(), "{} has no words", of.code);
            assert!(of.ratio().is_none() || of.denominator.is_some(), "{} names no denominator", of.code);
        }
    }

    #[test]
    fn cells_have_codes_of_their_own_and_say_what_touches_them() {
        let mut codes = HashSet::new();
        for count in cells() {
            assert!(codes.insert(count.code), "{} stands twice", count.code);
            assert!(!count.touched.is_empty(), "{} is touched by nothing", count.code);
        }
        for of in all() {
            for part in of.ratio().map(Ratio::parts).into_iter().flatten() {
                assert!(part.count().is_some() || matches!(part, Part::Population(_)), "{}", of.code);
            }
        }
    }
}
