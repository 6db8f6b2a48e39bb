//! Deaths and moves that the field reports are entered when they are handled; a death that was none is revoked.

use serde_json::{Value, json};
use tests::World;

use super::{codes, mutate, verified};
use crate::batch::village;

fn report(world: &mut World, token: &str, input: Value) -> Value {
    mutate(world, token, "reportChange", input, "reportedChange { id }")
}

fn handle(world: &mut World, token: &str, input: Value) -> Value {
    mutate(world, token, "handleReportedChange", input, "reportedChange { state movedTo }")
}

fn person(world: &mut World, token: &str, id: &str) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on Person { deathDate residence version corrections { kind reason } } } }";
    let told = world.ask_for(token, "REVIEW", query, json!({ "id": id }));
    told["data"]["node"].clone()
}

fn state(world: &mut World, token: &str, id: &Value) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on ReportedChange { state } } }";
    world.data_as(token, query, json!({ "id": id }))["node"]["state"].clone()
}

tests::on_both! {
    a_death_is_entered_when_it_is_handled_and_can_be_revoked(world) {
        let (worker, officer, persons) = village(world);
        let id = persons[0].as_str();
        let late = report(world, &worker, json!({ "person": id, "kind": "DEATH", "happenedOn": "2023-06-28" }))["reportedChange"]["id"].clone();
        let early = report(world, &worker, json!({ "person": id, "kind": "DEATH", "happenedOn": "2023-06-27" }))["reportedChange"]["id"].clone();
        assert_eq!(person(world, &officer, id)["deathDate"], Value::Null, "only reported");
        let done = handle(world, &officer, json!({ "id": late, "remark": "已核实" }));
        assert_eq!((codes(&done), &done["reportedChange"]["state"]), (vec![], &json!("HANDLED")), "{done}");
        let dead = person(world, &officer, id);
        assert_eq!((&dead["deathDate"], &dead["version"]), (&json!("2023-06-28"), &json!(2)));

        let refused = handle(world, &officer, json!({ "id": early, "remark": "已核实" }));
        assert_eq!(codes(&refused), ["WRONG_STATE"], "another day is known");
        assert_eq!(state(world, &officer, &early), "REPORTED");
        assert_eq!(person(world, &officer, id), dead, "nothing changed");

        let revoke = |world: &mut World, token: &str, input: Value| mutate(world, token, "revokeDeath", input, "person { deathDate version }");
        assert_eq!(revoke(world, &worker, json!({ "person": id, "reason": "误报" })), "FORBIDDEN");
        let elsewhere = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199002"]);
        assert_eq!(codes(&revoke(world, &elsewhere, json!({ "person": id, "reason": "误报" }))), ["NOT_FOUND"]);
        assert_eq!(codes(&revoke(world, &officer, json!({ "person": id, "reason": "" }))), ["INVALID_VALUE"]);
        assert_eq!(codes(&revoke(world, &officer, json!({ "person": id, "reason": "误报", "version": 1 }))), ["STALE_VERSION"]);
        assert_eq!(person(world, &officer, id), dead, "nothing changed");
        let done = revoke(world, &officer, json!({ "person": id, "reason": "本人健在，系误报" }));
        assert_eq!(done["person"], json!({ "deathDate": null, "version": 3 }));
        let alive = person(world, &officer, id);
        assert_eq!(alive["corrections"], json!([{ "kind": "DEATH", "reason": "本人健在，系误报" }]));
        assert_eq!(codes(&revoke(world, &officer, json!({ "person": id, "reason": "误报" }))), ["WRONG_STATE"]);
        assert_eq!(person(world, &officer, id), alive, "nothing changed");
        // What was left open can be handled now.
        assert_eq!(codes(&handle(world, &officer, json!({ "id": early, "remark": "已核实" }))), Vec::<&str>::new());
        assert_eq!(person(world, &officer, id)["deathDate"], "2023-06-27");
        verified(world);
    }

    a_move_is_entered_as_the_new_residence(world) {
        let (worker, officer, persons) = village(world);
        let (here, there) = ("430199001001", "430199002001");
        let id = persons[0].as_str();
        let wrong = report(world, &worker, json!({ "person": id, "kind": "DEATH", "happenedOn": "2023-06-28", "movedTo": there }));
        assert_eq!((codes(&wrong), &wrong["userErrors"][0]["path"]), (vec!["INVALID_VALUE"], &json!(["movedTo"])));
        let report = report(world, &worker, json!({ "person": id, "kind": "MOVE", "happenedOn": "2023-06-28" }))["reportedChange"]["id"].clone();
        for moved_to in [Value::Null, json!("430199002999")] {
            let refused = handle(world, &officer, json!({ "id": report, "remark": "已核实", "movedTo": moved_to }));
            assert_eq!((codes(&refused), &refused["userErrors"][0]["path"]), (vec!["INVALID_VALUE"], &json!(["movedTo"])), "{moved_to}");
            assert_eq!(state(world, &officer, &report), "REPORTED");
            assert_eq!(person(world, &officer, id)["residence"], here);
        }
        let done = handle(world, &officer, json!({ "id": report, "remark": "已核实", "movedTo": there }));
        assert_eq!(done["reportedChange"], json!({ "state": "HANDLED", "movedTo": there }), "{done}");
        assert_eq!(person(world, &officer, id), Value::Null, "no longer in the town");
        let elsewhere = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199002"]);
        assert_eq!(person(world, &elsewhere, id)["residence"], there);
        verified(world);
    }
}
