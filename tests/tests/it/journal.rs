//! The journal: any changed, removed, swapped or cut-off entry is named, and any row changed behind
//! the program's back.

use tests::World;

/// Several entries in several blocks.
fn world_with_history(world: &World) {
    for n in 1..5 {
        let file = world.file("d.csv", &format!("区划代码,名称,级别\n43019900{n},街道{n},TOWN\n"));
        world.succeed(&["import", "divisions", &file]);
    }
    assert!(world.succeed(&["audit", "verify", "--records"]).contains("faults 0"));
}

/// The tampering is found, and what is printed names it.
fn found(world: &World, sql: &str, sign: &str) {
    world.tamper(sql);
    let text = world.refused(1, &["audit", "verify", "--records"]);
    assert!(text.contains(sign), "{sql}: {text}");
}

tests::on_both! {
    a_changed_entry_is_named(world) {
        world_with_history(world);
        found(world, "UPDATE journal_entry SET actor = 'somebody' WHERE position = 3", "position 3 ");
    }

    a_changed_body_is_named(world) {
        world_with_history(world);
        found(world, "UPDATE journal_entry SET body = replace(body, 'Division', 'Divisiom') WHERE position = 2", "position 2 ");
    }

    a_removed_entry_is_named(world) {
        world_with_history(world);
        found(world, "DELETE FROM journal_entry WHERE position = 5", "position 5 was removed");
    }

    swapped_entries_are_named(world) {
        world_with_history(world);
        world.tamper("UPDATE journal_entry SET position = -1 WHERE position = 2");
        world.tamper("UPDATE journal_entry SET position = 2 WHERE position = 3");
        world.tamper("UPDATE journal_entry SET position = 3 WHERE position = -1");
        let text = world.refused(1, &["audit", "verify"]);
        assert!(text.contains("position 2 ") && text.contains("position 3 "), "{text}");
    }

    a_cut_off_tail_is_named(world) {
        world_with_history(world);
        world.tamper("DELETE FROM journal_entry WHERE position > (SELECT last_position FROM journal_block WHERE number = 2)");
        world.tamper("DELETE FROM journal_block WHERE number > 2");
        let text = world.refused(1, &["audit", "verify"]);
        assert!(text.contains("cut off"), "{text}");
    }

    a_forged_block_is_named(world) {
        world_with_history(world);
        found(world, "UPDATE journal_block SET leaves = root WHERE number = 1", "block 1");
    }

    a_row_changed_by_hand_is_named(world) {
        world_with_history(world);
        found(world, "UPDATE division SET name = 'X' WHERE code = '430199001000'", "is not what the journal left");
    }

    a_row_removed_or_added_by_hand_is_named(world) {
        world_with_history(world);
        found(world, "DELETE FROM division WHERE code = '430199002000'", "was removed");
        found(world, "INSERT INTO division (id, code, name, level, version, voided) VALUES (99999999, '430199777000', 'Y', 'TOWN', 1, false)", "stands in no journal entry");
    }
}
