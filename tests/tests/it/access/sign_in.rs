//! Signing in: the one-time password, the rules, failures, the lock.

use serde_json::json;

use super::{PASSWORD, account, change_password, codes, create, sign_in, text, verified};

tests::on_both! {
    a_one_time_password_is_good_for_choosing_another_only(world) {
        let (_, one_time) = create(world, "li.si", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let first = sign_in(world, "Li.Si ", &one_time, None);
        assert_eq!((&first["mustChangePassword"], &first["refreshToken"]), (&json!(true), &json!(null)), "{first}");
        let token = text(&first["accessToken"]).to_owned();
        let viewer = world.data_as(&token, "{ viewer { account roles { role } } }", json!({}));
        assert_eq!(viewer["viewer"], json!({ "account": "li.si", "roles": [] }));
        assert_eq!(world.data_as(&token, "{ persons { nodes { id } } }", json!({}))["persons"]["nodes"], json!([]));
        for command in ["endSession(input: { id: \"x\" }) { ended }", "deputise(input: { to: \"x\", until: \"2023-12-31\" }) { id }"] {
            let answer = world.ask_as(&token, &format!("mutation {{ {command} }}"), json!({}));
            let refused = answer["errors"][0]["extensions"]["code"] == "FORBIDDEN" || answer["data"]["endSession"]["ended"] == false;
            assert!(refused, "{command}: {answer}");
        }

        assert_eq!(codes(&change_password(world, &token, "not it", PASSWORD)), ["BAD_CREDENTIALS"]);
        for weak in ["short", "li.si-and-more-words", "111122223333444", "password1234"] {
            let refused = change_password(world, &token, &one_time, weak);
            assert!(codes(&refused).contains(&"WEAK_PASSWORD"), "{weak}: {refused}");
            assert_eq!(refused["userErrors"][0]["path"], json!(["new"]));
        }
        assert_eq!(codes(&change_password(world, &token, &one_time, &one_time)), ["WEAK_PASSWORD"], "the same again");
        assert_eq!(change_password(world, &token, &one_time, PASSWORD), json!({ "signInAgain": true, "userErrors": [] }));

        assert_eq!(codes(&sign_in(world, "li.si", &one_time, None)), ["BAD_CREDENTIALS"], "it was good once");
        let second = sign_in(world, "li.si", PASSWORD, None);
        assert_eq!((&second["mustChangePassword"], &second["mustEnrolSecondFactor"]), (&json!(false), &json!(false)));
        assert!(second["expiresIn"].as_i64() > Some(60) && second["refreshToken"].is_string());
        let viewer = world.data_as(text(&second["accessToken"]), "{ viewer { account roles { role line scope } } }", json!({}));
        assert_eq!(viewer["viewer"], json!({ "account": "li.si", "roles": [{ "role": "TOWN_OFFICER", "line": null, "scope": "430199001000" }] }));
        verified(world);
    }

    a_name_that_is_none_answers_as_a_wrong_password_does(world) {
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let wrong = sign_in(world, "li.si", "Wrong-password-1", None);
        let nobody = sign_in(world, "wang.wu", "Wrong-password-1", None);
        assert_eq!(wrong, nobody);
        assert_eq!(codes(&wrong), ["BAD_CREDENTIALS"]);
        for _ in 0..4 {
            assert_eq!(sign_in(world, "li.si", "Wrong-password-1", None), sign_in(world, "wang.wu", "Wrong-password-1", None));
        }
        let (locked, nobody) = (sign_in(world, "li.si", "Wrong-password-1", None), sign_in(world, "wang.wu", "Wrong-password-1", None));
        assert_eq!(locked, nobody);
        assert_eq!(codes(&locked), ["LOCKED_OUT"]);
    }

    five_failures_lock_until_somebody_else_unlocks(world) {
        let (id, _) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        for _ in 0..4 {
            assert_eq!(codes(&sign_in(world, "li.si", "Wrong-password-1", None)), ["BAD_CREDENTIALS"]);
        }
        assert!(sign_in(world, "li.si", PASSWORD, None)["accessToken"].is_string(), "four are forgiven");
        for _ in 0..5 {
            assert_eq!(codes(&sign_in(world, "li.si", "Wrong-password-1", None)), ["BAD_CREDENTIALS"], "counted from anew");
        }
        assert_eq!(codes(&sign_in(world, "li.si", PASSWORD, None)), ["LOCKED_OUT"], "the right one too");
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let accounts = "{ accounts(where: { username: { eq: \"li.si\" } }) { nodes { lockedUntil version } } }";
        assert!(world.data_as(&security, accounts, json!({}))["accounts"]["nodes"][0]["lockedUntil"].is_string());
        let unlock = "mutation($id: ID!) { unlockAccount(input: { id: $id }) { account { lockedUntil } userErrors { code } } }";
        let done = world.data_as(&security, unlock, json!({ "id": id }))["unlockAccount"].clone();
        assert_eq!(done, json!({ "account": { "lockedUntil": null }, "userErrors": [] }));
        assert!(sign_in(world, "li.si", PASSWORD, None)["accessToken"].is_string());
        // All of it stands in the journal, the failures too.
        verified(world);
    }

    failures_at_once_are_all_counted(world) {
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let address = world.serve().to_owned();
        let input = json!({ "username": "li.si", "password": "Wrong-password-1" });
        let answers = super::at_once(12, |_| {
            crate::talk::ask(&address, &[], super::SIGN_IN, json!({ "input": input })).1["data"]["signIn"].clone()
        });
        let wrong = answers.iter().filter(|payload| codes(payload) == ["BAD_CREDENTIALS"]).count();
        let locked = answers.iter().filter(|payload| codes(payload) == ["LOCKED_OUT"]).count();
        assert_eq!((wrong, locked), (5, 7), "{answers:?}");
        verified(world);
    }

    how_many_failures_lock_and_for_how_long_is_configured(world) {
        world.file("minzheng.toml", "sign_in_failures = 2\nlock_minutes = 60\n");
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        for _ in 0..2 {
            assert_eq!(codes(&sign_in(world, "li.si", "Wrong-password-1", None)), ["BAD_CREDENTIALS"]);
        }
        assert_eq!(codes(&sign_in(world, "li.si", PASSWORD, None)), ["LOCKED_OUT"]);
    }

    a_wrong_current_password_counts_and_locks_too(world) {
        let (_, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        for _ in 0..5 {
            assert_eq!(codes(&change_password(world, &token, "Wrong-password-1", "Another-good-77")), ["BAD_CREDENTIALS"]);
        }
        assert_eq!(codes(&change_password(world, &token, PASSWORD, "Another-good-77")), ["LOCKED_OUT"]);
    }

    changing_the_password_ends_the_other_sessions(world) {
        let (_, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let other = text(&sign_in(world, "li.si", PASSWORD, None)["accessToken"]).to_owned();
        let changed = change_password(world, &token, PASSWORD, "Another-good-77");
        assert_eq!(changed, json!({ "signInAgain": false, "userErrors": [] }));
        super::sessions::gone(world, &other);
        assert!(super::roles(world, &token).is_array());
    }

    a_reset_password_is_one_time_again(world) {
        let (id, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let reset = "mutation($id: ID!) { resetPassword(input: { id: $id }) { oneTimePassword account { oneTimePassword } userErrors { code } } }";
        let done = world.data_as(&security, reset, json!({ "id": id }))["resetPassword"].clone();
        assert_eq!(done["account"]["oneTimePassword"], true);
        assert_eq!(codes(&sign_in(world, "li.si", PASSWORD, None)), ["BAD_CREDENTIALS"]);
        assert_eq!(sign_in(world, "li.si", text(&done["oneTimePassword"]), None)["mustChangePassword"], true);
        super::sessions::gone(world, &token);
        let printed = world.succeed(&["account", "reset", "--username", "li.si", "--json"]);
        let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(sign_in(world, "li.si", text(&printed["oneTimePassword"]), None)["mustChangePassword"], true);
    }

    secrets_stand_neither_in_the_journal_nor_in_clear(world) {
        let (_, one_time) = create(world, "li.si", &["--role", "DISTRICT_ADMIN", "--phone", "13800000001"]);
        let first = sign_in(world, "li.si", &one_time, None);
        change_password(world, text(&first["accessToken"]), &one_time, PASSWORD);
        let token = text(&sign_in(world, "li.si", PASSWORD, None)["accessToken"]).to_owned();
        let enrolled = world.data_as(&token, "mutation { enrolSecondFactor { secret } }", json!({}));
        let secret = text(&enrolled["enrolSecondFactor"]["secret"]).to_owned();
        change_password(world, &token, PASSWORD, "Another-good-77");
        let everything = world.dump();
        for hidden in [&one_time, PASSWORD, &secret, "13800000001", "Another-good-77"] {
            assert!(!everything.contains(hidden), "{hidden}");
        }
        let journal: String = everything.lines().filter(|line| line.contains("\"rows\"")).collect();
        assert!(journal.contains("changePassword") || journal.contains("password"), "the journal is in the dump");
        assert!(!journal.contains("$argon2"), "not even old hashes");
    }
}
