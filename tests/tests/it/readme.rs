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
    let bearer = format!("Bearer {}", ready["tokens"]["DISTRICT_ADMIN"].as_str().expect("a token"));

    let readme = std::fs::read_to_string(repository().join("README.md")).expect("the README");
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
