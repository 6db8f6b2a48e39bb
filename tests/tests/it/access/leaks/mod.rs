//! Ten thousand odd questions and commands, by every role and pairs of them, by every path there is, against an oracle of
//! its own: nothing out of reach is told, counted or changed, and every personal value that left stands in the journal.
//! `LEAK_CASES` says how many, `FIRE_SEED` repeats a run.

mod oracle;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::fire::Chance;
use tests::{World, eventually, id_number, on_both};

use self::oracle::{Row, Seen, knows, seen};
use self::world::{Known, Viewer, own};
use super::foreign_sheets;
use super::matrix::{PERSONS, load, secrets, sheets};
use super::{text, verified};
use crate::files::get;
use crate::sdl::{Field, Sdl, camel};
use crate::talk::Socket;

/// How many cases where nothing is said, on each database.
const CASES: u64 = 5_000;
/// Commands that name somebody held elsewhere on purpose, and tell nothing of it.
const TRANSFERS: [&str; 1] = ["requestTransfer"];

/// One case: who asks what.
struct Case<'a> {
    number: u64,
    viewer: &'a Viewer,
    purpose: bool,
    asked: String,
}

struct Trial<'a> {
    known: &'a Known,
    sdl: &'a Sdl,
    chance: Chance,
    faults: Vec<String>,
    /// Personal values that left: case, row.
    left: Vec<(u64, Row)>,
    /// Answers with data, and all.
    told: (u64, u64),
}

impl Trial<'_> {
    fn one<'b, T>(&mut self, of: &'b [T]) -> &'b T {
        &of[usize::try_from(self.chance.below(of.len() as u64)).expect("small")]
    }

    fn fault(&mut self, case: &Case<'_>, why: &str) {
        let with = if case.purpose { "+" } else { "" };
        self.faults.push(format!("case {}: {}{with} {why}: {}", case.number, case.viewer.name, case.asked));
    }

    fn ask(&mut self, world: &mut World, case: &Case<'_>, query: &str, variables: Value) -> Value {
        let number = case.number.to_string();
        let mut headers = case.viewer.headers();
        headers.push(("minzheng-case", &number));
        if case.purpose {
            headers.push(("minzheng-purpose", "INSPECTION"));
        }
        let answer = world.ask_with(&headers, query, variables).1;
        if answer.to_string().contains("\"INTERNAL\"") {
            self.fault(case, "broke it");
        }
        self.told.1 += 1;
        self.told.0 += u64::from(answer["errors"].is_null());
        self.judge(case, &answer, None);
        answer
    }

    /// Whether anything in an answer may not be there. Within an object that is a row, that row says what may.
    fn judge(&mut self, case: &Case<'_>, value: &Value, within: Option<(&Row, Seen)>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.judge(case, value, within)),
            Value::Object(fields) => {
                let of = fields.get("__typename").and_then(Value::as_str).unwrap_or_default();
                let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
                let known = self.known;
                let row = known.rows.get(id).filter(|row| row.of == of);
                if row.is_none() && !id.is_empty() && knows(of) && !own(of) {
                    self.fault(case, &format!("was told of a row that nobody has: {of} {id}"));
                }
                let inner = row.map(|row| (row, seen(&case.viewer.grants, row, case.purpose)));
                if let Some((row, Seen::Nothing)) = inner
                    && !own(of)
                {
                    self.fault(case, &format!("was told of {row:?}"));
                }
                for (name, value) in fields {
                    self.judge(case, value, inner.or(within));
                    self.personal(case, of, name, value, inner);
                }
            }
            Value::String(said) => self.secret(case, said, within),
            _ => {}
        }
    }

    /// A personal field of a row: masked or nothing, where it may not be seen in full; else noted.
    fn personal(&mut self, case: &Case<'_>, of: &str, name: &str, value: &Value, row: Option<(&Row, Seen)>) {
        let (Some((row, seen)), true) = (row, self.sdl.field(of, name).is_some_and(|field| field.personal)) else {
            return;
        };
        let shown = |value: &Value| match value {
            Value::Null => false,
            Value::String(said) => !said.contains('*'),
            _ => true,
        };
        let shown = match value {
            Value::Array(values) => values.iter().any(shown),
            value => shown(value),
        };
        if shown && seen < Seen::Full {
            self.fault(case, &format!("was shown {of}.{name} of {row:?}"));
        } else if shown && case.viewer.is_noted(row) {
            self.left.push((case.number, row.clone()));
        }
    }

    /// A text that may be somebody's secret: not in a row that is masked, nor by itself but to who may see that person.
    fn secret(&mut self, case: &Case<'_>, said: &str, within: Option<(&Row, Seen)>) {
        for n in 0..PERSONS.len() {
            let Some(secret) = secrets(n).into_iter().find(|secret| said.contains(secret.as_str())) else { continue };
            let level = match within {
                Some((_, level)) => level,
                None => seen(&case.viewer.grants, &self.known.person(n), case.purpose),
            };
            // What somebody said himself is said back.
            if level < Seen::Full && !case.asked.contains(&secret) {
                self.fault(case, &format!("was told {secret}"));
            }
        }
    }

    /// A value for a field or an argument, by its type; of texts and days some are somebody's.
    fn value(&mut self, of: &str, name: &str) -> Value {
        let n = usize::try_from(self.chance.below(3)).expect("small");
        let (number, full, village, phone, address) = PERSONS[n];
        match of {
            "String" => {
                let texts = [number, full, phone, address, super::matrix::ACCOUNTS[n], super::matrix::ORGANISATIONS[n]];
                json!(match name {
                    "idNumber" => number,
                    "phone" => phone,
                    "name" | "holder" | "host" | "donor" | "applicant" => full,
                    _ => self.one(&texts),
                })
            }
            "Date" => json!(format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14])),
            "DateTime" => json!("2023-06-30T08:00:00+08:00"),
            "DivisionCode" => json!(*self.one(&["430199", "430198", "430199001", "430199100", village])),
            "ID" => {
                let rows = &self.known.ids;
                json!(self.one(rows))
            }
            "Boolean" => json!(self.chance.below(2) == 0),
            "Int" => json!(self.chance.below(4)),
            "Long" | "Money" | "Decimal" => json!("300.00"),
            of if self.sdl.is_enum(of) => {
                let values = self.sdl.fields(of);
                json!(self.one(values).name)
            }
            _ => Value::Null,
        }
    }

    /// A value as it is written in a document.
    fn literal(of: &str, value: &Value, sdl: &Sdl) -> String {
        match value {
            Value::String(word) if sdl.is_enum(of) => word.clone(),
            value => value.to_string(),
        }
    }

    /// A condition, an order, a search: as written, and whether it asks by something personal.
    fn conditions(&mut self, list: &Field, node: &str) -> (Vec<String>, Vec<Value>, bool) {
        let (mut all, mut values, mut personal) = (Vec::new(), Vec::new(), false);
        for (argument, of) in &list.arguments {
            let of = of.trim_matches(['[', ']', '!']);
            match argument.as_str() {
                "where" if self.chance.below(2) == 0 => {
                    let fields = self.sdl.fields(of);
                    let field = self.one(fields).clone();
                    let operations = self.sdl.fields(&field.of);
                    let operation = self.one(operations).clone();
                    let value = self.value(&operation.of, &field.name);
                    if value.is_null() {
                        continue;
                    }
                    let literal = Self::literal(&operation.of, &value, self.sdl);
                    let literal = if operation.list { format!("[{literal}]") } else { literal };
                    personal |= self.sdl.field(node, &field.name).is_some_and(|field| field.personal);
                    all.push(format!("where: {{ {}: {{ {}: {literal} }} }}", field.name, operation.name));
                    values.push(value);
                }
                "orderBy" if self.chance.below(3) == 0 => {
                    let orders = self.sdl.fields(of);
                    let order = self.one(orders).name.clone();
                    personal |= self.sdl.field(node, &Sdl::order_field(&order)).is_some_and(|field| field.personal);
                    all.push(format!("orderBy: {order}"));
                }
                "idNumber" | "phone" if self.chance.below(3) == 0 => {
                    let value = self.value("String", argument);
                    all.push(format!("{argument}: {value}"));
                    values.push(value);
                    personal = true;
                }
                _ => {}
            }
        }
        (all, values, personal)
    }

    fn list(&mut self, world: &mut World, case: &mut Case<'_>) {
        let lists = self.sdl.lists();
        let (list, node) = *self.one(&lists);
        let (mut arguments, values, personal) = self.conditions(list, node);
        let counted = self.chance.below(4) == 0;
        let deep = usize::try_from(self.chance.below(3)).expect("small");
        arguments.push(format!("first: {}", [100, 20, 5][deep]));
        let told = if counted {
            "totalCount".to_owned()
        } else {
            format!(
                "nodes {{ {} }} pageInfo {{ hasNextPage }}",
                self.sdl.selection(node, deep, &mut Some(&mut self.chance))
            )
        };
        case.asked = format!("{{ {}({}) {{ {told} }} }}", list.name, arguments.join(", "));
        let answer = self.ask(world, case, &case.asked.clone(), json!({}));
        if counted && let Some(count) = answer["data"][&list.name]["totalCount"].as_u64() {
            // By what is personal only those are counted who may be seen in full.
            let least = if personal { Seen::Full } else { Seen::Masked };
            let may = |row: &&Row| row.of == node && seen(&case.viewer.grants, row, case.purpose) >= least;
            let visible = self.known.rows.values().filter(may).count() as u64;
            if count > visible && knows(node) && !own(node) {
                self.fault(case, &format!("counted {count} of {visible}"));
            }
        }
        if personal {
            self.alike(world, case, &answer, &values);
        }
    }

    /// What is asked of somebody who may not be seen in full is answered as what is asked of nobody.
    fn alike(&mut self, world: &mut World, case: &Case<'_>, answer: &Value, values: &[Value]) {
        for (n, (number, name, _, phone, address)) in PERSONS.into_iter().enumerate() {
            let nobody = [
                (number, id_number("nobody")),
                (name, "欧阳无人".to_owned()),
                (phone, "13799999999".to_owned()),
                (address, "无此院一号".to_owned()),
                (super::matrix::ACCOUNTS[n], "6228480000000000099".to_owned()),
            ];
            for (secret, nobodys) in nobody {
                let of =
                    |row: &Row| row.owner.contains(&n) && seen(&case.viewer.grants, row, case.purpose) == Seen::Full;
                if !values.iter().any(|value| value == secret) || self.known.rows.values().any(of) {
                    continue;
                }
                let query = case.asked.replace(secret, &nobodys);
                let other = self.ask(world, case, &query, json!({}));
                let (one, other) = (answer.to_string().replace(secret, "?"), other.to_string().replace(&nobodys, "?"));
                let without = |text: &str| text.split("\"requestId\"").next().unwrap_or_default().to_owned();
                if without(&one) != without(&other) {
                    self.fault(case, &format!("told {secret} from nobody: {one} {other}"));
                }
            }
        }
    }

    fn nodes(&mut self, world: &mut World, case: &mut Case<'_>) {
        let known = self.known;
        let of = self.one(&known.types);
        let ids: Vec<&str> = (0..10).map(|_| self.one(&known.by_type[of]).as_str()).collect();
        let inner = self.sdl.selection(of, 1, &mut Some(&mut self.chance));
        let query = format!("nodes(ids: {}) {{ __typename id ... on {of} {{ {inner} }} }}", json!(ids));
        case.asked = format!("{{ {query} }}");
        self.ask(world, case, &case.asked.clone(), json!({}));
    }

    fn figures(&mut self, world: &mut World, case: &mut Case<'_>) {
        let division = *self.one(&["430199", "430198", "430199001", "430199100", "430199001001", "430198001001"]);
        let known = self.known;
        let codes: Vec<&str> = (0..4).map(|_| self.one(&known.figures).as_str()).collect();
        let person = self.sdl.selection("Person", 1, &mut Some(&mut self.chance));
        let told = *self.one(&[
            "",
            "rows(first: 20) { nodes { division amount person { PERSON } node { __typename id } } }",
            "rows(first: 5) { totalCount }",
            "series(by: QUARTER, last: 2) { value suppressed }",
            "breakdown(level: VILLAGE, first: 5) { nodes { division value suppressed } }",
            "explain { notCounted { reason count } }",
        ]);
        let told = told.replace("PERSON", &person);
        case.asked = format!(
            "{{ figures(division: \"{division}\", period: {{ year: 2023, half: H1 }}, codes: {}) {{ figures {{ code unit value suppressed {told} }} }} }}",
            json!(codes)
        );
        let answer = self.ask(world, case, &case.asked.clone(), json!({}));
        let right = case.viewer.grants.iter().filter_map(|grant| grant.figures(division)).max();
        for figure in answer["data"]["figures"]["figures"].as_array().into_iter().flatten() {
            let value = figure["value"].as_str().and_then(|value| value.parse::<f64>().ok());
            let persons = matches!(figure["unit"].as_str(), Some("人" | "户" | "人次"));
            match right {
                None if !figure["value"].is_null() => self.fault(case, &format!("was told {figure}")),
                Some(false) if persons && value.is_some_and(|value| (1.0..5.0).contains(&value)) => {
                    self.fault(case, &format!("was told of few: {figure}"));
                }
                _ => {}
            }
        }
    }

    /// The feed, by pages and as a subscription; the journal.
    fn feeds(&mut self, world: &mut World, case: &mut Case<'_>) {
        let way = self.chance.below(4);
        let asked = match way {
            0 => "{ auditEntries(first: 20) { nodes { id account rows { aggregate id } } } }",
            1 => "{ verifyAudit { ok } }",
            _ => "{ changes(first: 40) { nodes { aggregate id division fields node { __typename id } } } }",
        };
        asked.clone_into(&mut case.asked);
        let answer = self.ask(world, case, &case.asked.clone(), json!({}));
        let may = |role: &str| case.viewer.grants.iter().any(|grant| grant.role == role);
        let whole = case.viewer.grants.iter().any(|grant| grant.role == "AUDITOR" && grant.whole());
        if way < 2 && !whole && answer["errors"].is_null() {
            self.fault(case, "read the journal");
        }
        let mut changes = answer["data"]["changes"]["nodes"].as_array().cloned().unwrap_or_default();
        if way == 3 {
            "subscription { changes(after: \"MC4tMQ\") { aggregate id division } }".clone_into(&mut case.asked);
            let address = world.serve().to_owned();
            let mut socket = Socket::ready(&address, case.viewer.token.as_deref());
            socket.subscribe("all", &case.asked, json!({}));
            // As many are awaited as the page had; who may not hear any is refused.
            let awaited = if may("PLATFORM") || may("AUDITOR") { changes.len() } else { 1 };
            changes = (0..awaited).map(|_| socket.message()["payload"]["data"]["changes"].clone()).collect();
        }
        for change in changes.iter().filter(|change| change["id"].is_string()) {
            let row = self.known.rows.get(text(&change["id"]));
            if !may("PLATFORM") && !may("AUDITOR") {
                self.fault(case, "read the feed");
            }
            if let Some(row) = row
                && seen(&case.viewer.grants, row, true) == Seen::Nothing
            {
                self.fault(case, &format!("heard of {row:?}"));
            }
        }
    }

    /// The input of a mutation that names rows out of reach; nothing where it names none.
    fn input(&mut self, of: &str, node: &str, foreign: &BTreeMap<&str, Vec<&str>>, named: &mut bool) -> Value {
        let mut all = serde_json::Map::new();
        for field in self.sdl.fields(of) {
            if matches!(field.name.as_str(), "idempotencyKey" | "version") || (!field.must && self.chance.below(3) == 0)
            {
                continue;
            }
            let value = match field.of.as_str() {
                "ID" => {
                    let wanted = match field.name.as_str() {
                        "id" => node,
                        "record" => "ReportedChange",
                        _ => "Person",
                    };
                    let Some(ids) = foreign.get(wanted).or_else(|| foreign.values().next()) else { continue };
                    *named = true;
                    json!(*self.one(ids))
                }
                "JSON" => {
                    let command = camel_of(all.get("command"));
                    let (input, node) = command_of(self.sdl, &command);
                    self.input(&input, &node, foreign, named)
                }
                "DivisionCode" => json!("430198001001"),
                of if !self.sdl.is_enum(of) && !self.sdl.fields(of).is_empty() => self.input(of, node, foreign, named),
                of => self.value(of, &field.name),
            };
            all.insert(field.name.clone(), if field.list { json!([value]) } else { value });
        }
        Value::Object(all)
    }

    /// A command about rows out of reach: nothing is changed.
    fn command(&mut self, world: &mut World, case: &mut Case<'_>) {
        let known = self.known;
        let mut foreign: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in known.rows.values() {
            if row.of != "Division" && !case.viewer.grants.iter().any(|grant| grant.reaches(row)) {
                foreign.entry(&row.of).or_default().push(&row.id);
            }
        }
        let commands: Vec<&Field> =
            self.sdl.fields("Mutation").iter().filter(|field| !field.arguments.is_empty()).collect();
        let command = (*self.one(&commands)).clone();
        let (of, node) = command_of(self.sdl, &command.name);
        let mut named = false;
        let input = self.input(&of, &node, &foreign, &mut named);
        if !named || TRANSFERS.contains(&command.name.as_str()) {
            return;
        }
        let query = format!("mutation($input: {of}!) {{ {}(input: $input) {{ __typename }} }}", command.name);
        let payload = self.sdl.selection(&command.of, 2, &mut None);
        let query = query.replace("__typename", &payload);
        case.asked = format!("{query} {input}");
        let last = newest(world);
        self.ask(world, case, &query, json!({ "input": input }));
        for written in world.rows(&format!("SELECT body FROM journal_entry WHERE kind = 'COMMAND' AND id > {last}")) {
            self.fault(case, &format!("changed something: {written}"));
        }
    }

    /// A sheet that leaves, and one that is rehearsed.
    fn sheet(&mut self, world: &mut World, case: &mut Case<'_>) {
        let Some(token) = case.viewer.token.clone() else { return };
        let sheets = sheets();
        let (kind, headers, rows) = self.one(&sheets).clone();
        if self.chance.below(2) == 0 {
            case.asked = format!("import {kind} {headers} {}", rows.join("\n"));
            if let Ok(told) =
                foreign_sheets::send(world, &token, kind, &format!("{headers}\n{}\n", rows.join("\n")), true)
            {
                self.secret(case, &told.all, None);
            }
            return;
        }
        case.asked = format!(
            "mutation {{ startExport(input: {{ kind: \"{kind}\", format: CSV }}) {{ job {{ id }} userErrors {{ code }} }} }}"
        );
        let started = self.ask(world, case, &case.asked.clone(), json!({}));
        let job = started["data"]["startExport"]["job"]["id"].clone();
        if !job.is_string() {
            return;
        }
        let query = "query($id: ID!) { job(id: $id) { finishedAt file { address } } }";
        let mut file = Value::Null;
        eventually("the export ends", || {
            let done = self.ask(world, case, query, json!({ "id": job }));
            file = done["data"]["job"]["file"]["address"].clone();
            !done["data"]["job"]["finishedAt"].is_null() || !done["errors"].is_null()
        });
        if let Some(address) = file.as_str() {
            let content = String::from_utf8_lossy(&get(world, address).1).into_owned();
            self.secret(case, &content, None);
        }
    }

    /// Every list whole, as its rows stand by themselves: by each of those who hold two grants.
    fn lists_of_two(&mut self, world: &mut World, viewers: &[Viewer], mut number: u64) {
        for viewer in viewers.iter().filter(|viewer| viewer.grants.len() == 2) {
            for (list, node) in self.sdl.lists() {
                let told = self.sdl.selection(node, 0, &mut None);
                let asked = format!("{{ {}(first: 100) {{ nodes {{ {told} }} }} }}", list.name);
                let case = Case { number, viewer, purpose: true, asked };
                self.ask(world, &case, &case.asked.clone(), json!({}));
                number += 1;
            }
        }
    }

    fn run(&mut self, world: &mut World, viewers: &[Viewer], number: u64) {
        let viewer = self.one(viewers);
        let purpose = self.chance.below(4) > 0;
        let mut case = Case { number, viewer, purpose, asked: String::new() };
        match self.chance.below(100) {
            0..45 => self.list(world, &mut case),
            45..65 => self.nodes(world, &mut case),
            65..77 => self.figures(world, &mut case),
            77..81 => self.feeds(world, &mut case),
            81..98 => self.command(world, &mut case),
            _ => self.sheet(world, &mut case),
        }
    }
}

fn camel_of(command: Option<&Value>) -> String {
    command.and_then(Value::as_str).map_or_else(String::new, camel)
}

/// The input of a mutation, and the type of the rows that it is about.
fn command_of(sdl: &Sdl, command: &str) -> (String, String) {
    let Some(field) = sdl.field("Mutation", command) else { return Default::default() };
    let of = field.arguments.iter().find(|(name, _)| name == "input").map_or("", |(_, of)| of).trim_matches('!');
    let node = sdl.fields(&field.of).iter().find(|field| knows(&field.of)).map_or("", |field| &field.of);
    (of.to_owned(), node.to_owned())
}

fn newest(world: &World) -> i64 {
    world.asked("SELECT COALESCE(MAX(id), 0) FROM journal_entry").trim().parse().expect("a number")
}

/// What the journal has of readings: by case, the persons and the rows.
fn noted(world: &mut World) -> BTreeMap<String, BTreeSet<String>> {
    let auditor = world.token(&["--role", "AUDITOR", "--scope", ""]);
    let query = "query($after: String) { auditEntries(first: 100, after: $after, command: \"read\") {
        nodes { caseNumber reads { person } rowReads { id } } pageInfo { hasNextPage endCursor } } }";
    let (mut all, mut after) = (BTreeMap::<String, BTreeSet<String>>::new(), Value::Null);
    loop {
        let page = world.data_as(&auditor, query, json!({ "after": after }))["auditEntries"].clone();
        for entry in page["nodes"].as_array().expect("entries") {
            let noted = all.entry(entry["caseNumber"].as_str().unwrap_or_default().to_owned()).or_default();
            for (list, of) in [("reads", "person"), ("rowReads", "id")] {
                noted.extend(entry[list].as_array().expect("a list").iter().map(|read| text(&read[of]).to_owned()));
            }
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

on_both! {
    nothing_out_of_reach_is_told_counted_or_changed_and_what_left_is_noted(world) {
        world.without_limits();
        load(world);
        super::matrix::record(world);
        let sdl = Sdl::read();
        let mut chance = Chance::new();
        let viewers = world::viewers(world, &mut chance);
        let known = world::known(world, &sdl);
        let mut trial = Trial { known: &known, sdl: &sdl, chance, faults: Vec::new(), left: Vec::new(), told: (0, 0) };
        let cases = std::env::var("LEAK_CASES").map_or(CASES, |cases| cases.parse().expect("a number"));
        for number in 0..cases {
            trial.run(world, &viewers, number);
        }
        trial.lists_of_two(world, &viewers, cases);
        let noted = noted(world);
        let (told, faults) = (trial.told, &mut trial.faults);
        println!("{} of {} answered, {} personal values left", told.0, told.1, trial.left.len());
        for (case, row) in &trial.left {
            let noted = noted.get(&case.to_string());
            let is_noted = noted.is_some_and(|ids| ids.contains(&row.id) || row.persons.iter().any(|id| ids.contains(id)));
            if !is_noted {
                faults.push(format!("case {case}: not noted: {row:?}"));
            }
        }
        assert!(told.0 * 4 > told.1 && !trial.left.is_empty(), "most questions were refused: {told:?}");
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(40)].join("\n"));
        verified(world);
    }
}
