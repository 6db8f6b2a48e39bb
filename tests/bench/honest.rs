//! Eight clients that ask what is asked every day, each with an account and an address of its own, five times a second, so
//! that none of them comes near its limits: what they see of an attack is what it costs others.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, interval_at};

use super::client::{Caller, JSON, post};
use super::program::{Program, Server};
use super::{FIGURES, PERSON, RECOGNITIONS};

/// How many they are.
const CLIENTS: u8 = 8;
/// How often each asks.
const EVERY: Duration = Duration::from_millis(200);
/// The field that is another one while payments come and go.
const CHANGING: &str = "payments";

/// How long answers took, by their code.
#[derive(Default)]
pub struct Tally(BTreeMap<String, Vec<Duration>>);

impl Tally {
    /// Counts one.
    pub fn note(&mut self, code: &str, took: Duration) {
        self.0.entry(code.to_owned()).or_default().push(took);
    }

    /// Counts those of another too.
    pub fn join(&mut self, other: Self) {
        for (code, times) in other.0 {
            self.0.entry(code).or_default().extend(times);
        }
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for (n, (code, times)) in self.0.iter().enumerate() {
            let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
            times.sort_by(f64::total_cmp);
            let count = times.len();
            let comma = if n == 0 { "" } else { "; " };
            let (middle, late, most) = (times[count / 2], times[count * 99 / 100], times[count - 1]);
            write!(f, "{comma}{count} {code} (p50 {middle:.1}, p99 {late:.1}, max {most:.1} ms)")?;
        }
        Ok(())
    }
}

/// `OK`, or the code of the first error or refusal in an answer.
pub fn code_of(answer: &str) -> &str {
    let refused = ["\"errors\":[", "\"userErrors\":[{"].iter().find_map(|mark| answer.split_once(mark));
    let Some((_, rest)) = refused else { return "OK" };
    let code = rest.split_once("\"code\":\"").and_then(|(_, rest)| rest.split_once('"'));
    code.map_or("ERROR", |(code, _)| code)
}

/// Makes an account, of a name that is new in each run; gives its name and its one-time password.
pub fn create(program: &Program, name: &str, roles: &[&str]) -> (String, String) {
    let username = format!("{name}.{}", std::process::id());
    let number = tests::id_number(&username);
    let own = ["account", "create", "--json", "--name", "测试员", "--username", &username, "--id-number", &number];
    let made: Value = serde_json::from_str(&program.run(&[&own, roles].concat()).printed).expect("JSON");
    (username, made["oneTimePassword"].as_str().expect("a password").to_owned())
}

/// The token of an account of its own.
pub fn account(program: &Program, name: &str, roles: &[&str]) -> String {
    let (username, _) = create(program, name, roles);
    program.token(&["--account", &username, "--ttl", "8h"])
}

struct Question {
    document: &'static str,
    variables: Value,
    /// What is answered, but for what may change.
    answer: Value,
}

/// The eight.
pub struct Honest {
    tokens: Vec<String>,
    questions: Arc<Vec<Question>>,
    /// Ids of persons whom they see.
    pub persons: Vec<String>,
}

impl Honest {
    /// Makes their accounts, and learns what they are to be answered.
    pub async fn new(program: &Program, server: &Server) -> Self {
        let officer = ["--role", "BUSINESS_OFFICER", "--line", "ASSISTANCE", "--scope", "430104"];
        let tokens: Vec<_> = (0..CLIENTS).map(|n| account(program, &format!("honest.{n}"), &officer)).collect();
        let mut caller = Caller::new(Ipv4Addr::LOCALHOST, &server.address);
        let token = Some(tokens[0].as_str());
        let starts = "{ recognitions(first: 100) { edges { cursor node { persons { person { id } } } } } }";
        let starts = caller.data(token, starts, &json!({})).await;
        let edges = starts["recognitions"]["edges"].as_array().expect("recognitions");
        let id = |edge: &Value| Some(edge["node"]["persons"][0]["person"]["id"].as_str()?.to_owned());
        let persons: Vec<String> = edges.iter().filter_map(id).collect();
        let mut questions = Vec::new();
        for (edge, person) in edges.iter().zip(&persons).step_by(10) {
            let asked = [
                (RECOGNITIONS, json!({ "after": edge["cursor"] })),
                (FIGURES, json!({})),
                (PERSON, json!({ "id": person })),
            ];
            for (document, variables) in asked {
                let answer = lasting(caller.data(token, document, &variables).await);
                questions.push(Question { document, variables, answer });
            }
        }
        Self { tokens, questions: Arc::new(questions), persons }
    }

    /// What one of them asks first.
    pub fn page(&self) -> Vec<u8> {
        post(Some(&self.tokens[0]), JSON, self.questions[0].document, &self.questions[0].variables)
    }

    /// They ask a server for so long. An answer's time is counted from when it was due to be asked for, so that one that
    /// waits does not hide those behind it; where fewer are answered than were due, the time was over before.
    pub async fn ask(&self, address: &str, time: Duration) -> Tally {
        let began = Instant::now();
        let asking = self.tokens.iter().zip(0..).map(|(token, n)| {
            let questions = self.questions.clone();
            let (token, mut caller) = (token.clone(), Caller::new(Ipv4Addr::new(127, 0, 0, 2 + n), address));
            let mut ticks = interval_at(began + EVERY / u32::from(CLIENTS) * u32::from(n), EVERY);
            tokio::spawn(async move {
                let mut tally = Tally::default();
                for question in questions.iter().cycle() {
                    let due = ticks.tick().await;
                    if began.elapsed() >= time {
                        break;
                    }
                    let request = post(Some(&token), JSON, question.document, &question.variables);
                    let answer = caller.ask(&request).await.unwrap_or_else(|_| broken());
                    tally.note(code_of(&answer), due.elapsed());
                    if code_of(&answer) == "OK" {
                        let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
                        assert_eq!(lasting(answer["data"].take()), question.answer, "{}", question.document);
                    }
                }
                tally
            })
        });
        let asking: Vec<_> = asking.collect();
        let mut all = Tally::default();
        for one in asking {
            all.join(one.await.expect("answers that are right"));
        }
        all
    }
}

/// What stands for an answer where the connection broke.
pub fn broken() -> String {
    json!({ "errors": [{ "code": "HUNG_UP" }] }).to_string()
}

fn lasting(mut data: Value) -> Value {
    match &mut data {
        Value::Object(fields) => {
            fields.remove(CHANGING);
            for field in fields.values_mut() {
                *field = lasting(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = lasting(item.take());
            }
        }
        _ => {}
    }
    data
}
