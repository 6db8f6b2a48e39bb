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

    a_division_that_became_another_keeps_its_name_and_its_rows(world) {
        let send = |world: &World, kind: &str, text: &str| world.run(&["import", kind, &world.file("s.csv", text)]).status.code();
        assert_eq!(send(world, "divisions", "区划代码,名称,级别,启用日期,停用日期,继任代码
430198,望城县,DISTRICT,,2011-06-01,430199
430199,望城区,DISTRICT,2011-06-01,,
430197,邻区,DISTRICT,,,
430198100,老镇,TOWN,,2011-06-01,430199100
430198100201,老村,VILLAGE,,2011-06-01,430199100201
430199100,新镇,TOWN,2011-06-01,,
430199100201,新村,VILLAGE,2011-06-01,,
"), Some(0));
        let lineage = "{ division(code: \"430199\") { successor { name } predecessors { code name successor { name } } } }";
        assert_eq!(world.data(lineage, json!({}))["division"], json!({
            "successor": null,
            "predecessors": [{ "code": "430198000000", "name": "望城县", "successor": { "name": "望城区" } }],
        }));
        // What became of itself, or of something of another level.
        for successor in ["430198", "430199100"] {
            let row = format!("区划代码,名称,级别,继任代码\n430198,望城县,DISTRICT,{successor}\n");
            assert_eq!(send(world, "divisions", &row), Some(1), "{successor}");
        }

        // A row of the old village is in the scope of the new town, and of nobody beside it.
        let row = "事项编号,种类,区划代码,举办日期,结果,计划费用,有凭据\nY1,婚,430198100201,2010-05-01,简办,100,否\n";
        assert_eq!(send(world, "ceremonies", row), Some(0));
        let seen = |world: &mut World, place: &str| {
            let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", place]);
            world.data_as(&officer, "{ ceremonies { nodes { number } } }", json!({}))["ceremonies"]["nodes"].clone()
        };
        assert_eq!(seen(world, "430199100"), json!([{ "number": "Y1" }]));
        assert_eq!(seen(world, "430197100"), json!([]));

        // F0 is the name of its time.
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        for (year, name) in [(2010, "望城县"), (2011, "望城区"), (2012, "望城区")] {
            let query = "query($year: Int!) { figures(division: \"430199\", period: { year: $year }, codes: [\"F0\"]) { figures { display } } }";
            let told = world.data_as(&admin, query, json!({ "year": year }));
            assert_eq!(told["figures"]["figures"][0]["display"], name, "{year}");
        }
    }

    children_are_those_directly_under(world) {
        load(world);
        let data = world.data("{ divisions(parent: \"430199\") { nodes { name } } }", json!({}));
        assert_eq!(data["divisions"]["nodes"], json!([{ "name": "示例街道" }, { "name": "示例镇" }]));
    }
}
