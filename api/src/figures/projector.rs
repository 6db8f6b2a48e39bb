//! The projector follows the journal: an entry says which cells it may have touched, and these are counted again from the
//! rows. Counting is idempotent, so voids, late returns and corrections need no rule of their own; one projector works at
//! a time, whichever process it lives in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::kernel::journal_entry;
use minzheng_kernel::journal::{AnyAggregate, Body, ChangeKind, Keys};
use minzheng_kernel::{Db, Fault, Kernel};
use minzheng_rules::period::Grain;
use sea_orm::{DatabaseTransaction, FromQueryResult, Value};

use super::cells::{self, Touched};
use super::indicator;

/// Entries read at once: an entry of an import holds some hundreds of rows.
const ENTRIES_AT_ONCE: u64 = 50;

/// Rows told by entries from which on a step is long enough, on SQLite and on PostgreSQL. A step counts each touched cell
/// once, however many rows touched it, so long steps save work; on SQLite they keep the one writer from others.
const ROWS_A_STEP: (usize, usize) = (40_000, 4_000_000);

/// Where the setting of the position stands.
const POSITION: &str = "figures_position";

/// The advisory lock of the one projector.
const LOCK: i64 = 0x6d7a_6669_6775_7265;

/// The position of the journal on which the cells stand.
pub async fn position(db: &Db) -> Result<i64, Fault> {
    let sql = "SELECT COALESCE((SELECT CAST(value AS BIGINT) FROM setting WHERE name = $1), 0) AS n";
    db.value(db.read(), sql, vec![POSITION.into()]).await
}

async fn position_in(db: &Db, tx: &DatabaseTransaction) -> Result<i64, Fault> {
    let sql = "SELECT COALESCE((SELECT CAST(value AS BIGINT) FROM setting WHERE name = $1), 0) AS n";
    db.value(tx, sql, vec![POSITION.into()]).await
}

/// Counts until the cells stand on all that is sealed; gives the position.
pub async fn catch_up(kernel: &Kernel) -> Result<i64, Fault> {
    loop {
        match step(kernel).await? {
            Step::More => {}
            Step::Done(position) => return Ok(position),
            // Another process counts: it may be ahead, or stop half-way.
            Step::Busy => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
}

/// Follows the journal until the future is dropped.
pub async fn follow(kernel: &Kernel) {
    let mut sealed = kernel.sealer.watch();
    loop {
        if let Err(fault) = catch_up(kernel).await {
            tracing::error!(%fault, "figures could not be counted");
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        // Another process may seal without waking this one.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(500), sealed.changed()).await;
    }
}

enum Step {
    More,
    Done(i64),
    Busy,
}

async fn locked(db: &Db, tx: &DatabaseTransaction) -> Result<bool, Fault> {
    if db.is_sqlite() {
        return Ok(true);
    }
    let sql = "SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END::bigint AS n";
    Ok(db.value(tx, sql, vec![LOCK.into()]).await? == 1)
}

async fn move_to(db: &Db, tx: &DatabaseTransaction, position: i64) -> Result<(), Fault> {
    let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2";
    db.execute(tx, sql, vec![POSITION.into(), position.to_string().into()]).await?;
    Ok(())
}

/// What entries behind a position touched: the last of them, and the cells.
async fn gather(
    db: &Db,
    on: &DatabaseTransaction,
    stands: i64,
) -> Result<(i64, BTreeMap<&'static str, Touched>), Fault> {
    let (mut last, mut rows, mut touched) = (stands, 0, BTreeMap::new());
    while rows < if db.is_sqlite() { ROWS_A_STEP.0 } else { ROWS_A_STEP.1 } {
        let entries = db.entries_from(last + 1, ENTRIES_AT_ONCE).await?;
        let Some(position) = entries.last().and_then(|entry| entry.position) else { break };
        last = position;
        let changes = Changes::of(&entries)?;
        rows += changes.rows() + entries.len();
        changes.touched(db, on, &mut touched).await?;
    }
    Ok((last, touched))
}

async fn step(kernel: &Kernel) -> Result<Step, Fault> {
    let db = &kernel.db;
    let stands = position(db).await?;
    if db.entries_from(stands + 1, 1).await?.is_empty() {
        return Ok(Step::Done(stands));
    }
    // On SQLite the one writer is taken for the counting only. What rows become between is told by later entries.
    let before = if db.is_sqlite() {
        let tx = db.snapshot().await?;
        let gathered = gather(db, &tx, stands).await?;
        tx.rollback().await?;
        Some(gathered)
    } else {
        None
    };
    let tx = db.begin().await?;
    if !locked(db, &tx).await? {
        tx.rollback().await?;
        return Ok(Step::Busy);
    }
    if position_in(db, &tx).await? != stands {
        // Another one was quicker.
        tx.rollback().await?;
        return Ok(Step::More);
    }
    let (last, touched) = match before {
        Some(gathered) => gathered,
        None => gather(db, &tx, stands).await?,
    };
    if last == stands {
        tx.rollback().await?;
        return Ok(Step::Done(stands));
    }
    for (code, touched) in &touched {
        if let Some(definition) = indicator::find(code) {
            cells::refresh(db, &tx, definition, touched).await?;
        }
    }
    move_to(db, &tx, last).await?;
    tx.commit().await?;
    Ok(Step::More)
}

/// Counts everything of every figure and compares with the cells kept; gives what differs. Others may go on writing:
/// cells that entries touched which are not counted yet are left out of account.
pub async fn verify(kernel: &Kernel) -> Result<(i64, Vec<String>), Fault> {
    catch_up(kernel).await?;
    let db = &kernel.db;
    let tx = db.snapshot().await?;
    db.without_haste(&tx).await?;
    let position = position_in(db, &tx).await?;
    let (mut after, mut touched) = (0, BTreeMap::new());
    loop {
        let entries = db.entries_beyond(&tx, position, after, ENTRIES_AT_ONCE).await?;
        let Some(last) = entries.last() else { break };
        after = last.id;
        Changes::of(&entries)?.touched(db, &tx, &mut touched).await?;
    }
    let mut differs = Vec::new();
    for definition in indicator::all() {
        let moving = touched.get(definition.code);
        let counted = cells::count(db, &tx, definition, None).await?;
        let counted: BTreeMap<_, _> = counted
            .into_iter()
            .map(|((level, division, grain, start), value)| {
                ((level.to_owned(), division, grain.to_owned(), start), value)
            })
            .collect();
        let kept = cells::kept(db, &tx, definition.code).await?;
        let keys: BTreeSet<_> = counted.keys().chain(kept.keys()).collect();
        for key in keys {
            let (is, should) = (kept.get(key).copied().unwrap_or(0), counted.get(key).copied().unwrap_or(0));
            let (level, division, grain, start) = key;
            if is != should && !moving.is_some_and(|moving| touches(moving, level, division, grain, *start)) {
                differs.push(format!(
                    "{} {level} {division} {grain} {start}: {is} is kept, {should} counted",
                    definition.code
                ));
            }
        }
    }
    tx.rollback().await?;
    Ok((position, differs))
}

/// Whether a cell is one of those that were touched, or lies above or around one.
fn touches(moving: &Touched, level: &str, division: &str, grain: &str, start: NaiveDate) -> bool {
    let digits = match level {
        "DISTRICT" => 6,
        "TOWN" => 9,
        _ => 12,
    };
    moving.iter().any(|(own, months)| {
        let around =
            |month: &NaiveDate| Grain::ALL.iter().any(|of| of.code() == grain && of.containing(*month).from == start);
        own.get(..digits) == division.get(..digits) && months.as_ref().is_none_or(|months| months.iter().any(around))
    })
}

/// Replaces all cells; `told` hears of each figure as it is done.
pub async fn rebuild(kernel: &Kernel, mut told: impl FnMut(&str, usize)) -> Result<i64, Fault> {
    let db = &kernel.db;
    let tx = loop {
        let tx = db.begin().await?;
        if locked(db, &tx).await? {
            break tx;
        }
        tx.rollback().await?;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    db.without_haste(&tx).await?;
    let head = kernel.sealer.head().await?.position;
    db.execute(&tx, "DELETE FROM figure_cell", vec![]).await?;
    for definition in indicator::all() {
        let cells = cells::rebuild(db, &tx, definition).await?;
        told(definition.code, cells);
    }
    move_to(db, &tx, head).await?;
    tx.commit().await?;
    Ok(head)
}

/// Rows changed of one aggregate: all ids, and what changed rows were before.
type RowsOf = (BTreeSet<i64>, Vec<(i64, Keys)>);

/// Rows changed, by aggregate.
#[derive(Default)]
struct Changes(BTreeMap<String, RowsOf>);

/// Where and when payment lines count.
const DAYS_OF_PAYMENTS: &str = "SELECT DISTINCT p.division, p.paid_on FROM payment p WHERE";

/// The same of all that was paid for the units of some parts: another line of the same unit may have become the first,
/// or is no longer.
const DAYS_OF_UNITS: &str = "SELECT DISTINCT s.division, s.paid_on FROM payment_person p JOIN payment_person s \
    ON s.person_id = p.person_id AND s.category = p.category AND s.unit = p.unit AND (NOT s.voided OR s.id = p.id) WHERE";

/// Runs of ids in one statement.
const RUNS_AT_ONCE: usize = 200;

#[derive(FromQueryResult)]
struct PlaceAndDay {
    division: String,
    paid_on: NaiveDate,
}

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

/// A person counts once in this unit.
type Unit = (i64, String, String);

impl Changes {
    /// What some entries tell.
    fn of(entries: &[journal_entry::Model]) -> Result<Self, Fault> {
        let mut changes = Self::default();
        for entry in entries.iter().filter(|entry| entry.kind == "COMMAND") {
            let body: Body = serde_json::from_str(&entry.body)?;
            for row in body.rows {
                let of = changes.0.entry(row.aggregate).or_default();
                of.0.insert(row.id);
                if row.kind != ChangeKind::Created {
                    of.1.push((row.id, row.was));
                }
            }
        }
        Ok(changes)
    }

    /// How many rows they tell of.
    fn rows(&self) -> usize {
        self.0.values().map(|(ids, _)| ids.len()).sum()
    }

    /// Figure keys of the rows of an aggregate: as they are and as they were.
    async fn keys(
        &self,
        tables: &[Box<dyn AnyAggregate>],
        tx: &DatabaseTransaction,
        aggregate: &str,
    ) -> Result<Vec<(i64, Keys)>, Fault> {
        let Some((ids, before)) = self.0.get(aggregate) else { return Ok(Vec::new()) };
        let Some(table) = tables.iter().find(|table| table.name() == aggregate) else { return Ok(Vec::new()) };
        let ids: Vec<i64> = ids.iter().copied().collect();
        let mut keys = table.figure_keys(tx, &ids).await?;
        keys.extend(before.iter().cloned());
        Ok(keys)
    }

    /// Places and days on which rows of an aggregate count, as they are and as they were. Rows come by the hundred
    /// thousand here, and the days are few: so the database tells the days and not the rows.
    async fn days(
        &self,
        db: &Db,
        tx: &DatabaseTransaction,
        aggregate: &str,
        sql: &str,
    ) -> Result<BTreeSet<(String, NaiveDate)>, Fault> {
        let mut days = BTreeSet::new();
        let Some((ids, before)) = self.0.get(aggregate) else { return Ok(days) };
        for keys in before.iter().map(|(_, keys)| keys) {
            if let (Some(division), Some(date)) = (text(keys, "division"), date(keys, "paid_on")) {
                days.insert((division.to_owned(), date));
            }
        }
        for some in runs(ids).chunks(RUNS_AT_ONCE) {
            let one = |(first, last): &(i64, i64)| format!("p.id BETWEEN {first} AND {last}");
            let runs = some.iter().map(one).collect::<Vec<_>>().join(" OR ");
            let rows: Vec<PlaceAndDay> = db.rows(tx, &format!("{sql} ({runs})"), vec![]).await?;
            days.extend(rows.into_iter().map(|row| (row.division, row.paid_on)));
        }
        Ok(days)
    }

    /// Adds the cells that may have changed, by figure.
    async fn touched(
        &self,
        db: &Db,
        tx: &DatabaseTransaction,
        by_code: &mut BTreeMap<&'static str, Touched>,
    ) -> Result<(), Fault> {
        let tables = crate::tables();
        let mut touch = |code: &'static str, division: &str, date: Option<NaiveDate>| {
            let months = by_code.entry(code).or_default().entry(division.to_owned());
            match date {
                Some(date) => {
                    if let Some(months) = months.or_insert_with(|| Some(BTreeSet::new())) {
                        months.insert(Grain::Month.containing(date).from);
                    }
                }
                None => *months.or_default() = None,
            }
        };

        for (division, date) in self.days(db, tx, "Payment", DAYS_OF_PAYMENTS).await? {
            touch("F2", &division, Some(date));
            touch("F8", &division, Some(date));
        }

        for (division, date) in self.days(db, tx, "PaymentPerson", DAYS_OF_UNITS).await? {
            touch("F1", &division, Some(date));
            touch("F1.PERSONS", &division, Some(date));
            touch("F8.PERSONS", &division, Some(date));
        }
        let mut units: BTreeSet<Unit> = BTreeSet::new();
        for (_, keys) in self.0.get("PaymentPerson").map_or(&[][..], |(_, before)| before) {
            if let (Some(person), Some(category), Some(unit)) =
                (number(keys, "person_id"), text(keys, "category"), text(keys, "unit"))
            {
                units.insert((person, category.to_owned(), unit.to_owned()));
            }
        }
        // Another line of the same unit may have become the first, or is no longer.
        for (division, date) in siblings(db, tx, &units).await? {
            touch("F1", &division, Some(date));
            touch("F1.PERSONS", &division, Some(date));
        }

        let mut divisions: BTreeSet<String> = BTreeSet::new();
        for (_, keys) in self.keys(&tables, tx, "Recognition").await? {
            divisions.extend(text(&keys, "division").map(str::to_owned));
        }
        let recognitions: BTreeSet<i64> = self
            .keys(&tables, tx, "RecognitionPerson")
            .await?
            .iter()
            .filter_map(|(_, keys)| number(keys, "recognition_id"))
            .collect();
        if let Some(table) = tables.iter().find(|table| table.name() == "Recognition") {
            let ids: Vec<i64> = recognitions.into_iter().collect();
            for (_, keys) in table.figure_keys(tx, &ids).await? {
                divisions.extend(text(&keys, "division").map(str::to_owned));
            }
        }
        for definition in indicator::all().filter(|definition| definition.node == "Recognition") {
            for division in &divisions {
                touch(definition.code, division, None);
            }
        }
        Ok(())
    }
}

fn text<'a>(keys: &'a Keys, column: &str) -> Option<&'a str> {
    keys.get(column)?.as_str()
}

fn date(keys: &Keys, column: &str) -> Option<NaiveDate> {
    text(keys, column)?.parse().ok()
}

fn number(keys: &Keys, column: &str) -> Option<i64> {
    keys.get(column)?.as_i64()
}

#[derive(FromQueryResult)]
struct Sibling {
    person_id: i64,
    category: String,
    unit: String,
    division: String,
    paid_on: NaiveDate,
}

/// Places and days of all lines that were paid for these units.
async fn siblings(
    db: &Db,
    tx: &DatabaseTransaction,
    units: &BTreeSet<Unit>,
) -> Result<BTreeSet<(String, NaiveDate)>, Fault> {
    let mut by_category: HashMap<&str, BTreeSet<i64>> = HashMap::new();
    for (person, category, _) in units {
        by_category.entry(category).or_default().insert(*person);
    }
    let mut found = BTreeSet::new();
    for (category, persons) in by_category {
        let names: BTreeSet<&str> =
            units.iter().filter(|unit| unit.1 == category).map(|unit| unit.2.as_str()).collect();
        let (first, last) = (names.first().copied().unwrap_or(""), names.last().copied().unwrap_or(""));
        let persons: Vec<i64> = persons.into_iter().collect();
        for chunk in persons.chunks(5_000) {
            let places = (4..4 + chunk.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
            let sql = format!(
                "SELECT person_id, category, unit, division, paid_on FROM payment_person \
                 WHERE category = $1 AND unit >= $2 AND unit <= $3 AND person_id IN ({places}) AND NOT voided"
            );
            let mut values: Vec<Value> = vec![category.into(), first.into(), last.into()];
            values.extend(chunk.iter().map(|id| Value::from(*id)));
            let rows: Vec<Sibling> = db.rows(tx, &sql, values).await?;
            for row in rows {
                if units.contains(&(row.person_id, row.category, row.unit)) {
                    found.insert((row.division, row.paid_on));
                }
            }
        }
    }
    Ok(found)
}
