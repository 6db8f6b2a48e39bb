//! 人口 · what a figure a thousand persons is over (D22, D102): the place's own latest statistics up to a day, else the
//! sum of its parts where all have one, else nothing.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_ground::state::State;
use minzheng_kernel::Fault;
use minzheng_rules::division::{division_prefix, parent_code};
use sea_orm::FromQueryResult;

use crate::cells::range;

#[derive(FromQueryResult, Clone)]
struct Statistics {
    id: i64,
    division: String,
    on_date: NaiveDate,
    resident: Option<i64>,
    aged60: Option<i64>,
}

#[derive(FromQueryResult)]
struct Lower {
    code: String,
    valid_from: Option<NaiveDate>,
    valid_until: Option<NaiveDate>,
}

/// The statistics of a place and of all within it.
pub struct Populations {
    /// Earliest first.
    statistics: HashMap<String, Vec<Statistics>>,
    parts: HashMap<String, Vec<Lower>>,
}

/// A row that was taken.
pub struct Taken {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub value: i64,
}

impl Statistics {
    fn column(&self, name: &str) -> Option<i64> {
        match name {
            "resident" => self.resident,
            "aged60" => self.aged60,
            _ => None,
        }
    }
}

impl Populations {
    /// Reads the statistics dated before a day.
    pub async fn read(state: &State, place: &str, until: NaiveDate) -> Result<Self, Fault> {
        let (low, high) = range(division_prefix(place));
        let db = &state.kernel.db;
        let sql = "SELECT id, division, on_date, resident, aged60 FROM division_statistics \
                   WHERE division >= $1 AND division <= $2 AND on_date < $3 AND NOT voided ORDER BY on_date, id";
        let rows: Vec<Statistics> =
            db.rows(db.read(), sql, vec![low.as_str().into(), high.as_str().into(), until.into()]).await?;
        let mut known = Self { statistics: HashMap::new(), parts: HashMap::new() };
        for row in rows {
            known.statistics.entry(row.division.clone()).or_default().push(row);
        }
        let sql = "SELECT code, valid_from, valid_until FROM division \
                   WHERE code >= $1 AND code <= $2 AND NOT voided ORDER BY code";
        let rows: Vec<Lower> = db.rows(db.read(), sql, vec![low.into(), high.into()]).await?;
        for row in rows {
            if let Some(parent) = parent_code(&row.code) {
                known.parts.entry(parent).or_default().push(row);
            }
        }
        Ok(known)
    }

    /// The number of a place on a day.
    pub fn at(&self, place: &str, column: &str, day: NaiveDate) -> Option<i64> {
        Some(self.rows(place, column, day)?.iter().map(|row| row.value).sum())
    }

    /// The rows that make it.
    pub fn rows(&self, place: &str, column: &str, day: NaiveDate) -> Option<Vec<Taken>> {
        let mut own = self.statistics.get(place).into_iter().flatten().rev().filter(|row| row.on_date <= day);
        if let Some(taken) = own.find_map(|row| Some(Taken { id: row.id, value: row.column(column)? })) {
            return Some(vec![taken]);
        }
        let holds = |part: &&Lower| {
            part.valid_from.is_none_or(|from| from <= day) && part.valid_until.is_none_or(|until| day < until)
        };
        let parts: Vec<&Lower> = self.parts.get(place)?.iter().filter(holds).collect();
        if parts.is_empty() {
            return None;
        }
        let mut all = Vec::new();
        for part in parts {
            all.extend(self.rows(&part.code, column, day)?);
        }
        Some(all)
    }
}
