//! Databases as earlier programs kept them (`tests/data/upgrade`, made by the script there) are brought up to date, cut off in
//! the middle, and go on: nothing is lost, nothing turns, what clients kept is still good.

use serde_json::{Value, json};
use tests::{On, World, golden};

/// The upgrade worlds, oldest first.
fn names() -> Vec<String> {
    let folders = std::fs::read_dir(tests::repository().join("tests/data/upgrade")).expect("the upgrade worlds");
    let folders = folders.map(|entry| entry.expect("an entry")).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

fn told(world: &World, file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(world.folder().join(file)).expect("a file")).expect("JSON")
}

fn goes_on(on: On) {
    for name in names() {
        let mut world = World::of_earlier(on, &name);
        // Odd moments; what was done by then stays, or is done again.
        for milliseconds in [4, 9, 15, 25, 40] {
            let mut child = world.start(&["migrate"]);
            std::thread::sleep(std::time::Duration::from_millis(milliseconds));
            let _ = child.kill();
            let _ = child.wait();
        }
        world.succeed(&["migrate"]);
        let (before, figures) = (told(&world, "world.json"), told(&world, "figures.json"));
        world.succeed(&["audit", "verify", "--records"]);
        world.succeed(&["figures", "verify"]);
        let report = world.succeed(&["report", "--division", "430199", "--period", "2023H1", "--format", "json"]);
        let report: Value = serde_json::from_str(&report).expect("JSON");
        for (code, figure) in figures.as_object().expect("figures") {
            let (now, then) = (&report["figures"][code]["value"], &figure["value"]);
            // What was never reported was told as nought once.
            let never = now.is_null() && then.as_str().and_then(|then| then.parse::<f64>().ok()) == Some(0.0);
            assert!(now == then || never, "{name} {code}: {now} {then}");
        }

        // A place in the feed is still that place.
        let platform = world.token(&["--role", "PLATFORM", "--scope", "430199"]);
        let feed = "query($after: String) { changes(first: 100, after: $after) { nodes { aggregate id kind } } }";
        let changes = world.data_as(&platform, feed, json!({ "after": before["cursor"] }));
        let after = changes["changes"]["nodes"].as_array().expect("changes").len();
        assert!(u64::try_from(after).is_ok_and(|after| after >= before["rest"].as_u64().expect("a number")));

        // A command that was sent before has its first result.
        let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let report = "mutation($person: ID!) { reportChange(input: { person: $person, kind: ILLNESS,
            happenedOn: \"2023-06-01\", note: \"住院\", idempotencyKey: \"upgrade\" }) {
            reportedChange { id } userErrors { message } } }";
        let again = world.data_as(&officer, report, json!({ "person": before["person"] }));
        assert_eq!(again["reportChange"]["reportedChange"]["id"], before["reported"], "{again}");
        world.stop();

        // Sheets that were written then say what is known.
        let order = std::fs::read_to_string(golden("order.txt")).expect("the order");
        for kind in order.lines().filter(|kind| !kind.is_empty()) {
            let sheet = world.folder().join("exports").join(format!("{kind}.csv")).display().to_string();
            let outcome = world.succeed(&["import", "--json", kind, &sheet]);
            let outcome: Value = serde_json::from_str(&outcome).expect("JSON");
            assert_eq!(
                (&outcome["created"], &outcome["changed"], &outcome["refused"]),
                (&json!(0), &json!(0), &json!(0)),
                "{name} {kind}"
            );
        }
        world.succeed(&["audit", "verify", "--records"]);
    }
}

#[test]
fn a_database_of_an_earlier_program_goes_on_sqlite() {
    goes_on(On::Sqlite);
}

#[test]
fn a_database_of_an_earlier_program_goes_on_postgres() {
    goes_on(On::Postgres);
}
