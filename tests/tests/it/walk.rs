//! No field reads outside a batch: the schema is walked, type by type, from every list at the root, and all fields of the
//! rows are asked for at once, of ten rows and of a hundred. Statements must not grow with rows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use crate::demo::Demo;

/// Rows of the short page and of the long one: the longest that the price allows.
const PAGES: [(u64, u64); 4] = [(10, 100), (8, 40), (4, 20), (2, 10)];
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

/// What goes through pages or a report of its own for each row, and costs accordingly.
const APART: [&str; 5] = [
    "PeriodicReport.figures",
    "PeriodicReport.paragraphs",
    "PeriodicReport.differences",
    "PeriodicReport.markdown",
    "Import.errors",
];

/// Lists of which a small demo has too few rows to see them grow.
const SHORT: [&str; 19] = [
    "reportedChanges",
    "findings",
    "guardianships",
    "policyDocuments",
    "policyValues",
    "inquiries",
    "transferRequests",
    "temporaryAids",
    "donors",
    "centreProjects",
    "renovationCases",
    "donations",
    "reports",
    "unfinishedJobs",
    "accounts",
    "roleGrants",
    "deputies",
    "platformClients",
    "passwordIssues",
];

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
    /// Statements of a question; nothing where it is too expensive.
    fn statements(&self, query: &str) -> Option<u64> {
        let answer = self.demo.answer(&self.role, query);
        if answer["errors"][0]["extensions"]["code"] == "TOO_EXPENSIVE" {
            return None;
        }
        Some(answer["extensions"]["statements"].as_u64().unwrap_or_else(|| panic!("{query}: {answer}")))
    }

    /// How many statements of few rows and of many.
    fn counted(&self, around: &str, fields: &[String]) -> Option<(u64, u64)> {
        PAGES.into_iter().find_map(|(few, many)| {
            let many = self.statements(&asked(around, many, fields))?;
            Some((self.statements(&asked(around, few, fields))?, many))
        })
    }

    /// Fields of a type together; each by itself where together they grow, or cost too much.
    fn fields(&mut self, around: &str, ty: &str, fields: &[Field]) {
        let text = |field: &Field| {
            if field.is_leaf { field.text.clone() } else { format!("{} {{ __typename }}", field.text) }
        };
        let texts: Vec<String> = fields.iter().map(text).collect();
        match (self.counted(around, &texts), fields) {
            (_, []) => {}
            (Some((few, many)), [field]) => {
                if many > few + BATCHES {
                    self.grown.push(format!("{ty}.{}: {few} statements, {many} for more rows ({around})", field.name));
                }
            }
            (Some((few, many)), _) if many <= few => {}
            (None, [field]) => panic!("{ty}.{} costs too much to be walked: {around}", field.name),
            (Some(_) | None, _) => {
                let (one, other) = fields.split_at(fields.len() / 2);
                self.fields(around, ty, one);
                self.fields(around, ty, other);
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
            let query = asked(&around, 100, &[inner.to_owned()]);
            let answer = demo.answer(role, &query);
            let found = &answer["data"][&root.name];
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
        let apart = |field: &&Field| !APART.contains(&format!("{ty}.{}", field.name).as_str());
        let fields: Vec<Field> = types[&ty].iter().filter(apart).cloned().collect();
        walk.role = role;
        walk.fields(&around, &ty, &fields);
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
    let (short, few): (BTreeSet<&str>, BTreeSet<&str>) =
        (short.iter().map(String::as_str).collect(), SHORT.into_iter().collect());
    assert_eq!(short, few, "lists that are too short to tell; make more rows in the demo");
}
