//! The HTTP edge: origins, proxies, rates, known documents, metrics, the explorer.

use serde_json::{Value, json};
use tests::World;

use crate::talk::ask;

const VIEWER: &str = "{ viewer { businessDate } }";

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

/// A header of the answer to a request.
fn answered(world: &mut World, headers: &[(&str, &str)], name: &str) -> Option<String> {
    let address = world.serve().to_owned();
    let mut request = agent().post(format!("{address}/graphql"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send_json(json!({ "query": VIEWER })).expect("an answer");
    response.headers().get(name).map(|value| value.to_str().expect("text").to_owned())
}

tests::on_both! {
    only_pages_of_origins_on_the_list_are_let_in(world) {
        world.set("MINZHENG_CORS_ORIGINS", "https://app.example.cn, https://screen.example.cn");
        let allowed = "access-control-allow-origin";
        for origin in ["https://app.example.cn", "https://screen.example.cn"] {
            assert_eq!(answered(world, &[("origin", origin)], allowed).as_deref(), Some(origin));
        }
        // What a browser says of a page without a place, whoever made it, is on no list.
        for origin in ["https://evil.example.com", "null", "https://app.example.cn.evil.example.com"] {
            assert_eq!(answered(world, &[("origin", origin)], allowed), None, "{origin}");
        }
        assert_eq!(answered(world, &[], allowed), None);
        world.kill();
        for origin in ["null", "*", "https://app.example.cn/", "app.example.cn", "HTTPS://app.example.cn"] {
            world.set("MINZHENG_CORS_ORIGINS", origin);
            world.refused(2, &["serve"]);
        }
    }

    a_request_id_is_taken_from_a_trusted_proxy_only(world) {
        let id = answered(world, &[("x-request-id", "from-the-client")], "x-request-id").expect("an id");
        assert_ne!(id, "from-the-client");
        world.kill();
        world.set("MINZHENG_TRUSTED_PROXIES", "127.0.0.0/8");
        assert_eq!(answered(world, &[("x-request-id", "from-the-proxy")], "x-request-id").as_deref(), Some("from-the-proxy"));
        assert_ne!(answered(world, &[("x-request-id", "bad id")], "x-request-id").as_deref(), Some("bad id"));
    }

    each_address_has_its_rate(world) {
        world.set("MINZHENG_RATE_PER_ADDRESS", "1");
        world.set("MINZHENG_TRUSTED_PROXIES", "127.0.0.1");
        let address = world.serve().to_owned();
        let from = |client: &str| ask(&address, &[("x-forwarded-for", client)], VIEWER, json!({}));
        let statuses: Vec<u16> = (0..8).map(|_| from("203.0.113.7").0).collect();
        assert_eq!(&statuses[..5], [200; 5]);
        assert!(statuses[5..].contains(&429), "{statuses:?}");
        let (status, answer) = from("203.0.113.7");
        assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (429, &json!("RATE_LIMITED")));
        assert_eq!(from("203.0.113.8").0, 200, "another address has its own");
        let wait = answered(world, &[("x-forwarded-for", "203.0.113.7")], "retry-after").expect("how long to wait");
        assert!(wait.parse::<u32>().is_ok_and(|seconds| (1..10).contains(&seconds)), "{wait}");
    }

    only_known_documents_run_where_they_are_trusted(world) {
        world.set("MINZHENG_DOCUMENTS", "trusted");
        let known = std::fs::read_to_string(tests::repository().join("api/documents/viewer.graphql")).expect("a document");
        assert_eq!(world.data(&known, json!({}))["viewer"]["businessDate"], "2023-06-30");
        assert_eq!(world.ask(VIEWER, json!({}))["errors"][0]["extensions"]["code"], "BAD_REQUEST");
        let id = minzheng_guard::persisted::id_of(&known);
        let body = json!({ "documentId": format!("sha256:{id}") }).to_string();
        let (status, _, text) = world.post(body.as_bytes(), &[("content-type", "application/json")]);
        assert_eq!((status, text.contains("2023-06-30")), (200, true));

        // A manifest of the installation in place of those in the program.
        world.kill();
        let manifest = json!({ (minzheng_guard::persisted::id_of(VIEWER)): VIEWER }).to_string();
        let manifest = world.file("manifest.json", &manifest);
        world.set("MINZHENG_DOCUMENTS_FROM", &manifest);
        assert_eq!(world.data(VIEWER, json!({}))["viewer"]["businessDate"], "2023-06-30");
        assert_eq!(world.ask(&known, json!({}))["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    }

    known_documents_go_by_their_hash_and_strangers_are_not_kept(world) {
        world.set("MINZHENG_DOCUMENTS", "known");
        let hash = |text: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": minzheng_guard::persisted::id_of(text) } });
        let mut send = |body: Value| {
            let (_, _, text) = world.post(body.to_string().as_bytes(), &[("content-type", "application/json")]);
            serde_json::from_str::<Value>(&text).expect("JSON")
        };
        let with_text = send(json!({ "query": VIEWER, "extensions": hash(VIEWER) }));
        assert_eq!(with_text["data"]["viewer"]["businessDate"], "2023-06-30");
        let without = send(json!({ "extensions": hash(VIEWER) }));
        assert_eq!(without["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    }

    metrics_tell_requests_and_the_journal_to_those_on_the_list(world) {
        world.data(VIEWER, json!({}));
        let (status, text) = world.get("/metrics");
        assert_eq!(status, 200);
        for sign in [
            "minzheng_requests_total{way=\"http\",kind=\"query\",status=\"200\"} 1",
            "minzheng_request_seconds_count{way=\"http\",kind=\"query\"} 1",
            "minzheng_journal_sealed_position ",
            "minzheng_journal_unsealed_entries ",
        ] {
            assert!(text.contains(sign), "{sign}: {text}");
        }
        world.kill();
        world.set("MINZHENG_METRICS_FROM", "10.0.0.0/8");
        assert_eq!(world.get("/metrics").0, 404);
    }

    lines_of_the_log_that_cannot_be_written_are_counted_and_hinder_nobody(world) {
        world.set("MINZHENG_LOG", "minzheng=trace,tower=trace,actix_web=trace,info");
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        world.serve_logging_to(full.into());
        for _ in 0..20 {
            assert_eq!(world.data(VIEWER, json!({}))["viewer"]["businessDate"], "2023-06-30");
        }
        assert_eq!(world.get("/readyz").0, 200);
        let lost = |world: &mut World| {
            let (_, text) = world.get("/metrics");
            let line = text.lines().find_map(|line| line.strip_prefix("minzheng_log_lines_lost_total ")).expect(&text);
            line.trim().parse::<u64>().expect("a number")
        };
        tests::eventually("each line is counted", || lost(world) >= 20);
        // A reader that takes nothing: the pipe is full soon.
        world.serve_logging_to(std::process::Stdio::piped());
        let name = "n".repeat(60);
        for _ in 0..600 {
            let query = format!("query {name} {VIEWER}");
            assert_eq!(world.data(&query, json!({}))["viewer"]["businessDate"], "2023-06-30");
        }
        assert_eq!(lost(world), 0, "they wait");
    }

    the_schema_is_told_where_it_may_be_explored(world) {
        assert_eq!(world.get("/schema.graphql").0, 200);
        let mut real = World::in_production(world.on());
        let introspection = "{ __schema { queryType { name } } }";
        assert_eq!(real.get("/schema.graphql").0, 404);
        assert!(real.ask(introspection, json!({}))["data"]["__schema"].is_null());
        real.kill();
        real.set("MINZHENG_EXPLORE", "true");
        assert_eq!(real.get("/schema.graphql"), world.get("/schema.graphql"));
        assert!(real.ask(introspection, json!({}))["data"]["__schema"].is_object());
    }

    who_used_too_much_waits_and_nobody_else(world) {
        world.set("MINZHENG_TRUSTED_PROXIES", "127.0.0.1");
        world.set("MINZHENG_RATE_PER_ADDRESS", "0");
        world.set("MINZHENG_RATE_PER_ACCOUNT", "0");
        // Sixty are saved.
        world.set("MINZHENG_STATEMENTS_PER_ADDRESS", "1");
        world.set("MINZHENG_STATEMENTS_PER_ACCOUNT", "1");
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let bearer = format!("Bearer {admin}");
        let address = world.serve().to_owned();
        let ten: String = (0..10).map(|n| format!("d{n}: divisions(first: {}) {{ nodes {{ name }} }} ", n + 1)).collect();
        let ten = format!("{{ {ten} }}");
        let stranger = [("x-forwarded-for", "203.0.113.7")];
        let officer = [("x-forwarded-for", "203.0.113.7"), ("authorization", bearer.as_str())];
        for who in [&stranger[..], &officer[..]] {
            let (_, first) = ask(&address, who, &ten, json!({}));
            assert_eq!(first["extensions"]["statements"], 10, "{first}");
            let statuses: Vec<u16> = (0..20).map(|_| ask(&address, who, &ten, json!({})).0).collect();
            let served = statuses.iter().filter(|status| **status == 200).count();
            assert!((5..15).contains(&served), "{statuses:?}");
            let (status, answer) = ask(&address, who, VIEWER, json!({}));
            assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (429, &json!("RATE_LIMITED")), "{answer}");
        }
        assert_eq!(ask(&address, &[("x-forwarded-for", "203.0.113.8")], &ten, json!({})).0, 200, "another address has its own");
        let (status, _, text) = world.post(
            json!({ "query": VIEWER }).to_string().as_bytes(),
            &[("content-type", "application/json"), ("x-forwarded-for", "203.0.113.7")],
        );
        assert_eq!(status, 429, "{text}");
        let wait = answered(world, &[("x-forwarded-for", "203.0.113.7")], "retry-after").expect("how long to wait");
        assert!(wait.parse::<u32>().is_ok_and(|seconds| (1..=61).contains(&seconds)), "{wait}");
    }

    a_query_sends_only_so_many_statements(world) {
        world.set("MINZHENG_STATEMENTS_PER_REQUEST", "3");
        let lists = |n: u32| {
            let lists: String = (0..n).map(|n| format!("d{n}: divisions(first: {}) {{ nodes {{ name }} }} ", n + 1)).collect();
            format!("{{ {lists} }}")
        };
        let answer = world.ask(&lists(3), json!({}));
        assert_eq!((&answer["errors"], &answer["extensions"]["statements"]), (&Value::Null, &json!(3)), "{answer}");
        let answer = world.ask(&lists(4), json!({}));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_EXPENSIVE", "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["limit"], 3, "{answer}");
        assert!(answer["data"].is_null());
    }

    what_is_counted_has_its_price(world) {
        let cost = |world: &mut World, query: &str| {
            let answer = world.ask(query, json!({}));
            answer["extensions"]["cost"]["requested"].as_u64().unwrap_or_else(|| panic!("{query}: {answer}"))
        };
        let without = cost(world, "{ divisions { pageInfo { hasNextPage } } }");
        assert!(cost(world, "{ divisions { pageInfo { hasNextPage } totalCount } }") >= without + 500);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let figures = |codes: &str, fields: &str| {
            format!("{{ figures(division: \"430199\", period: {{ year: 2023, half: H1 }}, codes: [{codes}]) {{ figures {{ code {fields} }} }} }}")
        };
        let answer = world.ask_as(&admin, &figures(&"\"F1\", ".repeat(50), ""), json!({}));
        assert_eq!(answer["data"]["figures"]["figures"], json!([{ "code": "F1" }]), "each once: {answer}");
        let counted = figures(&"\"F1\", ".repeat(60), "rows { totalCount }");
        let answer = world.ask_as(&admin, &counted, json!({}));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_EXPENSIVE", "{answer}");

        let entry = json!({ "command": "UNDO_IMPORT", "input": { "id": "x" } });
        let batches: String = (0..20).map(|n| format!("b{n}: runBatch(input: $input) {{ results {{ outcome }} }} ")).collect();
        let batches = format!("mutation($input: RunBatchInput!) {{ {batches} }}");
        let answer = world.ask_as(&admin, &batches, json!({ "input": { "entries": vec![entry; 200] } }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_EXPENSIVE", "{answer}");
    }

    what_takes_long_is_asked_for_alone(world) {
        let auditor = world.token(&["--role", "AUDITOR", "--scope", "430199"]);
        let verify = "verifyAudit { ok }";
        let answer = world.ask_as(&auditor, &format!("{{ {verify} }}"), json!({}));
        assert_eq!(answer["data"]["verifyAudit"]["ok"], true, "{answer}");
        let answer = world.ask_as(&auditor, &format!("{{ {verify} viewer {{ account }} }}"), json!({}));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_EXPENSIVE", "{answer}");
        let answer = world.ask_as(&auditor, "{ verifyAudit @skip(if: true) { ok } viewer { account } }", json!({}));
        assert!(answer["errors"].is_null(), "{answer}");
    }

    the_explorer_is_served_whole_from_the_program(world) {
        let (status, page) = world.get("/graphiql/");
        assert_eq!(status, 200);
        let assets: Vec<&str> = page.split('"').filter_map(|part| part.strip_prefix("./assets/")).collect();
        assert!(!assets.is_empty(), "built without its pages: {page}");
        for asset in assets {
            assert_eq!(world.get(&format!("/graphiql/assets/{asset}")).0, 200, "{asset}");
        }
        assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
        assert_eq!(world.get("/graphiql/assets/nothing.js").0, 404);
    }

    a_test_database_tells_statements(world) {
        let answer = world.ask("{ divisions { nodes { name } } }", json!({}));
        assert_eq!(answer["extensions"]["statements"], 1, "{answer}");
    }

    a_value_of_another_form_is_told_with_what_was_expected(world) {
        let query = "query($money: Money!) { assessEligibility(input: { members: [{ wageIncome: $money }] }) { tier } }";
        let answer = world.ask(query, json!({ "money": "1e9" }));
        let error = &answer["errors"][0];
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains("yuan with at most two decimals") && message.contains("not \"1e9\""), "{answer}");
        assert_eq!(error["extensions"]["code"], "BAD_REQUEST", "{answer}");
        let long = "一".repeat(5_000);
        let answer = world.ask(query, json!({ "money": long }));
        let message = answer["errors"][0]["message"].as_str().expect("a message");
        assert!(message.chars().count() < 400, "{message}");
    }

    no_text_with_a_null_character_comes_to_the_database(world) {
        let query = "query($name: String) { divisions(where: { name: { eq: $name } }) { nodes { name } } }";
        let address = world.serve().to_owned();
        let new = ("accept", "application/graphql-response+json");
        for (query, name, about) in [
            (query, "岳麓\0", "$name"),
            ("{ divisions(where: { name: { eq: \"\\u0000\" } }) { nodes { name } } }", "", "query"),
        ] {
            let (status, answer) = ask(&address, &[new], query, json!({ "name": name }));
            let error = &answer["errors"][0];
            assert_eq!((status, &error["extensions"]["code"]), (400, &json!("BAD_REQUEST")), "{answer}");
            assert!(error["message"].as_str().expect("a message").contains(about), "{answer}");
        }
        let (status, answer) = ask(&address, &[new], query, json!({ "name": "岳麓" }));
        assert_eq!(status, 200, "{answer}");
    }

    other_methods_are_not_allowed(world) {
        let address = world.serve().to_owned();
        let response = agent().put(format!("{address}/graphql")).send_empty().expect("an answer");
        assert_eq!(response.status().as_u16(), 405);
        assert_eq!(response.headers().get("allow").map(|allow| allow.to_str().expect("text")), Some("GET, POST"));
    }
}

/// Only PostgreSQL lets a reader wait for somebody else.
#[test]
fn what_takes_too_long_is_given_up() {
    let mut world = World::new(tests::On::Postgres);
    world.set("MINZHENG_TIME_LIMIT", "1");
    let address = world.serve().to_owned();
    let url = world.url().to_owned();
    let mut lock = std::process::Command::new("psql")
        .args([&url, "-c", "BEGIN; LOCK TABLE division; SELECT pg_sleep(60)"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("psql");
    let query = "{ divisions { nodes { name } } }";
    let new = ("accept", "application/graphql-response+json");
    tests::eventually("the table is locked and the question given up", || {
        let (status, answer) = ask(&address, &[new], query, json!({}));
        status == 503 && answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    });
    assert_eq!(ask(&address, &[new], VIEWER, json!({})).0, 200, "others are served meanwhile");
    // More than there are connections, of which each would wait for as long as the lock is held.
    for _ in 0..20 {
        let _ = std::thread::spawn({
            let address = address.clone();
            move || ask(&address, &[("accept", "application/json")], "{ divisions { nodes { name } } }", json!({}))
        });
    }
    let waiting = || {
        let sql =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        let told = std::process::Command::new("psql").args([&url, "-Atc", sql]).output().expect("psql").stdout;
        String::from_utf8_lossy(&told).trim().parse::<u32>().expect("a number")
    };
    tests::eventually("some wait in the database", || waiting() > 0);
    tests::eventually("none is left of them", || waiting() == 0);
    assert!(lock.try_wait().expect("psql").is_none(), "the table is locked still");
    lock.kill().expect("psql ends");
    lock.wait().expect("psql ends");
}
