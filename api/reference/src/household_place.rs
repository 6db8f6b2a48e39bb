//! 曾住地 · where households live and lived, for what is counted on a day.

use std::collections::HashMap;

use entity::registry::household;
use entity::registry::household_place::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::places::{Former, Place, Places};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

/// The former places of households, by household.
pub async fn former(work: &Work<'_>, households: &[i64]) -> Result<HashMap<i64, Vec<Model>>, Failure> {
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
