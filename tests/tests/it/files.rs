//! Files: uploads that are interrupted and resumed, addresses that are good for one file and a while, and for who may
//! read the row.

use std::io::Write as _;
use std::net::TcpStream;

use base64::Engine as _;
use serde_json::{Value, json};
use tests::{World, eventually, on_both};

use crate::talk::PATIENCE;

/// What the server answers: status and body.
pub type Said = (u16, Vec<u8>);

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

/// The SHA-256 of some bytes, by the system's own tool.
pub fn sha256(content: &[u8]) -> String {
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("sha256sum");
    child.stdin.take().expect("its input").write_all(content).expect("written");
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).split_whitespace().next().expect("a hash").to_owned()
}

/// Sends a part of a file.
pub fn put(world: &mut World, address: &str, range: Option<&str>, part: &[u8]) -> (u16, Value) {
    let server = world.serve().to_owned();
    let mut request = agent().put(format!("{server}{address}"));
    if let Some(range) = range {
        request = request.header("content-range", range);
    }
    let mut response = request.send(part).expect("an answer");
    (response.status().as_u16(), response.body_mut().read_json().expect("JSON"))
}

/// Reads a file.
pub fn get(world: &mut World, address: &str) -> Said {
    let server = world.serve().to_owned();
    let mut response = agent().get(format!("{server}{address}")).call().expect("an answer");
    (response.status().as_u16(), response.body_mut().read_to_vec().expect("bytes"))
}

/// Begins an upload: the payload.
pub fn create(world: &mut World, token: &str, name: &str, size: usize, sha256: &str) -> Value {
    let query = "mutation($input: CreateUploadInput!) { createUpload(input: $input) {
        file { id complete mediaType } address offset userErrors { code path } } }";
    let input = json!({ "name": name, "size": size.to_string(), "sha256": sha256 });
    world.data_as(token, query, json!({ "input": input }))["createUpload"].clone()
}

/// Uploads a whole file: its id.
pub fn upload(world: &mut World, token: &str, name: &str, content: &[u8]) -> String {
    let made = create(world, token, name, content.len(), &sha256(content));
    let (status, said) = put(world, text(&made["address"]), None, content);
    assert_eq!((status, &said["complete"]), (200, &json!(true)), "{said}");
    text(&made["file"]["id"]).to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn admin(world: &World) -> String {
    world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"])
}

on_both! {
    an_upload_goes_on_where_it_was_interrupted(world) {
        let token = admin(world);
        let content = "区划代码,名称,级别\n".bytes().chain("430199,示例区,DISTRICT\n".repeat(30_000).bytes()).collect::<Vec<u8>>();
        let (size, hash) = (content.len(), sha256(&content));
        let made = create(world, &token, "大表.csv", size, &hash);
        assert_eq!((&made["offset"], &made["file"]["complete"]), (&json!("0"), &json!(false)));
        let address = text(&made["address"]).to_owned();
        // A connection that breaks off in the middle of the body.
        let host = world.serve().trim_start_matches("http://").to_owned();
        let mut socket = TcpStream::connect(&host).expect("a connection");
        let head = format!("PUT {address} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {size}\r\n\r\n");
        socket.write_all(head.as_bytes()).expect("sent");
        socket.write_all(&content[..400_000]).expect("sent");
        drop(socket);
        // What came of it is kept; the last piece may have been lost with the connection.
        let mut there = 0;
        eventually("the part that came is kept", || {
            let before = there;
            there = text(&create(world, &token, "大表.csv", size, &hash)["offset"]).parse::<usize>().expect("a number");
            std::thread::sleep(std::time::Duration::from_millis(300));
            there > 0 && there == before
        });
        assert!(there <= 400_000, "{there}");
        // The same upload again, asked for by its content; another server process would go on as well.
        world.kill();
        let again = create(world, &token, "大表.csv", size, &hash);
        assert_eq!(again["file"]["id"], made["file"]["id"]);
        let address = text(&again["address"]).to_owned();
        let (status, said) = put(world, &address, Some(&format!("bytes */{size}")), b"");
        assert_eq!((status, said["received"].as_u64()), (200, Some(there as u64)));
        // Not where it ends: what is there is told, nothing is changed.
        let (status, said) = put(world, &address, Some(&format!("bytes 0-99/{size}")), &content[..100]);
        assert_eq!((status, said["received"].as_u64()), (409, Some(there as u64)), "{said}");
        let (status, _) = put(world, &address, Some("bytes 9-1/2"), b"x");
        assert_eq!(status, 400);
        let range = format!("bytes {there}-{}/{size}", size - 1);
        let (status, said) = put(world, &address, Some(&range), &content[there..]);
        assert_eq!((status, &said), (200, &json!({ "received": size, "complete": true })));
        // Whole: sending it again changes nothing.
        assert_eq!(put(world, &address, None, &content).1["complete"], true);
        assert_eq!(create(world, &token, "大表.csv", size, &hash)["file"]["mediaType"], "text/csv");
        // Not readable in the data folder.
        let found = std::process::Command::new("grep").args(["-rla", "示例区"]).arg(world.folder().join("files")).output().expect("grep");
        assert_eq!(String::from_utf8_lossy(&found.stdout), "");
        world.succeed(&["audit", "verify", "--records"]);
    }

    what_is_not_what_was_said_is_refused(world) {
        world.set("MINZHENG_UPLOAD_BYTES", "1000");
        let token = admin(world);
        let content = b"a,b\n1,2\n";
        let wrong = create(world, &token, "x.csv", content.len(), &sha256(b"something else"));
        let (status, said) = put(world, text(&wrong["address"]), None, content);
        assert_eq!((status, &said["errors"][0]["extensions"]["code"], &said["received"]), (422, &json!("WRONG_HASH"), &json!(0)));
        // The right content of that size and hash may still come.
        assert_eq!(create(world, &token, "x.csv", content.len(), &sha256(b"something else"))["offset"], "0");

        let program = b"\x7fELF\x02\x01\x01\0and so on";
        let made = create(world, &token, "scan.jpg", program.len(), &sha256(program));
        let (status, said) = put(world, text(&made["address"]), None, program);
        assert_eq!((status, &said["errors"][0]["extensions"]["code"]), (415, &json!("WRONG_TYPE")));

        let made = create(world, &token, "y.csv", content.len(), &sha256(content));
        let (status, _) = put(world, text(&made["address"]), None, b"a,b\n1,2\nand more than it was to have");
        assert_eq!(status, 413);

        for (size, hash, field) in [(1001, sha256(content), "size"), (0, sha256(content), "size"), (5, "abc".to_owned(), "sha256")] {
            let refused = create(world, &token, "z.csv", size, &hash);
            assert_eq!(refused["userErrors"], json!([{ "code": "INVALID_VALUE", "path": [field] }]));
            assert_eq!((&refused["file"], &refused["address"]), (&json!(null), &json!(null)));
        }
        let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let query = "mutation { createUpload(input: { name: \"x\", size: \"5\", sha256: \"00\" }) { userErrors { code } } }";
        assert_eq!(world.ask_as(&officer, query, json!({}))["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }

    an_address_is_good_as_it_was_made_only(world) {
        let token = admin(world);
        let content = b"a,b\n1,2\n";
        let made = create(world, &token, "x.csv", content.len(), &sha256(content));
        let other = create(world, &token, "y.csv", 4, &sha256(b"c,d\n"));
        let address = text(&made["address"]).to_owned();
        let (path, query) = address.split_once('?').expect("a query");
        let (until, rest) = query.strip_prefix("until=").and_then(|rest| rest.split_once("&by=")).expect("signed");
        let (by, sign) = rest.split_once("&for=&sign=").expect("signed");
        let later = until.parse::<i64>().expect("a time") + 3600;
        let another: i64 = by.trim_start_matches('s').parse::<i64>().expect("a session") + 1;
        let other_path = text(&other["address"]).split_once('?').expect("a query").0;
        let nobody = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode("File:999999");
        for altered in [
            format!("{path}?until={later}&by={by}&for=&sign={sign}"),
            format!("{path}?until=1700000000&by={by}&for=&sign={sign}"),
            format!("{path}?until={until}&by={by}&for=&sign={}", sign.chars().rev().collect::<String>()),
            format!("{path}?until={until}&by={by}&for=&sign="),
            format!("{path}?until={until}&by=s{another}&for=&sign={sign}"),
            format!("{path}?until={until}&by=a{another}&for=&sign={sign}"),
            format!("{path}?until={until}&by={by}&for=PAYMENT&sign={sign}"),
            format!("{other_path}?{query}"),
            format!("/files/{nobody}?{query}"),
        ] {
            assert_eq!(put(world, &altered, None, content).0, 403, "{altered}");
        }
        // An address to send to is none to read from.
        assert_eq!(get(world, &address).0, 403);
        assert_eq!(put(world, &address, None, content).0, 200);
        assert_eq!(get(world, &address).0, 403);
    }

    an_address_is_good_for_its_session_while_that_lives_only(world) {
        let token = admin(world);
        let content = b"a,b\n1,2\n";
        upload(world, &token, "x.csv", content);
        let query = "mutation($i: CreateUploadInput!) { createUpload(input: $i) { address file { id address } } }";
        let input = json!({ "i": { "name": "x.csv", "size": content.len().to_string(), "sha256": sha256(content) } });
        let made = world.data_as(&token, query, input)["createUpload"].clone();
        let (address, to) = (text(&made["file"]["address"]).to_owned(), text(&made["address"]).to_owned());
        // A page that follows a link sends no token; who sends one is who the address was given to.
        let stranger = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        let again = admin(world);
        let with = |world: &mut World, token: &str| world.get_with(&address, &[("authorization", &format!("Bearer {token}"))]).0;
        assert_eq!((get(world, &address).0, with(world, &token)), (200, 200));
        assert_eq!((with(world, &stranger), with(world, &again)), (403, 403), "another session, of another account or the same");
        // Each download stands in the journal, with who and which.
        let auditor = world.token(&["--role", "AUDITOR", "--scope", ""]);
        let entries = "{ auditEntries(command: \"download\") { nodes { account purpose downloads } } }";
        let entries = world.data_as(&auditor, entries, json!({}))["auditEntries"]["nodes"].clone();
        assert_eq!(entries.as_array().map(Vec::len), Some(2), "{entries}");
        assert_eq!((&entries[0]["downloads"], &entries[0]["purpose"]), (&json!([made["file"]["id"]]), &json!(null)));
        world.data_as(&token, "mutation { signOut { ended } }", json!({}));
        assert_eq!(get(world, &address).0, 403, "the session has ended");
        assert_eq!(put(world, &to, None, content).0, 403);
        world.succeed(&["audit", "verify", "--records"]);
    }

    what_lies_in_the_data_folder_is_for_its_owner_only(world) {
        let token = admin(world);
        upload(world, &token, "x.csv", b"a,b\n1,2\n");
        create(world, &token, "y.csv", 4, &sha256(b"c,d\n"));
        let part = create(world, &token, "z.csv", 9, &sha256(b"123456789"));
        put(world, text(&part["address"]), Some("bytes 0-3/9"), b"1234");
        let open = std::process::Command::new("find").arg(world.folder()).args(["-perm", "/077"]).output().expect("find");
        assert_eq!(String::from_utf8_lossy(&open.stdout), "");
        // A folder that is open to others is warned of when the server starts.
        world.stop();
        std::fs::set_permissions(world.folder(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("changed");
        let output = world.folder().join("log");
        let mut server = std::process::Command::new(tests::binary())
            .arg("serve")
            .envs(world.environment())
            .current_dir(world.folder())
            .stdout(std::process::Stdio::null())
            .stderr(std::fs::File::create(&output).expect("a file"))
            .spawn()
            .expect("the server starts");
        eventually("it is warned of", || std::fs::read_to_string(&output).is_ok_and(|log| log.contains("chmod go-rwx")));
        server.kill().expect("killed");
        server.wait().expect("it ends");
    }

    what_a_killed_process_left_and_what_has_had_its_days_is_deleted(world) {
        let token = admin(world);
        let used = upload(world, &token, "used.csv", "区划代码,名称,级别\n430199,示例区,DISTRICT\n".as_bytes());
        let unused = upload(world, &token, "unused.csv", b"a,b\n1,2\n");
        let half = create(world, &token, "half.csv", 9, &sha256(b"123456789"));
        put(world, text(&half["address"]), Some("bytes 0-3/9"), b"1234");
        let fresh = create(world, &token, "fresh.csv", 8, &sha256(b"12345678"));
        put(world, text(&fresh["address"]), Some("bytes 0-3/8"), b"1234");
        world.kill();
        let files = world.folder().join("files");
        std::fs::create_dir_all(files.join("scratch")).expect("a folder");
        std::fs::write(files.join("scratch/left.sealed"), "x").expect("written");
        let count = |folder: &str| {
            let found = std::process::Command::new("find").arg(files.join(folder)).args(["-type", "f"]).output().expect("find");
            String::from_utf8_lossy(&found.stdout).lines().count()
        };
        assert_eq!((count("kept"), count("uploads"), count("scratch")), (2, 2, 1));
        // Days go by.
        let old = |id: &Value, days: i64| {
            let id = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text(id)).expect("an id");
            let id = String::from_utf8(id).expect("text").trim_start_matches("File:").to_owned();
            let then = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()) - chrono::TimeDelta::days(days);
            world.tamper(&format!("UPDATE file SET created_at = '{}' WHERE id = {id}", then.to_rfc3339()));
        };
        old(&json!(used), 6);
        old(&json!(unused), 8);
        old(&half["file"]["id"], 2);
        let touched = std::process::Command::new("find").arg(&files).args(["-type", "f", "-exec", "touch", "-d", "2 days ago", "{}", "+"]).status();
        assert!(touched.expect("touch").success());
        world.serve();
        eventually("what has had its days is gone", || (count("kept"), count("uploads"), count("scratch")) == (1, 1, 0));
        assert_eq!(create(world, &token, "half.csv", 9, &sha256(b"123456789"))["offset"], "0", "from the beginning");
        assert_eq!(create(world, &token, "fresh.csv", 8, &sha256(b"12345678"))["offset"], "4", "it goes on");
        let entries = world.data_as(&world.token(&["--role", "AUDITOR", "--scope", ""]), "{ auditEntries(command: \"dropUpload\") { totalCount } }", json!({}));
        assert_eq!(entries["auditEntries"]["totalCount"], 2);
    }

    an_account_has_so_many_bytes(world) {
        world.set("MINZHENG_ACCOUNT_UPLOAD_BYTES", "30");
        let token = admin(world);
        create(world, &token, "a.csv", 20, &sha256(b"a"));
        let refused = create(world, &token, "b.csv", 11, &sha256(b"b"));
        assert_eq!(refused["userErrors"], json!([{ "code": "TOO_MANY", "path": ["size"] }]));
        assert_eq!(create(world, &token, "b.csv", 10, &sha256(b"b"))["userErrors"], json!([]));
        let other = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        assert_eq!(create(world, &other, "b.csv", 30, &sha256(b"b"))["userErrors"], json!([]), "each its own");
    }
}

/// The address's signature is over its end too, so that one that has expired is refused: shown with a clock of its own
/// in the kernel's tests; here that the end is a quarter of an hour ahead.
#[test]
fn an_address_ends_after_a_quarter_of_an_hour() {
    let mut world = World::new(tests::On::Sqlite);
    let token = admin(&world);
    let made = create(&mut world, &token, "x.csv", 4, &sha256(b"a,b\n"));
    let address = text(&made["address"]);
    let until: u64 = address.split("until=").nth(1).and_then(|rest| rest.split('&').next()).unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!((now + 14 * 60..=now + 15 * 60 + 5).contains(&until), "{until} {now}");
}
