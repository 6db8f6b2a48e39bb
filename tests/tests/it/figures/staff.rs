//! D22, D36, D37, D39, D73, D75–D81, D95 of a small district worked by hand, with zero denominators, and the parameters of
//! policy that decide figures.

use serde_json::{Value, json};
use tests::{World, golden, on_both};

pub(super) fn import(world: &World, kind: &str, text: &str) {
    let file = world.file(&format!("{kind}.csv"), text);
    let told: Value = serde_json::from_str(&world.succeed(&["import", kind, &file, "--json"])).expect("JSON");
    assert_eq!(told["refused"], 0, "{kind}: {told}");
}

pub(super) const DIVISIONS: &str = "区划代码,名称,级别,上级代码
430199000000,甲区,DISTRICT,430100000000
430199001000,东镇,TOWN,430199000000
430199002000,西镇,TOWN,430199000000
430199100000,南乡,TOWN,430199000000
430199001001,东村,VILLAGE,430199001000
430199002001,西村,VILLAGE,430199002000
430199100201,南村,VILLAGE,430199100000
";

// 东镇: K1 operates, K3 was suspended on 1 March. 西镇: K2 and K6 operate, K5 only from July, K4 is no institution.
const CENTRES: &str =
    "机构编号,名称,类别,区划代码,床位数,状态,状态日期,编制护理岗位,医养结合,签约有效期至,康复服务,备案日期
K1,甲院,养老机构,430199001001,80,运营,,4,签约,2023-06-30,有,2019-05-01
K2,乙院,嵌入式养老机构,430199002001,20,运营,,2,签约,2023-06-29,部分,2020-01-01
K3,丙院,敬老院,430199001001,50,暂停,2023-03-01,9,内设,,有,2020-05-01
K4,丁中心,居家养老服务中心,430199002001,0,运营,,,内设,,无,
K5,戊院,养老机构,430199002001,70,运营,,5,,,,2023-07-01
K6,己院,敬老院,430199002001,30,运营,,,,,,2021-05-01
";

const INSPECTIONS: &str = "检查编号,机构编号,检查日期,检查表版本,应答项数,已答项数,检查人
I1,K1,2023-05-10,2023,42,42,王五
I2,K2,2023-02-01,2023,42,42,王五
I3,K2,2023-06-01,2023,42,40,王五
I4,K6,2022-12-30,2022,42,42,王五
";

// One is put right on the last day, one the day after; one has no photo, but in an inspection that is not the latest.
const HAZARDS: &str = "隐患编号,检查编号,等级,描述,责任人,整改期限,整改日期,复核日期,复核人,照片
Y1,I1,重大,通道堵塞,李四,2023-06-20,2023-06-19,2023-06-30,王五,1.jpg
Y2,I2,一般,灭火器过期,李四,2023-03-01,2023-06-30,2023-07-01,王五,
Y3,I4,一般,漏电,李四,2023-07-01,,,,3.jpg
";

pub(super) fn worker(n: usize) -> String {
    // 430199 1970-01-0n 00n, by the check of GB 11643.
    let body = format!("43019919700101{n:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    format!("{body}{}", &"10X98765432"[sum % 11..=sum % 11])
}

fn workers() -> String {
    let mut text =
        "证件号码,姓名,机构编号,岗位,入职日期,离职日期,证书等级,证书有效期至,培训年度,培训学时,考核结果\n".to_owned();
    for (n, rest) in [
        // certified until the last day, trained, passed: 29 months
        (1, "K1,护理,2021-01-15,,5,2023-06-30,2023,24,合格"),
        // expired the day before; just enough hours; failed: 12 months
        (2, "K1,护理,2022-06-30,,4,2023-06-29,2023,20,不合格"),
        // nothing: 4 months, since there is no 31 June
        (3, "K1,护理,2023-01-31,,,,2022,99,合格"),
        // no longer there on the last day
        (4, "K1,护理,2020-05-01,2023-06-30,3,,2023,40,合格"),
        // not at the front
        (5, "K1,管理,2020-05-01,,3,,2023,40,合格"),
        // hired on the last day, certified without an end: 0 months
        (6, "K2,护理,2023-06-30,,3,,,,"),
        // the second again, at another centre: one person, two spells; 1 month
        (2, "K2,护理,2023-05-01,,,,,,"),
        // left on the first day of the period: there at its beginning
        (7, "K2,护理,2022-01-01,2023-01-01,,,,,"),
    ] {
        text.push_str(&format!("{},护理员{n},{rest}\n", worker(n)));
    }
    text
}

pub(super) fn load(world: &World) {
    import(world, "divisions", DIVISIONS);
    let persons: String = (11..14).map(|n| format!("{},老人{n},430199001001\n", worker(n))).collect();
    import(world, "persons", &format!("证件号码,姓名,现住地代码\n{persons}"));
    import(world, "centres", CENTRES);
    import(world, "inspections", INSPECTIONS);
    import(world, "hazards", HAZARDS);
    import(world, "care-workers", &workers());
    let stays = format!(
        "机构编号,证件号码,入住日期,离开日期\nK1,{},2022-03-01,\nK1,{},2023-06-30,\nK1,{},2023-01-01,2023-06-30\n",
        worker(11),
        worker(12),
        worker(13)
    );
    import(world, "stays", &stays);
    // 西镇 has no statistics of its own before the period ends, and its village has none: the district's own count.
    import(
        world,
        "division-statistics",
        "区划代码,日期,常住人口,60岁以上\n430199000000,2022-12-31,100000,20000\n430199000000,2023-07-01,100000,1\n\
         430199001001,2023-06-30,3000,2000\n",
    );
}

const FIGURES: &str = "query F($division: DivisionCode!, $period: PeriodInput!, $codes: [String!]) { \
    figures(division: $division, period: $period, codes: $codes) { figures { code value display target } } }";

pub(super) fn values(world: &mut World, division: &str, period: Value, expected: &[(&str, Option<&str>)]) {
    let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let codes: Vec<&str> = expected.iter().map(|(code, _)| *code).collect();
    let told = world.data_as(&token, FIGURES, json!({ "division": division, "period": period, "codes": codes }));
    for ((code, value), figure) in expected.iter().zip(told["figures"]["figures"].as_array().expect("figures")) {
        assert_eq!(figure["value"], json!(value), "{code} of {division}: {figure}");
        assert!(value.is_some() || figure["display"] == "—", "{figure}");
    }
}

pub(super) fn half(year: i32, half: &str) -> Value {
    json!({ "year": year, "half": half })
}

on_both! {
    a_small_district_worked_by_hand(world) {
        load(world);
        values(world, "430199", half(2023, "H1"), &[
            ("D75", Some("50.00")), // 1 and 6 of 1, 2, 3, 6
            ("D76", Some("50.00")), // 1 and 2
            ("D77", Some("50.00")), // 1 of 1 and 2
            ("D78", Some("44.44")), // 4 and 7, over the mean of 1 2 4 7 and 1 2 3 6 2
            ("D79", Some("16.67")), // one of six posts
            ("D80", Some("9.20")),  // (29 + 12 + 4 + 0 + 1) / 5
            ("D81", Some("0.50")),  // two residents, four workers
            ("D95", Some("33.33")), // K1 of K1, K2, K6
            ("D37", Some("50.00")), // K1 and K2 of K1, K2, K4, K6
            ("D36", Some("50.00")), // K1 and K4
            ("D39", Some("50.00")), // Y1 of Y1 and Y2
            ("D73.REHAB", Some("50.00")), // K1 and K2 of four
            ("D73.HOSPICE", Some("0.00")),
            ("D22", Some("6.50")), // 130 beds, 20,000 persons
            ("D38", Some("2")),
            ("D38.MAJOR", Some("1")),
        ]);
        // Before its suspension K3 was asked for too; K6 had a complete file then.
        values(world, "430199", half(2022, "H2"), &[("D95", Some("25.00")), ("D38", Some("1")), ("D36", Some("80.00"))]);
        values(world, "430199002", half(2023, "H1"), &[("D75", Some("50.00")), ("D95", Some("0.00")), ("D22", None)]);
        values(world, "430199001", half(2023, "H1"), &[("D75", Some("33.33")), ("D22", Some("40.00"))]);
        // Nothing there is no zero.
        values(world, "430199100", half(2023, "H1"), &[
            ("D75", None), ("D76", None), ("D77", None), ("D78", None), ("D79", None), ("D80", None), ("D81", None),
            ("D95", None), ("D36", None), ("D39", None), ("D22", None), ("D38", Some("0")),
        ]);
    }

    a_figure_without_a_source_is_no_zero(world) {
        load(world);
        values(world, "430199", half(2023, "H1"), &[("D01", None), ("D45", None), ("D98", None), ("D64", None)]);
        let told = world.data("{ indicators(codes: [\"D01\", \"D75\", \"F5\"]) { code fed kind decimals denominator parameters } }", json!({}));
        assert_eq!(told["indicators"], json!([
            { "code": "F5", "fed": true, "kind": "STOCK", "decimals": 0, "denominator": null, "parameters": ["renovation.withdrawn"] },
            { "code": "D01", "fed": false, "kind": "RATIO", "decimals": 2, "denominator": null, "parameters": [] },
            { "code": "D75", "fed": true, "kind": "RATIO", "decimals": 2, "denominator": "期末在岗的一线护理员，按人去重",
              "parameters": ["care_worker.certificates"] },
        ]));
    }

    parameters_of_policy_decide_and_targets_are_told(world) {
        load(world);
        let order = std::fs::read_to_string(golden("order.txt")).expect("the order");
        for kind in order.lines().filter(|kind| !["", "centres"].contains(kind)) {
            let file = golden(&format!("{kind}.csv"));
            if ["home-beds", "charters", "councils"].contains(&kind) {
                continue;
            }
            world.succeed(&["import", kind, &file]);
        }
        let policies = "区划代码,参数,生效日期,失效日期,值,依据文号
430199000000,care_worker.certificates,2023-01-01,,5 4,甲
430199000000,care_worker.training_hours,2023-01-01,,21,甲
430199000000,temp_aid_count_rule,2020-01-01,,CASES,甲
430199000000,renovation.withdrawn,2020-01-01,,KEEP,甲
430199000000,f8.kinds,2020-01-01,2023-03-01,ORPHAN,甲
430199001000,target.D75,2023-01-01,,80,甲
430199000000,target.D75,2023-01-01,,60.5,甲
";
        let before = figures(world, "430199", &["F1", "F5", "F8"]);
        import(world, "policies", policies);
        world.succeed(&["figures", "verify"]);
        values(world, "430199", half(2023, "H1"), &[("D75", Some("25.00")), ("D76", Some("25.00"))]);
        values(world, "430199", half(2022, "H2"), &[("D75", Some("75.00"))]);
        let after = figures(world, "430199", &["F1", "F5", "F8"]);
        // One grant for two; the household that withdrew stays; in January and February only orphans are paid F8 money.
        assert_eq!((&before[0]["value"], &after[0]["value"]), (&json!("30"), &json!("29")));
        assert_eq!((&before[1]["value"], &after[1]["value"]), (&json!("40"), &json!("41")));
        assert_eq!((&before[2]["value"], &after[2]["value"]), (&json!("14400.00"), &json!("11800.00")));
        // The nearest place's target, and that of the clause.
        let goal = |world: &mut World, place: &str, code: &str| figures(world, place, &[code])[0]["target"].clone();
        assert_eq!(goal(world, "430199001", "D75"), "80");
        assert_eq!(goal(world, "430199", "D75"), "60.5");
        assert_eq!(goal(world, "430199", "D95"), "100");
        assert_eq!(goal(world, "430199", "F1"), Value::Null);
        let bad = world.file("bad.csv", "区划代码,参数,生效日期,值\n430199000000,f8.kinds,2023-01-01,NOTHING\n");
        world.refused(1, &["import", "policies", &bad]);
        let bad = world.file("bad.csv", "区划代码,参数,生效日期,值\n430199000000,target.X9,2023-01-01,5\n");
        world.refused(1, &["import", "policies", &bad]);
    }
}

pub(super) fn figures(world: &mut World, division: &str, codes: &[&str]) -> Vec<Value> {
    let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let told =
        world.data_as(&token, FIGURES, json!({ "division": division, "period": half(2023, "H1"), "codes": codes }));
    let told = told["figures"]["figures"].as_array().expect("figures").clone();
    world.stop();
    told
}
