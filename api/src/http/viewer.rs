//! Who asks: the viewer of a request, from what its headers (or a WebSocket's `connection_init`) say.

use minzheng_kernel::viewer::PURPOSES;
use minzheng_kernel::{Lang, Text, Viewer};

use crate::graphql::State;
use crate::policy::POLICY;

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

/// The viewer of a request.
pub async fn viewer(state: &State, asking: Asking) -> Result<Viewer, Unheard> {
    let mut viewer = Viewer::anonymous(&POLICY, state.kernel.clock.today());
    viewer.lang = asking.lang;
    viewer.request_id = Some(asking.request_id);
    if let Some(purpose) = asking.purpose {
        if !PURPOSES.contains(&purpose.as_str()) {
            let text = Text::of("bad-purpose").with("purpose", purpose).with("allowed", PURPOSES.join(" "));
            return Err(Unheard { status: 400, code: "BAD_REQUEST", text });
        }
        viewer.purpose = Some(purpose);
    }
    viewer.case_number = asking.case_number;
    Ok(viewer)
}

/// Whether a viewer that was made before may go on: asked again and again while a connection is open.
pub async fn still_good(_state: &State, viewer: &Viewer) -> bool {
    viewer.is_anonymous()
}
