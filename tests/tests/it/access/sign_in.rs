//! Signing in: the one-time password, the rules, failures, the lock.

use serde_json::{Value, json};
use tests::World;

use super::{PASSWORD, account, change_password, codes, create, sign_in, text, verified};

/// Signs in from an address behind the proxy; gives the payload.
fn from(world: &mut World, address: &str, username: &str, password: &str, device: Option<&str>) -> Value {
    let query = "mutation($input: SignInInput!) { signIn(input: $input) {
        accessToken deviceToken userErrors { code path message } } }";
    let input = json!({ "username": username, "password": password, "deviceToken": device });
    let (_, answer) = world.ask_with(&[("x-forwarded-for", address)], query, json!({ "input": input }));
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["signIn"].clone()
}

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

    a_document_holds_one_sign_in(world) {
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let one = format!("signIn(input: {{ username: \"li.si\", password: \"{PASSWORD}\" }}) {{ accessToken }}");
        let renew = "refreshToken(input: { refreshToken: \"x\" }) { accessToken }";
        let machine = "signInPlatformClient(input: { clientId: \"x\", clientSecret: \"x\" }) { accessToken }";
        for (document, taken) in [
            (format!("mutation {{ {one} }}"), true),
            (format!("mutation {{ a: {one} b: {one} }}"), false),
            (format!("mutation {{ a: {one} ...F }} fragment F on Mutation {{ b: {one} }}"), false),
            (format!("mutation {{ {one} {renew} }}"), false),
            (format!("mutation {{ {machine} {renew} }}"), false),
            (format!("mutation {{ a: {one} ... @skip(if: true) {{ b: {one} }} }}"), false),
        ] {
            let answer = world.ask(&document, json!({}));
            let refused = answer["errors"][0]["extensions"]["code"] == "TOO_EXPENSIVE";
            assert_eq!((answer["data"]["signIn"]["accessToken"].is_string(), refused), (taken, !taken), "{document}: {answer}");
        }
    }

    failures_lock_where_they_came_from_and_names_that_are_none_alike(world) {
        world.set("MINZHENG_TRUSTED_PROXIES", "127.0.0.1");
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        for name in ["li.si", "no.body"] {
            for _ in 0..5 {
                assert_eq!(codes(&from(world, "10.0.0.1", name, "Wrong-password-1", None)), ["BAD_CREDENTIALS"]);
            }
            assert_eq!(codes(&from(world, "10.0.0.1", name, PASSWORD, None)), ["LOCKED_OUT"], "{name}");
            assert_eq!(codes(&from(world, "10.0.0.2", name, "Wrong-password-1", None)), ["BAD_CREDENTIALS"], "{name}: not elsewhere");
        }
        assert!(from(world, "10.0.0.2", "li.si", PASSWORD, None)["accessToken"].is_string(), "the owner is not shut out");
        assert_eq!(codes(&from(world, "10.0.0.1", "li.si", PASSWORD, None)), ["LOCKED_OUT"], "nor the guesser let in by it");
        verified(world);
    }

    failures_from_everywhere_lock_all_but_who_is_known(world) {
        world.set("MINZHENG_TRUSTED_PROXIES", "127.0.0.1");
        world.set("MINZHENG_SIGN_IN_FAILURES_EVERYWHERE", "6");
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        account(world, "wang.wu", &["--role", "DISTRICT_ADMIN"]);
        let known = from(world, "10.0.0.9", "li.si", PASSWORD, None);
        let strange = from(world, "10.0.0.9", "wang.wu", PASSWORD, None);
        let (device, other) = (text(&known["deviceToken"]).to_owned(), text(&strange["deviceToken"]).to_owned());
        for name in ["li.si", "no.body"] {
            for n in 0..6 {
                assert_eq!(codes(&from(world, &format!("10.1.0.{n}"), name, "Wrong-password-1", None)), ["BAD_CREDENTIALS"]);
            }
            assert_eq!(codes(&from(world, "10.2.0.1", name, PASSWORD, None)), ["LOCKED_OUT"], "{name}: from wherever");
            assert_eq!(codes(&from(world, "10.2.0.1", name, PASSWORD, Some(&other))), ["LOCKED_OUT"], "{name}: another's device is none");
        }
        // A device that signed in before, a session that is open and its renewal go on.
        let again = from(world, "10.2.0.1", "li.si", PASSWORD, Some(&device));
        assert!(again["accessToken"].is_string() && again["deviceToken"].is_string(), "{again}");
        assert_eq!(codes(&from(world, "10.2.0.1", "li.si", PASSWORD, None)), ["LOCKED_OUT"], "which lets nobody else in");
        let token = text(&known["accessToken"]).to_owned();
        let input = json!({ "username": "li.si", "password": PASSWORD });
        let within = world.ask_as(&token, super::SIGN_IN, json!({ "input": input }))["data"]["signIn"].clone();
        assert!(within["accessToken"].is_string(), "{within}");
        let changed = change_password(world, &token, PASSWORD, "Another-good-77");
        assert_eq!(changed, json!({ "signInAgain": false, "userErrors": [] }));
        // It is no way to guess either.
        for _ in 0..5 {
            assert_eq!(codes(&from(world, "10.2.0.1", "li.si", "Wrong-password-1", Some(&device))), ["BAD_CREDENTIALS"]);
        }
        assert_eq!(codes(&from(world, "10.2.0.1", "li.si", "Another-good-77", Some(&device))), ["LOCKED_OUT"]);
        verified(world);
    }

    who_floods_one_address_keeps_nobody_else_out(world) {
        world.set("MINZHENG_TRUSTED_PROXIES", "127.0.0.1");
        account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let address = world.serve().to_owned();
        let answers = super::at_once(120, |n| {
            let honest = n >= 108;
            let place = if honest { format!("10.0.1.{n}") } else { "10.0.0.1".to_owned() };
            let (name, password) = if honest { ("li.si".to_owned(), PASSWORD) } else { (format!("guess.{n}"), "Wrong-password-1") };
            let input = json!({ "username": name, "password": password });
            (honest, crate::talk::ask(&address, &[("x-forwarded-for", &place)], super::SIGN_IN, json!({ "input": input })).1)
        });
        let in_time = |answer: &serde_json::Value| answer["data"]["signIn"]["accessToken"].is_string();
        for (_, answer) in answers.iter().filter(|(honest, _)| *honest) {
            assert!(in_time(answer), "{answer}");
        }
        let turned_away = answers.iter().filter(|(_, answer)| answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE").count();
        assert!(turned_away > 0, "the flood itself does not all get a turn");
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
        let ((_, one), (_, two)) = super::administrators(world);
        let one_time = super::reset(world, &one, &two, &id, false);
        assert_eq!(codes(&sign_in(world, "li.si", PASSWORD, None)), ["BAD_CREDENTIALS"]);
        assert_eq!(sign_in(world, "li.si", &one_time, None)["mustChangePassword"], true);
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
        for hidden in [&one_time, PASSWORD, &secret, "13800000001", "Another-good-77", &tests::id_number("li.si")] {
            assert!(!everything.contains(hidden), "{hidden}");
        }
        let journal: String = everything.lines().filter(|line| line.contains("\"rows\"")).collect();
        assert!(journal.contains("changePassword") || journal.contains("password"), "the journal is in the dump");
        assert!(!journal.contains("$argon2"), "not even old hashes");
    }
}
