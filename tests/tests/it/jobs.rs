//! Imports and exports as jobs: progress, errors and the sheet to mend, undo, rights, a server that is killed.

use serde_json::{Value, json};
use tests::{World, eventually, golden, on_both};

use crate::files::{get, upload};
use crate::talk::Socket;

const HEADER: &str = "区划代码,名称,级别\n";
const START: &str = "mutation($input: StartImportInput!) { startImport(input: $input) {
    import { id state } job { id state } userErrors { code path message } } }";
const JOB: &str = "query($id: ID!) { job(id: $id) { id kind state done total message createdAt finishedAt
    import { id kind fileName state dryRun total created changed unchanged refused notes availableCommands
        errors { totalCount nodes { row column value code message remedy } } mendSheet { name address } }
    file { name size mediaType address } } }";

fn admin(world: &World) -> String {
    world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn start(world: &mut World, token: &str, input: Value) -> Value {
    world.data_as(token, START, json!({ "input": input }))["startImport"].clone()
}

/// Uploads and imports a sheet; gives the job when it has ended.
fn import(world: &mut World, token: &str, kind: &str, content: &str, dry_run: bool) -> Value {
    let file = upload(world, token, "sheet.csv", content.as_bytes());
    let started = start(world, token, json!({ "kind": kind, "file": file, "dryRun": dry_run }));
    assert_eq!(started["userErrors"], json!([]), "{started}");
    ended(world, token, &started["job"]["id"])
}

/// The job when it has ended, seen with a purpose.
fn ended(world: &mut World, token: &str, id: &Value) -> Value {
    let mut job = Value::Null;
    eventually("the job ends", || {
        job = world.ask_for(token, "CORRECTION", JOB, json!({ "id": id }))["data"]["job"].clone();
        !job["finishedAt"].is_null()
    });
    job
}

fn counts(import: &Value) -> Value {
    json!([import["state"], import["created"], import["changed"], import["unchanged"], import["refused"]])
}

fn undo(world: &mut World, token: &str, id: &Value) -> Value {
    let query =
        "mutation($id: ID!) { undoImport(input: { id: $id }) { import { state } userErrors { code path message } } }";
    world.data_as(token, query, json!({ "id": id }))["undoImport"].clone()
}

on_both! {
    a_sheet_is_taken_in_mended_and_taken_back(world) {
        let token = admin(world);
        let content = format!("{HEADER}430199,示例区,DISTRICT\n4301990,错码,TOWN\n430199001,示例街道,TOWN\n430201,别处,DISTRICT\n");
        let job = import(world, &token, "divisions", &content, false);
        let import = &job["import"];
        assert_eq!((&job["state"], &job["done"], &job["total"]), (&json!("DONE"), &json!("4"), &json!("4")), "{job}");
        assert_eq!(counts(import), json!(["PARTLY_ACCEPTED", "2", "0", "0", "2"]), "{job}");
        let errors = import["errors"]["nodes"].as_array().expect("errors");
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert_eq!((&errors[0]["row"], &errors[0]["column"], &errors[0]["value"]), (&json!("3"), &json!("区划代码"), &json!("4301990")));
        assert_eq!((&errors[1]["row"], &errors[1]["code"]), (&json!("5"), &json!("OUT_OF_SCOPE")), "another district's row: {errors:?}");
        assert!(errors.iter().all(|error| !text(&error["message"]).is_empty() && !text(&error["remedy"]).is_empty()));
        // Sealed at rest; masked without a purpose.
        assert!(!world.dump().contains("4301990'"), "the cell stands in the database as it is");
        let masked = world.data_as(&token, JOB, json!({ "id": job["id"] }))["job"]["import"].clone();
        assert_eq!((&masked["errors"]["nodes"][0]["value"], &masked["mendSheet"]), (&json!(null), &json!(null)));
        // The sheet to mend has the refused rows only, and can be sent again.
        let (status, sheet) = get(world, text(&import["mendSheet"]["address"]));
        let sheet = String::from_utf8(sheet).expect("text");
        assert_eq!(status, 200);
        assert!(sheet.contains("4301990") && sheet.contains("430201") && !sheet.contains("示例街道"), "{sheet}");
        let mended = sheet.replacen("4301990", "430199002", 1).replacen("430201", "430199003", 1).replace("DISTRICT", "TOWN");
        let again = self::import(world, &token, "divisions", &mended, false);
        assert_eq!(counts(&again["import"]), json!(["ACCEPTED", "2", "0", "0", "0"]), "{again}");
        // Taken back, once.
        assert_eq!(undo(world, &token, &again["import"]["id"]), json!({ "import": { "state": "UNDONE" }, "userErrors": [] }));
        assert_eq!(undo(world, &token, &again["import"]["id"])["userErrors"][0]["code"], "WRONG_STATE");
        let codes = world.data("{ divisions { nodes { code } } }", json!({}))["divisions"]["nodes"].clone();
        assert_eq!(codes, json!([{ "code": "430199000000" }, { "code": "430199001000" }]));
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_rehearsal_sees_the_rows_before_and_changes_nothing(world) {
        let token = admin(world);
        // 1,100 persons are more than one chunk; some are named again in the last rows, which say the same.
        let person = |n: usize, name: &str| format!("无证件,R{n:05},{name},430199001001\n");
        let mut content = "证件类型,证件号码,姓名,现住地代码\n".to_owned();
        content.extend((0..1_100).map(|n| person(n, "甲")));
        content.extend((0..20).map(|n| person(n, "甲")));
        let job = import(world, &token, "persons", &content, true);
        assert_eq!(counts(&job["import"]), json!(["VALIDATED", "1100", "0", "20", "0"]), "{job}");
        assert_eq!(world.data_as(&token, "{ persons { totalCount } }", json!({}))["persons"]["totalCount"], 0);
        assert_eq!(undo(world, &token, &job["import"]["id"])["userErrors"][0]["code"], "WRONG_STATE");
        let real = import(world, &token, "persons", &content, false);
        assert_eq!(counts(&real["import"]), json!(["ACCEPTED", "1100", "0", "20", "0"]), "as rehearsed");
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_job_that_breaks_off_too_often_is_told_and_can_be_resumed(world) {
        let token = admin(world);
        let file = upload(world, &token, "p.csv", "证件类型,证件号码,姓名,现住地代码\n无证件,R1,甲,430199001001\n".as_bytes());
        world.stop();
        // Each time its worker died with it.
        let begun = "INSERT INTO job (id, kind, state, input, done, actor, created_at, attempts, claimed_until, account_id)
            SELECT 990000000, 'IMPORT', 'RUNNING', '{\"behalf\":{\"acting_for\":null,\"purpose\":null,\"case_number\":null,\"english\":true},\"sheet\":\"persons\",\"import\":null,\"ending\":null}',
            0, username, created_at, 5, created_at, id FROM account WHERE username LIKE 'district_admin%'";
        world.tamper(begun);
        let _ = file;
        let job = "Sm9iOjk5MDAwMDAwMA";
        let mut now = serde_json::Value::Null;
        eventually("it is given up", || {
            now = world.data_as(&token, "query($id: ID!) { job(id: $id) { state message } }", json!({ "id": job }))["job"].clone();
            now["state"] == "FAILED"
        });
        assert!(text(&now["message"]).contains("系统管理员"), "{now}");
        let keeper = world.token(&["--role", "SYSTEM_ADMIN"]);
        let open = world.data_as(&keeper, "{ unfinishedJobs { id givenUp attempts } }", json!({}));
        assert_eq!(open["unfinishedJobs"], json!([{ "id": job, "givenUp": true, "attempts": 6 }]));
        let resume = "mutation($id: ID!) { resumeJob(input: { id: $id }) { resumed userErrors { code } } }";
        let refused = world.ask_as(&token, resume, json!({ "id": job }));
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
        let resumed = world.data_as(&keeper, resume, json!({ "id": job }));
        assert_eq!(resumed["resumeJob"], json!({ "resumed": true, "userErrors": [] }));
        let again = world.data_as(&keeper, resume, json!({ "id": job }));
        assert_eq!(again["resumeJob"]["userErrors"][0]["code"], "WRONG_STATE", "{again}");
        world.stop();
        let listed = world.run(&["jobs"]);
        assert_eq!(listed.status.code(), Some(0), "resumed, it waits or runs");
        assert!(String::from_utf8_lossy(&listed.stdout).contains("IMPORT"));
        world.refused(1, &["jobs", "--resume", "990000000"]);
    }

    a_killed_import_goes_on_after_a_restart_and_gives_the_same_rows(world) {
        world.set("MINZHENG_DISTRICT", "430000");
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "43"]);
        let sheet = std::fs::read_to_string(tests::repository().join("tests/data/divisions-43.csv")).expect("the sheet");
        let header = sheet.lines().next().expect("a header").to_owned();
        // One bad row at the beginning, so that errors kept before the kill are kept after it.
        let content = sheet.replacen(&header, &format!("{header}\n4301x,错,TOWN"), 1);
        let file = upload(world, &token, "43.csv", content.as_bytes());
        let started = start(world, &token, json!({ "kind": "divisions", "file": file }));
        let (job, import) = (started["job"]["id"].clone(), started["import"]["id"].clone());
        eventually("some rows are in", || {
            let now = world.data_as(&token, JOB, json!({ "id": job }))["job"].clone();
            text(&now["import"]["created"]).parse::<i64>().expect("a number") > 1_000
        });
        let refused = undo(world, &token, &import);
        assert_eq!(refused["userErrors"][0]["code"], "WRONG_STATE", "an import that runs: {refused}");
        world.kill();
        let before = world.data_as(&token, JOB, json!({ "id": job }))["job"].clone();
        assert_eq!((&before["state"], &before["import"]["state"]), (&json!("RUNNING"), &json!("UPLOADED")), "{before}");
        let done = ended(world, &token, &job);
        assert_eq!(done["state"], "DONE", "{done}");
        // Each row counted once, though two processes worked on it.
        assert_eq!(counts(&done["import"]), json!(["PARTLY_ACCEPTED", "31691", "0", "0", "1"]), "{done}");
        assert_eq!((&done["import"]["total"], &done["import"]["errors"]["totalCount"]), (&json!("31692"), &json!(1)));
        let (_, mend) = get(world, text(&done["import"]["mendSheet"]["address"]));
        assert!(String::from_utf8_lossy(&mend).contains("4301x"));
        // The same as at the command line.
        let file = tests::repository().join("tests/data/divisions-43.csv").display().to_string();
        let same: Value = serde_json::from_str(&world.succeed(&["import", "--json", "divisions", &file])).expect("JSON");
        assert_eq!((&same["unchanged"], &same["created"], &same["changed"]), (&json!(31691), &json!(0), &json!(0)));
        world.succeed(&["audit", "verify", "--records"]);
    }

    what_cannot_be_started_is_refused_and_another_viewers_job_is_not_found(world) {
        let token = admin(world);
        let content = format!("{HEADER}430199,示例区,DISTRICT\n");
        let file = upload(world, &token, "d.csv", content.as_bytes());
        let code = |payload: &Value| json!([payload["userErrors"][0]["code"], payload["userErrors"][0]["path"]]);
        assert_eq!(code(&start(world, &token, json!({ "kind": "weather", "file": file }))), json!(["INVALID_VALUE", ["kind"]]));
        let made = crate::files::create(world, &token, "half.csv", 10, &crate::files::sha256(b"0123456789"));
        let half = start(world, &token, json!({ "kind": "divisions", "file": made["file"]["id"] }));
        assert_eq!(code(&half), json!(["INVALID_VALUE", ["file"]]), "not whole yet");
        let other = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        assert_eq!(code(&start(world, &other, json!({ "kind": "divisions", "file": file }))), json!(["NOT_FOUND", ["file"]]), "somebody else's file");
        let answer = world.ask_as(&token, START, json!({ "input": { "kind": "accounts", "file": file } }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "recording accounts is the security administrator's");
        let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let answer = world.ask_as(&officer, START, json!({ "input": { "kind": "divisions", "file": file } }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");

        // One key: one import.
        let keyed = json!({ "kind": "divisions", "file": file, "idempotencyKey": "monday-1" });
        let one = start(world, &token, keyed.clone());
        let two = start(world, &token, keyed);
        assert_eq!((&one["job"]["id"], &one["import"]["id"]), (&two["job"]["id"], &two["import"]["id"]));
        let job = ended(world, &token, &one["job"]["id"]);
        for stranger in [&other, &officer] {
            assert_eq!(world.data_as(stranger, JOB, json!({ "id": job["id"] }))["job"], json!(null));
            let listed = world.data_as(stranger, "{ imports { totalCount } }", json!({}));
            assert_eq!(listed["imports"]["totalCount"], 0, "another district's imports");
            let node = world.data_as(stranger, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": job["import"]["id"] }));
            assert_eq!(node["node"], json!(null));
            assert_eq!(undo_code(world, stranger, &job["import"]["id"]), if stranger == &other { "NOT_FOUND" } else { "FORBIDDEN" });
        }
        assert_eq!(world.data("query($id: ID!) { job(id: $id) { id } }", json!({ "id": job["id"] }))["job"], json!(null), "nobody");
        let mine = world.data_as(&token, "{ imports { nodes { kind state job { state } } } }", json!({}));
        assert_eq!(mine["imports"]["nodes"], json!([{ "kind": "divisions", "state": "ACCEPTED", "job": { "state": "DONE" } }]));
    }

    progress_can_be_followed_to_the_end(world) {
        let token = admin(world);
        let rows: String = (1..=3_000).map(|n| format!("430199{:03}{:03},村{n},VILLAGE\n", n / 900 + 1, n % 900 + 1)).collect();
        let file = upload(world, &token, "v.csv", format!("{HEADER}{rows}").as_bytes());
        let started = start(world, &token, json!({ "kind": "divisions", "file": file }));
        let address = world.serve().to_owned();
        let follow = "subscription($id: ID!) { jobProgress(id: $id) { id state done total } }";
        let stranger = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        let mut other = Socket::ready(&address, Some(&stranger));
        other.subscribe("no", follow, json!({ "id": started["job"]["id"] }));
        let answer = other.message();
        assert_eq!(answer["payload"]["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
        let mut socket = Socket::ready(&address, Some(&token));
        socket.subscribe("job", follow, json!({ "id": started["job"]["id"] }));
        let mut done = Vec::new();
        let last = loop {
            let message = socket.message();
            if message["type"] == "complete" {
                break done.last().cloned().expect("something was told");
            }
            let job = message["payload"]["data"]["jobProgress"].clone();
            assert_eq!(job["id"], started["job"]["id"], "{message}");
            done.push(job);
        };
        assert_eq!((&last["state"], &last["done"], &last["total"]), (&json!("DONE"), &json!("3000"), &json!("3000")));
        let numbers: Vec<i64> = done.iter().map(|job| text(&job["done"]).parse().expect("a number")).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
    }

    an_export_is_a_file_that_can_be_imported_again(world) {
        for kind in ["divisions", "persons"] {
            world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
        }
        let token = admin(world);
        let start = "mutation($input: StartExportInput!) { startExport(input: $input) { job { id } userErrors { code path } } }";
        let masked = world.data_as(&token, start, json!({ "input": { "kind": "persons", "format": "CSV" } }))["startExport"].clone();
        assert_eq!(masked["userErrors"], json!([{ "code": "INVALID_VALUE", "path": ["kind"] }]), "without a purpose");
        for (format, name) in [("CSV", "text/csv"), ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")] {
            let input = json!({ "input": { "kind": "persons", "format": format } });
            let answer = world.ask_for(&token, "STATISTICS", start, input);
            let job = ended(world, &token, &answer["data"]["startExport"]["job"]["id"]);
            assert_eq!((&job["state"], &job["kind"], &job["file"]["mediaType"]), (&json!("DONE"), &json!("EXPORT"), &json!(name)), "{job}");
            let (status, content) = get(world, text(&job["file"]["address"]));
            assert_eq!((status, content.len().to_string()), (200, text(&job["file"]["size"]).to_owned()));
            let path = world.folder().join(format!("again.{}", format.to_lowercase()));
            std::fs::write(&path, content).expect("written");
            let same: Value = serde_json::from_str(&world.succeed(&["import", "--json", "persons", &path.display().to_string()])).expect("JSON");
            assert_eq!((&same["created"], &same["changed"], &same["refused"]), (&json!(0), &json!(0), &json!(0)), "{same}");
            assert_ne!(same["unchanged"], 0);
            assert_eq!(&same["unchanged"].to_string(), text(&job["done"]));
        }
        // Who read whose data stands in the journal, with the purpose.
        let auditor = world.token(&["--role", "AUDITOR", "--scope", ""]);
        let entries = world.data_as(&auditor, "{ auditEntries(first: 100) { nodes { purpose reads { fields } } } }", json!({}));
        let reads = entries["auditEntries"]["nodes"].as_array().expect("entries").iter().filter(|e| e["purpose"] == "STATISTICS");
        assert!(reads.count() >= 2, "{entries}");
        world.succeed(&["audit", "verify", "--records"]);
    }

    an_export_ends_with_the_right_and_with_its_days(world) {
        for kind in ["divisions", "persons"] {
            world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
        }
        let token = admin(world);
        let start = "mutation($input: StartExportInput!) { startExport(input: $input) { job { id } userErrors { code path } } }";
        let answer = world.ask_for(&token, "STATISTICS", start, json!({ "input": { "kind": "persons", "format": "CSV" } }));
        let job = ended(world, &token, &answer["data"]["startExport"]["job"]["id"]);
        let address = text(&job["file"]["address"]).to_owned();
        assert_eq!(get(world, &address).0, 200);
        // For what it is read is said when the address is given, and stands in the journal.
        let file = "query($id: ID!) { job(id: $id) { file { address removedAt } } }";
        let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
        assert_eq!(code(&world.ask_as(&token, file, json!({ "id": job["id"] }))), "FORBIDDEN", "no purpose");
        let auditor = world.token(&["--role", "AUDITOR", "--scope", ""]);
        let entries = "{ auditEntries(command: \"download\") { nodes { account purpose downloads } } }";
        let entries = world.data_as(&auditor, entries, json!({}))["auditEntries"]["nodes"].clone();
        assert_eq!((entries.as_array().map(Vec::len), &entries[0]["purpose"]), (Some(1), &json!("CORRECTION")), "{entries}");

        // The role is taken back, and another of the same kind elsewhere is given: not that of which the sheet was made.
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let held = world.data_as(&security, "{ roleGrants(first: 100) { nodes { id role scope state } } }", json!({}));
        let grant = held["roleGrants"]["nodes"].as_array().expect("grants").iter().find(|grant| grant["role"] == "DISTRICT_ADMIN").expect("its grant").clone();
        let revoke = "mutation($ids: [ID!]!) { revokeRoleGrants(input: { ids: $ids }) { userErrors { code } } }";
        assert_eq!(world.data_as(&security, revoke, json!({ "ids": [grant["id"]] }))["revokeRoleGrants"]["userErrors"], json!([]));
        let (status, said) = get(world, &address);
        assert_eq!(status, 403, "{}", String::from_utf8_lossy(&said));
        eventually("no address is given any more", || {
            let answer = world.ask_for(&token, "CORRECTION", file, json!({ "id": job["id"] }));
            code(&answer) == "FORBIDDEN" && answer["data"]["job"]["file"]["address"].is_null()
        });
        world.tamper("UPDATE role_grant SET scope = '430198' || substr(scope, 7), state = 'ACTIVE' WHERE role = 'DISTRICT_ADMIN'");
        assert_eq!(get(world, &address).0, 403, "held elsewhere");
        world.tamper("UPDATE role_grant SET scope = '430199' || substr(scope, 7) WHERE role = 'DISTRICT_ADMIN'");
        assert_eq!(get(world, &address).0, 200, "held again");

        // After its days the content is gone, and its row says so.
        world.stop();
        world.set("MINZHENG_EXPORT_DAYS", "0");
        let kept = world.folder().join("files/kept");
        let touched = std::process::Command::new("find").arg(&kept).args(["-type", "f", "-exec", "touch", "-d", "2 days ago", "{}", "+"]).status();
        assert!(touched.expect("touch").success());
        world.serve();
        let files = || {
            let found = std::process::Command::new("find").arg(&kept).args(["-type", "f"]).output().expect("find");
            String::from_utf8_lossy(&found.stdout).lines().count()
        };
        eventually("it is deleted", || files() == 0);
        assert_eq!(get(world, &address).0, 410);
        let told = world.ask_for(&token, "CORRECTION", file, json!({ "id": job["id"] }))["data"]["job"]["file"].clone();
        assert!(told["address"].is_null() && told["removedAt"].is_string(), "{told}");
    }
}

fn undo_code(world: &mut World, token: &str, id: &Value) -> String {
    let query = "mutation($id: ID!) { undoImport(input: { id: $id }) { userErrors { code } } }";
    let answer = world.ask_as(token, query, json!({ "id": id }));
    let code = &answer["data"]["undoImport"]["userErrors"][0]["code"];
    code.as_str().or(answer["errors"][0]["extensions"]["code"].as_str()).unwrap_or_default().to_owned()
}
