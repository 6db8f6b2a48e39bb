//! The journal over the API: for the auditor only, newest first, and its verification.

use serde_json::{Value, json};
use tests::World;

use crate::talk::{ask, data, token};

const ENTRIES: &str =
    "query($first: Int, $after: String, $command: String, $from: DateTime, $to: DateTime, $account: String) {
    auditEntries(first: $first, after: $after, command: $command, from: $from, to: $to, account: $account) {
        nodes { id position at account command cause rowCount rows { aggregate id kind division fields } }
        pageInfo { hasNextPage endCursor } totalCount } }";

fn with_history(world: &World) {
    for n in 1..4 {
        let file = world.file("d.csv", &format!("区划代码,名称,级别\n43019900{n},街道{n},TOWN\n"));
        world.succeed(&["import", "divisions", &file]);
    }
}

tests::on_both! {
    the_auditor_pages_through_the_whole_journal(world) {
        with_history(world);
        let auditor = token(world, "AUDITOR");
        let address = world.serve().to_owned();
        let (mut all, mut after): (Vec<Value>, Value) = (Vec::new(), Value::Null);
        let total = loop {
            let page = data(&address, &auditor, ENTRIES, json!({ "first": 2, "after": after }))["auditEntries"].clone();
            all.extend(page["nodes"].as_array().expect("nodes").iter().cloned());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break page["totalCount"].as_u64();
            }
        };
        assert_eq!(Some(all.len() as u64), total);
        let positions: Vec<i64> = all.iter().map(|e| e["position"].as_str().expect("sealed").parse().expect("a number")).collect();
        assert!(positions.windows(2).all(|pair| pair[0] > pair[1]), "newest first: {positions:?}");
        assert_eq!(positions.last(), Some(&1));
        let one = all.iter().find(|entry| entry["command"] == "recordDivision").expect("an import's entry");
        assert!(one["account"].as_str().expect("a name").starts_with("cli:") && one["cause"].as_str().expect("a cause").starts_with("import:"));
        assert_eq!((&one["rowCount"], &one["rows"][0]["kind"], &one["rows"][0]["aggregate"]), (&json!(2), &json!("CREATED"), &json!("Division")));
        assert_eq!((&one["rows"][1]["kind"], &one["rows"][1]["aggregate"]), (&json!("CHANGED"), &json!("Import")), "how far it came");

        let count = |variables: Value| data(&address, &auditor, ENTRIES, variables)["auditEntries"]["totalCount"].clone();
        assert_eq!(count(json!({ "command": "recordDivision" })), 3);
        assert_eq!(count(json!({ "command": "nothing" })), 0);
        assert_eq!(count(json!({ "account": "nobody" })), 0);
        assert_eq!(count(json!({ "account": one["account"], "command": "recordDivision" })), 3);
        assert_eq!(count(json!({ "from": "2100-01-01T00:00:00+08:00" })), 0);
        assert!(count(json!({ "to": one["at"] })).as_u64() < total);
    }

    only_the_auditor_may_look(world) {
        let tokens = [token(world, "PLATFORM"), token(world, "DISTRICT_ADMIN"), token(world, "SYSTEM_ADMIN")];
        let address = world.serve().to_owned();
        for query in ["{ auditEntries { nodes { id } } }", "{ verifyAudit { ok } }"] {
            for token in &tokens {
                let (_, answer) = ask(&address, &[("authorization", &format!("Bearer {token}"))], query, json!({}));
                assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}");
            }
            assert_eq!(ask(&address, &[], query, json!({})).1["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        }
    }

    verification_names_what_was_tampered_with(world) {
        with_history(world);
        let auditor = token(world, "AUDITOR");
        let address = world.serve().to_owned();
        let query = "{ verifyAudit { ok entries blocks faults { position message } unsealed } }";
        let verdict = data(&address, &auditor, query, json!({}))["verifyAudit"].clone();
        assert_eq!((&verdict["ok"], &verdict["faults"], &verdict["unsealed"]), (&json!(true), &json!([]), &json!("0")));
        assert!(verdict["entries"].as_str().expect("a number").parse::<i64>().expect("a number") >= 6);
        world.tamper("UPDATE journal_entry SET actor = 'somebody' WHERE position = 2");
        let verdict = data(&address, &auditor, query, json!({}))["verifyAudit"].clone();
        assert_eq!((&verdict["ok"], &verdict["faults"][0]["position"]), (&json!(false), &json!("2")));
    }
}
