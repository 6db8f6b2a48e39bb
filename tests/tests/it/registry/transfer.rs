//! Transfers: a district asks for a person held elsewhere, is never told where, and gets or does not get the person.

use serde_json::{Value, json};
use tests::World;

use super::{codes, mutate, verified};
use crate::batch::village;

const OTHER: &str =
    "区划代码,名称,级别\n430198,外区,DISTRICT\n430198001,外区街道,TOWN\n430198001001,外区社区,VILLAGE\n";
const TOLD: &str = "transferRequest { id kind to from state person { id } reason remark availableCommands }";

fn request(world: &mut World, token: &str, number: &str, kind: &str, to: &str) -> Value {
    let input = json!({ "idNumber": number, "kind": kind, "to": to, "reason": "随子女居住" });
    mutate(world, token, "requestTransfer", input, TOLD)
}

fn answer(world: &mut World, token: &str, command: &str, id: &Value, remark: Option<&str>) -> Value {
    mutate(world, token, command, json!({ "id": id, "remark": remark }), TOLD)
}

tests::on_both! {
    a_person_is_handed_over_by_the_place_that_has_the_person_and_by_no_other(world) {
        let (_, officer, persons) = village(world);
        world.succeed(&["import", "divisions", &world.file("other.csv", OTHER)]);
        let own = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let other = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        let citizen = world.token(&["--role", "CITIZEN", "--scope", &persons[0]]);
        let query = "query($id: ID!) { node(id: $id) { ... on Person { idNumber residence } } }";
        let number = world.ask_for(&own, "SERVICE", query, json!({ "id": persons[0] }))["data"]["node"].clone();
        let (number, lived) = (number["idNumber"].as_str().expect("a number").to_owned(), number["residence"].clone());
        let place = "430198001001";

        assert_eq!(request(world, &officer, &number, "RESIDENCE", place), "FORBIDDEN");
        assert_eq!(codes(&request(world, &other, &number, "RESIDENCE", "430199001001")), ["INVALID_VALUE"], "not its place");
        assert_eq!(codes(&request(world, &own, &number, "RESIDENCE", "430199001001")), ["WRONG_STATE"], "here already");
        assert_eq!(codes(&request(world, &other, "430199199901010011", "RESIDENCE", place)), ["INVALID_VALUE"], "no number");
        assert_eq!(codes(&request(world, &other, "430199195001010017", "RESIDENCE", place)), ["NOT_FOUND"], "nobody's");
        let asked = request(world, &other, &number, "RESIDENCE", place);
        assert_eq!(codes(&asked), Vec::<&str>::new(), "{asked}");
        let id = asked["transferRequest"]["id"].clone();
        assert_eq!(asked["transferRequest"], json!({ "id": id, "kind": "RESIDENCE", "to": place, "from": null,
            "state": "REQUESTED", "person": null, "reason": "随子女居住", "remark": null, "availableCommands": [] }));
        assert!(!asked.to_string().contains("430199"), "where: {asked}");
        assert_eq!(codes(&request(world, &other, &number, "RESIDENCE", place)), ["DUPLICATE"]);
        // The person is told that the number was asked for.
        let accesses = "{ viewer { person { accesses { role fields } } } }";
        let seen = world.data_as(&citizen, accesses, json!({}))["viewer"]["person"]["accesses"].to_string();
        assert!(seen.contains("elsewhere"), "{seen}");

        // Who asked does not answer, though the row is in its reach.
        assert_eq!(answer(world, &other, "handOverPerson", &id, None), "FORBIDDEN");
        assert_eq!(answer(world, &other, "refuseTransfer", &id, Some("x")), "FORBIDDEN");
        let tasks = "{ viewer { tasks(room: REGISTRY) { node { __typename } availableCommands } } }";
        assert_eq!(world.data_as(&other, tasks, json!({}))["viewer"]["tasks"], json!([]));
        let waits = world.data_as(&own, tasks, json!({}))["viewer"]["tasks"].clone();
        assert_eq!(waits[0], json!({ "node": { "__typename": "TransferRequest" },
            "availableCommands": ["handOverPerson", "refuseTransfer"] }), "{waits}");

        // Refused with a remark that who asked can read; then asked again and handed over.
        assert_eq!(codes(&answer(world, &own, "refuseTransfer", &id, None)), ["INVALID_VALUE"], "why");
        let refused = answer(world, &own, "refuseTransfer", &id, Some("本人不同意"));
        assert_eq!(refused["transferRequest"]["state"], "REFUSED", "{refused}");
        let read = "query($id: ID!) { node(id: $id) { ... on TransferRequest { state remark from } } }";
        let told = world.ask_for(&other, "SERVICE", read, json!({ "id": id }))["data"]["node"].clone();
        assert_eq!(told, json!({ "state": "REFUSED", "remark": "本人不同意", "from": null }));
        let find = format!("{{ persons(idNumber: \"{number}\") {{ nodes {{ residence }} }} }}");
        assert_eq!(world.ask_for(&other, "SERVICE", &find, json!({}))["data"]["persons"]["nodes"], json!([]));
        let again = request(world, &other, &number, "RESIDENCE", place)["transferRequest"]["id"].clone();
        let done = answer(world, &own, "handOverPerson", &again, None);
        assert_eq!(done["transferRequest"]["state"], "HANDED_OVER", "{done}");
        assert_eq!(codes(&answer(world, &own, "refuseTransfer", &again, Some("x"))).len(), 1, "once");
        let found = world.ask_for(&other, "SERVICE", &find, json!({}))["data"]["persons"]["nodes"].clone();
        assert_eq!(found, json!([{ "residence": place }]), "was {lived}");
        assert!(!world.dump().contains("随子女居住") && !world.dump().contains("本人不同意"), "sealed");
        verified(world);
    }
}
