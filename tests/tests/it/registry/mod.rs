//! The registry: divisions, persons, who acts for them, what is put right of them, instruments of policy.

mod deaths_and_moves;
mod division;
mod guardianship;
mod identity;
mod inquiry;
mod policy_document;
mod transfer;

use serde_json::{Value, json};
use tests::World;

/// Sends a mutation with one input, by who puts something right: its payload, or the code of the error.
fn mutate(world: &mut World, token: &str, command: &str, input: Value, told: &str) -> Value {
    let of = match command {
        "handleReportedChange" => "SettleReportedChangeInput".to_owned(),
        "handOverPerson" | "refuseTransfer" => "TransferRequestInput".to_owned(),
        _ => format!("{}{}Input", command[..1].to_uppercase(), &command[1..]),
    };
    let query = format!(
        "mutation($input: {of}!) {{ {command}(input: $input) {{ {told} userErrors {{ code path message }} }} }}"
    );
    let answer = world.ask_for(token, "CORRECTION", &query, json!({ "input": input }));
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => json!(code),
        None => answer["data"][command].clone(),
    }
}

/// The codes of the refusals in a payload.
fn codes(payload: &Value) -> Vec<&str> {
    let refused = payload["userErrors"].as_array().unwrap_or_else(|| panic!("no payload: {payload}"));
    refused.iter().map(|error| error["code"].as_str().expect("a code")).collect()
}

/// The ids of all persons in scope.
fn ids(world: &mut World, token: &str) -> Vec<String> {
    let listed =
        world.data_as(token, "{ persons(first: 100) { nodes { id } } }", json!({}))["persons"]["nodes"].clone();
    listed.as_array().expect("persons").iter().map(|p| p["id"].as_str().expect("an id").to_owned()).collect()
}

/// The person with a number.
fn person_by(world: &mut World, token: &str, number: &str) -> String {
    let query = "query($number: String) { persons(idNumber: $number) { nodes { id } } }";
    let found = world.ask_for(token, "SERVICE", query, json!({ "number": number }));
    found["data"]["persons"]["nodes"][0]["id"].as_str().unwrap_or_else(|| panic!("{number}: {found}")).to_owned()
}

/// The journal agrees with the records.
fn verified(world: &World) {
    assert!(world.succeed(&["audit", "verify", "--records"]).contains("faults 0"));
}
