//! 存数 · cells as they are kept: replaced where something was touched, compared when figures are verified.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use minzheng_kernel::{Db, Fault};
use minzheng_rules::period::Grain;
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Value};

use crate::cells::{BOUND, Cells, Touched, UPPER, count, in_several, list, months_told, months_touched, prefix_at};
use crate::indicator::{Count, Counting};
use crate::setting::Settings;

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

/// Counts everything and keeps it.
pub async fn rebuild(db: &Db, on: &DatabaseTransaction, settings: &Settings, of: &Count) -> Result<usize, Fault> {
    let cells = count(db, on, settings, of, None).await?;
    db.execute(on, "DELETE FROM figure_cell WHERE code = $1", vec![of.code.into()]).await?;
    insert(db, on, of.code, &cells).await?;
    Ok(cells.len())
}

/// Counts again what was touched, and what lies above it.
pub async fn refresh(
    db: &Db,
    on: &DatabaseTransaction,
    settings: &Settings,
    of: &Count,
    touched: &Touched,
) -> Result<(), Fault> {
    let touched = match touched {
        Touched::Everything => return rebuild(db, on, settings, of).await.map(drop),
        Touched::Places(places) => places,
    };
    if touched.is_empty() {
        return Ok(());
    }
    let cells = count(db, on, settings, of, Some(touched)).await?;
    let divisions: Vec<&String> = touched.keys().collect();
    if of.counting == Counting::Distinct {
        // Cells of every level were counted; those that are gone are taken away first.
        for grain in Grain::ALL {
            let starts: Vec<Option<(NaiveDate, NaiveDate)>> = match months_told(touched) {
                Some(months) => {
                    let starts: BTreeSet<_> = months.iter().map(|month| grain.containing(*month).from).collect();
                    starts.into_iter().map(|start| Some((start, start))).collect()
                }
                None => vec![None],
            };
            for (level, digits) in [("OWN", 12)].into_iter().chain(UPPER) {
                let places: BTreeSet<String> = divisions
                    .iter()
                    .filter_map(|code| if digits == 12 { Some(code.as_str()) } else { prefix_at(code, digits) })
                    .map(|prefix| format!("{prefix:0<12}"))
                    .collect();
                for window in &starts {
                    remove(db, on, of.code, level, grain.code(), *window, &places).await?;
                }
            }
        }
        return insert(db, on, of.code, &cells).await;
    }
    let window = if of.counting == Counting::Sum { months_touched(touched) } else { None };
    let own: BTreeSet<String> = divisions.iter().map(|code| (*code).clone()).collect();
    remove(db, on, of.code, "OWN", "MONTH", window, &own).await?;
    insert(db, on, of.code, &cells).await?;
    let above = |digits: usize| -> BTreeSet<String> {
        own.iter().filter_map(|code| prefix_at(code, digits)).map(|prefix| format!("{prefix:0<12}")).collect()
    };
    for (level, digits) in UPPER {
        let places = above(digits);
        remove(db, on, of.code, level, "MONTH", window, &places).await?;
        sum_up(db, on, of.code, level, digits, window, &places).await?;
    }
    if of.counting == Counting::Standing {
        let rows = settings.rows(of);
        for district in above(6) {
            let district = district.get(..6).unwrap_or(&district);
            for (digits, mut cells) in in_several(db, on, &rows, district).await? {
                let places = above(digits);
                cells.retain(|key, _| places.contains(&key.1));
                add(db, on, of.code, &cells).await?;
            }
        }
    }
    Ok(())
}

/// Adds to cells that stand or do not.
async fn add(db: &Db, on: &DatabaseTransaction, code: &str, cells: &Cells) -> Result<(), Fault> {
    for ((level, division, grain, start), value) in cells {
        let key = "level = $1 AND division = $2 AND code = $3 AND grain = $4 AND starts_on = $5";
        let sql = "INSERT INTO figure_cell (level, division, code, grain, starts_on, value) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (level, division, code, grain, starts_on) DO UPDATE SET value = figure_cell.value + $6";
        let named = || -> Vec<Value> {
            vec![(*level).into(), division.as_str().into(), code.into(), (*grain).into(), (*start).into()]
        };
        let values = named().into_iter().chain([Value::from(*value)]).collect();
        db.execute(on, sql, values).await?;
        db.execute(on, &format!("DELETE FROM figure_cell WHERE {key} AND value = 0"), named()).await?;
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
