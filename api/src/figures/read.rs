//! Values from cells: what a figure is in a time, read with one statement for all figures of a place.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use minzheng_kernel::Fault;
use minzheng_rules::number::{grouped, rounded};
use minzheng_rules::period::{Grain, Period};
use sea_orm::{FromQueryResult, Value};

use super::indicator::{Definition, Kind};
use super::rows::counted_rows;
use crate::graphql::State;
use crate::graphql::list::division_prefix;
use crate::graphql::scalars::{Decimal, Money};

/// A number of a figure, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// In the counted unit; `None`: no data.
    pub raw: Option<i64>,
    /// Hidden from this viewer.
    pub hidden: bool,
}

impl Shown {
    /// What the viewer may know.
    pub fn visible(&self) -> Option<i64> {
        self.raw.filter(|_| !self.hidden)
    }

    /// In the figure's unit, rounded.
    pub fn value(&self, of: &Definition) -> Option<Decimal> {
        self.visible().map(|raw| Decimal(rounded(raw.into(), of.scale.into(), of.decimals)))
    }

    /// Exact, where the figure is money.
    pub fn amount(&self, of: &Definition) -> Option<Money> {
        self.visible().filter(|_| of.money).map(Money)
    }

    /// Grouped number, or the dash.
    pub fn display(&self, of: &Definition) -> String {
        self.value(of).map_or_else(|| "—".to_owned(), |value| grouped(&value.0))
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

#[derive(FromQueryResult)]
struct Cell {
    code: String,
    grain: String,
    starts_on: NaiveDate,
    value: i64,
}

/// The cells of one place, by figure.
#[derive(Default)]
pub struct CellsOf {
    by_code: HashMap<String, BTreeMap<(String, NaiveDate), i64>>,
    /// What each stock was before the first cell read.
    before: HashMap<String, i64>,
    /// Values counted from rows, for times that have no cells.
    counted: HashMap<(String, Period), i64>,
}

impl CellsOf {
    /// The figure of a time; `None` where its cells were not read.
    pub fn value(&self, of: &Definition, period: Period) -> Option<i64> {
        if let Some(counted) = self.counted.get(&(of.code.to_owned(), period)) {
            return Some(*counted);
        }
        let none = BTreeMap::new();
        let cells = self.by_code.get(of.code).unwrap_or(&none);
        let months = || cells.iter().filter(|((grain, _), _)| grain == "MONTH");
        match of.kind {
            Kind::Flow if period.whole_months() => Some(
                months()
                    .filter(|((_, start), _)| *start >= period.from && *start < period.until)
                    .map(|(_, value)| value)
                    .sum(),
            ),
            Kind::Stock if period.whole_months() => Some(
                self.before.get(of.code).copied().unwrap_or(0)
                    + months().filter(|((_, start), _)| *start < period.until).map(|(_, value)| value).sum::<i64>(),
            ),
            Kind::Distinct if period.grain.is_some() => {
                let grain = period.grain.map_or("", Grain::code).to_owned();
                Some(cells.get(&(grain, period.from)).copied().unwrap_or(0))
            }
            _ => None,
        }
    }

    /// Reads the cells of a place for a time, and what lies before it for stocks.
    pub async fn read(
        state: &State,
        place: &str,
        codes: &[&'static Definition],
        (from, until): (NaiveDate, NaiveDate),
    ) -> Result<Self, Fault> {
        let mut read = Self::default();
        let Some(level) = level_of(place) else { return Ok(read) };
        let db = &state.kernel.db;
        let names: Vec<Value> = codes.iter().map(|of| of.code.into()).collect();
        let list = (5..5 + names.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let place_and_codes = format!("level = $1 AND division = $2 AND code IN ({list})");
        // One statement: the cells of the time, and the sum of all months before it, which is where stocks begin.
        let sql = format!(
            "SELECT code, grain, starts_on, value FROM figure_cell \
             WHERE {place_and_codes} AND starts_on >= $3 AND starts_on < $4 \
             UNION ALL SELECT code, 'BEFORE' AS grain, MIN(starts_on) AS starts_on, CAST(SUM(value) AS BIGINT) AS value \
             FROM figure_cell WHERE {place_and_codes} AND grain = 'MONTH' AND starts_on < $3 GROUP BY code"
        );
        let mut values: Vec<Value> = vec![level.into(), place.into(), from.into(), until.into()];
        values.extend(names);
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

    /// Counts from the rows what no cell holds.
    pub async fn count(&mut self, state: &State, of: &Definition, place: &str, period: Period) -> Result<(), Fault> {
        if of.kind == Kind::Text || self.counted.contains_key(&(of.code.to_owned(), period)) {
            return Ok(());
        }
        if level_of(place).is_some() && self.value(of, period).is_some() {
            return Ok(());
        }
        let (sql, values) = counted_rows(of, place, period);
        let sql = format!("SELECT CAST(SUM(value) AS BIGINT) AS n FROM ({sql}) c");
        let db = &state.kernel.db;
        let value = db.value(db.read(), &sql, values).await?;
        self.counted.insert((of.code.to_owned(), period), value);
        Ok(())
    }
}
