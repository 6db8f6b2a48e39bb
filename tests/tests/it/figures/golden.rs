//! The worked half-year of the domain (§1.8): its sheets give exactly its figures, on both databases, and each figure can
//! be opened down to rows that add up to it.

use std::collections::HashMap;

use serde_json::{Value, json};
use tests::{World, golden, on_both};

/// Sheets in the order of loading.
fn kinds() -> Vec<String> {
    let order = std::fs::read_to_string(golden("order.txt")).expect("the order");
    order.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
}

fn import(world: &World, kind: &str) -> Value {
    let told = world.succeed(&["import", kind, &golden(&format!("{kind}.csv")), "--json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["refused"], 0, "{kind}: {told}");
    told
}

fn load(world: &World, kinds: &[String]) -> HashMap<String, i64> {
    kinds.iter().map(|kind| (kind.clone(), import(world, kind)["id"].as_i64().expect("an id"))).collect()
}

const FIGURES: &str = "query F($codes: [String!]) { figures(division: \"430199\", period: { year: 2023, half: H1 }, \
    codes: $codes) { division { name } figures { code unit value amount display \
    rows(first: 100) { totalCount nodes { id value amount part division node { id } } } \
    explain { definition notCounted { reason count } } } } }";

/// What must come out: figures of the report, and those besides.
fn expected() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(golden("expected.json")).expect("what is expected");
    let told: Value = serde_json::from_str(&text).expect("JSON");
    let of = |name: &str| told[name].as_object().expect("figures").clone();
    let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    of("figures").iter().chain(of("besides").iter()).map(|(code, value)| (code.clone(), words(value))).collect()
}

/// A decimal as fen-like pieces: exact for what the figures show.
fn pieces(text: &str) -> i128 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = format!("{part:0<8}");
    sign * (whole.parse::<i128>().expect("a number") * 100_000_000 + part.parse::<i128>().expect("decimals"))
}

/// Rounded half-up to two decimals, from a quotient of pieces times a factor.
fn percent(over: i128, under: i128) -> String {
    let hundredths = (over * 100 * 100 * 2 + under) / (under * 2);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn rounded(pieces: i128, decimals: u32) -> String {
    let unit = 10_i128.pow(8 - decimals);
    let whole = (pieces * 2 + unit) / (unit * 2);
    let tens = 10_i128.pow(decimals);
    if decimals == 0 {
        whole.to_string()
    } else {
        format!("{}.{:0w$}", whole / tens, whole % tens, w = decimals as usize)
    }
}

fn check(world: &mut World) {
    let expected = expected();
    let codes: Vec<&str> = expected.iter().map(|(code, _)| code.split(' ').next().expect("a code")).collect();
    let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let told = world.data_as(&token, FIGURES, json!({ "codes": codes }));
    let figures = told["figures"]["figures"].as_array().expect("figures").clone();
    for (code, value) in &expected {
        if let Some(code) = code.strip_suffix(" amount") {
            let figure = figures.iter().find(|figure| figure["code"] == code).expect(code);
            assert_eq!(figure["amount"], json!(value), "{code} in yuan");
            continue;
        }
        let figure = figures.iter().find(|figure| figure["code"] == code.as_str()).expect(code);
        assert_eq!(figure["value"], json!(value), "{code}: {figure}");
        adds_up(figure);
    }
    world.stop();
}

/// Rows added up and rounded give the figure; of a ratio the numerators over the denominators do.
fn adds_up(figure: &Value) {
    let rows = figure["rows"]["nodes"].as_array().expect("rows");
    let code = figure["code"].as_str().expect("a code");
    assert_eq!(figure["rows"]["totalCount"], json!(rows.len()), "{code}");
    assert!(rows.iter().all(|row| !row["node"].is_null()), "{code}: a row leads nowhere");
    let sum = |part: Option<&str>| -> i128 {
        let of = rows.iter().filter(|row| row["part"].as_str() == part);
        of.map(|row| pieces(row["value"].as_str().expect("a value"))).sum()
    };
    let value = figure["value"].as_str().expect("a value");
    if figure["unit"] == "%" {
        assert_eq!(percent(sum(Some("NUMERATOR")), sum(Some("DENOMINATOR"))), value, "{code}");
        return;
    }
    let decimals = value.split_once('.').map_or(0, |(_, part)| u32::try_from(part.len()).expect("few"));
    assert_eq!(rounded(sum(None), decimals), value, "{code}");
    if let Some(amount) = figure["amount"].as_str() {
        let amounts: i128 = rows.iter().map(|row| pieces(row["amount"].as_str().expect("an amount"))).sum();
        assert_eq!(rounded(amounts, 2), amount, "{code}");
    }
}

fn agrees(world: &World) {
    world.succeed(&["figures", "verify"]);
    world.succeed(&["audit", "verify", "--records"]);
}

on_both! {
    all_sheets_give_the_figures_and_again_change_nothing(world) {
        let kinds = kinds();
        load(world, &kinds);
        check(world);
        for kind in &kinds {
            let told = import(world, kind);
            assert_eq!((&told["created"], &told["changed"]), (&0.into(), &0.into()), "{kind}: {told}");
        }
        check(world);
        agrees(world);
    }

    each_sheet_undone_and_loaded_again_gives_the_same(world) {
        let kinds = kinds();
        let ids = load(world, &kinds);
        // Persons whom later sheets name are not taken back.
        world.refused(1, &["import", "--undo", &ids["persons"].to_string()]);
        // Backwards all can be undone.
        for kind in kinds.iter().rev() {
            world.succeed(&["import", "--undo", &ids[kind].to_string()]);
            world.succeed(&["figures", "verify"]);
        }
        let gone = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let told = world.data_as(&gone, "{ figures(division: \"430199\", period: { year: 2023, half: H1 }, \
            codes: [\"F1\", \"F3\", \"F5\", \"F9\", \"F12\", \"F15\", \"D105\"]) { figures { code value } } }", json!({}));
        for figure in told["figures"]["figures"].as_array().expect("figures") {
            let nothing = match figure["code"].as_str().expect("a code") {
                "D105" => Value::Null,
                "F15" => json!("0.00"),
                _ => json!("0"),
            };
            assert_eq!(figure["value"], nothing, "{figure}");
        }
        world.stop();
        // Another legal order: what others stand on first, the rest backwards.
        let first = ["divisions", "persons", "households", "household-members", "centres", "organisations"];
        let standing: Vec<String> =
            kinds.iter().filter(|kind| ["recognitions", "temporary-aid", "welfare-benefits"].contains(&kind.as_str())).cloned().collect();
        let mut order: Vec<String> = first.iter().map(|kind| (*kind).to_owned()).collect();
        order.extend(kinds.iter().rev().filter(|kind| {
            !first.contains(&kind.as_str()) && !standing.contains(kind) && kind.as_str() != "payments"
        }).cloned());
        order.extend(standing);
        order.push("payments".to_owned());
        load(world, &order);
        check(world);
        agrees(world);
    }

    a_cell_changed_by_hand_is_named_and_rebuilt(golden world) {
        world.tamper("UPDATE figure_cell SET value = value + 1 WHERE code = 'F2' AND level = 'DISTRICT'");
        let told = world.refused(1, &["figures", "verify"]);
        assert!(told.contains("F2 DISTRICT 430199000000 MONTH 2023-01-01"), "{told}");
        world.succeed(&["figures", "rebuild"]);
        world.succeed(&["figures", "verify"]);
    }

    what_was_not_counted_is_told_with_its_reason(golden world) {
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let told = world.data_as(&token, FIGURES, json!({ "codes": ["F2", "F7"] }));
        let figures = &told["figures"]["figures"];
        let reasons = figures[0]["explain"]["notCounted"].as_array().expect("reasons");
        assert!(reasons.contains(&json!({ "reason": "退回", "count": 1 })), "{reasons:?}");
        assert!(reasons.contains(&json!({ "reason": "追缴", "count": 1 })), "{reasons:?}");
        assert_eq!(figures[1]["explain"]["notCounted"], json!([{ "reason": "录错作废", "count": 1 }]));
    }
}
