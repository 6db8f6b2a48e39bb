//! Accounts and what makes a viewer of a token.

mod accounts_sheet;
mod deputies;
mod foreign_sheets;
mod hand_over;
mod keys;
mod leaks;
pub mod matrix;
mod outside;
mod people;
mod platform_clients;
mod role_grants;
mod screen_codes;
mod second_factor;
mod sessions;
mod sign_in;
mod tokens;

use serde_json::{Value, json};
use tests::World;

/// A password that the rules take.
const PASSWORD: &str = "Kestrel-river-84-lamp";

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    accessToken refreshToken expiresIn mustChangePassword mustEnrolSecondFactor userErrors { code path message } } }";

/// Signs in; gives the payload.
fn sign_in(world: &mut World, username: &str, password: &str, code: Option<&str>) -> Value {
    let input = json!({ "username": username, "password": password, "code": code });
    world.data(SIGN_IN, json!({ "input": input }))["signIn"].clone()
}

/// Makes an account at the command line, with a holder of its own: its global id and its one-time password.
fn create(world: &World, username: &str, more: &[&str]) -> (String, String) {
    let number = tests::id_number(username);
    let mut arguments = vec!["account", "create", "--json", "--username", username, "--name", "王小明"];
    if !more.contains(&"--id-number") {
        arguments.extend(["--id-number", &number]);
    }
    arguments.extend(more);
    let made: Value = serde_json::from_str(&world.succeed(&arguments)).expect("JSON");
    (made["id"].as_str().unwrap().to_owned(), made["oneTimePassword"].as_str().unwrap().to_owned())
}

/// Changes the own password; gives the payload.
fn change_password(world: &mut World, token: &str, current: &str, new: &str) -> Value {
    let query = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) {
        signInAgain userErrors { code path } } }";
    let input = json!({ "current": current, "new": new });
    world.data_as(token, query, json!({ "input": input }))["changePassword"].clone()
}

/// Makes an account and takes it through its first sign-in: its global id and a token that is good for everything.
fn account(world: &mut World, username: &str, more: &[&str]) -> (String, String) {
    let (id, one_time) = create(world, username, more);
    let first = sign_in(world, username, &one_time, None);
    let changed = change_password(world, text(&first["accessToken"]), &one_time, PASSWORD);
    assert_eq!(changed, json!({ "signInAgain": true, "userErrors": [] }));
    let token = text(&sign_in(world, username, PASSWORD, None)["accessToken"]).to_owned();
    (id, token)
}

/// Two people who are security administrators: their ids and tokens.
fn administrators(world: &mut World) -> ((String, String), (String, String)) {
    let one = account(world, "an.yi", &["--role", "SECURITY_ADMIN"]);
    let two = account(world, "an.er", &["--role", "SECURITY_ADMIN"]);
    (one, two)
}

/// Proposes a reset of an account's password; gives the payload.
fn propose_reset(world: &mut World, token: &str, id: &str, second_factor: bool) -> Value {
    let query =
        "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { oneTimePassword oneTimePasswordHalf
        passwordIssue { id state kind } account { oneTimePassword secondFactor } userErrors { code path message } } }";
    let input = json!({ "id": id, "secondFactor": second_factor });
    world.data_as(token, query, json!({ "input": input }))["resetPassword"].clone()
}

/// Confirms or cancels one; gives the payload.
fn decide_reset(world: &mut World, token: &str, verb: &str, id: &Value) -> Value {
    let query = format!("mutation($id: ID!) {{ {verb}PasswordReset(input: {{ id: $id }}) {{ oneTimePassword oneTimePasswordHalf
        passwordIssue {{ state confirmedBy {{ username }} }} account {{ oneTimePassword secondFactor }} userErrors {{ code path }} }} }}");
    world.data_as(token, &query, json!({ "id": id }))[format!("{verb}PasswordReset")].clone()
}

/// Resets an account of staff: by one, confirmed by another; gives the whole one-time password.
fn reset(world: &mut World, one: &str, two: &str, id: &str, second_factor: bool) -> String {
    let proposed = propose_reset(world, one, id, second_factor);
    assert_eq!(codes(&proposed), Vec::<&str>::new(), "{proposed}");
    let confirmed = decide_reset(world, two, "confirm", &proposed["passwordIssue"]["id"]);
    assert_eq!(codes(&confirmed), Vec::<&str>::new(), "{confirmed}");
    format!("{}{}", text(&proposed["oneTimePasswordHalf"]), text(&confirmed["oneTimePasswordHalf"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The codes of the refusals in a payload.
fn codes(payload: &Value) -> Vec<&str> {
    payload["userErrors"].as_array().expect("userErrors").iter().map(|error| text(&error["code"])).collect()
}

/// The roles that a token gives, or the error code.
fn roles(world: &mut World, token: &str) -> Value {
    let answer = world.ask_as(token, "{ viewer { account roles { role line scope } } }", json!({}));
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => json!(code),
        None => answer["data"]["viewer"]["roles"].clone(),
    }
}

/// The journal agrees with the records.
fn verified(world: &World) {
    assert!(world.succeed(&["audit", "verify", "--records"]).contains("faults 0"));
}

/// Runs so many of it at the same time.
fn at_once<T: Send>(count: usize, run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let run = &run;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|at| scope.spawn(move || run(at))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}
