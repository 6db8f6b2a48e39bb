//! Signing in a wall by a code that it shows.

use serde_json::{Value, json};
use tests::World;

use super::{administrators, codes, create, roles, text, verified};

/// What a wall asks first.
fn wall(world: &mut World) -> Value {
    world.data("mutation { createScreenCode { code secret expiresIn } }", json!({}))["createScreenCode"].clone()
}

/// What it asks again and again.
fn redeem(world: &mut World, secret: &Value) -> Value {
    let query = "mutation($secret: String!) { redeemScreenCode(input: { secret: $secret }) {
        accessToken refreshToken userErrors { code path } } }";
    world.data(query, json!({ "secret": secret }))["redeemScreenCode"].clone()
}

const CONFIRM: &str = "mutation($code: String!, $username: String!) {
    confirmScreenCode(input: { code: $code, username: $username }) { confirmed userErrors { code path } } }";

fn confirm(world: &mut World, token: &str, code: &str, username: &str) -> Value {
    world.data_as(token, CONFIRM, json!({ "code": code, "username": username }))["confirmScreenCode"].clone()
}

fn sessions(world: &mut World, token: &str) -> Value {
    world.data_as(token, "{ viewer { sessions { id kind } } }", json!({}))["viewer"]["sessions"].clone()
}

const WAITS: fn() -> Value = || json!({ "accessToken": null, "refreshToken": null, "userErrors": [] });

tests::on_both! {
    a_confirmed_code_gives_the_wall_that_showed_it_one_session(world) {
        create(world, "wall", &["--role", "SCREEN", "--scope", "430199"]);
        let ((_, security), _) = administrators(world);
        let (one, other) = (wall(world), wall(world));
        assert_ne!(one["code"], other["code"]);
        assert!((300..=600).contains(&one["expiresIn"].as_i64().expect("seconds")), "{one}");
        assert_eq!(redeem(world, &one["secret"]), WAITS(), "nobody has confirmed it");
        // As people type.
        let code = text(&one["code"]);
        let typed = format!("{} {}", &code[..5], &code[5..]).to_lowercase();
        assert_eq!(confirm(world, &security, &typed, "wall"), json!({ "confirmed": true, "userErrors": [] }));
        assert_eq!(codes(&confirm(world, &security, code, "wall")), ["DUPLICATE"], "once");
        // Who saw the code has nothing by it: it is no secret, and goes with no other.
        let turn = text(&one["secret"]).rsplit_once('.').expect("a turn").1.to_owned();
        for glanced in [json!(code), json!(format!("{code}.{turn}")), json!(format!("{}.{turn}", "A".repeat(43)))] {
            let got = redeem(world, &glanced);
            assert!(got["accessToken"].is_null(), "{glanced}: {got}");
        }
        assert_eq!(redeem(world, &other["secret"]), WAITS(), "the code was another's");
        let got = redeem(world, &one["secret"]);
        let token = text(&got["accessToken"]).to_owned();
        let held = roles(world, &token);
        assert_eq!((held.as_array().map(Vec::len), &held[0]["role"]), (Some(1), &json!("SCREEN")));
        assert_eq!(sessions(world, &token)[0]["kind"], "SCREEN");
        let again = redeem(world, &one["secret"]);
        assert_eq!(again, WAITS(), "fetched once");
        // Both steps stand in the journal.
        let auditor = world.token(&["--role", "AUDITOR"]);
        for step in ["confirmScreenCode", "redeemScreenCode"] {
            let query = "query($command: String!) { auditEntries(command: $command) { nodes { account } } }";
            let entries = world.data_as(&auditor, query, json!({ "command": step }))["auditEntries"]["nodes"].clone();
            assert_eq!(entries.as_array().map(Vec::len), Some(1), "{step}: {entries}");
        }
        verified(world);
    }

    a_code_is_confirmed_by_who_may_and_for_a_screen_only(world) {
        create(world, "wall", &["--role", "SCREEN", "--scope", "430199"]);
        create(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let ((_, security), _) = administrators(world);
        let code = text(&wall(world)["code"]).to_owned();
        let officer = world.token(&["--role", "DISTRICT_ADMIN"]);
        let refused = world.ask_as(&officer, CONFIRM, json!({ "code": code, "username": "wall" }));
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        assert_eq!(codes(&confirm(world, &security, &code, "li.si")), ["INVALID_VALUE"]);
        assert_eq!(codes(&confirm(world, &security, &code, "nobody")), ["NOT_FOUND"]);
        // Mistyped, of another kind, or empty: never taken.
        let mut wrong: Vec<char> = code.chars().collect();
        wrong[9] = if wrong[9] == '2' { '3' } else { '2' };
        for typed in [wrong.into_iter().collect::<String>(), "0000000000".to_owned(), String::new()] {
            assert_eq!(codes(&confirm(world, &security, &typed, "wall")), ["INVALID_VALUE"], "{typed}");
        }
        // A code that nobody fetched in time is of no use to anybody.
        let late = wall(world);
        assert_eq!(confirm(world, &security, text(&late["code"]), "wall")["confirmed"], true);
        world.tamper("UPDATE session SET expires_at = created_at WHERE kind = 'SCREEN'");
        assert_eq!(redeem(world, &late["secret"]), WAITS());
        // One a document.
        let twice = world.ask("mutation { a: createScreenCode { code } b: createScreenCode { code } }", json!({}));
        assert_eq!(twice["errors"][0]["extensions"]["code"], "TOO_EXPENSIVE");
    }

    a_code_is_confirmed_at_the_command_line(world) {
        create(world, "wall", &["--role", "SCREEN", "--scope", "430199"]);
        let one = wall(world);
        world.succeed(&["screen", "confirm", text(&one["code"]), "--account", "wall"]);
        assert!(redeem(world, &one["secret"])["accessToken"].is_string());
        let output = world.run(&["screen", "confirm", "AAAAAAAAAA", "--account", "wall"]);
        assert_eq!(output.status.code(), Some(1));
    }
}
