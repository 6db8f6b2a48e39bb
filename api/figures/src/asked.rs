//! 即时计数 · what depends on the time itself (tenure on a day, the file of a half-year) is counted from few rows when it
//! is asked for: one statement for all such figures and all times.

use chrono::{Datelike as _, Days, NaiveDate};
use minzheng_ground::state::State;
use minzheng_kernel::Fault;
use minzheng_rules::division::division_prefix;
use minzheng_rules::period::{Grain, Period};
use sea_orm::FromQueryResult;

use crate::cells::range;
use crate::indicator::Count;
use crate::setting::Settings;

/// Days within which something was lately.
const LATELY: u64 = 180;

/// Where and when.
pub struct Question<'a> {
    /// The place.
    pub place: &'a str,
    /// Digits of the parts of the place that are told apart; `None`: the whole.
    pub parts: Option<usize>,
    /// The times.
    pub times: Vec<Period>,
}

/// What was counted.
pub struct Answer {
    /// Code of the count.
    pub code: &'static str,
    /// The part of the place, where parts are told apart.
    pub part: String,
    /// The time.
    pub time: Period,
    /// The number.
    pub value: i64,
}

#[derive(FromQueryResult)]
struct Row {
    code: i64,
    part: String,
    n: i64,
    value: i64,
}

/// The first day and the number of the quarters that end in a time.
fn quarters(period: Period) -> (NaiveDate, i32) {
    let last = Grain::Quarter.containing(period.last_day());
    let mut quarter = if last.until == period.until { last } else { last.before() };
    let (mut first, mut count) = (period.until, 0);
    while quarter.until > period.from {
        (first, count) = (quarter.from, count + 1);
        quarter = quarter.before();
    }
    (first, count)
}

/// `WITH t (…) AS (…)`: the times, from which selects read what they depend on.
pub fn times(settings: &Settings, times: &[Period]) -> String {
    let row = |(n, time): (usize, &Period)| {
        let last = time.last_day();
        let (quarter, quarters) = quarters(*time);
        let day = |day: NaiveDate| settings.day(day);
        format!(
            "({n}, {}, {}, {}, {}, {}, {}, {quarters}, {})",
            day(time.from),
            day(time.until),
            day(last),
            day(Grain::Half.containing(last).from),
            last.year(),
            day(quarter),
            day(last.checked_sub_days(Days::new(LATELY)).unwrap_or(last)),
        )
    };
    format!(
        "WITH t (n, from_day, until_day, last_day, half_from, year, quarter_from, quarters, lately) AS \
         (VALUES {})",
        times.iter().enumerate().map(row).collect::<Vec<_>>().join(", ")
    )
}

/// Counts, each unit once in a time and a part.
pub async fn count(
    state: &State,
    settings: &Settings,
    counts: &[&'static Count],
    question: &Question<'_>,
) -> Result<Vec<Answer>, Fault> {
    if counts.is_empty() || question.times.is_empty() {
        return Ok(Vec::new());
    }
    let (low, high) = range(division_prefix(question.place));
    let (part, by_part) = match question.parts {
        Some(digits) => {
            let part = format!("substr(r.division, 1, {digits}) || '{}'", "0".repeat(12 - digits));
            (part.clone(), format!("{part}, "))
        }
        None => ("''".to_owned(), String::new()),
    };
    let select = |(code, of): (usize, &&'static Count)| {
        format!(
            "SELECT CAST({code} AS BIGINT) AS code, u.part AS part, CAST(u.n AS BIGINT) AS n, \
             CAST(SUM(u.value) AS BIGINT) AS value FROM (SELECT r.n AS n, r.value AS value, {part} AS part, \
             ROW_NUMBER() OVER (PARTITION BY r.n, {by_part}r.unit ORDER BY r.on_date, r.row_id) AS place_in_unit \
             FROM ({}) r WHERE r.division >= $1 AND r.division <= $2) u WHERE u.place_in_unit = 1 GROUP BY u.part, u.n",
            settings.rows(of)
        )
    };
    let selects: Vec<String> = counts.iter().enumerate().map(select).collect();
    let sql = format!("{} {}", times(settings, &question.times), selects.join(" UNION ALL "));
    let db = &state.kernel.db;
    let rows: Vec<Row> = db.rows(db.read(), &sql, vec![low.into(), high.into()]).await?;
    let index = |n: i64| usize::try_from(n).ok();
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let of = counts.get(index(row.code)?)?;
            let time = *question.times.get(index(row.n)?)?;
            Some(Answer { code: of.code, part: row.part, time, value: row.value })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_that_end_in_a_time() {
        let of = |text: &str| {
            let (first, count) = quarters(Period::parse(text).unwrap());
            (first.to_string(), count)
        };
        assert_eq!(of("2023H1"), ("2023-01-01".to_owned(), 2));
        assert_eq!(of("2023Q2"), ("2023-04-01".to_owned(), 1));
        assert_eq!(of("2023-03"), ("2023-01-01".to_owned(), 1));
        assert_eq!(of("2023-02").1, 0);
        assert_eq!(of("2023").1, 4);
    }
}
