//! Addresses that are given to a session: good for a while, and only as long as that session lives. What its holder may
//! is asked anew each time an address is used.

use minzheng_access::standing::{Gate, Who};
use minzheng_ground::policy::POLICY;
use minzheng_ground::state::State;
use minzheng_kernel::files::{By, Holder, Verb, is_signed};
use minzheng_kernel::{Fault, Viewer};
use serde::Deserialize;

use super::viewer::{Asking, viewer};

/// What signs an address, and whose it is.
#[derive(Clone, Deserialize)]
pub struct Signed {
    until: i64,
    by: String,
    #[serde(default)]
    r#for: String,
    sign: String,
}

/// Who holds an address, with what is held at this moment. `None`: it was not signed here for this, it is over, its
/// session has ended, or the request says by a token that it comes from somebody else. A page that follows a link sends
/// no token.
pub async fn holder_of(
    state: &State,
    verb: Verb,
    id: &str,
    query: &Signed,
    asking: Asking,
) -> Result<Option<Viewer>, Fault> {
    let kernel = &state.kernel;
    let Some(holder) = Holder::parse(&query.by, &query.r#for) else { return Ok(None) };
    if !is_signed(&kernel.keys, verb, id, &holder, (query.until, &query.sign), kernel.clock.now())? {
        return Ok(None);
    }
    let mut held = Viewer::anonymous(&POLICY, kernel.clock.today());
    let who = match holder.by {
        By::Session(session) => Some(Who::Session(session)),
        By::Account(account) => Some(Who::Account { account, acting_for: None }),
        By::Public => None,
    };
    if let Some(who) = who {
        let Some(standing) = state.part::<Gate>()?.standing_now(kernel, &who).await? else { return Ok(None) };
        held.purpose = holder.purpose;
        standing.lend(&mut held);
    }
    held.request_id = Some(asking.request_id.clone());
    if asking.authorization.is_some() && held.account_id.is_some() {
        let same = |sent: Viewer| (sent.session_id, sent.account_id) == (held.session_id, held.account_id);
        if !viewer(state, asking).await.is_ok_and(same) {
            return Ok(None);
        }
    }
    Ok(Some(held))
}
