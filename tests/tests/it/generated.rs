//! Documents made by chance over the whole schema, for every role, in both languages, with a purpose and without, are
//! answered as they were recorded (`tests/data/generated`): what changes how answers are made changes no answer.
//!
//! Record anew, with the program before the change, where the schema changed and the change log says so:
//! `GENERATED=record TEST_BINARY=… cargo nextest run -p tests generated`. With `GENERATED_ANSWERS=<folder>` the answers
//! themselves are written there, to be compared between two programs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{On, World};

use crate::demo::Demo;
use crate::talk::{self, Events, PATIENCE, Socket};

/// How many documents are recorded of each world.
const DOCUMENTS: usize = 1500;
/// One of so many is asked over the other ways as well.
const OTHERWISE: usize = 20;

const SCHEMA: &str = "{ __schema { types { kind name interfaces { name } possibleTypes { name } enumValues { name }
    inputFields { name type { ...T } } fields { name type { ...T } args { name defaultValue type { ...T } } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Not asked for: what is another on each run, what costs a report each, and what is no question about records.
const APART: [&str; 10] = [
    "asOf",
    "position",
    "document",
    "markdown",
    "assessEligibility",
    "verifyAudit",
    "unsealed",
    "address",
    "lastSeenAt",
    "__schema",
];

/// Numbers by chance that are the same on every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % most.max(1)
    }

    fn percent(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

struct Argument {
    name: String,
    kind: String,
    ty: String,
    required: bool,
}

struct Field {
    name: String,
    ty: String,
    is_list: bool,
    arguments: Vec<Argument>,
}

#[derive(Default)]
struct Type {
    kind: String,
    fields: Vec<Field>,
    inputs: Vec<Argument>,
    values: Vec<String>,
    possible: Vec<String>,
    is_node: bool,
}

fn names(of: &Value) -> Vec<String> {
    let all = of.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
}

/// Name and kind of what a type wraps, and whether it is a list.
fn inner(ty: &Value) -> (String, String, bool) {
    let (mut of, mut is_list) = (ty, false);
    while !of["ofType"].is_null() {
        is_list |= of["kind"] == "LIST";
        of = &of["ofType"];
    }
    let word = |key: &str| of[key].as_str().expect("a type").to_owned();
    (word("name"), word("kind"), is_list)
}

fn arguments(of: &Value) -> Vec<Argument> {
    let all = of.as_array().map(Vec::as_slice).unwrap_or_default();
    let argument = |one: &Value| {
        let (ty, kind, _) = inner(&one["type"]);
        let required = one["type"]["kind"] == "NON_NULL" && one["defaultValue"].is_null();
        Argument { name: one["name"].as_str().expect("a name").to_owned(), kind, ty, required }
    };
    all.iter().map(argument).collect()
}

fn types(schema: &Value) -> BTreeMap<String, Type> {
    let of = |ty: &Value| {
        let fields = ty["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let fields = fields.iter().map(|field| {
            let (of, _, is_list) = inner(&field["type"]);
            let name = field["name"].as_str().expect("a name").to_owned();
            Field { name, ty: of, is_list, arguments: arguments(&field["args"]) }
        });
        Type {
            kind: ty["kind"].as_str().expect("a kind").to_owned(),
            fields: fields.filter(|field| !APART.contains(&field.name.as_str())).collect(),
            inputs: arguments(&ty["inputFields"]),
            values: names(&ty["enumValues"]),
            possible: names(&ty["possibleTypes"]),
            is_node: names(&ty["interfaces"]).iter().any(|name| name == "Node"),
        }
    };
    let all = schema["__schema"]["types"].as_array().expect("types");
    all.iter().map(|ty| (ty["name"].as_str().expect("a name").to_owned(), of(ty))).collect()
}

/// Makes documents.
struct Maker {
    types: BTreeMap<String, Type>,
    chance: Chance,
    /// How often a field was asked for: rare ones come first.
    used: HashMap<(String, String), usize>,
    ids: Vec<String>,
    district: &'static str,
    // Of the document at hand.
    aliases: usize,
    budget: usize,
    variables: BTreeSet<&'static str>,
    fragments: Vec<String>,
}

impl Maker {
    fn document(&mut self) -> String {
        (self.aliases, self.budget) = (0, 6 + self.chance.below(34));
        self.variables.clear();
        self.fragments.clear();
        let mut body = String::new();
        for _ in 0..=usize::from(self.chance.percent(15)) {
            let root = self.rarest("Query", 1).pop().expect("a root");
            self.field("Query", root, 5, &mut body);
        }
        let variables: Vec<&str> = self.variables.iter().copied().collect();
        let head = if variables.is_empty() { String::new() } else { format!("query({}) ", variables.join(", ")) };
        format!("{head}{{ {body}}}{}", self.fragments.concat())
    }

    /// Fields of a type that were asked for least.
    fn rarest(&mut self, ty: &str, count: usize) -> Vec<usize> {
        let of = &self.types[ty];
        let mut fields: Vec<(usize, usize)> = (0..of.fields.len())
            .map(|at| {
                let used = self.used.get(&(ty.to_owned(), of.fields[at].name.clone())).copied().unwrap_or(0);
                (used * 4 + self.chance.below(12), at)
            })
            .collect();
        fields.sort_unstable();
        fields.into_iter().take(count).map(|(_, at)| at).collect()
    }

    fn is_leaf(&self, ty: &str) -> bool {
        matches!(self.types[ty].kind.as_str(), "SCALAR" | "ENUM")
    }

    fn selection(&mut self, ty: &str, depth: usize) -> String {
        let mut body = String::new();
        if !self.types[ty].possible.is_empty() {
            body.push_str("__typename id ");
            let possible = self.types[ty].possible.clone();
            for _ in 0..3 {
                let one = self.chance.of(&possible).clone();
                let inside = self.selection(&one, depth.saturating_sub(1));
                let _ = write!(body, "... on {one} {{ {inside}}} ");
            }
            return body;
        }
        if self.chance.percent(20) {
            body.push_str("__typename ");
        }
        let count = 1 + self.chance.below(6);
        for at in self.rarest(ty, count) {
            if !body.is_empty() && self.budget == 0 {
                break;
            }
            self.field(ty, at, depth, &mut body);
        }
        if body.is_empty() {
            body.push_str("__typename ");
        }
        if self.types[ty].is_node && self.chance.percent(10) {
            body.push_str("... on Node { id } ");
        }
        match self.chance.below(12) {
            0 => {
                let name = format!("F{}", self.fragments.len());
                self.fragments.push(format!(" fragment {name} on {ty} {{ {body}}}"));
                format!("...{name} ")
            }
            1 => format!("... on {ty} {{ {body}}} "),
            2 => {
                let (variable, condition) = *self.chance.of(&[
                    ("$yes: Boolean! = true", "@include(if: $yes)"),
                    ("$no: Boolean! = false", "@include(if: $no)"),
                    ("$no: Boolean! = false", "@skip(if: $no)"),
                ]);
                self.variables.insert(variable);
                format!("__typename ... {condition} {{ {body}}} ")
            }
            _ => body,
        }
    }

    fn field(&mut self, ty: &str, at: usize, depth: usize, body: &mut String) {
        let field = &self.types[ty].fields[at];
        let (name, of, is_list) = (field.name.clone(), field.ty.clone(), field.is_list);
        let leaf = self.is_leaf(&of);
        if !leaf && depth == 0 {
            return;
        }
        *self.used.entry((ty.to_owned(), name.clone())).or_default() += 1;
        self.budget = self.budget.saturating_sub(1);
        let given = self.given(ty, at);
        let alias = if !given.is_empty() || self.chance.percent(15) {
            self.aliases += 1;
            format!("a{}: ", self.aliases)
        } else {
            String::new()
        };
        let head = format!("{alias}{name}{given}");
        if leaf {
            let _ = write!(body, "{head} ");
            return;
        }
        let inside = self.selection(&of, depth - 1);
        let _ = write!(body, "{head} {{ {inside}}} ");
        // The same key again, with other fields of the same objects.
        if self.chance.percent(if is_list { 6 } else { 10 }) {
            let again = self.selection(&of, depth - 1);
            let _ = write!(body, "{head} {{ {again}}} ");
        }
    }

    fn given(&mut self, ty: &str, at: usize) -> String {
        let arguments = &self.types[ty].fields[at].arguments;
        let all: Vec<(String, String, String, bool)> =
            arguments.iter().map(|one| (one.name.clone(), one.kind.clone(), one.ty.clone(), one.required)).collect();
        let backwards = self.chance.percent(10);
        let mut given = Vec::new();
        for (name, kind, ty, required) in all {
            let size = |chance: &mut Chance| match chance.below(30) {
                0 => "101".to_owned(),
                1 => "-1".to_owned(),
                _ => chance.below(6).to_string(),
            };
            let value = match name.as_str() {
                "first" if !backwards => Some(size(&mut self.chance)),
                "last" if required => Some("3".to_owned()),
                "last" if backwards => Some(size(&mut self.chance)),
                "where" if self.chance.percent(25) => self.filter(&ty),
                "first" | "last" | "after" | "before" | "where" => None,
                "id" | "ids" if self.ids.is_empty() => Some("\"\"".to_owned()),
                "id" => Some(format!("\"{}\"", self.chance.of(&self.ids))),
                "ids" => {
                    let some = [(); 3].map(|()| format!("\"{}\"", self.chance.of(&self.ids)));
                    Some(format!("[{}]", some.join(", ")))
                }
                "name" => Some("\"ASSISTANCE_CATEGORY\"".to_owned()),
                "codes" => Some("[\"F1\", \"F2\"]".to_owned()),
                "code" | "division" => Some(format!("\"{}\"", self.district)),
                "period" => Some("{ year: 2023, half: H1 }".to_owned()),
                "year" => Some("2022".to_owned()),
                _ if required || self.chance.percent(40) => self.value(&kind, &ty),
                _ => None,
            };
            given.extend(value.map(|value| format!("{name}: {value}")));
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    fn value(&mut self, kind: &str, ty: &str) -> Option<String> {
        if kind == "ENUM" {
            let values = self.types[ty].values.clone();
            return Some(self.chance.of(&values).clone());
        }
        Some(
            match ty {
                "Date" => self.chance.of(&["\"2023-03-15\"", "\"2022-12-31\"", "\"2021-01-01\""]),
                "Boolean" => self.chance.of(&["true", "false"]),
                "Int" => "3",
                "Long" => "\"3\"",
                "Money" => "\"500.00\"",
                "Decimal" => "\"0.5\"",
                "DivisionCode" => return Some(format!("\"{}\"", self.district)),
                "String" => self.chance.of(&["\"1\"", "\"0\"", "\"李\""]),
                _ => return None,
            }
            .to_owned(),
        )
    }

    fn filter(&mut self, ty: &str) -> Option<String> {
        let fields: Vec<(String, String)> =
            self.types[ty].inputs.iter().map(|one| (one.name.clone(), one.ty.clone())).collect();
        let (name, of) = self.chance.of(&fields).clone();
        let operators: Vec<(String, String, String)> =
            self.types[&of].inputs.iter().map(|one| (one.name.clone(), one.kind.clone(), one.ty.clone())).collect();
        if operators.is_empty() {
            return None;
        }
        let (operator, kind, ty) = self.chance.of(&operators).clone();
        let value = self.value(&kind, &ty)?;
        let value = if operator == "in" { format!("[{value}]") } else { value };
        Some(format!("{{ {name}: {{ {operator}: {value} }} }}"))
    }
}

/// An answer as it is compared: the data as they were written, and errors as a set: those below one place that is null count
/// as one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    data: String,
    errors: Vec<String>,
}

/// Instants of recording are another on each run.
fn steady(data: &str) -> String {
    let instant =
        |text: &str| text.len() > 18 && text.as_bytes()[10] == b'T' && text.starts_with("20") && &text[2..4] > "23";
    let parts = data.split('"').map(|text| if instant(text) { "now" } else { text });
    parts.collect::<Vec<_>>().join("\"")
}

impl Answer {
    fn of(text: &str) -> Self {
        let whole: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"));
        let data = text.strip_prefix("{\"data\":").map_or("", |rest| {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
            values.next().expect("data").expect("data");
            &rest[..values.byte_offset()]
        });
        let errors = whole["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let errors: BTreeSet<String> = errors.iter().map(|error| told(&whole["data"], error)).collect();
        Self { data: steady(data), errors: errors.into_iter().collect() }
    }

    fn hash(&self) -> String {
        let text = format!("{}\n{}", self.data, self.errors.join("\n"));
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        format!("{hash:016x}")
    }
}

/// An error with the place that is null for it.
fn told(data: &Value, error: &Value) -> String {
    let path = error["path"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (mut at, mut place) = (data, String::new());
    for step in path {
        if at.is_null() {
            break;
        }
        at = step
            .as_u64()
            .map_or_else(
                || at.get(step.as_str().unwrap_or_default()),
                |index| at.get(usize::try_from(index).expect("an index")),
            )
            .unwrap_or(&Value::Null);
        let _ = write!(place, "/{step}");
    }
    format!("{place} {} {}", error["extensions"]["code"], error["message"])
}

/// A server that is asked.
struct Asked {
    address: String,
    tokens: BTreeMap<String, String>,
    agent: ureq::Agent,
    // Ends when it is dropped.
    _running: Box<dyn std::any::Any>,
}

impl Asked {
    fn new(address: &str, tokens: BTreeMap<String, String>, running: Box<dyn std::any::Any>) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        Self { address: address.to_owned(), tokens, agent: agent.into(), _running: running }
    }

    fn ask(&self, one: &Recorded, document: &str) -> Answer {
        let mut request = self
            .agent
            .post(format!("{}/graphql", self.address))
            .header("authorization", format!("Bearer {}", self.tokens[&one.role]))
            .header("accept-language", &one.language);
        if !one.purpose.is_empty() {
            request = request.header("minzheng-purpose", &one.purpose);
        }
        let mut response = request.send_json(json!({ "query": document })).expect("an answer");
        Answer::of(&response.body_mut().with_config().limit(64 << 20).read_to_string().expect("text"))
    }
}

/// One document, with who asks.
#[derive(Clone, Debug)]
struct Recorded {
    document: String,
    role: String,
    language: String,
    purpose: String,
    hash: String,
}

fn file(world: &str) -> PathBuf {
    tests::repository().join("tests/data/generated").join(format!("{world}.zip"))
}

fn recorded(world: &str) -> Vec<Recorded> {
    let mut zip =
        zip::ZipArchive::new(std::fs::File::open(file(world)).expect("the recorded documents")).expect("a zip");
    let mut text = String::new();
    zip.by_index(0).expect("a file").read_to_string(&mut text).expect("text");
    let word = |line: &Value, key: &str| line[key].as_str().expect("text").to_owned();
    text.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let [document, role, language, purpose, hash] =
                ["document", "role", "language", "purpose", "hash"].map(|key| word(&line, key));
            Recorded { document, role, language, purpose, hash }
        })
        .collect()
}

fn keep(world: &str, all: &[Recorded]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(file(world)).expect("a file"));
    zip.start_file("documents.jsonl", zip::write::SimpleFileOptions::default()).expect("a file");
    for Recorded { document, role, language, purpose, hash } in all {
        let line =
            json!({ "document": document, "role": role, "language": language, "purpose": purpose, "hash": hash });
        writeln!(zip, "{line}").expect("a line");
    }
    zip.finish().expect("a zip");
}

/// Makes documents and records how they are answered; what two worlds answer differently is not recorded.
fn record(world: &str, district: &'static str, start: &dyn Fn() -> Asked) {
    let (one, other) = (start(), start());
    let admin = |purpose: &str, role: &str| Recorded {
        document: String::new(),
        role: role.to_owned(),
        language: "en".to_owned(),
        purpose: purpose.to_owned(),
        hash: String::new(),
    };
    let schema: Value = serde_json::from_str(&one.ask(&admin("", "DISTRICT_ADMIN"), SCHEMA).data).expect("the schema");
    let mut maker = Maker {
        types: types(&schema),
        chance: Chance(0x9e37_79b9_7f4a_7c15),
        used: HashMap::new(),
        ids: Vec::new(),
        district,
        aliases: 0,
        budget: 0,
        variables: BTreeSet::new(),
        fragments: Vec::new(),
    };
    let lists: Vec<String> = maker.types["Query"]
        .fields
        .iter()
        .filter(|field| field.ty.ends_with("Connection") && field.name != "auditEntries" && field.name != "changes")
        .map(|field| field.name.clone())
        .collect();
    for list in lists {
        let found = one.ask(
            &admin("REVIEW", "DISTRICT_ADMIN"),
            &format!("{{ {list}(first: 4) {{ nodes {{ __typename ... on Node {{ id }} }} }} }}"),
        );
        let found: Value = serde_json::from_str(&found.data).unwrap_or_default();
        let ids = found[&list]["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        maker.ids.extend(ids.iter().filter_map(|node| node["id"].as_str()).map(str::to_owned));
    }
    let roles: Vec<String> = one.tokens.keys().cloned().collect();
    let (mut all, mut unsteady, mut empty) = (Vec::new(), 0, 0);
    while all.len() < DOCUMENTS {
        let role = if maker.chance.percent(40) { "DISTRICT_ADMIN".to_owned() } else { maker.chance.of(&roles).clone() };
        let language = (*maker.chance.of(&["zh-CN", "en"])).to_owned();
        let purpose = (*maker.chance.of(&["REVIEW", "REVIEW", ""])).to_owned();
        let mut next = Recorded { document: maker.document(), role, language, purpose, hash: String::new() };
        let answer = one.ask(&next, &next.document);
        // Of refusals as a whole, and of lists with nothing in them, a few are enough.
        if (answer.data.len() < 60) && !maker.chance.percent(8) {
            empty += 1;
            continue;
        }
        if other.ask(&next, &next.document) != answer {
            unsteady += 1;
            println!("unsteady: {}", next.document);
            continue;
        }
        next.hash = answer.hash();
        all.push(next);
    }
    let missed: Vec<String> = maker
        .types
        .iter()
        .filter(|(name, ty)| ty.kind == "OBJECT" && !name.starts_with("__") && !name.ends_with("Payload"))
        .flat_map(|(name, ty)| ty.fields.iter().map(move |field| (name.clone(), field.name.clone())))
        .filter(|field| !maker.used.contains_key(field) && field.0 != "Mutation" && field.0 != "Subscription")
        .map(|(ty, field)| format!("{ty}.{field}"))
        .collect();
    println!("{world}: {} recorded, {unsteady} unsteady, {empty} empty; never asked for: {missed:?}", all.len());
    keep(world, &all);
}

/// The document with a key that stands twice at one object: answers are made another way.
fn twice(document: &str) -> String {
    let at = document
        .find('{')
        .filter(|_| !document.starts_with("query"))
        .unwrap_or_else(|| document.find(") {").expect("the variables end") + 2);
    format!("{}{{ __typename __typename {}", &document[..at], &document[at + 1..])
}

fn agrees(world: &str, start: &dyn Fn() -> Asked) {
    let server = start();
    let all = recorded(world);
    assert!(all.len() >= DOCUMENTS);
    let (mut wrong, mut answers) = (Vec::new(), String::new());
    for (at, one) in all.iter().enumerate() {
        let answer = server.ask(one, &one.document);
        let _ = writeln!(answers, "{one:?}\n{}\n{:?}\n", answer.data, answer.errors);
        if answer.hash() != one.hash {
            wrong.push((one, answer.clone()));
        }
        // Through the library's own values.
        let again = server.ask(one, &twice(&one.document));
        if let Some(rest) = answer.data.strip_prefix('{') {
            let expected = format!("{{\"__typename\":\"Query\",{rest}");
            assert!(again.data == expected || one.document.contains("__typename"), "{one:?}\n{expected}\n{again:?}");
        }
        if at % OTHERWISE == 0 {
            otherwise(&server, one);
        }
    }
    if let Ok(folder) = std::env::var("GENERATED_ANSWERS") {
        std::fs::write(PathBuf::from(folder).join(format!("{world}.txt")), answers).expect("a file");
    }
    if wrong.is_empty() {
        return;
    }
    for (one, answer) in wrong.iter().take(20) {
        println!("{one:?}\n{answer:?}\n");
    }
    panic!("{} of {} documents are answered otherwise", wrong.len(), all.len());
}

/// Over a WebSocket and as an event stream an answer is the same as over HTTP.
fn otherwise(server: &Asked, one: &Recorded) {
    let plain = Recorded { language: "zh-CN".to_owned(), purpose: String::new(), ..one.clone() };
    let expected = server.ask(&plain, &one.document);
    let token = server.tokens[&one.role].as_str();
    let mut socket = Socket::ready(&server.address, Some(token));
    socket.subscribe("1", &one.document, json!({}));
    let message = socket.message();
    // What is refused before it runs comes as an error of its own form.
    if message["type"] == "next" {
        let told = Answer::of(&message["payload"].to_string());
        assert_eq!(told.errors, expected.errors, "{plain:?}");
        let parsed = |data: &str| serde_json::from_str::<Value>(data).unwrap_or_default();
        assert_eq!(parsed(&told.data), parsed(&expected.data), "{plain:?}");
    }
    let body = json!({ "query": one.document }).to_string();
    if let Ok(mut events) = Events::open(&server.address, Some(token), body.as_bytes()) {
        let (name, data) = events.next().expect("an event");
        if name == "next" {
            let parsed = |data: &str| serde_json::from_str::<Value>(data).unwrap_or_default();
            assert_eq!(parsed(&Answer::of(&data.to_string()).data), parsed(&expected.data), "{plain:?}");
        }
    }
}

fn demo() -> Asked {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path(), "1");
    let (address, tokens) = (demo.address().to_owned(), demo.tokens());
    Asked::new(&address, tokens, Box::new((demo, folder)))
}

fn golden() -> Asked {
    let mut world = World::of_earlier(On::Postgres, "2026-11-30");
    world.succeed(&["migrate"]);
    world.without_limits();
    let roles = ["DISTRICT_ADMIN", "AUDITOR", "TOWN_OFFICER", "APPROVER", "PLATFORM", "SECURITY_ADMIN", "SYSTEM_ADMIN"];
    let tokens = roles.map(|role| (role.to_owned(), talk::token(&world, role)));
    let address = world.serve().to_owned();
    Asked::new(&address, tokens.into(), Box::new(world))
}

fn run(world: &str, district: &'static str, start: &dyn Fn() -> Asked) {
    if std::env::var("GENERATED").is_ok_and(|what| what == "record") {
        record(world, district, start);
    }
    agrees(world, start);
}

#[test]
fn documents_are_answered_as_before_sqlite() {
    run("demo", "430104", &demo);
}

#[test]
fn documents_are_answered_as_before_postgres() {
    run("golden", "430199", &golden);
}
