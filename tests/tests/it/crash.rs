//! Power cuts and crowds: what was acknowledged is there, the journal, the rows and the figures agree, positions have no
//! gap.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::fire::{Chance, rounds};
use tests::{World, eventually};

use crate::files::upload;
use crate::talk::{PATIENCE, ready, try_ask};

/// Power cuts of one run, in the suite and in `tests/fire/run`.
const CUTS: (usize, usize) = (20, 50);
/// Writers through the server; one more imports by the command line.
const CLERKS: usize = 7;
/// Families of the village: a person with a recognition each, paid month by month.
const FAMILIES: usize = 250;
/// Months in a sheet of the command line: more rows than one command takes.
const MONTHS: usize = 5;

const REPORT: &str = "mutation($input: ReportChangeInput!) { reportChange(input: $input) {
    reportedChange { id } userErrors { code message } } }";
const SYNC: &str = "mutation($entries: [SyncEntryInput!]!) { syncBatch(input: { entries: $entries }) {
    results { clientId ids userErrors { code message } } userErrors { code message } } }";
const RUN: &str = "mutation($entries: [BatchEntryInput!]!) { runBatch(input: { entries: $entries }) {
    results { ids userErrors { code message } } userErrors { code message } } }";
const IMPORT: &str = "mutation($input: StartImportInput!) { startImport(input: $input) {
    import { id } job { id } userErrors { code message } } }";

/// A command as it was sent, and the answer, where it came before the cut.
struct Said {
    by: String,
    query: &'static str,
    variables: Value,
    answer: Option<Value>,
    took: Duration,
}

/// What was tried between two cuts.
struct Tried {
    said: Vec<Said>,
    /// Sheets of the command line, and whether it ended well.
    sheets: Vec<(String, bool)>,
}

/// Who writes, and about what.
struct Village {
    worker: String,
    officer: String,
    admin: String,
    persons: Vec<String>,
    /// Reports asked for, each once.
    reports: AtomicUsize,
    /// Months paid in some sheet.
    months: AtomicUsize,
    /// Uploaded sheets that no import was begun for.
    uploaded: Mutex<Vec<String>>,
}

impl Village {
    fn new(world: &mut World) -> Self {
        let families = |header: &str, row: &dyn Fn(usize) -> String| {
            format!("{header}\n{}\n", (0..FAMILIES).map(row).collect::<Vec<_>>().join("\n"))
        };
        let places =
            "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,示例村,VILLAGE\n";
        let recognitions = "认定编号,户编号,救助类别,保障对象证件号码,生效月份,月保障金额";
        for (kind, content) in [
            ("divisions", places.to_owned()),
            (
                "persons",
                families("证件类型,证件号码,姓名,现住地代码", &|n| {
                    format!("无证件,R{n},甲,430199001001")
                }),
            ),
            (
                "households",
                families("户编号,户主证件号码,区划代码,城乡", &|n| {
                    format!("H{n},R{n},430199001001,城市")
                }),
            ),
            ("recognitions", families(recognitions, &|n| format!("B{n},H{n},低保,R{n},1990-01,300.00"))),
        ] {
            let file = world.file(&format!("{kind}.csv"), &content);
            world.succeed(&["import", kind, &file]);
        }
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let persons: Vec<String> = all_ids(world, &admin, "persons").into_iter().collect();
        assert_eq!(persons.len(), FAMILIES);
        let months = AtomicUsize::new(0);
        let mut uploaded = Vec::new();
        for n in 0..rounds(CUTS.0, CUTS.1) / 2 {
            uploaded.push(upload(world, &admin, &format!("{n}.csv"), payments(&months, 1).as_bytes()));
        }
        Self {
            worker: world.token(&["--role", "VILLAGE_WORKER", "--scope", "430199001001"]),
            officer: world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]),
            uploaded: Mutex::new(uploaded),
            reports: AtomicUsize::new(0),
            admin,
            persons,
            months,
        }
    }

    /// A change that was not reported yet.
    fn report(&self) -> Value {
        let n = self.reports.fetch_add(1, Ordering::SeqCst);
        let (person, day) = (&self.persons[n % FAMILIES], n / FAMILIES);
        let day = format!("{}-{:02}-{:02}", 2000 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
        json!({ "person": person, "kind": "ILLNESS", "happenedOn": day, "note": format!("第{n}件") })
    }

    /// What a clerk sends under this key, having heard `last` before.
    fn next(&self, clerk: usize, key: &str, last: Option<&Said>) -> Said {
        let said = |by: &String, query, variables| Said {
            by: by.clone(),
            query,
            variables,
            answer: None,
            took: Duration::ZERO,
        };
        let keyed = |mut input: Value| {
            input["idempotencyKey"] = json!(key);
            input
        };
        let last = last.filter(|last| last.query == REPORT).and_then(|last| last.answer.as_ref());
        match (clerk, last) {
            (0 | 1, _) => {
                let entry = |part| {
                    json!({
                        "clientId": format!("{key}-{part}"), "happenedAt": "2023-06-29T15:20:00+08:00",
                        "command": "REPORT_CHANGE", "input": self.report(),
                    })
                };
                let by = if clerk == 0 { &self.worker } else { &self.officer };
                said(by, SYNC, json!({ "entries": [entry("a"), entry("b"), entry("c")] }))
            }
            (2, Some(reported)) => {
                let id = &reported["data"]["reportChange"]["reportedChange"]["id"];
                let input = keyed(json!({ "id": id, "remark": "已核实" }));
                said(
                    &self.officer,
                    RUN,
                    json!({ "entries": [{ "command": "HANDLE_REPORTED_CHANGE", "input": input }] }),
                )
            }
            (3, Some(_)) if let Some(file) = self.uploaded.lock().expect("the sheets").pop() => {
                said(&self.admin, IMPORT, json!({ "input": keyed(json!({ "kind": "payments", "file": file })) }))
            }
            (4, _) => said(&self.officer, REPORT, json!({ "input": keyed(self.report()) })),
            _ => said(&self.worker, REPORT, json!({ "input": keyed(self.report()) })),
        }
    }

    /// Sends on and on until the power is cut.
    fn write(&self, address: &str, clerk: usize, cut: usize) -> Vec<Said> {
        let mut all: Vec<Said> = Vec::new();
        loop {
            let mut said = self.next(clerk, &format!("key-{clerk}-{cut}-{}", all.len()), all.last());
            let begun = Instant::now();
            said.answer = try_ask(address, &said.by, said.query, &said.variables);
            said.took = begun.elapsed();
            let heard = said.answer.is_some();
            if let Some(answer) = &said.answer {
                assert!(is_accepted(answer), "{answer}");
            }
            all.push(said);
            if !heard {
                return all;
            }
        }
    }

    /// Imports sheet after sheet by the command line until the power is cut.
    fn import(&self, world: &World, cut: usize, off: &AtomicBool) -> Vec<(String, bool)> {
        let mut all = Vec::new();
        while !off.load(Ordering::SeqCst) {
            let file = world.file(&format!("{cut}-{}.csv", all.len()), &payments(&self.months, MONTHS));
            let mut child = world.start(&["import", "payments", &file]);
            let ended = loop {
                if let Some(status) = child.try_wait().expect("a child") {
                    assert!(status.success(), "{file}");
                    break true;
                }
                if off.load(Ordering::SeqCst) {
                    let _ = child.kill();
                    // It may have been quicker.
                    break child.wait().expect("a child").success();
                }
                std::thread::sleep(Duration::from_millis(2));
            };
            all.push((file, ended));
        }
        all
    }
}

/// Payments of all families for the next months; no two sheets have a line in common.
fn payments(paid: &AtomicUsize, months: usize) -> String {
    let mut text =
        "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态,资金来源\n".to_owned();
    let first = paid.fetch_add(months, Ordering::SeqCst);
    for month in first..first + months {
        let month = format!("{}-{:02}", 1990 + month / 12, month % 12 + 1);
        for n in 0..FAMILIES {
            let (day, yuan) = (n % 9, 300 + n);
            let _ = writeln!(
                text,
                "P{month}-{n},低保,B{n},R{n},430199001001,{month},{month}-1{day},{yuan}.00,正常,成功,区"
            );
        }
    }
    text
}

/// Whether everything in it was taken.
fn is_accepted(answer: &Value) -> bool {
    fn nothing_refused(value: &Value) -> bool {
        match value {
            Value::Array(parts) => parts.iter().all(nothing_refused),
            Value::Object(fields) => fields.iter().all(|(name, value)| match name.as_str() {
                "userErrors" => value == &json!([]),
                "ids" | "id" => !value.is_null() && value != &json!([]),
                _ => nothing_refused(value),
            }),
            _ => true,
        }
    }
    answer["errors"].is_null() && !answer["data"].is_null() && nothing_refused(&answer["data"])
}

/// Sends it again until it is taken: a transaction that was cut off may hold its key for a moment.
fn again(address: &str, said: &Said) -> Value {
    let begun = Instant::now();
    loop {
        let answer = try_ask(address, &said.by, said.query, &said.variables).expect("an answer");
        if is_accepted(&answer) {
            return answer;
        }
        let running = answer.to_string().contains("IDEMPOTENCY_IN_PROGRESS");
        assert!(running && begun.elapsed() < PATIENCE, "{} {answer}", said.variables);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Global ids of all rows of a list.
fn all_ids(world: &mut World, token: &str, list: &str) -> BTreeSet<String> {
    let query = format!(
        "query($after: String) {{ list: {list}(first: 100, after: $after) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let (mut ids, mut after) = (BTreeSet::new(), Value::Null);
    loop {
        let page = world.data_as(token, &query, json!({ "after": after }))["list"].clone();
        ids.extend(
            page["nodes"].as_array().expect("rows").iter().map(|row| row["id"].as_str().expect("an id").to_owned()),
        );
        if page["pageInfo"]["hasNextPage"] == false {
            return ids;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// The journal, the records and the figures agree, whatever goes on meanwhile.
fn agree(world: &World) {
    std::thread::scope(|scope| {
        scope.spawn(|| world.succeed(&["audit", "verify", "--records"]));
        scope.spawn(|| world.succeed(&["figures", "verify"]));
    });
}

/// After a cut: what was acknowledged is there, what was not can be had, all agrees. Gives the ids of reports.
fn proved(world: &World, address: &str, tried: &Tried) -> BTreeSet<String> {
    let mut reports = BTreeSet::new();
    for said in &tried.said {
        let answer = again(address, said);
        if let Some(first) = &said.answer {
            assert_eq!(first["data"], answer["data"], "sent again, it gives the first result: {}", said.variables);
        }
        let one = std::iter::once(&answer["data"]["reportChange"]["reportedChange"]["id"]);
        let many =
            answer["data"]["syncBatch"]["results"].as_array().into_iter().flatten().map(|result| &result["ids"][0]);
        reports.extend(one.chain(many).filter_map(Value::as_str).map(str::to_owned));
    }
    for (sheet, ended) in &tried.sheets {
        let outcome: Value =
            serde_json::from_str(&world.succeed(&["import", "--json", "payments", sheet])).expect("JSON");
        let count = |name: &str| outcome[name].as_u64().expect("a number");
        assert_eq!(count("created") + count("unchanged"), (FAMILIES * MONTHS) as u64, "{outcome}");
        assert!(!ended || count("created") == 0, "it had ended well, and its rows were not all there: {outcome}");
    }
    agree(world);
    reports
}

tests::on_both! {
    killed_in_the_middle_of_writes_nothing_is_half_done(world) {
        let file = tests::repository().join("tests/data/divisions-43.csv").display().to_string();
        // Odd moments, from the first statement to somewhere in the middle.
        for milliseconds in [30, 77, 131, 190, 263, 340, 455, 612] {
            let mut child = world.start(&["import", "divisions", &file]);
            std::thread::sleep(Duration::from_millis(milliseconds));
            let _ = child.kill();
            let _ = child.wait();
            let verdict = world.succeed(&["audit", "verify", "--records"]);
            assert!(verdict.contains("unsealed 0 · faults 0"), "{verdict}");
        }
        let outcome: serde_json::Value = serde_json::from_str(&world.succeed(&["import", "--json", "divisions", &file])).expect("JSON");
        let total = outcome["created"].as_u64().unwrap() + outcome["unchanged"].as_u64().unwrap();
        assert_eq!((total, &outcome["changed"]), (31_691, &json!(0)));
        world.succeed(&["audit", "verify", "--records"]);
    }

    killed_at_twenty_random_moments_under_eight_writers_nothing_acknowledged_is_lost(world) {
        world.set("MINZHENG_RATE_PER_ACCOUNT", "0");
        world.set("MINZHENG_RATE_PER_ADDRESS", "0");
        let village = Village::new(world);
        world.stop();
        let (mut chance, cuts) = (Chance::new(), rounds(CUTS.0, CUTS.1));
        let (mut reports, mut imports, mut waits, mut unheard) = (BTreeSet::new(), Vec::new(), Vec::new(), 0);
        let mut tried = Tried { said: Vec::new(), sheets: Vec::new() };
        for cut in 0..cuts {
            let server = world.second_server();
            let address = server.address().to_owned();
            eventually("it is ready again", || ready(&address));
            reports.extend(proved(world, &address, &tried));
            let moment = Duration::from_millis(20 + chance.below(800));
            let (off, village, shared) = (AtomicBool::new(false), &village, &*world);
            tried = std::thread::scope(|scope| {
                let (address, off) = (&address, &off);
                let clerks: Vec<_> =
                    (0..CLERKS).map(|clerk| scope.spawn(move || village.write(address, clerk, cut))).collect();
                let importer = scope.spawn(move || village.import(shared, cut, off));
                std::thread::sleep(moment);
                off.store(true, Ordering::SeqCst);
                drop(server); // kill -9
                Tried {
                    said: clerks.into_iter().flat_map(|clerk| clerk.join().expect("a clerk")).collect(),
                    sheets: importer.join().expect("the importer"),
                }
            });
            for said in &tried.said {
                if said.answer.is_some() { waits.push(said.took) } else { unheard += 1 }
                if said.query == IMPORT {
                    imports.push(said.variables.clone());
                }
            }
        }
        let address = world.serve().to_owned();
        reports.extend(proved(world, &address, &tried));
        waits.sort_unstable();
        let (half, longest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
        println!("{} commands answered, half within {half:?}, all within {longest:?}; {unheard} not; {} sheets by jobs", waits.len(), imports.len());
        assert!(unheard >= cuts && waits.len() > cuts);

        // Jobs that were cut off are taken up again when their leases are over.
        for variables in imports {
            let said = Said { by: village.admin.clone(), query: IMPORT, variables, answer: None, took: Duration::ZERO };
            let job = again(&address, &said)["data"]["startImport"]["job"]["id"].clone();
            let query = "query($id: ID!) { job(id: $id) { state message import { state created unchanged refused } } }";
            let mut now = Value::Null;
            eventually("the job ends", || {
                now = world.data_as(&village.admin, query, json!({ "id": job }))["job"].clone();
                now["state"] == "DONE" || now["state"] == "FAILED"
            });
            assert_eq!((&now["import"]["state"], &now["import"]["refused"]), (&json!("ACCEPTED"), &json!("0")), "{now}");
        }
        // Each report once and no other; each payment once.
        assert_eq!(reports.len(), village.reports.load(Ordering::SeqCst));
        assert_eq!(all_ids(world, &village.officer, "reportedChanges"), reports);
        let unused = village.uploaded.lock().expect("the sheets").len();
        let rows = (village.months.load(Ordering::SeqCst) - unused) * FAMILIES;
        let lines = world.data_as(&village.admin, "{ payments { totalCount } }", json!({}))["payments"]["totalCount"].clone();
        assert_eq!(lines, rows);
        agree(world);
    }

    many_processes_write_at_once_and_nothing_is_lost(world) {
        world.serve(); // it seals too
        let files: Vec<String> = (0..6)
            .map(|n| {
                let rows: Vec<String> = (1..60).map(|m| format!("43019900{}{m:03},村{n}-{m},VILLAGE", n + 1)).collect();
                world.file(&format!("{n}.csv"), &format!("区划代码,名称,级别\n{}\n", rows.join("\n")))
            })
            .collect();
        let shared = &*world;
        std::thread::scope(|scope| {
            for file in &files {
                scope.spawn(move || {
                    for _ in 0..5 {
                        assert!(shared.start(&["import", "divisions", file]).wait().expect("it ends").success());
                    }
                });
            }
        });
        let count = world.data("{ divisions { totalCount } }", json!({}))["divisions"]["totalCount"].clone();
        assert_eq!(count, 6 * 59);
        let verdict = world.succeed(&["audit", "verify", "--records"]);
        assert!(verdict.contains("unsealed 0 · faults 0"), "{verdict}");
    }

    what_was_answered_is_there_after_the_server_was_killed(world) {
        let file = world.file("d.csv", "区划代码,名称,级别\n430199,示例区,DISTRICT\n");
        world.serve();
        world.succeed(&["import", "divisions", &file]);
        world.kill();
        let data = world.data("{ division(code: \"430199\") { name } }", json!({}));
        assert_eq!(data["division"]["name"], "示例区");
    }
}
