//! Attacks, each on a server of its own with the limits that the program has by itself, while honest clients ask: how
//! long those wait (aim: p99 below 250 ms), what the attackers get, and the memory that it takes.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::away;
use super::client::{Caller, Going, JSON, post};
use super::data::District;
use super::followers;
use super::honest::{Honest, Tally, account, broken, code_of, create};
use super::program::{Program, Server};

/// How long an attack lasts.
const TIME: Duration = Duration::from_secs(15);
/// What is asked before and after, so that memory is compared as it usually is.
pub const WARM: Duration = Duration::from_secs(3);
/// Figures whose rows fit into one document.
const ROWS: usize = 45;
/// Batches that fit into one document, and commands that fit into one batch.
const BATCHES: (usize, usize) = (6, 200);
/// Days and kinds of changes that can be reported of one person.
const KINDS: [&str; 6] = ["MOVE", "INCOME", "ILLNESS", "SCHOOL", "PRISON", "OTHER"];
const PASSWORD: &str = "Kestrel-river-84-lamp";
const SIGN_IN: &str = "mutation S($input: SignInInput!) { signIn(input: $input) { \
    accessToken deviceToken userErrors { code } } }";

/// Requests sent over and over, without a pause.
struct Attack {
    name: String,
    addresses: u8,
    connections_each: usize,
    requests: Arc<Vec<Vec<u8>>>,
}

impl Attack {
    fn new(name: &str, addresses: u8, connections_each: usize, requests: Vec<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), addresses, connections_each, requests: Arc::new(requests) }
    }

    /// Begins; what is answered is counted.
    fn begin(&self, server: &Server) -> (Vec<Going>, Arc<Mutex<Tally>>) {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let going = (0..usize::from(self.addresses) * self.connections_each).map(|n| {
            let address = u8::try_from(n / self.connections_each).expect("few");
            let mut caller = Caller::new(Ipv4Addr::new(127, 0, 1, 1 + address), &server.address);
            let (requests, tally) = (self.requests.clone(), tally.clone());
            Going(tokio::spawn(async move {
                for request in requests.iter().cycle().skip(n) {
                    let sent = Instant::now();
                    let answer = caller.ask(request).await.unwrap_or_else(|_| broken());
                    tally.lock().unwrap_or_else(PoisonError::into_inner).note(code_of(&answer), sent.elapsed());
                }
            }))
        });
        (going.collect(), tally)
    }
}

/// All attacks.
pub async fn attacks(district: &District, program: &Program) {
    let server = program.serve_limited();
    let honest = Honest::new(program, &server).await;
    let admin = account(program, "attacker", &["--role", "DISTRICT_ADMIN", "--scope", "430104"]);
    let auditor = account(program, "attacking.auditor", &["--role", "AUDITOR", "--scope", "430104"]);
    let codes = codes(&server, &admin).await;
    let doors = Doors::new(program, &server).await;
    drop(server);

    let alone = Attack::new("nobody else", 0, 0, Vec::new());
    under(program, &honest, &alone, None).await;
    for connections in [4, 16] {
        let name = format!("rows {{ totalCount }} of {ROWS} figures, {connections} connections of one account");
        under(program, &honest, &Attack::new(&name, 1, connections, counts(&admin, &codes)), None).await;
    }
    let requests = verifications(&admin, &auditor, &codes);
    under(program, &honest, &Attack::new("verifyAudit, left out and not, 8 connections", 1, 8, requests), None).await;
    let name = format!("runBatch of {} times {} commands, 8 connections of one account", BATCHES.0, BATCHES.1);
    under(program, &honest, &Attack::new(&name, 1, 8, batches(&admin, &honest.persons)), None).await;
    for (addresses, connections) in [(1, 8), (8, 1)] {
        let name = format!("deep divisions without a token, {addresses} addresses with {connections} connections each");
        under(program, &honest, &Attack::new(&name, addresses, connections, vec![divisions()]), None).await;
    }
    for (addresses, connections) in [(1, 64), (32, 4)] {
        let name = format!("wrong passwords, {addresses} addresses with {connections} connections each");
        let attack = Attack::new(&name, addresses, connections, doors.wrong(addresses == 1));
        under(program, &honest, &attack, Some(&doors)).await;
    }
    followers::followers(district, program, &honest, &admin).await;
    away::away(program, &honest, &admin).await;
}

/// Honest clients beside an attack on a server that nobody owes anything yet.
async fn under(program: &Program, honest: &Honest, attack: &Attack, doors: Option<&Doors>) {
    let server = program.serve_limited();
    honest.ask(&server.address, WARM).await;
    let before = server.memory();
    let (hostile, tally) = attack.begin(&server);
    let signing_in = async {
        match doors {
            Some(doors) => doors.sign_in(&server.address).await,
            None => String::new(),
        }
    };
    let (answers, signed_in) = tokio::join!(honest.ask(&server.address, TIME), signing_in);
    drop(hostile);
    honest.ask(&server.address, WARM).await;
    println!("\n{}\n  honest    {answers}", attack.name);
    print!("{signed_in}");
    println!("  hostile   {}", tally.lock().unwrap_or_else(PoisonError::into_inner));
    tell_memory(before, &server);
}

/// Prints the memory before, at most and now.
pub fn tell_memory(before: f64, server: &Server) {
    println!("  memory    {before:.0} MB before, {:.0} MB at most, {:.0} MB after", server.peak(), server.memory());
}

/// Figures that have rows.
async fn codes(server: &Server, token: &str) -> Vec<Value> {
    let mut caller = Caller::new(Ipv4Addr::LOCALHOST, &server.address);
    let catalogue = caller.data(Some(token), "{ indicators { code kind } }", &json!({})).await;
    let known = catalogue["indicators"].as_array().expect("the catalogue").iter();
    let has_rows = |of: &&Value| of["kind"].as_str().is_some_and(|kind| ["FLOW", "STOCK", "DISTINCT"].contains(&kind));
    known.filter(has_rows).map(|of| of["code"].clone()).take(ROWS).collect()
}

/// The rows of many figures of a long time counted: of one again and again in two ways, and of different ones.
fn counts(token: &str, codes: &[Value]) -> Vec<Vec<u8>> {
    let of = |rows: &str| {
        format!(
            "query A($codes: [String!]) {{ figures(division: \"430104\", codes: $codes, \
             period: {{ from: \"2015-01-01\", to: \"2023-06-30\" }}) {{ figures {{ {rows} }} }} }}"
        )
    };
    let aliased = (0..ROWS - 1).fold(String::new(), |mut all, n| {
        let _ = write!(all, "r{n}: rows {{ totalCount }} ");
        all
    });
    [
        (of("rows { totalCount }"), json!(vec!["F1"; ROWS - 1])),
        (of(&aliased), json!(["F1"])),
        (of("rows { totalCount }"), json!(codes[..ROWS - 1])),
    ]
    .iter()
    .map(|(document, codes)| post(Some(token), JSON, document, &json!({ "codes": codes })))
    .collect()
}

/// What takes long, left out beside what costs much, and asked for alone.
fn verifications(admin: &str, auditor: &str, codes: &[Value]) -> Vec<Vec<u8>> {
    let beside = |directive: &str| {
        let document = format!(
            "query V($codes: [String!], $so: Boolean!) {{ verifyAudit {directive} {{ ok }} figures(division: \"430104\", \
             codes: $codes, period: {{ from: \"2015-01-01\", to: \"2023-06-30\" }}) {{ figures {{ rows {{ totalCount }} }} }} }}"
        );
        let so = directive.starts_with("@skip");
        post(Some(admin), JSON, &document, &json!({ "codes": codes[..25], "so": so }))
    };
    let alone = "query V($so: Boolean!) { verifyAudit @include(if: $so) { ok } }";
    vec![
        beside("@skip(if: $so)"),
        post(Some(auditor), JSON, alone, &json!({ "so": true })),
        beside("@include(if: $so)"),
    ]
}

/// Changes reported, each another one, as many as a document admits.
fn batches(token: &str, persons: &[String]) -> Vec<Vec<u8>> {
    let (batches, commands) = BATCHES;
    let (mut declared, mut fields) = (String::new(), String::new());
    for n in 0..batches {
        let _ = write!(declared, "$e{n}: [BatchEntryInput!]! ");
        let _ = write!(fields, "b{n}: runBatch(input: {{ entries: $e{n} }}) {{ results {{ outcome }} }} ");
    }
    let document = format!("mutation B({declared}) {{ {fields} }}");
    let last = chrono::NaiveDate::from_ymd_opt(2023, 6, 29).expect("a date");
    let entry = |n: usize| {
        let (person, kind) = (&persons[n % persons.len()], KINDS[n / persons.len() % KINDS.len()]);
        let days = u64::try_from(n / persons.len() / KINDS.len()).expect("few");
        json!({
            "command": "REPORT_CHANGE",
            "input": { "person": person, "kind": kind, "happenedOn": last - chrono::Days::new(days), "note": "测试" },
        })
    };
    let request = |n: usize| {
        let batch = |m: usize| (0..commands).map(|of| entry((n * batches + m) * commands + of)).collect::<Vec<_>>();
        let variables: serde_json::Map<_, _> = (0..batches).map(|m| (format!("e{m}"), json!(batch(m)))).collect();
        post(Some(token), JSON, &document, &variables.into())
    };
    (0..16).map(request).collect()
}

/// The largest pages of divisions, each with all that it lies in, as deep and as often as a document admits.
fn divisions() -> Vec<u8> {
    let chain = (0..12).fold("name".to_owned(), |below, _| format!("name parent {{ {below} }}"));
    let pages = (0..19).fold(String::new(), |mut all, n| {
        let page = if n % 2 == 0 { "first" } else { "last" };
        let _ = write!(all, "d{n}: divisions({page}: 100) {{ nodes {{ {chain} }} }} ");
        all
    });
    post(None, JSON, &format!("{{ {pages} }}"), &json!({}))
}

/// Those who sign in once a second while others try passwords.
struct Doors {
    known: String,
    new: String,
    device: Value,
}

impl Doors {
    async fn new(program: &Program, server: &Server) -> Self {
        let mut caller = Caller::new(Ipv4Addr::new(127, 0, 0, 11), &server.address);
        let mut device = Value::Null;
        let mut names = Vec::new();
        for name in ["door.new", "door.known"] {
            let (username, one_time) = create(program, name, &["--role", "DISTRICT_ADMIN", "--scope", "430104"]);
            let input = |password: &str| json!({ "input": { "username": username, "password": password } });
            let first = caller.data(None, SIGN_IN, &input(&one_time)).await;
            let change =
                "mutation C($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }";
            let change_to = json!({ "input": { "current": one_time, "new": PASSWORD } });
            caller.data(first["signIn"]["accessToken"].as_str(), change, &change_to).await;
            device = caller.data(None, SIGN_IN, &input(PASSWORD)).await["signIn"]["deviceToken"].take();
            assert!(device.is_string(), "{username} can't sign in");
            names.push(username);
        }
        let known = names.pop().expect("two");
        Self { known, new: names.pop().expect("two"), device }
    }

    /// Attempts with wrong passwords at names that are none and, where few are enough to be locked out, at these.
    fn wrong(&self, these_too: bool) -> Vec<Vec<u8>> {
        let others = (0..1_000).map(|n| format!("guess.{n}"));
        let these = [&self.known, &self.new].into_iter().filter(|_| these_too).cloned();
        these
            .chain(others)
            .map(|name| {
                let input = json!({ "input": { "username": name, "password": "Wrong-password-1" } });
                post(None, JSON, SIGN_IN, &input)
            })
            .collect()
    }

    /// Two sign in once a second: one at a device that is known, one at a new one.
    async fn sign_in(&self, address: &str) -> String {
        let going_in = async |username: &str, device: &Value, source: u8| {
            let input = json!({ "input": { "username": username, "password": PASSWORD, "deviceToken": device } });
            let request = Arc::new(post(None, JSON, SIGN_IN, &input));
            let mut ticks = tokio::time::interval(Duration::from_secs(1));
            let mut all = Vec::new();
            for _ in 0..TIME.as_secs() {
                ticks.tick().await;
                let (request, mut caller) = (request.clone(), Caller::new(Ipv4Addr::new(127, 0, 0, source), address));
                all.push(tokio::spawn(async move {
                    let began = Instant::now();
                    let answer = caller.ask(&request).await.unwrap_or_else(|_| broken());
                    (code_of(&answer).to_owned(), began.elapsed())
                }));
            }
            let mut tally = Tally::default();
            for one in all {
                let (code, took) = one.await.expect("an answer");
                tally.note(&code, took);
            }
            tally
        };
        let (known, new) = tokio::join!(going_in(&self.known, &self.device, 11), going_in(&self.new, &Value::Null, 12));
        format!("  signing in at a known device  {known}\n  signing in at a new device    {new}\n")
    }
}
