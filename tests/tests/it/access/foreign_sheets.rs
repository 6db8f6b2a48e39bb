//! Sheets of a neighbour: whatever an administrator of another district sends with the numbers of this one, rehearsed or
//! in earnest, nothing of this district changes and nothing is told of it. Kinds are read from the program, so that a new
//! one must be tried here too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::{World, eventually, golden, on_both, repository};

use super::matrix::{PERSONS, load, secrets, sheets};
use super::{text, verified};
use crate::files::{get, upload};

const START: &str =
    "mutation($input: StartImportInput!) { startImport(input: $input) { job { id } userErrors { code } } }";
const JOB: &str = "query($id: ID!) { job(id: $id) { state message finishedAt import { state notes created changed unchanged
    errors(first: 100) { nodes { row column value code message remedy } } mendSheet { address } outcomeSheet { address } } } }";

/// What became of a sheet.
pub struct Told {
    import: Value,
    /// All that the sender reads of it, sheets included.
    pub all: String,
}

impl Told {
    /// Codes by row: those of one row, in order.
    fn codes(&self) -> BTreeMap<String, Vec<String>> {
        let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for error in self.import["errors"]["nodes"].as_array().expect("errors") {
            codes.entry(text(&error["row"]).to_owned()).or_default().push(text(&error["code"]).to_owned());
        }
        codes
    }
}

/// Sends a sheet; the code of what forbids it, or what became of it.
pub fn send(world: &mut World, token: &str, kind: &str, content: &str, dry_run: bool) -> Result<Told, String> {
    let bearer = format!("Bearer {token}");
    let allowed = world.ask_with(&[("authorization", &bearer)], "{ viewer { availableCommands } }", json!({})).1;
    if !allowed["data"]["viewer"]["availableCommands"].to_string().contains("\"startImport\"") {
        return Err("FORBIDDEN".to_owned());
    }
    let file = upload(world, token, "sheet.csv", content.as_bytes());
    let started = world.ask_as(token, START, json!({ "input": { "kind": kind, "file": file, "dryRun": dry_run } }));
    if let Some(code) = started["errors"][0]["extensions"]["code"].as_str() {
        return Err(code.to_owned());
    }
    let id = started["data"]["startImport"]["job"]["id"].clone();
    assert!(id.is_string(), "{kind}: {started}");
    let mut job = Value::Null;
    eventually("the import ends", || {
        job = world.ask_for(token, "CORRECTION", JOB, json!({ "id": id }))["data"]["job"].clone();
        !job["finishedAt"].is_null()
    });
    assert_eq!(job["state"], "DONE", "{kind}: {job}\n{content}");
    let mut all = job.to_string();
    for sheet in ["mendSheet", "outcomeSheet"] {
        if let Some(address) = job["import"][sheet]["address"].as_str() {
            all.push_str(&String::from_utf8_lossy(&get(world, address).1));
        }
    }
    Ok(Told { import: job["import"].clone(), all })
}

/// In a few words, what a rehearsal says of the rows of the three persons.
pub fn rehearsed(world: &mut World, token: &str, kind: &str, headers: &str, rows: &[String]) -> Result<String, String> {
    let told = send(world, token, kind, &format!("{headers}\n{}\n", rows.join("\n")), true)?;
    let codes = told.codes();
    let words = (0..rows.len()).map(|n| match codes.get(&(n + 2).to_string()) {
        Some(codes) => {
            format!("{n}:{}", codes.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("+"))
        }
        None => format!("{n}:taken"),
    });
    Ok(words.collect::<Vec<_>>().join(" "))
}

/// Rosters of the three persons, which the other sheets have not.
fn rosters() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let mut assistance = Vec::new();
    let mut grants = Vec::new();
    for (number, name, place, phone, _) in PERSONS {
        assistance.push(format!(",,{place},{name},{number},{name},{number},本人,是,城市,低保,300.00,2023-01,{phone}"));
        grants.push(format!(",,{place},低保,2023-03,2023-03-10,{name},{number},300.00"));
    }
    vec![
        (
            "assistance-roster",
            "镇街,村居,区划代码,户主姓名,户主证件号码,成员姓名,成员证件号码,与户主关系,是否保障对象,城乡,救助类别,月保障金额,起始月份,联系电话",
            assistance,
        ),
        ("grant-roster", "镇街,村居,区划代码,类别,所属月份,发放日期,姓名,证件号码,金额", grants),
    ]
}

/// Sheets that no row of a person is in.
fn others() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let three = |row: &str| {
        let of = |place: &str| row.replace("{place}", place);
        vec![of("430199001001"), of("430199100201"), of("430198001001")]
    };
    vec![
        ("divisions", "区划代码,名称,级别", three("{place},别名村居,VILLAGE")),
        ("division-statistics", "区划代码,日期,常住人口", three("{place},2022-12-31,1000")),
        (
            "policies",
            "区划代码,参数,生效日期,值,依据文号",
            three("{place},dibao.standard,2022-01-01,701,示例[2022]9号"),
        ),
    ]
}

/// The rows of the tables that are a district's business, by table, as they stand in the database.
fn business(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    // What the program keeps of its own doings: an import is one.
    const OWN: [&str; 18] = [
        "probe",
        "import",
        "import_error",
        "job",
        "file",
        "journal_entry",
        "journal_block",
        "journal_person",
        "person_access",
        "idempotency_key",
        "session",
        "account",
        "role_grant",
        "id_sequence",
        "sequence",
        "state",
        "setting",
        "figure_cell",
    ];
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // A text within a row may go over lines.
    for line in world.dump().split("\nINSERT INTO ").skip(1) {
        let rest = line.split_once(");\n").map_or(line, |(row, _)| row).trim_end_matches(");");
        let table = rest.split([' ', '(']).next().unwrap_or_default().trim_matches('"').trim_start_matches("public.");
        if !OWN.contains(&table) && !table.starts_with("sqlite_") && !table.starts_with("figure") {
            tables.entry(table.to_owned()).or_default().insert(rest.to_owned());
        }
    }
    tables
}

/// Names and numbers of this district that are nobody else's.
fn words() -> BTreeSet<String> {
    let mut words: BTreeSet<String> = (0..2).flat_map(secrets).collect();
    let mut sheets = sheets();
    sheets.extend(rosters());
    let own: BTreeSet<String> =
        sheets.iter().flat_map(|(_, _, rows)| rows[2].split(',').map(str::to_owned).collect::<Vec<_>>()).collect();
    for (_, _, rows) in &sheets {
        words.extend(rows[..2].iter().flat_map(|row| row.split(',')).map(str::to_owned));
    }
    let telling = |word: &&str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let date = word.contains('-') && word.len() <= 16 && word.starts_with("20");
        // A few digits by themselves are a year, or a part of a second that an answer tells.
        let number = digits == word.len() && digits < 7;
        !number
            && (digits > 0 || word.chars().count() >= 3)
            && word.chars().count() >= 3
            && !date
            && !word.contains('.')
    };
    let mut words: BTreeSet<String> = words
        .iter()
        .map(String::as_str)
        .filter(telling)
        .map(str::to_owned)
        .filter(|word| !own.contains(word))
        .collect();
    for file in std::fs::read_dir(repository().join("tests/data/golden-2023H1")).expect("the half-year") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|ending| ending == "csv") && !path.ends_with("divisions.csv") {
            let text = std::fs::read_to_string(path).expect("text");
            let cells = text.lines().skip(1).flat_map(|line| line.split([',', ';'])).map(str::to_owned);
            words.extend(cells.filter(|cell| cell.len() >= 15 && cell.bytes().any(|sign| sign.is_ascii_digit())));
        }
    }
    words
}

/// The cells of a row that say where it lies, said of the other district; and other values in place of what may be
/// corrected, so that a row that is taken changes something.
fn moved(headers: &str, row: &str) -> String {
    let cell = |(header, cell): (&str, &str)| match header {
        "区划代码" | "现住地代码" | "户籍地代码" if cell.len() == 6 => "430198".to_owned(),
        "区划代码" | "现住地代码" | "户籍地代码" => "430198001001".to_owned(),
        "姓名" | "户名" | "法定代表人" | "申请人" | "捐赠人" | "事主" | "检查人" | "责任人" => {
            "某改名".to_owned()
        }
        "联系电话" => "13899999999".to_owned(),
        "详细地址" | "地址" => "别处九号".to_owned(),
        "死亡日期" => "2023-06-01".to_owned(),
        _ => cell.to_owned(),
    };
    headers.split(',').zip(row.split(',')).map(cell).collect::<Vec<_>>().join(",")
}

/// The sheets that a neighbour might send: rows moved, where no name of the real ones stands; and rows as they are,
/// with the own one in which each cell in turn is another's.
fn tried(headers: &str, rows: &[String]) -> [Vec<String>; 2] {
    let own: Vec<&str> = rows[2].split(',').collect();
    let mut mixed = Vec::new();
    for row in &rows[..2] {
        mixed.push(row.clone());
        for (at, cell) in row.split(',').enumerate().filter(|(at, cell)| own[*at] != *cell) {
            let mut other = own.clone();
            other[at] = cell;
            mixed.push(other.join(","));
        }
    }
    [rows[..2].iter().map(|row| moved(headers, row)).collect(), mixed]
}

/// Sends a sheet both ways: nothing is told that it did not say, and a rehearsal says the same as a run.
fn tries(world: &mut World, token: &str, kind: &str, headers: &str, rows: &[String], words: &BTreeSet<String>) {
    let content = format!("{headers}\n{}\n", rows.join("\n"));
    let mut codes = Vec::new();
    for dry_run in [true, false] {
        let told = send(world, token, kind, &content, dry_run).unwrap_or_else(|code| panic!("{kind}: {code}"));
        let leak = words.iter().find(|word| told.all.contains(word.as_str()) && !content.contains(word.as_str()));
        assert_eq!(leak, None, "{kind} ({dry_run}): {content}{}", told.all);
        codes.push(told.codes());
    }
    assert_eq!(codes[0], codes[1], "{kind}: a rehearsal and a run of\n{content}");
}

/// The values of a row, as they stand in the dump.
fn values(row: &str) -> impl Iterator<Item = &str> {
    row.split_once('(').map_or("", |(_, values)| values).split(',').map(|value| value.trim_matches([' ', ')', ';']))
}

/// Rows of this district are as they were; what is new or changed is the other's: it lies there, or hangs on what does.
fn unchanged(before: &BTreeMap<String, BTreeSet<String>>, after: &BTreeMap<String, BTreeSet<String>>, kind: &str) {
    let other = |row: &&String| row.contains("430198");
    // Numbers are unique over all tables.
    let others: BTreeSet<&str> = before.values().flatten().filter(other).filter_map(|row| values(row).next()).collect();
    for (table, rows) in before {
        for gone in rows.difference(&after[table]) {
            let hangs = values(gone).skip(1).any(|value| others.contains(value));
            assert!(other(&gone) || hangs, "{kind}: a row of {table} changed: {gone}");
        }
    }
}

on_both! {
    nothing_of_a_district_is_changed_by_or_told_to_another(world) {
        world.set("MINZHENG_RATE_PER_ADDRESS", "0");
        world.set("MINZHENG_RATE_PER_ACCOUNT", "0");
        load(world);
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        let words = words();
        let mut kinds: BTreeSet<String> =
            world.succeed(&["import", "--list"]).lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect();
        // Only the security administrator takes in accounts, which lie in no place.
        kinds.remove("accounts");
        let mut sheets = sheets();
        sheets.extend(rosters());
        sheets.extend(others());
        for (kind, headers, rows) in &sheets {
            let before = business(world);
            for rows in tried(headers, rows) {
                // In a roster a person stands once.
                let at_once = if kind.ends_with("roster") { 1 } else { rows.len() };
                for rows in rows.chunks(at_once) {
                    tries(world, &token, kind, headers, rows, &words);
                }
            }
            unchanged(&before, &business(world), kind);
            kinds.remove(*kind);
        }
        assert_eq!(kinds, BTreeSet::new(), "kinds of sheets that were not tried");
        verified(world);
    }

    a_whole_half_year_sent_from_elsewhere_changes_nothing(world) {
        load(world);
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        let before = business(world);
        for kind in ["persons", "households", "household-members", "recognitions", "temporary-aid", "welfare-benefits", "payments"] {
            let sheet = std::fs::read_to_string(golden(&format!("{kind}.csv"))).expect("the sheet");
            let (headers, rows) = sheet.split_once('\n').expect("a header");
            let rows: Vec<String> = rows.lines().map(|row| moved(headers, row)).collect();
            let content = format!("{headers}\n{}\n", rows.join("\n"));
            let rehearsed = send(world, &token, kind, &content, true).unwrap_or_else(|code| panic!("{code}"));
            let taken = send(world, &token, kind, &content, false).unwrap_or_else(|code| panic!("{code}"));
            assert_eq!(taken.import["created"], "0", "{kind}: {}", taken.import);
            assert_eq!(taken.import["changed"], "0", "{kind}: {}", taken.import);
            assert_eq!(taken.import["unchanged"], "0", "{kind}: {}", taken.import);
            assert_eq!(rehearsed.codes(), taken.codes(), "{kind}");
            if kind == "persons" {
                assert!(taken.codes().values().all(|codes| *codes == ["ELSEWHERE"]), "{:?}", taken.codes());
            }
        }
        assert_eq!(before, business(world));
        verified(world);
    }

    a_number_held_elsewhere_is_told_so_often_a_day_and_noted_each_time(world) {
        world.succeed(&["import", "divisions", &golden("divisions.csv")]);
        world.succeed(&["import", "divisions", &world.file("other.csv", super::matrix::OTHER)]);
        let person = |n: usize, name: &str, place: &str| format!("无证件,R{n:05},{name},{place}\n");
        let headers = "证件类型,证件号码,姓名,现住地代码\n";
        let rows: String = (0..300).map(|n| person(n, "李春花", "430199001001")).collect();
        world.succeed(&["import", "persons", &world.file("persons.csv", &format!("{headers}{rows}"))]);
        let own = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let query = "{ persons(idNumber: \"R00007\") { nodes { id } } }";
        let id = world.ask_for(&own, "SERVICE", query, json!({}))["data"]["persons"]["nodes"][0]["id"].clone();
        let citizen = world.token(&["--role", "CITIZEN", "--scope", text(&id)]);
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        let ask = |world: &mut World, numbers: std::ops::Range<usize>, dry_run: bool| {
            let rows: String = numbers.map(|n| person(n, "某甲", "430198001001")).collect();
            let told = send(world, &token, "persons", &format!("{headers}{rows}"), dry_run).expect("told");
            told.codes().into_values().flatten().collect::<BTreeSet<String>>()
        };
        let only = |code: &str| BTreeSet::from([code.to_owned()]);
        let noted = |world: &mut World| {
            let accesses = "{ viewer { person { accesses { fields } } } }";
            let told = world.data_as(&citizen, accesses, json!({}))["viewer"]["person"]["accesses"].to_string();
            told.matches("\"elsewhere\"").count()
        };
        assert_eq!(noted(world), 0);
        assert_eq!(ask(world, 0..100, true), only("ELSEWHERE"));
        assert_eq!(noted(world), 1, "a rehearsal");
        assert_eq!(ask(world, 0..100, false), only("ELSEWHERE"));
        assert_eq!(noted(world), 2, "and a run");
        // Who is new is taken as long as it can be told who is.
        assert_eq!(ask(world, 900..901, true), BTreeSet::new());
        assert_eq!(ask(world, 100..250, true), only("ELSEWHERE_LIMIT"), "more than a day's");
        // Then nothing is told of any number that is not here, whoever has it or not.
        assert_eq!(ask(world, 290..291, true), only("ELSEWHERE_LIMIT"));
        assert_eq!(ask(world, 900..901, true), only("ELSEWHERE_LIMIT"));
        assert_eq!(ask(world, 900..901, false), only("ELSEWHERE_LIMIT"));
        let number = json!({ "idNumber": "R00290", "kind": "RESIDENCE", "to": "430198001001", "reason": "迁入" });
        let query = "mutation($input: RequestTransferInput!) { requestTransfer(input: $input) { userErrors { code } } }";
        let refused = world.data_as(&token, query, json!({ "input": number }));
        assert_eq!(refused["requestTransfer"]["userErrors"][0]["code"], "TOO_MANY", "{refused}");
        // Another account has its own day.
        let second = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198001"]);
        let rows = format!("{headers}{}", person(290, "某甲", "430198001001"));
        let told = send(world, &second, "persons", &rows, true).expect("told");
        assert_eq!(told.codes()["2"], ["ELSEWHERE"]);
        verified(world);
    }
}
