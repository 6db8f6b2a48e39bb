//! How the tests talk to the server over WebSockets and event streams, and under a role.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tests::World;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

/// Longest that anything is waited for.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A token of a role for the district of the tests, or a place in it.
pub fn token(world: &World, role: &str) -> String {
    let scope: &[&str] = match role {
        "SYSTEM_ADMIN" | "SECURITY_ADMIN" => &[],
        "TOWN_OFFICER" => &["--scope", "430199001"],
        _ => &["--scope", "430199"],
    };
    world.succeed(&[&["token", "--role", role, "--ttl", "1h"], scope].concat()).trim().to_owned()
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

/// Asks over HTTP with headers: status, answer.
pub fn ask(address: &str, headers: &[(&str, &str)], query: &str, variables: Value) -> (u16, Value) {
    let mut request = agent().post(format!("{address}/graphql"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send_json(json!({ "query": query, "variables": variables })).expect("an answer");
    (response.status().as_u16(), response.body_mut().read_json().expect("JSON"))
}

/// Asks under a token a server that may be gone at any moment; nothing where no whole answer came.
pub fn try_ask(address: &str, token: &str, query: &str, variables: &Value) -> Option<Value> {
    let request = agent().post(format!("{address}/graphql")).header("authorization", format!("Bearer {token}"));
    // For what is dealt with in these tests, which is masked otherwise.
    let request = request.header("minzheng-purpose", "REVIEW");
    request.send_json(json!({ "query": query, "variables": variables })).ok()?.body_mut().read_json().ok()
}

/// Whether the server says that it is ready.
pub fn ready(address: &str) -> bool {
    agent().get(format!("{address}/readyz")).call().is_ok_and(|response| response.status() == 200)
}

/// Asks under a token, and expects no error.
pub fn data(address: &str, token: &str, query: &str, variables: Value) -> Value {
    let (_, answer) = ask(address, &[("authorization", &format!("Bearer {token}"))], query, variables);
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"].clone()
}

/// A WebSocket to the server.
pub struct Socket(WebSocket<TcpStream>);

/// What the server did.
#[derive(Debug)]
pub enum Heard {
    /// A message.
    Message(Value),
    /// It closed with this code.
    Closed(u16),
    /// The connection broke off.
    Gone,
}

impl Socket {
    /// Opens one: the status where it was refused.
    pub fn open(address: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let host = address.trim_start_matches("http://");
        let mut request = format!("ws://{host}/graphql/ws").into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        let stream = TcpStream::connect(host).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
                Err(response.status().as_u16())
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// Opens one that speaks the protocol.
    pub fn new(address: &str) -> Self {
        Self::open(address, &[("sec-websocket-protocol", "graphql-transport-ws")]).expect("a WebSocket")
    }

    /// Opens one and says who asks.
    pub fn ready(address: &str, token: Option<&str>) -> Self {
        let mut socket = Self::new(address);
        let payload = token.map_or(json!({}), |token| json!({ "Authorization": format!("Bearer {token}") }));
        socket.say(&json!({ "type": "connection_init", "payload": payload }));
        assert_eq!(socket.message()["type"], "connection_ack");
        socket
    }

    /// Sends a message.
    pub fn say(&mut self, message: &Value) {
        self.send(Message::text(message.to_string()));
    }

    /// Sends anything; that the server hung up is heard afterwards.
    pub fn send(&mut self, message: Message) {
        let _ = self.0.send(message);
    }

    /// Subscribes.
    pub fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "id": id, "type": "subscribe", "payload": payload }));
    }

    /// What comes next.
    pub fn hear(&mut self) -> Heard {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Heard::Message(serde_json::from_str(&text).expect("JSON")),
                Ok(Message::Close(frame)) => {
                    return frame.map_or(Heard::Gone, |frame| Heard::Closed(frame.code.into()));
                }
                Ok(_) => {}
                Err(_) => return Heard::Gone,
            }
        }
    }

    /// The next message.
    pub fn message(&mut self) -> Value {
        match self.hear() {
            Heard::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The code with which the server closes, whatever it says before.
    pub fn closed(&mut self) -> u16 {
        loop {
            match self.hear() {
                Heard::Message(_) => {}
                Heard::Closed(code) => return code,
                Heard::Gone => panic!("the connection broke off"),
            }
        }
    }
}

/// An event stream: the status and, where it is one, its lines.
pub struct Events {
    lines: Box<dyn Iterator<Item = std::io::Result<String>>>,
}

impl Events {
    /// Asks for a stream; the status and the text where there is none.
    pub fn open(address: &str, token: Option<&str>, body: &[u8]) -> Result<Self, (u16, String)> {
        let mut request = agent()
            .post(format!("{address}/graphql"))
            .header("accept", "text/event-stream")
            .header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.send(body).map_err(|error| (0, error.to_string()))?;
        let media = response.headers().get("content-type").map(|media| media.to_str().unwrap_or_default().to_owned());
        if !media.unwrap_or_default().starts_with("text/event-stream") {
            let status = response.status().as_u16();
            return Err((status, response.body_mut().read_to_string().expect("text")));
        }
        Ok(Self { lines: Box::new(BufReader::new(response.into_body().into_reader()).lines()) })
    }

    /// The next event: its name and data; nothing at the end.
    pub fn next(&mut self) -> Option<(String, Value)> {
        let mut event = String::new();
        let mut data = Value::Null;
        for line in self.lines.by_ref() {
            let line = line.ok()?;
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut event);
            } else if let Some(text) = line.strip_prefix("data:") {
                data = serde_json::from_str(text).unwrap_or(Value::Null);
            } else if line.is_empty() && !event.is_empty() {
                return Some((event, data));
            }
        }
        None
    }
}
