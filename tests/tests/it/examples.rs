//! The examples of the handbook, run in their order against the demo, print what stands below them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tests::repository;

use crate::demo::Demo;

/// One example: what is run, and what it prints, if that is told.
struct Example {
    script: String,
    prints: Option<String>,
}

/// The examples of a page.
fn examples(language: &str) -> Vec<Example> {
    let page = repository().join("api/docs").join(language).join("examples.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let mut examples: Vec<Example> = Vec::new();
    for part in page.split("```sh\n").skip(1) {
        let (script, rest) = part.split_once("\n```").expect("an end of the script");
        let prints = rest.split("```json\n").nth(1).and_then(|rest| rest.split_once("\n```"));
        examples.push(Example { script: script.to_owned(), prints: prints.map(|(told, _)| told.to_owned()) });
    }
    examples
}

/// Whether something was printed as it is told: every line the same JSON, any text for “…”.
fn same(told: &str, printed: &str) -> bool {
    fn like(told: &Value, printed: &Value) -> bool {
        match (told, printed) {
            (Value::String(told), Value::String(_)) if told == "…" => true,
            (Value::Array(told), Value::Array(printed)) => {
                told.len() == printed.len() && told.iter().zip(printed).all(|(a, b)| like(a, b))
            }
            (Value::Object(told), Value::Object(printed)) => {
                told.len() == printed.len() && told.iter().all(|(key, a)| printed.get(key).is_some_and(|b| like(a, b)))
            }
            (told, printed) => told == printed,
        }
    }
    let lines = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect()
    };
    like(&lines(told).into(), &lines(printed).into())
}

/// Runs a script in a folder; what it prints.
fn run(folder: &Path, script: &str) -> String {
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", script]).current_dir(folder).output();
    let output = output.expect("bash");
    let (said, printed) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{script}\n{printed}\n{said}");
    printed.into_owned()
}

#[test]
fn the_examples_of_the_handbook_print_what_they_tell() {
    let told = examples("zh");
    let english: Vec<String> = examples("en").into_iter().map(|example| example.script).collect();
    assert!(told.iter().map(|example| &example.script).eq(&english), "both pages have the same examples");
    for word in ["createUpload", "startImport", "syncBatch", "createPlatformClient", "deputise", "preferred_username"] {
        assert!(english.iter().any(|script| script.contains(word)), "no example of {word}");
    }

    // What has to be there before the start, and the settings of the start.
    let folder = tempfile::tempdir().expect("a folder");
    let (before, then): (Vec<Example>, Vec<Example>) =
        told.into_iter().partition(|example| example.script.contains("minzheng demo"));
    let (keys, start) = before[0].script.rsplit_once('\n').expect("a line that starts the demo");
    run(folder.path(), keys);
    let settings: Vec<(&str, &str)> =
        start.trim_end_matches(" minzheng demo").split(' ').map(|one| one.split_once('=').expect(start)).collect();
    assert_eq!((before.len(), settings.len()), (1, 3));
    let demo = Demo::start_with(folder.path(), "1", &settings);

    let mut script = String::new();
    for example in &then {
        script += &example.script;
        script += "\necho; echo ----\n";
    }
    let script = script.replace("http://127.0.0.1:8080", demo.address());
    let printed = run(folder.path(), &script);
    let printed: Vec<&str> = printed.split("\n----\n").collect();
    assert_eq!(printed.len(), then.len() + 1, "{printed:?}");
    for (example, printed) in then.iter().zip(printed) {
        let told = example.prints.as_deref().unwrap_or_else(|| panic!("nothing is told: {}", example.script));
        assert!(same(told, printed.trim()), "{}\nprints\n{printed}", example.script);
    }
    assert!(!same("{\"a\":\"…\"}", "{\"a\":1}") && same("{\"a\":\"…\"}", "{\"a\":\"x\"}"));
}
