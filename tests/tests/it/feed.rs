//! The change feed: with many writers at once, a reader that pages and one that follows both end with exactly the rows
//! there are, each once, in one order.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};
use tests::World;

use crate::talk::{Socket, ask, data, token};

const PAGE: &str = "query($after: String) { changes(after: $after, first: 100) {
    nodes { cursor aggregate id kind division fields node { id } } pageInfo { hasNextPage endCursor } } }";
const FOLLOW: &str = "subscription($after: String) { changes(after: $after) { cursor aggregate id kind division } }";
/// Of sixteen writers, those that import by the command line; the others write through the server.
const IMPORTERS: usize = 12;
const CLERKS: usize = 4;
const ACCOUNTS: usize = 5;
const ROUNDS: usize = 3;
const ROWS: usize = 25;

fn sheet(world: &World, writer: usize, round: usize) -> String {
    let rows: Vec<String> = (0..ROWS)
        .map(|row| {
            let (town, village) = (writer + 1, round * ROWS + row + 1);
            format!("430199{town:03}{village:03},村{writer}-{village},VILLAGE")
        })
        .collect();
    world.file(&format!("{writer}-{round}.csv"), &format!("区划代码,名称,级别\n{}\n", rows.join("\n")))
}

/// Pages until nothing is left; gives the cursor to go on from.
fn page(address: &str, token: &str, mut after: Value, all: &mut Vec<Value>) -> Value {
    loop {
        let page = data(address, token, PAGE, json!({ "after": after }))["changes"].clone();
        all.extend(page["nodes"].as_array().expect("nodes").iter().cloned());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            return after;
        }
    }
}

/// Ids of the rows of an aggregate that were created, in the order of the feed.
fn created(changes: &[Value], aggregate: &str) -> Vec<String> {
    let created = changes.iter().filter(|change| change["aggregate"] == aggregate && change["kind"] == "CREATED");
    created.map(|change| change["id"].as_str().expect("an id").to_owned()).collect()
}

fn complete(changes: &[Value]) -> bool {
    created(changes, "Division").len() >= IMPORTERS * ROUNDS * ROWS
        && created(changes, "Account").len() >= CLERKS * ACCOUNTS
}

fn without_node(mut change: Value) -> Value {
    change.as_object_mut().expect("a change").remove("node");
    change
}

tests::on_both! {
    readers_end_with_exactly_the_rows_there_are(world) {
        // The auditor hears of accounts too. System accounts stand before the first position that is read.
        let (auditor, security) = (token(world, "AUDITOR"), token(world, "SECURITY_ADMIN"));
        world.set("MINZHENG_RATE_PER_ACCOUNT", "0");
        world.set("MINZHENG_RATE_PER_ADDRESS", "0");
        let address = world.serve().to_owned();
        let mut before = Vec::new();
        let start = page(&address, &auditor, Value::Null, &mut before);
        let sheets: Vec<Vec<String>> =
            (0..IMPORTERS).map(|writer| (0..ROUNDS).map(|round| sheet(world, writer, round)).collect()).collect();
        let shared = &*world;
        let (paged, followed) = std::thread::scope(|scope| {
            let followed = scope.spawn(|| {
                let mut socket = Socket::ready(&address, Some(&auditor));
                socket.subscribe("all", FOLLOW, json!({ "after": start }));
                let mut all = Vec::new();
                while !complete(&all) {
                    all.push(socket.message()["payload"]["data"]["changes"].clone());
                }
                all
            });
            let paged = scope.spawn(|| {
                let (mut all, mut after) = (Vec::new(), start.clone());
                while !complete(&all) {
                    after = page(&address, &auditor, after, &mut all);
                }
                all
            });
            for sheets in &sheets {
                scope.spawn(move || {
                    for sheet in sheets {
                        assert!(shared.start(&["import", "divisions", sheet]).wait().expect("it ends").success());
                    }
                });
            }
            for clerk in 0..CLERKS {
                let (address, security) = (&address, &security);
                scope.spawn(move || {
                    for n in 0..ACCOUNTS {
                        let input = json!({ "username": format!("clerk{clerk}.{n}"), "name": "某人" });
                        let query = "mutation($input: CreateAccountInput!) { createAccount(input: $input) { userErrors { code message } } }";
                        let payload = data(address, security, query, json!({ "input": input }));
                        assert_eq!(payload["createAccount"]["userErrors"], json!([]));
                    }
                });
            }
            (paged.join().expect("paged"), followed.join().expect("followed"))
        });

        // One that comes late has it all; both readers saw the beginning of it, each change once, in this order.
        let mut late = Vec::new();
        page(&address, &auditor, start, &mut late);
        let late: Vec<Value> = late.into_iter().map(without_node).collect();
        assert_eq!(late.iter().map(|c| c["cursor"].as_str()).collect::<HashSet<_>>().len(), late.len());
        let paged: Vec<Value> = paged.into_iter().map(without_node).collect();
        let known = |change: &Value| (change["cursor"].clone(), change["id"].clone(), change["kind"].clone());
        for seen in [&paged, &followed] {
            assert!(complete(seen) && seen.len() <= late.len());
            assert!(seen.iter().map(known).eq(late.iter().take(seen.len()).map(known)));
        }
        // Exactly the rows there are.
        let divisions = created(&late, "Division");
        assert_eq!(divisions.len(), IMPORTERS * ROUNDS * ROWS);
        assert_eq!(divisions.iter().collect::<HashSet<_>>().len(), divisions.len());
        let accounts = created(&late, "Account");
        assert_eq!((accounts.len(), accounts.iter().collect::<HashSet<_>>().len()), (CLERKS * ACCOUNTS, CLERKS * ACCOUNTS));
        let total = world.data("{ divisions { totalCount } }", json!({}))["divisions"]["totalCount"].clone();
        assert_eq!(total, divisions.len());
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_change_tells_names_of_fields_and_the_row(world) {
        let platform = token(world, "PLATFORM");
        let address = world.serve().to_owned();
        let old = world.file("old.csv", "区划代码,名称,级别\n430199,旧名区,DISTRICT\n");
        let new = world.file("new.csv", "区划代码,名称,级别\n430199,新名区,DISTRICT\n");
        world.succeed(&["import", "divisions", &old]);
        let corrected = world.succeed(&["import", "--json", "divisions", &new]);
        let corrected: Value = serde_json::from_str(&corrected).expect("JSON");
        let mut all = Vec::new();
        let end = page(&address, &platform, Value::Null, &mut all);
        let division: Vec<&Value> = all.iter().filter(|change| change["aggregate"] == "Division").collect();
        assert_eq!(division.len(), 2);
        assert_eq!((&division[0]["kind"], &division[0]["fields"]), (&json!("CREATED"), &json!([])));
        assert_eq!((&division[1]["kind"], &division[1]["fields"]), (&json!("CHANGED"), &json!(["name"])));
        assert_eq!(division[1]["node"]["id"], division[1]["id"]);
        assert_eq!(division[1]["division"], "430199000000");
        // Taking it back is a change again; a row that was voided has no node.
        world.succeed(&["import", "--undo", &corrected["id"].to_string()]);
        let mut later = Vec::new();
        page(&address, &platform, end, &mut later);
        assert!(later.iter().any(|c| c["aggregate"] == "Division" && c["fields"] == json!(["name"])), "{later:?}");
        let query = "query($id: ID!) { node(id: $id) { __typename ... on Division { name } } nodes(ids: [$id, \"eA\"]) { id } }";
        let answer = data(&address, &platform, query, json!({ "id": division[1]["id"] }));
        assert_eq!(answer["node"], json!({ "__typename": "Division", "name": "旧名区" }));
        assert_eq!(answer["nodes"][1], Value::Null);
    }

    the_feed_is_for_the_platform_and_the_auditor(world) {
        let tokens: Vec<String> = ["PLATFORM", "AUDITOR", "TOWN_OFFICER"].iter().map(|role| token(world, role)).collect();
        let address = world.serve().to_owned();
        let asked = |token: Option<&String>| {
            let bearer = token.map(|token| format!("Bearer {token}"));
            let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
            ask(&address, &headers, "{ changes { nodes { id } } }", json!({})).1["errors"][0]["extensions"]["code"].clone()
        };
        assert_eq!(asked(Some(&tokens[0])), Value::Null);
        assert_eq!(asked(Some(&tokens[1])), Value::Null);
        assert_eq!(asked(Some(&tokens[2])), "FORBIDDEN");
        assert_eq!(asked(None), "UNAUTHENTICATED");
        let mut socket = Socket::ready(&address, Some(&tokens[2]));
        socket.subscribe("no", FOLLOW, json!({}));
        assert_eq!(socket.message()["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN");
        for bad in ["nonsense", "!", ""] {
            let answer = ask(
                &address,
                &[("authorization", &format!("Bearer {}", tokens[0]))],
                PAGE,
                json!({ "after": bad }),
            );
            assert_eq!(answer.1["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{bad}");
        }
    }

    a_follower_hears_of_another_process_at_once(world) {
        let platform = token(world, "PLATFORM");
        let mut socket = Socket::ready(world.serve(), Some(&platform));
        socket.subscribe("new", FOLLOW, json!({}));
        socket.subscribe("other", "{ viewer { businessDate } }", json!({}));
        assert_eq!(socket.message()["id"], "other");
        std::thread::sleep(Duration::from_millis(300));
        let file = world.file("d.csv", "区划代码,名称,级别\n430199,示例区,DISTRICT\n");
        world.succeed(&["import", "divisions", &file]);
        loop {
            let message = socket.message();
            if message["payload"]["data"]["changes"]["aggregate"] == "Division" {
                break;
            }
        }
    }
}
