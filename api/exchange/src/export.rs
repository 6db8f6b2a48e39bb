//! 导出 · all rows of a kind that the viewer may see in full, as a file that can be imported again.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use entity::kernel::job;
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::state::{State, state, viewer};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::files::{CSV, XLSX};
use minzheng_kernel::jobs::Progress;
use minzheng_kernel::viewer::SYSTEM_ROLE;
use minzheng_kernel::{Failure, Fault, Kernel, Refusal, Text, Viewer, Work, commands, jobs};
use minzheng_sheet::Format;
use serde::{Deserialize, Serialize};

use crate::file::KeepFile;
use crate::job::{Behalf, EXPORT, Input, Job, own};
use crate::kind::kinds;

/// The right to export.
const RIGHT: &str = "exportSheet";
/// To which a sheet belongs that was written.
pub(super) const ROW: &str = "Job";

/// 格式 · format of a sheet.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetFormat {
    /// CSV, UTF-8
    Csv,
    /// XLSX
    Xlsx,
}

/// What is to be exported.
#[derive(InputObject)]
pub struct StartExportInput {
    /// 种类 · kind of sheet, such as `persons`.
    kind: String,
    /// 格式 · left out: XLSX.
    format: Option<SheetFormat>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// The job that writes it.
#[derive(SimpleObject)]
pub struct StartExportPayload {
    /// 后台任务 · its file stands in it when it is done; null when refused.
    job: Option<Job>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct ExportMutation;

#[Object]
impl ExportMutation {
    /// 导出 · writes all rows of a kind in scope as a sheet. Who reads personal data says for what (header
    /// `Minzheng-Purpose`). Requires DISTRICT_ADMIN.
    async fn start_export(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: StartExportInput,
    ) -> Answer<StartExportPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let ending = if input.format == Some(SheetFormat::Csv) { "csv" } else { "xlsx" };
        let command = StartExport { kind: input.kind, ending: ending.to_owned() };
        let done = commands::run(&state.kernel, viewer, command, &Sent::with_key(input.idempotency_key)).await;
        state.kernel.wake_workers();
        let (id, user_errors) = outcome(context, done)?;
        let job = match id {
            Some(id) => own(context, id).await?,
            None => None,
        };
        Ok(StartExportPayload { job, user_errors })
    }
}

#[derive(Clone, Debug, Serialize)]
struct StartExport {
    kind: String,
    ending: String,
}

#[async_trait::async_trait]
impl Command for StartExport {
    const NAME: &'static str = RIGHT;
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        if kinds().iter().all(|kind| kind.name != self.kind || kind.give.is_none()) {
            return Err(Refusal::invalid("kind", Text::of("kind-unknown").with("kind", self.kind)).into());
        }
        // Without a purpose everything personal is masked, and a masked sheet would be taken for the real one.
        if work.viewer.purpose.is_none() && !work.viewer.holds(SYSTEM_ROLE) {
            return Err(Refusal::invalid("kind", Text::of("export-purpose")).into());
        }
        let behalf = Behalf::of(work.viewer);
        let input =
            Input { behalf, sheet: self.kind, import: None, strict: false, hidden: false, ending: Some(self.ending) };
        jobs::enqueue(work, EXPORT, &input).await
    }
}

/// Writes the sheet and keeps it.
pub(super) async fn run(
    state: &Arc<State>,
    viewer: &Viewer,
    job: &job::Model,
    input: &Input,
    progress: &Progress,
) -> Result<serde_json::Value, Failure> {
    let kernel = &state.kernel;
    let kinds = kinds();
    let kind = kinds.iter().find(|kind| kind.name == input.sheet);
    let unknown = || Refusal::invalid("kind", Text::of("kind-unknown").with("kind", &input.sheet));
    let (name, give) = kind.and_then(|kind| Some((kind.name, kind.give?))).ok_or_else(unknown)?;
    if !viewer.may(RIGHT) {
        return Err(Failure::Forbidden(RIGHT.to_owned()));
    }
    let ending = input.ending.as_deref().unwrap_or("xlsx");
    let scratch = kernel.files.scratch()?;
    let out = std::fs::File::create(scratch.path()).map_err(Fault::from)?;
    let rows = give(kernel, viewer, (out, Format::of_file_name(ending)), progress).await?;
    let keeping = kernel.clone();
    let content = tokio::task::spawn_blocking(move || keeping.files.add(&keeping.keys, scratch.path()));
    let content = content.await.map_err(Fault::internal)??;
    let keep = KeepFile {
        content,
        name: format!("{name}-{}.{ending}", viewer.today),
        media_type: if ending == "csv" { CSV } else { XLSX },
        row: (ROW, job.id),
    };
    let file = commands::run(kernel, viewer, keep, &Sent::default()).await?;
    Ok(serde_json::json!({ "file": file, "rows": rows, "held": held(viewer) }))
}

/// What a viewer holds that may export, as text: of it all a sheet was made.
fn held(viewer: &Viewer) -> Vec<String> {
    let exporting = viewer.grants.iter().filter(|grant| viewer.rights().may(&grant.role, grant.line.as_deref(), RIGHT));
    exporting.map(|g| format!("{}/{}/{}", g.role, g.line.as_deref().unwrap_or_default(), g.scope)).collect()
}

/// Whether the sheet of a job may be handed to a viewer now: it is the own one, asked for with a purpose, and everything
/// is still held of which it was made.
pub(super) async fn is_readable(kernel: &Kernel, viewer: &Viewer, job: i64) -> Result<bool, Fault> {
    #[derive(Deserialize)]
    struct Made {
        held: Vec<String>,
    }
    let Some(job) = jobs::own(kernel, viewer, &[job]).await?.pop() else { return Ok(false) };
    // One that was made before this was written down has had its days.
    let made = job.output.as_deref().and_then(|output| serde_json::from_str::<Made>(output).ok());
    let Some(made) = made else { return Ok(false) };
    let now = held(viewer);
    let still = !made.held.is_empty() && made.held.iter().all(|grant| now.contains(grant));
    Ok(still && viewer.purpose.is_some())
}
