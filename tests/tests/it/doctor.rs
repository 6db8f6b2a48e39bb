//! The doctor: silent where all is well, and a line for each thing that is not.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tests::{On, World, golden, on_both};

use crate::files::upload;

/// What is found: the check and the text of each.
fn found(world: &World, more: &[&str]) -> Vec<(String, String)> {
    let output = world.run(&[&["doctor", "--json"], more].concat());
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let findings = told["findings"].as_array().expect("findings");
    assert_eq!(output.status.code(), Some(i32::from(!findings.is_empty())), "{told}");
    assert_eq!(told["ok"], json!(findings.is_empty()));
    let text = |finding: &Value, name: &str| finding[name].as_str().expect("a text").to_owned();
    findings.iter().map(|finding| (text(finding, "check"), text(finding, "text"))).collect()
}

/// Exactly one finding, of this check and with this in it.
fn only(world: &World, more: &[&str], check: &str, part: &str) {
    let found = found(world, more);
    assert!(found.len() == 1 && found[0].0 == check && found[0].1.contains(part), "{check} {part}: {found:?}");
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("changed");
}

on_both! {
    each_thing_that_is_not_well_is_a_finding_with_what_to_do(world) {
        for (name, value) in [("LC_ALL", "en_US.UTF-8"), ("LANG", "en_US.UTF-8")] {
            world.set(name, value);
        }
        world.succeed(&["import", "divisions", &golden("divisions.csv")]);
        world.succeed(&["import", "persons", &golden("persons.csv")]);
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        upload(world, &token, "a.csv", b"a,b\n1,2\n");
        world.stop();
        assert_eq!(found(world, &[]), []);
        assert_eq!(found(world, &["--deep"]), []);
        let data = world.folder().to_owned();

        mode(&data, 0o755);
        only(world, &[], "permissions", "0755");
        mode(&data, 0o700);
        mode(&data.join("anchors/journal.txt"), 0o644);
        only(world, &[], "permissions", "journal.txt");
        mode(&data.join("anchors/journal.txt"), 0o600);
        mode(&data.join("keys/fields.json"), 0o644);
        assert!(found(world, &[]).iter().any(|(check, _)| check == "open"), "keys that are open are not used");
        mode(&data.join("keys/fields.json"), 0o600);

        std::fs::rename(data.join("keys"), data.join("away")).expect("moved");
        only(world, &[], "open", "MINZHENG_DATA_DIR");
        std::fs::rename(data.join("away"), data.join("keys")).expect("moved");

        std::fs::rename(data.join("anchors/journal.txt"), data.join("away")).expect("moved");
        assert!(found(world, &[]).iter().any(|(check, text)| check == "journal" && text.contains("anchors")));
        std::fs::rename(data.join("away"), data.join("anchors/journal.txt")).expect("moved");

        std::fs::rename(data.join("files/kept"), data.join("away")).expect("moved");
        only(world, &[], "files", "files/kept");
        std::fs::rename(data.join("away"), data.join("files/kept")).expect("moved");

        std::fs::create_dir_all(data.join("files/scratch")).expect("a folder");
        std::fs::write(data.join("files/scratch/left.sealed"), "x").expect("written");
        only(world, &[], "scratch", "1 files");
        std::fs::remove_file(data.join("files/scratch/left.sealed")).expect("removed");

        let anchors = std::fs::File::options().append(true).open(data.join("anchors/journal.txt")).expect("the anchors");
        anchors.set_modified(SystemTime::now() + Duration::from_hours(2)).expect("changed");
        only(world, &[], "clock", "NTP");
        anchors.set_modified(SystemTime::now()).expect("changed");

        world.succeed(&["account", "create", "--username", "wang.wu", "--name", "王五", "--role", "TOWN_OFFICER", "--scope", "430199001"]);
        only(world, &[], "accounts", "wang.wu");
        world.succeed(&["account", "holder", "--username", "wang.wu", "--id-number", &tests::id_number("wang.wu")]);
        assert_eq!(found(world, &[]), []);

        let job = "INSERT INTO job (id, kind, state, input, done, actor, created_at, attempts) VALUES (1, 'EXPORT', 'FAILED', '{}', 0, 'x', '2023-01-01T00:00:00+00:00', 6)";
        world.tamper(job);
        only(world, &[], "jobs", "given up");
        world.tamper("UPDATE job SET state = 'QUEUED'");
        only(world, &[], "jobs", "60 minutes");
        world.tamper("DELETE FROM job");

        world.tamper("UPDATE person SET name = 'x' WHERE id = (SELECT MIN(id) FROM person)");
        assert_eq!(found(world, &[]), [], "records are read by --deep");
        only(world, &["--deep"], "journal", "Person");

        // An index that does not hold what it should.
        if world.on() == On::Sqlite {
            world.tamper("PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE INDEX file_content ON file (name)' WHERE name = 'file_content'");
        } else {
            world.tamper("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'file_content'::regclass");
        }
        assert!(found(world, &[]).iter().any(|(check, text)| check == "database" && text.contains("file_content")), "{:?}", found(world, &[]));
    }

    another_programs_tables_are_told(world) {
        world.set("LC_ALL", "zh_CN.UTF-8");
        world.tamper("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)");
        only(world, &[], "version", "m29990101_000001_later");
        let text = world.refused(1, &["doctor"]);
        assert!(text.contains("请使用那个程序") && text.lines().count() >= 2, "a line a finding, and how many: {text}");
    }

    what_is_sealed_under_earlier_keys_is_counted_and_sealed_anew(world) {
        for kind in ["divisions", "persons", "households"] {
            world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
        }
        let number = tests::id_number("li.si");
        world.succeed(&["account", "create", "--username", "li.si", "--name", "李四", "--id-number", &number, "--phone", "13800000001", "--role", "DISTRICT_ADMIN"]);
        // Values of rows that have no salt of their own: the cells of refused rows belong to their import.
        let bad = world.file("bad.csv", "证件类型,证件号码,姓名,现住地代码\n居民身份证,430199198801020013,甲,430199001001\n");
        world.refused(1, &["import", "persons", &bad]);
        assert!(!world.asked("SELECT 'n=' || COUNT(*) FROM import_error WHERE value IS NOT NULL").contains("n=0"));
        world.set("LC_ALL", "en_US.UTF-8");
        world.succeed(&["keys", "rotate", "--master"]);
        only(world, &[], "keys", "earlier keys");
        // The server takes the job up.
        world.serve();
        tests::eventually("all is sealed anew", || found(world, &[]).is_empty());
        assert!(world.succeed(&["audit", "verify", "--records"]).contains("faults 0"));
        // No column of bytes, whichever it is, begins as under the first key.
        for (table, column) in sealed_columns(world) {
            let begins = format!("SELECT 'n=' || COUNT(*) FROM \"{table}\" WHERE substr({column}, 1, 4) = {}", literal(world, "01010001"));
            assert!(world.asked(&begins).contains("n=0"), "{table}.{column}");
        }
        // And it opens: what is written is what was given.
        let file = world.folder().join("persons.csv").display().to_string();
        world.succeed(&["export", "persons", &file]);
        let same: Value = serde_json::from_str(&world.succeed(&["import", "--json", "persons", &file])).expect("JSON");
        assert_eq!((&same["changed"], &same["refused"], &same["created"]), (&json!(0), &json!(0), &json!(0)), "{same}");
        // By the command line: nothing is left to do.
        assert!(world.succeed(&["keys", "reseal"]).contains("\"rows\":0"));
        // Those who follow changes are not told of rows that say what they said.
        let platform = world.token(&["--role", "PLATFORM", "--scope", "430199"]);
        let (mut after, mut told) = (Value::Null, 0);
        loop {
            let query = "query($after: String) { changes(first: 100, after: $after) { nodes { cursor kind } } }";
            let page = world.data_as(&platform, query, json!({ "after": after }))["changes"]["nodes"].clone();
            let page = page.as_array().expect("changes");
            assert!(page.iter().all(|change| change["kind"] == "CREATED"), "{page:?}");
            told += page.len();
            match page.last() {
                Some(last) => after = last["cursor"].clone(),
                None => break,
            }
        }
        assert!(told > 0);
    }
}

fn literal(world: &World, hex: &str) -> String {
    if world.on() == On::Sqlite { format!("x'{hex}'") } else { format!("'\\x{hex}'::bytea") }
}

/// All columns of bytes but salts and blind indexes, of tables but the journal's.
fn sealed_columns(world: &World) -> Vec<(String, String)> {
    let sql = if world.on() == On::Sqlite {
        "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type = 'BLOB'"
    } else {
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE data_type = 'bytea' AND table_schema = 'public'"
    };
    let listed = world.asked(sql);
    let columns: Vec<_> = listed
        .lines()
        .filter_map(|line| line.trim().split_once('.'))
        .filter(|(table, column)| !table.starts_with("journal") && *column != "key_salt" && !column.ends_with("_blind"))
        .map(|(table, column)| (table.to_owned(), column.to_owned()))
        .collect();
    assert!(columns.len() >= 15, "{listed}");
    columns
}
