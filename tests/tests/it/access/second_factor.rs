//! The second factor: enrolling, codes that are good once, and that staff need one.

use minzheng_kernel::secrets::TotpSecret;
use serde_json::{Value, json};
use tests::World;

use super::{PASSWORD, account, codes, create, sign_in, text, verified};

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap() / 30
}

fn enrol(world: &mut World, token: &str, code: Option<&str>) -> Value {
    let query = "mutation($code: String) { enrolSecondFactor(code: $code) { secret uri userErrors { code path } } }";
    world.data_as(token, query, json!({ "code": code }))["enrolSecondFactor"].clone()
}

fn confirm(world: &mut World, token: &str, code: &str) -> Value {
    let query = "mutation($code: String!) { confirmSecondFactor(input: { code: $code }) { enrolled signInAgain userErrors { code path } } }";
    world.data_as(token, query, json!({ "code": code }))["confirmSecondFactor"].clone()
}

tests::on_both! {
    a_code_of_a_step_is_taken_once(world) {
        let (_, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        assert_eq!(codes(&confirm(world, &token, "123456")), ["WRONG_STATE"], "nothing to confirm yet");
        let enrolled = enrol(world, &token, None);
        assert!(text(&enrolled["uri"]).starts_with("otpauth://totp/"), "{enrolled}");
        let secret = TotpSecret::from_base32(text(&enrolled["secret"])).expect("base32");
        assert!(sign_in(world, "li.si", PASSWORD, None)["accessToken"].is_string(), "it does not count yet");

        let mut step = now();
        let wrong = if secret.code(step) == "000000" { "000001" } else { "000000" };
        assert_eq!(codes(&confirm(world, &token, wrong)), ["BAD_CREDENTIALS"]);
        step = now();
        let done = confirm(world, &token, &secret.code(step));
        assert_eq!(done, json!({ "enrolled": true, "signInAgain": false, "userErrors": [] }));

        let missing = sign_in(world, "li.si", PASSWORD, None);
        assert_eq!((codes(&missing), &missing["userErrors"][0]["path"]), (vec!["BAD_CREDENTIALS"], &json!(["code"])));
        assert_eq!(codes(&sign_in(world, "li.si", PASSWORD, Some(&secret.code(step)))), ["BAD_CREDENTIALS"], "used to confirm");
        let next = secret.code(step + 1);
        assert!(sign_in(world, "li.si", PASSWORD, Some(&next))["accessToken"].is_string());
        assert_eq!(codes(&sign_in(world, "li.si", PASSWORD, Some(&next))), ["BAD_CREDENTIALS"], "used to sign in");
        assert_eq!(codes(&sign_in(world, "li.si", "Wrong-password-1", Some(&next))), ["BAD_CREDENTIALS"]);
        verified(world);
    }

    a_code_is_used_up_also_where_nobody_is_deputised_for(world) {
        let (_, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let secret = TotpSecret::from_base32(text(&enrol(world, &token, None)["secret"])).expect("base32");
        let step = now();
        assert_eq!(confirm(world, &token, &secret.code(step))["enrolled"], true);
        let code = secret.code(step + 1);
        let input = json!({ "username": "li.si", "password": PASSWORD, "code": code, "onBehalfOf": "nobody" });
        let refused = world.data(super::SIGN_IN, json!({ "input": input }))["signIn"].clone();
        assert_eq!((codes(&refused), &refused["userErrors"][0]["path"]), (vec!["NOT_FOUND"], &json!(["onBehalfOf"])));
        assert_eq!(codes(&sign_in(world, "li.si", PASSWORD, Some(&code))), ["BAD_CREDENTIALS"], "it was seen once");
        verified(world);
    }

    a_clock_that_was_ahead_locks_nobody_out(world) {
        let (_, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let secret = TotpSecret::from_base32(text(&enrol(world, &token, None)["secret"])).expect("base32");
        assert_eq!(confirm(world, &token, &secret.code(now()))["enrolled"], true);
        world.tamper("UPDATE account SET totp_step = totp_step + 1000000 WHERE username = 'li.si'");
        assert!(sign_in(world, "li.si", PASSWORD, Some(&secret.code(now())))["accessToken"].is_string());
    }

    a_code_sent_many_times_at_once_is_taken_once(world) {
        let (_, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let secret = TotpSecret::from_base32(text(&enrol(world, &token, None)["secret"])).expect("base32");
        let step = now();
        assert_eq!(confirm(world, &token, &secret.code(step))["enrolled"], true);
        let address = world.serve().to_owned();
        let input = json!({ "username": "li.si", "password": PASSWORD, "code": secret.code(step + 1) });
        let answers = super::at_once(4, |_| {
            crate::talk::ask(&address, &[], super::SIGN_IN, json!({ "input": input })).1["data"]["signIn"].clone()
        });
        let taken = answers.iter().filter(|payload| payload["accessToken"].is_string()).count();
        assert_eq!(taken, 1, "{answers:?}");
        verified(world);
    }

    another_authenticator_needs_a_code_of_the_present_one(world) {
        let (id, token) = account(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let first = TotpSecret::from_base32(text(&enrol(world, &token, None)["secret"])).expect("base32");
        let step = now();
        assert_eq!(confirm(world, &token, &first.code(step))["enrolled"], true);
        let refused = enrol(world, &token, None);
        assert_eq!((codes(&refused), &refused["secret"]), (vec!["BAD_CREDENTIALS"], &json!(null)));
        assert_eq!(codes(&enrol(world, &token, Some(&first.code(step)))), ["BAD_CREDENTIALS"], "used");
        let enrolled = enrol(world, &token, Some(&first.code(step + 1)));
        let second = TotpSecret::from_base32(text(&enrolled["secret"])).expect("base32");
        assert_eq!(confirm(world, &token, &second.code(now()))["enrolled"], true);

        // Who lost the authenticator goes to the security administrator.
        let ((_, one), (_, two)) = super::administrators(world);
        let one_time = super::reset(world, &one, &two, &id, true);
        let without = sign_in(world, "li.si", &one_time, None);
        assert!(without["accessToken"].is_string(), "the second factor is gone: {without}");
    }

    staff_need_one_and_citizens_do_not(world) {
        world.file("minzheng.toml", "second_factor = true\n");
        let (_, one_time) = create(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let first = sign_in(world, "li.si", &one_time, None);
        super::change_password(world, text(&first["accessToken"]), &one_time, PASSWORD);
        let second = sign_in(world, "li.si", PASSWORD, None);
        let (change, enrol_it) = (&second["mustChangePassword"], &second["mustEnrolSecondFactor"]);
        assert_eq!((change, enrol_it, &second["refreshToken"]), (&json!(false), &json!(true), &json!(null)));
        let token = text(&second["accessToken"]).to_owned();
        assert_eq!(super::roles(world, &token), json!([]));
        let secret = TotpSecret::from_base32(text(&enrol(world, &token, None)["secret"])).expect("base32");
        let step = now();
        assert_eq!(confirm(world, &token, &secret.code(step))["signInAgain"], true);
        assert_eq!(super::roles(world, &token), json!([]), "this token stays what it was");
        let third = sign_in(world, "li.si", PASSWORD, Some(&secret.code(step + 1)));
        assert_eq!(super::roles(world, text(&third["accessToken"]))[0]["role"], "DISTRICT_ADMIN");

        let (_, one_time) = create(world, "zhao.liu", &["--role", "CITIZEN", "--scope", "4711"]);
        let first = sign_in(world, "zhao.liu", &one_time, None);
        super::change_password(world, text(&first["accessToken"]), &one_time, PASSWORD);
        assert_eq!(sign_in(world, "zhao.liu", PASSWORD, None)["mustEnrolSecondFactor"], false);
    }
}
