//! Sessions: renewing, a refresh token seen twice, ending, and how fast what was taken away is gone.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::World;

use super::{PASSWORD, account, codes, roles, sign_in, text, verified};

fn refresh(world: &mut World, token: &str) -> Value {
    let query = "mutation($token: String!) { refreshToken(input: { refreshToken: $token }) {
        accessToken refreshToken expiresIn userErrors { code path } } }";
    world.data(query, json!({ "token": token }))["refreshToken"].clone()
}

/// The token is no longer heard, within two seconds.
pub fn gone(world: &mut World, token: &str) {
    let begun = Instant::now();
    while roles(world, token) != "UNAUTHENTICATED" {
        assert!(begun.elapsed() < Duration::from_secs(2), "still heard");
        std::thread::sleep(Duration::from_millis(50));
    }
}

tests::on_both! {
    a_refresh_token_is_good_once_and_seen_again_ends_the_session(world) {
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let first = sign_in(world, "li.si", PASSWORD, None);
        let second = refresh(world, text(&first["refreshToken"]));
        assert_eq!(codes(&second), Vec::<&str>::new());
        let third = refresh(world, text(&second["refreshToken"]));
        let token = text(&third["accessToken"]).to_owned();
        assert_eq!(roles(world, &token)[0]["role"], "DISTRICT_ADMIN");
        // Even one from before the last: whoever renewed in between is not the one who kept it.
        let again = refresh(world, text(&first["refreshToken"]));
        assert_eq!((codes(&again), &again["accessToken"]), (vec!["BAD_CREDENTIALS"], &json!(null)));
        assert_eq!(codes(&refresh(world, text(&third["refreshToken"]))), ["BAD_CREDENTIALS"], "nobody goes on");
        gone(world, &token);
        verified(world);
    }

    a_refresh_token_sent_twice_at_once_has_one_successor(world) {
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let first = sign_in(world, "li.si", PASSWORD, None);
        let old = text(&first["refreshToken"]).to_owned();
        let (address, query) = (world.serve().to_owned(), "mutation($token: String!) { refreshToken(input: { refreshToken: $token }) { accessToken refreshToken userErrors { code } } }");
        let answers = super::at_once(8, |_| crate::talk::ask(&address, &[], query, json!({ "token": old })).1);
        let next: Vec<&Value> = answers.iter().map(|answer| &answer["data"]["refreshToken"]["refreshToken"]).collect();
        assert!(next.iter().all(|token| token.is_string() && *token == next[0]), "{answers:?}");
        assert_eq!(refresh(world, &old)["refreshToken"], *next[0], "also where the answer was not heard");
        let token = text(&answers[0]["data"]["refreshToken"]["accessToken"]).to_owned();
        assert!(roles(world, &token).is_array(), "nobody is sent away");
        let third = refresh(world, text(next[0]));
        assert!(third["refreshToken"].is_string() && third["refreshToken"] != *next[0], "{third}");
        // Later than that, two hold it: nobody goes on.
        world.tamper("UPDATE session SET renewed_at = NULL");
        assert_eq!(codes(&refresh(world, text(next[0]))), ["BAD_CREDENTIALS"]);
        gone(world, &token);
        assert_eq!(codes(&refresh(world, text(&third["refreshToken"]))), ["BAD_CREDENTIALS"]);
    }

    what_is_no_refresh_token_ends_nothing(world) {
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let mine = sign_in(world, "li.si", PASSWORD, None);
        let other = sign_in(world, "li.si", PASSWORD, None);
        let (family, _) = text(&mine["refreshToken"]).split_once('.').expect("two parts");
        let (_, stranger) = text(&other["refreshToken"]).split_once('.').expect("two parts");
        for made_up in ["", ".", "x.y", family, &format!("{stranger}.{stranger}"), &"A".repeat(87)] {
            assert_eq!(codes(&refresh(world, made_up)), ["BAD_CREDENTIALS"], "{made_up}");
        }
        assert!(refresh(world, text(&mine["refreshToken"]))["accessToken"].is_string());
        assert!(refresh(world, text(&other["refreshToken"]))["accessToken"].is_string());
    }

    signing_out_ends_the_session(world) {
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let signed_in = sign_in(world, "li.si", PASSWORD, None);
        let token = text(&signed_in["accessToken"]).to_owned();
        let done = world.data_as(&token, "mutation { signOut { ended userErrors { code } } }", json!({}));
        assert_eq!(done["signOut"], json!({ "ended": true, "userErrors": [] }));
        assert_eq!(codes(&refresh(world, text(&signed_in["refreshToken"]))), ["BAD_CREDENTIALS"]);
        gone(world, &token);
    }

    a_person_sees_and_ends_own_sessions_and_no_others(world) {
        let (_, mine) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let (_, theirs) = account(world, "wang.wu", &["--role", "DISTRICT_ADMIN"]);
        let second = text(&sign_in(world, "li.si", PASSWORD, None)["accessToken"]).to_owned();
        let sessions = "{ viewer { sessions { id kind current setupOnly } } }";
        let own = world.data_as(&mine, sessions, json!({}))["viewer"]["sessions"].clone();
        let current: Vec<_> = own.as_array().unwrap().iter().map(|session| session["current"] == true).collect();
        assert_eq!(current, [false, true], "newest first, the one-time session is over: {own}");
        let end = "mutation($id: ID!) { endSession(input: { id: $id }) { ended userErrors { code } } }";
        let foreign = world.data_as(&theirs, end, json!({ "id": own[0]["id"] }))["endSession"].clone();
        assert_eq!(foreign, json!({ "ended": false, "userErrors": [{ "code": "NOT_FOUND" }] }));
        assert!(roles(world, &second).is_array(), "it goes on");
        assert_eq!(world.data_as(&mine, end, json!({ "id": own[0]["id"] }))["endSession"]["ended"], true);
        gone(world, &second);
        assert_eq!(world.data("{ viewer { sessions { id } } }", json!({}))["viewer"]["sessions"], json!([]));

        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let all = "{ accounts(where: { username: { eq: \"wang.wu\" } }) { nodes { sessions { id endedAt } } } }";
        let listed = world.data_as(&security, all, json!({}))["accounts"]["nodes"][0]["sessions"].clone();
        let alive: Vec<_> = listed.as_array().unwrap().iter().filter(|session| session["endedAt"].is_null()).collect();
        assert_eq!(alive.len(), 1, "{listed}");
        assert_eq!(world.data_as(&security, end, json!({ "id": alive[0]["id"] }))["endSession"]["ended"], true);
        gone(world, &theirs);
    }

    a_disabled_account_is_out_on_every_process_within_two_seconds(world) {
        let (id, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let other = world.second_server();
        let ask = "{ viewer { account } }";
        assert_eq!(other.ask_as(&token, ask).0, 200);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let disable = "mutation($id: ID!) { disableAccount(input: { id: $id }) { account { disabled } userErrors { code } } }";
        let done = world.data_as(&security, disable, json!({ "id": id }))["disableAccount"].clone();
        assert_eq!(done, json!({ "account": { "disabled": true }, "userErrors": [] }));
        let begun = Instant::now();
        loop {
            let (status, answer) = other.ask_as(&token, ask);
            if status == 401 {
                assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(2), "still heard");
            std::thread::sleep(Duration::from_millis(50));
        }
        gone(world, &token);
        assert_eq!(codes(&sign_in(world, "li.si", PASSWORD, None)), ["BAD_CREDENTIALS"]);
        let enable = "mutation($id: ID!) { enableAccount(input: { id: $id }) { account { disabled } userErrors { code } } }";
        assert_eq!(world.data_as(&security, enable, json!({ "id": id }))["enableAccount"]["account"]["disabled"], false);
        assert!(sign_in(world, "li.si", PASSWORD, None)["accessToken"].is_string());
        assert_eq!(roles(world, &token), "UNAUTHENTICATED", "its old sessions stay ended");
        verified(world);
    }

    an_account_past_its_last_day_is_out(world) {
        create_until(world, "li.si", "2023-06-30");
        create_until(world, "wang.wu", "2023-06-29");
        assert!(sign_in(world, "li.si", &password(world, "li.si"), None)["accessToken"].is_string());
        assert_eq!(codes(&sign_in(world, "wang.wu", &password(world, "wang.wu"), None)), ["BAD_CREDENTIALS"]);
    }

    a_screen_makes_itself_a_session_of_weeks(world) {
        let screen = world.token(&["--role", "SCREEN", "--ttl", "10m"]);
        let begin = "mutation { startScreenSession { accessToken refreshToken userErrors { code } } }";
        let begun = world.data_as(&screen, begin, json!({}))["startScreenSession"].clone();
        let renewed = refresh(world, text(&begun["refreshToken"]));
        assert_eq!(roles(world, text(&renewed["accessToken"]))[0]["role"], "SCREEN");
        let sessions = "{ viewer { sessions { kind createdAt expiresAt } } }";
        let own = world.data_as(text(&renewed["accessToken"]), sessions, json!({}))["viewer"]["sessions"][0].clone();
        assert_eq!(own["kind"], "SCREEN");
        // Of an account that holds more, the screen has nothing but the screen.
        let (_, both) = account(world, "li.si", &["--role", "SCREEN", "--role", "DISTRICT_ADMIN"]);
        let begun = world.data_as(&both, begin, json!({}))["startScreenSession"].clone();
        let wall = text(&begun["accessToken"]).to_owned();
        let held = roles(world, &wall);
        assert_eq!((held.as_array().map(Vec::len), &held[0]["role"]), (Some(1), &json!("SCREEN")));
        let commands = world.data_as(&wall, "{ viewer { availableCommands } }", json!({}))["viewer"]["availableCommands"].clone();
        assert_eq!(commands, json!(["createScreenCode", "redeemScreenCode", "refreshToken", "signIn", "signInPlatformClient", "signOut", "startScreenSession"]));
        let officer = world.token(&["--role", "DISTRICT_ADMIN"]);
        assert_eq!(world.ask_as(&officer, begin, json!({}))["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

fn create_until(world: &World, username: &str, until: &str) {
    super::create(world, username, &["--role", "DISTRICT_ADMIN", "--valid-until", until]);
}

fn password(world: &World, username: &str) -> String {
    let printed = world.succeed(&["account", "reset", "--username", username, "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    text(&printed["oneTimePassword"]).to_owned()
}
