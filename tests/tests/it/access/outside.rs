//! Tokens of an outside issuer: its key, its algorithm, our accounts.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tests::World;

use super::{create, roles};

/// Ed25519, from RFC 8032 §7.1, test 1.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn configure(world: &World) {
    let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": PUBLIC, "kid": "k1", "use": "sig" }] });
    let file = world.file("issuer.json", &keys.to_string());
    world.file(
        "minzheng.toml",
        &format!(
            "outside_issuer = \"https://id.example\"\noutside_audience = \"minzheng\"\noutside_keys = \"{file}\"\noutside_algorithm = \"EdDSA\"\n"
        ),
    );
}

fn seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn token(change: impl FnOnce(&mut Header, &mut Value)) -> String {
    let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
    der.extend(hex::decode(SEED).unwrap());
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("k1".to_owned());
    let mut claims = json!({
        "iss": "https://id.example", "aud": "minzheng", "exp": seconds() + 300, "preferred_username": "Li.Si",
    });
    change(&mut header, &mut claims);
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&der)).unwrap()
}

tests::on_both! {
    a_token_of_the_outside_issuer_is_the_account_it_names(world) {
        configure(world);
        create(world, "li.si", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let good = token(|_, _| ());
        assert_eq!(roles(world, &good), json!([{ "role": "TOWN_OFFICER", "line": null, "scope": "430199001000" }]));
        let viewer = world.data_as(&good, "{ viewer { account } }", json!({}));
        assert_eq!(viewer["viewer"]["account"], "li.si");
        for (name, value) in [
            ("aud", json!("other")),
            ("iss", json!("https://evil.example")),
            ("exp", json!(seconds() - 60)),
            ("nbf", json!(seconds() + 600)),
            ("preferred_username", json!("nobody")),
            ("preferred_username", json!(null)),
            ("preferred_username", json!("district_admin:430199000000")),
        ] {
            let bad = token(|_, claims| claims[name] = value.clone());
            assert_eq!(roles(world, &bad), "UNAUTHENTICATED", "{name} {value}");
        }
        assert_eq!(roles(world, &token(|header, _| header.kid = Some("k2".into()))), "UNAUTHENTICATED");
        let minted = world.token(&["--role", "DISTRICT_ADMIN"]);
        assert_eq!(roles(world, &minted)[0]["role"], "DISTRICT_ADMIN", "our own are taken beside them");

        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let id = world.data_as(&security, "{ accounts(where: { username: { eq: \"li.si\" } }) { nodes { id } } }", json!({}));
        let disable = "mutation($id: ID!) { disableAccount(input: { id: $id }) { userErrors { code } } }";
        world.data_as(&security, disable, json!({ "id": id["accounts"]["nodes"][0]["id"] }));
        super::sessions::gone(world, &good);
    }

    a_system_account_is_not_an_outsiders(world) {
        configure(world);
        world.token(&["--role", "DISTRICT_ADMIN"]);
        let bad = token(|_, claims| claims["preferred_username"] = json!("district_admin:430199000000"));
        assert_eq!(roles(world, &bad), "UNAUTHENTICATED");
    }

    without_configuration_no_outside_token_is_taken(world) {
        create(world, "li.si", &["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        assert_eq!(roles(world, &token(|_, _| ())), "UNAUTHENTICATED");
    }

    half_a_configuration_does_not_start(world) {
        world.file("minzheng.toml", "outside_issuer = \"https://id.example\"\n");
        world.refused(1, &["serve"]);
        world.file("minzheng.toml", "outside_issuer = \"i\"\noutside_audience = \"a\"\noutside_keys = \"k.json\"\noutside_algorithm = \"HS256\"\n");
        world.refused(1, &["serve"]);
        world.file("minzheng.toml", "outside_issuer = \"i\"\noutside_audience = \"a\"\noutside_keys = \"http://id.example/keys\"\n");
        world.refused(1, &["serve"]);
    }
}
