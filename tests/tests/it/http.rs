//! Health, readiness, the schema.

use serde_json::json;

tests::on_both! {
    a_fresh_server_is_healthy_and_ready(world) {
        assert_eq!(world.get("/healthz").0, 200);
        // The first probe may not have been read back yet.
        let (status, text) = world.get("/readyz");
        let ready: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((status, &ready["ready"]), (200, &json!(true)), "{text}");
        tests::eventually("a probe is read back", || world.get("/readyz").1.contains("\"probeAgeMs\":0") || world.get("/readyz").1.contains("\"probeAgeMs\":1"));
    }

    the_schema_is_served_and_checked_in(world) {
        let (status, served) = world.get("/schema.graphql");
        assert_eq!(status, 200);
        let kept = std::fs::read_to_string(tests::repository().join("schema.graphql")).expect("schema.graphql");
        assert_eq!(served.trim(), kept.trim(), "run: minzheng schema > schema.graphql");
    }

    a_viewer_without_a_token_is_anonymous(world) {
        let data = world.data("{ viewer { account roles { role } businessDate } }", json!({}));
        assert_eq!(data["viewer"], json!({ "account": null, "roles": [], "businessDate": "2023-06-30" }));
    }

    an_unknown_field_is_a_validation_error(world) {
        let answer = world.ask("{ viewer { nothing } }", json!({}));
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains("nothing"));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "VALIDATION");
        assert!(answer.get("data").is_none(), "{answer}");
    }

    a_variable_of_a_directive_of_typename_is_used(world) {
        let root = "query($all: Boolean!) { __typename @skip(if: $all) viewer { kind: __typename @include(if: $all) businessDate } }";
        for all in [true, false] {
            let data = world.data(root, json!({ "all": all }));
            assert_eq!(data.get("__typename").is_some(), !all, "{data}");
            assert_eq!(data["viewer"].get("kind").is_some(), all, "{data}");
        }
        let rows = "query($all: Boolean!) { divisions(first: 1) { nodes { ...Kind code } } } fragment Kind on Division { __typename @include(if: $all) }";
        for all in [true, false] {
            let data = world.data(rows, json!({ "all": all }));
            for row in data["divisions"]["nodes"].as_array().expect("rows") {
                assert_eq!(row.get("__typename").is_some(), all, "{data}");
            }
        }
        let undefined = world.ask("{ viewer { __typename @include(if: $nowhere) businessDate } }", json!({}));
        assert_eq!(undefined["errors"][0]["extensions"]["code"], "VALIDATION", "{undefined}");
    }

    every_answer_tells_its_cost(world) {
        let answer = world.ask("{ divisions(first: 50) { nodes { code } } }", json!({}));
        let cost = &answer["extensions"]["cost"];
        assert!(cost["requested"].as_u64() > Some(50) && cost["limit"].as_u64() > cost["requested"].as_u64(), "{answer}");
    }

    status_and_media_type_follow_what_the_client_accepts(world) {
        let old = [("content-type", "application/json"), ("accept", "application/json")];
        let new = [("content-type", "application/json"), ("accept", "application/graphql-response+json")];
        let unknown = br#"{"query":"{ nothing }"}"#;
        assert_eq!(world.post(unknown, &old).0, 200);
        let (status, media, _) = world.post(unknown, &new);
        assert_eq!((status, media.starts_with("application/graphql-response+json")), (400, true));
        for headers in [&old, &new] {
            assert_eq!(world.post(b"no JSON", headers).0, 400);
            assert_eq!(world.post(b"[]", headers).0, 400, "batches are refused");
            assert_eq!(world.post(br#"{"query":"{ viewer { account } }"}"#, headers).0, 200);
        }
        assert_eq!(world.post(unknown, &[("content-type", "text/plain")]).0, 415);
        assert_eq!(world.post(&vec![b' '; 16 << 20], &old).0, 413);
    }

    hostile_documents_are_refused_while_an_honest_client_is_served(world) {
        for hostile in minzheng_guard::hostile::corpus() {
            let body = hostile.body();
            if body.len() > 1 << 20 {
                continue; // refused by size, as above
            }
            for accept in ["application/json", "application/graphql-response+json"] {
                let (status, _, text) = world.post(&body, &[("content-type", "application/json"), ("accept", accept)]);
                assert!(status < 500, "{}: {status} {text}", hostile.name);
                assert!(text.contains("\"errors\""), "{}: {text}", hostile.name);
            }
        }
        assert!(world.data("{ viewer { businessDate } }", json!({}))["viewer"].is_object());
    }
}
