//! 触及 · which cells a change may touch: as the rows are now, and as they were. Rows come by the hundred thousand and
//! places are few, so the database tells the places and not the rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use minzheng_kernel::journal::{ChangeKind, Keys, RowChange};
use minzheng_kernel::{Db, Fault};
use sea_orm::{DatabaseTransaction, FromQueryResult, Value};

use crate::cells::{Touched, list};
use crate::indicator;
use crate::indicator::{By, Touch};

/// Rows changed of one aggregate: all ids, and what changed rows were before.
type RowsOf = (BTreeSet<i64>, Vec<Keys>);

/// Rows changed, by aggregate.
#[derive(Default)]
pub struct Changes(BTreeMap<String, RowsOf>);

/// Runs of ids in one statement.
const RUNS_AT_ONCE: usize = 200;

/// First and last of each run of ids without a gap: those of a bulk command are one.
fn runs(ids: &BTreeSet<i64>) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for id in ids {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *id => *last = *id,
            _ => runs.push((*id, *id)),
        }
    }
    runs
}

/// Conditions that pick ids out of a column, some runs at a time.
fn picked(column: &str, ids: &BTreeSet<i64>) -> Vec<String> {
    let one = |(first, last): &(i64, i64)| format!("{column} BETWEEN {first} AND {last}");
    runs(ids)
        .chunks(RUNS_AT_ONCE)
        .map(|some| format!("({})", some.iter().map(one).collect::<Vec<_>>().join(" OR ")))
        .collect()
}

/// The table of an aggregate: `HomeCareBed` is `home_care_bed`.
pub(super) fn table(aggregate: &str) -> String {
    let mut name = String::new();
    for letter in aggregate.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[derive(FromQueryResult)]
struct Place {
    division: Option<String>,
}

#[derive(FromQueryResult)]
struct PlaceAndDay {
    division: Option<String>,
    on_date: Option<NaiveDate>,
}

fn text<'a>(keys: &'a Keys, column: &str) -> Option<&'a str> {
    keys.get(column)?.as_str()
}

fn number(keys: &Keys, column: &str) -> Option<i64> {
    keys.get(column)?.as_i64()
}

/// A person counts once in this unit.
type Unit = (i64, String, String);

impl Changes {
    /// Takes in a row of an entry.
    pub fn add(&mut self, row: RowChange) {
        let of = self.0.entry(row.aggregate).or_default();
        of.0.insert(row.id);
        if row.kind != ChangeKind::Created {
            of.1.push(row.was);
        }
    }

    /// Adds what these changes may have touched, by code of the cells.
    pub async fn touched(
        &self,
        db: &Db,
        tx: &DatabaseTransaction,
        by_code: &mut HashMap<&'static str, Touched>,
    ) -> Result<(), Fault> {
        // Many figures are touched alike: each way is gone once.
        let mut ways: HashMap<Touch, Vec<&'static str>> = HashMap::new();
        for count in indicator::cells() {
            for touch in count.touched.iter().filter(|touch| self.0.contains_key(touch.aggregate)) {
                ways.entry(*touch).or_default().push(count.code);
            }
        }
        for (touch, codes) in ways {
            let found = self.found(db, tx, &touch).await?;
            for code in codes {
                by_code.entry(code).or_default().add(&found);
            }
        }
        Ok(())
    }

    async fn found(&self, db: &Db, tx: &DatabaseTransaction, touch: &Touch) -> Result<Touched, Fault> {
        let mut found = Touched::default();
        let Some((ids, before)) = self.0.get(touch.aggregate) else { return Ok(found) };
        let own = table(touch.aggregate);
        match touch.by {
            By::Dates(columns) => {
                for column in columns {
                    for keys in before {
                        let day = text(keys, column).and_then(|day| day.parse().ok());
                        if let (Some(division), Some(day)) = (text(keys, "division"), day) {
                            found.touch(division, Some(day));
                        }
                    }
                    let select = format!("SELECT DISTINCT p.division, p.{column} AS on_date FROM {own} p");
                    days(db, tx, &select, &picked("p.id", ids), &mut found).await?;
                }
            }
            By::Place(column) => {
                for division in before.iter().filter_map(|keys| text(keys, column)) {
                    found.touch(division, None);
                }
                let select = format!("SELECT DISTINCT p.{column} AS division FROM {own} p");
                places(db, tx, &select, &picked("p.id", ids), &mut found).await?;
            }
            By::Parent(column, parent) => {
                let was: BTreeSet<i64> = before.iter().filter_map(|keys| number(keys, column)).collect();
                let select = format!("SELECT DISTINCT r.division FROM {parent} r");
                places(db, tx, &select, &picked("r.id", &was), &mut found).await?;
                let select = format!("SELECT DISTINCT r.division FROM {own} p JOIN {parent} r ON r.id = p.{column}");
                places(db, tx, &select, &picked("p.id", ids), &mut found).await?;
            }
            By::Children(children, column) => {
                let select = format!("SELECT DISTINCT c.division FROM {children} c");
                places(db, tx, &select, &picked(&format!("c.{column}"), ids), &mut found).await?;
            }
            By::Former => former(db, tx, &own, ids, before, &mut found).await?,
            By::Units => units(db, tx, ids, before, &mut found).await?,
            By::Parameter(name) => {
                let select = format!("SELECT DISTINCT p.parameter AS division FROM {own} p");
                let mut names = Touched::default();
                places(db, tx, &select, &picked("p.id", ids), &mut names).await?;
                let now = matches!(&names, Touched::Places(names) if names.contains_key(name));
                if now || before.iter().any(|keys| text(keys, "parameter") == Some(name)) {
                    found = Touched::Everything;
                }
            }
            By::Everything => found = Touched::Everything,
        }
        Ok(found)
    }
}

async fn places(
    db: &Db,
    tx: &DatabaseTransaction,
    select: &str,
    picked: &[String],
    found: &mut Touched,
) -> Result<(), Fault> {
    for some in picked {
        let rows: Vec<Place> = db.rows(tx, &format!("{select} WHERE {some}"), vec![]).await?;
        for division in rows.into_iter().filter_map(|row| row.division) {
            found.touch(&division, None);
        }
    }
    Ok(())
}

async fn days(
    db: &Db,
    tx: &DatabaseTransaction,
    select: &str,
    picked: &[String],
    found: &mut Touched,
) -> Result<(), Fault> {
    for some in picked {
        let rows: Vec<PlaceAndDay> = db.rows(tx, &format!("{select} WHERE {some}"), vec![]).await?;
        for row in rows {
            if let (Some(division), Some(day)) = (row.division, row.on_date) {
                found.touch(&division, Some(day));
            }
        }
    }
    Ok(())
}

/// Where the households of recognitions, or of the persons whom these cover, lived before, and those of which they were.
async fn former(
    db: &Db,
    tx: &DatabaseTransaction,
    own: &str,
    ids: &BTreeSet<i64>,
    before: &[Keys],
    found: &mut Touched,
) -> Result<(), Fault> {
    let select = "SELECT DISTINCT h.division FROM household_place h";
    let households: BTreeSet<i64> = before.iter().filter_map(|keys| number(keys, "household_id")).collect();
    places(db, tx, select, &picked("h.household_id", &households), found).await?;
    let of = match own {
        "recognition" => "JOIN recognition p ON p.household_id = h.household_id",
        _ => {
            "JOIN recognition r ON r.household_id = h.household_id JOIN recognition_person p ON p.recognition_id = r.id"
        }
    };
    places(db, tx, &format!("{select} {of}"), &picked("p.id", ids), found).await
}

/// All that was paid for the units of some parts, and for the grants of temporary aid that they are of.
const OF_UNITS: &str = "SELECT DISTINCT s.division, s.paid_on AS on_date FROM payment_person p JOIN payment_person s \
    ON s.person_id = p.person_id AND s.category = p.category AND s.unit = p.unit AND (NOT s.voided OR s.id = p.id)";

/// The same for the other persons of a grant.
const OF_GRANTS: &str = "SELECT DISTINCT s.division, s.paid_on AS on_date FROM payment_person p JOIN payment s \
    ON s.basis = p.basis AND s.category = 'TEMPORARY_AID' WHERE p.category = 'TEMPORARY_AID' AND";

async fn units(
    db: &Db,
    tx: &DatabaseTransaction,
    ids: &BTreeSet<i64>,
    before: &[Keys],
    found: &mut Touched,
) -> Result<(), Fault> {
    let picked = picked("p.id", ids);
    days(db, tx, OF_UNITS, &picked, found).await?;
    let mut units: BTreeSet<Unit> = BTreeSet::new();
    for keys in before {
        let day = text(keys, "paid_on").and_then(|day| day.parse().ok());
        if let (Some(division), Some(day)) = (text(keys, "division"), day) {
            found.touch(division, Some(day));
        }
        if let (Some(person), Some(category), Some(unit)) =
            (number(keys, "person_id"), text(keys, "category"), text(keys, "unit"))
        {
            units.insert((person, category.to_owned(), unit.to_owned()));
        }
    }
    for some in &picked {
        let rows: Vec<PlaceAndDay> = db.rows(tx, &format!("{OF_GRANTS} {some}"), vec![]).await?;
        for row in rows {
            if let (Some(division), Some(day)) = (row.division, row.on_date) {
                found.touch(&division, Some(day));
            }
        }
    }
    siblings(db, tx, &units, found).await
}

#[derive(FromQueryResult)]
struct Sibling {
    person_id: i64,
    unit: String,
    division: String,
    paid_on: NaiveDate,
}

/// All lines that were paid for these units: another may have become the first.
async fn siblings(db: &Db, tx: &DatabaseTransaction, units: &BTreeSet<Unit>, found: &mut Touched) -> Result<(), Fault> {
    let mut by_category: HashMap<&str, BTreeSet<i64>> = HashMap::new();
    for (person, category, _) in units {
        by_category.entry(category).or_default().insert(*person);
    }
    for (category, persons) in by_category {
        let names: BTreeSet<&str> =
            units.iter().filter(|unit| unit.1 == category).map(|unit| unit.2.as_str()).collect();
        let (first, last) = (names.first().copied().unwrap_or(""), names.last().copied().unwrap_or(""));
        // A grant may count once for all its persons, so those of the others are looked for too.
        let all = category == "TEMPORARY_AID";
        let persons: Vec<i64> = if all { vec![0] } else { persons.into_iter().collect() };
        for chunk in persons.chunks(5_000) {
            let of_persons = if all {
                String::new()
            } else {
                let places = list(4, chunk.len());
                format!("AND person_id IN ({places})")
            };
            let sql = format!(
                "SELECT person_id, unit, division, paid_on FROM payment_person \
                 WHERE category = $1 AND unit >= $2 AND unit <= $3 {of_persons} AND NOT voided"
            );
            let mut values: Vec<Value> = vec![category.into(), first.into(), last.into()];
            if !all {
                values.extend(chunk.iter().map(|id| Value::from(*id)));
            }
            let rows: Vec<Sibling> = db.rows(tx, &sql, values).await?;
            for row in rows {
                let known = if all {
                    names.contains(row.unit.as_str())
                } else {
                    units.contains(&(row.person_id, category.to_owned(), row.unit))
                };
                if known {
                    found.touch(&row.division, Some(row.paid_on));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_without_a_gap_are_one() {
        assert_eq!(runs(&BTreeSet::from([1, 2, 3, 7, 9, 10])), [(1, 3), (7, 7), (9, 10)]);
        assert_eq!(picked("p.id", &BTreeSet::from([4, 5])), ["(p.id BETWEEN 4 AND 5)"]);
        assert_eq!(table("HomeCareBed"), "home_care_bed");
    }
}
