//! 家庭 · households by their numbers, for rows that name them.

use std::collections::{HashMap, HashSet};

use entity::registry::household::{Column, Entity, Model};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

/// What to do where a row names a household that nobody has recorded.
pub const IMPORT_FIRST: &str =
    "先导入家庭（households），或核对户编号 · import the household first, or check the number";

/// The households with these numbers that rows of a sheet may name.
pub async fn by_numbers(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Model>, Failure> {
    let rows = work.within::<Entity>().filter(Column::Number.is_in(numbers)).all(work.tx()).await?;
    Ok(rows.into_iter().map(|row| (row.number.clone(), row)).collect())
}

/// The numbers of households that rows read in scope name.
pub async fn numbers_of(
    kernel: &Kernel,
    viewer: &Viewer,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, Fault> {
    let ids: HashSet<i64> = ids.into_iter().collect();
    let rows = viewer.parts::<Entity>(Column::Id, ids).all(kernel.db.read()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.number)).collect())
}
