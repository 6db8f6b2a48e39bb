//! Tampering with the kernel's own tables and with the anchors, as somebody could who writes into the database or the
//! data folder and has no key: each time it is named. And what is honest is not: copies, restores, kills.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{On, World, eventually};

use crate::talk::{data, token};

/// Random bytes changed in columns, in each database; `TAMPER_BYTES` for another number.
const BYTES: usize = 300;
/// Bytes changed at once, each in a row of its own.
const AT_ONCE: usize = 30;
/// Random bytes changed in the file of SQLite; a fifth of `TAMPER_BYTES` where that is given.
const FILE_BYTES: usize = 40;

/// Odd choices, the same again for the same `TAMPER_SEED`.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let given = std::env::var("TAMPER_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish() | 1);
        println!("TAMPER_SEED={seed}");
        Self(seed)
    }

    /// xorshift64*
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).expect("64 bits") % bound
    }
}

fn bytes(otherwise: usize) -> usize {
    std::env::var("TAMPER_BYTES").ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

/// Something in every table of the kernel: imports, reads with a purpose, keys of commands, jobs, files, figures.
fn with_history(world: &mut World) {
    for kind in [
        "divisions",
        "persons",
        "households",
        "household-members",
        "recognitions",
        "temporary-aid",
        "welfare-benefits",
        "payments",
    ] {
        world.succeed(&["import", kind, &tests::golden(&format!("{kind}.csv"))]);
    }
    let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let worker = world.token(&["--role", "VILLAGE_WORKER", "--scope", "430199001001"]);
    let persons =
        world.data_as(&admin, "{ persons(first: 3) { nodes { id } } }", json!({}))["persons"]["nodes"].clone();
    for _ in 0..3 {
        let read = world.ask_for(&admin, "INSPECTION", "{ persons(first: 2) { nodes { name } } }", json!({}));
        assert!(read["errors"].is_null(), "{read}");
    }
    let sync = "mutation($entries: [SyncEntryInput!]!) { syncBatch(input: { entries: $entries }) {
        results { outcome } userErrors { code } } }";
    let entries: Vec<Value> = (0..3)
        .map(|n| {
            json!({ "clientId": format!("tamper-{n}"), "happenedAt": "2023-06-29T15:20:00+08:00", "command": "REPORT_CHANGE",
                "input": { "person": persons[n]["id"], "kind": "MOVE", "happenedOn": "2023-06-28", "note": "搬走" } })
        })
        .collect();
    let sent = world.data_as(&worker, sync, json!({ "entries": entries }));
    assert!(
        sent["syncBatch"]["results"].as_array().expect("results").iter().all(|r| r["outcome"] == "ACCEPTED"),
        "{sent}"
    );
    let start = "mutation($input: StartExportInput!) { startExport(input: $input) { job { id } } }";
    for _ in 0..3 {
        let job =
            world.ask_for(&admin, "STATISTICS", start, json!({ "input": { "kind": "persons", "format": "CSV" } }));
        let id = job["data"]["startExport"]["job"]["id"].clone();
        eventually("the job ends", || {
            let job = world.data_as(&admin, "query($id: ID!) { job(id: $id) { state } }", json!({ "id": id }));
            job["job"]["state"] == "DONE"
        });
    }
    world.stop();
    clean(world);
}

fn clean(world: &World) {
    let text = world.succeed(&["audit", "verify", "--records"]);
    assert!(text.contains("faults 0") && text.contains("without MAC 0"), "{text}");
    world.succeed(&["figures", "verify"]);
}

/// What both verifications print.
fn named(world: &World) -> String {
    let said = |arguments: &[&str]| {
        let output = world.run(arguments);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    format!("{}{}", said(&["audit", "verify", "--records"]), said(&["figures", "verify"]))
}

/// A table of the kernel: its name, columns that tell a row apart, and what is said of a row that was changed, taken
/// away or added.
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    /// Rows that are left alone.
    rows: &'static str,
    /// `column=value`, each changed in a row of its own.
    changes: &'static [(&'static str, &'static str)],
    changed: &'static str,
    removed: &'static str,
    added: Option<&'static str>,
}

/// Something of which each verification says the same wherever it is wrong.
const TABLES: &[Table] = &[
    Table {
        name: "journal_entry",
        key: &["id"],
        rows: "position BETWEEN 3 AND 20",
        changes: &[
            ("id", "id + 1000000"),
            ("at", "'2023-01-01 00:00:00+00:00'"),
            ("account_id", "COALESCE(account_id, 0) + 1"),
            ("actor", "actor || ' '"),
            ("kind", "'OTHER'"),
            ("command", "command || 's'"),
            ("command_version", "command_version + 1"),
            ("purpose", "COALESCE(purpose, '') || 'X'"),
            ("case_number", "'1'"),
            ("request_id", "COALESCE(request_id, '') || '1'"),
            ("cause", "COALESCE(cause, '') || '0'"),
            ("happened_at", "'2023-01-01 00:00:00+00:00'"),
            ("body", "body || ' '"),
            ("position", "position + 1000000"),
            ("process", "process || '0'"),
            ("counter", "counter + 1"),
            ("before", "'7:0000000000000000'"),
            ("mac", "NULL"),
        ],
        changed: "the entry at position",
        removed: "the entry at position",
        added: Some("was not written by this program"),
    },
    Table {
        name: "journal_block",
        key: &["number"],
        // Never the last: without that one the journal was cut off, and no block is missing in it.
        rows: "number BETWEEN 2 AND 12",
        changes: &[
            ("number", "number + 1000"),
            ("first_position", "first_position + 1"),
            ("last_position", "last_position + 1"),
            ("leaves", "root"),
            ("root", "hash"),
            ("previous", "hash"),
            ("hash", "root"),
            ("key_id", "key_id || '0'"),
            ("signature", "hash"),
            ("sealed_at", "'2023-01-01 00:00:00+00:00'"),
            ("version", "1"),
        ],
        changed: "block",
        removed: "missing",
        added: Some("block"),
    },
    Table {
        name: "journal_person",
        key: &["person_id", "entry_id"],
        rows: "true",
        changes: &[("person_id", "person_id + 1000000"), ("entry_id", "entry_id + 1000000")],
        changed: "journal_person",
        removed: "journal_person of person",
        added: Some("journal_person"),
    },
    Table {
        name: "person_access",
        key: &["id"],
        rows: "true",
        changes: &[
            ("id", "id + 1000000"),
            ("person_id", "person_id + 1000000"),
            ("entry_id", "entry_id + 1000000"),
            ("at", "'2023-01-01 00:00:00+00:00'"),
            ("account_id", "COALESCE(account_id, 0) + 1"),
            ("actor", "actor || ' '"),
            ("role", "'AUDITOR'"),
            ("purpose", "'REVIEW'"),
            ("fields", "'Person.sex'"),
        ],
        changed: "person_access",
        removed: "person_access of person",
        added: Some("person_access"),
    },
    Table {
        name: "idempotency_key",
        key: &["id"],
        rows: "true",
        changes: &[
            ("id", "id + 1000000"),
            ("scope", "scope || 's'"),
            ("key", "key || 's'"),
            ("body_hash", "replace(body_hash, '0', '1')"),
            ("result", "result || ' '"),
            ("created_at", "'2023-01-01 00:00:00+00:00'"),
        ],
        changed: "idempotency_key",
        removed: "idempotency_key",
        added: None,
    },
    Table {
        name: "job",
        key: &["id"],
        rows: "true",
        // How far it came and who holds it is not protected.
        changes: &[
            ("id", "id + 1000000"),
            ("kind", "'IMPORT'"),
            ("state", "'FAILED'"),
            ("input", "input || ' '"),
            ("output", "output || ' '"),
            ("account_id", "account_id + 1"),
            ("actor", "actor || ' '"),
            ("created_at", "'2023-01-01 00:00:00+00:00'"),
            ("finished_at", "'2023-01-01 00:00:00+00:00'"),
            ("message", "'X'"),
            ("mac", "NULL"),
        ],
        changed: "job",
        removed: "job",
        added: Some("job"),
    },
    Table {
        name: "file",
        key: &["id"],
        rows: "true",
        changes: &[
            ("id", "id + 1000000"),
            ("sha256", "replace(sha256, '0', '1')"),
            ("size", "size + 1"),
            ("media_type", "'text/html'"),
            ("name", "name || 's'"),
            ("aggregate", "'Person'"),
            ("row_id", "COALESCE(row_id, 0) + 1"),
            ("received", "received + 1"),
            ("complete", "NOT complete"),
            ("removed_at", "'2023-01-01 00:00:00+00:00'"),
            ("account_id", "COALESCE(account_id, 0) + 1"),
            ("created_at", "'2023-01-01 00:00:00+00:00'"),
            ("version", "version + 1"),
            ("voided", "NOT voided"),
        ],
        changed: "File",
        removed: "File",
        added: Some("File"),
    },
    Table {
        name: "state_change",
        key: &["id"],
        rows: "true",
        changes: &[
            ("id", "id + 1000000"),
            ("aggregate", "'Person'"),
            ("row_id", "row_id + 1"),
            ("command", "command || 's'"),
            ("from_state", "'X'"),
            ("to_state", "'X'"),
            ("on_date", "'2023-01-01'"),
            ("recorded_at", "'2023-01-01 00:00:00+00:00'"),
            ("account_id", "COALESCE(account_id, 0) + 1"),
            ("actor", "actor || ' '"),
            ("version", "version + 1"),
            ("voided", "NOT voided"),
        ],
        changed: "StateChange",
        removed: "StateChange",
        added: Some("StateChange"),
    },
    Table {
        name: "figure_cell",
        key: &["level", "division", "code", "grain", "starts_on"],
        rows: "value > 0",
        changes: &[
            ("value", "value + 1"),
            ("code", "'D99'"),
            ("division", "'430199999999'"),
            ("starts_on", "'2019-01-01'"),
        ],
        // Each as the figures know it.
        changed: "430199",
        removed: "430199",
        added: None,
    },
];

impl Table {
    fn is(&self, key: &str) -> String {
        let pairs = self.key.iter().zip(key.split('|')).map(|(column, value)| format!("{column} = '{value}'"));
        pairs.collect::<Vec<_>>().join(" AND ")
    }

    fn keys(&self, world: &World) -> Vec<String> {
        let columns = self.key.join(", ");
        world.rows(&format!("SELECT {columns} FROM {} WHERE {} ORDER BY {columns} LIMIT 20", self.name, self.rows))
    }

    fn put_aside(&self, world: &World) {
        world.tamper(&format!("CREATE TABLE aside_{0} AS SELECT * FROM {0}", self.name));
    }

    /// Puts the table back as it was.
    fn restore(&self) -> String {
        format!("DELETE FROM {0}; INSERT INTO {0} SELECT * FROM aside_{0};", self.name)
    }
}

tests::on_both! {
    each_column_of_each_table_of_the_kernel_is_watched(world) {
        with_history(world);
        let keys: Vec<Vec<String>> = TABLES.iter().map(|table| table.keys(world)).collect();
        for (table, keys) in TABLES.iter().zip(&keys) {
            assert!(!keys.is_empty(), "nothing in {}", table.name);
            table.put_aside(world);
            // What a table has is watched or named here.
            let known: &[&str] = match table.name {
                "job" => &["done", "total", "claimed_until", "lease", "attempts"],
                "figure_cell" => &["level", "grain"],
                _ => &[],
            };
            let columns = world.rows(&match world.on() {
                On::Sqlite => format!("SELECT name FROM pragma_table_info('{}')", table.name),
                On::Postgres => format!("SELECT column_name FROM information_schema.columns WHERE table_name = '{}'", table.name),
            });
            for column in columns {
                let watched = table.changes.iter().any(|(name, _)| *name == column) || known.contains(&&*column);
                assert!(watched, "{}.{column} is watched by nothing here", table.name);
            }
        }
        // One column of each table at a time, so that each is named for itself.
        let rounds = TABLES.iter().map(|table| table.changes.len()).max().expect("tables");
        for round in 0..rounds {
            let mut sql = String::new();
            let turns: Vec<_> = TABLES.iter().zip(&keys).filter_map(|(t, keys)| Some((t, keys, t.changes.get(round)?))).collect();
            for (table, keys, (column, value)) in &turns {
                let key = table.is(&keys[round % keys.len()]);
                write!(sql, "UPDATE {} SET {column} = {value} WHERE {key};", table.name).expect("text");
            }
            world.tamper(&sql);
            let said = named(world);
            for (table, _, (column, _)) in &turns {
                assert!(said.contains(table.changed), "{}.{column}: {said}", table.name);
            }
            world.tamper(&turns.iter().map(|(table, ..)| table.restore()).collect::<String>());
        }
        clean(world);
    }

    rows_that_are_removed_added_swapped_or_cut_are_named(world) {
        with_history(world);
        let keys: Vec<Vec<String>> = TABLES.iter().map(|table| table.keys(world)).collect();
        for table in TABLES {
            table.put_aside(world);
        }
        let check = |what: &str, tampered: Vec<(&Table, String, &str)>| {
            world.tamper(&tampered.iter().map(|(_, sql, _)| sql.as_str()).collect::<String>());
            let said = named(world);
            for (table, sql, sign) in &tampered {
                assert!(said.contains(sign), "{what} {sql}: {sign}: {said}");
                let back = table.restore();
                world.tamper(&back);
            }
        };
        let all = || TABLES.iter().zip(&keys);
        check("removed", all().map(|(table, keys)| {
            let key = table.is(&keys[keys.len() / 2]);
            (table, format!("DELETE FROM {} WHERE {key};", table.name), table.removed)
        }).collect());
        check("cut", all().map(|(table, _)| {
            let keys = table.keys(world);
            let last = keys.iter().rev().take(2).map(|key| format!("DELETE FROM {} WHERE {};", table.name, table.is(key)));
            (table, last.collect(), table.removed)
        }).collect());
        // A copy of a row under another key.
        check("added", all().filter_map(|(table, keys)| {
            let sign = table.added?;
            let new = match table.key {
                [_] => format!("{} + 500000", table.key[0]),
                _ => format!("{} + 500000", table.key[1]),
            };
            let changed = table.key.len() - 1;
            let columns = world.rows(&match world.on() {
                On::Sqlite => format!("SELECT name FROM pragma_table_info('{}')", table.name),
                On::Postgres => format!("SELECT column_name FROM information_schema.columns WHERE table_name = '{}' ORDER BY ordinal_position", table.name),
            });
            let values = columns.iter().map(|column| match column.as_str() {
                column if column == table.key[changed] => new.clone(),
                "position" => "NULL".to_owned(),
                column => column.to_owned(),
            });
            let sql = format!("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {};", table.name, columns.join(","), values.collect::<Vec<_>>().join(","), table.name, table.is(&keys[0]));
            Some((table, sql, sign))
        }).collect());
        // Two rows change places: each takes the key of the other.
        check("swapped", all().filter(|(table, keys)| table.key.len() == 1 && keys.len() > 1).map(|(table, keys)| {
            let (one, two, key) = (&keys[0], &keys[keys.len() - 1], table.key[0]);
            let put = |from: &str, to: &str| format!("UPDATE {} SET {key} = {to} WHERE {key} = {from};", table.name);
            (table, [put(one, "-1"), put(two, one), put("-1", two)].concat(), table.changed)
        }).collect());
        clean(world);
    }

    random_bytes_in_random_columns_are_named_each_time(world) {
        with_history(world);
        let mut chance = Chance::new();
        // Whole rows of text and numbers; counters and what moves with a job are not protected.
        let tables: Vec<&Table> = TABLES.iter().filter(|table| table.name != "figure_cell").collect();
        let mut all = Vec::new();
        for table in &tables {
            table.put_aside(world);
            let columns: Vec<&str> = table.changes.iter().map(|(column, _)| *column).filter(|column| is_text(table.name, column)).collect();
            for key in world.rows(&format!("SELECT {} FROM {}", table.key.join(", "), table.name)) {
                all.extend(columns.iter().map(|column| (*table, key.clone(), *column)));
            }
        }
        let mut left = bytes(BYTES);
        while left > 0 {
            let mut chosen: BTreeMap<(&str, String), (&Table, &str)> = BTreeMap::new();
            while chosen.len() < AT_ONCE.min(left) {
                let (table, key, column) = &all[chance.below(all.len())];
                chosen.entry((table.name, key.clone())).or_insert((table, column));
            }
            left -= chosen.len();
            let mut sql = String::new();
            // Letters of its own for each: a row changed as its entry was would agree with it.
            let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
            for (((_, key), (table, column)), own) in chosen.iter().zip(letters.chunks(2)) {
                let (one, other) = (own[0], own[1]);
                let at = format!("1 + {} % (CASE WHEN length({column}) = 0 THEN 1 ELSE length({column}) END)", chance.below(1 << 20));
                let letter = format!("CASE substr({column}, {at}, 1) WHEN '{one}' THEN '{other}' ELSE '{one}' END");
                write!(sql, "UPDATE {} SET {column} = COALESCE(substr({column}, 1, {at} - 1) || {letter} || substr({column}, {at} + 1), '{one}') WHERE {};", table.name, table.is(key)).expect("text");
            }
            world.tamper(&sql);
            let said = named(world);
            for ((name, key), (table, column)) in &chosen {
                let sign = match *name {
                    "journal_entry" => format!("(id {key}) "),
                    "journal_block" => format!("block {key} "),
                    "journal_person" => key.clone(),
                    _ => format!("{} {key} ", table.changed),
                };
                assert!(said.contains(&sign), "{name} {key} {column}: {said}");
            }
            let touched = tables.iter().filter(|table| chosen.values().any(|(chosen, _)| chosen.name == table.name));
            world.tamper(&touched.map(|table| table.restore()).collect::<String>());
        }
        clean(world);
    }

    an_anchor_file_that_is_missing_cut_changed_or_nonsense_is_named_and_can_be_mended(world) {
        for n in 1..8 {
            let file = world.file("d.csv", &format!("区划代码,名称,级别\n43019900{n},街道{n},TOWN\n"));
            world.succeed(&["import", "divisions", &file]);
        }
        let file = world.folder().join("anchors/journal.txt");
        let whole = std::fs::read_to_string(&file).expect("the anchors");
        let lines: Vec<&str> = whole.lines().collect();
        assert!(lines.len() > 5, "{whole}");
        let all = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let (last, number) = (lines[lines.len() - 1], lines.len());
        let change = |n: usize, at: usize| {
            let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            let other = if changed[n].as_bytes()[at] == b'1' { "2" } else { "1" };
            changed[n].replace_range(at..=at, other);
            changed.iter().map(|line| format!("{line}\n")).collect::<String>()
        };
        for (content, sign) in [
            (None, format!("no line of blocks 1–{}", number - 1)),
            (Some(String::new()), format!("no line of blocks 1–{}", number - 1)),
            (Some(all(&lines[..2])), format!("no line of blocks 3–{}", number - 1)),
            (Some(all(&lines[..number - 2])), format!("no line of block {}", number - 1)),
            (Some(all(&lines[1..])), "no line of block 1".to_owned()),
            (Some(all(&[&lines[..2], &lines[3..]].concat())), "no line of block 3".to_owned()),
            (Some("nonsense\n".repeat(30)), "10 more lines that are no anchors".to_owned()),
            (Some(format!("{whole}x")), "that is no anchor".to_owned()),
            (Some(format!("\n{whole}")), "a line at byte 0 that is no anchor".to_owned()),
            (Some(whole.replace('\n', "")), "that is no anchor".to_owned()),
            (Some(change(2, 0)), "no line of block 3".to_owned()),
            (Some(change(2, 2)), "block 3 is not the one that was anchored".to_owned()),
            (Some(change(2, 40)), "block 3 is not the one that was anchored".to_owned()),
            (Some(change(2, lines[2].len() - 1)), "block 3 is not the one that was anchored".to_owned()),
            (Some(format!("{whole}{}\n", last.replacen(&number.to_string(), "777", 1))), "the journal was cut off".to_owned()),
            (Some(format!("{whole}777 9 {} {}\n", "0".repeat(64), "0".repeat(128))), "which is not of this journal".to_owned()),
        ] {
            match &content {
                Some(content) => std::fs::write(&file, content).expect("written"),
                None => std::fs::remove_file(&file).expect("removed"),
            }
            for _ in 0..2 {
                let said = world.refused(1, &["audit", "verify"]);
                assert!(said.contains(&sign), "{sign}: {said}");
            }
            std::fs::write(&file, &whole).expect("written");
            assert!(world.succeed(&["audit", "verify"]).contains("faults 0"), "{sign}");
        }
        // In another order, or twice, it says the same.
        std::fs::write(&file, all(&[&lines[2..], &lines[..3]].concat())).expect("written");
        world.succeed(&["audit", "verify"]);
        // Missing lines come again only when they are asked for, and that stands in the journal.
        std::fs::write(&file, all(&lines[..2])).expect("written");
        world.refused(1, &["audit", "verify"]);
        assert!(world.succeed(&["audit", "anchor"]).contains(&format!("journal.txt: {}", number - 3)));
        world.succeed(&["audit", "verify", "--records"]);
        assert_eq!(world.rows("SELECT COUNT(*) FROM journal_entry WHERE command = 'completeAnchors'"), ["1"]);
        assert!(world.succeed(&["audit", "anchor"]).contains("journal.txt: 0"));
    }

    a_kill_between_block_and_anchor_is_no_fault(world) {
        for n in 1..4 {
            let file = world.file("d.csv", &format!("区划代码,名称,级别\n43019900{n},街道{n},TOWN\n"));
            world.succeed(&["import", "divisions", &file]);
        }
        let file = world.folder().join("anchors/journal.txt");
        let whole = std::fs::read_to_string(&file).expect("the anchors");
        let last = whole.trim_end().rfind('\n').expect("lines") + 1;
        // Not written, half written, all but its end.
        for end in [last, last + 1, last + 50, whole.len() - 1] {
            std::fs::write(&file, &whole[..end]).expect("written");
            world.succeed(&["audit", "verify"]);
            assert_eq!(std::fs::read_to_string(&file).expect("the anchors"), whole, "added again");
        }
    }

    anchors_are_kept_elsewhere_too(world) {
        let elsewhere = tempfile::tempdir().expect("a folder");
        let socket = elsewhere.path().join("log");
        let log = std::os::unix::net::UnixDatagram::bind(&socket).expect("a socket");
        log.set_read_timeout(Some(std::time::Duration::from_secs(30))).expect("a socket");
        world.set("MINZHENG_ANCHORS", &format!("{},syslog:{}", elsewhere.path().join("a").display(), socket.display()));
        for n in 1..4 {
            let file = world.file("d.csv", &format!("区划代码,名称,级别\n43019900{n},街道{n},TOWN\n"));
            world.succeed(&["import", "divisions", &file]);
        }
        let (own, other) = (world.folder().join("anchors/journal.txt"), elsewhere.path().join("a/journal.txt"));
        let whole = std::fs::read_to_string(&own).expect("the anchors");
        assert_eq!(std::fs::read_to_string(&other).expect("the anchors"), whole);
        for line in whole.lines() {
            let mut message = [0; 1024];
            let length = log.recv(&mut message).expect("a message");
            assert_eq!(String::from_utf8_lossy(&message[..length]), format!("<85>minzheng: anchor {line}"));
        }
        // Whoever cuts the journal and its anchors here has not cut those elsewhere.
        let first: Vec<&str> = whole.lines().take(2).collect();
        std::fs::write(&own, format!("{}\n", first.join("\n"))).expect("written");
        world.tamper("DELETE FROM journal_entry WHERE position > (SELECT last_position FROM journal_block WHERE number = 2)");
        world.tamper("DELETE FROM journal_block WHERE number > 2");
        let said = world.refused(1, &["audit", "verify"]);
        assert!(said.contains("the journal was cut off: the anchor file elsewhere (1) knows block"), "{said}");
    }

    entries_forged_beside_a_running_server_are_refused_and_told(world) {
        let security = token(world, "SECURITY_ADMIN");
        let auditor = token(world, "AUDITOR");
        let address = world.serve().to_owned();
        let columns = "at, account_id, actor, kind, command, command_version, body, process, counter, before, mac";
        let forged = format!(
            "INSERT INTO journal_entry (id, {columns}) SELECT 900000, {} FROM journal_entry WHERE position = 1",
            columns.replace("body", "replace(body, '\"k\":\"C\"', '\"k\":\"V\"')")
        );
        world.tamper(&forged);
        let create = "mutation($n: String!) { createAccount(input: { username: $n, name: \"某\" }) { userErrors { code message } } }";
        let made = data(&address, &security, create, json!({ "n": "li.si" }));
        assert_eq!(made["createAccount"]["userErrors"], json!([]), "{made}");
        let verify = "{ verifyAudit { ok unsealed withoutMac faults { message } } }";
        let mut verdict = Value::Null;
        eventually("the sealer saw it", || {
            verdict = data(&address, &auditor, verify, json!({}))["verifyAudit"].clone();
            verdict["faults"][0]["message"].as_str().is_some_and(|said| said.contains("refused"))
        });
        let message = "entry 900000 was not written by this program: the sealer refused it";
        assert_eq!(verdict, json!({ "ok": false, "unsealed": "0", "withoutMac": "0", "faults": [{ "message": message }] }));
        let entries = "{ auditEntries(first: 100) { nodes { position refused command } } }";
        let entries = data(&address, &auditor, entries, json!({}))["auditEntries"]["nodes"].clone();
        let refused: Vec<&Value> = entries.as_array().expect("entries").iter().filter(|entry| entry["refused"] == true).collect();
        assert!(refused.len() == 1 && refused[0]["position"].is_null(), "{entries}");
        assert!(entries.as_array().expect("entries").iter().any(|entry| entry["command"] == "createAccount" && !entry["position"].is_null()));
        let changes = data(&address, &auditor, "{ changes(first: 100) { nodes { kind } } }", json!({}))["changes"]["nodes"].clone();
        assert!(changes.as_array().expect("changes").iter().all(|change| change["kind"] != "VOIDED"), "{changes}");
        let (status, ready) = world.get("/readyz");
        let ready: Value = serde_json::from_str(&ready).expect("JSON");
        assert_eq!((status, &ready["ready"], &ready["refusedEntries"]), (200, &json!(true), &json!(1)), "{ready}");
        let (_, metrics) = world.get("/metrics");
        assert!(metrics.contains("minzheng_journal_refused_entries 1"), "{metrics}");
    }
}

fn settings_are_watched(world: &World) {
    world.succeed(&["import", "divisions", &tests::golden("divisions.csv")]);
    clean(world);
    world.tamper("CREATE TABLE aside AS SELECT * FROM setting");
    let set = |name: &str, value: &str| format!("UPDATE setting SET value = {value} WHERE name = '{name}'");
    let remove = |name: &str| format!("DELETE FROM setting WHERE name = '{name}'");
    for (sql, sign) in [
        (
            "INSERT INTO setting (name, value) VALUES ('test', 'true')".to_owned(),
            "setting test is not what was written",
        ),
        (set("keys", "value || ' '"), "setting keys is not what was written"),
        (set("keys", "replace(value, 'a', 'b')"), "are not those of this database"),
        (remove("keys"), "setting keys was removed"),
        (set("facts", "replace(value, 'keys', 'kexs')"), "the list of facts about the database"),
        (remove("facts"), "the list of facts about the database"),
        (set("figures_position", "'1000000'"), "setting figures_position is not what it counts"),
        (remove("figures_position"), "setting figures_position was removed"),
        (set("next_id", "'many'"), "setting next_id is not what it counts"),
    ] {
        world.tamper(&sql);
        let said = named(world);
        assert!(said.contains(sign), "{sql}: {said}");
        world.tamper("DELETE FROM setting");
        world.tamper("INSERT INTO setting SELECT * FROM aside");
    }
    clean(world);
}

#[test]
fn settings_are_watched_on_both() {
    for on in [On::Sqlite, On::Postgres] {
        settings_are_watched(&World::in_production(on));
    }
}

/// Whether a letter can be changed in a column.
fn is_text(table: &str, column: &str) -> bool {
    let texts: &[&str] = match table {
        "journal_entry" => {
            &["actor", "kind", "command", "purpose", "case_number", "request_id", "cause", "body", "process", "before"]
        }
        "journal_block" => &["key_id"],
        "person_access" => &["actor", "role", "purpose", "fields"],
        "idempotency_key" => &["scope", "key", "body_hash", "result"],
        "job" => &["kind", "state", "input", "output", "actor", "message"],
        "file" => &["sha256", "media_type", "name", "aggregate"],
        "state_change" => &["aggregate", "command", "from_state", "to_state", "actor"],
        _ => &[],
    };
    texts.contains(&column)
}

/// Each statement of a dump by itself: a definition, or a text within a row, may go over lines.
fn statements(dump: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in dump.lines() {
        match all.last_mut() {
            Some(last) if !last.ends_with(';') => {
                last.push('\n');
                last.push_str(line);
            }
            _ => all.push(line.to_owned()),
        }
    }
    all
}

/// The database's file of a world on SQLite, with nothing left beside it.
fn file_of(world: &World) -> PathBuf {
    world.tamper("PRAGMA wal_checkpoint(TRUNCATE)");
    PathBuf::from(world.url().strip_prefix("sqlite:").expect("SQLite"))
}

#[test]
fn random_bytes_in_the_file_of_sqlite_are_named_each_time_they_change_anything() {
    let mut world = World::new(On::Sqlite);
    with_history(&mut world);
    let world = world;
    let mut chance = Chance::new();
    let file = file_of(&world);
    let whole = std::fs::read(&file).expect("the database");
    let honest = statements(&world.dump());
    let known: std::collections::HashSet<&String> = honest.iter().collect();
    let number = std::env::var("TAMPER_BYTES").map_or(FILE_BYTES, |_| bytes(FILE_BYTES) / 5);
    let mut harmless = 0;
    for _ in 0..number {
        let mut changed = whole.clone();
        let at = chance.below(changed.len());
        changed[at] ^= 1 << chance.below(8);
        std::fs::write(&file, &changed).expect("written");
        let agrees = world.run(&["audit", "verify", "--records"]).status.success()
            && world.run(&["figures", "verify"]).status.success();
        if agrees {
            // Nothing that is read differs, or the database's own check names it: an index, a free page.
            for beside in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{beside}", file.display()));
            }
            std::fs::write(&file, &changed).expect("written");
            let now = statements(&world.dump());
            let other: Vec<&String> = now.iter().filter(|statement| !known.contains(statement)).collect();
            // How far a job is and counters are not protected; definitions are not read.
            let spared = |line: &&String| {
                ["INSERT INTO job ", "INSERT INTO setting ", "INSERT INTO seaql", "CREATE "]
                    .iter()
                    .any(|s| line.starts_with(s))
            };
            let same = other.iter().all(spared) || world.rows("PRAGMA integrity_check") != ["ok"];
            assert!(same, "byte {at} was changed and nothing is said: {other:?}");
            harmless += 1;
        }
        for beside in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{beside}", file.display()));
        }
    }
    println!("{number} bytes, of which {harmless} changed nothing that verification reads");
    std::fs::write(&file, &whole).expect("written");
    clean(&world);
}

#[test]
fn an_honest_restore_is_never_called_cut_off() {
    let mut world = World::new(On::Sqlite);
    let security = token(&world, "SECURITY_ADMIN");
    let address = world.serve().to_owned();
    let (folder, url) = (world.folder().to_owned(), world.url().to_owned());
    let database = url.strip_prefix("sqlite:").expect("SQLite");
    let restored = |anchors: &str, n: usize| {
        let to = tempfile::tempdir().expect("a folder");
        let copy = to.path().join("minzheng.sqlite3");
        std::fs::rename(folder.join(format!("copy{n}")), &copy).expect("moved");
        std::fs::create_dir(to.path().join("anchors")).expect("a folder");
        std::fs::write(to.path().join("anchors/journal.txt"), anchors).expect("written");
        let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
            assert!(std::process::Command::new(program).args(arguments).status().expect(program).success());
        };
        run("cp", &["-rp".as_ref(), folder.join("keys").as_os_str(), to.path().as_os_str()]);
        let verify = |arguments: &[&str]| {
            let mut command = std::process::Command::new(tests::binary());
            command.envs([("MINZHENG_DATA_DIR", to.path().as_os_str()), ("MINZHENG_DISTRICT", "430199".as_ref())]);
            let output = command.current_dir(to.path()).args(arguments).output().expect("the program starts");
            (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        (
            verify(&["audit", "verify", "--records"]),
            verify(&["audit", "anchor"]),
            verify(&["audit", "verify", "--records"]),
        )
    };
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let stop = &stop;
        scope.spawn(move || {
            let create = "mutation($n: String!) { createAccount(input: { username: $n, name: \"某\" }) { userErrors { code } } }";
            for n in 0..5000 {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                data(&address, &security, create, json!({ "n": format!("name.{n}") }));
            }
        });
        let anchors = || std::fs::read_to_string(folder.join("anchors/journal.txt")).unwrap_or_default();
        eventually("some blocks", || anchors().lines().count() > 5);
        for n in 0..4 {
            let before = anchors();
            let copied = std::process::Command::new("sqlite3")
                .args([
                    "-cmd",
                    ".timeout 20000",
                    database,
                    &format!(".backup {}", folder.join(format!("copy{n}")).display()),
                ])
                .status();
            assert!(copied.expect("sqlite3").success());
            // The database first, then the anchors, of which is kept what the database knows of: as `backup` does.
            let blocks = std::process::Command::new("sqlite3")
                .arg(folder.join(format!("copy{n}")))
                .arg("SELECT MAX(number) FROM journal_block")
                .output();
            let block = String::from_utf8_lossy(&blocks.expect("sqlite3").stdout).trim().parse().expect("a number");
            let of_backup = minzheng_kernel::journal::anchors_up_to(&anchors(), block);
            let (text, by_hand) = if n % 2 == 0 { (of_backup, false) } else { (before, true) };
            let ((agrees, said), (_, mended), (at_last, after)) = restored(&text, n);
            assert!(!said.contains("cut off"), "{said}");
            // The anchors first, by hand: what was sealed in between has no line, until that is asked for.
            assert!(by_hand || agrees, "{said}");
            assert!(at_last, "{mended}{after}");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
