//! The load: connections of keep-alive HTTP/1.1, the same for both sides.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// Requests to one server, asked in turn.
#[derive(Clone)]
pub struct Asked {
    address: String,
    requests: Arc<Vec<Vec<u8>>>,
}

impl Asked {
    /// GraphQL documents with their variables, sent to `/graphql` by POST.
    pub fn graphql(address: &str, token: &str, document: &str, variables: impl IntoIterator<Item = Value>) -> Self {
        let requests = variables.into_iter().map(|variables| post(Some(token), JSON, document, &variables));
        Self { address: address.to_owned(), requests: Arc::new(requests.collect()) }
    }

    /// Paths, by GET.
    pub fn paths(address: &str, paths: impl IntoIterator<Item = String>) -> Self {
        let requests =
            paths.into_iter().map(|path| format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes());
        Self { address: address.to_owned(), requests: Arc::new(requests.collect()) }
    }

    /// The answers to the first so many requests.
    pub async fn answers(&self, most: usize) -> Vec<Value> {
        let mut connection = Connection::open(&self.address).await;
        let mut answers = Vec::new();
        for request in self.requests.iter().take(most) {
            connection.ask(request).await;
            answers.push(serde_json::from_slice(connection.body()).expect("JSON"));
        }
        answers
    }

    /// Goes on asking so many times a second, until it is dropped.
    pub fn steadily(&self, a_second: u64) -> Going {
        let asked = self.clone();
        Going(tokio::spawn(async move {
            let mut connection = Connection::open(&asked.address).await;
            let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / a_second));
            for request in asked.requests.iter().cycle() {
                ticks.tick().await;
                connection.ask(request).await;
            }
        }))
    }

    /// Asks from so many connections for so long.
    pub async fn load(&self, connections: usize, time: Duration) -> Round {
        let next = Arc::new(AtomicUsize::new(0));
        let began = Instant::now();
        let tasks: Vec<_> = (0..connections)
            .map(|_| {
                let (asked, next) = (self.clone(), next.clone());
                tokio::spawn(async move {
                    let mut connection = Connection::open(&asked.address).await;
                    let mut times = Vec::new();
                    while began.elapsed() < time {
                        let at = next.fetch_add(1, Ordering::Relaxed) % asked.requests.len();
                        let sent = Instant::now();
                        connection.ask(&asked.requests[at]).await;
                        times.push(sent.elapsed());
                    }
                    times
                })
            })
            .collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.expect("a connection that lasts"));
        }
        #[allow(clippy::cast_precision_loss)] // for people to read
        let per_second = times.len() as f64 / began.elapsed().as_secs_f64();
        times.sort_unstable();
        Round { per_second, middle: times[times.len() / 2], late: times[times.len() * 99 / 100] }
    }
}

/// An answer as one document.
pub const JSON: &str = "application/json";
/// An answer as a stream of events.
pub const EVENTS: &str = "text/event-stream";

/// A GraphQL request.
pub fn post(token: Option<&str>, accept: &str, document: &str, variables: &Value) -> Vec<u8> {
    let body = serde_json::json!({ "query": document, "variables": variables }).to_string();
    let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: {accept}\r\n\
         {bearer}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Follows a subscription as a stream of events, until it is dropped; `heard` counts its answers.
pub fn follow(address: &str, token: &str, document: &str, variables: &Value, heard: Arc<AtomicUsize>) -> Going {
    let (address, request) = (address.to_owned(), post(Some(token), EVENTS, document, variables));
    Going(tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.expect("a server");
        stream.write_all(&request).await.expect("sent");
        let mut buffer = Vec::new();
        while stream.read_buf(&mut buffer).await.expect("read") > 0 {
            heard.fetch_add(buffer.windows(11).filter(|part| part == b"event: next").count(), Ordering::Relaxed);
            buffer.clear();
        }
        panic!("the stream broke off");
    }))
}

/// What goes on beside a measure and ends with it.
pub struct Going(pub JoinHandle<()>);

impl Drop for Going {
    fn drop(&mut self) {
        assert!(!self.0.is_finished(), "what was to go on beside has ended");
        self.0.abort();
    }
}

/// What came of one round.
#[derive(Clone, Copy)]
pub struct Round {
    /// Answers a second.
    pub per_second: f64,
    /// Half of the answers took no longer.
    pub middle: Duration,
    /// 99 of 100 took no longer.
    pub late: Duration,
}

/// The round in the middle, by answers a second.
fn median(mut rounds: Vec<Round>) -> Round {
    rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    rounds[rounds.len() / 2]
}

/// How the load is put on.
#[derive(Clone, Copy)]
pub struct Load {
    /// Connections at once.
    pub connections: usize,
    /// How long a round takes.
    pub time: Duration,
    /// Rounds of each side.
    pub rounds: usize,
}

/// Both sides in turn, so that what disturbs the machine disturbs both; the median round of each.
pub async fn beside(load: Load, a: &Asked, b: &Asked) -> (Round, Round) {
    let warm = load.time.min(Duration::from_secs(1));
    a.load(load.connections, warm).await;
    b.load(load.connections, warm).await;
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for _ in 0..load.rounds {
        of_a.push(a.load(load.connections, load.time).await);
        of_b.push(b.load(load.connections, load.time).await);
    }
    (median(of_a), median(of_b))
}

/// One connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the body of the last answer begins.
    body: usize,
}

impl Connection {
    async fn open(address: &str) -> Self {
        Self::from(Ipv4Addr::LOCALHOST, address).await.expect("a server")
    }

    /// From an address of this machine, which has all of 127.0.0.0/8.
    pub async fn from(source: Ipv4Addr, address: &str) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((source, 0).into())?;
        let stream = socket.connect(address.parse::<SocketAddr>().map_err(io::Error::other)?).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new(), body: 0 })
    }

    fn body(&self) -> &[u8] {
        &self.buffer[self.body..]
    }

    /// Sends a request and reads its answer, which must be 200.
    async fn ask(&mut self, request: &[u8]) {
        assert_eq!(self.exchange(request).await.expect("an answer"), 200);
    }

    /// Sends a request and reads its answer, whose length must be told; gives its status.
    async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.send(request).await?;
        self.buffer.clear();
        let (status, length) = loop {
            self.read().await?;
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                self.body = at + 4;
                break head(&self.buffer[..at]);
            }
        };
        while self.buffer.len() < self.body + length {
            self.read().await?;
        }
        Ok(status)
    }

    /// Sends what is to be followed.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await
    }

    /// Waits for more; gives all that came and was not cleared.
    pub async fn read(&mut self) -> io::Result<&mut Vec<u8>> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(&mut self.buffer)
    }
}

/// Status and length of an answer.
fn head(head: &[u8]) -> (u16, usize) {
    let head = std::str::from_utf8(head).expect("a head of text");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    (status, length.expect("a length").1.trim().parse().expect("a number"))
}

/// Who asks from an address of its own, over a connection that is opened again after it broke.
pub struct Caller {
    source: Ipv4Addr,
    address: String,
    connection: Option<Connection>,
}

impl Caller {
    /// Asks a server from an address of this machine.
    pub fn new(source: Ipv4Addr, address: &str) -> Self {
        Self { source, address: address.to_owned(), connection: None }
    }

    /// The answer, whatever its status.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<String> {
        let mut connection = match self.connection.take() {
            Some(open) => open,
            None => Connection::from(self.source, &self.address).await?,
        };
        connection.exchange(request).await?;
        let answer = String::from_utf8_lossy(connection.body()).into_owned();
        self.connection = Some(connection);
        Ok(answer)
    }

    /// What a GraphQL document gives; an error ends the measure.
    pub async fn data(&mut self, token: Option<&str>, document: &str, variables: &Value) -> Value {
        let answer = self.ask(&post(token, JSON, document, variables)).await.expect("an answer");
        let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(answer["errors"].is_null(), "{document}: {answer}");
        answer["data"].take()
    }
}
