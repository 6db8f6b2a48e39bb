//! Tasks: one list of what waits for the viewer, from the states of records in several rooms.

use serde_json::{Value, json};
use tests::{World, on_both};

use crate::batch::village;
use crate::files::upload;

const TASKS: &str =
    "query($before: Date, $room: Room) { viewer { availableCommands tasks(dueBefore: $before, room: $room) {
    title due overdue room availableCommands node { __typename id } } } }";

fn tasks(world: &mut World, token: &str, variables: Value) -> Vec<Value> {
    let listed = world.data_as(token, TASKS, variables)["viewer"]["tasks"].clone();
    listed.as_array().expect("tasks").clone()
}

fn report(world: &mut World, token: &str, person: &str, kind: &str) -> Value {
    let query = "mutation($input: ReportChangeInput!) { reportChange(input: $input) { reportedChange { id } userErrors { code } } }";
    let input = json!({ "person": person, "kind": kind, "happenedOn": "2023-06-28" });
    world.data_as(token, query, json!({ "input": input }))["reportChange"]["reportedChange"]["id"].clone()
}

on_both! {
    a_reported_change_waits_for_its_town_until_it_is_dealt_with(world) {
        let (worker, officer, persons) = village(world);
        let id = report(world, &worker, &persons[0], "DEATH");
        let waiting = tasks(world, &officer, json!({}));
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert_eq!(waiting[0]["node"], json!({ "__typename": "ReportedChange", "id": id }));
        assert_eq!((&waiting[0]["due"], &waiting[0]["overdue"], &waiting[0]["room"]), (&json!("2023-07-07"), &json!(false), &json!("REGISTRY")));
        assert_eq!(waiting[0]["availableCommands"], json!(["handleReportedChange", "dismissReportedChange"]));
        assert!(!waiting[0]["title"].as_str().expect("a title").is_empty());
        assert_eq!(tasks(world, &officer, json!({ "before": "2023-07-07" })), Vec::<Value>::new());
        assert_eq!(tasks(world, &officer, json!({ "before": "2023-07-08" })).len(), 1);
        assert_eq!(tasks(world, &officer, json!({ "room": "EXCHANGE" })), Vec::<Value>::new());
        let elsewhere = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199002"]);
        for token in [&worker, &elsewhere] {
            assert_eq!(tasks(world, token, json!({})), Vec::<Value>::new(), "who cannot deal with it");
        }
        let handle = "mutation($input: SettleReportedChangeInput!) { handleReportedChange(input: $input) { reportedChange { state } userErrors { code path } } }";
        let stale = world.data_as(&officer, handle, json!({ "input": { "id": id, "version": 7, "remark": "已停发" } }));
        assert_eq!(stale["handleReportedChange"]["userErrors"][0]["code"], "STALE_VERSION");
        let done = world.ask_for(&officer, "REVIEW", handle, json!({ "input": { "id": id, "version": 1, "remark": "已停发" } }))["data"].clone();
        assert_eq!(done["handleReportedChange"]["reportedChange"]["state"], "HANDLED", "{done}");
        assert_eq!(tasks(world, &officer, json!({})), Vec::<Value>::new());
        // The step stands in the history.
        assert!(world.dump().contains("handleReportedChange"));
        let commands = world.data_as(&worker, TASKS, json!({}))["viewer"]["availableCommands"].clone();
        let commands: Vec<&str> = commands.as_array().expect("commands").iter().map(|c| c.as_str().expect("a name")).collect();
        assert!(commands.contains(&"reportChange") && !commands.contains(&"handleReportedChange"), "{commands:?}");
    }

    what_is_past_its_day_is_overdue_and_the_soonest_stands_first(world) {
        let (worker, officer, persons) = village(world);
        let late = report(world, &worker, &persons[0], "DEATH");
        world.stop();
        world.set("MINZHENG_TODAY", "2023-07-10");
        let soon = report(world, &worker, &persons[1], "MOVE");
        let waiting = tasks(world, &officer, json!({}));
        let told: Vec<Value> = waiting.iter().map(|task| json!([task["node"]["id"], task["due"], task["overdue"]])).collect();
        assert_eq!(told, [json!([late, "2023-07-07", true]), json!([soon, "2023-07-17", false])]);
    }

    a_grant_waits_for_another_security_administrator(world) {
        // Two by the command line confirm each other's; the third is proposed by a system account.
        let one = world.token(&["--role", "SECURITY_ADMIN"]);
        let made: Value = serde_json::from_str(&world.succeed(&["account", "create", "--json", "--username", "li.si", "--name", "李四", "--role", "CITIZEN", "--scope", "1"])).expect("JSON");
        let propose = "mutation($grants: [RoleGrantInput!]!) { proposeRoleGrants(input: { grants: $grants }) { roleGrants { id } userErrors { code } } }";
        let grants = json!([{ "account": made["id"], "role": "TOWN_OFFICER", "scope": "430199001" }]);
        let proposed = world.data_as(&one, propose, json!({ "grants": grants }))["proposeRoleGrants"]["roleGrants"][0]["id"].clone();
        assert!(tasks(world, &one, json!({})).iter().all(|task| task["node"]["id"] != proposed), "not for who proposed it");
        let other: Value = serde_json::from_str(&world.succeed(&["account", "create", "--json", "--username", "wang.wu", "--name", "王五", "--id-number", &tests::id_number("wang.wu"), "--role", "SECURITY_ADMIN"])).expect("JSON");
        assert!(other["id"].is_string());
        let two = world.token(&["--account", "wang.wu"]);
        let waiting = tasks(world, &two, json!({ "room": "ACCESS" }));
        let task = waiting.iter().find(|task| task["node"]["id"] == proposed).unwrap_or_else(|| panic!("{waiting:?}"));
        assert_eq!(task["availableCommands"], json!(["confirmRoleGrants", "revokeRoleGrants"]));
        assert_eq!(task["node"]["__typename"], "RoleGrant");
        let confirm = "mutation($id: ID!) { confirmRoleGrants(input: { ids: [$id] }) { userErrors { code } } }";
        world.data_as(&two, confirm, json!({ "id": proposed }));
        assert!(tasks(world, &two, json!({})).iter().all(|task| task["node"]["id"] != proposed));
    }

    an_import_with_refused_rows_waits_until_it_is_sent_again(world) {
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let start = "mutation($file: ID!) { startImport(input: { kind: \"divisions\", file: $file }) { import { id } job { id } } }";
        let mut ids = Vec::new();
        for (code, waits) in [("4301990", 1), ("430199001", 0)] {
            let content = format!("区划代码,名称,级别\n430199,示例区,DISTRICT\n{code},示例街道,TOWN\n");
            let file = upload(world, &token, "d.csv", content.as_bytes());
            let started = world.data_as(&token, start, json!({ "file": file }))["startImport"].clone();
            tests::eventually("the import ends", || {
                let job = world.data_as(&token, "query($id: ID!) { job(id: $id) { finishedAt } }", json!({ "id": started["job"]["id"] }));
                !job["job"]["finishedAt"].is_null()
            });
            ids.push(started["import"]["id"].clone());
            let waiting = tasks(world, &token, json!({}));
            assert_eq!(waiting.len(), waits, "{waiting:?}");
            for task in waiting {
                assert_eq!((&task["node"]["id"], &task["availableCommands"]), (&ids[0], &json!(["undoImport"])));
            }
        }
    }

    nobody_has_no_tasks_and_may_sign_in(world) {
        let viewer = world.data(TASKS, json!({}))["viewer"].clone();
        assert_eq!(viewer["tasks"], json!([]));
        assert_eq!(viewer["availableCommands"], json!(["createScreenCode", "redeemScreenCode", "refreshToken", "signIn", "signInPlatformClient"]));
    }
}
