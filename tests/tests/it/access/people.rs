//! Rules of two hold between people: whose accounts are whose, who gave a password out, and what that keeps them from.

use serde_json::{Value, json};
use tests::World;

use super::{
    PASSWORD, account, administrators, change_password, codes, create, decide_reset, propose_reset, reset, roles,
    sign_in, text, verified,
};

const PROPOSE: &str = "mutation($grants: [RoleGrantInput!]!) { proposeRoleGrants(input: { grants: $grants }) {
    roleGrants { id } userErrors { code path } } }";

fn propose(world: &mut World, token: &str, account: &str, role: &str) -> Value {
    let grants =
        json!([{ "account": account, "role": role, "scope": if role == "TOWN_OFFICER" { "430199001" } else { "" } }]);
    world.data_as(token, PROPOSE, json!({ "grants": grants }))["proposeRoleGrants"].clone()
}

fn confirm(world: &mut World, token: &str, grant: &Value) -> Value {
    let query = "mutation($ids: [ID!]!) { confirmRoleGrants(input: { ids: $ids }) { userErrors { code path } } }";
    world.data_as(token, query, json!({ "ids": [grant] }))["confirmRoleGrants"].clone()
}

/// Chooses a password in place of a one-time one and signs in: the token, and what was told of the reset.
fn settle(world: &mut World, username: &str, one_time: &str) -> (String, Value) {
    let first = sign_in(world, username, one_time, None);
    let password = format!("{PASSWORD}-again");
    assert_eq!(codes(&change_password(world, text(&first["accessToken"]), one_time, &password)), Vec::<&str>::new());
    let query = "mutation($input: SignInInput!) { signIn(input: $input) { accessToken
        passwordReset { at by confirmedBy secondFactor boundUntil } userErrors { code } } }";
    let input = json!({ "username": username, "password": password });
    let done = world.data(query, json!({ "input": input }))["signIn"].clone();
    (text(&done["accessToken"]).to_owned(), done["passwordReset"].clone())
}

tests::on_both! {
    two_accounts_of_one_person_are_one_person(world) {
        let number = tests::id_number("an.yi");
        let (one_id, one) = account(world, "an.yi", &["--role", "SECURITY_ADMIN"]);
        let (_, other) = account(world, "an.yi.2", &["--role", "SECURITY_ADMIN", "--id-number", &number]);
        // That makes one person still: the command line's word holds until there are two.
        let (_, two) = account(world, "an.er", &["--role", "SECURITY_ADMIN"]);
        assert_eq!(roles(world, &two)[0]["role"], "SECURITY_ADMIN");
        let (li, _) = create(world, "li.si", &["--role", "CITIZEN", "--scope", "1"]);

        let grant = propose(world, &one, &li, "TOWN_OFFICER")["roleGrants"][0]["id"].clone();
        assert_eq!(codes(&confirm(world, &other, &grant)), ["FOUR_EYES"], "the same person");
        let tasks = "{ viewer { tasks(room: ACCESS) { node { id } } } }";
        let waits = |world: &mut World, token: &str| {
            let told = world.data_as(token, tasks, json!({}))["viewer"]["tasks"].clone();
            told.as_array().unwrap().iter().any(|task| task["node"]["id"] == grant)
        };
        assert!(!waits(world, &other) && waits(world, &two));
        let disable = "mutation($id: ID!) { disableAccount(input: { id: $id }) { userErrors { code } } }";
        assert_eq!(codes(&world.data_as(&other, disable, json!({ "id": one_id }))["disableAccount"]), ["FOUR_EYES"], "one's own");
        assert_eq!(codes(&confirm(world, &two, &grant)), Vec::<&str>::new());

        // The three duties are three people's.
        let made = "mutation($number: String!) { createAccount(input: { username: \"an.yi.3\", name: \"安一\", idNumber: $number }) {
            account { id idNumber holderKnown } userErrors { code path } } }";
        let bad = world.data_as(&two, made, json!({ "number": "430199195001010018" }))["createAccount"].clone();
        assert_eq!((codes(&bad), &bad["userErrors"][0]["path"]), (vec!["INVALID_VALUE"], &json!(["idNumber"])));
        let third = world.data_as(&two, made, json!({ "number": number }))["createAccount"]["account"].clone();
        assert_eq!(third["holderKnown"], true);
        let shown = text(&third["idNumber"]);
        assert!(shown.contains('*') && shown != number, "masked without a purpose: {shown}");
        assert_eq!(codes(&propose(world, &two, text(&third["id"]), "AUDITOR")), ["INCOMPATIBLE_ROLES"]);
        verified(world);
    }

    an_account_of_nobody_known_works_and_neither_proposes_nor_confirms(world) {
        world.succeed(&["account", "create", "--username", "old.one", "--name", "旧户", "--role", "SECURITY_ADMIN"]);
        let old = world.token(&["--account", "old.one"]);
        let listed = world.data_as(&old, "{ accounts { nodes { username holderKnown idNumber } } }", json!({}))["accounts"]["nodes"].clone();
        assert_eq!(listed, json!([{ "username": "old.one", "holderKnown": false, "idNumber": null }]), "it works");
        let ((_, one), _) = administrators(world);
        let (li, _) = create(world, "li.si", &["--role", "CITIZEN", "--scope", "1"]);
        assert_eq!(codes(&propose(world, &old, &li, "TOWN_OFFICER")), ["FOUR_EYES"]);
        let grant = propose(world, &one, &li, "TOWN_OFFICER")["roleGrants"][0]["id"].clone();
        assert_eq!(codes(&confirm(world, &old, &grant)), ["FOUR_EYES"]);
        // Nor is it given a duty, nor a holder by somebody who may then use it.
        let made = "mutation { createAccount(input: { username: \"new.one\", name: \"新户\" }) { account { id } userErrors { code } } }";
        let made = world.data_as(&one, made, json!({}))["createAccount"]["account"]["id"].clone();
        let refused = propose(world, &one, text(&made), "AUDITOR");
        assert_eq!((codes(&refused), &refused["userErrors"][0]["path"]), (vec!["INVALID_VALUE"], &json!(["grants", "0", "role"])));
        assert_eq!(codes(&propose(world, &one, text(&made), "TOWN_OFFICER")), Vec::<&str>::new(), "others it may have");
        // Once the command line says whose it is, it does.
        world.succeed(&["account", "holder", "--username", "old.one", "--id-number", &tests::id_number("old.one")]);
        tests::eventually("it is known", || codes(&confirm(world, &old, &grant)).is_empty());
        world.refused(1, &["account", "holder", "--username", "old.one", "--id-number", "430199195001010018"]);
        world.refused(1, &["account", "holder", "--username", "nobody", "--id-number", &tests::id_number("old.one")]);
        verified(world);
    }

    the_password_of_staff_is_reset_by_two_people_and_the_owner_is_told(world) {
        let ((_, one), (_, two)) = administrators(world);
        let (li, _) = create(world, "li.si", &["--role", "CITIZEN", "--scope", "1"]);
        // Of an account without a staff role one may do it alone, and sees the whole.
        let whole = propose_reset(world, &one, &li, false);
        assert_eq!((whole["passwordIssue"]["state"].as_str(), whole["oneTimePassword"].as_str().map(str::len)), (Some("ISSUED"), Some(16)));
        settle(world, "li.si", text(&whole["oneTimePassword"]));
        let grant = propose(world, &one, &li, "TOWN_OFFICER")["roleGrants"][0]["id"].clone();
        assert_eq!(codes(&confirm(world, &two, &grant)), Vec::<&str>::new());
        let proposed = propose_reset(world, &one, &li, false);
        assert_eq!(codes(&propose_reset(world, &two, &li, false)), ["DUPLICATE"], "one at a time");
        assert_eq!((&proposed["passwordIssue"]["state"], &proposed["oneTimePassword"]), (&json!("PROPOSED"), &json!(null)));
        let again = format!("{PASSWORD}-again");
        let token = text(&sign_in(world, "li.si", &again, None)["accessToken"]).to_owned();
        assert!(roles(world, &token).is_array(), "nothing has changed yet");
        let id = proposed["passwordIssue"]["id"].clone();
        assert_eq!(codes(&decide_reset(world, &one, "confirm", &id)), ["FOUR_EYES"], "not the one who proposed it");
        let officer = world.token(&["--role", "DISTRICT_ADMIN"]);
        let query = "mutation($id: ID!) { confirmPasswordReset(input: { id: $id }) { userErrors { code } } }";
        assert_eq!(world.ask_as(&officer, query, json!({ "id": id }))["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let confirmed = decide_reset(world, &two, "confirm", &id);
        assert_eq!(confirmed["passwordIssue"], json!({ "state": "ISSUED", "confirmedBy": { "username": "an.er" } }), "{confirmed}");
        super::sessions::gone(world, &token);
        assert_eq!(codes(&decide_reset(world, &two, "confirm", &id)), ["WRONG_STATE"]);

        let halves = [text(&proposed["oneTimePasswordHalf"]).to_owned(), text(&confirmed["oneTimePasswordHalf"]).to_owned()];
        for alone in &halves {
            assert_eq!(codes(&sign_in(world, "li.si", alone, None)), ["BAD_CREDENTIALS"], "a half opens nothing");
        }
        let everything = world.dump();
        assert!(halves.iter().all(|half| !everything.contains(half.as_str())), "neither is kept in clear");
        let (token, told) = settle(world, "li.si", &halves.concat());
        assert_eq!((&told["by"], &told["confirmedBy"], &told["secondFactor"]), (&json!("an.yi"), &json!("an.er"), &json!(false)));
        assert!(told["boundUntil"].is_string());
        let own = "{ viewer { passwordReset { by confirmedBy } } }";
        assert_eq!(world.data_as(&token, own, json!({}))["viewer"]["passwordReset"], json!({ "by": "an.yi", "confirmedBy": "an.er" }));
        let listed = world.data_as(&two, "{ passwordIssues(where: { kind: { eq: \"RESET\" } }) { nodes { state account { username } } } }", json!({}));
        assert_eq!(listed["passwordIssues"]["nodes"].as_array().map(Vec::len), Some(2), "{listed}");
        verified(world);
    }

    a_reset_that_waits_is_taken_back(world) {
        let ((_, one), (two_id, two)) = administrators(world);
        let (_, three) = account(world, "an.san", &["--role", "CITIZEN", "--scope", "1"]);
        assert!(roles(world, &three).is_array());
        let proposed = propose_reset(world, &one, &two_id, true);
        assert_eq!(codes(&decide_reset(world, &two, "confirm", &proposed["passwordIssue"]["id"])), ["FOUR_EYES"], "not for oneself");
        assert_eq!(decide_reset(world, &two, "cancel", &proposed["passwordIssue"]["id"])["passwordIssue"]["state"], "CANCELLED");
        assert!(roles(world, &two).is_array() && sign_in(world, "an.er", PASSWORD, None)["accessToken"].is_string());
        verified(world);
    }

    who_gave_a_password_out_is_no_second_person_to_the_account_for_days(world) {
        let ((_, one), (_, two)) = administrators(world);
        let (three_id, _) = create(world, "an.san", &["--role", "CITIZEN", "--scope", "1"]);
        let (four_id, _) = create(world, "an.si", &["--role", "CITIZEN", "--scope", "1"]);
        let duty = propose(world, &one, &three_id, "SECURITY_ADMIN")["roleGrants"][0]["id"].clone();
        assert_eq!(codes(&confirm(world, &two, &duty)), Vec::<&str>::new());
        // One resets it, and somebody in good faith confirms: the password is used by whoever holds both halves.
        let one_time = reset(world, &one, &two, &three_id, true);
        let (three, _) = settle(world, "an.san", &one_time);

        let of_one = propose(world, &one, &four_id, "TOWN_OFFICER")["roleGrants"][0]["id"].clone();
        assert_eq!(codes(&confirm(world, &three, &of_one)), ["FOUR_EYES"], "it confirms nothing of who proposed the reset");
        let of_two = propose(world, &two, &four_id, "TOWN_OFFICER")["roleGrants"][0]["id"].clone();
        assert_eq!(codes(&confirm(world, &three, &of_two)), ["FOUR_EYES"], "nor of who confirmed it");
        let of_three = propose(world, &three, &four_id, "TOWN_OFFICER")["roleGrants"][0]["id"].clone();
        for token in [&one, &two] {
            assert_eq!(codes(&confirm(world, token, &of_three)), ["FOUR_EYES"], "nor they anything of its");
        }
        // A new account is no way round: its first password was given out by somebody, too.
        let made = "mutation($number: String!) { createAccount(input: { username: \"an.wu\", name: \"安五\", idNumber: $number }) { account { id } oneTimePassword } }";
        let made = world.data_as(&one, made, json!({ "number": tests::id_number("an.wu") }))["createAccount"].clone();
        let duty = propose(world, &one, text(&made["account"]["id"]), "SECURITY_ADMIN")["roleGrants"][0]["id"].clone();
        assert_eq!(codes(&confirm(world, &two, &duty)), Vec::<&str>::new());
        let (five, told) = settle(world, "an.wu", text(&made["oneTimePassword"]));
        assert_eq!(told, json!(null), "nobody reset it");
        assert_eq!(codes(&confirm(world, &five, &of_one)), ["FOUR_EYES"]);
        assert_eq!(codes(&confirm(world, &five, &of_two)), Vec::<&str>::new(), "to others it is somebody");

        // After the days it is over.
        world.stop();
        world.set("MINZHENG_RESET_DAYS", "0");
        assert_eq!(codes(&confirm(world, &three, &of_one)), Vec::<&str>::new());
        verified(world);
    }

    names_of_the_system_itself_are_nobodys(world) {
        let ((_, one), _) = administrators(world);
        let create = "mutation($name: String!) { createAccount(input: { username: $name, name: \"某\" }) { userErrors { code path } } }";
        for name in ["system", "Projector", "access", "files", "shared", "anonymous", "security_admin", "District.Admin", "cli:root", "a 代 b"] {
            let refused = world.data_as(&one, create, json!({ "name": name }))["createAccount"].clone();
            assert_eq!((codes(&refused), &refused["userErrors"][0]["path"]), (vec!["INVALID_VALUE"], &json!(["username"])), "{name}");
        }
        let client = "mutation { createPlatformClient(input: { clientId: \"projector\", name: \"某\", grants: [] }) { userErrors { code path } } }";
        assert_eq!(codes(&world.data_as(&one, client, json!({}))["createPlatformClient"]), ["INVALID_VALUE"]);
        world.refused(1, &["account", "create", "--username", "files", "--name", "某", "--role", "DISTRICT_ADMIN"]);
    }
}
