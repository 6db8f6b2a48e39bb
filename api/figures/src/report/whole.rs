//! A report from its draft to its publication in one go, by two accounts: for the demo, which shows one from the start.

use minzheng_ground::state::State;
use minzheng_kernel::commands::Sent;
use minzheng_kernel::{Failure, Viewer, commands};

use crate::report::commands::{DraftReport, PublishReport, ReviewReport, read};

/// Drafted by the one, reviewed and published by the other.
pub async fn publish(
    state: &State,
    writer: &Viewer,
    approver: &Viewer,
    division: String,
    period: String,
) -> Result<(), Failure> {
    let (kernel, sent) = (&state.kernel, Sent::default());
    let id = commands::run(kernel, writer, DraftReport { division, period }, &sent).await?;
    commands::run(kernel, approver, ReviewReport { id, version: None }, &sent).await?;
    let read = read(state, approver, id).await?;
    commands::run(kernel, approver, PublishReport { id, version: None, read }, &sent).await?;
    Ok(())
}
