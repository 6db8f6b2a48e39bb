//! 导出的页 · records as rows of a sheet on their way out, page by page.

use std::fs::File;
use std::io::BufWriter;

use entity::Aggregate;
use minzheng_kernel::jobs::Progress;
use minzheng_kernel::{Fault, Kernel, Level, Viewer};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::about;
use super::kind::Kind;
use super::row::SheetRow as _;
use super::sheet::{Format, SheetWriter};

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

/// Writes all rows of a kind that the viewer may see in full; gives how many. What was read of persons is recorded.
pub async fn give<K: Kind>(
    kernel: &Kernel,
    viewer: &Viewer,
    (out, format): (File, Format),
    progress: &Progress,
) -> Result<u64, Fault> {
    let mut sheet = SheetWriter::new(BufWriter::new(out), format, &K::layout().columns).map_err(Fault::internal)?;
    sheet.set_title(&about::title::<K>()).map_err(Fault::internal)?;
    let mut after = 0;
    loop {
        let Exported { rows, next } = K::export(kernel, viewer, after).await?;
        minzheng_kernel::work::record_reads(kernel, viewer).await?;
        for row in &rows {
            sheet.row(row.cells()).map_err(Fault::internal)?;
        }
        progress.done(i64::try_from(sheet.rows_written()).unwrap_or(i64::MAX));
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let written = sheet.rows_written();
    sheet.set_about(&about::made::<K>(kernel, viewer, written)).map_err(Fault::internal)?;
    sheet.finish().map_err(Fault::internal)?;
    Ok(written)
}
