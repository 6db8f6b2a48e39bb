//! The big screen, driven in a real Chromium.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;
use tests::{World, binary, on_both, repository};

/// Runs a script of `tests/clients`; what it wants done beside it is done by `act`.
fn drive(script: &str, environment: &[(String, String)], mut act: impl FnMut(&str)) {
    let folder = repository().join("tests/clients");
    assert!(folder.join("node_modules").is_dir(), "its packages are not installed: run tests/run");
    let mut script = Command::new("node")
        .arg(script)
        .current_dir(&folder)
        .envs(environment.iter().cloned())
        .env("DEADLINE", "480000")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js: tests/run says how to install it");
    let mut answers = script.stdin.take().expect("its input");
    for line in BufReader::new(script.stdout.take().expect("its output")).lines() {
        let line = line.expect("text");
        let Some(what) = line.strip_prefix("do ") else { continue };
        act(what);
        writeln!(answers, "done").expect("it listens");
    }
    assert!(script.wait().expect("it ends").success(), "see what it said above");
}

/// Where pictures are kept for people to look at.
fn pictures(name: &str) -> (String, String) {
    ("SCREENS".to_owned(), repository().join("target/screens").join(name).display().to_string())
}

fn variables(address: &str, token: &str, name: &str) -> Vec<(String, String)> {
    vec![
        ("GRAPHQL_URL".to_owned(), format!("{address}/graphql")),
        ("TOKEN".to_owned(), token.to_owned()),
        pictures(name),
    ]
}

/// Arrears of old-age allowance: money that is shown, where the few persons of the worked half-year are not; so much that
/// it is seen in whole 万元.
fn arrears(world: &World, number: &str, month: &str) -> String {
    let head = "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态,原发放编号";
    let row = format!("{number},高龄津贴,WL0,43019919380109001X,430199001001,{month},2023-06-20,20000.00,补发,成功,");
    world.file(&format!("{number}.csv"), &format!("{head}\n{row}\n"))
}

on_both! {
    the_screen_stands_shows_what_the_api_says_and_survives_its_server(golden world) {
        let square = |code: &str, west: u32| {
            let east = west + 1;
            format!(
                r#"{{"type":"Feature","properties":{{"adcode":{code}}},"geometry":{{"type":"Polygon","coordinates":[[[{west},28],[{east},28],[{east},29],[{west},29],[{west},28]]]}}}}"#
            )
        };
        let towns = [square("430199001", 112), square("430199100", 113)].join(",");
        let map = world.file("map.json", &format!(r#"{{"type":"FeatureCollection","features":[{towns}]}}"#));
        world.set("MINZHENG_SCREEN_MAP", &map);
        // The screen's operations are all that such a server runs.
        world.set("MINZHENG_DOCUMENTS", "trusted");
        let address = world.serve().to_owned();
        // After a stop it comes back where the screen looks for it.
        world.set("MINZHENG_LISTEN", address.trim_start_matches("http://"));
        let token = world.token(&["--role", "SCREEN", "--scope", "430199", "--ttl", "1h"]);
        world.succeed(&["account", "create", "--username", "wall", "--name", "大屏", "--role", "SCREEN", "--scope", "430199"]);
        let name = format!("{:?}", world.on()).to_lowercase();
        let mut environment = variables(&address, &token, &name);
        environment.push(("MAP".to_owned(), "2".to_owned()));
        drive("screen.mjs", &environment, |what| match what.split_once(' ').unwrap_or((what, "")) {
            ("import", "first") => { world.succeed(&["import", "payments", &arrears(world, "P90001", "2022-12")]); }
            ("import", "second") => { world.succeed(&["import", "payments", &arrears(world, "P90002", "2022-11")]); }
            ("stop", _) => world.stop(),
            ("start", _) => { world.serve(); }
            // As an operator on the server would.
            ("confirm", code) => { world.succeed(&["screen", "confirm", code, "--account", "wall"]); }
            other => panic!("{other:?}"),
        });
    }
}

#[test]
fn the_page_is_for_everybody_and_its_map_is_the_configured_one() {
    let mut world = World::new(tests::On::Sqlite);
    let feature = r#"{"type":"Feature","properties":{"adcode":"430199001"},"geometry":{"type":"Polygon","coordinates":[[[112.9,28.2],[113.0,28.2],[113.0,28.3],[112.9,28.2]]]}}"#;
    let map = world.file("map.json", &format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#));
    let (status, page) = world.get("/screen");
    assert_eq!(status, 200);
    assert!(page.contains("民政大屏"), "{page}");
    // The page asks for nothing but what lies beside it.
    assert!(!page.contains("http"), "{page}");
    assert_eq!(world.get("/screen/map"), (204, String::new()));
    for none in ["/screen/graphiql.html", "/screen/assets/none.js", "/screen/../Cargo.toml"] {
        assert_eq!(world.get(none).0, 404, "{none}");
    }
    world.stop();
    world.set("MINZHENG_SCREEN_MAP", &map);
    let (status, served) = world.get("/screen/map");
    assert_eq!(status, 200);
    assert_eq!(served, std::fs::read_to_string(&map).expect("the map"));
    world.stop();
    let broken = world.file("broken.json", "{}");
    world.set("MINZHENG_SCREEN_MAP", &broken);
    let output = world.run(&["serve"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(said.contains("MINZHENG_SCREEN_MAP"), "{said}");
}

/// The demo's screen with all fonts and sizes, and from its first minute; and its picture for the README:
/// `UPDATE_SNAPSHOTS=1` takes it over.
#[test]
fn the_wall_loses_nothing_whatever_its_fonts_and_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = Command::new(binary())
        .args(["demo", "--json", "--persons", "600", "--listen", "127.0.0.1:0", "--data"])
        // A wall that is resized all the time asks more than one that hangs there.
        .envs(
            ["MINZHENG_RATE_PER_ADDRESS", "MINZHENG_RATE_PER_ACCOUNT", "MINZHENG_WORK_PER_ACCOUNT"]
                .map(|name| (name, "0")),
        )
        .arg(folder.path().join("demo-data"))
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demo starts");
    let mut line = String::new();
    BufReader::new(demo.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let ready: Value = serde_json::from_str(&line).expect("JSON");
    let (address, token) = (ready["graphql"].as_str().expect("an address"), ready["tokens"]["SCREEN"].as_str());
    let environment = variables(address.trim_end_matches("/graphql"), token.expect("a token"), "demo");
    let outcome = std::panic::catch_unwind(|| drive("walls.mjs", &environment, |what| panic!("{what}")));
    let _ = demo.kill();
    let _ = demo.wait();
    assert!(outcome.is_ok(), "the screen of the demo");
    let picture = repository().join("target/screens/demo/readme.png");
    let size = std::fs::metadata(&picture).expect("the picture").len();
    assert!(size < 400_000, "{size} bytes");
    if std::env::var("UPDATE_SNAPSHOTS").is_ok() {
        std::fs::copy(&picture, repository().join("api/docs/screen.png")).expect("copied");
    }
}
