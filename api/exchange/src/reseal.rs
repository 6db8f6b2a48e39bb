//! 重新加密 · the job after a rotation of keys: rows and files that are sealed under earlier ones are sealed anew. It goes
//! on where it was, since what is done is not found again.

use std::sync::Arc;

use entity::kernel::file::{Column, Entity};
use minzheng_ground::joints::joints;
use minzheng_ground::policy::POLICY;
use minzheng_kernel::commands::Sent;
use minzheng_kernel::jobs::{Ended, Progress};
use minzheng_kernel::reseal::{ResealRows, Resealed, Sealed, left};
use minzheng_kernel::{Failure, Fault, Kernel, Lang, Text, Viewer, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

/// Kind of its job.
pub const RESEAL: &str = "RESEAL";
/// Columns whose values are sealed for another context than their own name.
const CONTEXTS: &[(&str, &str)] = &[
    ("person_identity.id_number", "person.id_number"),
    ("account.totp_secret", "account.totp"),
    ("account.totp_pending", "account.totp"),
];

/// Seals everything anew that is sealed under earlier keys.
pub async fn run(kernel: &Arc<Kernel>, progress: &Progress) -> Result<Ended, Fault> {
    let viewer = Viewer::system(&POLICY, "reseal", kernel.clock.today());
    let sealed =
        Arc::new(Sealed { tables: joints().tables.map(|tables| tables()).unwrap_or_default(), contexts: CONTEXTS });
    let rows = left(kernel, &sealed.tables).await?;
    progress.total(i64::try_from(rows).unwrap_or(i64::MAX));
    let (mut done, mut unopened) = (0, Vec::new());
    for table in &sealed.tables {
        let mut after = Some(0);
        while let Some(start) = after {
            let command = ResealRows { table: table.name(), after: start, sealed: sealed.clone() };
            let some: Resealed = match commands::run(kernel, &viewer, command, &Sent::default()).await {
                Ok(some) => some,
                Err(Failure::Fault(fault)) => return Err(fault),
                Err(other) => return Err(Fault::internal(format!("{other:?}"))),
            };
            done += some.rows;
            unopened.extend(some.unopened);
            after = some.next;
            progress.done(i64::try_from(done).unwrap_or(i64::MAX));
        }
    }
    let mut files = 0;
    for name in names(kernel, &viewer).await? {
        let (kernel, sha256) = (kernel.clone(), name.clone());
        let anew = tokio::task::spawn_blocking(move || kernel.files.reseal(&kernel.keys, &sha256));
        match anew.await.map_err(Fault::internal)? {
            Ok(anew) => files += usize::from(anew),
            Err(fault) => {
                tracing::error!(%fault, name, "a file does not open and stays as it is");
                unopened.push(format!("file {name}"));
            }
        }
    }
    let outcome = serde_json::json!({ "rows": done, "files": files, "unopened": unopened });
    if unopened.is_empty() {
        return Ok(Ended::Done(outcome));
    }
    Ok(Ended::Failed(outcome, Text::of("reseal-unopened").with("count", unopened.len()).say(Lang::Zh)))
}

/// The contents that rows name.
async fn names(kernel: &Kernel, viewer: &Viewer) -> Result<Vec<String>, Fault> {
    let kept = viewer.select::<Entity>().filter(Column::Complete.eq(true)).filter(Column::RemovedAt.is_null());
    let names = kept.select_only().column(Column::Sha256).distinct().order_by_asc(Column::Sha256);
    Ok(names.into_tuple().all(kernel.db.read()).await?)
}
