//! The calculator: worked examples over the API, its reasons, its errors, policy by place and date.

use serde_json::{Value, json};
use tests::World;

const QUERY: &str = "query($input: AssessmentInput!) { assessEligibility(input: $input) {
    tier monthlyAmount householdIncome members { member tier monthlyAmount topUp }
    singleApplicants { member monthlyAmount } reasons { code left right passed text } } }";

fn load(world: &World) {
    for (kind, file) in [("divisions", "golden-2023H1/divisions.csv"), ("policies", "policies-example.csv")] {
        let file = tests::repository().join("tests/data").join(file);
        world.succeed(&["import", kind, &file.display().to_string()]);
    }
}

fn assess(world: &mut World, input: Value) -> Value {
    world.data(QUERY, json!({ "input": input }))["assessEligibility"].clone()
}

fn refused(world: &mut World, input: Value) -> Value {
    let answer = world.ask(QUERY, json!({ "input": input }));
    assert!(answer["data"].is_null(), "{answer}");
    answer["errors"][0].clone()
}

tests::on_both! {
    worked_examples_with_the_policy_of_the_place(world) {
        load(world);
        let e1 = assess(world, json!({ "members": [{ "age": 35, "wageIncome": "2500.00" }, { "age": 34 }, { "age": 8 }] }));
        assert_eq!((&e1["tier"], &e1["monthlyAmount"], &e1["householdIncome"]), (&json!("DIBAO"), &json!("240.00"), &json!("2000.00")));
        assert_eq!(e1["members"][2], json!({ "member": 2, "tier": "DIBAO", "monthlyAmount": "173.33", "topUp": "140.00" }));
        let income = e1["reasons"].as_array().unwrap().iter().find(|r| r["code"] == "DIBAO_INCOME").unwrap().clone();
        assert_eq!((&income["left"], &income["right"], &income["passed"]), (&json!("2000.00"), &json!("2100.00"), &json!(true)));
        assert!(income["text"].as_str().unwrap().contains("2000.00"));

        let e7 = json!({ "area": "RURAL", "members": [{ "birthDate": "1957-03-01", "otherIncome": "200.00", "abilitiesLost": 2, "capableSupporter": false }] });
        let e7 = assess(world, e7);
        assert_eq!((&e7["tier"], &e7["monthlyAmount"]), (&json!("TEKUN"), &json!("890.00")));

        let disabled = json!({ "age": 22, "disability": { "type": "PHYSICAL", "level": 2 } });
        let e5 = assess(world, json!({ "members": [{ "age": 50, "wageIncome": "3750.00" }, { "age": 48 }, disabled] }));
        assert_eq!(e5["singleApplicants"], json!([{ "member": 2, "monthlyAmount": "700.00" }]));
    }

    the_reasons_speak_in_the_terms_of_the_trade_and_show_every_fraction(world) {
        load(world);
        let input = json!({ "members": [{ "age": 35, "wageIncome": "1749.99" }], "policy": { "employmentDeduction": "0.2" } });
        let told = assess(world, input);
        let reason = |code: &str| told["reasons"].as_array().unwrap().iter().find(|r| r["code"] == code).unwrap_or_else(|| panic!("{code}: {told}")).clone();
        assert_eq!(reason("DIBAO_INCOME")["left"], "1399.992", "no fraction is rounded away");
        let car = reason("DIBAO_VEHICLE");
        assert_eq!((&car["left"], &car["right"]), (&json!("无车辆"), &json!("不得有车辆")));
        assert!(car["text"].as_str().unwrap().contains("低保"), "{car}");
        assert!(reason("RIGID_DWELLINGS")["text"].as_str().unwrap().contains("支出型困难家庭"), "its name on the day");
        for reason in told["reasons"].as_array().unwrap() {
            let text = reason["text"].as_str().unwrap();
            assert!(!text.bytes().any(|byte| byte.is_ascii_uppercase()) && !text.contains('-'), "{text}");
        }
        let tekun = assess(world, json!({ "members": [{ "age": 66, "capableSupporter": false, "otherIncome": "100.00" }], "dwellings": 5 }));
        let homes = tekun["reasons"].as_array().unwrap().iter().find(|r| r["code"] == "TEKUN_DWELLINGS").unwrap().clone();
        assert!(homes["text"].as_str().unwrap().contains("特困"), "{homes}");
        let wrong = refused(world, json!({ "members": [{ "age": 40 }], "policy": { "dwellings": { "dibao": -1, "edge": 1, "rigid": 1 } } }));
        assert_eq!((&wrong["extensions"]["code"], &wrong["extensions"]["path"]), (&json!("BAD_REQUEST"), &json!(["policy", "dwellings.dibao"])));
    }

    a_village_has_the_policy_of_its_district_unless_it_has_its_own(world) {
        load(world);
        let single = json!([{ "age": 40 }]);
        let there = |world: &mut World, code: &str| assess(world, json!({ "division": code, "members": single }))["monthlyAmount"].clone();
        assert_eq!(there(world, "430199001001"), "700.00");
        let own = world.file("p.csv", "区划代码,参数,城乡,生效日期,值\n430199001,dibao.standard,城市,2023-01-01,800\n");
        world.succeed(&["import", "policies", &own]);
        assert_eq!(there(world, "430199001001"), "800.00");
        assert_eq!(there(world, "430199100201"), "700.00");
        let before = assess(world, json!({ "division": "430199001001", "asOf": "2022-12-31", "members": single }));
        assert_eq!(before["monthlyAmount"], "700.00");
    }

    without_a_policy_its_name_is_told_and_overrides_are_enough(world) {
        let error = refused(world, json!({ "members": [{ "age": 40 }] }));
        assert_eq!((&error["extensions"]["code"], &error["extensions"]["parameter"]), (&json!("POLICY_MISSING"), &json!("dibao.standard")));
        let policy = json!({
            "standard": "700.00", "edgeRatio": "1.5", "disposableIncomeYear": "48000.00", "rigidRatio": "0.6", "employmentDeduction": "0.2",
            "assetMonths": { "dibao": 24, "edge": 36, "rigid": 48 }, "dwellings": { "dibao": 1, "edge": 2, "rigid": 2 },
            "vehicleValue": { "edge": "80000.00", "rigid": "100000.00" },
            "topUps": { "severeDisability": "0.3", "majorIllness": "0.3", "minor": "0.2", "aged": "0.2" },
            "tekunRatio": "1.3", "carePay": { "able": "60.00", "partial": "240.00", "total": "600.00" }, "pensionExcluded": true
        });
        let with = |car: Value| json!({ "policy": policy, "vehicleValue": car, "members": [{ "age": 40, "pensionIncome": "900.00" }] });
        assert_eq!(assess(world, with(Value::Null))["tier"], "DIBAO");
        assert_eq!(assess(world, with(json!("80000.00")))["tier"], "EDGE");
        assert_eq!(assess(world, with(json!("100000.01")))["tier"], "NONE");
    }

    what_cannot_be_is_named_with_its_path(world) {
        load(world);
        for (member, path) in [
            (json!({}), json!(["members", "0", "age"])),
            (json!({ "age": 30, "birthDate": "1990-01-01" }), json!(["members", "0", "age"])),
            (json!({ "birthDate": "2024-01-01" }), json!(["members", "0", "birthDate"])),
            (json!({ "age": 30, "wageIncome": "-0.01" }), json!(["members", "0", "wageIncome"])),
            (json!({ "age": 30, "abilitiesLost": 7 }), json!(["members", "0", "abilitiesLost"])),
            (json!({ "age": 30, "disability": { "type": "VISUAL", "level": 0 } }), json!(["members", "0", "disability", "level"])),
        ] {
            let error = refused(world, json!({ "members": [member] }));
            assert_eq!((&error["extensions"]["code"], &error["extensions"]["path"]), (&json!("BAD_REQUEST"), &path), "{error}");
        }
        // Once each sign cost a stack frame.
        for text in ["%".repeat(50_000), "5%".to_owned(), "7/2".to_owned()] {
            let answer = world.ask(QUERY, json!({ "input": { "members": [{ "age": 30, "wageIncome": text }] } }));
            assert!(answer["errors"][0]["message"].is_string(), "{answer}");
        }
        assert_eq!(refused(world, json!({ "members": [] }))["extensions"]["path"], json!(["members"]));
    }

    a_policy_value_that_no_rule_can_read_is_refused_at_the_door(world) {
        load(world);
        let file = world.file("p.csv", "区划代码,参数,生效日期,值\n430199,edge.ratio,2024-01-01,一倍半\n430199,dibao.standart,2024-01-01,1\n430199,rounding,2024-01-01,YUAN_CEIL\n");
        let output = world.run(&["import", "policies", &file]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(errors.contains("第 2 行 值 [VALUE]") && errors.contains("第 3 行 参数"), "{errors}");
    }
}
