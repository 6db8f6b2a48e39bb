//! Keys: never made beside an existing database, rotated without breaking what was there.

use serde_json::{Value, json};
use tests::World;

use super::{roles, verified};

fn keys_of(world: &mut World) -> Vec<String> {
    let (_, text) = world.get("/.well-known/jwks.json");
    let keys: Value = serde_json::from_str(&text).unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

tests::on_both! {
    no_keys_are_made_beside_an_existing_database(world) {
        let keys = world.folder().join("keys");
        for file in ["fields.json", "journal.json", "tokens.json"] {
            let away = world.folder().join("away.json");
            std::fs::rename(keys.join(file), &away).unwrap();
            let output = world.run(&["audit", "verify"]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{file}: {said}");
            assert!(said.contains(&keys.display().to_string()) && said.contains("MINZHENG_DATA_DIR"), "{file}: {said}");
            assert!(!keys.join(file).exists(), "{file} was made anew");
            std::fs::rename(&away, keys.join(file)).unwrap();
        }
        let other = World::stranger(tests::On::Sqlite);
        for file in ["fields.json", "journal.json"] {
            let own = std::fs::read(keys.join(file)).unwrap();
            std::fs::write(keys.join(file), std::fs::read(other.folder().join("keys").join(file)).unwrap()).unwrap();
            let output = world.run(&["audit", "verify"]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{file}: {said}");
            assert!(said.contains("not those of this database"), "{file}: {said}");
            std::fs::write(keys.join(file), own).unwrap();
        }
        verified(world);
    }

    rotated_keys_break_nothing_and_forgotten_ones_are_out(world) {
        super::create(world, "li.si", &["--role", "DISTRICT_ADMIN", "--phone", "13800000001"]);
        let old = world.token(&["--role", "SECURITY_ADMIN"]);
        let before = keys_of(world);
        assert_eq!(before.len(), 1);
        let printed = world.succeed(&["keys", "rotate"]);
        for kind in ["tokens ", "master 2", "journal j2"] {
            assert!(printed.contains(kind), "{printed}");
        }
        tests::eventually("the running server has both", || keys_of(world).len() == 2);
        let new = world.token(&["--role", "SECURITY_ADMIN"]);
        assert!(roles(world, &old).is_array() && roles(world, &new).is_array());
        let query = "{ accounts(where: { username: { eq: \"li.si\" } }) { nodes { phone } } }";
        let answer = world.ask_for(&new, "INSPECTION", query, json!({}));
        assert_eq!(answer["data"]["accounts"]["nodes"][0]["phone"], "13800000001", "sealed under the key of before");
        world.succeed(&["keys", "forget", &before[0]]);
        tests::eventually("the old key is out", || roles(world, &old) == "UNAUTHENTICATED");
        assert!(roles(world, &new).is_array());
        world.refused(1, &["keys", "forget", &before[0]]);
        verified(world);
    }
}
