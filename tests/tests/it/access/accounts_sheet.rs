//! The sheet of accounts: rows propose, another account confirms, one-time passwords stand in the outcome sheet only.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;

use serde_json::{Value, json};
use tests::World;

use super::{codes, roles, sign_in, text, verified};
use crate::files::{get, upload};

const SHEET: &str = "用户名,姓名,角色,范围,业务线,有效期至,联系电话,证件号码
zhang.san,张三,镇街经办,430199001,,2024-12-31,13800000001,430199195001010017
li.si,李四,BUSINESS_OFFICER,430199,社会救助,,,
wang.wu,王五,AUDITOR,430199,,,,430199195101010014
";

/// Takes the sheet in; gives what came back by user name.
fn take(world: &World, content: &str, code: i32) -> (Value, HashMap<String, String>) {
    let file = world.file("accounts.csv", content);
    let outcome = world.folder().join("outcome.csv");
    let _ = std::fs::remove_file(&outcome);
    let path = outcome.display().to_string();
    let printed = world.refused(code, &["import", "accounts", &file, "--outcome", &path, "--json"]);
    let sheet = std::fs::read_to_string(&outcome).unwrap();
    let mut lines = sheet.trim_start_matches('\u{feff}').lines();
    assert!(lines.next().unwrap().ends_with("一次性密码"), "{sheet}");
    let back = lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_owned(), (*cells.last().unwrap()).to_owned())
    });
    (serde_json::from_str(&printed).unwrap(), back.collect())
}

tests::on_both! {
    rows_propose_and_another_account_confirms(world) {
        let (done, passwords) = take(world, SHEET, 0);
        assert_eq!((&done["created"], &done["state"]), (&json!(3), &json!("ACCEPTED")));
        assert!(passwords.values().all(|password| password.len() == 16), "{passwords:?}");
        assert!(!world.dump().contains(&passwords["zhang.san"]));
        assert_eq!(std::fs::metadata(world.folder().join("outcome.csv")).unwrap().mode() & 0o777, 0o600);

        let first = sign_in(world, "zhang.san", &passwords["zhang.san"], None);
        assert_eq!(first["mustChangePassword"], true);
        super::change_password(world, text(&first["accessToken"]), &passwords["zhang.san"], super::PASSWORD);
        let token = text(&sign_in(world, "zhang.san", super::PASSWORD, None)["accessToken"]).to_owned();
        assert_eq!(roles(world, &token), json!([]), "only proposed");
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let proposed = "{ roleGrants(where: { state: { eq: \"PROPOSED\" } }) { nodes { id role line scope validUntil account { username } } } }";
        let grants = world.data_as(&security, proposed, json!({}))["roleGrants"]["nodes"].clone();
        assert_eq!(grants[0], json!({ "id": grants[0]["id"], "role": "TOWN_OFFICER", "line": null, "scope": "430199001000",
            "validUntil": "2024-12-31", "account": { "username": "zhang.san" } }));
        assert_eq!(grants[1]["line"], "ASSISTANCE");
        let ids: Vec<&Value> = grants.as_array().unwrap().iter().map(|grant| &grant["id"]).collect();
        let confirm = "mutation($ids: [ID!]!) { confirmRoleGrants(input: { ids: $ids }) { userErrors { code } } }";
        assert_eq!(codes(&world.data_as(&security, confirm, json!({ "ids": ids }))["confirmRoleGrants"]), Vec::<&str>::new());
        tests::eventually("the role holds", || roles(world, &token)[0]["role"] == "TOWN_OFFICER");

        // The same again changes nothing and gives no password away.
        let (again, passwords) = take(world, SHEET, 0);
        assert_eq!((&again["created"], &again["changed"], &again["unchanged"]), (&json!(0), &json!(0), &json!(3)));
        assert!(passwords.values().all(String::is_empty), "{passwords:?}");
        let (corrected, _) = take(world, &SHEET.replace("李四,", "李思,"), 0);
        assert_eq!((&corrected["changed"], &corrected["unchanged"]), (&json!(1), &json!(2)));
        verified(world);
    }

    what_is_exported_can_be_imported_again(world) {
        take(world, SHEET, 0);
        world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let file = world.folder().join("exported.csv").display().to_string();
        world.succeed(&["export", "accounts", &file]);
        let sheet = std::fs::read_to_string(&file).unwrap();
        assert_eq!(sheet.lines().count(), 4, "the system account is no row: {sheet}");
        let printed = world.succeed(&["import", "accounts", &file, "--json"]);
        let again: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!((&again["unchanged"], &again["changed"], &again["created"]), (&json!(3), &json!(0), &json!(0)));
        verified(world);
    }

    rows_that_cannot_be_leave_nothing_behind(world) {
        let wrong = "用户名,姓名,角色,范围,业务线
ok.one,甲,TOWN_OFFICER,430199001,
x,乙,TOWN_OFFICER,430199001,
no.role,丙,市长,430199001,
no.line,丁,业务经办,430199,
no.scope,戊,TOWN_OFFICER,430199,
no.person,己,CITIZEN,430199199001011234,
machine,庚,PLATFORM,430199,
ok.one,甲,AUDITOR,430199,
projector,辛,TOWN_OFFICER,430199001,
";
        let (done, passwords) = take(world, wrong, 1);
        assert_eq!((&done["created"], &done["refused"]), (&json!(1), &json!(8)), "{done}");
        assert_eq!(passwords.len(), 1);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let all = "{ accounts { nodes { username } } roleGrants(where: { state: { eq: \"PROPOSED\" } }) { totalCount } }";
        let left = world.data_as(&security, all, json!({}));
        assert_eq!(left["roleGrants"]["totalCount"], 1);
        let names: Vec<&str> = left["accounts"]["nodes"].as_array().unwrap().iter().map(|node| text(&node["username"])).collect();
        assert_eq!(names, ["ok.one", "security_admin"]);
    }

    the_security_administrator_takes_sheets_of_accounts_in_over_the_api_and_no_other(world) {
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let start = "mutation($kind: String!, $file: ID!) { startImport(input: { kind: $kind, file: $file }) { import { id } job { id } userErrors { code } } }";
        let divisions = "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n";
        let file = upload(world, &security, "d.csv", divisions.as_bytes());
        let refused = world.ask_as(&security, start, json!({ "kind": "divisions", "file": file }));
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        world.succeed(&["import", "divisions", &world.file("d.csv", divisions)]);
        let all = "{ imports { nodes { id kind state created refused errors(first: 5) { nodes { column value } } outcomeSheet { address } mendSheet { address } } } }";
        assert_eq!(world.data_as(&security, all, json!({}))["imports"]["nodes"], json!([]), "other sheets are not its business");

        let sheet = upload(world, &security, "accounts.csv", format!("{SHEET}x.one,甲,市长,430199,,,,\n").as_bytes());
        let own = upload(world, &admin, "a.csv", SHEET.as_bytes());
        let other = world.ask_as(&admin, start, json!({ "kind": "accounts", "file": own }));
        assert_eq!(other["errors"][0]["extensions"]["code"], "FORBIDDEN", "nor accounts the district's");
        let started = world.data_as(&security, start, json!({ "kind": "accounts", "file": sheet }))["startImport"].clone();
        assert_eq!(codes(&started), Vec::<&str>::new());
        tests::eventually("the import ends", || {
            let job = world.data_as(&security, "query($id: ID!) { job(id: $id) { finishedAt } }", json!({ "id": started["job"]["id"] }));
            !job["job"]["finishedAt"].is_null()
        });
        let masked = world.data_as(&security, all, json!({}))["imports"]["nodes"].clone();
        assert_eq!((&masked[0]["outcomeSheet"], &masked[0]["errors"]["nodes"][0]["value"]), (&Value::Null, &Value::Null), "not without a purpose");
        let seen = world.ask_for(&security, "SERVICE", all, json!({}))["data"]["imports"]["nodes"][0].clone();
        assert_eq!((&seen["id"], &seen["state"], &seen["created"], &seen["refused"]), (&started["import"]["id"], &json!("PARTLY_ACCEPTED"), &json!("3"), &json!("1")));
        assert_eq!(seen["errors"]["nodes"], json!([{ "column": "角色", "value": "市长" }]));
        let theirs = world.ask_for(&admin, "SERVICE", all, json!({}))["data"]["imports"]["nodes"].clone();
        assert!(theirs.as_array().unwrap().iter().all(|import| import["kind"] != "accounts"), "{theirs}");
        let (_, outcome) = get(world, text(&seen["outcomeSheet"]["address"]));
        let outcome = String::from_utf8(outcome).unwrap();
        let password = outcome.lines().find(|line| line.starts_with("zhang.san,")).unwrap().rsplit(',').next().unwrap();
        assert_eq!(sign_in(world, "zhang.san", password, None)["mustChangePassword"], true, "{outcome}");
        let (_, mend) = get(world, text(&seen["mendSheet"]["address"]));
        let mend = String::from_utf8(mend).unwrap();
        assert!(mend.contains("x.one") && !mend.contains("zhang.san") && !mend.contains(password));
        verified(world);
    }

    a_row_says_whose_account_it_is_once(world) {
        let sheet = |number: &str| format!("用户名,姓名,角色,范围,证件号码\nzhang.san,张三,TOWN_OFFICER,430199001,{number}\n");
        take(world, &sheet(""), 0);
        let (wrong, _) = take(world, &sheet("430199195001010018"), 1);
        assert_eq!(wrong["refused"], 1, "no valid number: {wrong}");
        let (given, _) = take(world, &sheet("430199195001010017"), 0);
        assert_eq!(given["changed"], 1, "{given}");
        assert_eq!(take(world, &sheet(""), 0).0["unchanged"], 1, "an empty cell takes nothing away");
        assert_eq!(take(world, &sheet("430199195101010014"), 1).0["refused"], 1, "nor is it another's afterwards");
        world.succeed(&["account", "holder", "--username", "zhang.san", "--id-number", "430199195101010014"]);
        assert_eq!(take(world, &sheet("430199195101010014"), 0).0["unchanged"], 1, "corrected at the command line");
        assert!(!world.dump().contains("430199195101010014"), "sealed");
        verified(world);
    }

    a_citizens_account_belongs_to_the_person(world) {
        let divisions = world.file("d.csv", "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,甲村,VILLAGE\n");
        world.succeed(&["import", "divisions", &divisions]);
        let persons = world.file("p.csv", "证件类型,证件号码,姓名,现住地代码\n护照,E00000001,张甲,430199001001\n护照,E00000002,张乙,430199001001\n");
        world.succeed(&["import", "persons", &persons]);
        let (done, _) = take(world, "用户名,姓名,角色,范围\nzhang.jia,张甲,居民,E00000001\n", 0);
        assert_eq!(done["created"], 1);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let proposed = "{ roleGrants(where: { role: { eq: \"CITIZEN\" } }) { nodes { id } } }";
        let id = world.data_as(&security, proposed, json!({}))["roleGrants"]["nodes"][0]["id"].clone();
        let confirm = "mutation($ids: [ID!]!) { confirmRoleGrants(input: { ids: $ids }) { userErrors { code } } }";
        world.data_as(&security, confirm, json!({ "ids": [id] }));
        let token = world.token(&["--account", "zhang.jia"]);
        let seen = world.data_as(&token, "{ persons { nodes { name idNumber } } }", json!({}));
        assert_eq!(seen["persons"]["nodes"], json!([{ "name": "张甲", "idNumber": "E00000001" }]), "oneself in full, without a purpose");
    }

    an_import_of_accounts_is_undone_unless_somebody_signed_in(world) {
        let (done, _) = take(world, SHEET, 0);
        let id = done["id"].to_string();
        world.succeed(&["import", "--undo", &id]);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let names = world.data_as(&security, "{ accounts { nodes { username } } }", json!({}));
        assert_eq!(names["accounts"]["nodes"], json!([{ "username": "security_admin" }]));
        let (done, passwords) = take(world, SHEET, 0);
        sign_in(world, "zhang.san", &passwords["zhang.san"], None);
        world.refused(1, &["import", "--undo", &done["id"].to_string()]);
        verified(world);
    }
}
