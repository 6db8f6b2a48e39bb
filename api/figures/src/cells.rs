//! Cells: what a figure is at a place in a time, counted from the rows and kept. A cell can always be counted again.
//!
//! | counting | cells |
//! |---|---|
//! | sum | each month: the sum of the rows |
//! | distinct | each month, quarter, half-year, year: how many different units |
//! | standing | each month: how many units more or fewer hold at its end than at its beginning; what stands is the running sum |
//!
//! Levels: `OWN` (the division that the row names), `TOWN`, `DISTRICT`. A unit that is in several places of one town or
//! district counts there once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use minzheng_kernel::{Db, Fault};
use minzheng_rules::period::Grain;
use sea_orm::{DatabaseTransaction, FromQueryResult, Value};

use crate::indicator::{Count, Counting};
use crate::setting::Settings;
use crate::units;

/// Upper levels: name, digits of the code.
pub(super) const UPPER: [(&str, usize); 2] = [("TOWN", 9), ("DISTRICT", 6)];

/// Values bound in one statement: both databases have a bound.
pub(super) const BOUND: usize = 6_000;

/// The place and time of a cell within its code: level, division, grain, first day.
pub type Key = (&'static str, String, &'static str, NaiveDate);

/// Cells with their values; none is zero.
pub type Cells = BTreeMap<Key, i64>;

/// The months of each division (`None`: all months).
pub type Places = BTreeMap<String, Option<BTreeSet<NaiveDate>>>;

/// What is to be counted again.
#[derive(Clone, Debug)]
pub enum Touched {
    /// All of it.
    Everything,
    /// The months of some divisions, and what lies above them.
    Places(Places),
}

impl Default for Touched {
    fn default() -> Self {
        Self::Places(Places::new())
    }
}

/// More divisions than that are not picked out: all is counted.
const PLACES_MOST: usize = 3_000;

impl Touched {
    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Places(places) if places.is_empty())
    }

    /// Adds what another change touched.
    pub fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Everything, _) => {}
            (_, Self::Everything) => *self = Self::Everything,
            (Self::Places(places), Self::Places(more)) => {
                for (division, months) in more {
                    match (places.entry(division.clone()).or_insert_with(|| Some(BTreeSet::new())), months) {
                        (Some(known), Some(months)) => known.extend(months),
                        (known, _) => *known = None,
                    }
                }
                if places.len() > PLACES_MOST {
                    *self = Self::Everything;
                }
            }
        }
    }

    /// Adds the month of a day at a division, or all months of it.
    pub fn touch(&mut self, division: &str, day: Option<NaiveDate>) {
        let months = day.map(|day| BTreeSet::from([Grain::Month.containing(day).from]));
        self.add(&Self::Places(Places::from([(division.to_owned(), months)])));
    }
}

#[derive(FromQueryResult)]
struct Sum {
    division: String,
    month: String,
    value: i64,
}

#[derive(FromQueryResult, Clone)]
struct Interval {
    division: String,
    unit: i64,
    on_date: NaiveDate,
    until_date: Option<NaiveDate>,
}

/// First and last code that can lie in a division of so many digits.
pub fn range(prefix: &str) -> (String, String) {
    (format!("{prefix:0<12}"), format!("{prefix:9<12}"))
}

/// Codes of what is counted in some way, as a list in a statement's text: they are our own, and a plan that is kept
/// knows them. In order, so that they are the same text however they are asked for.
pub(super) fn codes(of: &[&'static Count], which: impl Fn(Counting) -> bool) -> String {
    let codes: BTreeSet<&str> = of.iter().filter(|of| which(of.counting)).map(|of| of.code).collect();
    codes.iter().map(|code| format!("'{code}'")).collect::<Vec<_>>().join(", ")
}

/// So many placeholders of a statement, from one on.
pub(super) fn list(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

fn month_of(text: &str) -> Option<NaiveDate> {
    format!("{text}-01").parse().ok()
}

/// The prefix of a division at an upper level, where it lies that deep.
pub(super) fn prefix_at(division: &str, digits: usize) -> Option<&str> {
    division.get(..digits).filter(|prefix| !prefix.ends_with(if digits == 9 { "000" } else { "00" }))
}

/// Counts cells from the rows: those of the given divisions, and those above them. With `None` everything is counted.
pub async fn count(
    db: &Db,
    on: &DatabaseTransaction,
    settings: &Settings,
    count: &Count,
    touched: Option<&Places>,
) -> Result<Cells, Fault> {
    let rows = settings.rows(count);
    match count.counting {
        Counting::Sum => sum(db, on, &rows, touched).await,
        Counting::Distinct => units::count(db, on, &rows, touched).await,
        Counting::Standing => standing(db, on, &rows, touched).await,
        Counting::Asked => Ok(Cells::new()),
    }
}

/// The first and last month touched; `None`: all months of some division.
pub(super) fn months_touched(touched: &Places) -> Option<(NaiveDate, NaiveDate)> {
    if touched.values().any(Option::is_none) {
        return None;
    }
    let mut all = touched.values().flatten().flatten();
    let first = all.next().copied()?;
    Some(all.fold((first, first), |(low, high), month| (low.min(*month), high.max(*month))))
}

pub(super) fn after(month: NaiveDate) -> NaiveDate {
    Grain::Month.containing(month).until
}

async fn sum(db: &Db, on: &DatabaseTransaction, rows: &str, touched: Option<&Places>) -> Result<Cells, Fault> {
    let sums = |filter: &str| {
        format!(
            "SELECT r.division AS division, substr(CAST(r.on_date AS TEXT), 1, 7) AS month, \
             CAST(SUM(r.value) AS BIGINT) AS value FROM ({rows}) r {filter} GROUP BY 1, 2"
        )
    };
    let mut cells = Cells::new();
    let mut add = |sums: Vec<Sum>| {
        for Sum { division, month, value } in sums {
            if let Some(month) = month_of(&month).filter(|_| value != 0) {
                cells.insert(("OWN", division, "MONTH", month), value);
            }
        }
    };
    let Some(touched) = touched else {
        add(db.rows(on, &sums(""), vec![]).await?);
        let upper = upper_sums(&cells);
        cells.extend(upper);
        return Ok(cells);
    };
    let window = months_touched(touched);
    let divisions: Vec<&String> = touched.keys().collect();
    for chunk in divisions.chunks(BOUND) {
        let mut values: Vec<Value> = Vec::new();
        let mut within = String::new();
        if let Some((first, last)) = window {
            values.extend([first.into(), after(last).into()]);
            "r.on_date >= $1 AND r.on_date < $2 AND ".clone_into(&mut within);
        }
        let filter = format!("WHERE {within}r.division IN ({})", list(values.len() + 1, chunk.len()));
        values.extend(chunk.iter().map(|code| Value::from(code.as_str())));
        add(db.rows(on, &sums(&filter), values).await?);
    }
    Ok(cells)
}

/// Sums of cells by town and district.
fn upper_sums(own: &Cells) -> Cells {
    let mut upper = Cells::new();
    for ((_, division, grain, start), value) in own {
        for (level, digits) in UPPER {
            if let Some(prefix) = prefix_at(division, digits) {
                *upper.entry((level, format!("{prefix:0<12}"), *grain, *start)).or_default() += value;
            }
        }
    }
    upper.retain(|_, value| *value != 0);
    upper
}

/// The months to be counted again; `None`: all that there are.
pub(super) fn months_told(touched: &Places) -> Option<BTreeSet<NaiveDate>> {
    let told = touched.values().all(Option::is_some);
    told.then(|| touched.values().flatten().flatten().copied().collect())
}

const INTERVALS: &str = "SELECT r.division, r.unit, r.on_date, r.until_date";

async fn standing(db: &Db, on: &DatabaseTransaction, rows: &str, touched: Option<&Places>) -> Result<Cells, Fault> {
    let select = format!("{INTERVALS} FROM ({rows}) r");
    let mut intervals: Vec<Interval> = Vec::new();
    match touched {
        None => intervals = db.rows(on, &select, vec![]).await?,
        Some(touched) => {
            let divisions: Vec<&String> = touched.keys().collect();
            for chunk in divisions.chunks(BOUND) {
                let sql = format!("{select} WHERE r.division IN ({})", list(1, chunk.len()));
                let values = chunk.iter().map(|code| Value::from(code.as_str())).collect();
                intervals.extend(db.rows::<Interval, _>(on, &sql, values).await?);
            }
        }
    }
    let mut cells = standing_cells("OWN", 12, intervals.clone());
    if touched.is_none() {
        for (level, digits) in UPPER {
            cells.extend(standing_cells(level, digits, intervals.clone()));
        }
    }
    Ok(cells)
}

/// How many more or fewer stand in each month at a level.
fn standing_cells(level: &'static str, digits: usize, intervals: Vec<Interval>) -> Cells {
    let mut cells = Cells::new();
    for (division, from, until) in merged(digits, intervals) {
        *cells.entry((level, division.clone(), "MONTH", Grain::Month.containing(from).from)).or_default() += 1;
        if let Some(until) = until {
            // What ends on the first of a month holds on the last day of the month before.
            *cells.entry((level, division, "MONTH", Grain::Month.containing(until).from)).or_default() -= 1;
        }
    }
    cells.retain(|_, value| *value != 0);
    cells
}

/// What the sums of places count too often, because one unit stands in several of them: the cells at a level of such
/// units, less the sums of theirs. The units are few, so the database looks for them.
pub(super) async fn in_several(
    db: &Db,
    on: &DatabaseTransaction,
    rows: &str,
    district: &str,
) -> Result<Vec<(usize, Cells)>, Fault> {
    let (low, high) = range(district);
    let within = "r.division >= $1 AND r.division <= $2";
    // Sorted once: to ask for the units first and for their rows again goes wrong where the database does not know yet
    // how many rows there are, as after an import.
    let sql = format!(
        "{INTERVALS} FROM (SELECT r.division, r.unit, r.on_date, r.until_date, \
         MIN(r.division) OVER (PARTITION BY r.unit) AS low, MAX(r.division) OVER (PARTITION BY r.unit) AS high \
         FROM ({rows}) r WHERE {within}) r WHERE r.low <> r.high"
    );
    let intervals: Vec<Interval> = db.rows(on, &sql, vec![low.into(), high.into()]).await?;
    let own = standing_cells("OWN", 12, intervals.clone());
    let sums = upper_sums(&own);
    Ok(UPPER
        .into_iter()
        .map(|(level, digits)| {
            let mut cells = standing_cells(level, digits, intervals.clone());
            for (key, value) in sums.iter().filter(|(key, _)| key.0 == level) {
                *cells.entry(key.clone()).or_default() -= value;
            }
            cells.retain(|_, value| *value != 0);
            (digits, cells)
        })
        .collect())
}

/// The times for which each unit holds in a place of so many digits: what overlaps or touches is one.
fn merged(digits: usize, mut intervals: Vec<Interval>) -> Vec<(String, NaiveDate, Option<NaiveDate>)> {
    if digits < 12 {
        // A row of the district itself belongs to no town.
        intervals.retain_mut(|interval| match prefix_at(&interval.division, digits) {
            Some(prefix) => {
                interval.division = format!("{prefix:0<12}");
                true
            }
            None => false,
        });
    }
    intervals.sort_by(|a, b| (&a.division, a.unit, a.on_date).cmp(&(&b.division, b.unit, b.on_date)));
    let mut spans: Vec<(String, i64, NaiveDate, Option<NaiveDate>)> = Vec::new();
    for Interval { division, unit, on_date, until_date } in intervals {
        if until_date.is_some_and(|until| until <= on_date) {
            continue;
        }
        if let Some(last) = spans.last_mut().filter(|last| last.0 == division && last.1 == unit)
            && last.3.is_none_or(|end| on_date <= end)
        {
            last.3 = match (last.3, until_date) {
                (Some(a), Some(b)) => Some(a.max(b)),
                _ => None,
            };
            continue;
        }
        spans.push((division, unit, on_date, until_date));
    }
    spans.into_iter().map(|(division, _, from, until)| (division, from, until)).collect()
}
