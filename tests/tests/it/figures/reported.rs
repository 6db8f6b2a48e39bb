//! What was never reported is not nought (design §5): no value and the reason in the API, no sentence in the report, until
//! a first record stands; from then on nothing is zero, even once that record is taken back.

use serde_json::{Value, json};
use tests::{World, on_both};

use super::staff::{DIVISIONS, import};

const CENTRES: &str = "机构编号,名称,类别,区划代码,床位数,状态
K1,甲院,养老机构,430199001001,80,运营
";

/// A neighbour that reports nothing.
const NEIGHBOUR: &str = "430198000000,乙区,DISTRICT,430100000000
";

fn load(world: &World) {
    import(world, "divisions", &format!("{DIVISIONS}{NEIGHBOUR}"));
    import(world, "centres", CENTRES);
}

/// Value, display and reason of each figure.
fn told(world: &mut World, role: &str, place: &str, codes: &[&str]) -> Vec<(Value, Value, Value)> {
    let token = world.token(&["--role", role, "--scope", &place[..6]]);
    let query = "query R($division: DivisionCode!, $codes: [String!]) { figures(division: $division, \
        period: { year: 2023, half: H1 }, codes: $codes) { figures { value display reason suppressed yearOnYear \
        rows(first: 1) { totalCount } series(by: MONTH, last: 6) { value display } } } }";
    let query = if role == "SCREEN" { query.replace("rows(first: 1) { totalCount }", "") } else { query.to_owned() };
    let answer = world.data_as(&token, &query, json!({ "division": place, "codes": codes }));
    let figures = answer["figures"]["figures"].as_array().expect("figures").clone();
    world.stop();
    let one = |figure: &Value| {
        let series = figure["series"].as_array().expect("points");
        if figure["reason"] == "NOT_REPORTED" {
            assert_eq!((&figure["suppressed"], &figure["yearOnYear"]), (&json!(false), &Value::Null), "{figure}");
            assert!(series.iter().all(|point| point["value"].is_null() && point["display"] == "—"), "{figure}");
        }
        (figure["value"].clone(), figure["display"].clone(), figure["reason"].clone())
    };
    figures.iter().map(one).collect()
}

fn never() -> (Value, Value, Value) {
    (Value::Null, json!("—"), json!("NOT_REPORTED"))
}

fn number(value: &str) -> (Value, Value, Value) {
    (json!(value), json!(value), Value::Null)
}

fn none(reason: &str) -> (Value, Value, Value) {
    (Value::Null, json!("—"), json!(reason))
}

/// Figures over or of what is not there, of every kind, and of both counts of a ratio.
const NEVER: [&str; 18] = [
    "F1",
    "F1.PERSONS",
    "F2",
    "F3",
    "F4",
    "F5",
    "F7",
    "F8",
    "F9",
    "F9.DUE",
    "F9.PARTICIPATION",
    "F12",
    "F15",
    "D37",
    "D38",
    "D43",
    "D59.ITEMS",
    "D106.COUNCIL",
];

fn report(world: &World, format: &str) -> String {
    world.succeed(&["report", "--division", "430199", "--period", "2023H1", "--format", format, "--draft"])
}

on_both! {
    what_was_never_reported_is_no_nought(world) {
        load(world);
        assert_eq!(told(world, "DISTRICT_ADMIN", "430199", &NEVER), NEVER.map(|_| never()));
        assert_eq!(told(world, "SCREEN", "430199", &NEVER), NEVER.map(|_| never()));
        // What was reported is counted, and every other reason is told as what it is.
        let others = ["D35", "D36", "D01", "D64", "F0"];
        assert_eq!(told(world, "DISTRICT_ADMIN", "430199", &others), [
            number("0"), number("0.00"), none("NOT_FED"), never(), (Value::Null, json!("甲区"), Value::Null),
        ]);
        // One inspection, years ago: from then on none in the half-year is no coverage.
        let file = world.file("inspections.csv", "检查编号,机构编号,检查日期,检查表版本,应答项数,已答项数,检查人\n\
            I1,K1,2020-05-10,2023,42,42,王五\n");
        let sheet: Value = serde_json::from_str(&world.succeed(&["import", "inspections", &file, "--json"])).expect("JSON");
        let inspected = ["D37", "D95", "D38", "D39"];
        let since = [number("0.00"), number("0.00"), never(), never()];
        assert_eq!(told(world, "DISTRICT_ADMIN", "430199", &inspected), since);
        assert_eq!(told(world, "SCREEN", "430199", &inspected), since);
        // Of a town of the district that has no centre at all too; not of a neighbour.
        assert_eq!(told(world, "DISTRICT_ADMIN", "430199002", &["D35", "D37"]), [number("0"), none("NOTHING_COUNTED")]);
        assert_eq!(told(world, "DISTRICT_ADMIN", "430198", &["D35", "D37"]), [never(), never()]);
        // It once stood there.
        world.succeed(&["import", "--undo", &sheet["id"].as_i64().expect("an id").to_string()]);
        assert_eq!(told(world, "DISTRICT_ADMIN", "430199", &inspected), since);
    }

    parts_of_a_place_have_no_nought_either(world) {
        load(world);
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let query = "{ figures(division: \"430199\", period: { year: 2023, half: H1 }, codes: [\"D35\", \"F3\", \"D37\"]) { \
            figures { breakdown(level: TOWN) { nodes { value display suppressed } } } } }";
        let told = world.data_as(&token, query, json!({}));
        let parts = |n: usize| told["figures"]["figures"][n]["breakdown"]["nodes"].as_array().expect("towns").clone();
        let zero = json!({ "value": "0", "display": "0", "suppressed": false });
        let nothing = json!({ "value": null, "display": "—", "suppressed": false });
        assert_eq!((parts(0), parts(1), parts(2)), (vec![zero; 3], vec![nothing.clone(); 3], vec![nothing; 3]));
    }

    the_report_has_no_sentence_of_it(world) {
        load(world);
        let text = report(world, "md");
        for wrong in ["检查覆盖", "0类", "0项", "0人次", "0家", "0起", "0元"] {
            assert!(!text.contains(wrong), "{wrong}: {text}");
        }
        assert!(text.contains("| 救助保障困难对象 | 人次 | 暂未上报 | — | — |"), "{text}");
        let json: Value = serde_json::from_str(&report(world, "json")).expect("JSON");
        for code in ["F1", "F9", "F15", "D37", "D59.CLASSES"] {
            let figure = &json["figures"][code];
            assert_eq!((&figure["value"], &figure["display"]), (&Value::Null, &json!("—")), "{code}: {figure}");
        }
        import(world, "items", "事项编码,名称,类别,法定时限,承诺时限,时限单位,进驻政务中心,设定依据,收费\n\
            X1,低保确认,行政确认,30,20,工作日,是,甲,否\n");
        import(world, "inspections", "检查编号,机构编号,检查日期,检查表版本,应答项数,已答项数,检查人\n\
            I1,K1,2022-05-10,2023,42,42,王五\n");
        let text = report(world, "md");
        assert!(text.contains("共1类1项") && text.contains("养老机构安全检查覆盖率0%"), "{text}");
    }

    a_report_of_a_running_time_says_what_it_compares(world) {
        load(world);
        world.set("MINZHENG_TODAY", "2023-05-17");
        let text = report(world, "md");
        assert!(text.contains("（数据截至5月17日）"), "{text}");
        let compared = "同比为2023年1月1日至2023年5月17日与2022年1月1日至2022年5月17日相比；\
            环比为2023年1月1日至2023年5月17日与2022年7月1日至2022年11月14日相比。";
        assert!(text.contains(compared), "{text}");
        let json: Value = serde_json::from_str(&report(world, "json")).expect("JSON");
        assert_eq!(json["comparedTo"], json!({
            "yearOnYear": { "from": "2022-01-01", "to": "2022-05-17" },
            "previousPeriod": { "from": "2022-07-01", "to": "2022-11-14" },
        }));
        world.set("MINZHENG_TODAY", "2023-06-30");
        let text = report(world, "md");
        assert!(!text.contains("相比") && text.contains("（数据截至6月底）"), "{text}");
    }
}
