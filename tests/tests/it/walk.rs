//! No field reads outside a batch: the schema is walked, type by type, from every list at the root, and all fields of the
//! rows are asked for at once, of ten rows and of a hundred. Statements must not grow with rows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use crate::demo::Demo;

/// Rows of the short page and of the long one.
const FEW: u64 = 10;
const MANY: u64 = 100;
/// A longer page may show the first row that points at something: then a batch is read that was not before, and what it
/// points at may point further.
const BATCHES: u64 = 3;

const SCHEMA: &str = "{ __schema { types { kind name fields { name
    args { name defaultValue type { kind } }
    type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

/// What is given for an argument that must be.
fn sample(name: &str) -> &'static str {
    match name {
        "by" => "MONTH",
        "last" => "6",
        "level" => "VILLAGE",
        "format" => "JSON",
        "year" => "2023",
        "division" => "\"430104\"",
        "period" => "{ year: 2023, half: H1 }",
        // Of roots and changes, which are not walked by them.
        "id" | "ids" | "name" | "input" | "codes" | "code" => "\"\"",
        other => panic!("what to give for {other}? say so in this test"),
    }
}

/// Lists that begin elsewhere than at a list of the root, by what stands around them.
const ELSEWHERE: [(&str, &str); 4] = [
    (
        "figures(division: \"430104\", period: { year: 2023, half: H1 }, codes: [\"F1\"]) { figures { rows(first: N)",
        "FigureRowConnection",
    ),
    (
        "figures(division: \"430104\", period: { year: 2023, half: H1 }, codes: [\"F1\"]) { figures { breakdown(level: VILLAGE, first: N)",
        "BreakdownConnection",
    ),
    ("viewer { person", "Person"),
    ("viewer", "ViewerInfo"),
];

/// Roots that answer with one thing or need what no table can give; what they lead to is reached by the lists.
const NO_LISTS: [&str; 11] = [
    "viewer",
    "node",
    "nodes",
    "codeList",
    "codeLists",
    "verifyAudit",
    "division",
    "assessEligibility",
    "figures",
    "report",
    "job",
];

/// Lists of which a small demo has too few rows to see them grow.
const SHORT: [&str; 0] = [];

#[derive(Clone, Debug)]
struct Field {
    name: String,
    /// With arguments.
    text: String,
    of: String,
    is_leaf: bool,
}

fn types(schema: &Value) -> BTreeMap<String, Vec<Field>> {
    let mut types = BTreeMap::new();
    for ty in schema["__schema"]["types"].as_array().expect("types") {
        let fields = ty["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let fields = fields.iter().map(|field| {
            let mut of = &field["type"];
            while !of["ofType"].is_null() {
                of = &of["ofType"];
            }
            let arguments = field["args"].as_array().expect("arguments").iter().filter_map(|argument| {
                let name = argument["name"].as_str().expect("a name");
                let required = argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null();
                match name {
                    "first" => Some("first: 2".to_owned()),
                    _ if required => Some(format!("{name}: {}", sample(name))),
                    _ => None,
                }
            });
            let arguments: Vec<String> = arguments.collect();
            let name = field["name"].as_str().expect("a name").to_owned();
            let text = if arguments.is_empty() { name.clone() } else { format!("{name}({})", arguments.join(", ")) };
            let is_leaf = matches!(of["kind"].as_str(), Some("SCALAR" | "ENUM"));
            Field { name, text, of: of["name"].as_str().expect("a name").to_owned(), is_leaf }
        });
        types.insert(ty["name"].as_str().expect("a name").to_owned(), fields.collect());
    }
    types
}

/// A question: what stands around the fields, with its page.
fn asked(around: &str, rows: u64, fields: &[String]) -> String {
    let around = around.replace("first: N", &format!("first: {rows}"));
    let open = around.matches('{').count() - around.matches('}').count();
    // Braces of arguments are closed where they stand.
    format!("{{ {around} {{ {} }} {}}}", fields.join(" "), "} ".repeat(open))
}

struct Walk<'a> {
    demo: &'a Demo,
    role: String,
    grown: Vec<String>,
}

impl Walk<'_> {
    fn statements(&self, query: &str) -> u64 {
        self.demo.answer(&self.role, query)["extensions"]["statements"].as_u64().expect("a count")
    }

    fn grows(&self, around: &str, fields: &[String], by: u64) -> Option<(u64, u64)> {
        let count = |rows| self.statements(&asked(around, rows, fields));
        let (few, many) = (count(FEW), count(MANY));
        (many > few + by).then_some((few, many))
    }

    /// All fields of a type at once; each by itself where together they grow.
    fn fields(&mut self, around: &str, ty: &str, fields: &[Field]) {
        let texts: Vec<String> = fields
            .iter()
            .map(|field| if field.is_leaf { field.text.clone() } else { format!("{} {{ __typename }}", field.text) })
            .collect();
        if texts.is_empty() || self.grows(around, &texts, 0).is_none() {
            return;
        }
        for (field, text) in fields.iter().zip(&texts) {
            if let Some((few, many)) = self.grows(around, std::slice::from_ref(text), BATCHES) {
                self.grown.push(format!("{ty}.{}: {few} statements, {many} for more rows ({around})", field.name));
            }
        }
    }
}

#[test]
fn statements_do_not_grow_with_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path(), "1");
    let types = types(&demo.answer("DISTRICT_ADMIN", SCHEMA)["data"]);
    let roles = ["DISTRICT_ADMIN", "AUDITOR", "SECURITY_ADMIN", "TOWN_OFFICER"];
    let roles: Vec<&str> = roles.into_iter().filter(|role| demo.has(role)).collect();
    let mut walked: BTreeSet<String> = BTreeSet::new();
    let mut short = Vec::new();
    let mut walk = Walk { demo: &demo, role: String::new(), grown: Vec::new() };
    let mut begin: Vec<(String, String, String)> = Vec::new();
    for root in types["Query"].iter().filter(|root| !NO_LISTS.contains(&root.name.as_str())) {
        let plain = !root.of.ends_with("Connection");
        let around = root.text.replace("first: 2", "first: N");
        let rows = |role: &&str| {
            let inner = if plain { "__typename" } else { "nodes { __typename }" };
            let query = asked(&around, MANY, &[inner.to_owned()]);
            let found = &demo.answer(role, &query)["data"][&root.name];
            (if plain { found } else { &found["nodes"] }).as_array().map_or(0, Vec::len)
        };
        let (rows, role) = roles.iter().map(|role| (rows(role), *role)).max_by_key(|(rows, _)| *rows).expect("a role");
        if rows < 30 {
            short.push(root.name.clone());
        }
        begin.push((role.to_owned(), around, root.of.clone()));
    }
    let elsewhere = ELSEWHERE.map(|(around, of)| ("DISTRICT_ADMIN".to_owned(), around.to_owned(), of.to_owned()));
    let mut queue: VecDeque<(String, String, String, usize)> =
        begin.into_iter().chain(elsewhere).map(|(role, around, of)| (role, around, of, 0)).collect();
    // Types at the root first: what is reached from a long list needs no way through another.
    while let Some((role, around, ty, depth)) = queue.pop_front() {
        if !walked.insert(ty.clone()) {
            continue;
        }
        let fields = &types[&ty];
        walk.role = role;
        walk.fields(&around, &ty, fields);
        for field in fields.iter().filter(|field| !field.is_leaf && field.of != "Node") {
            // The rows of a list stay at the front.
            let next = (walk.role.clone(), format!("{around} {{ {}", field.text), field.of.clone(), depth + 1);
            if ty.ends_with("Connection") { queue.push_front(next) } else { queue.push_back(next) }
        }
    }
    assert!(walk.grown.is_empty(), "{}", walk.grown.join("\n"));
    let named = |ty: &&String| !matches!(ty.as_str(), "Query" | "Mutation" | "Subscription");
    let missed: Vec<&String> = types
        .keys()
        .filter(named)
        .filter(|ty| !ty.starts_with("__") && !ty.ends_with("Payload") && !types[*ty].is_empty())
        .filter(|ty| !walked.contains(*ty))
        .collect();
    println!("not walked: {missed:?}");
    assert_eq!(short, SHORT, "lists that are too short to tell; make more rows in the demo");
}
