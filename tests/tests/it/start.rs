//! What is wrong before a command has begun is said by the name of the thing, at once, in one language.

use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tests::{On, World, binary, golden};

/// Runs the program in a folder of its own with some settings.
fn run(folder: &tempfile::TempDir, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.current_dir(folder.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("MINZHENG_DATA_DIR", folder.path().join("data"));
    command.envs(settings.iter().copied()).args(arguments).output().expect("the program starts")
}

/// What it says when it must not go on; it says so soon, in Chinese and in English, and nothing else.
fn refused(settings: &[(&str, &str)], arguments: &[&str], names: &[&str], (zh, en): (&str, &str)) {
    let folder = tempfile::tempdir().expect("a folder");
    for (language, word) in [("zh", zh), ("en", en)] {
        let begun = Instant::now();
        let output = run(&folder, settings, &[arguments, &["--lang", language]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{settings:?} {arguments:?}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{settings:?} {arguments:?}: at once");
        for name in names.iter().chain([&word]) {
            assert!(said.contains(name), "{settings:?} {arguments:?} {language}: {name} in {said}");
        }
        let chinese = said.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign));
        assert_eq!(chinese, language == "zh", "{said}");
    }
}

#[test]
fn that_nobody_reads_any_more_is_no_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["import", "--list"][..], &["schema"], &["--help"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(binary());
        let output = command.current_dir(folder.path()).args(arguments).stdout(writer).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{arguments:?}: {said}");
    }
}

const DISTRICT: (&str, &str) = ("MINZHENG_DISTRICT", "430199");

#[test]
fn a_setting_is_named_with_its_bad_value() {
    for (name, value, words) in [
        ("MINZHENG_RATE_PER_ADDRESS", "abc", ("整数", "a whole number")),
        ("MINZHENG_EXPLORE", "perhaps", ("true 或 false", "true or false")),
        ("MINZHENG_TODAY", "2023-13-01", ("2023-06-30", "2023-06-30")),
        ("MINZHENG_DISTRICT", "4301", ("六位", "six digits")),
        ("MINZHENG_DISTRICT", "abcdef", ("六位", "six digits")),
        ("MINZHENG_TRUSTED_PROXIES", "nowhere", ("网段", "a network")),
    ] {
        refused(&[(name, value)], &["doctor"], &[name, value], words);
    }
    refused(&[("MINZHENG_RATE_PER_ADRESS", "1")], &["doctor"], &["MINZHENG_RATE_PER_ADRESS"], ("没有", "no setting"));
    refused(&[], &["serve"], &["MINZHENG_DISTRICT"], ("六位", "six digits"));
}

#[test]
fn flags_go_over_variables_over_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.toml");
    refused(&[], &["doctor", "--config", "nowhere.toml"], &["nowhere.toml"], ("配置文件", "file of settings"));
    std::fs::write(&file, "rate_per_account = \"many\"\n").expect("written");
    let said = run(&folder, &[], &["doctor", "--lang", "en", "--config", &file.display().to_string()]);
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("own.toml") && said.contains("rate_per_account") && said.contains("whole number"), "{said}");
    // The variable would do, the flag does not.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let used = listener.local_addr().expect("an address").to_string();
    let said =
        run(&folder, &[DISTRICT, ("MINZHENG_LISTEN", "127.0.0.1:0")], &["serve", "--lang", "en", "--listen", &used]);
    assert!(String::from_utf8_lossy(&said.stderr).contains(&used));
}

#[test]
fn an_address_is_named_that_cannot_be_listened_on() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let used = listener.local_addr().expect("an address").to_string();
    refused(&[DISTRICT, ("MINZHENG_LISTEN", &used)], &["serve"], &[&used], ("占用", "in use"));
    refused(&[DISTRICT], &["serve", "--listen", "nonsense"], &["nonsense"], ("127.0.0.1:8080", "127.0.0.1:8080"));
}

#[test]
fn a_folder_is_named_that_cannot_be_written() {
    for path in ["/proc/nowhere/data", "/dev/null/data"] {
        refused(&[("MINZHENG_DATA_DIR", path)], &["migrate"], &[path], ("不能写入", "cannot be written"));
    }
    let url = "sqlite:/dev/null/there/x.sqlite3";
    refused(&[("MINZHENG_DATABASE_URL", url)], &["migrate"], &["/dev/null/there"], ("不能写入", "cannot be written"));
}

#[test]
fn a_database_that_refuses_is_named_with_its_own_words_and_without_the_password() {
    let known = std::env::var("TEST_POSTGRES").expect("TEST_POSTGRES: start the tests with tests/run");
    let (place, _) = known.rsplit_once('/').expect("an address with a database");
    let missing = format!("{place}/no_such_database");
    refused(
        &[("MINZHENG_DATABASE_URL", &missing)],
        &["migrate"],
        &["no_such_database\" does not exist"],
        ("拒绝", "refused"),
    );
    let host = place.rsplit_once('@').expect("an address with a user").1;
    let stranger = format!("postgres://nobody:secret@{host}/postgres");
    refused(&[("MINZHENG_DATABASE_URL", &stranger)], &["migrate"], &["nobody@"], ("拒绝", "refused"));
    let folder = tempfile::tempdir().expect("a folder");
    let said = run(&folder, &[("MINZHENG_DATABASE_URL", &stranger)], &["migrate"]);
    assert!(!String::from_utf8_lossy(&said.stderr).contains("secret"), "{said:?}");
    let away = "postgres://minzheng@127.0.0.1:1/postgres";
    refused(&[("MINZHENG_DATABASE_URL", away)], &["migrate"], &["127.0.0.1:1"], ("连接不上", "cannot be reached"));
    refused(&[("MINZHENG_DATABASE_URL", "mysql://x/y")], &["migrate"], &["mysql://x/y"], ("sqlite:", "postgres://"));
}

#[test]
fn a_district_that_is_not_recorded_is_not_served() {
    let world = World::new(On::Sqlite);
    world.succeed(&["import", "divisions", &golden("divisions.csv")]);
    let output = world.run(&["serve", "--district", "430102", "--lang", "en"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("430102") && said.contains("not among the divisions"), "{said}");
}
