//! Platform clients: a secret shown once, grants that another account confirms.

use serde_json::{Value, json};
use tests::World;

use super::{account, codes, roles, text, verified};

fn sign_in(world: &mut World, id: &str, secret: &str) -> Value {
    let query = "mutation($id: String!, $secret: String!) { signInPlatformClient(input: { clientId: $id, clientSecret: $secret }) {
        accessToken refreshToken expiresIn userErrors { code } } }";
    world.data(query, json!({ "id": id, "secret": secret }))["signInPlatformClient"].clone()
}

tests::on_both! {
    a_client_signs_in_with_its_secret_and_has_what_was_confirmed(world) {
        let (_, one) = account(world, "an.yi", &["--role", "SECURITY_ADMIN"]);
        let (_, two) = account(world, "an.er", &["--role", "SECURITY_ADMIN"]);
        let create = "mutation { createPlatformClient(input: { clientId: \"city\", name: \"市级平台\", grants: [{ scope: \"430199\", line: \"ASSISTANCE\" }] }) {
            clientSecret platformClient { id clientId account { id roleGrants { id state role } } } userErrors { code } } }";
        let made = world.data_as(&one, create, json!({}))["createPlatformClient"].clone();
        let secret = text(&made["clientSecret"]).to_owned();
        let grant = made["platformClient"]["account"]["roleGrants"][0].clone();
        assert_eq!((text(&grant["state"]), text(&grant["role"])), ("PROPOSED", "PLATFORM"));
        assert_eq!(codes(&world.data_as(&one, create, json!({}))["createPlatformClient"]), ["DUPLICATE"]);

        let session = sign_in(world, "city", &secret);
        assert!(session["refreshToken"].is_null() && session["expiresIn"].as_i64() > Some(60), "{session}");
        let token = text(&session["accessToken"]).to_owned();
        assert_eq!(roles(world, &token), json!([]), "not confirmed yet");
        let confirm = "mutation($ids: [ID!]!) { confirmRoleGrants(input: { ids: $ids }) { userErrors { code } } }";
        let own = world.data_as(&one, confirm, json!({ "ids": [grant["id"]] }));
        assert_eq!(codes(&own["confirmRoleGrants"]), ["FOUR_EYES"]);
        let done = world.data_as(&two, confirm, json!({ "ids": [grant["id"]] }));
        assert_eq!(codes(&done["confirmRoleGrants"]), Vec::<&str>::new());
        tests::eventually("the grant holds", || roles(world, &token) == json!([{ "role": "PLATFORM", "line": "ASSISTANCE", "scope": "430199000000" }]));

        let wrong = "A".repeat(43);
        for (id, secret) in [("city", wrong.as_str()), ("city", "x"), ("town", &secret)] {
            assert_eq!(codes(&sign_in(world, id, secret)), ["BAD_CREDENTIALS"], "{id} {secret}");
        }
        assert_eq!(codes(&super::sign_in(world, "city", &secret, None)), ["BAD_CREDENTIALS"], "it has no password");
        let reset = "mutation($id: ID!) { resetPassword(input: { id: $id }) { oneTimePassword userErrors { code } } }";
        let reset = world.data_as(&two, reset, json!({ "id": made["platformClient"]["account"]["id"] }))["resetPassword"].clone();
        assert_eq!((codes(&reset), &reset["oneTimePassword"]), (vec!["INVALID_VALUE"], &json!(null)), "and gets none");

        let rotate = "mutation($id: ID!) { rotatePlatformClientSecret(input: { id: $id }) { clientSecret userErrors { code } } }";
        let rotated = world.data_as(&one, rotate, json!({ "id": made["platformClient"]["id"] }))["rotatePlatformClientSecret"].clone();
        super::sessions::gone(world, &token);
        assert_eq!(codes(&sign_in(world, "city", &secret)), ["BAD_CREDENTIALS"]);
        assert!(sign_in(world, "city", text(&rotated["clientSecret"]))["accessToken"].is_string());
        verified(world);
    }
}
