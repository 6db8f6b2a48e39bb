//! The journal: any changed, removed, swapped or cut-off entry is named, and any row changed behind
//! the program's back.

use serde_json::json;
use tests::World;

use crate::batch::village;

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

    a_change_in_any_column_of_an_entry_is_named_and_taken_back_agrees_again(world) {
        world_with_history(world);
        // Of every column its value is put aside, something else is put there, and the value is put back.
        for (column, other) in [
            ("at", "'2023-01-01 00:00:00+00:00'"), ("account_id", "COALESCE(account_id, 0) + 1"), ("actor", "actor || ' '"),
            ("kind", "'READ'"), ("command", "'recordPerson'"), ("command_version", "command_version + 1"),
            ("purpose", "'REVIEW'"), ("case_number", "'1'"), ("request_id", "'1'"), ("cause", "COALESCE(cause, '') || '0'"),
            ("happened_at", "'2023-01-01 00:00:00+00:00'"),
        ] {
            world.tamper("CREATE TABLE aside AS SELECT * FROM journal_entry WHERE position = 4");
            found(world, &format!("UPDATE journal_entry SET {column} = {other} WHERE position = 4"), "position 4 ");
            world.tamper(&format!("UPDATE journal_entry SET {column} = (SELECT {column} FROM aside) WHERE position = 4"));
            world.tamper("DROP TABLE aside");
        }
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_changed_byte_anywhere_in_a_body_is_named(world) {
        world_with_history(world);
        world.tamper("CREATE TABLE aside AS SELECT body FROM journal_entry WHERE position = 6");
        for part in 0..8 {
            let at = format!("1 + (length(body) - 1) * {part} / 7");
            let sql = format!(
                "UPDATE journal_entry SET body = substr(body, 1, {at} - 1) || CASE substr(body, {at}, 1) WHEN '0' THEN '1' ELSE '0' END || substr(body, {at} + 1) WHERE position = 6"
            );
            found(world, &sql, "position 6 ");
            world.tamper("UPDATE journal_entry SET body = (SELECT body FROM aside) WHERE position = 6");
        }
        world.tamper("DROP TABLE aside");
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_removed_block_and_the_entries_of_the_last_one_are_named(world) {
        world_with_history(world);
        found(world, "DELETE FROM journal_entry WHERE position = (SELECT MAX(position) FROM journal_entry)", "was removed");
        found(world, "DELETE FROM journal_block WHERE number = 2", "block 2 is missing");
    }

    a_payment_changed_by_hand_is_named(world) {
        for kind in ["divisions", "persons", "households", "household-members", "recognitions", "temporary-aid", "welfare-benefits", "payments"] {
            world.succeed(&["import", kind, &tests::golden(&format!("{kind}.csv"))]);
        }
        let named = |sql: &str, sign: &str, back: &str| {
            found(world, sql, sign);
            // The journal itself is as it was: only a look at the records tells.
            world.succeed(&["audit", "verify"]);
            world.tamper(back);
            world.succeed(&["audit", "verify", "--records"]);
        };
        let one = "WHERE number = 'P00001'";
        named(
            &format!("UPDATE payment SET amount_fen = amount_fen + 1 {one}"),
            "Payment ",
            &format!("UPDATE payment SET amount_fen = amount_fen - 1 {one}"),
        );
        named(
            &format!("UPDATE payment SET voided = true {one}"),
            "is not what the journal left",
            &format!("UPDATE payment SET voided = false {one}"),
        );
        let part = "WHERE id = (SELECT MIN(id) FROM payment_person)";
        named(
            &format!("UPDATE payment_person SET live = false {part}"),
            "PaymentPerson ",
            &format!("UPDATE payment_person SET live = true {part}"),
        );
        found(world, &format!("DELETE FROM payment_person {part}"), "was removed");
    }

    who_looked_cannot_be_hidden_from_the_person_nor_made_up(world) {
        let (_, officer, _) = village(world);
        let looked = world.ask_for(&officer, "INSPECTION", "{ persons { nodes { name } } }", json!({}));
        assert!(looked["errors"].is_null(), "{looked}");
        world.stop();
        assert!(world.succeed(&["audit", "verify", "--records"]).contains("faults 0"));
        let one = "WHERE id = (SELECT MIN(id) FROM person_access)";
        world.tamper("CREATE TABLE aside AS SELECT * FROM person_access");
        for (change, sign) in [
            ("UPDATE person_access SET fields = 'Person.sex'", "is not what the journal left"),
            ("UPDATE person_access SET at = '2023-01-01 00:00:00+00:00'", "is not what the journal left"),
            ("UPDATE person_access SET purpose = 'REVIEW'", "is not what the journal left"),
            ("UPDATE person_access SET actor = actor || ' '", "is not what the journal left"),
            ("UPDATE person_access SET entry_id = entry_id + 1", "stands in no journal entry"),
            ("DELETE FROM person_access", "was removed"),
        ] {
            found(world, &format!("{change} {one}"), sign);
            world.tamper("DELETE FROM person_access");
            world.tamper("INSERT INTO person_access SELECT * FROM aside");
        }
        world.succeed(&["audit", "verify", "--records"]);
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
