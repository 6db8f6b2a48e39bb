//! 去重计数 · different units in every place and time at once: the rows come by unit, so that one pass counts them all.

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike as _, NaiveDate};
use futures_util::TryStreamExt as _;
use minzheng_kernel::{Db, Fault};
use minzheng_rules::period::Grain;
use sea_orm::{DatabaseTransaction, FromQueryResult, Value};

use crate::cells::{Cells, Places, UPPER, months_told, prefix_at, range};

#[derive(FromQueryResult)]
struct Seen {
    unit: i64,
    division: String,
    on_date: NaiveDate,
}

/// Counts the units of the places and times touched, or of all. A unit counts once in a district and a year, so the rows
/// of whole districts and years are looked through.
pub async fn count(db: &Db, on: &DatabaseTransaction, rows: &str, touched: Option<&Places>) -> Result<Cells, Fault> {
    let months = touched.and_then(months_told);
    let mut values: Vec<Value> = Vec::new();
    let mut one_of = |ranges: &mut dyn Iterator<Item = (Value, Value)>, column: &str| {
        let some = ranges.map(|(low, high)| {
            values.extend([low, high]);
            format!("r.{column} >= ${} AND r.{column} < ${}", values.len() - 1, values.len())
        });
        let some: Vec<String> = some.collect();
        format!(" AND ({})", if some.is_empty() { "1 = 0".to_owned() } else { some.join(" OR ") })
    };
    let mut filter = String::new();
    if let Some(months) = &months {
        let years: BTreeSet<_> = months.iter().map(|month| Grain::Year.containing(*month)).collect();
        filter += &one_of(&mut years.iter().map(|year| (Value::from(year.from), Value::from(year.until))), "on_date");
    }
    if let Some(touched) = touched {
        let districts: BTreeSet<&str> = touched.keys().map(|code| code.get(..6).unwrap_or(code)).collect();
        // No code is that high.
        filter += &one_of(
            &mut districts.iter().map(|code| (Value::from(range(code).0), Value::from(format!("{code}Z")))),
            "division",
        );
    }
    let sql = format!(
        "SELECT r.unit AS unit, r.division AS division, r.on_date AS on_date FROM ({rows}) r \
         WHERE r.on_date IS NOT NULL{filter} ORDER BY r.unit"
    );
    let mut all = Seen::find_by_statement(db.statement(&sql, values)).stream(on).await?;
    let mut units = Units::default();
    while let Some(row) = all.try_next().await? {
        units.add(row.unit, &row.division, row.on_date);
    }
    let mut cells = units.cells();
    if let Some(touched) = touched {
        let places: BTreeSet<(&str, String)> =
            touched.keys().flat_map(|code| levels(code).into_iter().flatten()).collect();
        let starts = months.map(|months| -> BTreeSet<_> {
            let starts = |month| Grain::ALL.map(|grain| (grain.code(), grain.containing(month).from));
            months.into_iter().flat_map(starts).collect()
        });
        cells.retain(|(level, place, grain, start), _| {
            places.contains(&(*level, place.clone()))
                && starts.as_ref().is_none_or(|starts| starts.contains(&(*grain, *start)))
        });
    }
    Ok(cells)
}

/// A division, its town and its district as places of cells, as far as there are such.
fn levels(division: &str) -> [Option<(&'static str, String)>; 3] {
    let upper = UPPER.map(|(level, digits)| Some((level, format!("{:0<12}", prefix_at(division, digits)?))));
    let [town, district] = upper;
    [Some(("OWN", division.to_owned())), town, district]
}

/// What was counted so far. Places have numbers; months are told since the year 0.
#[derive(Default)]
struct Units {
    unit: Option<i64>,
    /// Where and when rows of this unit are.
    seen: Vec<([Option<usize>; 3], i32)>,
    known: HashMap<String, [Option<usize>; 3]>,
    places: Vec<(&'static str, String)>,
    /// By length of time, place and first month.
    counts: HashMap<(Grain, usize, i32), i64>,
}

impl Units {
    fn add(&mut self, unit: i64, division: &str, day: NaiveDate) {
        if self.unit.replace(unit) != Some(unit) {
            self.close();
        }
        let places = match self.known.get(division) {
            Some(places) => *places,
            None => self.learn(division),
        };
        let at = (places, day.year() * 12 + day.month0().cast_signed());
        if self.seen.last() != Some(&at) {
            self.seen.push(at);
        }
    }

    fn learn(&mut self, division: &str) -> [Option<usize>; 3] {
        let numbers = levels(division).map(|place| {
            let place = place?;
            let known = self.places.iter().position(|known| *known == place);
            Some(known.unwrap_or_else(|| {
                self.places.push(place);
                self.places.len() - 1
            }))
        });
        self.known.insert(division.to_owned(), numbers);
        numbers
    }

    /// Counts the unit once wherever and whenever it was seen.
    fn close(&mut self) {
        let mut once: Vec<(usize, i32)> = Vec::with_capacity(self.seen.len() * 3);
        for grain in Grain::ALL {
            let months = grain.months().cast_signed();
            once.clear();
            for (places, month) in &self.seen {
                once.extend(places.iter().flatten().map(|place| (*place, month - month % months)));
            }
            once.sort_unstable();
            once.dedup();
            for (place, month) in &once {
                *self.counts.entry((grain, *place, *month)).or_default() += 1;
            }
        }
        self.seen.clear();
    }

    fn cells(mut self) -> Cells {
        self.close();
        let cells = self.counts.iter().filter_map(|((grain, place, month), count)| {
            let start = NaiveDate::from_ymd_opt(month / 12, (month % 12).unsigned_abs() + 1, 1)?;
            let (level, place) = self.places.get(*place)?;
            Some(((*level, place.clone(), grain.code(), start), *count))
        });
        cells.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_counts_once_in_each_place_and_time() {
        let mut units = Units::default();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        // One in two villages of a town, and in two months; another only in the district itself.
        for (unit, place, on) in [
            (1, "430104101001", "2023-01-05"),
            (1, "430104101002", "2023-01-31"),
            (1, "430104101001", "2023-04-01"),
            (2, "430104000000", "2023-01-01"),
        ] {
            units.add(unit, place, day(on));
        }
        let cells = units.cells();
        let of = |level, place: &str, grain, on| cells.get(&(level, place.to_owned(), grain, day(on))).copied();
        assert_eq!(of("OWN", "430104101001", "MONTH", "2023-01-01"), Some(1));
        assert_eq!(of("TOWN", "430104101000", "MONTH", "2023-01-01"), Some(1), "once in the town");
        assert_eq!(of("TOWN", "430104101000", "QUARTER", "2023-04-01"), Some(1));
        assert_eq!(of("TOWN", "430104101000", "HALF", "2023-01-01"), Some(1));
        assert_eq!(of("DISTRICT", "430104000000", "MONTH", "2023-01-01"), Some(2));
        assert_eq!(of("DISTRICT", "430104000000", "YEAR", "2023-01-01"), Some(2));
        assert_eq!(of("TOWN", "430104000000", "MONTH", "2023-01-01"), None, "belongs to no town");
    }
}
