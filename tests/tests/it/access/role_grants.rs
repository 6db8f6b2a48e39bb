//! Roles: proposed by one account, confirmed by another, never for oneself; what may not be held together; what they
//! reach, and how fast they are gone.

use serde_json::{Value, json};
use tests::World;

use super::{account, administrators, codes, create, roles, text, verified};

const PROPOSE: &str = "mutation($grants: [RoleGrantInput!]!) { proposeRoleGrants(input: { grants: $grants }) {
    roleGrants { id state scope line proposedBy { username } } userErrors { code path message } } }";

fn propose(world: &mut World, token: &str, grants: Value) -> Value {
    world.data_as(token, PROPOSE, json!({ "grants": grants }))["proposeRoleGrants"].clone()
}

fn decide(world: &mut World, token: &str, verb: &str, ids: &[&Value]) -> Value {
    let query = format!(
        "mutation($ids: [ID!]!) {{ {verb}RoleGrants(input: {{ ids: $ids }}) {{ roleGrants {{ id state }} userErrors {{ code path }} }} }}"
    );
    world.data_as(token, &query, json!({ "ids": ids }))[format!("{verb}RoleGrants")].clone()
}

tests::on_both! {
    a_role_takes_two_accounts(world) {
        let ((_, one), (_, two)) = administrators(world);
        // From now on the command line only proposes.
        let (id, one_time) = create(world, "li.si", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let first = super::sign_in(world, "li.si", &one_time, None);
        super::change_password(world, text(&first["accessToken"]), &one_time, super::PASSWORD);
        let token = text(&super::sign_in(world, "li.si", super::PASSWORD, None)["accessToken"]).to_owned();
        assert_eq!(roles(world, &token), json!([]));

        let grant = json!([{ "account": id, "role": "VILLAGE_WORKER", "scope": "430199001001" }]);
        let proposed = propose(world, &one, grant)["roleGrants"][0].clone();
        assert_eq!((text(&proposed["state"]), text(&proposed["scope"])), ("PROPOSED", "430199001001"));
        assert_eq!(proposed["proposedBy"]["username"], "an.yi");
        let own = decide(world, &one, "confirm", &[&proposed["id"]]);
        assert_eq!(codes(&own), ["FOUR_EYES"], "not the one who proposed it");
        assert_eq!(roles(world, &token), json!([]), "nothing has changed");
        let done = decide(world, &two, "confirm", &[&proposed["id"]]);
        assert_eq!(done["roleGrants"][0]["state"], "ACTIVE", "{done}");
        assert_eq!(codes(&decide(world, &two, "confirm", &[&proposed["id"]])), ["WRONG_STATE"]);
        tests::eventually("the role holds", || roles(world, &token)[0]["role"] == "VILLAGE_WORKER");

        assert_eq!(decide(world, &one, "revoke", &[&proposed["id"]])["roleGrants"][0]["state"], "REVOKED");
        let begun = std::time::Instant::now();
        while roles(world, &token) != json!([]) {
            assert!(begun.elapsed() < std::time::Duration::from_secs(2), "still held");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        verified(world);
    }

    nobody_decides_about_oneself(world) {
        let ((one_id, one), (_, two)) = administrators(world);
        let own = propose(world, &one, json!([{ "account": one_id, "role": "SECURITY_ADMIN" }]));
        assert_eq!(codes(&own), ["FOUR_EYES"]);
        assert_eq!(own["userErrors"][0]["path"], json!(["grants", "0", "account"]));
        let other = propose(world, &two, json!([{ "account": one_id, "role": "SECURITY_ADMIN" }]));
        let id = other["roleGrants"][0]["id"].clone();
        assert_eq!(codes(&decide(world, &one, "confirm", &[&id])), ["FOUR_EYES"], "not for oneself");
        assert_eq!(codes(&decide(world, &one, "revoke", &[&id])), ["FOUR_EYES"]);
        for command in ["disableAccount", "enableAccount", "unlockAccount", "resetPassword"] {
            let query = format!("mutation($id: ID!) {{ {command}(input: {{ id: $id }}) {{ userErrors {{ code }} }} }}");
            let answer = world.data_as(&one, &query, json!({ "id": one_id }))[command].clone();
            assert_eq!(codes(&answer), ["FOUR_EYES"], "{command}");
        }
    }

    the_three_duties_stand_apart(world) {
        let ((_, one), (two_id, two)) = administrators(world);
        let (id, _) = create(world, "li.si", &["--role", "AUDITOR"]);
        for role in ["SECURITY_ADMIN", "SYSTEM_ADMIN"] {
            let refused = propose(world, &one, json!([{ "account": id, "role": role }]));
            assert_eq!(codes(&refused), ["INCOMPATIBLE_ROLES"], "{role}: also while the other is only proposed");
        }
        let refused = propose(world, &one, json!([{ "account": id, "role": "DISTRICT_ADMIN", "scope": "430199" }]));
        assert_eq!(codes(&refused), ["INCOMPATIBLE_ROLES"]);
        let business = propose(world, &one, json!([{ "account": two_id, "role": "APPROVER", "scope": "430199" }]));
        assert_eq!(codes(&business), ["INCOMPATIBLE_ROLES"]);
        // Two at once do not slip through either.
        let fresh = "mutation($number: String!) { createAccount(input: { username: \"wang.wu\", name: \"王五\", idNumber: $number }) { account { id } oneTimePassword userErrors { code } } }";
        let made = world.data_as(&two, fresh, json!({ "number": tests::id_number("wang.wu") }))["createAccount"].clone();
        assert!(made["oneTimePassword"].is_string(), "{made}");
        let both = json!([
            { "account": made["account"]["id"], "role": "AUDITOR", "scope": "430199" },
            { "account": made["account"]["id"], "role": "TOWN_OFFICER", "scope": "430199001" },
        ]);
        let refused = propose(world, &two, both);
        assert_eq!((codes(&refused), &refused["roleGrants"]), (vec!["INCOMPATIBLE_ROLES"], &json!(null)));
        let listed = world.data_as(&two, "{ roleGrants(where: { state: { eq: \"PROPOSED\" } }) { totalCount } }", json!({}));
        assert_eq!(listed["roleGrants"]["totalCount"], 1, "only the auditor's: a refused proposal leaves nothing");
    }

    a_scope_fits_its_role(world) {
        let ((_, one), _) = administrators(world);
        let (id, _) = create(world, "li.si", &["--role", "CITIZEN", "--scope", "1"]);
        for (role, line, scope, field) in [
            ("MAYOR", json!(null), "", "role"),
            ("SYSTEM", json!(null), "", "role"),
            ("PUBLIC", json!(null), "", "role"),
            ("ACCOUNT", json!(null), "", "role"),
            ("PLATFORM", json!(null), "430199", "role"),
            ("TOWN_OFFICER", json!(null), "430199", "scope"),
            ("TOWN_OFFICER", json!("ASSISTANCE"), "430199001", "line"),
            ("VILLAGE_WORKER", json!(null), "430199001", "scope"),
            ("BUSINESS_OFFICER", json!(null), "430199", "line"),
            ("BUSINESS_OFFICER", json!("WEATHER"), "430199", "line"),
            ("DISTRICT_ADMIN", json!(null), "", "scope"),
            ("DISTRICT_ADMIN", json!(null), "43019x", "scope"),
            ("SECURITY_ADMIN", json!(null), "430199", "scope"),
            ("INSTITUTION", json!(null), "", "scope"),
            ("CITIZEN", json!(null), "430199", ""),
            ("CITIZEN", json!(null), "nobody", "scope"),
        ] {
            let done = propose(world, &one, json!([{ "account": id, "role": role, "line": line, "scope": scope }]));
            if field.is_empty() {
                assert_eq!(codes(&done), Vec::<&str>::new(), "{role} {scope}: a number is a person's id");
            } else {
                assert_eq!(codes(&done), ["INVALID_VALUE"], "{role} {scope}: {done}");
                assert_eq!(done["userErrors"][0]["path"], json!(["grants", "0", field]), "{role} {scope}");
            }
        }
        let file = world.file("d.csv", "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n");
        world.succeed(&["import", "divisions", &file]);
        let unknown = propose(world, &one, json!([{ "account": id, "role": "TOWN_OFFICER", "scope": "430199009" }]));
        assert_eq!(codes(&unknown), ["NOT_FOUND"], "a division that there is not");
        let nobody = propose(world, &one, json!([{ "account": "QWNjb3VudDo5OTk5OTk", "role": "TOWN_OFFICER", "scope": "430199001" }]));
        assert_eq!(codes(&nobody), ["NOT_FOUND"]);
    }

    a_role_holds_from_its_first_day_to_its_last(world) {
        let ((_, one), (_, two)) = administrators(world);
        let (id, token) = account(world, "li.si", &["--role", "CITIZEN", "--scope", "1"]);
        let grant = |from: &str, until: &str| json!({ "account": id, "role": "TOWN_OFFICER", "scope": "430199001", "validFrom": from, "validUntil": until });
        let backwards = propose(world, &one, json!([grant("2023-07-01", "2023-06-01")]));
        assert_eq!(backwards["userErrors"][0]["path"], json!(["grants", "0", "validUntil"]));
        // Today is 2023-06-30.
        let proposed = propose(world, &one, json!([
            grant("2023-07-01", "2023-12-31"), grant("2023-01-01", "2023-06-29"), grant("2023-06-30", "2023-06-30"),
        ]));
        let ids: Vec<&Value> = proposed["roleGrants"].as_array().unwrap().iter().map(|grant| &grant["id"]).collect();
        assert_eq!(codes(&decide(world, &two, "confirm", &ids)), Vec::<&str>::new());
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let held = roles(world, &token);
        assert_eq!(held.as_array().unwrap().iter().filter(|role| role["role"] == "TOWN_OFFICER").count(), 1, "{held}");
    }

    only_the_security_administrator_gives_roles(world) {
        let (id, _) = create(world, "li.si", &["--role", "CITIZEN", "--scope", "1"]);
        let grants = json!([{ "account": id, "role": "DISTRICT_ADMIN", "scope": "430199" }]);
        for role in ["DISTRICT_ADMIN", "SYSTEM_ADMIN", "AUDITOR"] {
            let token = world.token(&["--role", role]);
            for (query, variables) in [
                (PROPOSE, json!({ "grants": grants })),
                ("mutation { confirmRoleGrants(input: { ids: [] }) { userErrors { code } } }", json!({})),
                ("mutation { revokeRoleGrants(input: { ids: [] }) { userErrors { code } } }", json!({})),
                ("mutation { createAccount(input: { username: \"abc\", name: \"x\" }) { userErrors { code } } }", json!({})),
                ("mutation { resetPassword(input: { id: \"x\" }) { userErrors { code } } }", json!({})),
            ] {
                let answer = world.ask_as(&token, query, variables);
                assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role} {query}: {answer}");
            }
        }
        let answer = world.ask(PROPOSE, json!({ "grants": grants }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        for role in ["DISTRICT_ADMIN", "SYSTEM_ADMIN"] {
            let token = world.token(&["--role", role]);
            for list in ["accounts", "roleGrants", "deputies", "platformClients"] {
                let listed = world.data_as(&token, &format!("{{ {list} {{ totalCount nodes {{ id }} }} }}"), json!({}));
                assert_eq!(listed[list], json!({ "totalCount": 0, "nodes": [] }), "{role} {list}");
            }
        }
    }

    names_are_masked_without_a_purpose(world) {
        create(world, "li.si", &["--role", "DISTRICT_ADMIN", "--phone", "13800000001"]);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let query = "{ accounts(where: { username: { eq: \"li.si\" } }) { nodes { name phone } } }";
        let masked = world.data_as(&security, query, json!({}))["accounts"]["nodes"][0].clone();
        assert_eq!(masked, json!({ "name": "王*明", "phone": "138****0001" }));
        let full = world.ask_for(&security, "INSPECTION", query, json!({}));
        assert_eq!(full["data"]["accounts"]["nodes"][0], json!({ "name": "王小明", "phone": "13800000001" }));
        let search = "{ accounts(where: { name: { eq: \"王小明\" } }) { nodes { id } } }";
        let answer = world.ask_as(&security, search, json!({}));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        assert_eq!(answer["errors"][0]["extensions"]["field"], "name");
        let auditor = world.token(&["--role", "AUDITOR", "--scope", ""]);
        let seen = world.ask_for(&auditor, "INSPECTION", query, json!({}));
        assert_eq!(seen["data"]["accounts"]["nodes"][0]["name"], "王*明", "an auditor's stay masked: {seen}");
    }
}
