//! 已发布指标 · the figures of the latest published report of each period of a district, for third parties:
//! `/figures.csv` and `/figures.json`.

use std::collections::HashMap;

use entity::figures::periodic_report::{Column, Entity, Model};
use minzheng_ground::state::{State, global_id};
use minzheng_kernel::{Fault, Viewer, clock};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};

use crate::report::compose::Told;
use crate::report::{compose, document};

/// Columns of `/figures.csv`, as the handbook tells them.
pub const COLUMNS: [&str; 16] = [
    "division",
    "period",
    "from",
    "to",
    "revision",
    "published_on",
    "as_of",
    "position",
    "code",
    "name",
    "unit",
    "value",
    "amount",
    "display",
    "year_on_year",
    "previous_period",
];

/// The latest published report of each period with its figures, latest period first.
async fn reports(state: &State, viewer: &Viewer, division: &str) -> Result<Vec<(Model, Vec<Told>)>, Fault> {
    let published = viewer
        .select::<Entity>()
        .filter(Column::Division.eq(division))
        .filter(Column::Published.eq(true))
        .order_by_desc(Column::PeriodUntil)
        .order_by_desc(Column::PeriodFrom)
        .order_by_desc(Column::Revision)
        .all(state.kernel.db.read())
        .await?;
    let mut latest: Vec<Model> = Vec::new();
    for row in published {
        let same = |one: &Model| (one.period_from, one.period_until) == (row.period_from, row.period_until);
        if !latest.iter().any(same) {
            latest.push(row);
        }
    }
    let mut figures: HashMap<i64, Vec<Told>> = HashMap::new();
    for row in compose::kept_figures(state, viewer, latest.iter().map(|row| row.id).collect()).await? {
        figures.entry(row.report_id).or_default().push(row.into());
    }
    Ok(latest
        .into_iter()
        .map(|row| {
            let figures = figures.remove(&row.id).unwrap_or_default();
            (row, figures)
        })
        .collect())
}

/// As CSV, with the mark by which spreadsheets know UTF-8.
pub async fn csv(state: &State, viewer: &Viewer, division: &str) -> Result<Vec<u8>, Fault> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(COLUMNS).map_err(Fault::internal)?;
    for (row, figures) in reports(state, viewer, division).await? {
        let period = compose::period_of(&row);
        for told in figures {
            let text = |text: Option<String>| text.unwrap_or_default();
            let record = [
                row.division.clone(),
                period.to_string(),
                period.from.to_string(),
                period.last_day().to_string(),
                row.revision.to_string(),
                row.published_on.map(|date| date.to_string()).unwrap_or_default(),
                row.as_of.map(|at| clock::local(at).to_rfc3339()).unwrap_or_default(),
                row.position.map(|position| position.to_string()).unwrap_or_default(),
                told.code,
                told.name,
                told.unit,
                text(told.value),
                told.amount.map(minzheng_rules::exact::yuan).unwrap_or_default(),
                told.display,
                text(told.year_on_year),
                text(told.previous_period),
            ];
            writer.write_record(record).map_err(Fault::internal)?;
        }
    }
    writer.into_inner().map_err(Fault::internal)
}

/// As JSON.
pub async fn json(state: &State, viewer: &Viewer, division: &str) -> Result<Value, Fault> {
    let report = |(row, figures): (Model, Vec<Told>)| {
        let period = compose::period_of(&row);
        let id = global_id("PeriodicReport", row.id).to_string();
        json!({
            "report": format!("/reports/{id}.json"),
            "period": {
                "from": period.from, "to": period.last_day(), "code": period.to_string(), "label": period.label_zh(),
            },
            "revision": row.revision,
            "publishedOn": row.published_on,
            "asOf": row.as_of.map(|at| clock::local(at).to_rfc3339()),
            "position": row.position.map(|position| position.to_string()),
            "figures": document::figures(&figures),
        })
    };
    let reports: Vec<Value> = reports(state, viewer, division).await?.into_iter().map(report).collect();
    Ok(json!({ "division": division, "periods": reports }))
}
