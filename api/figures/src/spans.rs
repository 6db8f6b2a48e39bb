//! 零散时段 · numbers of times that have no cells: whole months come from cells, the days around them and whatever does
//! not add up from the rows, with one statement for all of them. What was counted is kept until a cell changes, so that
//! a place is counted once a day however many ask.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use minzheng_ground::state::State;
use minzheng_kernel::Fault;
use minzheng_rules::division::division_prefix;
use minzheng_rules::period::Period;
use sea_orm::FromQueryResult;

use crate::cells::range;
use crate::indicator::{Count, Counting};
use crate::setting::Settings;
use crate::shared::kept;

/// What is counted in a time.
pub type Wanted = (&'static Count, Period);

/// Numbers by code and time.
pub type Numbers = HashMap<(&'static str, Period), i64>;

/// Numbers kept.
const KEPT_MOST: usize = 20_000;

/// What a number is of: a place, what is counted, and when.
type Of = (String, &'static str, Period);

/// Numbers that were counted from the rows, each with the position that had last changed a cell.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<Of, (i64, i64)>>);

impl Kept {
    fn find(&self, place: &str, wanted: &[Wanted], changed: i64) -> Numbers {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |(of, time): &Wanted| {
            let (at, value) = kept.get(&(place.to_owned(), of.code, *time))?;
            (*at >= changed).then_some(((of.code, *time), *value))
        };
        wanted.iter().filter_map(known).collect()
    }

    fn keep(&self, place: &str, counted: &Numbers, changed: i64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() + counted.len() > KEPT_MOST {
            kept.retain(|_, (at, _)| *at >= changed);
        }
        if kept.len() + counted.len() > KEPT_MOST {
            kept.clear();
        }
        kept.extend(counted.iter().map(|((code, time), value)| ((place.to_owned(), *code, *time), (changed, *value))));
    }
}

#[derive(FromQueryResult)]
struct Row {
    code: i64,
    n: i64,
    value: i64,
}

/// Counts from the rows of a place; `changed` is the position that last changed a cell.
pub async fn count(
    state: &State,
    settings: &Settings,
    place: &str,
    wanted: &[Wanted],
    changed: i64,
) -> Result<Numbers, Fault> {
    let mut numbers = kept(state)?.spans.find(place, wanted, changed);
    let missing: Vec<&Wanted> = wanted.iter().filter(|(of, time)| !numbers.contains_key(&(of.code, *time))).collect();
    if missing.is_empty() {
        return Ok(numbers);
    }
    // In order, so that the same question is the same statement.
    let times: BTreeSet<Period> = missing.iter().map(|(_, time)| *time).collect();
    let times: Vec<Period> = times.into_iter().collect();
    let mut counts: Vec<(&'static Count, Vec<usize>)> = Vec::new();
    for &(of, time) in missing {
        let n = times.binary_search(&time).unwrap_or_default();
        match counts.iter_mut().find(|(known, _)| known.code == of.code) {
            Some((_, own)) => own.push(n),
            None => counts.push((of, vec![n])),
        }
    }
    let rows = read(state, settings, place, &counts, &times).await?;
    let mut counted: Numbers = HashMap::new();
    for (code, (of, own)) in counts.iter().enumerate() {
        for (n, time) in own.iter().filter_map(|n| Some((*n, *times.get(*n)?))) {
            let found =
                rows.iter().find(|row| usize::try_from(row.code) == Ok(code) && usize::try_from(row.n) == Ok(n));
            // Without rows it is nothing.
            counted.insert((of.code, time), found.map_or(0, |row| row.value));
        }
    }
    kept(state)?.spans.keep(place, &counted, changed);
    numbers.extend(counted);
    Ok(numbers)
}

async fn read(
    state: &State,
    settings: &Settings,
    place: &str,
    counts: &[(&'static Count, Vec<usize>)],
    times: &[Period],
) -> Result<Vec<Row>, Fault> {
    let (low, high) = range(division_prefix(place));
    let of_time =
        |(n, time): (usize, &Period)| format!("({n}, {}, {})", settings.day(time.from), settings.day(time.until));
    let select = |(code, (of, own)): (usize, &(&'static Count, Vec<usize>))| {
        let own: Vec<String> = own.iter().map(usize::to_string).collect();
        let (value, dated) = dated(of.counting);
        format!(
            "SELECT CAST({code} AS BIGINT) AS code, CAST(t.n AS BIGINT) AS n, CAST({value} AS BIGINT) AS value \
             FROM t CROSS JOIN ({}) r WHERE t.n IN ({}) AND r.division >= $1 AND r.division <= $2 AND {dated} GROUP BY t.n",
            settings.rows(of),
            own.join(", ")
        )
    };
    let sql = format!(
        "WITH t (n, from_day, until_day) AS (VALUES {}) {}",
        times.iter().enumerate().map(of_time).collect::<Vec<_>>().join(", "),
        counts.iter().enumerate().map(select).collect::<Vec<_>>().join(" UNION ALL ")
    );
    let db = &state.kernel.db;
    db.rows(db.read(), &sql, vec![low.into(), high.into()]).await
}

/// What makes the number of rows `r` in a time `t`, and which rows are of it.
fn dated(counting: Counting) -> (&'static str, &'static str) {
    const WITHIN: &str = "r.on_date >= t.from_day AND r.on_date < t.until_day";
    match counting {
        Counting::Standing => (
            "COUNT(DISTINCT r.unit)",
            "r.on_date < t.until_day AND (r.until_date IS NULL OR r.until_date >= t.until_day)",
        ),
        Counting::Distinct => ("COUNT(DISTINCT r.unit)", WITHIN),
        Counting::Sum | Counting::Asked => ("SUM(r.value)", WITHIN),
    }
}
