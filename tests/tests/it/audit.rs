//! The journal over the API: for the auditor only, newest first, and its verification.

use serde_json::{Value, json};
use tests::World;

use crate::talk::{ask, data, token};

/// Asks for entries by what is given: what is not asked by is left out.
fn entries(address: &str, token: &str, given: &Value) -> Value {
    let given = given.as_object().expect("arguments").clone();
    let of = |name: &str| match name {
        "first" => "Int",
        "from" | "to" => "DateTime",
        _ => "String",
    };
    let declared: Vec<String> = given.keys().map(|name| format!("${name}: {}", of(name))).collect();
    let passed: Vec<String> = given.keys().map(|name| format!("{name}: ${name}")).collect();
    let query = format!(
        "query({}) {{ auditEntries({}) {{
            nodes {{ id position at account command cause rowCount rows {{ aggregate id kind division fields }} }}
            pageInfo {{ hasNextPage endCursor }} totalCount }} }}",
        declared.join(", "),
        passed.join(", ")
    );
    data(address, token, &query, Value::Object(given))["auditEntries"].clone()
}

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
            let page = entries(&address, &auditor, &json!({ "first": 2, "after": after }));
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

        let count = |given: Value| entries(&address, &auditor, &given)["totalCount"].clone();
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

    the_journal_is_for_an_auditor_of_the_whole_district(world) {
        crate::batch::village(world);
        let security = token(world, "SECURITY_ADMIN");
        let of = |role: &str, scope: &str| world.token(&["--role", role, "--scope", scope]);
        let (town, other, everywhere, platform) =
            (of("AUDITOR", "430199001"), of("AUDITOR", "430198"), of("AUDITOR", ""), of("PLATFORM", "430199002"));
        let address = world.serve().to_owned();
        let create = "mutation { createAccount(input: { username: \"li.si\", name: \"李四\" }) { userErrors { code } } }";
        assert_eq!(data(&address, &security, create, json!({}))["createAccount"]["userErrors"], json!([]));
        for query in ["{ auditEntries { nodes { id } } }", "{ auditEntries { totalCount } }", "{ verifyAudit { ok } }"] {
            for token in [&town, &other] {
                let (_, answer) = ask(&address, &[("authorization", &format!("Bearer {token}"))], query, json!({}));
                assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}: {answer}");
            }
            data(&address, &everywhere, query, json!({}));
        }
        // Of changes each hears those of the own place, and of rows without a place only who has the whole district.
        let whole = token(world, "AUDITOR");
        let heard = |token: &str| -> Vec<(String, Value)> {
            let query = "{ changes(first: 100) { nodes { aggregate division } totalCount } }";
            let changes = data(&address, token, query, json!({}))["changes"].clone();
            let nodes = changes["nodes"].as_array().expect("changes").clone();
            assert_eq!(changes["totalCount"], nodes.len(), "{changes}");
            nodes.iter().map(|node| (node["aggregate"].as_str().expect("a name").to_owned(), node["division"].clone())).collect()
        };
        // What is public everybody may hear of.
        let own = |token: &str| heard(token).into_iter().filter(|(name, _)| name != "Division").collect::<Vec<_>>();
        for (token, place, persons) in [(&town, "430199001001", 2), (&platform, "430199002001", 1)] {
            assert_eq!(own(token), vec![("Person".to_owned(), json!(place)); persons]);
        }
        assert_eq!(own(&other), []);
        for token in [&whole, &everywhere] {
            let all = heard(token);
            assert!(all.iter().any(|(name, division)| name == "Account" && division.is_null()), "{all:?}");
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
