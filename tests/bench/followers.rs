//! Many who follow the same figures while payments are taken back: what the others notice, and how soon the last has heard.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::attacks::{WARM, tell_memory};
use super::client::{Caller, Connection, EVENTS, Going, JSON, post};
use super::data::District;
use super::global;
use super::honest::{Honest, account, code_of};
use super::program::{Program, Server};
use super::wall::question;

/// How many follow.
const FOLLOWERS: [usize; 2] = [1_000, 5_000];
/// How many of them from one address, and of one account.
const EACH: usize = 100;
/// Changes, and the time between two.
const CHANGES: usize = 30;
const PAUSE: Duration = Duration::from_millis(500);
/// A change that nobody has heard of after so long is lost.
const PATIENCE: Duration = Duration::from_secs(10);

const FOLLOW: &str = "subscription L($division: DivisionCode!, $period: PeriodInput, $codes: [String!]) { \
    figureChanged(division: $division, period: $period, codes: $codes) { figures { code amount value display } } }";
/// What was paid, in an answer: each change takes so many yuan of it.
const PAID: &str = "\"code\":\"F2\",\"amount\":\"";
const YUAN: i64 = 300;
const UNDO: &str = "mutation U($id: ID!) { undoImport(input: { id: $id }) { userErrors { code } } }";

/// Who heard, what was paid in fen, and when.
type Heard = (usize, i64, Instant);

/// Measures with few and with many.
pub async fn followers(district: &District, program: &Program, honest: &Honest, admin: &str) {
    let (server, _) = program.serve();
    let (_, _, mut followed) = question(program, &server).await;
    followed["period"] = json!({ "year": 2023, "half": "H2" });
    drop(server);
    let most = FOLLOWERS.into_iter().max().unwrap_or_default() / EACH;
    let screen = ["--role", "SCREEN", "--scope", "430104"];
    let tokens: Vec<String> = (0..most).map(|n| account(program, &format!("screen.{n}"), &screen)).collect();
    let requests: Vec<Vec<u8>> = tokens.iter().map(|token| post(Some(token), EVENTS, FOLLOW, &followed)).collect();
    for count in FOLLOWERS {
        let imports = pay(district, program, count);
        let server = program.serve_limited();
        honest.ask(&server.address, WARM).await;
        let before = server.memory();
        let (told, mut hearing) = unbounded_channel();
        let mut following = Vec::new();
        let began = Instant::now();
        for n in 0..count {
            let source = Ipv4Addr::new(127, 0, 2, u8::try_from(1 + n / EACH).expect("few"));
            let mut connection = Connection::from(source, &server.address).await.expect("a connection");
            connection.send(&requests[n / EACH]).await.expect("sent");
            following.push(Going(tokio::spawn(follow(n, connection, told.clone()))));
        }
        let mut paid = None;
        let mut waiting = count;
        while waiting > 0 {
            let (_, fen, _) = hearing.recv().await.expect("an answer");
            paid = Some(fen);
            waiting -= 1;
        }
        let (paid, begun) = (paid.expect("an answer"), began.elapsed());
        let seconds = PAUSE * u32::try_from(CHANGES).expect("few");
        let (answers, written) =
            tokio::join!(honest.ask(&server.address, seconds), take_back(&server, admin, &imports));
        let (last, heard) = hear(&mut hearing, count, paid, &written).await;
        drop(following);
        println!("\n{count} followers of the same figures, all answered first after {:.1} s", begun.as_secs_f64());
        println!("  honest    {answers}");
        let mut times: Vec<f64> = last.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        if let [.., most] = times.as_slice() {
            println!(
                "  followers {} of {CHANGES} changes heard by all, the last of them after p50 {:.0} ms, max {most:.0} ms; \
                 {heard} answers",
                times.len(),
                times[times.len() / 2]
            );
        } else {
            println!("  followers no change heard by all; {heard} answers");
        }
        tell_memory(before, &server);
    }
}

/// Tells what was paid each time that it is heard.
async fn follow(n: usize, mut connection: Connection, told: UnboundedSender<Heard>) {
    loop {
        let buffer = connection.read().await.expect("a stream that lasts");
        let text = String::from_utf8_lossy(buffer);
        let Some((events, _)) = text.rsplit_once("\n\n") else { continue };
        if let Some((_, rest)) = events.rsplit_once(PAID)
            && let Some((amount, _)) = rest.split_once('"')
        {
            let fen = amount.replace('.', "").parse().expect("an amount");
            if told.send((n, fen, Instant::now())).is_err() {
                return;
            }
        }
        let kept = text.len() - events.len() - 2;
        buffer.drain(..buffer.len() - kept);
    }
}

/// Imports payments one by one; gives the ids of the imports.
fn pay(district: &District, program: &Program, count: usize) -> Vec<String> {
    let one = |of: usize| {
        let number = format!("X{}-{count}-{of}", std::process::id());
        let sheet = district.sheet_of_a_payment(program, &number, i64::try_from(of).expect("few"), YUAN);
        let done: Value = serde_json::from_str(&program.import("payments", &sheet).printed).expect("JSON");
        assert_eq!(done["created"], 1, "{done}");
        global("Import", done["id"].as_i64().expect("an id"))
    };
    (0..CHANGES).map(one).collect()
}

/// Takes them back one by one; gives when that was answered.
async fn take_back(server: &Server, token: &str, imports: &[String]) -> Vec<Instant> {
    let mut caller = Caller::new(Ipv4Addr::new(127, 0, 0, 12), &server.address);
    let mut ticks = tokio::time::interval(PAUSE);
    let mut written = Vec::new();
    for id in imports {
        ticks.tick().await;
        let answer = caller.ask(&post(Some(token), JSON, UNDO, &json!({ "id": id }))).await.expect("an answer");
        assert_eq!(code_of(&answer), "OK", "{answer}");
        written.push(Instant::now());
    }
    written
}

/// For each change that all have heard of, how long it took until the last had; and how many answers there were.
async fn hear(
    hearing: &mut UnboundedReceiver<Heard>,
    followers: usize,
    paid: i64,
    written: &[Instant],
) -> (Vec<Duration>, usize) {
    // How many changes each has heard of, and of each change how many have heard and when the last did.
    let mut known = vec![0; followers];
    let mut heard: Vec<(usize, Duration)> = vec![(0, Duration::ZERO); written.len()];
    let mut answers = 0;
    let until = tokio::time::Instant::now() + PATIENCE;
    while heard.iter().any(|(by, _)| *by < followers)
        && let Ok(Some((n, fen, at))) = tokio::time::timeout_at(until, hearing.recv()).await
    {
        answers += 1;
        let now = usize::try_from((paid - fen) / YUAN / 100).unwrap_or_default().min(written.len());
        for change in known[n]..now {
            heard[change].0 += 1;
            heard[change].1 = heard[change].1.max(at.saturating_duration_since(written[change]));
        }
        known[n] = known[n].max(now);
    }
    (heard.into_iter().filter(|(by, _)| *by == followers).map(|(_, last)| last).collect(), answers)
}
