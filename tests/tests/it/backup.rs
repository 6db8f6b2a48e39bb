//! Backups: taken while others write, restored without the old folder, to a commit boundary; what was changed is refused
//! by name.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tests::fire::rounds;
use tests::{On, World, golden, on_both};

use crate::files::{create, get, put, sha256};

/// Backups taken while others write; in the long form of `tests/fire/run`, and in the short one.
const TAKEN: (usize, usize) = (20, 3);
const PASSPHRASE: &str = "Kestrel-river-84-lamp";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn admin(world: &World) -> String {
    world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"])
}

/// Uploads a file of its own: a row that is changed twice, and content. Gives the content.
fn write(world: &mut World, token: &str, n: usize) -> Vec<u8> {
    let content = format!("区划代码,名称,级别\n430199,第{n}次,DISTRICT\n").into_bytes();
    let made = create(world, token, "n.csv", content.len(), &sha256(&content));
    let (status, said) = put(world, text(&made["address"]), None, &content);
    assert_eq!((status, &said["complete"]), (200, &json!(true)), "{said}");
    content
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

/// Everything in a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Where a backup lies: beside the world, not in it.
fn elsewhere() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The journal, the records, the figures and the database agree.
fn verified(world: &World) {
    assert!(world.succeed(&["audit", "verify", "--records"]).contains("faults 0"));
    world.succeed(&["figures", "verify"]);
    world.succeed(&["doctor", "--deep"]);
}

on_both! {
    a_backup_taken_while_others_write_restores_on_an_empty_machine(golden world) {
        world.without_limits();
        let token = admin(world);
        let away = elsewhere();
        let (mut written, mut taken) = (Vec::new(), Vec::new());
        for n in 0..rounds(TAKEN.1, TAKEN.0) {
            written.push(write(world, &token, written.len()));
            // A folder, or one file; acknowledged before it began.
            let (target, before) = (away.path().join(if n == 1 { "one.tar".to_owned() } else { format!("b{n}") }), written.len());
            let mut child = world.start(&["backup", &display(&target)]);
            while child.try_wait().expect("the backup").is_none() {
                written.push(write(world, &token, written.len()));
            }
            assert!(child.wait().expect("the backup").success());
            assert!(written.len() > before, "nobody wrote meanwhile");
            taken.push((target, before));
        }
        // Keys are kept apart, and the old machine is gone.
        let keys = away.path().join("keys");
        assert!(std::process::Command::new("cp").arg("-a").arg(world.folder().join("keys")).arg(&keys).status().expect("cp").success());
        world.stop();
        std::fs::rename(world.folder().join("files"), away.path().join("old-files")).expect("moved");
        for (target, before) in taken {
            assert!(files(away.path()).iter().all(|path| !path.starts_with(&target) || !display(path).contains("keys")), "no keys unasked");
            let mut other = World::unmigrated(world.on());
            other.without_limits();
            let output = other.run(&["restore", &display(&target), "--keys", &display(&keys), "--figures"]);
            assert!(output.status.success(), "{}", said(&output));
            verified(&other);
            // Each was acknowledged before the backup began: it is whole, and its content is read.
            let token = admin(&other);
            for content in &written[..before] {
                let made = create(&mut other, &token, "n.csv", content.len(), &sha256(content));
                assert_eq!(made["file"]["complete"], true, "{made}");
                let query = "mutation($i: CreateUploadInput!) { createUpload(input: $i) { file { address } } }";
                let input = json!({ "name": "n.csv", "size": content.len().to_string(), "sha256": sha256(content) });
                let address = other.data_as(&token, query, json!({ "i": input }))["createUpload"]["file"]["address"].clone();
                assert_eq!(get(&mut other, text(&address)), (200, content.clone()));
            }
            // It goes on.
            write(&mut other, &token, 10_000);
            other.stop();
            verified(&other);
        }
    }

    what_was_changed_is_refused_by_name(world) {
        world.succeed(&["import", "divisions", &golden("divisions.csv")]);
        let token = admin(world);
        write(world, &token, 1);
        world.stop();
        let away = elsewhere();
        let secret = away.path().join("passphrase");
        std::fs::write(&secret, format!("{PASSPHRASE}\n")).expect("written");
        let (backup, secret) = (away.path().join("b"), display(&secret));
        assert_eq!(world.run(&["backup", &display(&backup), "--with-keys"]).status.code(), Some(2), "no passphrase");
        std::fs::write(away.path().join("short"), "short").expect("written");
        let short = display(&away.path().join("short"));
        assert_eq!(world.run(&["backup", &display(&backup), "--with-keys", "--passphrase-file", &short]).status.code(), Some(1));
        assert!(!backup.exists());
        world.succeed(&["backup", &display(&backup), "--with-keys", "--passphrase-file", &secret]);
        assert_eq!(world.run(&["backup", &display(&backup)]).status.code(), Some(2), "it is there already");
        let tar = away.path().join("b.tar");
        world.succeed(&["backup", &display(&tar), "--with-keys", "--passphrase-file", &secret]);

        let other = World::unmigrated(world.on());
        let restore = |from: &Path, passphrase: &str| other.run(&["restore", &display(from), "--passphrase-file", passphrase]);
        let nothing = |why: &str| assert_eq!(files(other.folder()), Vec::<PathBuf>::new(), "{why}");
        let parts = files(&backup);
        assert!(parts.len() >= 6, "{parts:?}");
        for part in &parts {
            let name = display(part.strip_prefix(&backup).expect("a part"));
            let whole = std::fs::read(part).expect("a part");
            let mut changed = whole.clone();
            let at = changed.len() / 2;
            changed[at] ^= 1;
            std::fs::write(part, changed).expect("written");
            let output = restore(&backup, &secret);
            assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
            assert!(said(&output).contains(&name), "{name}: {}", said(&output));
            nothing(&name);
            std::fs::remove_file(part).expect("removed");
            let output = restore(&backup, &secret);
            assert!(!output.status.success(), "{name} is gone: {}", said(&output));
            nothing(&name);
            std::fs::write(part, whole).expect("written");
        }
        let stranger = backup.join("files/stranger");
        std::fs::write(&stranger, "x").expect("written");
        assert!(said(&restore(&backup, &secret)).contains("files/stranger"));
        std::fs::remove_file(stranger).expect("removed");

        let whole = std::fs::read(&tar).expect("the archive");
        for n in 0..12 {
            let mut changed = whole.clone();
            // Headers, contents, and what is between them.
            let at = (whole.len() - 1) * n / 11;
            changed[at] ^= 1;
            std::fs::write(&tar, changed).expect("written");
            let output = restore(&tar, &secret);
            assert_eq!(output.status.code(), Some(1), "byte {at} of {}: {}", whole.len(), said(&output));
            nothing("a changed archive");
        }
        std::fs::write(&tar, &whole[..whole.len() - 700]).expect("written");
        assert_eq!(restore(&tar, &secret).status.code(), Some(1), "cut off");
        std::fs::write(&tar, &whole).expect("written");

        let wrong = away.path().join("wrong");
        std::fs::write(&wrong, "Kestrel-river-84-lamb").expect("written");
        let output = restore(&tar, &display(&wrong));
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("passphrase"), "{}", said(&output));
        assert_eq!(other.run(&["restore", &display(&tar)]).status.code(), Some(2), "no keys");
        // Another's keys, which would sign anything.
        let stranger = World::stranger(On::Sqlite);
        let keys = display(&stranger.folder().join("keys"));
        assert_eq!(other.run(&["restore", &display(&tar), "--keys", &keys]).status.code(), Some(1), "other keys");
        nothing("all of it was refused");

        let output = restore(&tar, &secret);
        assert!(output.status.success(), "{}", said(&output));
        verified(&other);
        // What is there is not overwritten.
        assert_eq!(restore(&tar, &secret).status.code(), Some(2));
        verified(&other);
    }

    a_record_that_was_changed_before_the_backup_is_not_put_in_place(world) {
        world.succeed(&["import", "divisions", &golden("divisions.csv")]);
        world.tamper("UPDATE division SET name = '别处' WHERE code = '430199000000'");
        let away = elsewhere();
        let backup = display(&away.path().join("b"));
        world.succeed(&["backup", &backup]);
        let other = World::unmigrated(world.on());
        let keys = display(&world.folder().join("keys"));
        let output = other.run(&["restore", &backup, "--keys", &keys]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("Division"), "{}", said(&output));
        assert_eq!(files(other.folder()), Vec::<PathBuf>::new());
        // And the database is as empty as before.
        assert_eq!(other.run(&["restore", &backup, "--keys", &keys]).status.code(), Some(1), "for the same reason");
    }
}

/// Without the programs of PostgreSQL, or with old ones, it is said what is missing.
#[test]
fn missing_and_old_programs_of_postgres_are_named() {
    let mut world = World::new(On::Postgres);
    let away = elsewhere();
    let backup = display(&away.path().join("b"));
    world.set("MINZHENG_PG_BIN", "/nowhere");
    let output = world.run(&["backup", &backup]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("/nowhere/pg_dump") && said(&output).contains("MINZHENG_PG_BIN"),
        "{}",
        said(&output)
    );
    let old = away.path().join("bin");
    std::fs::create_dir(&old).expect("a folder");
    std::fs::write(old.join("pg_dump"), "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n").expect("written");
    std::fs::set_permissions(old.join("pg_dump"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("executable");
    world.set("MINZHENG_PG_BIN", &display(&old));
    let output = world.run(&["backup", &backup]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("too old") && said(&output).contains("9.6.24"), "{}", said(&output));
    assert_eq!(files(away.path()).len(), 1, "nothing is left half done");
}
