//! The demo's published report: of the last half-year that was over, so that who looks for one finds it at once.

use chrono::TimeDelta;
use entity::figures::periodic_report;
use minzheng_kernel::{Fault, Viewer};

use crate::access::mint::{Minted, mint};
use crate::access::role_grant::Proposed;
use crate::access::standing::Who;
use crate::figures::report::whole;
use crate::graphql::State;
use crate::policy::POLICY;

/// How long the two who write and publish it are in.
const FOR: TimeDelta = TimeDelta::minutes(10);

/// Publishes the report of a district, if it has none yet.
pub async fn publish(state: &State, cli: &Viewer, district: &str, period: &str) -> Result<(), Fault> {
    let there = cli.select::<periodic_report::Entity>().one(state.kernel.db.read()).await?;
    if there.is_some() {
        return Ok(());
    }
    let writer = viewer(state, cli, "DISTRICT_ADMIN", district).await?;
    let approver = viewer(state, cli, "APPROVER", district).await?;
    whole::publish(state, &writer, &approver, format!("{district:0<12}"), period.to_owned())
        .await
        .map_err(|failure| Fault::internal(format!("report {period}: {failure:?}")))
}

/// Who holds a role here, as if it had signed in.
async fn viewer(state: &State, cli: &Viewer, role: &str, district: &str) -> Result<Viewer, Fault> {
    let whom = Minted::Role(Proposed {
        account: 0,
        role: role.to_owned(),
        line: None,
        scope: district.to_owned(),
        valid_from: None,
        valid_until: None,
    });
    let (_, opened) =
        mint(&state.kernel, cli, whom, FOR).await.map_err(|failure| Fault::internal(format!("{role}: {failure:?}")))?;
    let standing = state.access.standing_now(&state.kernel, &Who::Session(opened.id)).await?;
    let standing = standing.ok_or_else(|| Fault::internal(format!("{role}: no session")))?;
    let mut viewer = Viewer::anonymous(&POLICY, state.kernel.clock.today());
    viewer.account_id = Some(standing.account_id);
    viewer.session_id = standing.session_id;
    viewer.actor.clone_from(&standing.actor);
    viewer.holder.clone_from(&standing.holder);
    viewer.grants = standing.grants_for(None);
    Ok(viewer)
}
