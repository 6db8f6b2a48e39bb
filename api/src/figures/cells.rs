//! Cells: what a figure is at a place in a time, counted from the rows and kept. A cell can always be counted again.
//!
//! | kind | cells |
//! |---|---|
//! | flow | each month: the sum of the rows |
//! | distinct | each month, quarter, half-year, year: how many different units |
//! | stock | each month: how many units more or fewer hold at its end than at its beginning; the stock is the running sum |
//!
//! Levels: `OWN` (the division that the row names), `TOWN`, `DISTRICT`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use minzheng_kernel::{Db, Fault};
use minzheng_rules::period::Grain;
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Value};

use super::indicator::{Definition, Kind};

/// Upper levels: name, digits of the code.
const UPPER: [(&str, usize); 2] = [("TOWN", 9), ("DISTRICT", 6)];

/// Values bound in one statement: both databases have a bound.
const BOUND: usize = 6_000;

/// The place and time of a cell within its code: level, division, grain, first day.
pub type Key = (&'static str, String, &'static str, NaiveDate);

/// Cells with their values; none is zero.
pub type Cells = BTreeMap<Key, i64>;

/// What is to be counted again: the months of each division (`None`: all months).
pub type Touched = BTreeMap<String, Option<BTreeSet<NaiveDate>>>;

#[derive(FromQueryResult)]
struct Sum {
    division: String,
    month: String,
    value: i64,
}

#[derive(FromQueryResult)]
struct Count {
    division: String,
    value: i64,
}

#[derive(FromQueryResult)]
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

fn list(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

fn month_of(text: &str) -> Option<NaiveDate> {
    format!("{text}-01").parse().ok()
}

/// The prefix of a division at an upper level, where it lies that deep.
fn prefix_at(division: &str, digits: usize) -> Option<&str> {
    division.get(..digits).filter(|prefix| !prefix.ends_with(if digits == 9 { "000" } else { "00" }))
}

/// Counts cells of a figure from the rows: those of the given divisions, and those above them. With `None`
/// everything is counted.
pub async fn count(
    db: &Db,
    on: &DatabaseTransaction,
    definition: &Definition,
    touched: Option<&Touched>,
) -> Result<Cells, Fault> {
    match definition.kind {
        Kind::Flow => flow(db, on, definition, touched).await,
        Kind::Distinct => distinct(db, on, definition, touched).await,
        Kind::Stock => stock(db, on, definition, touched).await,
        Kind::Text => Ok(Cells::new()),
    }
}

/// The first and last month touched, where months are told.
fn months_touched(touched: &Touched) -> Option<(NaiveDate, NaiveDate)> {
    let mut all = touched.values().flatten().flatten();
    let first = all.next().copied()?;
    Some(all.fold((first, first), |(low, high), month| (low.min(*month), high.max(*month))))
}

fn after(month: NaiveDate) -> NaiveDate {
    Grain::Month.containing(month).until
}

async fn flow(
    db: &Db,
    on: &DatabaseTransaction,
    definition: &Definition,
    touched: Option<&Touched>,
) -> Result<Cells, Fault> {
    let rows = definition.rows;
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
    let Some((first, last)) = months_touched(touched) else { return Ok(cells) };
    let divisions: Vec<&String> = touched.keys().collect();
    for chunk in divisions.chunks(BOUND) {
        let filter = format!("WHERE r.on_date >= $1 AND r.on_date < $2 AND r.division IN ({})", list(3, chunk.len()));
        let mut values: Vec<Value> = vec![first.into(), after(last).into()];
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

async fn distinct(
    db: &Db,
    on: &DatabaseTransaction,
    definition: &Definition,
    touched: Option<&Touched>,
) -> Result<Cells, Fault> {
    let rows = definition.rows;
    let mut cells = Cells::new();
    // The periods to count, by grain.
    let mut periods = BTreeSet::new();
    let months: BTreeSet<NaiveDate> = if let Some(touched) = touched {
        touched.values().flatten().flatten().copied().collect()
    } else {
        #[derive(FromQueryResult)]
        struct Month {
            month: String,
        }
        let sql = format!("SELECT DISTINCT substr(CAST(r.on_date AS TEXT), 1, 7) AS month FROM ({rows}) r");
        let months: Vec<Month> = db.rows(on, &sql, vec![]).await?;
        months.iter().filter_map(|month| month_of(&month.month)).collect()
    };
    for grain in Grain::ALL {
        for month in &months {
            let period = grain.containing(*month);
            periods.insert((period.from, period.until, grain.code()));
        }
    }
    // The places to count, by level; everything where nothing was told.
    let places = |digits: usize| -> Option<BTreeSet<String>> {
        touched.map(|touched| {
            let own = touched.keys().filter_map(|division| prefix_at(division, digits));
            own.map(str::to_owned).collect()
        })
    };
    for (level, digits) in [("OWN", 12)].into_iter().chain(UPPER) {
        let places: Option<BTreeSet<String>> =
            if digits == 12 { touched.map(|touched| touched.keys().cloned().collect()) } else { places(digits) };
        let chunks: Vec<Vec<String>> = match &places {
            Some(places) => places.iter().cloned().collect::<Vec<_>>().chunks(BOUND).map(<[String]>::to_vec).collect(),
            None => vec![Vec::new()],
        };
        for (from, until, grain) in &periods {
            for chunk in &chunks {
                let within = if places.is_some() {
                    format!("AND substr(r.division, 1, {digits}) IN ({})", list(3, chunk.len()))
                } else {
                    String::new()
                };
                let sql = format!(
                    "SELECT substr(r.division, 1, {digits}) AS division, COUNT(DISTINCT r.unit) AS value \
                     FROM ({rows}) r WHERE r.on_date >= $1 AND r.on_date < $2 {within} GROUP BY 1"
                );
                let mut values: Vec<Value> = vec![(*from).into(), (*until).into()];
                values.extend(chunk.iter().map(|code| Value::from(code.as_str())));
                let counts: Vec<Count> = db.rows(on, &sql, values).await?;
                for Count { division, value } in counts {
                    // A row of the district itself belongs to no town.
                    if value != 0 && (digits == 12 || prefix_at(&division, digits).is_some()) {
                        cells.insert((level, format!("{division:0<12}"), *grain, *from), value);
                    }
                }
            }
        }
    }
    Ok(cells)
}

async fn stock(
    db: &Db,
    on: &DatabaseTransaction,
    definition: &Definition,
    touched: Option<&Touched>,
) -> Result<Cells, Fault> {
    let rows = definition.rows;
    let select = format!("SELECT r.division, r.unit, r.on_date, r.until_date FROM ({rows}) r");
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
    let mut own = Cells::new();
    for (division, from, until) in merged(intervals) {
        *own.entry(("OWN", division.clone(), "MONTH", Grain::Month.containing(from).from)).or_default() += 1;
        if let Some(until) = until {
            // What ends on the first of a month holds on the last day of the month before.
            *own.entry(("OWN", division, "MONTH", Grain::Month.containing(until).from)).or_default() -= 1;
        }
    }
    own.retain(|_, value| *value != 0);
    if touched.is_none() {
        let upper = upper_sums(&own);
        own.extend(upper);
    }
    Ok(own)
}

/// The times for which each unit holds somewhere: what overlaps or touches is one.
fn merged(mut intervals: Vec<Interval>) -> Vec<(String, NaiveDate, Option<NaiveDate>)> {
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

/// Cells as they are kept.
#[derive(FromQueryResult)]
struct Kept {
    level: String,
    division: String,
    grain: String,
    starts_on: NaiveDate,
    value: i64,
}

/// All cells kept of a figure.
pub async fn kept<C: ConnectionTrait>(
    db: &Db,
    on: &C,
    code: &str,
) -> Result<BTreeMap<(String, String, String, NaiveDate), i64>, Fault> {
    let sql = "SELECT level, division, grain, starts_on, value FROM figure_cell WHERE code = $1";
    let rows: Vec<Kept> = db.rows(on, sql, vec![code.into()]).await?;
    Ok(rows.into_iter().map(|row| ((row.level, row.division, row.grain, row.starts_on), row.value)).collect())
}

/// Writes cells; what stood there must be gone.
async fn insert(db: &Db, on: &DatabaseTransaction, code: &str, cells: &Cells) -> Result<(), Fault> {
    let all: Vec<_> = cells.iter().collect();
    for chunk in all.chunks(1_000) {
        let mut values: Vec<Value> = vec![code.into()];
        let mut tuples = Vec::with_capacity(chunk.len());
        for ((level, division, grain, start), value) in chunk {
            let n = values.len();
            tuples.push(format!("(${}, ${}, $1, ${}, ${}, ${})", n + 1, n + 2, n + 3, n + 4, n + 5));
            values.extend([
                Value::from(*level),
                Value::from(division.as_str()),
                Value::from(*grain),
                Value::from(*start),
                Value::from(**value),
            ]);
        }
        let sql = format!(
            "INSERT INTO figure_cell (level, division, code, grain, starts_on, value) VALUES {}",
            tuples.join(", ")
        );
        db.execute(on, &sql, values).await?;
    }
    Ok(())
}

/// Counts everything of a figure and keeps it.
pub async fn rebuild(db: &Db, on: &DatabaseTransaction, definition: &Definition) -> Result<usize, Fault> {
    let cells = count(db, on, definition, None).await?;
    db.execute(on, "DELETE FROM figure_cell WHERE code = $1", vec![definition.code.into()]).await?;
    insert(db, on, definition.code, &cells).await?;
    Ok(cells.len())
}

/// Counts again what was touched of a figure, and what lies above it.
pub async fn refresh(
    db: &Db,
    on: &DatabaseTransaction,
    definition: &Definition,
    touched: &Touched,
) -> Result<(), Fault> {
    if touched.is_empty() || definition.kind == Kind::Text {
        return Ok(());
    }
    let cells = count(db, on, definition, Some(touched)).await?;
    let divisions: Vec<&String> = touched.keys().collect();
    if definition.kind == Kind::Distinct {
        // Cells of every level were counted; those that are gone are taken away first.
        for grain in Grain::ALL {
            let starts: BTreeSet<NaiveDate> =
                touched.values().flatten().flatten().map(|month| grain.containing(*month).from).collect();
            for (level, digits) in [("OWN", 12)].into_iter().chain(UPPER) {
                let places: BTreeSet<String> = divisions
                    .iter()
                    .filter_map(|code| if digits == 12 { Some(code.as_str()) } else { prefix_at(code, digits) })
                    .map(|prefix| format!("{prefix:0<12}"))
                    .collect();
                for start in &starts {
                    remove(db, on, definition.code, level, grain.code(), Some((*start, *start)), &places).await?;
                }
            }
        }
        return insert(db, on, definition.code, &cells).await;
    }
    let window = if definition.kind == Kind::Flow { months_touched(touched) } else { None };
    let own: BTreeSet<String> = divisions.iter().map(|code| (*code).clone()).collect();
    remove(db, on, definition.code, "OWN", "MONTH", window, &own).await?;
    insert(db, on, definition.code, &cells).await?;
    for (level, digits) in UPPER {
        let places: BTreeSet<String> =
            own.iter().filter_map(|code| prefix_at(code, digits)).map(|prefix| format!("{prefix:0<12}")).collect();
        remove(db, on, definition.code, level, "MONTH", window, &places).await?;
        sum_up(db, on, definition.code, level, digits, window, &places).await?;
    }
    Ok(())
}

async fn remove(
    db: &Db,
    on: &DatabaseTransaction,
    code: &str,
    level: &str,
    grain: &str,
    window: Option<(NaiveDate, NaiveDate)>,
    places: &BTreeSet<String>,
) -> Result<(), Fault> {
    let places: Vec<&String> = places.iter().collect();
    for chunk in places.chunks(BOUND) {
        let mut values: Vec<Value> = vec![level.into(), code.into(), grain.into()];
        let between = match window {
            Some((first, last)) => {
                values.extend([first.into(), last.into()]);
                "AND starts_on >= $4 AND starts_on <= $5"
            }
            None => "",
        };
        let sql = format!(
            "DELETE FROM figure_cell WHERE level = $1 AND code = $2 AND grain = $3 {between} AND division IN ({})",
            list(values.len() + 1, chunk.len())
        );
        values.extend(chunk.iter().map(|code| Value::from(code.as_str())));
        db.execute(on, &sql, values).await?;
    }
    Ok(())
}

/// Sums of the cells below, in one statement a level.
async fn sum_up(
    db: &Db,
    on: &DatabaseTransaction,
    code: &str,
    level: &str,
    digits: usize,
    window: Option<(NaiveDate, NaiveDate)>,
    places: &BTreeSet<String>,
) -> Result<(), Fault> {
    let places: Vec<&String> = places.iter().collect();
    let zeros = "0".repeat(12 - digits);
    for chunk in places.chunks(BOUND) {
        let mut values: Vec<Value> = vec![level.into(), code.into()];
        let between = match window {
            Some((first, last)) => {
                values.extend([first.into(), last.into()]);
                "AND starts_on >= $3 AND starts_on <= $4"
            }
            None => "",
        };
        let sql = format!(
            "INSERT INTO figure_cell (level, division, code, grain, starts_on, value) \
             SELECT CAST($1 AS TEXT), substr(division, 1, {digits}) || '{zeros}', code, grain, starts_on, \
             CAST(SUM(value) AS BIGINT) FROM figure_cell \
             WHERE code = $2 AND grain = 'MONTH' AND level = 'OWN' {between} \
             AND substr(division, 1, {digits}) || '{zeros}' IN ({}) \
             GROUP BY 2, 3, 4, 5 HAVING SUM(value) <> 0",
            list(values.len() + 1, chunk.len())
        );
        values.extend(chunk.iter().map(|code| Value::from(code.as_str())));
        db.execute(on, &sql, values).await?;
    }
    Ok(())
}
