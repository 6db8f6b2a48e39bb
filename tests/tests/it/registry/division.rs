//! Divisions: the public list and its pages, and the sheets they come from.

use serde_json::json;
use tests::World;

fn load(world: &World) {
    let shared = tests::repository().join("tests/data/golden-2023H1/divisions.csv");
    world.succeed(&["import", "divisions", &shared.display().to_string()]);
}

tests::on_both! {
    divisions_are_public_and_know_their_parent(world) {
        load(world);
        let data = world.data("{ division(code: \"430199001\") { name code level parent { code name } } }", json!({}));
        assert_eq!(data["division"], json!({
            "name": "示例街道", "code": "430199001000", "level": "TOWN",
            "parent": { "code": "430199000000", "name": "示例区" }
        }));
        assert!(world.data("{ division(code: \"999999\") { name } }", json!({}))["division"].is_null());
    }

    pages_join_without_gap_or_overlap_in_both_directions(world) {
        load(world);
        let page = "query($after: String, $before: String, $first: Int, $last: Int, $direction: Direction) {
            divisions(first: $first, last: $last, after: $after, before: $before, orderBy: NAME, direction: $direction) {
                totalCount nodes { code } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        for direction in ["ASC", "DESC"] {
            let all = world.data(page, json!({ "first": 100, "direction": direction }))["divisions"].clone();
            let all_codes = all["nodes"].as_array().unwrap().clone();
            assert_eq!(all_codes.len(), 9);
            assert_eq!(all["totalCount"], 9);
            let mut forward = Vec::new();
            let mut cursor = json!(null);
            loop {
                let part = world.data(page, json!({ "first": 2, "after": cursor, "direction": direction }))["divisions"].clone();
                forward.extend(part["nodes"].as_array().unwrap().clone());
                cursor = part["pageInfo"]["endCursor"].clone();
                if part["pageInfo"]["hasNextPage"] == false { break; }
            }
            assert_eq!(forward, all_codes);
            let mut backward = Vec::new();
            let mut cursor = json!(null);
            loop {
                let part = world.data(page, json!({ "last": 4, "before": cursor, "direction": direction }))["divisions"].clone();
                backward.splice(0..0, part["nodes"].as_array().unwrap().clone());
                cursor = part["pageInfo"]["startCursor"].clone();
                if part["pageInfo"]["hasPreviousPage"] == false { break; }
            }
            assert_eq!(backward, all_codes);
        }
    }

    a_page_above_100_and_a_made_up_cursor_are_refused(world) {
        for (arguments, code) in [
            ("first: 101", "TOO_EXPENSIVE"),
            ("last: 101", "TOO_EXPENSIVE"),
            ("first: -1", "BAD_REQUEST"),
            ("first: 1, last: 1", "BAD_REQUEST"),
            ("after: \"x\"", "BAD_REQUEST"),
            ("first: 1, after: \"WzEsMl0\"", "BAD_REQUEST"),
        ] {
            let answer = world.ask(&format!("{{ divisions({arguments}) {{ nodes {{ code }} }} }}"), json!({}));
            assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{arguments}: {answer}");
        }
    }

    filters_hold_together(world) {
        load(world);
        let query = "query($where: DivisionWhere) { divisions(where: $where) { nodes { code } } }";
        let count = |world: &mut World, filter| world.data(query, json!({ "where": filter }))["divisions"]["nodes"].as_array().unwrap().len();
        assert_eq!(count(world, json!({ "level": { "eq": "VILLAGE" } })), 6);
        assert_eq!(count(world, json!({ "code": { "within": "430199100" } })), 4);
        assert_eq!(count(world, json!({ "code": { "within": "430199100" }, "level": { "in": ["TOWN"] } })), 1);
        assert_eq!(count(world, json!({ "validUntil": { "isNull": false } })), 0);
    }

    children_are_those_directly_under(world) {
        load(world);
        let data = world.data("{ divisions(parent: \"430199\") { nodes { name } } }", json!({}));
        assert_eq!(data["divisions"]["nodes"], json!([{ "name": "示例街道" }, { "name": "示例镇" }]));
    }
}
