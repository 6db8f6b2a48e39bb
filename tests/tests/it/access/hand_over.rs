//! Tasks are given to accounts that may deal with them, and handed over: by whose they are, or who answers for the place.

use serde_json::{Value, json};
use tests::World;

use super::{account, codes, text, verified};
use crate::batch::village;

fn mutate(world: &mut World, token: &str, command: &str, of: &str, told: &str, input: Value) -> Value {
    let query =
        format!("mutation($input: {of}!) {{ {command}(input: $input) {{ {told} userErrors {{ code path }} }} }}");
    let answer = world.ask_as(token, &query, json!({ "input": input }));
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => json!(code),
        None => answer["data"][command].clone(),
    }
}

fn assign(world: &mut World, token: &str, record: &Value, to: Value) -> Value {
    mutate(world, token, "assignTask", "AssignTaskInput", "assignee", json!({ "record": record, "to": to }))
}

fn hand_over(world: &mut World, token: &str, input: Value) -> Value {
    mutate(world, token, "handOver", "HandOverInput", "moved left", input)
}

/// Who was given the waiting records, as somebody is told.
fn assignees(world: &mut World, token: &str, mine: bool) -> Vec<Value> {
    let query = "query($mine: Boolean!) { viewer { tasks(room: REGISTRY, mine: $mine) { assignee } } }";
    let tasks = world.data_as(token, query, json!({ "mine": mine }))["viewer"]["tasks"].clone();
    tasks.as_array().expect("tasks").iter().map(|task| task["assignee"].clone()).collect()
}

fn reported(world: &mut World, worker: &str, person: &str) -> Value {
    let input = json!({ "person": person, "kind": "ILLNESS", "happenedOn": "2023-06-28" });
    mutate(world, worker, "reportChange", "ReportChangeInput", "reportedChange { id }", input)["reportedChange"]["id"]
        .clone()
}

tests::on_both! {
    tasks_are_given_and_handed_over_to_whom_may_deal_with_them(world) {
        let (_, li) = account(world, "li.si", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let (_, wang) = account(world, "wang.wu", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        account(world, "zhao.liu", &["--role", "TOWN_OFFICER", "--scope", "430199002"]);
        let (worker, _, persons) = village(world);
        let records = [reported(world, &worker, &persons[0]), reported(world, &worker, &persons[1])];
        assert_eq!(assignees(world, &li, false), [Value::Null, Value::Null], "everybody's");
        assert_eq!(assignees(world, &li, true), Vec::<Value>::new());

        assert_eq!(assign(world, &worker, &records[0], json!("wang.wu")), "FORBIDDEN");
        // Which names there are elsewhere is not told.
        for (to, code) in [("zhao.liu", "NOT_FOUND"), ("nobody", "NOT_FOUND"), ("x", "INVALID_VALUE")] {
            let refused = assign(world, &li, &records[0], json!(to));
            assert_eq!((codes(&refused), &refused["userErrors"][0]["path"]), (vec![code], &json!(["to"])), "{to}");
        }
        assert_eq!(assignees(world, &li, false), [Value::Null, Value::Null], "nothing changed");
        assert_eq!(assign(world, &li, &records[0], json!("Wang.Wu"))["assignee"], "wang.wu");
        assert_eq!(assignees(world, &li, false), [json!("wang.wu"), Value::Null]);
        assert_eq!(assignees(world, &wang, true), ["wang.wu"]);
        assert_eq!(assignees(world, &li, true), Vec::<Value>::new());

        for to in ["zhao.liu", "nobody"] {
            let elsewhere = hand_over(world, &wang, json!({ "to": to }));
            assert_eq!((codes(&elsewhere), &elsewhere["userErrors"][0]["path"]), (vec!["NOT_FOUND"], &json!(["to"])), "{to}");
        }
        // Who has nothing to give finds no names out either, nor whose tasks are elsewhere.
        for to in ["wang.wu", "nobody"] {
            let nothing = hand_over(world, &li, json!({ "to": to }));
            assert_eq!((&nothing["moved"], &nothing["left"]), (&json!(0), &json!(0)), "{to}: {nothing}");
        }
        for from in ["zhao.liu", "nobody"] {
            let nothing = hand_over(world, &li, json!({ "from": from, "to": "wang.wu" }));
            assert_eq!((&nothing["moved"], &nothing["left"]), (&json!(0), &json!(0)), "{from}: {nothing}");
        }
        let other = hand_over(world, &wang, json!({ "to": "li.si", "division": "430199002" }));
        assert_eq!((&other["moved"], &other["left"]), (&json!(0), &json!(0)), "none there");
        assert_eq!(codes(&hand_over(world, &wang, json!({ "to": "wang.wu" }))), ["INVALID_VALUE"]);
        assert_eq!(codes(&hand_over(world, &worker, json!({ "from": "wang.wu", "to": "li.si" }))), ["NOT_FOUND"], "not theirs to give");
        let nobody = "mutation { handOver(input: { to: \"li.si\" }) { moved } }";
        assert_eq!(world.ask(nobody, json!({}))["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(assignees(world, &wang, true), ["wang.wu"], "nothing changed");

        let own = hand_over(world, &wang, json!({ "to": "li.si" }));
        assert_eq!((&own["moved"], &own["left"]), (&json!(1), &json!(0)), "{own}");
        assert_eq!(assignees(world, &li, true), ["li.si"]);
        // Somebody who answers for the place moves what an account left behind.
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let far = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        let nothing = hand_over(world, &far, json!({ "from": "li.si", "to": "wang.wu" }));
        assert_eq!((&nothing["moved"], &nothing["left"]), (&json!(0), &json!(0)), "not in its divisions");
        assert_eq!(hand_over(world, &admin, json!({ "from": "li.si", "to": "wang.wu", "division": "430199001" }))["moved"], 1);
        assert_eq!(assignees(world, &wang, true), ["wang.wu"]);
        assert_eq!(assign(world, &li, &records[0], Value::Null)["assignee"], Value::Null);
        assert_eq!(assignees(world, &li, false), [Value::Null, Value::Null], "everybody's again");

        let auditor = world.token(&["--role", "AUDITOR", "--scope", "430199"]);
        let entries = "{ auditEntries(command: \"handOver\") { nodes { account rows { aggregate fields } } } }";
        let entries = world.data_as(&auditor, entries, json!({}))["auditEntries"]["nodes"].clone();
        assert_eq!(entries.as_array().unwrap().len(), 2, "{entries}");
        assert_eq!(entries[1]["account"], "wang.wu");
        assert!(text(&entries[1]["rows"][0]["aggregate"]) == "Assignment");
        verified(world);
    }
}
