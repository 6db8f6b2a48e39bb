//! Imports: the same again changes nothing, corrections, rehearsal, refused rows, undo.

use serde_json::{Value, json};
use tests::World;

const HEADER: &str = "区划代码,名称,级别\n";

fn import(world: &World, arguments: &[&str]) -> Value {
    let output = world.run(&[&["import", "--json"], arguments].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn counts(outcome: &Value) -> Value {
    json!([outcome["state"], outcome["created"], outcome["changed"], outcome["unchanged"], outcome["refused"]])
}

fn names(world: &mut World) -> Value {
    world.data("{ divisions { nodes { name } } }", json!({}))["divisions"]["nodes"].clone()
}

tests::on_both! {
    the_same_sheet_again_changes_nothing(world) {
        let file = world.file("d.csv", &format!("{HEADER}430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n"));
        assert_eq!(counts(&import(world, &["divisions", &file])), json!(["ACCEPTED", 2, 0, 0, 0]));
        assert_eq!(counts(&import(world, &["divisions", &file])), json!(["ACCEPTED", 0, 0, 2, 0]));
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_correction_is_journalled_and_undo_gives_the_old_value_back(world) {
        let first = world.file("a.csv", &format!("{HEADER}430199,旧名区,DISTRICT\n"));
        let second = world.file("b.csv", &format!("{HEADER}430199,新名区,DISTRICT\n430199001,示例街道,TOWN\n"));
        import(world, &["divisions", &first]);
        let outcome = import(world, &["divisions", &second]);
        assert_eq!(counts(&outcome), json!(["ACCEPTED", 1, 1, 0, 0]));
        assert_eq!(names(world), json!([{ "name": "新名区" }, { "name": "示例街道" }]));
        import(world, &["--undo", &outcome["id"].to_string()]);
        assert_eq!(names(world), json!([{ "name": "旧名区" }]));
        world.succeed(&["audit", "verify", "--records"]);
        // Once undone, it cannot be undone again; loaded again, it stands again.
        world.refused(1, &["import", "--undo", &outcome["id"].to_string()]);
        assert_eq!(counts(&import(world, &["divisions", &second])), json!(["ACCEPTED", 1, 1, 0, 0]));
        world.succeed(&["audit", "verify", "--records"]);
    }

    undo_refuses_when_later_work_stands_on_it_and_changes_nothing(world) {
        let first = world.file("a.csv", &format!("{HEADER}430199,甲区,DISTRICT\n430199001,甲街道,TOWN\n"));
        let second = world.file("b.csv", &format!("{HEADER}430199001,乙街道,TOWN\n"));
        let outcome = import(world, &["divisions", &first]);
        import(world, &["divisions", &second]);
        world.refused(1, &["import", "--undo", &outcome["id"].to_string()]);
        assert_eq!(names(world), json!([{ "name": "甲区" }, { "name": "乙街道" }]));
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_rehearsal_tells_everything_and_changes_nothing(world) {
        let file = world.file("d.csv", &format!("{HEADER}430199,示例区,DISTRICT\n43019,错,TOWN\n"));
        assert_eq!(counts(&import(world, &["divisions", &file, "--dry-run"])), json!(["VALIDATED", 1, 0, 0, 1]));
        assert_eq!(names(world), json!([]));
        world.succeed(&["audit", "verify", "--records"]);
    }

    valid_rows_stand_and_refused_ones_are_named(world) {
        let file = world.file("d.csv", &format!("{HEADER}430199,示例区,DISTRICT\n4301990,错码,TOWN\n430199001,错级,VILLAGE\n430199100,,TOWN\n430199100201,示例村,村级\n430199100,示例镇,town\n"));
        let output = world.run(&["import", "divisions", &file]);
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        for sign in ["第 3 行 区划代码 [DIVISION_CODE]", "第 4 行 区划代码 [LEVEL]", "第 5 行 名称", "第 6 行 级别"] {
            assert!(errors.contains(sign), "{sign}: {errors}");
        }
        assert!(errors.contains("VILLAGE"), "the list of levels is shown: {errors}");
        assert_eq!(names(world), json!([{ "name": "示例区" }, { "name": "示例镇" }]));
    }

    refused_rows_come_back_as_a_sheet_to_mend_and_send_again(world) {
        let file = world.file("d.csv", &format!("{HEADER}430199,示例区,DISTRICT\n4301990,示例街道,TOWN\n430199100,示例镇,TOWN\n"));
        for ending in ["csv", "xlsx"] {
            let mend = world.folder().join(format!("mend.{ending}")).display().to_string();
            world.refused(1, &["import", "divisions", &file, "--mend", &mend]);
            assert!(std::fs::metadata(&mend).expect("the sheet").len() > 0);
        }
        let mend = world.folder().join("mend.csv").display().to_string();
        let text = std::fs::read_to_string(&mend).expect("the sheet");
        assert!(text.contains("4301990") && text.contains("DIVISION_CODE") && !text.contains("示例镇"), "{text}");
        std::fs::write(&mend, text.replacen("4301990", "430199001", 1)).expect("mended");
        assert_eq!(counts(&import(world, &["divisions", &mend])), json!(["ACCEPTED", 1, 0, 0, 0]));
        assert_eq!(names(world), json!([{ "name": "示例区" }, { "name": "示例街道" }, { "name": "示例镇" }]));
    }

    a_sheet_says_nothing_of_columns_that_it_does_not_have(world) {
        let places = format!("{HEADER}430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,示例村,VILLAGE\n");
        import(world, &["divisions", &world.file("d.csv", &places)]);
        let send = |world: &World, text: &str| counts(&import(world, &["persons", &world.file("p.csv", text)]));
        let officer = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let person = |world: &mut World| {
            let known = "{ persons(first: 2) { nodes { name phone address deathDate residence } } }";
            world.ask_for(&officer, "SERVICE", known, json!({}))["data"]["persons"]["nodes"][0].clone()
        };
        let whole = "证件号码,姓名,现住地代码,详细地址,联系电话,死亡日期
430199194306301013,王建国,430199001001,前进路1号,13800000000,2023-05-01
";
        assert_eq!(send(world, whole), json!(["ACCEPTED", 1, 0, 0, 0]));
        let mut told = person(world);
        assert_eq!((&told["deathDate"], &told["phone"]), (&json!("2023-05-01"), &json!("13800000000")));
        // A narrower sheet, as the desk next door keeps it: the same person, and nothing new.
        assert_eq!(send(world, "证件号码,姓名,现住地代码\n430199194306301013,王建国,430199001001\n"), json!(["ACCEPTED", 0, 0, 1, 0]));
        assert_eq!(send(world, "证件号码,姓名,现住地代码\n430199194306301013,王建华,430199001001\n"), json!(["ACCEPTED", 0, 1, 0, 0]));
        told["name"] = json!("王建华");
        assert_eq!(person(world), told);
        // A cell that is there and empty says nothing either; what is to go is said.
        assert_eq!(send(world, "证件号码,姓名,现住地代码,联系电话\n430199194306301013,王建华,430199001001,\n"), json!(["ACCEPTED", 0, 0, 1, 0]));
        assert_eq!(person(world), told);
        assert_eq!(send(world, "证件号码,姓名,现住地代码,联系电话\n430199194306301013,王建华,430199001001,清空\n"), json!(["ACCEPTED", 0, 1, 0, 0]));
        told["phone"] = json!(null);
        assert_eq!(person(world), told);
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_missing_header_is_one_error_and_nothing_is_taken(world) {
        let file = world.file("d.csv", "区划代码,名称\n430199,示例区\n");
        let output = world.run(&["import", "divisions", &file]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("级别"));
        assert_eq!(names(world), json!([]));
        world.refused(2, &["import", "nonsense", &file]);
    }

    real_divisions_of_a_province_are_taken_whole(world) {
        world.set("MINZHENG_DISTRICT", "430104");
        let file = tests::repository().join("tests/data/divisions-43.csv");
        let outcome = import(world, &["divisions", &file.display().to_string()]);
        assert_eq!(counts(&outcome), json!(["ACCEPTED", 31_691, 0, 0, 0]));
        let query = "{ town: divisions(where: { level: { eq: \"TOWN\" }, code: { within: \"430104\" } }) { totalCount }
                       village: divisions(where: { level: { eq: \"VILLAGE\" }, code: { within: \"430104\" } }) { totalCount } }";
        assert_eq!(world.data(query, json!({})), json!({ "town": { "totalCount": 19 }, "village": { "totalCount": 192 } }));
        world.succeed(&["audit", "verify", "--records"]);
    }
}
