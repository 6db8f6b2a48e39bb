//! The projector follows the journal: an entry says which cells it may have touched, and these are counted again from the
//! rows. Counting is idempotent, so voids, late returns and corrections need no rule of their own; one projector works at
//! a time, whichever process it lives in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::kernel::journal_entry;
use minzheng_kernel::journal::Body;
use minzheng_kernel::{Db, Fault, Kernel};
use minzheng_rules::period::Grain;
use sea_orm::{DatabaseTransaction, FromQueryResult};

use crate::cells::Touched;
use crate::indicator::Count;
use crate::setting::Settings;
use crate::touch::Changes;
use crate::{cells, indicator, keep};

/// Entries read at once: an entry of an import holds some hundreds of rows.
const ENTRIES_AT_ONCE: u64 = 50;

/// Rows told by entries from which on a step is long enough, on SQLite and on PostgreSQL. A step counts each touched cell
/// once, however many rows touched it, so long steps save work; on SQLite they keep the one writer from others.
const ROWS_A_STEP: (usize, usize) = (40_000, 4_000_000);

/// Where the setting of the position stands.
const POSITION: &str = "figures_position";
/// Where that of the last position stands that may have changed a cell.
const CHANGED: &str = "figures_changed";

/// The advisory lock of the one projector.
const LOCK: i64 = 0x6d7a_6669_6775_7265;

/// The position of the journal on which the cells stand.
pub async fn position(db: &Db) -> Result<i64, Fault> {
    let sql = "SELECT COALESCE((SELECT CAST(value AS BIGINT) FROM setting WHERE name = $1), 0) AS n";
    db.value(db.read(), sql, vec![POSITION.into()]).await
}

/// The position on which the cells stand, and the one that last changed any: reads and most changes touch none.
pub async fn position_and_change(db: &Db) -> Result<(i64, i64), Fault> {
    #[derive(FromQueryResult)]
    struct Both {
        position: i64,
        changed: i64,
    }
    let sql = "SELECT CAST(COALESCE(MAX(CASE WHEN name = $1 THEN CAST(value AS BIGINT) END), 0) AS BIGINT) AS position, \
               CAST(COALESCE(MAX(CASE WHEN name = $2 THEN CAST(value AS BIGINT) END), 0) AS BIGINT) AS changed \
               FROM setting WHERE name IN ($1, $2)";
    let rows: Vec<Both> = db.rows(db.read(), sql, vec![POSITION.into(), CHANGED.into()]).await?;
    Ok(rows.first().map_or((0, 0), |both| (both.position, both.changed)))
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

/// Says on what the cells stand now, and whether any may have changed.
async fn move_to(db: &Db, tx: &DatabaseTransaction, position: i64, changed: bool) -> Result<(), Fault> {
    let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2";
    for name in [Some(POSITION), changed.then_some(CHANGED)].into_iter().flatten() {
        db.execute(tx, sql, vec![name.into(), position.to_string().into()]).await?;
    }
    Ok(())
}

/// The rows that some entries tell of, and how many.
fn told(entries: &[journal_entry::Model]) -> Result<(Changes, usize), Fault> {
    let (mut changes, mut rows) = (Changes::default(), 0);
    for entry in entries.iter().filter(|entry| entry.kind == "COMMAND") {
        let body: Body = serde_json::from_str(&entry.body)?;
        rows += body.rows.len();
        for row in body.rows {
            changes.add(row);
        }
    }
    Ok((changes, rows))
}

/// What entries behind a position touched: the last of them, and the cells.
async fn gather(
    db: &Db,
    on: &DatabaseTransaction,
    stands: i64,
) -> Result<(i64, HashMap<&'static str, Touched>), Fault> {
    let (mut last, mut rows, mut touched) = (stands, 0, HashMap::new());
    while rows < if db.is_sqlite() { ROWS_A_STEP.0 } else { ROWS_A_STEP.1 } {
        let entries = db.entries_from(last + 1, ENTRIES_AT_ONCE).await?;
        let Some(position) = entries.last().and_then(|entry| entry.position) else { break };
        last = position;
        let (changes, more) = told(&entries)?;
        rows += more + entries.len();
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
    db.without_haste(&tx).await?;
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
    let counts = || {
        let is_touched = |count: &&Count| touched.get(count.code).is_some_and(|touched| !touched.is_empty());
        indicator::cells().iter().copied().filter(is_touched)
    };
    let settings = Settings::load(db, &tx, counts()).await?;
    for count in counts() {
        if let Some(touched) = touched.get(count.code) {
            keep::refresh(db, &tx, &settings, count, touched).await?;
        }
    }
    move_to(db, &tx, last, counts().next().is_some()).await?;
    tx.commit().await?;
    Ok(Step::More)
}

/// Counts everything of every figure and compares with the cells kept; gives what differs. Others may go on writing:
/// cells that entries touched which are not counted yet are left out of account.
pub async fn verify(kernel: &Kernel) -> Result<(i64, Vec<String>), Fault> {
    if let Err(fault) = kernel.sealer.seal().await {
        // Somebody changed the journal: nothing more is counted from it, and the cells are compared as they stand.
        tracing::warn!("nothing further is sealed: {fault}");
    } else {
        catch_up(kernel).await?;
    }
    let db = &kernel.db;
    let tx = db.snapshot().await?;
    db.without_haste(&tx).await?;
    let position = position_in(db, &tx).await?;
    let (mut after, mut touched) = (0, HashMap::new());
    loop {
        let entries = db.entries_beyond(&tx, position, after, ENTRIES_AT_ONCE).await?;
        let Some(last) = entries.last() else { break };
        after = last.id;
        told(&entries)?.0.touched(db, &tx, &mut touched).await?;
    }
    let mut differs = Vec::new();
    let settings = Settings::load(db, &tx, indicator::cells().iter().copied()).await?;
    for definition in indicator::cells() {
        let moving = touched.get(definition.code);
        let counted = cells::count(db, &tx, &settings, definition, None).await?;
        let counted: BTreeMap<_, _> = counted
            .into_iter()
            .map(|((level, division, grain, start), value)| {
                ((level.to_owned(), division, grain.to_owned(), start), value)
            })
            .collect();
        let kept = keep::kept(db, &tx, definition.code).await?;
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
    let Touched::Places(places) = moving else { return true };
    let digits = match level {
        "DISTRICT" => 6,
        "TOWN" => 9,
        _ => 12,
    };
    let around =
        |month: &NaiveDate| Grain::ALL.iter().any(|of| of.code() == grain && of.containing(*month).from == start);
    places.iter().any(|(own, months)| {
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
    let settings = Settings::load(db, &tx, indicator::cells().iter().copied()).await?;
    for definition in indicator::cells() {
        let cells = keep::rebuild(db, &tx, &settings, definition).await?;
        told(definition.code, cells);
    }
    move_to(db, &tx, head, true).await?;
    tx.commit().await?;
    Ok(head)
}
