//! When the ground gives way: a disk that is full or broken, PostgreSQL that is away. Nothing acknowledged is lost, nothing
//! refused is there, and the program says what is the matter and comes back by itself.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tests::fire::{BROKEN, Chance, Disk, NO_ROOM, Postgres, Proxy, rounds};
use tests::{On, World, eventually};

use crate::talk::{ready, try_ask};

const REPORT: &str = "mutation($input: ReportChangeInput!) { reportChange(input: $input) {
    reportedChange { id } userErrors { code message } } }";

/// One person of whom changes are reported.
struct Village {
    officer: String,
    person: String,
    reports: usize,
}

/// What came of a report.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    /// Acknowledged.
    Done,
    /// An error with this code, and whether the outcome is said to be unknown.
    Refused(String, bool),
}

impl Village {
    fn new(world: &mut World) -> Self {
        let places =
            "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,示例村,VILLAGE\n";
        let person = "证件类型,证件号码,姓名,现住地代码\n无证件,R1,甲,430199001001\n";
        for (kind, content) in [("divisions", places), ("persons", person)] {
            let file = world.file(&format!("{kind}.csv"), content);
            world.succeed(&["import", kind, &file]);
        }
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let persons = world.data_as(&admin, "{ persons { nodes { id } } }", json!({}));
        let person = persons["persons"]["nodes"][0]["id"].as_str().expect("a person").to_owned();
        Self { officer, person, reports: 0 }
    }

    /// A change that was not reported yet, to be sent under its own key or under none.
    fn next(&mut self, keyed: bool) -> Value {
        self.reports += 1;
        self.report(self.reports - 1, keyed)
    }

    fn report(&self, n: usize, keyed: bool) -> Value {
        let day = format!("{}-{:02}-{:02}", 1900 + n / 336, n / 28 % 12 + 1, n % 28 + 1);
        let mut input =
            json!({ "person": self.person, "kind": "ILLNESS", "happenedOn": day, "note": format!("第{n}件") });
        if keyed {
            input["idempotencyKey"] = json!(format!("key-{n}"));
        }
        json!({ "input": input })
    }

    fn send(&self, address: &str, report: &Value) -> Came {
        let answer = try_ask(address, &self.officer, REPORT, report).expect("an answer");
        if !answer["data"]["reportChange"]["reportedChange"]["id"].is_null() {
            return Came::Done;
        }
        let extensions = &answer["errors"][0]["extensions"];
        let code = extensions["code"].as_str().unwrap_or_else(|| panic!("{answer}"));
        Came::Refused(code.to_owned(), extensions["outcome"] == "UNKNOWN")
    }

    /// The notes of the reports that are there.
    fn kept(&self, world: &mut World) -> BTreeSet<String> {
        let query = "query($after: String) { reportedChanges(first: 100, after: $after) {
            nodes { note } pageInfo { hasNextPage endCursor } } }";
        let (mut notes, mut after) = (BTreeSet::new(), Value::Null);
        loop {
            let answer = world.ask_for(&self.officer, "REVIEW", query, json!({ "after": after }));
            assert!(answer["errors"].is_null(), "{answer}");
            let page = &answer["data"]["reportedChanges"];
            for row in page["nodes"].as_array().expect("rows") {
                assert!(notes.insert(row["note"].as_str().expect("a note").to_owned()), "twice: {row}");
            }
            if page["pageInfo"]["hasNextPage"] == false {
                return notes;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
}

fn note(report: &Value) -> String {
    report["input"]["note"].as_str().expect("a note").to_owned()
}

/// The journal, the records, the figures and the database's own check agree.
fn agree(world: &World) {
    world.succeed(&["audit", "verify", "--records"]);
    world.succeed(&["figures", "verify"]);
    if let Some(file) = world.url().strip_prefix("sqlite:") {
        let checked = std::process::Command::new("sqlite3").args([file, "PRAGMA integrity_check"]).output();
        assert_eq!(String::from_utf8_lossy(&checked.expect("sqlite3").stdout).trim(), "ok");
    }
}

#[test]
fn a_disk_that_is_full_for_a_moment_loses_nothing_that_was_acknowledged() {
    let mut world = World::new(On::Sqlite);
    let disk = Disk::under(&mut world, "minzheng.sqlite3");
    let mut village = Village::new(&mut world);
    let address = world.serve().to_owned();
    let mut acknowledged = BTreeSet::new();
    let mut refused = BTreeSet::new();
    for error in [NO_ROOM, BROKEN] {
        disk.fail(error);
        for n in 0..6 {
            let report = village.next(n % 2 == 0);
            match village.send(&address, &report) {
                Came::Done => panic!("acknowledged though nothing can be written"),
                Came::Refused(code, unknown) => {
                    let full = if error == NO_ROOM { "STORAGE_FULL" } else { "UNAVAILABLE" };
                    assert_eq!((code.as_str(), unknown), (full, false));
                    refused.insert(note(&report));
                }
            }
        }
        eventually("readiness says so", || !ready(&address));
        assert_eq!(world.get("/healthz").0, 200);
        disk.mend();
        eventually("it comes back by itself", || ready(&address));
        for n in 0..20 {
            let report = village.next(n % 2 == 0);
            assert_eq!(village.send(&address, &report), Came::Done);
            acknowledged.insert(note(&report));
        }
    }
    world.kill();
    world.serve();
    assert_eq!(village.kept(&mut world), acknowledged, "refused were {refused:?}");
    world.stop();
    agree(&world);
}

#[test]
fn whichever_write_fails_the_answer_is_true() {
    let mut world = World::new(On::Sqlite);
    let disk = Disk::under(&mut world, "minzheng.sqlite3");
    let mut village = Village::new(&mut world);
    let address = world.serve().to_owned();
    eventually("it is ready", || ready(&address));
    let (mut done, mut undone) = (BTreeSet::new(), BTreeSet::new());
    for (error, passes) in [(NO_ROOM, true), (NO_ROOM, false), (BROKEN, true), (BROKEN, false)] {
        for number in 1.. {
            let report = village.next(number % 2 == 0);
            disk.fail_at(number, passes, error);
            let came = village.send(&address, &report);
            let reached = disk.seen() >= number;
            disk.mend();
            match came {
                Came::Done => done.insert(note(&report)),
                Came::Refused(code, unknown) => {
                    assert!(["STORAGE_FULL", "UNAVAILABLE"].contains(&code.as_str()) && !unknown, "{code} at {number}");
                    undone.insert(note(&report))
                }
            };
            // The sealer and the probe write too: some more, so that the command's own are surely past.
            if !reached || number > 40 {
                break;
            }
        }
    }
    eventually("it is ready", || ready(&address));
    assert_eq!(village.kept(&mut world), done, "not done: {undone:?}");
    assert!(!undone.is_empty() && !done.is_empty());
    world.kill();
    world.serve();
    assert_eq!(village.kept(&mut world), done);
    world.stop();
    agree(&world);
}

#[test]
fn a_connection_that_is_lost_in_a_commit_is_settled_and_not_guessed() {
    let mut world = World::new(On::Postgres);
    let proxy = Proxy::before(&mut world);
    let mut village = Village::new(&mut world);
    let address = world.serve().to_owned();
    eventually("it is ready", || ready(&address));
    let (mut done, mut undone) = (BTreeSet::new(), BTreeSet::new());
    for n in 0..rounds(20, 200) {
        let report = village.next(n % 3 == 0);
        proxy.cut_next_commit(n % 2 == 0);
        match village.send(&address, &report) {
            Came::Done => done.insert(note(&report)),
            Came::Refused(code, unknown) => {
                assert_eq!((code.as_str(), unknown), ("UNAVAILABLE", false));
                undone.insert(note(&report))
            }
        };
    }
    eventually("it is ready", || ready(&address));
    assert_eq!(village.kept(&mut world), done, "not done: {undone:?}");
    println!("{} done, {} not", done.len(), undone.len());
    // One whose answer was lost is sent again under its key: it has one effect.
    let report = village.next(true);
    proxy.cut_next_commit(false);
    village.send(&address, &report);
    assert_eq!(village.send(&address, &report), Came::Done);
    done.insert(note(&report));
    // What the sealer did not take from us is not to hit what follows.
    proxy.mend();
    assert_eq!(village.kept(&mut world), done);
    world.stop();
    agree(&world);
}

#[test]
fn while_postgresql_is_away_it_is_said_and_all_comes_back_by_itself() {
    let mut world = World::new(On::Postgres);
    let proxy = Proxy::before(&mut world);
    let mut village = Village::new(&mut world);
    let address = world.serve().to_owned();
    eventually("it is ready", || ready(&address));
    let mut done = BTreeSet::new();
    for parted in [false, true].repeat(rounds(1, 10)) {
        let report = village.next(true);
        assert_eq!(village.send(&address, &report), Came::Done);
        done.insert(note(&report));
        if parted {
            proxy.part();
        } else {
            proxy.refuse();
        }
        eventually("readiness says so", || !ready(&address));
        for n in 0..20 {
            let report = village.next(n % 2 == 0);
            assert_eq!(village.send(&address, &report), Came::Refused("UNAVAILABLE".to_owned(), false));
            let read = try_ask(&address, &village.officer, "{ reportedChanges { nodes { id } } }", &json!({}));
            assert_eq!(read.expect("an answer")["errors"][0]["extensions"]["code"], "UNAVAILABLE");
        }
        assert_eq!(world.get("/healthz").0, 200);
        assert_eq!(world.get("/metrics").0, 200);
        proxy.mend();
        eventually("it comes back by itself", || ready(&address));
        let report = village.next(false);
        assert_eq!(village.send(&address, &report), Came::Done);
        done.insert(note(&report));
    }
    assert_eq!(village.kept(&mut world), done);
    world.stop();
    agree(&world);
}

#[test]
fn a_server_that_is_started_before_its_database_waits_for_it() {
    let mut world = World::new(On::Postgres);
    world.set("MINZHENG_LISTEN", "127.0.0.1:0");
    let proxy = Proxy::before(&mut world);
    proxy.refuse();
    // A command says at once what the database said.
    let said = world.run(&["figures", "verify"]);
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stderr).contains("refused"), "{}", String::from_utf8_lossy(&said.stderr));
    std::thread::scope(|scope| {
        let proxy = &proxy;
        scope.spawn(move || {
            std::thread::sleep(std::time::Duration::from_secs(2));
            proxy.mend();
        });
        // Gives its address when it serves.
        let address = world.serve().to_owned();
        eventually("it is ready", || ready(&address));
    });
}

/// Clerks who report on and on, each under a key of its own, until they are told to stop; gives what was acknowledged, and
/// what was sent and not answered with a yes.
fn crowd(
    village: &Village,
    addresses: &[String],
    clerks: usize,
    reports: &AtomicUsize,
    stop: &AtomicBool,
) -> (BTreeSet<String>, Vec<Value>) {
    let (mut done, mut open) = (BTreeSet::new(), Vec::new());
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..clerks)
            .map(|clerk| {
                let address = &addresses[clerk % addresses.len()];
                scope.spawn(move || {
                    let (mut done, mut open) = (Vec::new(), Vec::new());
                    while !stop.load(Ordering::SeqCst) {
                        let report = village.report(reports.fetch_add(1, Ordering::SeqCst), true);
                        let answer = try_ask(address, &village.officer, REPORT, &report);
                        let id = answer.map(|answer| answer["data"]["reportChange"]["reportedChange"]["id"].clone());
                        if id.is_some_and(|id| !id.is_null()) {
                            done.push(note(&report));
                        } else {
                            open.push(report);
                            // As a client does that is told to try later.
                            std::thread::sleep(Duration::from_millis(50));
                        }
                    }
                    (done, open)
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().expect("a clerk")).collect()
    });
    for (some_done, some_open) in outcomes {
        done.extend(some_done);
        open.extend(some_open);
    }
    (done, open)
}

#[test]
fn postgresql_is_stopped_and_killed_under_writers_and_nothing_acknowledged_is_lost() {
    let postgres = Postgres::new();
    let mut world = World::in_server(&postgres);
    world.set("MINZHENG_RATE_PER_ACCOUNT", "0");
    world.set("MINZHENG_RATE_PER_ADDRESS", "0");
    world.set("MINZHENG_WORK_PER_ACCOUNT", "0");
    world.set("MINZHENG_STATEMENTS_PER_ACCOUNT", "0");
    let village = Village::new(&mut world);
    let addresses = [world.serve().to_owned()];
    let (mut done, mut chance, reports) = (BTreeSet::new(), Chance::new(), AtomicUsize::new(0));
    for round in 0..rounds(2, 20) {
        let stop = AtomicBool::new(false);
        let (some, open) = std::thread::scope(|scope| {
            let (village, addresses, reports, stop) = (&village, &addresses, &reports, &stop);
            let crowd = scope.spawn(move || crowd(village, addresses, 8, reports, stop));
            std::thread::sleep(Duration::from_millis(200 + chance.below(400)));
            postgres.stop(if round % 2 == 1 { "fast" } else { "immediate" });
            std::thread::sleep(Duration::from_millis(100));
            postgres.start();
            stop.store(true, Ordering::SeqCst);
            crowd.join().expect("the crowd")
        });
        done.extend(some);
        eventually("it comes back by itself", || ready(&addresses[0]));
        // Sent again under its key, each is done once, whatever had become of it.
        for report in open {
            assert_eq!(village.send(&addresses[0], &report), Came::Done);
            done.insert(note(&report));
        }
        assert_eq!(village.kept(&mut world), done);
    }
    world.stop();
    agree(&world);
}

tests::on_both! {
    two_processes_fifty_writers_and_fifty_readers_agree(world) {
        world.set("MINZHENG_RATE_PER_ACCOUNT", "0");
        world.set("MINZHENG_RATE_PER_ADDRESS", "0");
        world.set("MINZHENG_WORK_PER_ACCOUNT", "0");
        world.set("MINZHENG_STATEMENTS_PER_ACCOUNT", "0");
        let village = Village::new(world);
        let second = world.second_server();
        let addresses = [world.serve().to_owned(), second.address().to_owned()];
        let (stop, reports) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (done, open) = std::thread::scope(|scope| {
            let (village, addresses, reports, stop) = (&village, &addresses, &reports, &stop);
            let crowd = scope.spawn(move || crowd(village, addresses, 50, reports, stop));
            let readers: Vec<_> = (0..50).map(|reader: usize| {
                let address = &addresses[reader % 2];
                scope.spawn(move || {
                    let (mut seen, mut reads) = (0, 0);
                    while !stop.load(Ordering::SeqCst) {
                        let query = "{ reportedChanges(first: 1) { totalCount } }";
                        let answer = try_ask(address, &village.officer, query, &json!({})).expect("an answer");
                        let Some(now) = answer["data"]["reportedChanges"]["totalCount"].as_u64() else { panic!("{answer}") };
                        assert!(now >= seen, "what was there is there: {now} after {seen}");
                        (seen, reads) = (now, reads + 1);
                    }
                    reads
                })
            }).collect();
            std::thread::sleep(Duration::from_secs(rounds(3, 60) as u64));
            stop.store(true, Ordering::SeqCst);
            let reads: usize = readers.into_iter().map(|reader| reader.join().expect("a reader")).sum();
            assert!(reads > 0);
            crowd.join().expect("the crowd")
        });
        assert!(open.is_empty(), "nothing was in their way: {open:?}");
        assert_eq!(village.kept(world), done);
        drop(second);
        world.stop();
        agree(world);
    }
}
