//! Inquiries: two accounts, a last day; while one runs the person is not told who looks, and then is.

use serde_json::{Value, json};
use tests::World;

use super::{codes, mutate, verified};
use crate::batch::village;

fn step(world: &mut World, token: &str, command: &str, id: &Value) -> Value {
    let of = "inquiry { state availableCommands }";
    let query =
        format!("mutation($input: InquiryInput!) {{ {command}(input: $input) {{ {of} userErrors {{ code path }} }} }}");
    let answer = world.ask_as(token, &query, json!({ "input": { "id": id } }));
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => json!(code),
        None => answer["data"][command].clone(),
    }
}

fn open(world: &mut World, token: &str, input: Value) -> Value {
    mutate(world, token, "openInquiry", input, "inquiry { id state reason }")
}

/// How often others have looked, as the person is told.
fn told(world: &mut World, citizen: &str) -> usize {
    let accesses = world.data_as(citizen, "{ viewer { person { accesses { role purpose } } } }", json!({}));
    accesses["viewer"]["person"]["accesses"].as_array().expect("accesses").len()
}

fn look(world: &mut World, token: &str) {
    let looked = world.ask_for(token, "INSPECTION", "{ persons { nodes { name } } }", json!({}));
    assert!(looked["errors"].is_null(), "{looked}");
}

tests::on_both! {
    while_an_inquiry_runs_the_person_is_not_told_who_looks(world) {
        let (_, officer, persons) = village(world);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let approver = world.token(&["--role", "APPROVER", "--scope", "430199"]);
        let citizen = world.token(&["--role", "CITIZEN", "--scope", &persons[0]]);
        look(world, &officer);
        assert_eq!(told(world, &citizen), 1);

        let input = json!({ "person": persons[0], "reason": "疑似冒领", "until": "2023-09-30" });
        let with = |field: &str, value: &str| { let mut other = input.clone(); other[field] = json!(value); other };
        assert_eq!(open(world, &officer, input.clone()), "FORBIDDEN");
        assert_eq!(codes(&open(world, &admin, with("until", "2023-06-29"))), ["INVALID_VALUE"]);
        assert_eq!(codes(&open(world, &admin, with("until", "2024-06-30"))), ["INVALID_VALUE"], "bounded");
        assert_eq!(codes(&open(world, &admin, with("reason", " "))), ["INVALID_VALUE"]);
        let opened = open(world, &admin, input.clone());
        assert_eq!((codes(&opened), &opened["inquiry"]["state"]), (vec![], &json!("OPENED")), "{opened}");
        let id = opened["inquiry"]["id"].clone();
        assert!(!world.dump().contains("疑似冒领"), "sealed");
        assert_eq!(codes(&open(world, &admin, input)), ["DUPLICATE"]);
        look(world, &officer);
        assert_eq!(told(world, &citizen), 2, "nobody confirmed it");
        assert_eq!(codes(&step(world, &admin, "confirmInquiry", &id)), ["FOUR_EYES"]);
        assert_eq!(step(world, &citizen, "confirmInquiry", &id), "FORBIDDEN");
        look(world, &officer);
        assert_eq!(told(world, &citizen), 3, "nothing changed");
        let waiting = "{ viewer { tasks(room: REGISTRY) { node { __typename id } } } }";
        let tasks = world.data_as(&approver, waiting, json!({}))["viewer"]["tasks"].clone();
        assert_eq!(tasks, json!([{ "node": { "__typename": "Inquiry", "id": id } }]));
        assert_eq!(world.data_as(&admin, waiting, json!({}))["viewer"]["tasks"], json!([]), "not for who asked for it");

        let running = step(world, &approver, "confirmInquiry", &id);
        assert_eq!(running["inquiry"]["state"], "RUNNING", "{running}");
        assert_eq!(told(world, &citizen), 1, "what was before it stays");
        look(world, &officer);
        assert_eq!(told(world, &citizen), 1);
        let hidden = "query($id: ID!) { inquiries { totalCount } node(id: $id) { id } }";
        for token in [&citizen, &officer] {
            let nothing = world.data_as(token, hidden, json!({ "id": id }));
            assert_eq!(nothing, json!({ "inquiries": { "totalCount": 0 }, "node": null }));
        }
        assert_eq!(step(world, &approver, "closeInquiry", &id), "FORBIDDEN");
        assert_eq!(told(world, &citizen), 1, "nothing changed");
        assert_eq!(step(world, &admin, "closeInquiry", &id)["inquiry"]["state"], "CLOSED");
        assert_eq!(told(world, &citizen), 4, "told then");
        assert_eq!(codes(&step(world, &admin, "closeInquiry", &id)), ["WRONG_STATE"]);
        verified(world);
    }

    after_its_last_day_the_person_is_told_though_nobody_closed_it(world) {
        let (_, officer, persons) = village(world);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let approver = world.token(&["--role", "APPROVER", "--scope", "430199"]);
        let citizen = world.token(&["--role", "CITIZEN", "--scope", &persons[0]]);
        let input = json!({ "person": persons[0], "reason": "疑似冒领", "until": "2023-07-31" });
        let id = open(world, &admin, input)["inquiry"]["id"].clone();
        step(world, &approver, "confirmInquiry", &id);
        look(world, &officer);
        assert_eq!(told(world, &citizen), 0);
        world.stop();
        world.set("MINZHENG_TODAY", "2023-08-01");
        assert_eq!(told(world, &citizen), 1);
        // Another one takes its place.
        let again = open(world, &admin, json!({ "person": persons[0], "reason": "又有线索", "until": "2023-08-31" }));
        assert_eq!(codes(&again), Vec::<&str>::new(), "{again}");
    }
}
