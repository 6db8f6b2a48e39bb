//! GraphQL over WebSocket: the protocol graphql-transport-ws, in a loop of our own in which everything is bounded and
//! every document passes the same guard as over HTTP.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::web::Bytes;
use actix_web::{Error, HttpRequest, HttpResponse, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, ProtocolError, Session};
use async_graphql::ServerError;
use futures_util::StreamExt as _;
use minzheng_ground::state::counted;
use minzheng_guard::http::is_request_error;
use minzheng_guard::{Media, Params, scan};
use minzheng_kernel::{Lang, Text, Viewer};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at, timeout};

use super::ask::{Label, Prepared, Shared, coded, error, guard_lang, to_json, told};
use super::bounds::{Connection, GOOD_EVERY, INIT_TIME, OPERATIONS, PING_EVERY, Payer, SILENCE, WAITING, WRITE_TIME};
use super::client::Client;
use super::graphql::{Denied, header_text};
use super::viewer::Asking;

/// The one protocol spoken.
const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes of the id that a client gives to an operation.
const ID_BYTES: usize = 128;

/// Why a connection is closed.
enum Close {
    /// The other end is gone, or was told already.
    Gone,
    /// With a code and a reason, in the protocol's own words.
    With(CloseCode, String),
}

fn close<T>(code: u16, reason: impl Into<String>) -> Result<T, Close> {
    Err(Close::With(CloseCode::Other(code), reason.into()))
}

fn bad_request<T>(reason: &str) -> Result<T, Close> {
    close(4400, reason)
}

/// `GET /graphql/ws`
pub async fn open(request: HttpRequest, body: web::Payload, shared: web::Data<Shared>) -> Result<HttpResponse, Error> {
    let shared = shared.into_inner();
    let client = Client::of(&request, &shared.state.config.trusted_proxies);
    let lang = Lang::accepted(header_text(&request, "accept-language"));
    let refuse = |status, code: &str, text: Text| {
        Ok(Denied::with(status, Media::Json, code, text.say(lang)).response(&client.request_id))
    };
    if !same_origin(&request, &shared.state.config.cors_origins) {
        return refuse(403, "FORBIDDEN", Text::of("bad-origin"));
    }
    if let Err(seconds) = shared.per_address.admit(&counted(client.address)) {
        return refuse(429, "RATE_LIMITED", Text::of("rate-limited").with("seconds", seconds));
    }
    let Some(connection) = shared.connections.open(client.address, "websocket") else {
        return refuse(429, "RATE_LIMITED", Text::of("too-many-connections"));
    };
    let (response, session, messages) = actix_ws::handle_with_protocols(&request, body, &[PROTOCOL])?;
    let most = usize::try_from(shared.guard.limits().body_bytes).unwrap_or(usize::MAX);
    let messages = messages.max_frame_size(most).aggregate_continuations().max_continuation_size(most);
    let spoken = response.headers().contains_key("sec-websocket-protocol");
    let (sender, events) = mpsc::channel(WAITING);
    let socket = Socket {
        shared,
        session: session.clone(),
        client,
        lang,
        viewer: None,
        operations: HashMap::new(),
        opened: 0,
        sender,
        _connection: connection,
    };
    rt::spawn(async move {
        let ended = if spoken {
            socket.serve(messages, events).await
        } else {
            Close::With(CloseCode::Other(4406), "Subprotocol not acceptable".to_owned())
        };
        if let Close::With(code, description) = ended {
            let reason = CloseReason { code, description: Some(description) };
            let _ = timeout(WRITE_TIME, session.close(Some(reason))).await;
        }
    });
    Ok(response)
}

/// A page may open a connection to where it came from, or from an origin on the list. Programs send no origin.
fn same_origin(request: &HttpRequest, allowed: &[String]) -> bool {
    let Some(origin) = request.headers().get("origin") else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    header_text(request, "host").is_some_and(|own| own.eq_ignore_ascii_case(host))
        || allowed.iter().any(|allowed| allowed == origin)
}

/// What an operation has to say.
enum Event {
    /// An answer.
    Next(String),
    /// It was not run.
    Error(Vec<ServerError>),
    /// It is done.
    Complete,
}

/// An operation that runs; dropped, it ends.
struct Operation {
    number: u64,
    task: rt::task::JoinHandle<()>,
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Socket {
    shared: Arc<Shared>,
    session: Session,
    client: Client,
    lang: Lang,
    /// Who asks, once `connection_init` was acknowledged.
    viewer: Option<Arc<Viewer>>,
    operations: HashMap<String, Operation>,
    /// Counts operations, so that a late answer of one that was ended is not taken for that of another of its id.
    opened: u64,
    sender: mpsc::Sender<(String, u64, Event)>,
    _connection: Connection,
}

impl Socket {
    async fn serve(
        mut self,
        mut messages: AggregatedMessageStream,
        mut events: mpsc::Receiver<(String, u64, Event)>,
    ) -> Close {
        let every = |period| {
            let mut ticks = interval_at(tokio::time::Instant::now() + period, period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        };
        let (mut look, mut ping) = (every(GOOD_EVERY), every(PING_EVERY));
        let mut closing = self.shared.closing.clone();
        let opened = tokio::time::Instant::now();
        let mut heard = Instant::now();
        loop {
            let step = tokio::select! {
                message = messages.recv() => {
                    heard = Instant::now();
                    self.message(message).await
                }
                Some((id, number, event)) = events.recv() => self.event(&id, number, event).await,
                _ = look.tick() => self.look().await,
                _ = ping.tick() => {
                    if heard.elapsed() > SILENCE { Err(Close::Gone) } else { self.ping().await }
                }
                () = tokio::time::sleep_until(opened + INIT_TIME), if self.viewer.is_none() => {
                    close(4408, "Connection initialisation timeout")
                }
                _ = closing.wait_for(|closing| *closing) => {
                    Err(Close::With(CloseCode::Away, "Server stops".to_owned()))
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Sends, for as long as the client may take to read.
    async fn send(&mut self, text: String) -> Result<(), Close> {
        match timeout(WRITE_TIME, self.session.text(text)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Close::Gone),
        }
    }

    async fn ping(&mut self) -> Result<(), Close> {
        match timeout(WRITE_TIME, self.session.ping(b"")).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Close::Gone),
        }
    }

    /// Whether the viewer is still good.
    async fn look(&self) -> Result<(), Close> {
        match &self.viewer {
            Some(viewer) if !self.shared.still_good(viewer).await => close(4403, "Forbidden"),
            _ => Ok(()),
        }
    }

    async fn message(&mut self, message: Option<Result<AggregatedMessage, ProtocolError>>) -> Result<(), Close> {
        match message {
            Some(Ok(AggregatedMessage::Text(text))) => self.text(&text).await,
            Some(Ok(AggregatedMessage::Binary(_))) => bad_request("Messages are text"),
            Some(Ok(AggregatedMessage::Ping(bytes))) => self.pong(&bytes).await,
            Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
            Some(Ok(AggregatedMessage::Close(_))) => Err(Close::With(CloseCode::Normal, String::new())),
            Some(Err(ProtocolError::Overflow)) => {
                Err(Close::With(CloseCode::Size, "The message is too large".to_owned()))
            }
            Some(Err(ProtocolError::Io(error))) if error.to_string().contains("continuation size") => {
                Err(Close::With(CloseCode::Size, "The message is too large".to_owned()))
            }
            Some(Err(_)) => Err(Close::With(CloseCode::Protocol, "Not a WebSocket message".to_owned())),
            None => Err(Close::Gone),
        }
    }

    async fn pong(&mut self, bytes: &Bytes) -> Result<(), Close> {
        match timeout(WRITE_TIME, self.session.pong(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Close::Gone),
        }
    }

    async fn text(&mut self, text: &str) -> Result<(), Close> {
        let admitted = self.shared.per_address.admit(&counted(self.client.address));
        // Scanned before it is parsed: what nests too deeply never reaches a parser.
        if let Err(refused) = scan::json(text.as_bytes(), self.shared.guard.limits()) {
            return bad_request(&refused.message(guard_lang(self.lang)));
        }
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return bad_request("Invalid message received");
        };
        let kind = message.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "connection_init" => self.init(message.remove("payload")).await,
            "ping" if admitted.is_ok() => self.send(json!({ "type": "pong" }).to_string()).await,
            "ping" | "pong" => Ok(()),
            "subscribe" => self.subscribe(message, admitted).await,
            "complete" => {
                let Some(Value::String(id)) = message.remove("id") else {
                    return bad_request("Invalid message received");
                };
                self.operations.remove(&id);
                Ok(())
            }
            _ => bad_request("Invalid message received"),
        }
    }

    async fn init(&mut self, payload: Option<Value>) -> Result<(), Close> {
        if self.viewer.is_some() {
            return close(4429, "Too many initialisation requests");
        }
        let payload = match payload {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(payload)) => payload,
            Some(_) => return bad_request("Invalid message received"),
        };
        let said = |name: &str| {
            let found = payload.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
        };
        if let Some(lang) = said("accept-language") {
            self.lang = Lang::accepted(Some(&lang));
        }
        let asking = Asking {
            authorization: said("authorization"),
            purpose: said("minzheng-purpose"),
            case_number: said("minzheng-case"),
            lang: self.lang,
            request_id: self.client.request_id.clone(),
            address: Some(self.client.address),
        };
        match self.shared.viewer(asking).await {
            Ok(viewer) => {
                self.viewer = Some(viewer);
                self.send(json!({ "type": "connection_ack" }).to_string()).await
            }
            Err(unheard) => {
                let reason = unheard.text.say(self.lang);
                match unheard.status {
                    400 => close(4400, reason),
                    503 => Err(Close::With(CloseCode::Again, reason)),
                    _ => close(4403, reason),
                }
            }
        }
    }

    async fn subscribe(&mut self, mut message: Map<String, Value>, admitted: Result<(), u64>) -> Result<(), Close> {
        let Some(viewer) = &self.viewer else { return close(4401, "Unauthorized") };
        let (Some(Value::String(id)), Some(payload @ Value::Object(_))) =
            (message.remove("id"), message.remove("payload"))
        else {
            return bad_request("Invalid message received");
        };
        if id.is_empty() || id.len() > ID_BYTES {
            return bad_request("The id of an operation is 1 to 128 bytes long");
        }
        if self.operations.contains_key(&id) {
            return close(4409, format!("Subscriber for {id} already exists"));
        }
        if !asks(&payload) {
            return bad_request("A subscribe message has a query, or says by which hash or id it is known");
        }
        let began = Instant::now();
        self.opened += 1;
        let number = self.opened;
        let request_id = format!("{}.{number}", self.client.request_id);
        let prepared = match admitted.and_then(|()| self.shared.count(viewer, self.client.address)) {
            Err(seconds) => {
                Err(error("RATE_LIMITED", Text::of("rate-limited").with("seconds", seconds).say(self.lang)))
            }
            Ok(_) if self.operations.len() >= OPERATIONS => {
                let text = Text::of("too-many-operations").with("limit", OPERATIONS);
                Err(error("RATE_LIMITED", text.say(self.lang)))
            }
            Ok(payer) => Params::from_value(payload)
                .and_then(|params| self.shared.prepare(params))
                .map(|prepared| (prepared, payer))
                .map_err(|refused| refused.server_error(guard_lang(self.lang))),
        };
        let (prepared, payer) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                told(&request_id, "websocket", 400, &Label::default(), began);
                return self.send(frame(&id, "error", &json!([error]).to_string())).await;
            }
        };
        // Its viewer is its own: what each answer reads is recorded for it before it leaves.
        let viewer = Arc::new(viewer.for_request(request_id, self.shared.state.kernel.clock.today()));
        let running = run(self.shared.clone(), prepared, (viewer, payer), (id.clone(), number), self.sender.clone());
        self.operations.insert(id, Operation { number, task: rt::spawn(running) });
        Ok(())
    }

    async fn event(&mut self, id: &str, number: u64, event: Event) -> Result<(), Close> {
        if self.operations.get(id).is_none_or(|operation| operation.number != number) {
            return Ok(()); // the client ended it meanwhile
        }
        match event {
            Event::Next(payload) => self.send(frame(id, "next", &payload)).await,
            Event::Error(errors) => {
                self.operations.remove(id);
                self.send(frame(id, "error", &json!(errors).to_string())).await
            }
            Event::Complete => {
                self.operations.remove(id);
                self.send(json!({ "id": id, "type": "complete" }).to_string()).await
            }
        }
    }
}

/// Whether the payload of a subscription says what is asked for. The protocol wants a document; what is known by its id
/// or hash stands for one.
fn asks(payload: &Value) -> bool {
    let known = payload.get("extensions").and_then(|extensions| extensions.get("persistedQuery"));
    known.is_some_and(Value::is_object)
        || ["query", "documentId"].iter().any(|name| payload.get(*name).is_some_and(Value::is_string))
}

/// A message with a payload that is JSON already.
fn frame(id: &str, kind: &str, payload: &str) -> String {
    let id = Value::from(id);
    format!("{{\"id\":{id},\"type\":\"{kind}\",\"payload\":{payload}}}")
}

/// Runs one operation.
async fn run(
    shared: Arc<Shared>,
    prepared: Prepared,
    (viewer, payer): (Arc<Viewer>, Payer),
    (id, number): (String, u64),
    sender: mpsc::Sender<(String, u64, Event)>,
) {
    let began = Instant::now();
    let label = prepared.label();
    let request_id = viewer.request_id.clone().unwrap_or_default();
    let mut answers = shared.follow(prepared, viewer, payer);
    let mut status = 200;
    let last = loop {
        let Some(response) = answers.next().await else { break Event::Complete };
        if is_request_error(&response) {
            status = 400;
            break Event::Error(coded(response.errors));
        }
        // Waits while the client is slow: nothing piles up.
        if sender.send((id.clone(), number, Event::Next(to_json(response)))).await.is_err() {
            return;
        }
    };
    told(&request_id, "websocket", status, &label, began);
    let _ = sender.send((id, number, last)).await;
}
