//! Values of figures in times: from cells, read with one statement for all figures of a place; what depends on the time
//! itself is counted with one more.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use chrono::{Datelike as _, NaiveDate};
use minzheng_ground::scalars::{Decimal, Money};
use minzheng_ground::state::State;
use minzheng_kernel::Fault;
use minzheng_rules::division::division_prefix;
use minzheng_rules::number::{grouped, rounded};
use minzheng_rules::period::{Grain, Period};
use sea_orm::FromQueryResult;

use crate::asked::Question;
use crate::cells::codes;
use crate::indicator::{Count, Counting, Definition, Kind, Measure, Part, Since};
use crate::population::Populations;
use crate::reported::Reported;
use crate::setting::Settings;
use crate::spans::Wanted;
use crate::{asked, spans};

/// What stands where there is no number.
pub const NO_DATA: &str = "—";

/// A number before it is shown: in the counted piece, or a numerator over a denominator that is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw {
    /// 数 or 分子
    pub top: i64,
    /// 分母
    pub bottom: Option<i64>,
}

impl Raw {
    /// As an exact quotient in the figure's unit; the divisor is positive.
    pub fn quotient(self, of: &Definition) -> (i128, i128) {
        let scale = |part: &Part| part.count().map_or(1, |count| i128::from(count.scale));
        match (of.ratio(), self.bottom) {
            (Some(ratio), Some(bottom)) => (
                i128::from(self.top) * scale(&ratio.bottom) * i128::from(ratio.factor),
                i128::from(bottom) * scale(&ratio.top),
            ),
            _ => (i128::from(self.top), of.count().map_or(1, |count| i128::from(count.scale))),
        }
    }
}

/// A number of a figure, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// `None`: no data.
    pub raw: Option<Raw>,
    /// Hidden from this viewer.
    pub hidden: bool,
}

impl Shown {
    /// What the viewer may know.
    pub fn visible(&self) -> Option<Raw> {
        self.raw.filter(|_| !self.hidden)
    }

    /// In the figure's unit, rounded.
    pub fn value(&self, of: &Definition) -> Option<Decimal> {
        self.visible().map(|raw| {
            let (over, under) = raw.quotient(of);
            Decimal(rounded(over, under, of.decimals))
        })
    }

    /// Exact, where the figure is money.
    pub fn amount(&self, of: &Definition) -> Option<Money> {
        self.visible().filter(|_| of.money()).map(|raw| Money(raw.top))
    }

    /// Grouped number, or the dash.
    pub fn display(&self, of: &Definition) -> String {
        self.value(of).map_or_else(|| NO_DATA.to_owned(), |value| grouped(&value.0))
    }
}

/// Which level of cells a place has.
pub fn level_of(place: &str) -> Option<&'static str> {
    match division_prefix(place).len() {
        12 => Some("OWN"),
        9 => Some("TOWN"),
        6 => Some("DISTRICT"),
        _ => None,
    }
}

/// The time in which rows of a count are looked for: a figure since the new year begins there.
pub fn window(of: &Count, period: Period) -> Period {
    match of.since {
        Since::Period => period,
        Since::Year => {
            let from = Grain::Year.containing(period.last_day()).from;
            Period::days(from, period.last_day()).unwrap_or(period)
        }
    }
}

/// A figure from numbers of what it counts.
pub fn raw_of(
    of: &Definition,
    number: impl Fn(&Count) -> Option<i64>,
    population: impl Fn(&'static str) -> Option<i64>,
) -> Option<Raw> {
    match &of.measure {
        Measure::Count(count) => number(count).map(|top| Raw { top, bottom: None }),
        Measure::Ratio(ratio) => {
            let part = |part: &Part| match part {
                Part::Population(column) => population(column),
                part => part.count().and_then(&number),
            };
            let bottom = part(&ratio.bottom).filter(|bottom| *bottom > 0)?;
            Some(Raw { top: part(&ratio.top)?, bottom: Some(bottom) })
        }
        Measure::Unfed | Measure::Name | Measure::Day(_) => None,
    }
}

/// The columns of populations that figures are over.
pub fn populations_of(definitions: &[&'static Definition]) -> HashSet<&'static str> {
    let parts = definitions.iter().filter_map(|of| of.ratio()).flat_map(super::indicator::Ratio::parts);
    parts.filter_map(|part| if let Part::Population(column) = part { Some(*column) } else { None }).collect()
}

#[derive(FromQueryResult)]
struct Cell {
    code: String,
    grain: String,
    starts_on: NaiveDate,
    value: i64,
}

/// What is to be read of a place.
pub struct Wish<'a> {
    /// Which place.
    pub place: &'a str,
    /// Which figures.
    pub definitions: &'a [&'static Definition],
    /// Of which times.
    pub times: &'a HashSet<Period>,
    /// The position that last changed a cell.
    pub changed: i64,
    /// For viewers who are told nothing of persons over single days: these are not counted.
    pub suppressing: bool,
}

/// The numbers of one place, by what is counted.
#[derive(Default)]
pub struct CellsOf {
    by_code: HashMap<String, BTreeMap<(String, NaiveDate), i64>>,
    /// What stood before the first cell read.
    before: HashMap<String, i64>,
    /// Numbers counted from rows, for times that have no cells.
    counted: HashMap<(&'static str, Period), i64>,
    /// Populations of the place.
    populations: HashMap<(&'static str, Period), Option<i64>>,
    /// What its district ever reported.
    reported: Reported,
}

impl CellsOf {
    /// Whether the district ever gave records of what a figure counts.
    pub fn reported(&self, of: &Definition) -> bool {
        self.reported.has(of)
    }

    /// The figure of a time; `None`: no data.
    pub fn value(&self, of: &Definition, period: Period) -> Option<Raw> {
        if !self.reported(of) {
            return None;
        }
        let population = |column| self.populations.get(&(column, period)).copied().flatten();
        raw_of(of, |count| self.number(count, period), population)
    }

    /// Bytes that they take, about.
    pub fn weight(&self) -> usize {
        let cells: usize = self.by_code.values().map(BTreeMap::len).sum();
        let (counted, known) = (self.counted.len() + self.before.len(), self.by_code.len() + self.populations.len());
        cells * 64 + counted * 64 + known * 128
    }

    /// What is counted in a time; `None` where it was not read.
    pub fn number(&self, of: &Count, period: Period) -> Option<i64> {
        if let Some(counted) = self.counted.get(&(of.code, period)) {
            return Some(*counted);
        }
        let none = BTreeMap::new();
        let cells = self.by_code.get(of.code).unwrap_or(&none);
        let months = || cells.iter().filter(|((grain, _), _)| grain == "MONTH");
        match of.counting {
            Counting::Sum if period.whole_months() => {
                let time = window(of, period);
                let within = months().filter(|((_, start), _)| *start >= time.from && *start < time.until);
                Some(within.map(|(_, value)| value).sum())
            }
            Counting::Standing if period.until.day() == 1 => Some(
                self.before.get(of.code).copied().unwrap_or(0)
                    + months().filter(|((_, start), _)| *start < period.until).map(|(_, value)| value).sum::<i64>(),
            ),
            Counting::Distinct if period.grain.is_some() => {
                let grain = period.grain.map_or("", Grain::code).to_owned();
                Some(cells.get(&(grain, period.from)).copied().unwrap_or(0))
            }
            _ => None,
        }
    }

    /// Reads all that some figures of a place need for some times.
    pub async fn read(state: &State, settings: &Settings, wish: &Wish<'_>) -> Result<Self, Fault> {
        let Wish { place, definitions, times, .. } = *wish;
        let counts = counts_of(definitions);
        let mut read = Self::cells(state, place, &counts, times).await?;
        read.reported = Reported::read(state, place, definitions).await?;
        let asked: Vec<&'static Count> = counts.iter().copied().filter(|of| !of.counting.has_cells()).collect();
        // In order, so that the same question is the same statement, of which the database knows the plan.
        let mut ordered: Vec<Period> = times.iter().copied().collect();
        ordered.sort_unstable_by_key(|time| (time.from, time.until));
        let question = Question { place, parts: None, times: ordered };
        for answer in asked::count(state, settings, &asked, &question).await? {
            read.counted.insert((answer.code, answer.time), answer.value);
        }
        for of in &asked {
            for time in times {
                // Without rows it is nothing.
                read.counted.entry((of.code, *time)).or_insert(0);
            }
        }
        let columns = populations_of(definitions);
        if !columns.is_empty() {
            let until = times.iter().map(|time| time.until).max().unwrap_or(NaiveDate::MIN);
            let known = Populations::read(state, place, until).await?;
            for column in columns {
                for time in times {
                    read.populations.insert((column, *time), known.at(place, column, time.last_day()));
                }
            }
        }
        read.count_days(state, settings, &counts, wish).await?;
        Ok(read)
    }

    /// The cells of a place for some times, and what lies before them for what stands.
    async fn cells(
        state: &State,
        place: &str,
        counts: &[&'static Count],
        times: &HashSet<Period>,
    ) -> Result<Self, Fault> {
        let mut read = Self::default();
        let all = codes(counts, Counting::has_cells);
        let standing = codes(counts, |counting| counting == Counting::Standing);
        let Some(level) = level_of(place).filter(|_| !all.is_empty()) else { return Ok(read) };
        let new_year = counts.iter().any(|of| of.since == Since::Year);
        let first = |time: &Period| {
            let grain = if new_year { Grain::Year } else { Grain::Month };
            grain.containing(time.from).from.min(grain.containing(time.last_day()).from)
        };
        let from = times.iter().map(first).min().unwrap_or(NaiveDate::MIN);
        let until = times.iter().map(|time| time.until).max().unwrap_or(NaiveDate::MIN);
        let db = &state.kernel.db;
        let of_place = "figure_cell WHERE level = $1 AND division = $2";
        let mut sql = format!(
            "SELECT code, grain, starts_on, value FROM {of_place} AND code IN ({all}) \
             AND starts_on >= $3 AND starts_on < $4"
        );
        if !standing.is_empty() {
            // In the same statement the sum of all months before, from which what stands begins.
            let _ = write!(
                sql,
                " UNION ALL SELECT code, 'BEFORE' AS grain, MIN(starts_on) AS starts_on, \
                 CAST(SUM(value) AS BIGINT) AS value FROM {of_place} AND code IN ({standing}) \
                 AND grain = 'MONTH' AND starts_on < $3 GROUP BY code"
            );
        }
        let values = vec![level.into(), place.into(), from.into(), until.into()];
        let rows: Vec<Cell> = db.rows(db.read(), &sql, values).await?;
        for Cell { code, grain, starts_on, value } in rows {
            if grain == "BEFORE" {
                read.before.insert(code, value);
            } else {
                read.by_code.entry(code).or_default().insert((grain, starts_on), value);
            }
        }
        Ok(read)
    }

    /// Counts from the rows what no cell holds: of what adds up the days that are no whole months, all of the rest.
    async fn count_days(
        &mut self,
        state: &State,
        settings: &Settings,
        counts: &[&'static Count],
        wish: &Wish<'_>,
    ) -> Result<(), Fault> {
        let has_cells = level_of(wish.place).is_some();
        let is_told = |of: &Count, time: &Period| !(wish.suppressing && of.sensitive && !time.whole_months());
        // Each with the whole months in it that cells tell, and the times that rows tell.
        let mut open: Vec<(&'static Count, Period, Option<Period>, Vec<Period>)> = Vec::new();
        for of in counts.iter().copied().filter(|of| of.counting.has_cells()) {
            for time in wish.times.iter().filter(|time| is_told(of, time)) {
                let (months, days) = match of.counting {
                    _ if has_cells && self.number(of, *time).is_some() => continue,
                    Counting::Sum if has_cells => window(of, *time).months_and_days(),
                    _ => (None, vec![window(of, *time)]),
                };
                open.push((of, *time, months, days));
            }
        }
        let wanted: Vec<Wanted> =
            open.iter().flat_map(|(of, _, _, days)| days.iter().map(|time| (*of, *time))).collect();
        let numbers = spans::count(state, settings, wish.place, &wanted, wish.changed).await?;
        for (of, time, months, days) in open {
            let from_cells = months.and_then(|months| self.number(of, months)).unwrap_or(0);
            let from_rows = days.into_iter().filter_map(|time| numbers.get(&(of.code, time)));
            self.counted.insert((of.code, time), from_cells + from_rows.sum::<i64>());
        }
        Ok(())
    }
}

/// All that some figures count, each once.
pub fn counts_of(definitions: &[&'static Definition]) -> Vec<&'static Count> {
    let mut known = HashSet::new();
    let counts = definitions.iter().filter(|of| of.kind != Kind::Date).flat_map(|of| of.counts());
    counts.filter(|count| known.insert(count.code)).collect()
}
