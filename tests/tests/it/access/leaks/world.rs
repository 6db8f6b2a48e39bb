//! Who asks, and what there is to be asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::World;
use tests::fire::Chance;

use super::oracle::{Grant, Place, Row, knows};
use crate::access::matrix::{ACCOUNTS, ORGANISATIONS, PERSONS};
use crate::sdl::Sdl;

/// Somebody who asks.
pub struct Viewer {
    pub name: String,
    pub token: Option<String>,
    bearer: String,
    pub grants: Vec<Grant>,
}

impl Viewer {
    pub fn headers(&self) -> Vec<(&str, &str)> {
        self.token.iter().map(|_| ("authorization", self.bearer.as_str())).collect()
    }

    /// Whether what is shown of a row is noted: it is staff who sees it.
    pub fn is_noted(&self, row: &Row) -> bool {
        let own = self.grants.iter().any(|grant| !grant.is_staff() && grant.reaches(row));
        !own && self.grants.iter().any(Grant::is_staff)
    }

    fn new(token: Option<String>, grants: Vec<Grant>) -> Self {
        let of = |grant: &Grant| format!("{} {} {:?}", grant.role, grant.line.unwrap_or("-"), grant.place);
        Self {
            name: if token.is_none() {
                "anonymous".into()
            } else {
                grants.iter().map(of).collect::<Vec<_>>().join(" & ")
            },
            bearer: format!("Bearer {}", token.as_deref().unwrap_or_default()),
            token,
            grants,
        }
    }
}

const LINES: [&str; 5] = ["ASSISTANCE", "ELDERLY", "ORGANISATIONS", "GOVERNANCE", "WINDOW"];
const PAIRS: usize = 40;

/// Every grant that is tried: role, line, scope as it is granted, and where that is.
fn grants(persons: &[String]) -> Vec<(Grant, String)> {
    let mut all = Vec::new();
    let mut add = |role, line, scope: &str, place| all.push((Grant { role, line, place }, scope.to_owned()));
    let districts = ["430199", "430198"];
    for of in districts {
        for role in ["DISTRICT_ADMIN", "AUDITOR", "APPROVER", "WINDOW_CLERK", "PLATFORM", "SCREEN", "DEPARTMENT"] {
            add(role, None, of, Place::Division(of));
        }
        for role in ["BUSINESS_OFFICER", "APPROVER", "PLATFORM"] {
            for line in LINES {
                add(role, Some(line), of, Place::Division(of));
            }
        }
    }
    for of in ["430199001", "430199100", "430198001"] {
        add("TOWN_OFFICER", None, of, Place::Division(of));
        add("APPROVER", None, of, Place::Division(of));
    }
    for (n, (_, _, of, ..)) in PERSONS.into_iter().enumerate() {
        add("VILLAGE_WORKER", None, of, Place::Division(of));
        add("CITIZEN", None, &persons[n], Place::Of(n));
        add("SOCIAL_ORG", None, ORGANISATIONS[n], Place::Of(n));
        add("SPONSOR", None, ORGANISATIONS[n], Place::Of(n));
        for role in ["INSTITUTION", "CARE_WORKER"] {
            add(role, None, &format!("C{n}"), Place::Of(n));
        }
    }
    add("SYSTEM_ADMIN", None, "", Place::Nowhere);
    add("SECURITY_ADMIN", None, "", Place::Nowhere);
    add("AUDITOR", None, "", Place::Division(""));
    all
}

fn has_scope(grant: &Grant) -> bool {
    grant.place != Place::Nowhere
}

/// Everybody: each grant by itself, and pairs of them drawn by chance; and who is nobody.
pub fn viewers(world: &mut World, chance: &mut Chance) -> Vec<Viewer> {
    let persons = persons(world);
    let grants = grants(&persons);
    let mut all = vec![Viewer::new(None, Vec::new())];
    for (grant, scope) in &grants {
        let mut arguments = vec!["--role", grant.role];
        if has_scope(grant) {
            arguments.extend(["--scope", scope]);
        }
        if let Some(line) = grant.line {
            arguments.extend(["--line", line]);
        }
        all.push(Viewer::new(Some(world.token(&arguments)), vec![grant.clone()]));
    }
    // Some see all rows of a place masked, some a few rows in full: who is both sees the few in full and no others.
    let of = |role: &str, place: &Place| {
        grants
            .iter()
            .find(|(grant, _)| grant.role == role && grant.line.is_none() && grant.place == *place)
            .expect(role)
    };
    for masked in [of("APPROVER", &Place::Division("430199001")), of("VILLAGE_WORKER", &Place::Division(PERSONS[0].2))]
    {
        for n in [0, 2] {
            for few in ["CITIZEN", "INSTITUTION", "CARE_WORKER"] {
                all.extend(pair(world, [masked, of(few, &Place::Of(n))]));
            }
        }
    }
    let (single, mut tries) = (all.len(), 0);
    let mut at = || usize::try_from(chance.below(grants.len() as u64)).expect("small");
    while all.len() < single + PAIRS {
        tries += 1;
        assert!(tries < 100 * PAIRS, "hardly any pair may be held");
        all.extend(pair(world, [&grants[at()], &grants[at()]]));
    }
    all
}

/// Somebody who holds two grants; nobody, where one account may not.
fn pair(world: &mut World, pair: [&(Grant, String); 2]) -> Option<Viewer> {
    let name = |(grant, scope): &(Grant, String)| format!("{}{}{scope}", grant.role, grant.line.unwrap_or_default());
    let username: String = pair.map(name).concat().to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let holder = tests::id_number(&username);
    let mut arguments = vec!["account", "create", "--username", &username, "--name", "周二", "--id-number", &holder];
    for (grant, scope) in pair {
        arguments.extend(["--role", grant.role, "--scope", scope]);
    }
    // An account is made with one line.
    let lines: BTreeSet<&str> = pair.iter().filter_map(|(grant, _)| grant.line).collect();
    let bare = |(grant, _): &&(Grant, String)| grant.line.is_none() && matches!(grant.role, "APPROVER" | "PLATFORM");
    if lines.len() > 1 || (lines.len() == 1 && pair.iter().any(bare)) || pair.iter().any(|(grant, _)| !has_scope(grant))
    {
        return None;
    }
    for line in lines {
        arguments.extend(["--line", line]);
    }
    // Duties that do not go together are refused.
    if !world.run(&arguments).status.success() {
        return None;
    }
    let token = world.token(&["--account", &username]);
    Some(Viewer::new(Some(token), pair.map(|(grant, _)| grant.clone()).to_vec()))
}

fn persons(world: &mut World) -> Vec<String> {
    let admins = ["430199", "430198"].map(|of| world.token(&["--role", "DISTRICT_ADMIN", "--scope", of]));
    let mut find = |n: usize| {
        let query = format!("{{ persons(where: {{ name: {{ eq: \"{}\" }} }}) {{ nodes {{ id }} }} }}", PERSONS[n].1);
        let found = world.ask_for(&admins[n / 2], "SERVICE", &query, json!({}));
        found["data"]["persons"]["nodes"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
    };
    (0..PERSONS.len()).map(&mut find).collect()
}

/// What there is.
pub struct Known {
    pub rows: BTreeMap<String, Row>,
    pub ids: Vec<String>,
    pub types: Vec<String>,
    pub by_type: BTreeMap<String, Vec<String>>,
    pub figures: Vec<String>,
    persons: Vec<String>,
}

impl Known {
    pub fn person(&self, n: usize) -> Row {
        self.rows[&self.persons[n]].clone()
    }
}

/// Types of which everybody has some of one's own, and of which new ones come to be: they are tried by themselves.
pub fn own(of: &str) -> bool {
    matches!(of, "Account" | "RoleGrant" | "Session" | "Deputy" | "Import")
}

/// Reported changes and requests, of which a loaded district has none.
fn pending(world: &mut World, persons: &[String]) {
    for (n, (number, _, village, ..)) in PERSONS.into_iter().enumerate() {
        let worker = world.token(&["--role", "VILLAGE_WORKER", "--scope", village]);
        let query = "mutation($input: ReportChangeInput!) { reportChange(input: $input) { userErrors { code path } } }";
        let input = json!({ "person": persons[n], "kind": "ILLNESS", "happenedOn": "2023-06-01", "note": format!("尿毒症{n}") });
        let done = world.data_as(&worker, query, json!({ "input": input }));
        assert_eq!(done["reportChange"]["userErrors"], json!([]));
        let elsewhere = ["430198", "430198", "430199"][n];
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", elsewhere]);
        let query =
            "mutation($input: RequestTransferInput!) { requestTransfer(input: $input) { userErrors { code path } } }";
        // The one person's number was corrected.
        let number = if n == 1 { "430199195101010030" } else { number };
        let to = ["430198001001", "430198001001", "430199001001"][n];
        let input = json!({ "idNumber": number, "kind": "RESIDENCE", "to": to, "reason": "随子女居住" });
        let done = world.data_as(&admin, query, json!({ "input": input }));
        assert_eq!(done["requestTransfer"]["userErrors"], json!([]));
    }
}

/// All rows there are, as those see them who see most.
pub fn known(world: &mut World, sdl: &Sdl) -> Known {
    let persons = persons(world);
    pending(world, &persons);
    let mut found: BTreeMap<String, Row> = BTreeMap::new();
    let mut nested = Vec::new();
    let mut tokens: Vec<String> =
        ["430199", "430198"].iter().map(|of| world.token(&["--role", "DISTRICT_ADMIN", "--scope", of])).collect();
    tokens.push(world.token(&["--role", "SECURITY_ADMIN"]));
    for token in &tokens {
        for (list, node) in sdl.lists() {
            let mut after = Value::Null;
            loop {
                let page = page(world, token, sdl, &list.name, node, &after);
                for row in page["nodes"].as_array().into_iter().flatten() {
                    let whole = row_of(row, None);
                    nested.push((row.clone(), whole.clone()));
                    // Each sees of a row between two districts what is its own.
                    found.entry(whole.id.clone()).or_insert_with(|| whole.clone()).joined(whole);
                }
                if page["pageInfo"]["hasNextPage"] != true {
                    break;
                }
                after = page["pageInfo"]["endCursor"].clone();
            }
        }
    }
    for (value, row) in &nested {
        within(value, row, &mut found);
    }
    let codes = world.data("{ indicators { code } }", json!({}))["indicators"].clone();
    let figures = codes.as_array().expect("figures").iter().map(|one| one["code"].as_str().expect("a code").to_owned());
    let mut by_type: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in found.values() {
        by_type.entry(row.of.clone()).or_default().push(row.id.clone());
    }
    Known {
        ids: found.keys().cloned().collect(),
        types: by_type.keys().cloned().collect(),
        figures: figures.collect(),
        rows: found,
        by_type,
        persons,
    }
}

/// A page of a list, as deep as one question may ask.
fn page(world: &mut World, token: &str, sdl: &Sdl, list: &str, node: &str, after: &Value) -> Value {
    for (first, deep) in [(20, 3), (20, 2), (5, 2), (5, 1)] {
        let inner = sdl.selection(node, deep, &mut None);
        let query = format!(
            "query($after: String) {{ {list}(first: {first}, after: $after) {{ nodes {{ {inner} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let answer = world.ask_for(token, "INSPECTION", &query, json!({ "after": after }));
        match answer["errors"][0]["extensions"]["code"].as_str() {
            Some("TOO_EXPENSIVE" | "VALIDATION") => {}
            Some("FORBIDDEN" | "UNAUTHENTICATED") => return Value::Null,
            Some(code) => panic!("{list}: {code} {answer}"),
            None => return answer["data"][list].clone(),
        }
    }
    panic!("{list} cannot be asked");
}

/// A row as an answer tells it; what it does not tell is that of the row in which it stands.
fn row_of(value: &Value, around: Option<&Row>) -> Row {
    let own = |name: &str| value[name].as_str();
    let division = own("division").or_else(|| own("residence")).or_else(|| own("code").filter(|code| code.len() == 12));
    let mut divisions: BTreeSet<String> = division.map(str::to_owned).into_iter().collect();
    if divisions.is_empty() {
        places(value, &mut divisions);
    }
    let whole = value.to_string();
    let owner: BTreeSet<usize> =
        (0..PERSONS.len()).filter(|n| marks(*n).iter().any(|mark| whole.contains(mark))).collect();
    let mut persons = BTreeSet::new();
    people(value, &mut persons);
    let mut row = Row {
        of: own("__typename").unwrap_or_default().to_owned(),
        id: own("id").unwrap_or_default().to_owned(),
        divisions,
        owner,
        persons,
        published: own("state") == Some("PUBLISHED"),
    };
    if let Some(around) = around {
        if row.divisions.is_empty() {
            row.divisions.clone_from(&around.divisions);
        }
        if row.owner.is_empty() {
            row.owner.clone_from(&around.owner);
        }
        row.persons.extend(around.persons.iter().cloned());
    }
    row
}

/// What stands in a row about one of the persons only.
fn marks(n: usize) -> Vec<String> {
    let (number, name, _, phone, _) = PERSONS[n];
    let mut marks = vec![number.to_owned(), name.to_owned(), phone.to_owned()];
    marks.extend([ACCOUNTS[n].to_owned(), ORGANISATIONS[n].to_owned()]);
    for own in ["C", "PR", "RN", "B", "V", "I", "H", "X", "PX", "RX", "WX", "AX", "DX", "Y", "K", "DN"] {
        marks.push(format!("\"{own}{n}\""));
    }
    marks
}

/// The places of the rows next to a row that says none of its own.
fn places(value: &Value, found: &mut BTreeSet<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::String(code) if matches!(name.as_str(), "division" | "residence" | "to" | "from") => {
                found.insert(code.clone());
            }
            Value::Object(_) => places(value, found),
            _ => {}
        }
    }
}

fn people(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if fields.get("__typename").is_some_and(|of| of == "Person") {
                found.extend(fields.get("id").and_then(Value::as_str).map(str::to_owned));
            }
            fields.values().for_each(|value| people(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| people(value, found)),
        _ => {}
    }
}

/// Rows that stand in others only.
fn within(value: &Value, around: &Row, found: &mut BTreeMap<String, Row>) {
    match value {
        Value::Object(fields) => {
            let mut inner = around.clone();
            if let (Some(of), Some(id)) = (fields.get("__typename"), fields.get("id").and_then(Value::as_str)) {
                inner = match found.get(id) {
                    Some(row) => row.clone(),
                    None => row_of(value, Some(around)),
                };
                if knows(of.as_str().unwrap_or_default()) {
                    found.entry(id.to_owned()).or_insert_with(|| inner.clone());
                }
            }
            fields.values().for_each(|value| within(value, &inner, found));
        }
        Value::Array(values) => values.iter().for_each(|value| within(value, around, found)),
        _ => {}
    }
}
