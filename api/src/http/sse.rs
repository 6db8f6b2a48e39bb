//! GraphQL over server-sent events, in the "distinct connections" mode of graphql-sse: one request, one stream of
//! `next` events, then `complete`.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, error::Error};
use async_graphql::Response;
use futures_util::stream::{BoxStream, LocalBoxStream, empty, once, unfold};
use futures_util::{Stream, StreamExt as _};
use minzheng_guard::Media;
use minzheng_guard::http::{is_request_error, status_of};
use minzheng_kernel::{Text, Viewer};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::ask::{Prepared, Shared, to_json};
use super::bounds::{Connection, GOOD_EVERY, PING_EVERY, Payer};
use super::client::Client;
use super::graphql::{Denied, status};

/// The engine refuses an invalid document before anything happens, and that is told by the status.
const VALIDATION_TIME: Duration = Duration::from_millis(100);

/// An event stream of an operation, or an ordinary refusal where the engine will not run it.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    prepared: Prepared,
    (viewer, payer): (Arc<Viewer>, Payer),
    client: &Client,
    media: Media,
) -> Result<HttpResponse, Denied> {
    let Some(connection) = shared.connections.open(client.address, "sse") else {
        let text = Text::of("too-many-connections").say(viewer.lang);
        return Err(Denied::with(429, media, "RATE_LIMITED", text));
    };
    let mut answers = shared.follow(prepared, viewer.clone(), payer);
    let answers = match tokio::time::timeout(VALIDATION_TIME, answers.next()).await {
        Ok(Some(response)) if is_request_error(&response) => {
            return Ok(HttpResponse::build(status(status_of(&response, media)))
                .insert_header((header::CONTENT_TYPE, media.content_type()))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header(("x-request-id", client.request_id.as_str()))
                .body(to_json(response)));
        }
        Ok(Some(response)) => once(ready(response)).chain(answers).boxed(),
        Ok(None) => empty().boxed(),
        Err(_) => answers,
    };
    let events = events(shared.clone(), answers, viewer);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, Media::EventStream.content_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .insert_header(("x-request-id", client.request_id.as_str()))
        .streaming(Body { events, _connection: connection }))
}

/// The stream, which counts as a connection until it is dropped.
struct Body {
    events: LocalBoxStream<'static, Result<Bytes, Error>>,
    _connection: Connection,
}

impl Stream for Body {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_next_unpin(context)
    }
}

/// What happens next on a stream.
enum Step {
    /// An answer, or the end.
    Answer(Option<String>),
    /// Look whether the viewer is still good.
    Look,
    /// Nothing happened for a while.
    Beat,
}

/// `next` and `complete` events, a comment while nothing happens. Without `complete` the stream broke off, and the
/// client tries again: when the viewer is no longer good, or the server stops.
fn events(
    shared: Arc<Shared>,
    answers: BoxStream<'static, Response>,
    viewer: Arc<Viewer>,
) -> LocalBoxStream<'static, Result<Bytes, Error>> {
    let every = |period| {
        let mut ticks = interval_at(Instant::now() + period, period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let closing = shared.closing.clone();
    let state = (shared, answers, viewer, every(GOOD_EVERY), every(PING_EVERY), closing);
    unfold(Some(state), |state| async move {
        let (shared, mut answers, viewer, mut look, mut beat, mut closing) = state?;
        let step = loop {
            let step = tokio::select! {
                answer = answers.next() => Step::Answer(answer.map(to_json)),
                _ = look.tick() => Step::Look,
                _ = beat.tick() => Step::Beat,
                _ = closing.wait_for(|closing| *closing) => return None,
            };
            match step {
                Step::Look if shared.still_good(&viewer).await => {}
                Step::Look => return None,
                step => break step,
            }
        };
        let (event, ends) = match step {
            Step::Answer(Some(answer)) => (Bytes::from(format!("event: next\ndata: {answer}\n\n")), false),
            Step::Answer(None) => (Bytes::from_static(b"event: complete\ndata:\n\n"), true),
            Step::Beat | Step::Look => (Bytes::from_static(b":\n\n"), false),
        };
        Some((Ok(event), (!ends).then_some((shared, answers, viewer, look, beat, closing))))
    })
    .boxed_local()
}
