//! The programs that clients are built with, from npm, against the running server.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use tests::World;

use crate::talk::token;

fn folder() -> PathBuf {
    tests::repository().join("tests/clients")
}

/// Runs a script of `tests/clients`; gives what it prints.
pub fn node(script: &str, arguments: &[&OsStr], environment: &[(String, String)]) -> String {
    let folder = folder();
    assert!(folder.join("node_modules").is_dir(), "its packages are not installed: run tests/run");
    let output = Command::new("node")
        .arg(script)
        .args(arguments)
        .current_dir(&folder)
        .envs(environment.iter().cloned())
        .output()
        .expect("Node.js: tests/run says how to install it");
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {said}{wrong}");
    said.into_owned()
}

fn served(world: &mut World, script: &str) {
    let file = world.file(
        "d.csv",
        "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,示例社区,VILLAGE\n",
    );
    let import = json!([tests::binary(), "import", "divisions", file]);
    let address = world.serve().to_owned();
    let mut environment = world.environment();
    environment.push(("GRAPHQL_URL".to_owned(), format!("{address}/graphql")));
    environment.push(("IMPORT_COMMAND".to_owned(), import.to_string()));
    if matches!(script, "websocket.mjs" | "sse.mjs") {
        environment.push(("TOKEN".to_owned(), token(world, "PLATFORM")));
    }
    node(script, &[], &environment);
}

tests::on_both! {
    graphql_http_audits_all_pass(world) {
        served(world, "audits.mjs");
    }

    graphql_ws_asks_and_follows(world) {
        served(world, "websocket.mjs");
    }

    graphql_sse_asks_and_follows(world) {
        served(world, "sse.mjs");
    }

    apollo_client_sends_hashes(world) {
        served(world, "apollo.mjs");
    }
}

#[test]
fn relay_and_typescript_take_the_schema_and_the_documents() {
    node("types.mjs", &[], &[]);
}
