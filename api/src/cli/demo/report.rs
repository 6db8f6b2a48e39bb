//! The demo's published report: of the last half-year that was over, so that who looks for one finds it at once.

use chrono::TimeDelta;
use entity::figures::periodic_report;
use minzheng_access::mint::{Minted, mint};
use minzheng_access::standing::{Gate, Who};
use minzheng_demo::STAFF;
use minzheng_figures::report::whole;
use minzheng_ground::policy::POLICY;
use minzheng_ground::state::State;
use minzheng_kernel::{Fault, Viewer};

use super::DISTRICT;

/// Its half-year.
const PERIOD: &str = "2022H2";
/// How long the two who write and publish it are in.
const FOR: TimeDelta = TimeDelta::minutes(10);

/// Publishes it, if there is none yet.
pub async fn publish(state: &State, cli: &Viewer) -> Result<(), Fault> {
    let there = cli.select::<periodic_report::Entity>().one(state.kernel.db.read()).await?;
    if there.is_some() {
        return Ok(());
    }
    let writer = viewer(state, cli, "DISTRICT_ADMIN").await?;
    let approver = viewer(state, cli, "APPROVER").await?;
    whole::publish(state, &writer, &approver, format!("{DISTRICT:0<12}"), PERIOD.to_owned())
        .await
        .map_err(|failure| Fault::internal(format!("report {PERIOD}: {failure:?}")))
}

/// The demo's account that holds a role, as if it had signed in.
async fn viewer(state: &State, cli: &Viewer, role: &str) -> Result<Viewer, Fault> {
    let account = STAFF.iter().find(|staff| staff.role == role).map_or(role, |staff| staff.username);
    let minted = mint(&state.kernel, cli, Minted::Account(account.to_owned()), FOR).await;
    let (_, opened) = minted.map_err(|failure| Fault::internal(format!("{account}: {failure:?}")))?;
    let standing = state.part::<Gate>()?.standing_now(&state.kernel, &Who::Session(opened.id)).await?;
    let standing = standing.ok_or_else(|| Fault::internal(format!("{account}: no session")))?;
    let mut viewer = Viewer::anonymous(&POLICY, state.kernel.clock.today());
    standing.lend(&mut viewer);
    Ok(viewer)
}
