//! The big screen: its question at any size and beside load, the figures behind it as rows change, and its memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx::{self, PgPool};
use serde_json::{Value, json};

use super::client::{Asked, Going, follow};
use super::data::District;
use super::program::{Program, Server};
use super::{RECOGNITIONS, cursor};

/// What the first page of the screen shows, as `api/web/src/screen/pages.ts` has it: figures with their parts.
const CODES: &str = "F0 F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15 D03 D05 D06 D16 D20 D21 D28 D29 D38 D39 D43 D95 \
    D105 D106";
/// Its months.
const TRENDS: &[&str] = &["F1", "F2"];
/// Changes that the projector is given at once.
const CHANGES: i64 = 20_000;

/// The half-year that the screen shows, the last that is paid.
fn half() -> Value {
    json!({ "year": 2023, "half": "H1" })
}

fn document(name: &str) -> String {
    std::fs::read_to_string(tests::repository().join(format!("api/documents/{name}.graphql"))).expect("a document")
}

/// The screen's question, its token, and what it follows.
pub async fn question(program: &Program, server: &Server) -> (Asked, String, Value) {
    let token = program.token(&["--role", "SCREEN", "--scope", "430104"]);
    let start =
        Asked::graphql(&server.address, &token, &document("screen-start"), [json!({})]).answers(1).await.remove(0);
    let wanted: Vec<&str> = CODES.split_whitespace().collect();
    let known =
        start["data"]["indicators"].as_array().expect("the catalogue").iter().filter_map(|of| of["code"].as_str());
    let shown =
        |code: &&str| wanted.contains(code) || code.split('.').next().is_some_and(|whole| wanted.contains(&whole));
    let codes: Vec<&str> = known.filter(shown).collect();
    let variables = json!({
        "division": "430104", "district": "430104", "period": half(), "codes": codes, "trends": TRENDS, "by": "F1",
        "towns": true,
    });
    let asked = Asked::graphql(&server.address, &token, &document("screen"), [variables]);
    let answer = asked.answers(1).await.remove(0);
    assert!(answer["errors"].is_null(), "{answer}");
    (asked, token, json!({ "division": "430104", "period": half(), "codes": codes }))
}

/// Goes on changing payment lines, so many a second.
fn changing(district: &District, db: &PgPool, a_second: u64) -> Going {
    let (district, db) = (district.clone(), db.clone());
    Going(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / a_second));
        loop {
            ticks.tick().await;
            district.change(&db, 1).await;
        }
    }))
}

/// The screen's question, alone and beside load; gives the seconds it usually takes alone.
pub async fn screen(district: &District, program: &Program, db: &PgPool) -> f64 {
    let (server, _) = program.serve();
    let (asked, ..) = question(program, &server).await;
    let ten = Duration::from_secs(10);
    let alone = asked.load(1, ten).await;
    let officer = program.token(&["--role", "BUSINESS_OFFICER", "--line", "ASSISTANCE", "--scope", "430104"]);
    let after = (0..100).map(|n| json!({ "after": cursor("Recognition.number", &format!("R{:07}", n * 4), 0) }));
    let pages = Asked::graphql(&server.address, &officer, RECOGNITIONS, after).steadily(100);
    let beside_pages = asked.load(1, ten).await;
    let changes = changing(district, db, 10);
    let beside_all = asked.load(1, ten).await;
    drop((pages, changes));
    for (name, round) in
        [("alone", &alone), ("beside 100 pages a second", &beside_pages), ("and 10 changes a second", &beside_all)]
    {
        let times = [round.middle, round.late].map(|time| time.as_secs_f64() * 1e3);
        println!("screen {name:<28} p50 {:.1} ms, p99 {:.1} ms (aim < 20)", times[0], times[1]);
    }
    alone.middle.as_secs_f64()
}

async fn number(db: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.expect("a number")
}

/// Changes that wait when the server starts, until the figures stand on them.
pub async fn projector(district: &District, program: &Program, db: &PgPool) {
    let changes = district.change(db, CHANGES).await;
    let (_server, _) = program.serve();
    let began = Instant::now();
    let waiting = "SELECT count(*) FROM journal_entry WHERE position IS NULL OR position > \
        (SELECT value::bigint FROM setting WHERE name = 'figures_position')";
    let mut sealed = None;
    while number(db, waiting).await > 0 {
        if sealed.is_none() && number(db, "SELECT count(*) FROM journal_entry WHERE position IS NULL").await == 0 {
            sealed = Some(began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    #[allow(clippy::cast_precision_loss)] // for people to read
    let per_second = changes as f64 / took.as_secs_f64();
    println!(
        "projector: {changes} changes in {:.1} s (sealed in {:.1} s), {per_second:.0} a second (aim 2000)",
        took.as_secs_f64(),
        sealed.unwrap_or(took).as_secs_f64()
    );
}

/// All figures counted again.
pub fn rebuild(program: &Program) {
    let done = program.run(&["figures", "rebuild"]);
    println!(
        "figures rebuild: {:.1} s, {} lines of progress, the longest silence {:.1} s, {:.0} MB at most",
        done.took.as_secs_f64(),
        done.printed.lines().count(),
        done.silence.as_secs_f64(),
        done.peak
    );
}

/// Memory of a server whose screen asks ten times a second and follows, while a line changes each second.
pub async fn memory(minutes: u64, district: &District, program: &Program, db: &PgPool) {
    let (server, _) = program.serve();
    let (asked, token, followed) = question(program, &server).await;
    let heard = Arc::new(AtomicUsize::new(0));
    let beside = (
        asked.steadily(10),
        changing(district, db, 1),
        follow(&server.address, &token, &document("screen-live"), &followed, heard.clone()),
    );
    // What is warm after a minute is what it begins with.
    tokio::time::sleep(Duration::from_mins(1)).await;
    let began = Instant::now();
    let mut points = Vec::new();
    while began.elapsed() < Duration::from_mins(minutes) {
        points.push((began.elapsed().as_secs_f64() / 3600.0, server.memory()));
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    drop(beside);
    println!(
        "memory beside a screen, {minutes} minutes: {:.1} MB, then {:.1} MB, {:+.1} MB an hour; {} answers followed",
        points[0].1,
        points[points.len() - 1].1,
        slope(&points),
        heard.load(Ordering::Relaxed)
    );
}

/// The slope of the straight line through points that fits them best.
#[allow(clippy::cast_precision_loss)] // a few hundred
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = (points.iter().map(|p| p.0).sum::<f64>() / count, points.iter().map(|p| p.1).sum::<f64>() / count);
    let over: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    over / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}
