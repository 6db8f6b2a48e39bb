//! Batches: commands from the field that come late, twice and from two devices; the machine that they move; many at
//! once under one key.

use serde_json::{Value, json};
use tests::{World, on_both};

use crate::talk::ask;

const SYNC: &str = "mutation($entries: [SyncEntryInput!]!) { syncBatch(input: { entries: $entries }) {
    results { clientId outcome ids userErrors { code path message } } userErrors { code path } } }";
const RUN: &str = "mutation($entries: [BatchEntryInput!]!) { runBatch(input: { entries: $entries }) {
    results { outcome ids userErrors { code path message } } userErrors { code path } } }";
const REPORTS: &str = "{ reportedChanges { totalCount nodes { id kind happenedOn note remark state due version
    availableCommands person { idNumber } } } }";

/// A village with three persons: tokens of its worker and of its town's officer, and the persons' ids.
pub fn village(world: &mut World) -> (String, String, Vec<String>) {
    let divisions = "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,示例村,VILLAGE\n430199002,别的街道,TOWN\n430199002001,别的村,VILLAGE\n";
    let persons = "证件类型,证件号码,姓名,现住地代码\n无证件,R1,甲某,430199001001\n无证件,R2,乙某,430199001001\n无证件,R3,丙某,430199002001\n";
    for (kind, content) in [("divisions", divisions), ("persons", persons)] {
        let file = world.file(&format!("{kind}.csv"), content);
        world.succeed(&["import", kind, &file]);
    }
    let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let listed = world.data_as(&admin, "{ persons { nodes { id } } }", json!({}))["persons"]["nodes"].clone();
    let ids = listed.as_array().expect("persons").iter().map(|p| p["id"].as_str().expect("an id").to_owned()).collect();
    let worker = world.token(&["--role", "VILLAGE_WORKER", "--scope", "430199001001"]);
    let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
    (worker, officer, ids)
}

fn entry(client_id: &str, person: &str, kind: &str, note: &str) -> Value {
    json!({
        "clientId": client_id,
        "happenedAt": "2023-06-29T15:20:00+08:00",
        "command": "REPORT_CHANGE",
        "input": { "person": person, "kind": kind, "happenedOn": "2023-06-28", "note": note },
    })
}

fn sync(world: &mut World, token: &str, entries: Value) -> Value {
    world.data_as(token, SYNC, json!({ "entries": entries }))["syncBatch"].clone()
}

fn outcomes(payload: &Value) -> Vec<&str> {
    payload["results"].as_array().expect("results").iter().map(|r| r["outcome"].as_str().expect("an outcome")).collect()
}

on_both! {
    a_batch_sent_twice_from_two_devices_has_one_effect(world) {
        let (worker, officer, persons) = village(world);
        let batch = json!([
            entry("0190-a-death", &persons[0], "DEATH", "6月28日在家中去世"),
            entry("0190-a-move", &persons[1], "MOVE", "搬到女儿家"),
        ]);
        let first = sync(world, &worker, batch.clone());
        assert_eq!(outcomes(&first), ["ACCEPTED", "ACCEPTED"], "{first}");
        // Late, again, and from the phone of the town's officer who was there.
        for token in [&worker, &officer] {
            let again = sync(world, token, batch.clone());
            assert_eq!(outcomes(&again), ["DUPLICATE", "DUPLICATE"]);
            assert_eq!(again["results"][0]["ids"], first["results"][0]["ids"], "the first result");
        }
        // Who does not reach the person is told nothing of it, also with the very entry.
        let stranger = world.token(&["--role", "VILLAGE_WORKER", "--scope", "430199002001"]);
        let refused = sync(world, &stranger, batch.clone());
        assert_eq!(outcomes(&refused), ["REFUSED", "REFUSED"], "{refused}");
        assert_eq!((&refused["results"][0]["ids"], &refused["results"][0]["userErrors"][0]["code"]), (&json!([]), &json!("NOT_FOUND")));
        let seen = world.ask_for(&officer, "REVIEW", REPORTS, json!({}))["data"]["reportedChanges"].clone();
        assert_eq!(seen["totalCount"], 2);
        assert_eq!((&seen["nodes"][0]["kind"], &seen["nodes"][0]["note"]), (&json!("DEATH"), &json!("6月28日在家中去世")));
        // Five working days from 2023-06-30, a Friday.
        assert_eq!((&seen["nodes"][0]["due"], &seen["nodes"][0]["state"]), (&json!("2023-07-07"), &json!("REPORTED")));
        // Masked for who does not see people in full, and sealed at rest.
        let masked = world.data_as(&worker, REPORTS, json!({}))["reportedChanges"]["nodes"][0].clone();
        assert_eq!((&masked["note"], &masked["kind"], &masked["availableCommands"]), (&json!(null), &json!(null), &json!([])));
        assert!(!world.dump().contains("在家中去世"));
        // When it happened stands beside when it was received.
        assert!(world.dump().contains("2023-06-29"), "happenedAt is kept");
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_batch_sent_by_two_devices_at_the_same_moment_has_one_effect(world) {
        let (worker, officer, persons) = village(world);
        let address = world.serve().to_owned();
        let entries: Vec<Value> = (0..20).map(|n| entry(&format!("at-once-{n:02}"), &persons[n % 2], if n < 10 { "MOVE" } else { "ILLNESS" }, &format!("{n}"))).collect();
        let entries: Vec<Value> = entries.into_iter().enumerate().map(|(n, mut entry)| {
            // Reports of one kind about one person on one day would be one.
            entry["input"]["happenedOn"] = json!(format!("2023-06-{:02}", 1 + n));
            entry
        }).collect();
        let answers: Vec<Value> = std::thread::scope(|scope| {
            let devices: Vec<_> = [&worker, &officer, &worker, &officer].into_iter().map(|token| {
                let (address, entries) = (&address, &entries);
                scope.spawn(move || crate::talk::data(address, token, SYNC, json!({ "entries": entries })))
            }).collect();
            devices.into_iter().map(|device| device.join().expect("an answer")["syncBatch"].clone()).collect()
        });
        for n in 0..20 {
            let taken = answers.iter().filter(|answer| outcomes(answer)[n] == "ACCEPTED").count();
            assert_eq!(taken, 1, "{n}: {answers:?}");
            assert!(answers.iter().all(|answer| answer["results"][n]["ids"] == answers[0]["results"][n]["ids"]), "{n}: {answers:?}");
        }
        assert_eq!(world.data_as(&worker, REPORTS, json!({}))["reportedChanges"]["totalCount"], 20);
        world.succeed(&["audit", "verify", "--records"]);
    }

    each_entry_has_its_own_outcome_and_conflicts_are_listed(world) {
        let (worker, _, persons) = village(world);
        sync(world, &worker, json!([entry("client-0001", &persons[0], "DEATH", "甲")]));
        let mixed = sync(world, &worker, json!([
            entry("client-0001", &persons[0], "DEATH", "别的说明"),
            entry("client-0002", &persons[0], "DEATH", "两人都报了"),
            entry("client-0003", &persons[2], "MOVE", "别的村"),
            entry("client-0004", &persons[1], "WEATHER", ""),
            { "clientId": "client-0005", "happenedAt": "2023-06-29T15:20:00+08:00", "command": "CONFIRM_ROLE_GRANTS", "input": { "ids": [] } },
            { "clientId": "client-0006", "happenedAt": "2999-06-29T15:20:00+08:00", "command": "REPORT_CHANGE",
              "input": { "person": persons[1], "kind": "MOVE", "happenedOn": "2023-06-28" } },
            { "clientId": "client-0007", "happenedAt": "2023-06-29T15:20:00+08:00", "command": "REPORT_CHANGE",
              "input": { "person": persons[1], "kind": "MOVE", "happenedOn": "2023-07-01" } },
            entry("client-0008", &persons[1], "NO_CHANGE", ""),
        ]));
        assert_eq!(outcomes(&mixed), ["CONFLICT", "CONFLICT", "REFUSED", "REFUSED", "REFUSED", "REFUSED", "REFUSED", "ACCEPTED"], "{mixed}");
        let codes: Vec<&Value> = (0..7).map(|at| &mixed["results"][at]["userErrors"][0]["code"]).collect();
        assert_eq!(codes, ["IDEMPOTENCY_KEY_REUSED", "DUPLICATE", "NOT_FOUND", "INVALID_VALUE", "FORBIDDEN", "INVALID_VALUE", "INVALID_VALUE"]);
        assert_eq!(world.data_as(&worker, REPORTS, json!({}))["reportedChanges"]["totalCount"], 2);
        let many: Vec<Value> = (0..201).map(|n| entry(&format!("client-1{n:03}"), &persons[1], "MOVE", "")).collect();
        let refused = sync(world, &worker, json!(many));
        assert_eq!((&refused["results"], &refused["userErrors"][0]["code"]), (&json!([]), &json!("TOO_MANY")));
        let answer = world.ask(SYNC, json!({ "entries": [entry("client-2000", &persons[0], "MOVE", "")] }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "nobody: {answer}");
    }

    the_machine_refuses_a_command_in_the_wrong_state_and_names_the_allowed(world) {
        let (worker, officer, persons) = village(world);
        let made = sync(world, &worker, json!([entry("client-0001", &persons[0], "DEATH", "甲"), entry("client-0002", &persons[1], "MOVE", "")]));
        let ids: Vec<&Value> = (0..2).map(|at| &made["results"][at]["ids"][0]).collect();
        let handle = |id: &Value, remark: Value| json!({ "command": "HANDLE_REPORTED_CHANGE", "input": { "id": id, "remark": remark } });
        // The reporter may not deal with it; nothing can be dealt with without a word; a stranger does not find it.
        let by_worker = world.data_as(&worker, RUN, json!({ "entries": [handle(ids[0], json!("好"))] }))["runBatch"].clone();
        assert_eq!(by_worker["results"][0]["userErrors"][0]["code"], "FORBIDDEN");
        let stranger = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199002"]);
        let by_stranger = world.data_as(&stranger, RUN, json!({ "entries": [handle(ids[0], json!("好"))] }))["runBatch"].clone();
        assert_eq!(by_stranger["results"][0]["userErrors"][0]["code"], "NOT_FOUND");
        let wordless = world.data_as(&officer, RUN, json!({ "entries": [handle(ids[0], json!(null))] }))["runBatch"].clone();
        assert_eq!((&wordless["results"][0]["userErrors"][0]["code"], &wordless["results"][0]["userErrors"][0]["path"]), (&json!("INVALID_VALUE"), &json!(["remark"])));

        // Who deals with it says for what, since what was reported is masked otherwise.
        let blind = world.data_as(&officer, RUN, json!({ "entries": [handle(ids[0], json!("好"))] }))["runBatch"].clone();
        assert_eq!((&blind["results"][0]["userErrors"][0]["code"], &blind["results"][0]["userErrors"][0]["path"]), (&json!("NOT_FOUND"), &json!(["id"])));

        let done = world.ask_for(&officer, "REVIEW", RUN, json!({ "entries": [
            handle(ids[0], json!("已停发")),
            { "command": "DISMISS_REPORTED_CHANGE", "input": { "id": ids[1], "remark": "仍住本村" } },
            handle(ids[0], json!("再办一次")),
        ] }))["data"]["runBatch"].clone();
        assert_eq!(outcomes(&done), ["ACCEPTED", "ACCEPTED", "CONFLICT"], "{done}");
        let refusal = &done["results"][2]["userErrors"][0];
        assert_eq!(refusal["code"], "WRONG_STATE");
        for word in ["HANDLED", "handleReportedChange", "—"] {
            assert!(refusal["message"].as_str().expect("words").contains(word), "{refusal}");
        }
        let seen = world.ask_for(&officer, "REVIEW", REPORTS, json!({}))["data"]["reportedChanges"]["nodes"].clone();
        assert_eq!((&seen[0]["state"], &seen[0]["remark"], &seen[0]["due"]), (&json!("HANDLED"), &json!("已停发"), &json!(null)));
        assert_eq!((&seen[1]["state"], &seen[0]["availableCommands"]), (&json!("DISMISSED"), &json!([])));
        world.succeed(&["audit", "verify", "--records"]);
    }

    where_others_are_possible_they_are_named(world) {
        // A grant that holds can only be revoked.
        let security = [world.token(&["--role", "SECURITY_ADMIN"]), world.succeed(&["account", "create", "--json", "--username", "one", "--name", "某人", "--role", "SECURITY_ADMIN"])];
        let listed = world.data_as(&security[0], "{ roleGrants(where: { state: { eq: \"ACTIVE\" } }) { nodes { id role } } }", json!({}));
        let nodes = listed["roleGrants"]["nodes"].as_array().expect("grants").clone();
        let active = nodes.iter().find(|grant| grant["role"] == "SECURITY_ADMIN").expect("a grant that holds").clone();
        let confirm = json!([{ "command": "CONFIRM_ROLE_GRANTS", "input": { "ids": [active["id"]] } }]);
        let refused = world.data_as(&security[0], RUN, json!({ "entries": confirm }))["runBatch"]["results"][0].clone();
        assert_eq!((&refused["outcome"], &refused["userErrors"][0]["path"]), (&json!("CONFLICT"), &json!(["ids", "0", "id"])));
        let message = refused["userErrors"][0]["message"].as_str().expect("words");
        assert!(message.contains("ACTIVE") && message.contains("revokeRoleGrants"), "{message}");
    }

    sixty_four_identical_commands_with_one_key_have_one_effect(world) {
        world.set("MINZHENG_RATE_PER_ACCOUNT", "0");
        let (worker, _, persons) = village(world);
        let address = world.serve().to_owned();
        let query = "mutation($input: ReportChangeInput!) { reportChange(input: $input) { reportedChange { id } userErrors { code } } }";
        let input = json!({ "person": persons[0], "kind": "ILLNESS", "happenedOn": "2023-06-28", "idempotencyKey": "once-only" });
        let bearer = format!("Bearer {worker}");
        let answers: Vec<Value> = std::thread::scope(|scope| {
            let sends: Vec<_> = (0..64)
                .map(|_| scope.spawn(|| ask(&address, &[("authorization", &bearer)], query, json!({ "input": input })).1))
                .collect();
            sends.into_iter().map(|send| send.join().expect("an answer")).collect()
        });
        let mut ids: Vec<String> = Vec::new();
        for answer in &answers {
            let payload = &answer["data"]["reportChange"];
            match payload["userErrors"][0]["code"].as_str() {
                None => ids.push(payload["reportedChange"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()),
                Some(code) => assert_eq!(code, "IDEMPOTENCY_IN_PROGRESS", "{answer}"),
            }
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(world.data_as(&worker, REPORTS, json!({}))["reportedChanges"]["totalCount"], 1);
    }
}
