//! Measures the program beside endpoints written by hand that do the same work in the same run, at several sizes of the
//! district. Prints what it finds and asserts nothing but that both sides give the same answer; started by
//! `tests/bench/run`.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a measure that cannot be taken ends it

mod attacks;
mod away;
mod bare;
mod client;
mod data;
mod followers;
mod honest;
mod program;
mod wall;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use sea_orm::sqlx::{self, AssertSqlSafe, PgPool};
use serde_json::{Value, json};

use bare::{Indicator, PAGE};
use client::{Asked, Load, Round, beside};
use data::District;
use program::{Program, Server};

const PERSON: &str = "query P($id: ID!) { node(id: $id) { ... on Person { \
    id masked name idKind idNumber sex birthDecade ethnicity residence phone } } }";
const RECOGNITIONS: &str = "query R($after: String) { recognitions(first: 50, after: $after) { \
    nodes { number category division effectiveFrom monthlyAmount persons { person { name idNumber } } \
    household { number area } payments(first: 1) { number paidOn amount } } pageInfo { hasNextPage endCursor } } }";
const FIGURES: &str = "query F($codes: [String!]) { figures(division: \"430104\", period: { year: 2023, half: H1 }, \
    codes: $codes) { division { name } figures { code name unit value amount display yearOnYear } } }";
const PAYMENTS: &str = "query L($after: String) { payments(first: 50, after: $after) { \
    nodes { number category division firstMonth paidOn amount nature state } pageInfo { hasNextPage endCursor } } }";
const CENTRES: &str = "query C($after: String) { careCentres(first: 20, after: $after) { nodes { number name \
    homeCareBeds(first: 10) { number startedOn visits(first: 3) { number kind startedAt state person { name } } } } } }";

/// All that can be measured; `--parts` picks some. The import comes last, since it changes the district.
const PARTS: &[&str] = &["idle", "reads", "visits", "screen", "projector", "rebuild", "memory", "attacks", "import"];
/// Starts of the server, of which the middle one counts.
const STARTS: usize = 5;

struct Settings {
    sizes: Vec<i64>,
    load: Load,
    binary: PathBuf,
    postgres: String,
    /// A database made by an earlier run, left as it is.
    kept: Option<PathBuf>,
    parts: Vec<String>,
    /// How long the memory is looked at.
    minutes: u64,
}

fn settings() -> Settings {
    let mut settings = Settings {
        sizes: Vec::new(),
        load: Load { connections: 16, time: Duration::from_secs(3), rounds: 5 },
        binary: std::env::var_os("BENCH_BINARY")
            .map_or_else(|| tests::repository().join("target/release/minzheng"), PathBuf::from),
        postgres: std::env::var("BENCH_POSTGRES").expect("BENCH_POSTGRES: start this with tests/bench/run"),
        kept: None,
        parts: PARTS.iter().map(|part| (*part).to_owned()).collect(),
        minutes: 10,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse::<usize>().ok()).expect("a number");
        match argument.as_str() {
            "--connections" => settings.load.connections = number(),
            "--seconds" => settings.load.time = Duration::from_secs(number() as u64),
            "--rounds" => settings.load.rounds = number(),
            "--keep" => settings.kept = arguments.next().map(PathBuf::from),
            "--minutes" => settings.minutes = number() as u64,
            "--parts" => {
                settings.parts = arguments.next().expect("parts").split(',').map(str::to_owned).collect();
                assert!(settings.parts.iter().all(|part| PARTS.contains(&part.as_str())), "parts: {PARTS:?}");
            }
            size => settings.sizes.push(size.parse().unwrap_or_else(|_| panic!("{size}: a number of payment lines"))),
        }
    }
    if settings.sizes.is_empty() {
        settings.sizes = vec![50_000, 5_000_000];
    }
    settings
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, bare, url, keys, catalogue] = arguments.as_slice()
        && bare == "bare"
    {
        return actix_web::rt::System::new().block_on(bare::serve(url, Path::new(keys), Path::new(catalogue)));
    }
    let settings = settings();
    let Load { connections, time, rounds } = settings.load;
    println!(
        "{connections} connections, rounds of {} s, the middle one of {rounds}, both sides in turn",
        time.as_secs()
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut screens = Vec::new();
    for lines in settings.sizes.clone() {
        screens.extend(runtime.block_on(measure(&settings, lines)));
    }
    if let [small, .., large] = screens.as_slice() {
        println!("\nthe screen's question takes {:.2} times as long (aim <= 1.2)", large / small);
    }
}

/// One size: makes the district, then measures. Gives how long the screen's question takes.
async fn measure(settings: &Settings, lines: i64) -> Option<f64> {
    let district = District::new(lines);
    println!("\n{} payment lines, {} recognitions", district.lines, district.recognitions());
    let name = format!("bench_{}", district.lines);
    let folder = tempfile::tempdir().expect("a folder");
    let data = settings.kept.as_ref().map_or_else(|| folder.path().to_owned(), |kept| kept.join(&name));
    let base = settings.postgres.rsplit_once('/').expect("an address with a database").0;
    let program = Program { binary: settings.binary.clone(), folder: data, url: format!("{base}/{name}") };
    let made = program.folder.join("made");
    if !made.exists() {
        std::fs::create_dir_all(&program.folder).expect("a folder");
        let admin = PgPool::connect(&settings.postgres).await.expect("PostgreSQL");
        for statement in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&admin).await.expect("a database");
        }
    }
    let db = PgPool::connect(&program.url).await.expect("the database");
    if !made.exists() {
        district.make(&program, &db).await;
        std::fs::write(&made, "").expect("written");
    }
    let asked = |part: &str| settings.parts.iter().any(|asked| asked == part);
    if asked("idle") {
        idle(&program);
    }
    if asked("reads") || asked("visits") {
        reads(settings, &program, &db).await;
    }
    let screen = if asked("screen") { Some(wall::screen(&district, &program, &db).await) } else { None };
    if asked("projector") {
        wall::projector(&district, &program, &db).await;
    }
    if asked("rebuild") {
        wall::rebuild(&program);
    }
    if asked("memory") {
        wall::memory(settings.minutes, &district, &program, &db).await;
    }
    if asked("attacks") {
        attacks::attacks(&district, &program).await;
    }
    if asked("import") {
        import(&district, &program);
        // The lines of a second import would be there already.
        std::fs::remove_file(&made).expect("removed");
    }
    screen
}

/// Start and memory of a server that nobody asks.
fn idle(program: &Program) {
    let mut times = Vec::new();
    let mut memory = 0.0;
    for _ in 0..STARTS {
        let (server, took) = program.serve();
        times.push(took);
        if times.len() == STARTS {
            std::thread::sleep(Duration::from_secs(3));
            memory = server.memory();
        }
    }
    times.sort_unstable();
    println!("start until /readyz says yes {:>8.0} ms   (aim < 1000)", times[STARTS / 2].as_secs_f64() * 1e3);
    println!("memory of serve, idle       {memory:>8.1} MB   (aim < 60)");
}

/// What is asked most, beside the endpoints written by hand.
async fn reads(settings: &Settings, program: &Program, db: &PgPool) {
    let (server, _) = program.serve();
    let token = |line| program.token(&["--role", "BUSINESS_OFFICER", "--line", line, "--scope", "430104"]);
    let (assistance, elderly) = (token("ASSISTANCE"), token("ELDERLY"));
    let asking = |token: &str, document: &str, variables: Vec<Value>| {
        Asked::graphql(&server.address, token, document, variables)
    };
    let ask = |document: &str, variables: Vec<Value>| asking(&assistance, document, variables);
    let catalogue = ask("{ indicators { code name unit decimals kind } }", vec![json!({})]).answers(1).await.remove(0);
    let indicators: Vec<Indicator> =
        serde_json::from_value(catalogue["data"]["indicators"].clone()).expect("the catalogue");
    let of_report = |of: &Indicator| {
        of.code.starts_with('F')
            && !of.code.contains('.')
            && ["FLOW", "STOCK", "DISTINCT", "TEXT"].contains(&of.kind.as_str())
    };
    let of_report: Vec<Value> = indicators
        .into_iter()
        .filter(of_report)
        .map(
            |of| json!({ "code": of.code, "name": of.name, "unit": of.unit, "decimals": of.decimals, "kind": of.kind }),
        )
        .collect();
    let codes: Vec<&str> = of_report.iter().filter_map(|of| of["code"].as_str()).collect();
    let file = program.folder.join("catalogue.json");
    std::fs::write(&file, json!(of_report).to_string()).expect("written");
    let bare = Command::new(std::env::current_exe().expect("this program"))
        .args(["bare", &program.url])
        .args([program.folder.join("keys"), file])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the endpoints");
    let bare = Server::announced(bare);
    let by_hand = |paths: Vec<String>| Asked::paths(&bare.address, paths);

    println!("{:<28} {:>9} {:>9} {:>7}   p50 and p99 in ms", "answers a second", "minzheng", "by hand", "ratio");
    let starts = async |table: &str, every: i64| -> Vec<(String, i64)> {
        let sql = format!(
            "SELECT number, id FROM (SELECT number, id, row_number() OVER (ORDER BY number, id) AS n FROM {table}) r \
             WHERE n % {every} = 0 ORDER BY n LIMIT 100"
        );
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(db).await.expect("where pages begin")
    };
    let after = |order: &str, starts: &[(String, i64)]| -> Vec<Value> {
        starts.iter().map(|(number, id)| json!({ "after": cursor(order, number, *id) })).collect()
    };
    let path = |of: &str, starts: &[(String, i64)]| -> Vec<String> {
        starts.iter().map(|(number, id)| format!("/{of}/{number}/{id}")).collect()
    };
    let asked = |part: &str| settings.parts.iter().any(|asked| asked == part);
    if asked("visits") {
        // 30 of the 50 centres have 20 behind them.
        let starts: Vec<_> = starts("care_centre", 1).await.into_iter().take(30).collect();
        let (a, b) =
            (asking(&elderly, CENTRES, after("CareCentre.number", &starts)), by_hand(path("centres", &starts)));
        compare(settings, "20 centres, beds, visits", &a, &b).await;
    }
    if !asked("reads") {
        return;
    }

    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM person ORDER BY md5(id::text) LIMIT 500")
        .fetch_all(db)
        .await
        .expect("persons");
    let a = ask(PERSON, ids.iter().map(|id| json!({ "id": global("Person", *id) })).collect());
    let b = by_hand(ids.iter().map(|id| format!("/person/{id}")).collect());
    compare(settings, "masked person by id", &a, &b).await;

    let starts = starts("recognition", 50).await;
    let (a, b) = (ask(RECOGNITIONS, after("Recognition.number", &starts)), by_hand(path("recognitions", &starts)));
    compare(settings, &format!("page of {PAGE} recognitions"), &a, &b).await;

    let a = ask(FIGURES, vec![json!({ "codes": codes })]);
    let b = by_hand(vec!["/figures".to_owned()]);
    compare(settings, &format!("dashboard, {} figures", codes.len()), &a, &b).await;

    // Page 1,000 by keyset: after row 49,950 of the list's usual order.
    let at: Option<(String, i64)> =
        sqlx::query_as("SELECT paid_on::text, id FROM payment ORDER BY paid_on, id OFFSET 49949 LIMIT 1")
            .fetch_optional(db)
            .await
            .expect("payments");
    if let Some((day, id)) = at {
        let far = ask(PAYMENTS, vec![json!({ "after": cursor("Payment.paid_on", &day, id) })]);
        let near = ask(PAYMENTS, vec![json!({})]);
        let rows = far.answers(1).await.remove(0)["data"]["payments"]["nodes"].as_array().map_or(0, Vec::len);
        let (far, near) = beside(settings.load, &far, &near).await;
        let ratio = near.per_second / far.per_second;
        println!(
            "{:<28} {:>9.0} {:>9.0} {ratio:>7.2}   times page 1 ({rows} rows; aim <= 1.2)",
            "page 1,000 | page 1", far.per_second, near.per_second
        );
    }
    println!("memory of serve, after load {:>8.1} MB", server.memory());
}

async fn compare(settings: &Settings, name: &str, a: &Asked, b: &Asked) {
    let mut statements = Vec::new();
    for (ours, theirs) in a.answers(20).await.into_iter().zip(b.answers(20).await) {
        statements.push(ours["extensions"]["statements"].as_u64().expect("a count"));
        assert_eq!(ours["data"], theirs["data"], "{name}: not the same answer; {}", ours["errors"]);
    }
    // Once a second the session is looked at too, and a last page may be empty: the usual number counts.
    statements.sort_unstable();
    let statements = statements[statements.len() / 2];
    let (a, b) = beside(settings.load, a, b).await;
    let times =
        |round: &Round| format!("{:.1} {:.1}", round.middle.as_secs_f64() * 1e3, round.late.as_secs_f64() * 1e3);
    println!(
        "{name:<28} {:>9.0} {:>9.0} {:>7.2}   {} | {}, {statements} statements (aim >= 0.7)",
        a.per_second,
        b.per_second,
        a.per_second / b.per_second,
        times(&a),
        times(&b)
    );
}

/// A sheet of payments through the command line.
fn import(district: &District, program: &Program) {
    let (sheet, rows) = district.sheet_of_payments(program);
    let done = program.import("payments", &sheet);
    let outcome: Value = serde_json::from_str(&done.printed).expect("JSON");
    assert_eq!(outcome["created"], rows, "{outcome}");
    #[allow(clippy::cast_precision_loss)] // for people to read
    let per_second = rows as f64 / done.took.as_secs_f64();
    println!(
        "import of {rows} payments, sealed and in the figures: {per_second:.0} rows a second (aim >= 10000), \
         {:.1} s, {:.0} MB at most (aim < 300)",
        done.took.as_secs_f64(),
        done.peak
    );
}

fn global(aggregate: &str, id: i64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{aggregate}:{id}"))
}

/// Where a page begins, as the lists say it.
fn cursor(order: &str, sort: &str, id: i64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json!([order, sort, id]).to_string())
}
