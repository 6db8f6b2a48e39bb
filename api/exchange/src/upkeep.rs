//! 清理 · what has had its days goes: exports and the sheets made of imports, uploads that were not finished or not used,
//! and content that no row names any more.

use std::time::Duration;

use chrono::TimeDelta;
use entity::exchange::import;
use entity::kernel::file::{Column, Entity, Model};
use minzheng_ground::config::Config;
use minzheng_ground::policy::POLICY;
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select};
use serde::Serialize;

use crate::{export, import_list};

/// To which the sheets belong that the program makes.
pub const MADE: [&str; 3] = [export::ROW, import_list::MEND, import_list::OUTCOME];
/// How often it is looked for what has had its days.
const EVERY: Duration = Duration::from_mins(30);
/// For how long an upload may go on.
const UNFINISHED: TimeDelta = TimeDelta::hours(24);
/// For how long a whole upload may wait to be used.
const UNUSED: TimeDelta = TimeDelta::days(7);
/// Rows dealt with at once.
const AT_ONCE: u64 = 500;

/// Tidies up now and every while, until the future is dropped.
pub async fn tidy_forever(kernel: std::sync::Arc<Kernel>, config: Config) {
    loop {
        if let Err(fault) = tidy(&kernel, &config).await {
            tracing::warn!(%fault, "files that have had their days could not be deleted");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Deletes what has had its days.
pub async fn tidy(kernel: &std::sync::Arc<Kernel>, config: &Config) -> Result<(), Fault> {
    let viewer = Viewer::system(&POLICY, "upkeep", kernel.clock.today());
    let now = kernel.clock.now();
    let none = |row: Select<Entity>, before: TimeDelta| row.filter(Column::CreatedAt.lt(now - before));
    let files = || viewer.select::<Entity>().filter(Column::RemovedAt.is_null());
    let made = files().filter(Column::Aggregate.is_in(MADE));
    for file in all(kernel, none(made, TimeDelta::days(config.export_days))).await? {
        let (id, name) = (file.id, file.sha256);
        if ran(kernel, &viewer, RemoveFile { id }).await? {
            delete_unnamed(kernel, &viewer, vec![name]).await?;
        }
    }
    let uploads = || files().filter(Column::Aggregate.is_null());
    for upload in all(kernel, none(uploads().filter(Column::Complete.eq(false)), UNFINISHED)).await? {
        if ran(kernel, &viewer, DropUpload { id: upload.id }).await? {
            kernel.files.delete_upload(upload.id)?;
        }
    }
    let wanted = wanted(kernel, &viewer).await?;
    for upload in all(kernel, none(uploads().filter(Column::Complete.eq(true)), UNUSED)).await? {
        if !wanted.contains(&upload.id) && ran(kernel, &viewer, DropUpload { id: upload.id }).await? {
            delete_unnamed(kernel, &viewer, vec![upload.sha256]).await?;
        }
    }
    delete_leftovers(kernel, &viewer).await
}

async fn all(kernel: &Kernel, rows: Select<Entity>) -> Result<Vec<Model>, Fault> {
    Ok(rows.order_by_asc(Column::Id).limit(AT_ONCE).all(kernel.db.read()).await?)
}

/// Uploads that an import still waits for.
async fn wanted(kernel: &Kernel, viewer: &Viewer) -> Result<Vec<i64>, Fault> {
    let open = viewer.select::<import::Entity>().filter(import::Column::State.eq("UPLOADED"));
    let files: Vec<Option<i64>> =
        open.select_only().column(import::Column::FileId).into_tuple().all(kernel.db.read()).await?;
    Ok(files.into_iter().flatten().collect())
}

/// What another process dealt with meanwhile is done.
async fn ran<C: Command<Output = ()>>(kernel: &Kernel, viewer: &Viewer, command: C) -> Result<bool, Fault> {
    match commands::run(kernel, viewer, command, &Sent::default()).await {
        Ok(()) => Ok(true),
        Err(Failure::Fault(fault)) => Err(fault),
        Err(_) => Ok(false),
    }
}

/// Deletes the contents among these that no row names.
async fn delete_unnamed(kernel: &std::sync::Arc<Kernel>, viewer: &Viewer, names: Vec<String>) -> Result<(), Fault> {
    let named: Vec<String> = viewer
        .select::<Entity>()
        .filter(Column::Sha256.is_in(names.iter()))
        .filter(Column::RemovedAt.is_null())
        .select_only()
        .column(Column::Sha256)
        .distinct()
        .into_tuple()
        .all(kernel.db.read())
        .await?;
    let kernel = kernel.clone();
    let deleting = tokio::task::spawn_blocking(move || {
        names.iter().filter(|name| !named.contains(name)).try_for_each(|name| kernel.files.delete(name).map(|_| ()))
    });
    deleting.await.map_err(Fault::internal)?
}

/// Deletes what processes left that were killed between a row and its content.
async fn delete_leftovers(kernel: &std::sync::Arc<Kernel>, viewer: &Viewer) -> Result<(), Fault> {
    let listing = kernel.clone();
    let names = tokio::task::spawn_blocking(move || listing.files.settled()).await.map_err(Fault::internal)??;
    for some in names.chunks(500) {
        delete_unnamed(kernel, viewer, some.to_vec()).await?;
    }
    let uploads = kernel.files.settled_uploads()?;
    for some in uploads.chunks(500) {
        let open = viewer.select::<Entity>().filter(Column::Id.is_in(some.iter().copied()));
        let open: Vec<i64> = open
            .filter(Column::Complete.eq(false))
            .select_only()
            .column(Column::Id)
            .into_tuple()
            .all(kernel.db.read())
            .await?;
        for id in some.iter().filter(|id| !open.contains(id)) {
            kernel.files.delete_upload(*id)?;
        }
    }
    Ok(())
}

/// The content of a file goes; its row says so.
#[derive(Clone, Debug, Serialize)]
struct RemoveFile {
    id: i64,
}

#[async_trait::async_trait]
impl Command for RemoveFile {
    const NAME: &'static str = "removeFile";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let row = work.load_for_change::<Entity>(self.id, None, "id").await?;
        let now = work.now;
        work.update::<Entity>(row, |file| {
            file.removed_at.get_or_insert(now);
        })
        .await?;
        Ok(())
    }
}

/// An upload that was not finished, or not used.
#[derive(Clone, Debug, Serialize)]
struct DropUpload {
    id: i64,
}

#[async_trait::async_trait]
impl Command for DropUpload {
    const NAME: &'static str = "dropUpload";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let row = work.load_for_change::<Entity>(self.id, None, "id").await?;
        // Used meanwhile.
        if row.row().aggregate.is_none() {
            work.void::<Entity>(row).await?;
        }
        Ok(())
    }
}
