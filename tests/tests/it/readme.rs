//! The README's queries give the README's answers, on the demo as a newcomer starts it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::{ask_at, binary, repository};

/// Queries with the answers that stand under them.
fn pairs(readme: &str) -> Vec<(String, Value)> {
    let mut pairs = Vec::new();
    for part in readme.split("```graphql\n").skip(1) {
        let (query, rest) = part.split_once("```").expect("an end of the query");
        let answer = rest.split_once("```json\n").and_then(|(_, rest)| rest.split_once("```")).expect("an answer").0;
        pairs.push((query.trim().to_owned(), serde_json::from_str(answer).expect("JSON")));
    }
    pairs
}

#[test]
fn the_queries_of_the_readme_give_its_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = Command::new(binary())
        .args(["demo", "--json", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path().join("demo-data"))
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demo starts");
    let mut line = String::new();
    BufReader::new(demo.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let ready: Value = serde_json::from_str(&line).expect("JSON");
    let address = ready["graphql"].as_str().expect("an address").trim_end_matches("/graphql").to_owned();

    let readme = std::fs::read_to_string(repository().join("README.md")).expect("the README");
    // The token by the README's own lines.
    let lines = readme.split("```sh\n").skip(1).map(|part| part.split("```").next().unwrap_or_default());
    let lines = lines.filter(|part| part.contains("signIn")).collect::<String>();
    let script = format!("{lines}\necho \"$TOKEN\"; ask '{{ viewer {{ account }} }}'");
    let script = script.replace("http://127.0.0.1:8080", &address);
    let output = Command::new("bash").args(["-euc", &script]).output().expect("bash");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let (token, viewer) = printed.trim().split_once('\n').unwrap_or_else(|| panic!("{script}: {output:?}"));
    assert_eq!(viewer, "{\"viewer\":{\"account\":\"zhou.lixin\"}}", "{script}");
    let bearer = format!("Bearer {token}");
    let pairs = pairs(&readme);
    assert!(pairs.len() >= 5);
    let mut wrong = Vec::new();
    for (query, expected) in pairs {
        let (_, answer) = ask_at(&address, &[("authorization", &bearer)], &query, json!({}));
        if answer["data"] != expected {
            wrong.push(format!("{query}\n{}", answer["data"]));
        }
    }
    let _ = demo.kill();
    let _ = demo.wait();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
