//! Deputies: asked for by one account, confirmed by another; the deputy has the holder's grants, the journal both names.

use serde_json::{Value, json};
use tests::World;

use super::{PASSWORD, SIGN_IN, account, codes, roles, text, verified};

fn deputise(world: &mut World, token: &str, input: Value) -> Value {
    let query = "mutation($input: DeputiseInput!) { deputise(input: $input) { id userErrors { code path } } }";
    world.data_as(token, query, json!({ "input": input }))["deputise"].clone()
}

fn decide(world: &mut World, token: &str, verb: &str, id: &Value) -> Value {
    let query = format!(
        "mutation($id: ID!) {{ {verb}Deputy(input: {{ id: $id }}) {{ deputy {{ state }} userErrors {{ code path }} }} }}"
    );
    let answer = world.ask_as(token, &query, json!({ "id": id }));
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => json!(code),
        None => answer["data"][format!("{verb}Deputy")].clone(),
    }
}

fn stand_in(world: &mut World, username: &str, holder: &str) -> Value {
    let input = json!({ "username": username, "password": PASSWORD, "onBehalfOf": holder });
    world.data(SIGN_IN, json!({ "input": input }))["signIn"].clone()
}

tests::on_both! {
    a_deputy_acts_with_the_holders_grants_and_both_names(world) {
        let (_, holder) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let (_, deputy) = account(world, "wang.wu", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        assert_eq!(codes(&stand_in(world, "wang.wu", "li.si")), ["NOT_FOUND"], "nobody asked for it");
        let asked = deputise(world, &holder, json!({ "to": "wang.wu", "until": "2023-06-30" }));
        assert_eq!(codes(&asked), Vec::<&str>::new());
        assert_eq!(codes(&stand_in(world, "wang.wu", "li.si")), ["NOT_FOUND"], "nobody confirmed it");
        assert_eq!(decide(world, &holder, "confirm", &asked["id"]), "FORBIDDEN");
        assert_eq!(decide(world, &security, "confirm", &asked["id"])["deputy"]["state"], "ACTIVE");

        let token = text(&stand_in(world, "wang.wu", "li.si")["accessToken"]).to_owned();
        let viewer = world.data_as(&token, "{ viewer { account roles { role } } }", json!({}))["viewer"].clone();
        assert_eq!(viewer, json!({ "account": "wang.wu 代 li.si", "roles": [{ "role": "DISTRICT_ADMIN" }] }));
        assert_eq!(roles(world, &deputy)[0]["role"], "TOWN_OFFICER", "its own sessions are its own");
        let lent = deputise(world, &token, json!({ "to": "li.si", "until": "2023-12-31" }));
        assert_eq!(codes(&lent), ["FORBIDDEN"], "what was lent is not lent on");
        let read = world.ask_for(&token, "REVIEW", "{ persons { nodes { name } } }", json!({}));
        assert!(read["errors"].is_null(), "{read}");

        assert_eq!(codes(&decide(world, &holder, "end", &asked["id"])), Vec::<&str>::new());
        super::sessions::gone(world, &token);
        assert_eq!(codes(&stand_in(world, "wang.wu", "li.si")), ["NOT_FOUND"]);
        verified(world);
    }

    a_deputy_is_no_way_round_the_three_duties_or_four_eyes(world) {
        let (_, one) = account(world, "an.yi", &["--role", "SECURITY_ADMIN"]);
        let (_, holder) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        account(world, "wang.wu", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let (_, two) = account(world, "an.er", &["--role", "SECURITY_ADMIN"]);
        let mixed = deputise(world, &one, json!({ "from": "li.si", "to": "an.er", "until": "2023-09-28" }));
        assert_eq!(codes(&mixed), ["INCOMPATIBLE_ROLES"]);
        let to_self = deputise(world, &one, json!({ "from": "li.si", "to": "an.yi", "until": "2023-09-28" }));
        assert_eq!(codes(&to_self), ["FOUR_EYES"]);
        let foreign = deputise(world, &holder, json!({ "from": "wang.wu", "to": "li.si", "until": "2023-09-28" }));
        assert_eq!(codes(&foreign), ["NOT_FOUND"], "only one's own");
        let past = deputise(world, &holder, json!({ "to": "wang.wu", "until": "2023-06-29" }));
        assert_eq!(codes(&past), ["INVALID_VALUE"]);
        let endless = deputise(world, &holder, json!({ "to": "wang.wu", "until": "2023-09-29" }));
        assert_eq!((codes(&endless), &endless["userErrors"][0]["path"]), (vec!["INVALID_VALUE"], &json!(["until"])), "91 days");
        let asked = deputise(world, &one, json!({ "from": "li.si", "to": "wang.wu", "until": "2023-09-28" }));
        assert_eq!(codes(&decide(world, &one, "confirm", &asked["id"])), ["FOUR_EYES"], "not the one who asked");
        assert_eq!(decide(world, &two, "confirm", &asked["id"])["deputy"]["state"], "ACTIVE");
        // Nor does a role given later open what deputising may not.
        let id = world.data_as(&one, "{ accounts(where: { username: { eq: \"wang.wu\" } }) { nodes { id } } }", json!({}));
        let propose = "mutation($id: ID!) { proposeRoleGrants(input: { grants: [{ account: $id, role: \"AUDITOR\" }] }) { userErrors { code } } }";
        let refused = world.data_as(&one, propose, json!({ "id": id["accounts"]["nodes"][0]["id"] }));
        assert_eq!(codes(&refused["proposeRoleGrants"]), ["INCOMPATIBLE_ROLES"]);
    }

    a_deputy_that_is_only_asked_for_changes_nothing_of_what_others_may_hold(world) {
        let ((_, one), (_, two)) = super::administrators(world);
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let (id, _) = account(world, "zhou.ba", &["--role", "CITIZEN", "--scope", "1"]);
        let asked = deputise(world, &one, json!({ "from": "li.si", "to": "zhou.ba", "until": "2023-07-31" }));
        assert_eq!(codes(&asked), Vec::<&str>::new(), "{asked}");
        let propose = "mutation($id: ID!) { proposeRoleGrants(input: { grants: [{ account: $id, role: \"AUDITOR\" }] }) { userErrors { code } } }";
        let proposed = world.data_as(&two, propose, json!({ "id": id }))["proposeRoleGrants"].clone();
        assert_eq!(codes(&proposed), Vec::<&str>::new(), "nobody is kept from a role by what somebody asked for");
        // It is looked at when it is confirmed, also where it was asked for by the one whose it is.
        assert_eq!(codes(&decide(world, &two, "confirm", &asked["id"])), ["INCOMPATIBLE_ROLES"]);
        let unknown = world.succeed(&["account", "create", "--username", "old.one", "--name", "旧户", "--role", "CITIZEN", "--scope", "2"]);
        assert!(unknown.starts_with("old.one "));
        let old = world.token(&["--account", "old.one"]);
        assert_eq!(codes(&deputise(world, &old, json!({ "to": "zhou.ba", "until": "2023-07-31" }))), ["FOUR_EYES"], "nobody knows whose it is");
    }

    a_deputy_for_later_is_none_today(world) {
        let (_, holder) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        account(world, "wang.wu", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let asked = deputise(world, &holder, json!({ "to": "wang.wu", "validFrom": "2023-07-01", "until": "2023-07-31" }));
        assert_eq!(decide(world, &security, "confirm", &asked["id"])["deputy"]["state"], "ACTIVE");
        assert_eq!(codes(&stand_in(world, "wang.wu", "li.si")), ["NOT_FOUND"]);
    }
}
