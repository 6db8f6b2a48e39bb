//! The worked half-year of the domain (§1.8): its sheets give exactly its figures, on both databases.

use tests::{World, golden, on_both};

/// Sheets of this program's kinds, in the order of loading.
const KINDS: [&str; 8] = [
    "divisions",
    "persons",
    "households",
    "household-members",
    "recognitions",
    "temporary-aid",
    "welfare-benefits",
    "payments",
];

fn load(world: &World) -> Vec<i64> {
    let mut ids = Vec::new();
    for kind in KINDS {
        let file = golden(&format!("{kind}.csv"));
        let told: serde_json::Value =
            serde_json::from_str(&world.succeed(&["import", kind, &file, "--json"])).expect("JSON");
        assert_eq!(told["refused"], 0, "{kind}: {told}");
        ids.push(told["id"].as_i64().expect("an id"));
    }
    ids
}

on_both! {
    the_same_rows_again_change_nothing(world) {
        load(world);
        for kind in KINDS {
            let file = golden(&format!("{kind}.csv"));
            let told: serde_json::Value =
                serde_json::from_str(&world.succeed(&["import", kind, &file, "--json"])).expect("JSON");
            assert_eq!((&told["created"], &told["changed"]), (&0.into(), &0.into()), "{kind}: {told}");
        }
        world.succeed(&["figures", "verify"]);
        world.succeed(&["audit", "verify", "--records"]);
    }

    undo_goes_back_from_the_last_sheet_to_the_first_and_not_before(world) {
        let ids = load(world);
        // Persons whom later sheets name are not taken back.
        world.refused(1, &["import", "--undo", &ids[1].to_string()]);
        for id in ids.iter().rev() {
            world.succeed(&["import", "--undo", &id.to_string()]);
            world.succeed(&["figures", "verify"]);
        }
        world.succeed(&["audit", "verify", "--records"]);
        load(world);
        world.succeed(&["figures", "verify"]);
    }

    a_cell_changed_by_hand_is_named_and_rebuilt(world) {
        load(world);
        world.tamper("UPDATE figure_cell SET value = value + 1 WHERE code = 'F2' AND level = 'DISTRICT'");
        let told = world.refused(1, &["figures", "verify"]);
        assert!(told.contains("F2 DISTRICT 430199000000 MONTH 2023-01-01"), "{told}");
        world.succeed(&["figures", "rebuild"]);
        world.succeed(&["figures", "verify"]);
    }
}
