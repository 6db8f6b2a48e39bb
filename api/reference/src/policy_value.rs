//! 政策参数 · what the rules say at a place, in town or country, on a day. The nearest place that says something counts:
//! village, town, district, city, province, then what holds nationally.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::registry::policy_value::{Column, Entity, Model};
use minzheng_kernel::{Fault, Kernel, Viewer};
use minzheng_rules::division::parent_code;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

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

minzheng_ground::codes! {
    /// 城乡 · town or country.
    Area, AreaFilter, "AREA" {
        Urban "URBAN" "城市" "urban",
        Rural "RURAL" "农村" "rural",
    }
}
