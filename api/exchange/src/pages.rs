//! 导出 · all records of a kind written as a sheet, page by page.

use std::fs::File;
use std::io::BufWriter;

use minzheng_ground::sheets::Kind;
use minzheng_ground::sheets::pages::Exported;
use minzheng_ground::sheets::row::SheetRow as _;
use minzheng_kernel::jobs::Progress;
use minzheng_kernel::{Fault, Kernel, Viewer};
use minzheng_sheet::{Format, SheetWriter};

use super::about;

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
