//! Exports: what is written can be read again, in both formats, and says the same.

use serde_json::Value;
use tests::{World, golden, on_both};

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

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn round(world: &World, ending: &str) {
    for kind in KINDS {
        world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
    }
    let other = World::new(world.on());
    for kind in KINDS {
        let file = world.folder().join(format!("{kind}.{ending}")).display().to_string();
        let rows = json(&world.succeed(&["export", kind, &file, "--json"]))["rows"].clone();
        assert_ne!(rows, 0, "{kind}");
        let same = json(&world.succeed(&["import", kind, &file, "--json"]));
        assert_eq!(same["unchanged"], rows, "{kind}: {same}");
        let new = json(&other.succeed(&["import", kind, &file, "--json"]));
        assert_eq!((&new["created"], &new["refused"]), (&rows, &0.into()), "{kind}: {new}");
    }
    other.succeed(&["figures", "verify"]);
}

on_both! {
    a_csv_sheet_that_was_written_is_read_as_the_same(world) {
        round(world, "csv");
    }

    a_workbook_that_was_written_is_read_as_the_same(world) {
        round(world, "xlsx");
    }
}
