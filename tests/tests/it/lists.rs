//! Lists, over the schema: each order of each list gives every row once, conditions without a value are refused, and so
//! are pages that cannot be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::{World, on_both};

use crate::access::matrix;
use crate::sdl::{Field, Sdl, camel};

/// Lists of which everybody may read something (domain §5).
const OPEN: [&str; 8] = [
    "administrativeItems",
    "careCentres",
    "disclosures",
    "divisions",
    "policyDocuments",
    "policyValues",
    "reports",
    "villageCharters",
];
/// Mutations of who has not signed in.
const OPEN_MUTATIONS: [&str; 5] =
    ["createScreenCode", "redeemScreenCode", "refreshToken", "signIn", "signInPlatformClient"];

/// Who may read lists: of the business, of accounts.
struct Readers {
    admin: String,
    security: String,
    auditor: String,
}

impl Readers {
    fn new(world: &mut World) -> Self {
        world.without_limits();
        matrix::load(world);
        matrix::record(world);
        Self {
            admin: world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]),
            security: world.token(&["--role", "SECURITY_ADMIN"]),
            auditor: world.token(&["--role", "AUDITOR", "--scope", ""]),
        }
    }

    fn ask(&self, world: &mut World, list: &str, query: &str, variables: Value) -> Value {
        let token = match list {
            "accounts" | "roleGrants" | "deputies" | "platformClients" | "passwordIssues" => &self.security,
            "changes" | "auditEntries" => &self.auditor,
            _ => &self.admin,
        };
        world.ask_for(token, "INSPECTION", query, variables)
    }
}

/// Lists of the root that have an order, with the type of their rows.
fn ordered(sdl: &Sdl) -> Vec<(&Field, &str, &str)> {
    let order = |list: &'_ Field| list.arguments.iter().position(|(name, _)| name == "orderBy");
    let lists = sdl.lists().into_iter();
    lists.filter_map(|(list, node)| Some((list, node, list.arguments[order(list)?].1.as_str()))).collect()
}

/// Walks a list from one end to the other: ids, and what is ordered by where a row tells it.
fn walk(
    world: &mut World,
    readers: &Readers,
    list: &str,
    asked: &str,
    told: &str,
    size: i32,
    back: bool,
) -> Vec<Value> {
    let (page, from, more, end) = if back {
        ("last", "before", "hasPreviousPage", "startCursor")
    } else {
        ("first", "after", "hasNextPage", "endCursor")
    };
    let query = format!(
        "query($from: String) {{ {list}({page}: {size}, {from}: $from, {asked}) {{ nodes {{ {told} }} pageInfo {{ {more} {end} }} }} }}"
    );
    let (mut rows, mut cursor): (Vec<Value>, Value) = (Vec::new(), Value::Null);
    loop {
        let answer = readers.ask(world, list, &query, json!({ "from": cursor }));
        assert!(answer["errors"].is_null(), "{query} {cursor}: {answer}");
        let told = &answer["data"][list];
        let nodes = told["nodes"].as_array().expect("rows").clone();
        assert!(nodes.len() <= usize::try_from(size).expect("small"), "{query}");
        rows = if back { [nodes, rows].concat() } else { [rows, nodes].concat() };
        assert!(rows.len() < 2_000, "{query} does not end");
        if told["pageInfo"][more] != true {
            return rows;
        }
        cursor = told["pageInfo"][end].clone();
    }
}

fn ids(rows: &[Value]) -> BTreeSet<&str> {
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

/// Values that a condition of a type may have, as they stand in a document.
fn sample(sdl: &Sdl, of: &str) -> String {
    match of {
        "Boolean" => "true".to_owned(),
        "Int" => "1".to_owned(),
        "Date" => "\"2023-01-01\"".to_owned(),
        "DivisionCode" => "\"430199\"".to_owned(),
        of if sdl.is_enum(of) => sdl.fields(of)[0].name.clone(),
        _ => "\"x\"".to_owned(),
    }
}

on_both! {
    every_order_of_every_list_gives_each_row_once_and_empty_ones_last(world) {
        let (readers, sdl) = (Readers::new(world), Sdl::read());
        // Some households were looked at, two of them on one day, others never.
        let headers = "认定编号,户编号,救助类别,保障对象证件号码,生效月份,月保障金额,最近核查日期";
        let reviewed = |n: usize, number: &str, on: &str| format!("RX{n},X{n},低保,{number},2023-01,300.00,{on}");
        let rows = [reviewed(0, matrix::PERSONS[0].0, "2023-04-01"), reviewed(1, "430199195101010030", "2023-04-01")];
        world.succeed(&["import", "recognitions", &world.file("reviewed.csv", &format!("{headers}\n{}\n", rows.join("\n")))]);
        let mut empty = BTreeSet::new();
        for (list, node, orders) in ordered(&sdl) {
            let list = &list.name;
            let all = walk(world, &readers, list, "direction: ASC", "id", 100, false);
            for order in sdl.fields(orders) {
                let field = camel(&order.name);
                let told = sdl.field(node, &field).filter(|field| field.arguments.is_empty());
                let leaf = told.is_some_and(|field| sdl.fields(&field.of).is_empty() || sdl.is_enum(&field.of));
                let told = if leaf { format!("id {field}") } else { "id".to_owned() };
                for direction in ["ASC", "DESC"] {
                    let asked = format!("orderBy: {}, direction: {direction}", order.name);
                    let whole = walk(world, &readers, list, &asked, &told, 100, false);
                    assert_eq!((ids(&whole), whole.len()), (ids(&all), all.len()), "{list} {asked}");
                    for size in [1, 7] {
                        assert_eq!(walk(world, &readers, list, &asked, &told, size, false), whole, "{list} {asked} by {size}");
                    }
                    assert_eq!(walk(world, &readers, list, &asked, &told, 7, true), whole, "{list} {asked} backwards");
                    if leaf {
                        let filled = whole.iter().take_while(|row| !row[&field].is_null()).count();
                        assert!(whole[filled..].iter().all(|row| row[&field].is_null()), "{list} {asked}: empty ones last");
                        if filled < whole.len() && filled > 0 {
                            empty.insert(format!("{list} {}", order.name));
                        }
                    }
                }
            }
        }
        assert!(empty.contains("recognitions REVIEWED_ON"), "lists with empty values beside others: {empty:?}");
    }

    a_cursor_of_another_list_or_order_is_refused(world) {
        let (readers, sdl) = (Readers::new(world), Sdl::read());
        let lists = ordered(&sdl);
        let mut cursors: Vec<(String, String, String)> = Vec::new();
        for (list, _, orders) in &lists {
            for order in sdl.fields(orders) {
                for direction in ["ASC", "DESC"] {
                    let asked = format!("orderBy: {}, direction: {direction}", order.name);
                    let query = format!("{{ {}(first: 1, {asked}) {{ pageInfo {{ endCursor }} }} }}", list.name);
                    let answer = readers.ask(world, &list.name, &query, json!({}));
                    if let Some(cursor) = answer["data"][&list.name]["pageInfo"]["endCursor"].as_str() {
                        cursors.push((list.name.clone(), asked, cursor.to_owned()));
                    }
                }
            }
        }
        let distinct: BTreeSet<&str> = cursors.iter().map(|(.., cursor)| cursor.as_str()).collect();
        assert_eq!(distinct.len(), cursors.len(), "each order has cursors of its own");
        for pair in cursors.windows(2) {
            let ((list, asked, own), (.., other)) = (&pair[0], &pair[1]);
            for (cursor, code) in [(own, Value::Null), (other, json!("BAD_REQUEST"))] {
                let query = format!("{{ {list}(first: 1, {asked}, after: \"{cursor}\") {{ nodes {{ id }} }} }}");
                let answer = readers.ask(world, list, &query, json!({}));
                assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{query}: {answer}");
            }
        }
    }

    a_condition_or_a_search_without_a_value_is_refused_by_name(world) {
        let (readers, sdl) = (Readers::new(world), Sdl::read());
        let mut tried = 0;
        let mut refused = |world: &mut World, list: &str, of: &str, before: &str, after: &str, path: &str| {
            let literal = format!("{{ {list}({before}null{after}) {{ totalCount }} }}");
            let variable = format!("query($v: {of}) {{ {list}({before}$v{after}) {{ totalCount }} }}");
            for (query, variables) in [(&literal, json!({})), (&variable, json!({})), (&variable, json!({ "v": null }))] {
                let answer = readers.ask(world, list, query, variables);
                let error = &answer["errors"][0];
                assert_eq!(error["extensions"]["code"], "BAD_REQUEST", "{query}: {answer}");
                assert!(error["message"].as_str().expect("a message").contains(path), "{query}: {answer}");
            }
            tried += 1;
        };
        for (list, _) in sdl.lists() {
            for (argument, of) in &list.arguments {
                match argument.as_str() {
                    "first" | "after" | "last" | "before" | "orderBy" | "direction" => {}
                    "where" => {
                        for field in sdl.fields(of) {
                            refused(world, &list.name, &field.of, &format!("where: {{ {}: ", field.name), " }", &format!("where.{}", field.name));
                            for operation in sdl.fields(&field.of) {
                                let signs = if operation.list { format!("[{}!]", operation.of) } else { operation.of.clone() };
                                let (before, path) = (format!("where: {{ {}: {{ {}: ", field.name, operation.name), format!("where.{}.{}", field.name, operation.name));
                                refused(world, &list.name, &signs, &before, " } }", &path);
                            }
                        }
                    }
                    argument => refused(world, &list.name, of, &format!("{argument}: "), "", argument),
                }
            }
        }
        assert!(tried > 200, "{tried}");
        // No conditions at all are no condition; and what has a value is taken, in a variable too.
        let query = "query($w: PaymentWhere, $n: String = \"P1\") { a: payments(where: $w) { totalCount } b: payments(where: { number: { eq: $n } }) { totalCount } }";
        for variables in [json!({}), json!({ "w": null }), json!({ "w": { "number": { "eq": "P1" } } })] {
            let answer = readers.ask(world, "payments", query, variables);
            assert!(answer["errors"].is_null(), "{answer}");
        }
        let answer = readers.ask(world, "payments", query, json!({ "w": { "number": { "eq": null } } }));
        assert!(answer["errors"][0]["message"].as_str().expect("a message").contains("where.number.eq"), "{answer}");
    }

    who_has_not_signed_in_is_told_so_before_anything_is_looked_at(world) {
        let sdl = Sdl::read();
        Readers::new(world);
        let mut open = BTreeSet::new();
        for (list, _) in sdl.lists() {
            let answer = world.ask(&format!("{{ {}(first: 1) {{ pageInfo {{ hasNextPage }} }} }}", list.name), json!({}));
            match answer["errors"][0]["extensions"]["code"].as_str() {
                None => _ = open.insert(list.name.clone()),
                Some(code) => assert_eq!(code, "UNAUTHENTICATED", "{}: {answer}", list.name),
            }
        }
        assert_eq!(open, OPEN.map(str::to_owned).into_iter().collect());
        for command in sdl.fields("Mutation") {
            let arguments: Vec<String> = command.arguments.iter().map(|(name, of)| format!("${name}: {of}")).collect();
            let given: Vec<String> = command.arguments.iter().map(|(name, _)| format!("{name}: ${name}")).collect();
            let (mut declared, mut passed) = (String::new(), String::new());
            if !arguments.is_empty() {
                (declared, passed) = (format!("({})", arguments.join(", ")), format!("({})", given.join(", ")));
            }
            let query = format!("mutation{declared} {{ {}{passed} {{ __typename }} }}", command.name);
            let answer = world.ask(&query, json!({ "input": { "no": "such field" } }));
            let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
            assert_eq!(code == "UNAUTHENTICATED", !OPEN_MUTATIONS.contains(&command.name.as_str()), "{}: {answer}", command.name);
        }
    }

    pages_that_cannot_be_are_refused_on_every_list(world) {
        let (readers, sdl) = (Readers::new(world), Sdl::read());
        let refused = |world: &mut World, list: &str, query: &str| {
            let answer = readers.ask(world, list, query, json!({}));
            let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
            assert!(matches!(code, "BAD_REQUEST" | "TOO_EXPENSIVE"), "{query}: {answer}");
        };
        let mut rows: BTreeMap<&str, &str> = BTreeMap::new();
        for (list, node) in sdl.lists() {
            for page in ["first: -1", "first: 101"] {
                refused(world, &list.name, &format!("{{ {}({page}) {{ pageInfo {{ hasNextPage }} }} }}", list.name));
            }
            let found = readers.ask(world, &list.name, &format!("{{ {}(first: 1) {{ nodes {{ __typename }} }} }}", list.name), json!({}));
            if !found["data"][&list.name]["nodes"].as_array().is_none_or(Vec::is_empty) {
                rows.insert(node, &list.name);
            }
        }
        let mut nested = 0;
        for (node, list) in rows {
            for field in sdl.fields(node).iter().filter(|field| field.name != "accesses" && field.arguments.iter().any(|(name, _)| name == "first")) {
                let others = field.arguments.iter().filter(|(name, of)| name != "first" && of.ends_with('!'));
                let others: String = others.map(|(name, of)| format!(", {name}: {}", sample(&sdl, of.trim_end_matches('!')))).collect();
                for page in [-1, 101] {
                    let query = format!("{{ {list}(first: 1) {{ nodes {{ {}(first: {page}{others}) {{ __typename }} }} }} }}", field.name);
                    refused(world, list, &query);
                    nested += 1;
                }
            }
        }
        assert!(nested > 20, "{nested}");
    }
}
