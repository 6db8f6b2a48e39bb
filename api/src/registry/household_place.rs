//! 曾住地 · where households lived before: what is counted on a day counts where the household lived on that day.

use std::collections::HashMap;

use entity::registry::household;
use entity::registry::household_place::{Column, Entity, Model};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::places::{Former, Place, Places};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::policy_value::Area;
use crate::exchange::replace_parts;

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

/// The former places of households, by household.
async fn former(work: &Work<'_>, households: &[i64]) -> Result<HashMap<i64, Vec<Model>>, Failure> {
    let mut of: HashMap<i64, Vec<Model>> = HashMap::new();
    for some in households.chunks(1_000) {
        let rows = work.everywhere::<Entity>().filter(Column::HouseholdId.is_in(some.iter().copied()));
        for row in rows.all(work.tx()).await? {
            of.entry(row.household_id).or_default().push(row);
        }
    }
    for rows in of.values_mut() {
        rows.sort_by_key(|row| row.valid_until);
    }
    Ok(of)
}

/// All places of households, by household.
pub async fn places<'a>(
    work: &Work<'_>,
    households: impl IntoIterator<Item = &'a household::Model>,
) -> Result<HashMap<i64, Places>, Failure> {
    let households: Vec<&household::Model> = households.into_iter().collect();
    let ids: Vec<i64> = households.iter().map(|home| home.id).collect();
    let mut former = former(work, &ids).await?;
    let place = |division: &str, area: &str| Place { division: division.to_owned(), area: area.to_owned() };
    let of = |home: &household::Model| {
        let rows = former.remove(&home.id).unwrap_or_default();
        let before = rows.into_iter().map(|row| Former {
            place: place(&row.division, &row.area),
            from: row.valid_from,
            until: row.valid_until,
        });
        let now = place(&home.division, &home.area);
        (home.id, Places { former: before.collect(), now, since: home.moved_on })
    };
    Ok(households.into_iter().map(of).collect())
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
