//! Guardians see their wards in full, until it ends; a proxy does so for its purpose only.

use serde_json::{Value, json};
use tests::{World, eventually};

use super::{codes, mutate, verified};
use crate::batch::village;

fn record(world: &mut World, token: &str, input: Value) -> Value {
    mutate(world, token, "recordGuardianship", input, "guardianship { id version basis }")
}

fn end(world: &mut World, token: &str, input: Value) -> Value {
    mutate(world, token, "endGuardianship", input, "guardianship { validUntil }")
}

/// The numbers of the persons that a citizen sees, with or without a purpose.
fn seen(world: &mut World, token: &str, purpose: Option<&str>) -> Vec<String> {
    let query = "{ persons { nodes { idNumber } } }";
    let told = match purpose {
        Some(purpose) => world.ask_for(token, purpose, query, json!({})),
        None => world.ask_as(token, query, json!({})),
    };
    let nodes = told["data"]["persons"]["nodes"].as_array().expect("persons").clone();
    nodes.iter().map(|node| node["idNumber"].as_str().expect("a number").to_owned()).collect()
}

fn count(world: &mut World, token: &str) -> Value {
    world.data_as(token, "{ guardianships { totalCount } }", json!({}))["guardianships"]["totalCount"].clone()
}

tests::on_both! {
    a_guardian_sees_the_ward_in_full_until_it_ends(world) {
        let (worker, officer, persons) = village(world);
        let (guardian, ward, far) = (persons[0].as_str(), persons[1].as_str(), persons[2].as_str());
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let elsewhere = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199002"]);
        let child = world.file("child.csv", "证件号码,姓名,现住地代码\n430199200706303040,小某,430199001001\n");
        world.succeed(&["import", "persons", &child]);
        let minor = super::person_by(world, &admin, "430199200706303040");
        let input = json!({ "ward": ward, "guardian": guardian, "kind": "GUARDIAN", "basis": "村委会指定" });
        let with = |field: &str, value: Value| { let mut other = input.clone(); other[field] = value; other };
        for (token, input, code, path) in [
            (&officer, with("guardian", json!(ward)), "INVALID_VALUE", json!(["guardian"])),
            (&officer, with("guardian", json!(minor)), "INVALID_VALUE", json!(["guardian"])),
            (&officer, with("guardian", json!(far)), "NOT_FOUND", json!(["guardian"])),
            (&officer, with("ward", json!(far)), "NOT_FOUND", json!(["ward"])),
            (&elsewhere, input.clone(), "NOT_FOUND", json!(["ward"])),
            (&officer, with("basis", json!(" ")), "INVALID_VALUE", json!(["basis"])),
            (&officer, with("validUntil", json!("2023-06-30")), "INVALID_VALUE", json!(["validUntil"])),
            (&officer, with("kind", json!("PROXY")), "INVALID_VALUE", json!(["purpose"])),
        ] {
            let refused = record(world, token, input.clone());
            assert_eq!((codes(&refused), &refused["userErrors"][0]["path"]), (vec![code], &path), "{input}");
        }
        assert_eq!(record(world, &worker, input.clone()), "FORBIDDEN");
        assert_eq!(count(world, &admin), 0, "nothing changed");

        let citizen = world.token(&["--role", "CITIZEN", "--scope", guardian]);
        assert_eq!(seen(world, &citizen, None), ["R1"]);
        let done = record(world, &officer, input.clone());
        assert_eq!(codes(&done), Vec::<&str>::new(), "{done}");
        assert_eq!(done["guardianship"]["basis"], "村委会指定");
        assert!(!world.dump().contains("村委会指定"), "sealed");
        let id = done["guardianship"]["id"].clone();
        assert_eq!(codes(&record(world, &officer, input)), ["DUPLICATE"]);
        assert_eq!(count(world, &admin), 1);
        eventually("the ward is seen", || seen(world, &citizen, None) == ["R1", "R2"]);
        let own = "{ viewer { guardianships { kind basis ward { name idNumber accesses { role } } guardian { name } } } }";
        let own = world.data_as(&citizen, own, json!({}))["viewer"]["guardianships"].clone();
        assert_eq!(own[0]["ward"]["name"], "乙某");
        assert_eq!((&own[0]["basis"], &own[0]["guardian"]["name"]), (&json!("村委会指定"), &json!("甲某")));
        assert_eq!(own[0]["ward"]["accesses"][0]["role"], "CITIZEN", "the ward is told who looked");
        let node = "query($id: ID!) { node(id: $id) { ... on Guardianship { kind } } }";
        let basis = "query($id: ID!) { node(id: $id) { ... on Guardianship { kind purpose basis } } }";
        let masked = world.data_as(&officer, basis, json!({ "id": id }))["node"].clone();
        assert_eq!(masked, json!({ "kind": null, "purpose": null, "basis": null }), "masked without a purpose");
        assert_eq!(world.ask_for(&officer, "REVIEW", node, json!({ "id": id }))["data"]["node"]["kind"], "GUARDIAN");
        assert_eq!(world.data_as(&elsewhere, node, json!({ "id": id }))["node"], Value::Null);

        assert_eq!(end(world, &citizen, json!({ "id": id })), "FORBIDDEN");
        assert_eq!(codes(&end(world, &elsewhere, json!({ "id": id }))), ["NOT_FOUND"]);
        assert_eq!(codes(&end(world, &officer, json!({ "id": id, "on": "2023-06-29" }))), ["INVALID_VALUE"]);
        assert_eq!(seen(world, &citizen, None), ["R1", "R2"], "nothing changed");
        let done = end(world, &officer, json!({ "id": id, "version": 1 }));
        assert_eq!(done["guardianship"]["validUntil"], "2023-06-30", "{done}");
        eventually("the ward is seen no longer", || seen(world, &citizen, None) == ["R1"]);
        assert_eq!(codes(&end(world, &officer, json!({ "id": id }))), ["WRONG_STATE"]);
        verified(world);
    }

    a_proxy_reaches_a_person_for_its_purpose_only(world) {
        let (_, officer, persons) = village(world);
        let citizen = world.token(&["--role", "CITIZEN", "--scope", &persons[0]]);
        let input = json!({ "ward": persons[1], "guardian": persons[0], "kind": "PROXY", "purpose": "SERVICE",
            "validUntil": "2023-07-02", "basis": "授权委托书" });
        let done = record(world, &officer, input);
        assert_eq!(codes(&done), Vec::<&str>::new(), "{done}");
        eventually("the person is seen for that purpose", || seen(world, &citizen, Some("SERVICE")) == ["R1", "R2"]);
        assert_eq!(seen(world, &citizen, None), ["R1"]);
        assert_eq!(seen(world, &citizen, Some("PAYMENT")), ["R1"]);
        world.stop();
        world.set("MINZHENG_TODAY", "2023-07-02");
        assert_eq!(seen(world, &citizen, Some("SERVICE")), ["R1"], "its day is over");
    }

    a_guardian_reaches_the_wards_household(world) {
        let (_, officer, persons) = village(world);
        let households = "户编号,户主证件号码,区划代码,城乡\nH2,R2,430199001001,城市\n";
        let members = "户编号,证件号码,与户主关系,加入日期\nH2,R2,本人,2020-01-01\n";
        for (kind, text) in [("households", households), ("household-members", members)] {
            world.succeed(&["import", kind, &world.file(&format!("{kind}.csv"), text)]);
        }
        let citizen = world.token(&["--role", "CITIZEN", "--scope", &persons[0]]);
        let own = "{ viewer { households { number } } }";
        assert_eq!(world.data_as(&citizen, own, json!({}))["viewer"]["households"], json!([]));
        record(world, &officer, json!({ "ward": persons[1], "guardian": persons[0], "kind": "GUARDIAN", "basis": "父母" }));
        eventually("the household is seen", || world.data_as(&citizen, own, json!({}))["viewer"]["households"] == json!([{ "number": "H2" }]));
    }
}
