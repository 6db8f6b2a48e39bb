//! Health, readiness, the schema.

use serde_json::json;

tests::on_both! {
    a_fresh_server_is_healthy_and_ready(world) {
        assert_eq!(world.get("/healthz").0, 200);
        let (status, text) = world.get("/readyz");
        assert_eq!((status, text.as_str()), (200, "{\"ready\":true}"));
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

    a_body_that_is_no_question_is_refused_in_words(world) {
        let answer = world.ask("{ viewer { nothing } }", json!({}));
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains("nothing"));
    }
}
