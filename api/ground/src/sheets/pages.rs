//! 导出的页 · records as rows of a sheet on their way out, page by page.

use entity::Aggregate;
use minzheng_kernel::{Fault, Kernel, Level, Viewer};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

/// A page of rows on their way out.
pub struct Exported<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// The id after which the next page begins; `None`: this is the last.
    pub next: Option<i64>,
}

/// Rows of one page of an export.
const EXPORT_PAGE: u64 = 1_000;

/// The next live rows in the viewer's scope, by id; only those shown in full, since a masked sheet would be taken
/// for the real one.
pub async fn export_page<E: Aggregate>(
    kernel: &Kernel,
    viewer: &Viewer,
    after: i64,
) -> Result<(Vec<E::Model>, Option<i64>), Fault> {
    let rows = viewer
        .select::<E>()
        .filter(E::id_column().gt(after))
        .order_by_asc(E::id_column())
        .limit(EXPORT_PAGE)
        .all(kernel.db.read())
        .await?;
    let next = rows.last().map(E::id).filter(|_| rows.len() as u64 == EXPORT_PAGE);
    Ok((rows.into_iter().filter(|row| viewer.level::<E>(row) == Level::Full).collect(), next))
}

/// Records as rows. That they were read is noted where something in them is personal: of whose they are, or else of
/// the records themselves.
pub fn exported<E: Aggregate, R>(
    viewer: &Viewer,
    models: &[E::Model],
    next: Option<i64>,
    told: impl Fn(&E::Model) -> Result<Option<R>, Fault>,
) -> Result<Exported<R>, Fault> {
    let mut rows = Vec::with_capacity(models.len());
    for model in models {
        let Some(row) = told(model)? else { continue };
        if !E::personal().is_empty() {
            viewer.note::<E>(model, "export");
        }
        rows.push(row);
    }
    Ok(Exported { rows, next })
}

/// A page of an export whose rows are told from the records alone.
pub async fn export_told<E: Aggregate, R>(
    kernel: &Kernel,
    viewer: &Viewer,
    after: i64,
    told: impl Fn(&E::Model) -> Option<R>,
) -> Result<Exported<R>, Fault> {
    let (models, next) = export_page::<E>(kernel, viewer, after).await?;
    exported::<E, _>(viewer, &models, next, |model| Ok(told(model)))
}
