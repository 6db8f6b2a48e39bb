//! Corrected numbers: the person stays, the old number still finds them, and nothing of it stands open in the database.

use serde_json::{Value, json};
use tests::World;

use super::{codes, ids, mutate, person_by, verified};

const OLD: &str = "430199194306301013";
const NEW: &str = "430199194307011026";
const OTHER: &str = "430199196306305072";

fn load(world: &World) {
    let divisions = "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,甲村,VILLAGE\n430199002,别的街道,TOWN\n430199002001,乙村,VILLAGE\n";
    let persons = format!("证件号码,姓名,现住地代码\n{OLD},欧阳春花,430199001001\n{OTHER},李乙,430199002001\n");
    for (kind, text) in [("divisions", divisions), ("persons", persons.as_str())] {
        world.succeed(&["import", kind, &world.file(&format!("{kind}.csv"), text)]);
    }
}

fn correct(world: &mut World, token: &str, input: Value) -> Value {
    mutate(world, token, "correctIdentity", input, "person { version }")
}

tests::on_both! {
    a_corrected_number_keeps_the_person_and_the_old_number_finds_them(world) {
        load(world);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let elsewhere = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199002"]);
        let worker = world.token(&["--role", "VILLAGE_WORKER", "--scope", "430199001001"]);
        let person = person_by(world, &admin, OLD);
        let input = |number: &str, reason: &str| json!({ "person": person, "version": 1, "idNumber": number, "reason": reason });
        for (token, input, code, path) in [
            (&officer, input("430199194307011027", "错录"), "INVALID_VALUE", "idNumber"),
            (&officer, input(OLD, "错录"), "INVALID_VALUE", "idNumber"),
            (&officer, input(OTHER, "错录"), "DUPLICATE", "idNumber"),
            (&officer, input(NEW, "  "), "INVALID_VALUE", "reason"),
            (&officer, json!({ "person": person, "version": 7, "idNumber": NEW, "reason": "错录" }), "STALE_VERSION", "version"),
            (&elsewhere, input(NEW, "错录"), "NOT_FOUND", "person"),
        ] {
            let refused = correct(world, token, input.clone());
            assert_eq!((codes(&refused), &refused["userErrors"][0]["path"]), (vec![code], &json!([path])), "{input}");
        }
        assert_eq!(correct(world, &worker, input(NEW, "错录")), "FORBIDDEN");
        let told = "{ persons(first: 2) { totalCount nodes { name idNumber sex birthDate version formerNumbers { idNumber idKind until } corrections { kind on reason } } } }";
        let before = world.ask_for(&officer, "CORRECTION", told, json!({}))["data"]["persons"]["nodes"][0].clone();
        assert_eq!((&before["idNumber"], &before["version"], &before["formerNumbers"], &before["corrections"]), (&json!(OLD), &json!(1), &json!([]), &json!([])), "nothing changed");

        let done = correct(world, &officer, input(NEW, "录入时看错了证件"));
        assert_eq!((codes(&done), &done["person"]["version"]), (vec![], &json!(2)), "{done}");
        let now = world.ask_for(&officer, "CORRECTION", told, json!({}))["data"]["persons"]["nodes"][0].clone();
        assert_eq!(now, json!({ "name": "欧阳春花", "idNumber": NEW, "sex": "FEMALE", "birthDate": "1943-07-01", "version": 2,
            "formerNumbers": [{ "idNumber": OLD, "idKind": "CITIZEN_ID", "until": "2023-06-30" }],
            "corrections": [{ "kind": "IDENTITY", "on": "2023-06-30", "reason": "录入时看错了证件" }] }));
        let masked = world.data_as(&officer, told, json!({}))["persons"]["nodes"][0].clone();
        assert_eq!(masked["formerNumbers"][0]["idNumber"], "430*************13");
        assert_eq!(masked["corrections"][0]["reason"], Value::Null);
        assert_eq!(person_by(world, &admin, OLD), person);
        assert_eq!(person_by(world, &admin, NEW), person);
        let dump = world.dump();
        assert!(!dump.contains(OLD) && !dump.contains(NEW) && !dump.contains("看错了"), "sealed");

        // Sheets that name the old number find the person; a row of the same person corrects that person.
        let conditions = format!("证件号码,种类,生效日期\n{OLD},重病,2023-01-01\n");
        world.succeed(&["import", "person-conditions", &world.file("c.csv", &conditions)]);
        let conditions = "{ persons(first: 2) { nodes { conditions { kind } } } }";
        let found = world.ask_for(&officer, "REVIEW", conditions, json!({}))["data"]["persons"]["nodes"][0].clone();
        assert_eq!(found["conditions"], json!([{ "kind": "MAJOR_ILLNESS" }]));
        let again = format!("证件号码,姓名,现住地代码,民族\n{OLD},欧阳春花,430199001001,汉族\n");
        world.succeed(&["import", "persons", &world.file("again.csv", &again)]);
        assert_eq!(ids(world, &admin).len(), 2);
        let now = world.ask_for(&officer, "CORRECTION", told, json!({}))["data"]["persons"]["nodes"][0].clone();
        assert_eq!((&now["idNumber"], &now["birthDate"], &now["version"]), (&json!(NEW), &json!("1943-07-01"), &json!(3)));
        // A wrong number may well be somebody else's right one.
        let third = format!("证件号码,姓名,现住地代码\n{OLD},王丙,430199001001\n");
        world.succeed(&["import", "persons", &world.file("third.csv", &third)]);
        assert_eq!(ids(world, &admin).len(), 3);
        let back = correct(world, &officer, json!({ "person": person, "idNumber": OLD, "reason": "又改回来" }));
        assert_eq!(codes(&back), ["DUPLICATE"], "it is another's by now");

        // The auditor finds what changed the person, by the person.
        let auditor = world.token(&["--role", "AUDITOR", "--scope", "430199"]);
        let entries = world.data_as(&auditor, "query($person: ID) { auditEntries(person: $person, first: 50) { nodes { command } totalCount } }", json!({ "person": person }));
        let commands: Vec<&str> = entries["auditEntries"]["nodes"].as_array().unwrap().iter().map(|e| e["command"].as_str().unwrap()).collect();
        for (command, times) in [("correctIdentity", 1), ("recordPerson", 2), ("recordPersonCondition", 1)] {
            assert_eq!(commands.iter().filter(|known| **known == command).count(), times, "{command}: {commands:?}");
        }
        assert!(commands.contains(&"read"));
        assert_eq!(entries["auditEntries"]["totalCount"], commands.len());
        verified(world);
    }

    a_number_that_comes_back_is_no_former_one(world) {
        load(world);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let person = person_by(world, &admin, OLD);
        for number in [NEW, OLD] {
            let done = correct(world, &admin, json!({ "person": person, "idNumber": number, "reason": "核对" }));
            assert_eq!(codes(&done), Vec::<&str>::new());
        }
        let told = "query($id: ID!) { node(id: $id) { ... on Person { idNumber formerNumbers { idNumber } } } }";
        let now = world.ask_for(&admin, "CORRECTION", told, json!({ "id": person }))["data"]["node"].clone();
        assert_eq!(now, json!({ "idNumber": OLD, "formerNumbers": [{ "idNumber": NEW }] }));
    }

    names_are_searched_by_their_beginning_where_they_are_shown(world) {
        load(world);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let search = "query($name: NameFilter) { persons(where: { name: $name }) { nodes { name } } }";
        for (filter, names) in [
            (json!({ "startsWith": "欧阳" }), json!([{ "name": "欧阳春花" }])),
            (json!({ "startsWith": "阳" }), json!([])),
            (json!({ "startsWith": "%" }), json!([])),
            (json!({ "startsWith": "欧_" }), json!([])),
            (json!({ "eq": "李乙" }), json!([{ "name": "李乙" }])),
            (json!({ "startsWith": "李", "eq": "欧阳春花" }), json!([])),
        ] {
            let found = world.ask_for(&admin, "SERVICE", search, json!({ "name": filter }));
            assert_eq!(found["data"]["persons"]["nodes"], names, "{filter}");
        }
        for filter in [json!({ "startsWith": "欧阳" }), json!({ "eq": "李乙" })] {
            let masked = world.ask_as(&admin, search, json!({ "name": filter }));
            assert_eq!((&masked["errors"][0]["extensions"]["code"], &masked["errors"][0]["extensions"]["field"]), (&json!("FORBIDDEN"), &json!("name")));
        }
    }

    parts_of_persons_are_read_by_their_ids(world) {
        load(world);
        let conditions = format!("证件号码,种类,生效日期\n{OLD},重病,2023-01-01\n");
        world.succeed(&["import", "person-conditions", &world.file("c.csv", &conditions)]);
        let households = format!("户编号,户主证件号码,区划代码,城乡\nH1,{OLD},430199001001,城市\n");
        world.succeed(&["import", "households", &world.file("h.csv", &households)]);
        let members = format!("户编号,证件号码,与户主关系,加入日期\nH1,{OLD},本人,2020-01-01\n");
        world.succeed(&["import", "household-members", &world.file("m.csv", &members)]);
        let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let listed = "{ persons { nodes { conditions { id } memberships { id } } } }";
        let listed = world.ask_for(&officer, "REVIEW", listed, json!({}))["data"]["persons"]["nodes"][0].clone();
        let (condition, member) = (listed["conditions"][0]["id"].clone(), listed["memberships"][0]["id"].clone());
        let node = "query($id: ID!) { node(id: $id) { __typename id ... on PersonCondition { kind } ... on HouseholdMember { relation } } }";
        let elsewhere = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199002"]);
        let institution = world.token(&["--role", "INSTITUTION", "--scope", "C1"]);
        let read = |world: &mut World, token: &str, id: &Value| world.ask_for(token, "REVIEW", node, json!({ "id": id }))["data"]["node"].clone();
        assert_eq!(read(world, &officer, &condition), json!({ "__typename": "PersonCondition", "id": condition, "kind": "MAJOR_ILLNESS" }));
        assert_eq!(read(world, &officer, &member), json!({ "__typename": "HouseholdMember", "id": member, "relation": "HEAD" }));
        for id in [&condition, &member] {
            for token in [&elsewhere, &institution] {
                assert_eq!(read(world, token, id), Value::Null);
            }
        }
        // A condition is personal as a whole: masked, it is not there.
        assert_eq!(world.data_as(&officer, node, json!({ "id": condition }))["node"], Value::Null);
        assert_eq!(world.data_as(&officer, node, json!({ "id": member }))["node"]["relation"], "HEAD");
    }
}
