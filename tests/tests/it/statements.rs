//! Statements per operation: each document of the apps is answered with a fixed number of statements, whatever the size
//! of its pages.

use serde_json::{Value, json};
use tests::{World, golden, on_both, repository};

const KINDS: [&str; 8] = [
    "divisions",
    "persons",
    "households",
    "household-members",
    "recognitions",
    "temporary-aid",
    "welfare-benefits",
    "payments",
];

/// Document, role and scope, variables, and how many statements it takes. The check of the session (at most once a
/// second) and the entry of what was read stand apart from these.
fn operations() -> Vec<(&'static str, &'static str, &'static str, Value, u64)> {
    let half = json!({ "year": 2023, "half": "H1" });
    let screen = json!({
        "division": "430199", "district": "430199", "period": half,
        "codes": ["F0", "F1", "F2", "F8"], "trends": ["F1", "F2"], "by": "F1", "towns": true,
    });
    vec![
        ("viewer", "DISTRICT_ADMIN", "430199", json!({}), 0),
        ("division", "DISTRICT_ADMIN", "430199", json!({ "code": "430199" }), 2),
        ("divisions", "DISTRICT_ADMIN", "430199", json!({ "parent": "430199" }), 1),
        ("my-household", "CITIZEN", "", json!({}), 7),
        ("my-payments", "CITIZEN", "", json!({}), 3),
        ("desk-person", "DISTRICT_ADMIN", "430199", json!({ "idNumber": "430199198801020014" }), 8),
        ("desk-recognitions", "DISTRICT_ADMIN", "430199", json!({ "division": "430199" }), 5),
        ("screen-start", "SCREEN", "430199", json!({}), 0),
        ("screen", "SCREEN", "430199", screen, 3),
        ("figure-rows", "DISTRICT_ADMIN", "430199", json!({ "division": "430199", "period": half, "code": "F1" }), 10),
    ]
}

fn statements(world: &mut World, token: &str, document: &str, variables: &Value) -> u64 {
    let path = repository().join(format!("api/documents/{document}.graphql"));
    let text = std::fs::read_to_string(path).expect("a document");
    let mut fewest = u64::MAX;
    // The check of the session is asked again each second: the fewest of a few is the operation's own.
    for _ in 0..4 {
        let answer = world.ask_for(token, "REVIEW", &text, variables.clone());
        assert!(answer["errors"].is_null(), "{document}: {answer}");
        fewest = fewest.min(answer["extensions"]["statements"].as_u64().expect("a count"));
    }
    fewest
}

on_both! {
    every_operation_takes_so_many_statements_whatever_its_page(world) {
        for kind in KINDS {
            world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
        }
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let found = world.ask_for(&admin, "SERVICE", "{ persons(idNumber: \"430199198801020014\") { nodes { id } } }", json!({}));
        let person = found["data"]["persons"]["nodes"][0]["id"].as_str().expect("the person").to_owned();
        let mut wrong = Vec::new();
        for (document, role, scope, variables, most) in operations() {
            let scope = if role == "CITIZEN" { person.as_str() } else { scope };
            let token = world.token(&["--role", role, "--scope", scope]);
            let usual = statements(world, &token, document, &variables);
            // The rows behind a figure are read for a purpose and noted, which may move the position that its answer is
            // kept for: then it is read again.
            let is_wrong = |now: u64| if document == "figure-rows" { now > most } else { now != most };
            if is_wrong(usual) {
                wrong.push(format!("{document}: {usual} instead of {most}"));
            }
            let text = std::fs::read_to_string(repository().join(format!("api/documents/{document}.graphql")));
            if text.expect("a document").contains("$first") {
                for first in [1, 3, 100] {
                    let mut sized = variables.clone();
                    sized["first"] = json!(first);
                    let now = statements(world, &token, document, &sized);
                    if is_wrong(now) {
                        wrong.push(format!("{document} with {first}: {now} instead of {most}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    days_of_a_running_time_take_one_statement_for_all_figures_once_a_day(world) {
        for kind in KINDS {
            world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
        }
        world.set("MINZHENG_TODAY", "2023-05-17");
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let codes: Vec<String> = world.data("{ indicators { code kind fed } }", json!({}))["indicators"].as_array()
            .expect("figures").iter().filter(|of| of["fed"] == true && of["kind"] != "DATE" && of["kind"] != "TEXT")
            .map(|of| of["code"].as_str().expect("a code").to_owned()).collect();
        assert!(codes.len() > 80, "{}", codes.len());
        // The fewest of a few, as above; each place is another question.
        let places = ["430199", "430199001", "430199001001", "430199001002"];
        let mut fewest = |fields: &str, codes: &[String]| {
            let query = format!(
                "query D($division: DivisionCode!, $codes: [String!]) {{ figures(division: $division, \
                 period: {{ year: 2023 }}, codes: $codes) {{ figures {{ value {fields} }} }} }}"
            );
            let mut ask = |place: &&str| {
                let answer = world.ask_for(&admin, "REVIEW", &query, json!({ "division": place, "codes": codes }));
                assert!(answer["errors"].is_null(), "{answer}");
                answer["extensions"]["statements"].as_u64().expect("a count")
            };
            places.iter().map(&mut ask).min().expect("some")
        };
        let (all, few) = (&codes[..], &codes[..3]);
        // The same question again is answered by what was read for it: each is asked of other figures.
        let _known_since = fewest("code", all);
        let (usual, usual_few) = (fewest("code", &all[1..]), fewest("code", few));
        assert_eq!(fewest("code", few), 1, "nothing has changed");
        assert_eq!([fewest("yearOnYear", few), fewest("yearOnYear", &few[1..])], [usual_few + 1, usual_few]);
        let both = "yearOnYear previousPeriod";
        assert_eq!([fewest(both, all), fewest(both, &all[1..])], [usual + 1, usual]);
    }
}
