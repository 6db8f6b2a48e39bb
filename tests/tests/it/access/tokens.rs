//! Tokens: minted ones, and everything that is no token of ours.

use base64::Engine as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tests::World;

use super::{roles, verified};

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a token says, unchecked.
fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&BASE64.decode(part).expect("base64url")).expect("JSON")
}

/// The program's own signing key, as somebody who can read the key folder has it.
fn own_key(world: &World) -> EncodingKey {
    let file = std::fs::read_to_string(world.folder().join("keys/tokens.json")).expect("tokens.json");
    let keys: Value = serde_json::from_str(&file).expect("JSON");
    let mut der = hex::decode("302e020100300506032b657004220420").expect("hex");
    der.extend(hex::decode(keys["seed"].as_str().expect("a seed")).expect("hex"));
    EncodingKey::from_ed_der(&der)
}

fn header(world: &mut World) -> Header {
    let (status, text) = world.get("/.well-known/jwks.json");
    assert_eq!(status, 200);
    let keys: Value = serde_json::from_str(&text).expect("JSON");
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("at+jwt".to_owned());
    header.kid = keys["keys"][0]["kid"].as_str().map(str::to_owned);
    header
}

/// Status and error code of a request with this header.
fn heard(world: &mut World, authorization: &str) -> (u16, Value) {
    let (status, answer) = world.ask_with(&[("authorization", authorization)], "{ viewer { account } }", json!({}));
    (status, answer["errors"][0]["extensions"]["code"].clone())
}

tests::on_both! {
    a_minted_token_acts_as_one_system_account_a_role_and_scope(world) {
        let one = world.token(&["--role", "BUSINESS_OFFICER", "--line", "ASSISTANCE"]);
        let two = world.token(&["--role", "BUSINESS_OFFICER", "--line", "ASSISTANCE", "--scope", "430199", "--ttl", "5m"]);
        let town = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        assert_eq!(claims(&one)["sub"], claims(&two)["sub"]);
        assert_ne!(claims(&one)["sub"], claims(&town)["sub"]);
        assert_ne!(claims(&one)["sid"], claims(&two)["sid"]);
        let life = |token: &str| claims(token)["exp"].as_i64().unwrap() - claims(token)["iat"].as_i64().unwrap();
        assert_eq!((life(&one), life(&two)), (8 * 3600, 300));
        assert_eq!(roles(world, &one), json!([{ "role": "BUSINESS_OFFICER", "line": "ASSISTANCE", "scope": "430199000000" }]));
        assert_eq!(roles(world, &town), json!([{ "role": "TOWN_OFFICER", "line": null, "scope": "430199001000" }]));
        super::create(world, "li.si", &["--role", "DISTRICT_ADMIN"]);
        let person = world.token(&["--account", "li.si"]);
        assert_eq!(world.data_as(&person, "{ viewer { account } }", json!({}))["viewer"]["account"], "li.si");
        for refused in [
            &["token", "--role", "MAYOR"][..],
            &["token", "--role", "BUSINESS_OFFICER"],
            &["token", "--role", "TOWN_OFFICER"],
            &["token", "--account", "nobody"],
        ] {
            world.refused(1, refused);
        }
        for wrong in [&["token"][..], &["token", "--role", "SCREEN", "--ttl", "soon"], &["token", "--role", "SCREEN", "--account", "x"]] {
            world.refused(2, wrong);
        }
        verified(world);
    }

    a_bad_token_is_401_and_no_anonymous_viewer(world) {
        let good = world.token(&["--role", "DISTRICT_ADMIN"]);
        assert_eq!(heard(world, &format!("bearer  {good}")).0, 200, "the scheme has no case");
        let signature = good.rsplit('.').next().expect("three parts").to_owned();
        let payload = |change: &dyn Fn(&mut Value)| {
            let mut claims = claims(&good);
            change(&mut claims);
            let head = good.split('.').next().expect("three parts");
            format!("{head}.{}.{signature}", BASE64.encode(claims.to_string()))
        };
        let raised = payload(&|claims| claims["sub"] = json!("1"));
        for bad in [
            String::new(),
            "Bearer".to_owned(),
            "Bearer x".to_owned(),
            good.clone(),
            format!("Basic {good}"),
            format!("Bearer {good}x"),
            format!("Bearer {}", &good[..good.len() - 4]),
            format!("Bearer {raised}"),
        ] {
            assert_eq!(heard(world, &bad), (401, json!("UNAUTHENTICATED")), "{bad}");
        }
    }

    really_signed_tokens_are_refused_for_what_they_say(world) {
        let good = world.token(&["--role", "DISTRICT_ADMIN"]);
        let (key, head) = (own_key(world), header(world));
        let sign = |head: &Header, claims: &Value| format!("Bearer {}", jsonwebtoken::encode(head, claims, &key).expect("signed"));
        assert_eq!(heard(world, &sign(&head, &claims(&good))).0, 200, "the forger has it all right but for what follows");
        for (name, value) in [
            ("iss", json!("other")),
            ("aud", json!("other")),
            ("exp", json!(1_600_000_000)),
            ("nbf", json!(4_000_000_000_i64)),
            ("sub", json!("999999")),
            ("sub", json!("nobody")),
            ("sid", json!("999999")),
        ] {
            let mut said = claims(&good);
            said[name] = value.clone();
            assert_eq!(heard(world, &sign(&head, &said)), (401, json!("UNAUTHENTICATED")), "{name} {value}");
        }
        for change in [|head: &mut Header| head.kid = None, |head: &mut Header| head.kid = Some("x".into()), |head: &mut Header| head.typ = Some("JWT".into())] {
            let mut head = head.clone();
            change(&mut head);
            assert_eq!(heard(world, &sign(&head, &claims(&good))), (401, json!("UNAUTHENTICATED")));
        }
        // Another algorithm, with the public key as the shared secret.
        let (_, jwks) = world.get("/.well-known/jwks.json");
        let jwks: Value = serde_json::from_str(&jwks).unwrap();
        let public = jwks["keys"][0]["x"].as_str().unwrap();
        let mut shared = Header::new(Algorithm::HS256);
        (shared.kid, shared.typ) = (head.kid.clone(), head.typ.clone());
        let secrets = [BASE64.decode(public).unwrap(), public.as_bytes().to_vec()];
        for secret in secrets {
            let forged = jsonwebtoken::encode(&shared, &claims(&good), &EncodingKey::from_secret(&secret)).unwrap();
            assert_eq!(heard(world, &format!("Bearer {forged}")), (401, json!("UNAUTHENTICATED")));
        }
        let none = format!("{}.{}.", BASE64.encode("{\"alg\":\"none\",\"typ\":\"at+jwt\"}"), BASE64.encode(claims(&good).to_string()));
        assert_eq!(heard(world, &format!("Bearer {none}")), (401, json!("UNAUTHENTICATED")));
    }

    the_public_keys_are_served_and_nothing_else(world) {
        let (status, text) = world.get("/.well-known/jwks.json");
        assert_eq!(status, 200);
        let keys: Value = serde_json::from_str(&text).unwrap();
        let key = keys["keys"][0].as_object().unwrap();
        assert_eq!((&key["kty"], &key["crv"], &key["alg"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig")));
        assert!(!key.contains_key("d"));
    }

    a_minted_token_ends_with_its_life(world) {
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--ttl", "1s"]);
        tests::eventually("it is over", || heard(world, &format!("Bearer {token}")) == (401, json!("UNAUTHENTICATED")));
    }

    a_bad_purpose_is_400(world) {
        let token = world.token(&["--role", "DISTRICT_ADMIN"]);
        let bearer = format!("Bearer {token}");
        let ask = |world: &mut World, purpose: &str| {
            world.ask_with(&[("authorization", &bearer), ("minzheng-purpose", purpose)], "{ viewer { account } }", json!({}))
        };
        assert_eq!(ask(world, "REVIEW").0, 200);
        for bad in ["CURIOSITY", "review", ""] {
            let (status, answer) = ask(world, bad);
            assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("BAD_REQUEST")), "{bad}");
        }
    }

    a_role_reaches_its_own_division_and_its_predecessors(world) {
        let divisions = world.file("d.csv", "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,甲村,VILLAGE\n430199002,旁镇,TOWN\n430199002001,乙村,VILLAGE\n430198001,旧镇,TOWN\n430198001001,丙村,VILLAGE\n");
        world.succeed(&["import", "divisions", &divisions]);
        let persons = world.file("p.csv", "证件类型,证件号码,姓名,现住地代码\n护照,E00000001,张甲,430199001001\n护照,E00000002,张乙,430199002001\n护照,E00000003,张丙,430198001001\n");
        world.succeed(&["import", "persons", &persons]);
        let town = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let names = |world: &mut World, token: &str| {
            let answer = world.ask_for(token, "REVIEW", "{ persons { nodes { name } } }", json!({}));
            let mut names: Vec<String> = answer["data"]["persons"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).iter().map(|person| person["name"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names(world, &town), ["张甲"]);
        world.tamper("UPDATE division SET successor = '430199001000' WHERE code = '430198001000'");
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert_eq!(names(world, &town), ["张丙", "张甲"], "what was recorded under the code of before");
        let person = world.ask_for(&world.token(&["--role", "DISTRICT_ADMIN"]), "REVIEW", "{ persons(idNumber: \"E00000002\") { nodes { id } } }", json!({}));
        let id = person["data"]["persons"]["nodes"][0]["id"].as_str().unwrap_or_else(|| panic!("{person}")).to_owned();
        let citizen = world.token(&["--role", "CITIZEN", "--scope", &id]);
        assert_eq!(names(world, &citizen), ["张乙"], "oneself and nobody else");
    }
}

/// A database that is neither demo nor test: no token without a sign-in, unless configured.
#[test]
fn tokens_are_minted_in_demo_and_test_databases_only() {
    let world = World::in_production(tests::On::Sqlite);
    world.refused(1, &["token", "--role", "DISTRICT_ADMIN"]);
    world.file("minzheng.toml", "mint = true\n");
    world.token(&["--role", "DISTRICT_ADMIN"]);
    verified(&world);
}
