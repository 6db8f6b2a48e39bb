//! 政策参数 · what a rule says at a place, in town or country, from a day on (domain §0.1.7): data, never
//! a constant. The nearest place that says something counts: village, town, district, city, province,
//! then what holds nationally.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::registry::policy_value::{Column, Entity, Model};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::assistance::policy;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

use super::division::{division_code, parent_code};
use crate::exchange::import::{Kind, Numbered, Taken, upsert};
use crate::exchange::sheet::{CellKind, Column as HeaderColumn, Fields, Layout, cell};

/// 城市 and 农村 as sheets write them.
pub const AREAS: &[(&str, &str)] = &[("城市", "URBAN"), ("农村", "RURAL")];

/// The values that hold at a place, for an area, on a day, by parameter.
pub async fn effective(
    kernel: &Kernel,
    viewer: &Viewer,
    division: &str,
    area: &str,
    on: NaiveDate,
) -> Result<HashMap<String, String>, Fault> {
    let mut places = vec![division.to_owned()];
    while let Some(parent) = places.last().and_then(|code| parent_code(code)) {
        places.push(parent);
    }
    let rows = viewer
        .select::<Entity>()
        .filter(Column::Division.is_in(&places))
        .filter(Column::ValidFrom.lte(on))
        .filter(Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gt(on)))
        .filter(Condition::any().add(Column::Area.is_null()).add(Column::Area.eq(area)))
        .all(kernel.db.read())
        .await?;
    // The nearest place, then the area's own value, then the latest.
    let rank = |row: &Model| {
        let place = places.iter().position(|code| *code == row.division).unwrap_or(usize::MAX);
        (std::cmp::Reverse(place), row.area.is_some(), row.valid_from)
    };
    let mut best: HashMap<String, &Model> = HashMap::new();
    for row in &rows {
        let known = best.entry(row.parameter.clone()).or_insert(row);
        if rank(known) < rank(row) {
            *known = row;
        }
    }
    Ok(best.into_iter().map(|(parameter, row)| (parameter, row.value.clone())).collect())
}

/// `policies`: matched by place, parameter, area and first day.
pub struct Sheet;

/// One value as a sheet tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetRow {
    division: String,
    parameter: String,
    area: Option<String>,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    value: String,
    source: Option<String>,
}

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "policies";
    const COMMAND: &'static str = "recordPolicyValue";
    type Row = SheetRow;

    fn layout() -> Layout {
        let areas = CellKind::Choice(AREAS.iter().map(|(zh, _)| (*zh).to_owned()).collect());
        Layout::new(vec![
            HeaderColumn::required("区划代码", CellKind::Id),
            HeaderColumn::required("参数", CellKind::Text),
            HeaderColumn::optional("城乡", areas),
            HeaderColumn::required("生效日期", CellKind::Date),
            HeaderColumn::optional("失效日期", CellKind::Date),
            HeaderColumn::required("值", CellKind::Text),
            HeaderColumn::optional("依据文号", CellKind::Text),
        ])
    }

    fn parse(fields: &mut Fields<'_>) -> Option<SheetRow> {
        let division = fields.need("区划代码", cell::id);
        let names: Vec<(&str, &str)> = policy::PARAMETERS.iter().map(|p| (p.name, p.name)).collect();
        let parameter = fields.need("参数", |raw| cell::choice(raw, &names));
        let area = fields.get("城乡", |raw| cell::choice(raw, AREAS));
        let valid_from = fields.need("生效日期", cell::date);
        let valid_until = fields.get("失效日期", cell::date);
        let value = fields.need("值", cell::text);
        let source = fields.get("依据文号", cell::text);
        let (division, parameter, valid_from, value) =
            (division_code(fields, &division?)?, parameter?, valid_from?, value?);
        if valid_until.is_some_and(|until| until <= valid_from) {
            fields.refuse(
                Some("失效日期"),
                "DATE_ORDER",
                "失效日期不晚于生效日期 · ends before it holds",
                "改正日期 · correct the date",
            );
        }
        // A value that the rule cannot read would only be found when a family is decided on.
        let probe =
            policy::Policy::from_values(|name| Some(if name == parameter { value.clone() } else { probe_value(name) }));
        if probe == Err(policy::PolicyError::Invalid(parameter)) {
            let unit = policy::PARAMETERS.iter().find(|p| p.name == parameter).map_or("", |p| p.en);
            fields.refuse(
                Some("值"),
                "VALUE",
                "值无法读取 · the value cannot be read",
                format!("应为 · expected: {unit}"),
            );
        }
        Some(SheetRow {
            division,
            parameter: parameter.to_owned(),
            area: area.map(str::to_owned),
            valid_from,
            valid_until,
            value,
            source,
        })
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let places = rows.iter().map(|row| row.row.division.clone());
        let known = work.everywhere::<Entity>().filter(Column::Division.is_in(places)).all(work.tx()).await?;
        let key = |division: &str, parameter: &str, area: Option<&String>, from: NaiveDate| {
            (division.to_owned(), parameter.to_owned(), area.cloned(), from)
        };
        let known =
            known.into_iter().map(|m| (key(&m.division, &m.parameter, m.area.as_ref(), m.valid_from), m)).collect();
        let write = |model: &mut Model, row: &SheetRow| {
            model.division.clone_from(&row.division);
            model.parameter.clone_from(&row.parameter);
            model.area.clone_from(&row.area);
            model.valid_from = row.valid_from;
            model.valid_until = row.valid_until;
            model.value.clone_from(&row.value);
            model.source.clone_from(&row.source);
        };
        let blank = |id| Model {
            id,
            division: String::new(),
            parameter: String::new(),
            area: None,
            valid_from: NaiveDate::MIN,
            valid_until: None,
            value: String::new(),
            source: None,
            version: 1,
            voided: false,
        };
        let of_row = |row: &SheetRow| key(&row.division, &row.parameter, row.area.as_ref(), row.valid_from);
        upsert::<Entity, _, _>(work, rows, known, of_row, write, blank).await
    }
}

/// Some value that can be read, to try one other.
fn probe_value(name: &str) -> String {
    let value = match name {
        "pension.excluded" => "true",
        "rounding" => "FEN",
        _ => "1",
    };
    value.to_owned()
}
