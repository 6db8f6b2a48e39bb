//! Helpers of the black-box tests: a `World` is one database with the program beside it, on SQLite
//! or on PostgreSQL; everything goes through the command line or over HTTP, as a client would.
// Tests end with a panic when something is not as claimed.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value
)]

pub mod fire;
mod template;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::template::Template;

/// Which database a world stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// The embedded one.
    Sqlite,
    /// A database of its own in the server that `tests/run` started.
    Postgres,
}

/// One database and the program beside it.
pub struct World {
    folder: PathBuf,
    /// Removes the folder in the end, where it is this world's own.
    _own: Option<tempfile::TempDir>,
    url: String,
    server: Option<(Child, String)>,
    settings: Vec<(String, String)>,
    pinned: bool,
}

impl World {
    /// An empty, migrated test database.
    pub fn new(on: On) -> Self {
        Self::beginning_with(on, "empty", |world| {
            world.succeed(&["migrate", "--test"]);
        })
    }

    /// An empty, migrated test database that shares nothing with others: its keys are its own.
    pub fn stranger(on: On) -> Self {
        let world = Self::unmigrated(on);
        world.succeed(&["migrate", "--test"]);
        world
    }

    /// The worked half-year of the domain (§1.8), all its sheets imported.
    pub fn golden(on: On) -> Self {
        Self::beginning_with(on, "golden", |world| {
            world.succeed(&["migrate", "--test"]);
            world.import_golden();
        })
    }

    /// Brings in every golden sheet, in the order of loading; each is accepted whole.
    pub fn import_golden(&self) {
        let order = std::fs::read_to_string(golden("order.txt")).expect("the order");
        for kind in order.split_whitespace() {
            let summary = self.succeed(&["import", kind, &golden(&format!("{kind}.csv")), "--json"]);
            let summary: Value = serde_json::from_str(&summary).expect("JSON");
            assert_eq!(summary["refused"], 0, "{kind}: {summary}");
        }
    }

    /// A copy of what `make` did to an unmigrated world, once a run and name.
    fn beginning_with(on: On, name: &str, make: impl FnOnce(&Self)) -> Self {
        let template = Template::ready(on, name, |folder, database| {
            make(&Self::at(folder.to_owned(), None, url_of(on, folder, database)));
        });
        let own = own_folder();
        let database = new_name();
        template.copy(own.path(), &database);
        let url = url_of(on, own.path(), &database);
        Self::at(own.path().to_owned(), Some(own), url)
    }

    /// An empty, migrated database that is neither demo nor test; the business date is today's.
    pub fn in_production(on: On) -> Self {
        let mut world = Self::unmigrated(on);
        world.pinned = false;
        world.succeed(&["migrate"]);
        world
    }

    /// A test database as an earlier program kept it (`tests/data/upgrade/<name>`), not migrated since; beside it what the
    /// program told of it then.
    pub fn of_earlier(on: On, name: &str) -> Self {
        let world = Self::unmigrated(on);
        let kept = if on == On::Sqlite { "sqlite.tgz" } else { "postgres.tgz" };
        let kept = repository().join("tests/data/upgrade").join(name).join(kept);
        let unpacked = Command::new("tar").arg("-xzf").arg(kept).arg("-C").arg(world.folder()).status();
        assert!(unpacked.expect("tar").success());
        if on == On::Postgres {
            let dump = world.folder().join("dump.sql");
            let loaded =
                Command::new("psql").args(["-q", "-v", "ON_ERROR_STOP=1", &world.url, "-f"]).arg(dump).output();
            let loaded = loaded.expect("psql");
            assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        }
        world
    }

    /// An empty folder and an empty database, for a restore.
    pub fn unmigrated(on: On) -> Self {
        let own = own_folder();
        let database = new_name();
        if on == On::Postgres {
            sql_of_server(&format!("CREATE DATABASE {database}"));
        }
        let url = url_of(on, own.path(), &database);
        Self::at(own.path().to_owned(), Some(own), url)
    }

    fn at(folder: PathBuf, own: Option<tempfile::TempDir>, url: String) -> Self {
        Self { folder, _own: own, url, server: None, pinned: true, settings: Vec::new() }
    }

    /// An empty, migrated test database in a PostgreSQL server of the test's own.
    pub fn in_server(postgres: &fire::Postgres) -> Self {
        let own = own_folder();
        let world = Self::at(own.path().to_owned(), Some(own), postgres.url());
        world.succeed(&["migrate", "--test"]);
        world
    }

    /// Which database it stands on.
    pub fn on(&self) -> On {
        if self.url.starts_with("sqlite:") { On::Sqlite } else { On::Postgres }
    }

    /// The database's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A setting of the programs to be started, such as `MINZHENG_DOCUMENTS`.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// For tests that ask more, and faster, than anybody may: no account and no address is slowed down.
    pub fn without_limits(&mut self) {
        for limit in ["RATE_PER_ADDRESS", "RATE_PER_ACCOUNT", "WORK_PER_ACCOUNT", "STATEMENTS_PER_ACCOUNT"] {
            self.set(&format!("MINZHENG_{limit}"), "0");
        }
    }

    /// The environment of the program.
    pub fn environment(&self) -> Vec<(String, String)> {
        let own = [
            ("MINZHENG_DATA_DIR", self.folder.display().to_string()),
            ("MINZHENG_DATABASE_URL", self.url.clone()),
            ("MINZHENG_DISTRICT", "430199".to_owned()),
            ("MINZHENG_LISTEN", "127.0.0.1:0".to_owned()),
            ("LC_ALL", "zh_CN.UTF-8".to_owned()),
        ];
        let pinned = self.pinned.then(|| ("MINZHENG_TODAY", "2023-06-30".to_owned()));
        let own = own.into_iter().chain(pinned).map(|(name, value)| (name.to_owned(), value));
        own.chain(self.settings.clone()).collect()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(&self.folder).envs(self.environment());
        command
    }

    /// Runs a command of the program.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command();
        if arguments.first() == Some(&"migrate") {
            command.env_remove("MINZHENG_TODAY");
        }
        command.args(arguments).output().expect("the program starts")
    }

    /// Starts a command and does not wait for it.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
    }

    /// Runs a command that must succeed; gives what it printed.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// Runs a command that must end with this exit code; gives what it printed.
    pub fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    /// Starts the server, if it does not run; gives its address.
    pub fn serve(&mut self) -> &str {
        if self.server.is_none() {
            self.server = Some(self.start_server());
        }
        &self.server.as_ref().expect("just started").1
    }

    /// Asks the server to stop, as its keeper would, and waits for it.
    pub fn stop(&mut self) {
        if let Some((mut child, _)) = self.server.take() {
            let told = Command::new("kill").arg(child.id().to_string()).status().expect("kill");
            assert!(told.success());
            assert!(child.wait().expect("it ends").success());
        }
    }

    /// Ends the server at once, as a power cut would.
    pub fn kill(&mut self) {
        if let Some((mut child, _)) = self.server.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks the running server.
    pub fn ask(&mut self, query: &str, variables: Value) -> Value {
        let address = self.serve().to_owned();
        let mut response = agent()
            .post(format!("{address}/graphql"))
            .send_json(json!({ "query": query, "variables": variables }))
            .expect("an answer");
        response.body_mut().read_json().expect("JSON")
    }

    /// Asks, and expects no error.
    pub fn data(&mut self, query: &str, variables: Value) -> Value {
        let answer = self.ask(query, variables);
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    }

    /// A token without a sign-in, such as `token(&["--role", "TOWN_OFFICER", "--scope", "430199001"])`.
    pub fn token(&self, arguments: &[&str]) -> String {
        let all: Vec<&str> = std::iter::once("token").chain(arguments.iter().copied()).collect();
        self.succeed(&all).trim().to_owned()
    }

    /// Asks with headers of choice: status and answer.
    pub fn ask_with(&mut self, headers: &[(&str, &str)], query: &str, variables: Value) -> (u16, Value) {
        let address = self.serve().to_owned();
        ask_at(&address, headers, query, variables)
    }

    /// Asks as the holder of a token.
    pub fn ask_as(&mut self, token: &str, query: &str, variables: Value) -> Value {
        self.ask_with(&[("authorization", &format!("Bearer {token}"))], query, variables).1
    }

    /// Asks as the holder of a token, with a purpose, so that personal data are shown.
    pub fn ask_for(&mut self, token: &str, purpose: &str, query: &str, variables: Value) -> Value {
        let bearer = format!("Bearer {token}");
        self.ask_with(&[("authorization", &bearer), ("minzheng-purpose", purpose)], query, variables).1
    }

    /// Asks as the holder of a token, and expects no error.
    pub fn data_as(&mut self, token: &str, query: &str, variables: Value) -> Value {
        let answer = self.ask_as(token, query, variables);
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    }

    /// A second server on the same database.
    pub fn second_server(&self) -> Server {
        let (child, address) = self.start_server();
        Server { child, address }
    }

    /// A second server on the same database, with another business date.
    pub fn server_on(&self, today: &str) -> Server {
        let mut command = self.command();
        let (child, address) = listening(command.env("MINZHENG_TODAY", today).stderr(Stdio::inherit()));
        Server { child, address }
    }

    /// Starts the server with its log where it is told; gives its address.
    pub fn serve_logging_to(&mut self, log: Stdio) -> &str {
        self.kill();
        self.server = Some(self.start_server_with(log));
        self.serve()
    }

    fn start_server(&self) -> (Child, String) {
        self.start_server_with(Stdio::inherit())
    }

    fn start_server_with(&self, log: Stdio) -> (Child, String) {
        listening(self.command().stderr(log))
    }

    /// POSTs a body as it is: status, media type and text.
    pub fn post(&mut self, body: &[u8], headers: &[(&str, &str)]) -> (u16, String, String) {
        let address = self.serve().to_owned();
        let mut request = agent().post(format!("{address}/graphql"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body).expect("an answer");
        let media = response.headers().get("content-type").map(|v| v.to_str().unwrap_or_default().to_owned());
        let text = response.body_mut().read_to_string().expect("text");
        (response.status().as_u16(), media.unwrap_or_default(), text)
    }

    /// GETs a path: status and text.
    pub fn get(&mut self, path: &str) -> (u16, String) {
        let address = self.serve().to_owned();
        let mut response = agent().get(format!("{address}{path}")).call().expect("an answer");
        (response.status().as_u16(), response.body_mut().read_to_string().expect("text"))
    }

    /// GETs a path: status, headers and content.
    pub fn get_bytes(&mut self, path: &str) -> (u16, HashMap<String, String>, Vec<u8>) {
        self.get_with(path, &[])
    }

    /// GETs a path with headers of choice: status, headers and content.
    pub fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> (u16, HashMap<String, String>, Vec<u8>) {
        let address = self.serve().to_owned();
        let mut request = agent().get(format!("{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.call().expect("an answer");
        let pair = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
            (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
        };
        let headers = response.headers().iter().map(pair).collect();
        (response.status().as_u16(), headers, response.body_mut().read_to_vec().expect("content"))
    }

    /// Runs SQL behind the program's back, as somebody with the database's password could.
    pub fn tamper(&self, sql: &str) {
        let output = match self.url.strip_prefix("sqlite:") {
            Some(file) => Command::new("sqlite3").args(["-cmd", ".timeout 20000", file, sql]).output(),
            None => Command::new("psql").args(["-v", "ON_ERROR_STOP=1", &self.url, "-c", sql]).output(),
        }
        .expect("the database's shell");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Rows of a question behind the program's back, their columns with `|` between them.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let output = match self.url.strip_prefix("sqlite:") {
            Some(file) => Command::new("sqlite3").args(["-cmd", ".timeout 20000", file, sql]).output(),
            None => Command::new("psql").args(["-v", "ON_ERROR_STOP=1", "-At", &self.url, "-c", sql]).output(),
        }
        .expect("the database's shell");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// What the database answers to SQL, a row a line.
    pub fn asked(&self, sql: &str) -> String {
        self.rows(sql).join("\n")
    }

    /// All there is in the database, as text.
    pub fn dump(&self) -> String {
        let output = match self.url.strip_prefix("sqlite:") {
            Some(file) => Command::new("sqlite3").arg(file).arg(".dump").output(),
            None => Command::new("pg_dump").args(["--data-only", "--inserts", &self.url]).output(),
        }
        .expect("the database's shell");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Writes a file into the data folder.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, content).expect("written");
        path.display().to_string()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
        if let Some(name) = self.url.rsplit('/').next().filter(|name| name.starts_with('t')) {
            let admin = std::env::var("TEST_POSTGRES").unwrap_or_default();
            let _ = Command::new("psql")
                .args([&admin, "-c", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")])
                .output();
        }
    }
}

/// Another process that serves the same database; killed at once when dropped.
pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Asks it as the holder of a token: status and answer.
    pub fn ask_as(&self, token: &str, query: &str) -> (u16, Value) {
        ask_at(&self.address, &[("authorization", &format!("Bearer {token}"))], query, json!({}))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a server at an address with headers of choice: status and answer.
pub fn ask_at(address: &str, headers: &[(&str, &str)], query: &str, variables: Value) -> (u16, Value) {
    let mut request = agent().post(format!("{address}/graphql"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send_json(json!({ "query": query, "variables": variables })).expect("an answer");
    (response.status().as_u16(), response.body_mut().read_json().expect("JSON"))
}

/// Starts the server and waits until it listens; gives its address.
fn listening(command: &mut Command) -> (Child, String) {
    let mut child = command.arg("serve").stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its address");
    let address = line.trim().trim_end_matches("/graphql").to_owned();
    assert!(address.starts_with("http://127.0.0.1:"), "{line}");
    (child, address)
}

/// A folder as the program would make it: for its owner only.
fn own_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let only_owner = std::fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(only_owner).tempdir().expect("a folder")
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_mins(1)))
        .build()
        .into()
}

fn server() -> String {
    std::env::var("TEST_POSTGRES").expect("TEST_POSTGRES: start the tests with tests/run")
}

/// Runs SQL in the tests' PostgreSQL server, outside every test's database.
fn sql_of_server(sql: &str) {
    let output = Command::new("psql").args([&server(), "-c", sql]).output().expect("psql");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The name of a database of one's own.
fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
}

fn url_of(on: On, folder: &Path, database: &str) -> String {
    match on {
        On::Sqlite => format!("sqlite:{}", folder.join("minzheng.sqlite3").display()),
        On::Postgres => format!("{}/{database}", server().rsplit_once('/').expect("an address with a database").0),
    }
}

/// The program under test.
pub fn binary() -> PathBuf {
    std::env::var("TEST_BINARY").map_or_else(|_| repository().join("target/debug/minzheng"), PathBuf::from)
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_owned()
}

/// The number of a synthetic identity card, the same for the same name: in the unassigned area 430199, well formed.
pub fn id_number(name: &str) -> String {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let (year, month, day, order) = (1950 + hash % 50, 1 + hash / 50 % 12, 1 + hash / 600 % 28, hash / 16_800 % 1000);
    let body = format!("430199{year}{month:02}{day:02}{order:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).expect("eleven signs");
    format!("{body}{check}")
}

/// A sheet of the worked half-year of the domain (§1.8).
pub fn golden(file: &str) -> String {
    repository().join("tests/data/golden-2023H1").join(file).display().to_string()
}

/// Waits until something holds; for liveness only.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_mins(1), "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Makes two tests of one: on SQLite and on PostgreSQL. `(golden world)` begins with the worked half-year.
#[macro_export]
macro_rules! on_both {
    ($($name:ident ($($what:ident)+) $body:block)*) => {
        mod sqlite {
            use super::*;
            $(#[test] fn $name() { super::$name(&mut $crate::world!($crate::On::Sqlite, $($what)+)); })*
        }
        mod postgres {
            use super::*;
            $(#[test] fn $name() { super::$name(&mut $crate::world!($crate::On::Postgres, $($what)+)); })*
        }
        $($crate::body_of_both! { $name ($($what)+) $body })*
    };
}

/// The world that a test of `on_both` begins with.
#[macro_export]
#[doc(hidden)]
macro_rules! world {
    ($on:expr, golden $world:ident) => {
        $crate::World::golden($on)
    };
    ($on:expr, $world:ident) => {
        $crate::World::new($on)
    };
}

/// What both tests of `on_both` run.
#[macro_export]
#[doc(hidden)]
macro_rules! body_of_both {
    ($name:ident (golden $world:ident) $body:block) => {
        fn $name($world: &mut $crate::World) $body
    };
    ($name:ident ($world:ident) $body:block) => {
        fn $name($world: &mut $crate::World) $body
    };
}
