//! Who asks: the viewer of a request, from what its headers (or a WebSocket's `connection_init`) say.

use chrono::{DateTime, Utc};
use minzheng_access::standing::{Gate, Standing, Who};
use minzheng_ground::policy::POLICY;
use minzheng_ground::state::State;
use minzheng_kernel::secrets::TokenError;
use minzheng_kernel::viewer::PURPOSES;
use minzheng_kernel::{Lang, Text, Viewer};

/// What a request says about who asks.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// `Bearer …`, or nothing for the anonymous viewer.
    pub authorization: Option<String>,
    /// `Minzheng-Purpose`: why personal data are read.
    pub purpose: Option<String>,
    /// `Minzheng-Case`: for which case.
    pub case_number: Option<String>,
    /// `Accept-Language`.
    pub lang: Lang,
    /// The request's id.
    pub request_id: String,
    /// Where it came from.
    pub address: Option<std::net::IpAddr>,
}

/// Why a request is not heard at all.
#[derive(Clone, Debug)]
pub struct Unheard {
    /// HTTP status.
    pub status: u16,
    /// `extensions.code`.
    pub code: &'static str,
    /// What and how to mend it.
    pub text: Text,
}

/// The viewer of a request: anonymous without a token, else whoever the token is of. A token that is not good is no
/// anonymous viewer, so that nobody is shown less than expected without being told why.
pub async fn viewer(state: &State, asking: Asking) -> Result<Viewer, Unheard> {
    let viewer = stranger(state, &asking)?;
    let Some(authorization) = asking.authorization else { return Ok(viewer) };
    let checked = check(state, &authorization).await?;
    let standing = gate(state)?.standing(&state.kernel, &checked.0).await.map_err(|fault| {
        tracing::error!(%fault, "who asks cannot be told");
        Unheard { status: 503, code: "UNAVAILABLE", text: Text::of("unavailable") }
    })?;
    known(viewer, standing.as_deref(), &checked)
}

/// The same, where nobody has to be asked for it: the token is ours and its session was read just now.
pub fn viewer_at_once(state: &State, asking: &Asking) -> Option<Result<Viewer, Unheard>> {
    let viewer = match stranger(state, asking) {
        Ok(viewer) => viewer,
        Err(unheard) => return Some(Err(unheard)),
    };
    let Some(authorization) = &asking.authorization else { return Some(Ok(viewer)) };
    let token = bearer(authorization).ok()?;
    let gate = gate(state).ok()?;
    if gate.outside.as_ref().is_some_and(|outside| outside.is_named_by(token)) {
        return None;
    }
    let checked = own(state, token).ok()?;
    let standing = gate.known(&checked.0)?;
    Some(known(viewer, standing.as_deref(), &checked))
}

/// The anonymous viewer with what the headers say beside the token.
fn stranger(state: &State, asking: &Asking) -> Result<Viewer, Unheard> {
    let mut viewer = Viewer::anonymous(&POLICY, state.kernel.clock.today());
    viewer.lang = asking.lang;
    viewer.request_id = Some(asking.request_id.clone());
    viewer.address = asking.address;
    if let Some(purpose) = &asking.purpose {
        if !PURPOSES.contains(&purpose.as_str()) {
            let text = Text::of("bad-purpose").with("purpose", purpose).with("allowed", PURPOSES.join(" "));
            return Err(Unheard { status: 400, code: "BAD_REQUEST", text });
        }
        viewer.purpose = Some(purpose.clone());
    }
    // A header can't hold such a character, the first message of a WebSocket can.
    if asking.case_number.as_ref().is_some_and(|case| case.contains(char::is_control)) {
        return Err(Unheard { status: 400, code: "BAD_REQUEST", text: Text::of("bad-case") });
    }
    viewer.case_number.clone_from(&asking.case_number);
    Ok(viewer)
}

/// The viewer with what the session is worth.
fn known(mut viewer: Viewer, standing: Option<&Standing>, (_, account, until): &Checked) -> Result<Viewer, Unheard> {
    let standing = standing.ok_or_else(|| unauthenticated("session-ended"))?;
    if account.is_some_and(|account| account != standing.account_id) {
        return Err(unauthenticated("token-bad"));
    }
    standing.lend(&mut viewer);
    viewer.good_until = standing.good_until.or(*until);
    Ok(viewer)
}

/// Whether a viewer of a long-lived connection may go on: its session is alive and holds what it held when the
/// connection began. Call it every two seconds or so.
pub async fn still_good(state: &State, viewer: &Viewer) -> bool {
    let who = match (viewer.session_id, viewer.account_id) {
        (Some(session), _) => Who::Session(session),
        (None, Some(_)) => Who::Outside(viewer.actor.clone()),
        (None, None) => return true,
    };
    if viewer.good_until.is_some_and(|until| until <= state.kernel.clock.now()) {
        return false;
    }
    let standing = match state.part::<Gate>() {
        Ok(gate) => gate.standing_shared(&state.kernel, &who).await,
        Err(fault) => Err(fault),
    };
    match standing {
        Ok(Some(standing)) => {
            let held = standing.grants_for(viewer.purpose.as_deref());
            viewer.account_id == Some(standing.account_id) && viewer.grants == held && viewer.holder == standing.holder
        }
        Ok(None) => false,
        // A database that does not answer for a moment sends nobody away; what it would give is not given either.
        Err(fault) => {
            tracing::error!(%fault, "a connection could not be checked");
            true
        }
    }
}

/// What is known of those who come in.
fn gate(state: &State) -> Result<&Gate, Unheard> {
    state.part::<Gate>().map_err(|fault| {
        tracing::error!(%fault, "nobody knows who comes in");
        Unheard { status: 503, code: "UNAVAILABLE", text: Text::of("unavailable") }
    })
}

fn unauthenticated(text: &'static str) -> Unheard {
    Unheard { status: 401, code: "UNAUTHENTICATED", text: Text::of(text) }
}

type Checked = (Who, Option<i64>, Option<DateTime<Utc>>);

/// The token of an `Authorization` header.
fn bearer(authorization: &str) -> Result<&str, Unheard> {
    let (scheme, token) = authorization.trim().split_once(' ').unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(unauthenticated("token-bad")) }
}

fn refused(error: TokenError) -> Unheard {
    match error {
        TokenError::Expired => unauthenticated("token-expired"),
        TokenError::Keys(error) => {
            tracing::error!(%error, "the keys of tokens cannot be read");
            Unheard { status: 503, code: "UNAVAILABLE", text: Text::of("unavailable") }
        }
        error => {
            tracing::info!(%error, "a token was refused");
            unauthenticated("token-bad")
        }
    }
}

/// Checks a bearer token: whose it says it is, and until when it is good where no session says so.
async fn check(state: &State, authorization: &str) -> Result<Checked, Unheard> {
    let token = bearer(authorization)?;
    if let Some(outside) = gate(state)?.outside.as_ref().filter(|outside| outside.is_named_by(token)) {
        let claims = outside.verify(token, state.kernel.clock.now().timestamp()).await.map_err(refused)?;
        let until = DateTime::from_timestamp(claims.expires, 0);
        return Ok((Who::Outside(claims.name.trim().to_lowercase()), None, until));
    }
    own(state, token)
}

/// Checks a token of ours.
fn own(state: &State, token: &str) -> Result<Checked, Unheard> {
    let claims = state.kernel.tokens.verify(token, state.kernel.clock.now().timestamp()).map_err(refused)?;
    match (claims.sid.parse(), claims.sub.parse()) {
        (Ok(session), Ok(account)) => Ok((Who::Session(session), Some(account), None)),
        _ => Err(unauthenticated("token-bad")),
    }
}
