//! 曾住地 · where households lived before: what is counted on a day counts where the household lived on that day.

use std::collections::HashMap;

use entity::registry::household_place::{Column, Entity, Model};
use minzheng_ground::sheets::upsert::replace_parts;
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_reference::household_place::former;
use minzheng_reference::policy_value::Area;
use minzheng_rules::places::Places;

/// One former place.
pub type HouseholdPlace = Row<Entity>;

/// 曾住地 · a place where a household lived before it moved.
pub fn table() -> Table {
    Builder::<Entity>::new("曾住地 · a place where a household lived before it moved.")
        .id()
        .division(Column::Division, "区划代码 · where it lived.")
        .code::<Area>(Column::Area, "城乡 · which standard applied.")
        .date(Column::ValidFrom, "迁入日期 · since when; null: as long as anything is known.")
        .date(Column::ValidUntil, "迁出日期 · first day on which it lived elsewhere.")
        .table()
}

/// Keeps the former places of households as they are now told.
pub async fn keep(work: &mut Work<'_>, places: &HashMap<i64, Places>) -> Result<(), Failure> {
    let ids: Vec<i64> = places.keys().copied().collect();
    let existing = former(work, &ids).await?.into_values().flatten().collect();
    let wanted = places.iter().flat_map(|(household, places)| {
        places.former.iter().map(|former| Model {
            household_id: *household,
            division: former.place.division.clone(),
            area: former.place.area.clone(),
            valid_from: former.from,
            valid_until: former.until,
            version: 1,
            ..Model::default()
        })
    });
    let wanted = wanted.collect();
    replace_parts::<Entity, _>(work, existing, wanted, |row| (row.household_id, row.valid_from)).await?;
    Ok(())
}
