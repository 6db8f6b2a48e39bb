//! A small demo: every sheet is taken whole, every role sees its own, records agree with figures and journal, and the same seed
//! makes the same district.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tests::{ask_at, binary};

/// A running demo; ended when dropped.
pub(crate) struct Demo {
    child: Child,
    address: String,
    tokens: Value,
    told: String,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    pub(crate) fn start(folder: &Path, seed: &str) -> Self {
        Self::start_with(folder, seed, &[])
    }

    /// With more settings.
    pub(crate) fn start_with(folder: &Path, seed: &str, settings: &[(&str, &str)]) -> Self {
        let log = folder.join("log");
        let mut child = Command::new(binary())
            .args(["demo", "--json", "--persons", "200", "--seed", seed, "--listen", "127.0.0.1:0", "--data"])
            // Some tests ask on and on.
            .envs(
                ["MINZHENG_RATE_PER_ADDRESS", "MINZHENG_RATE_PER_ACCOUNT", "MINZHENG_WORK_PER_ACCOUNT"]
                    .map(|name| (name, "0")),
            )
            .arg(folder.join("data"))
            .envs(settings.iter().copied())
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .expect("the demo starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let told = std::fs::read_to_string(log).expect("the log");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{told}"));
        let address = ready["graphql"].as_str().expect("an address").trim_end_matches("/graphql").to_owned();
        Self { child, address, tokens: ready["tokens"].clone(), told }
    }

    /// Where it is served.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    fn ask(&self, role: &str, query: &str) -> Value {
        let answer = self.answer(role, query);
        assert!(answer["errors"].is_null(), "{role}: {query}: {answer}");
        answer["data"].clone()
    }

    /// The whole answer to a question of a role.
    pub(crate) fn answer(&self, role: &str, query: &str) -> Value {
        let token = self.tokens[role].as_str().unwrap_or_else(|| panic!("no token of {role}: {}", self.tokens));
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("minzheng-purpose", "REVIEW")];
        ask_at(&self.address, &headers, query, json!({})).1
    }

    /// A token of each role, by its name.
    pub(crate) fn tokens(&self) -> std::collections::BTreeMap<String, String> {
        serde_json::from_value(self.tokens.clone()).expect("tokens by role")
    }

    /// Whether it has a token of this role.
    pub(crate) fn has(&self, role: &str) -> bool {
        self.tokens[role].is_string()
    }

    /// How many there are for a role.
    fn count(&self, role: &str, list: &str) -> u64 {
        self.ask(role, &format!("{{ {list} {{ totalCount }} }}"))[list]["totalCount"].as_u64().expect("a number")
    }
}

/// The program with the demo's data, as an operator runs it afterwards.
fn succeeds(folder: &Path, arguments: &[&str]) {
    let output = Command::new(binary())
        .args(arguments)
        .env("MINZHENG_DATA_DIR", folder.join("data"))
        .env("MINZHENG_TODAY", "2023-06-30")
        .env("MINZHENG_DISTRICT", "430104")
        .current_dir(folder)
        .output()
        .expect("the program");
    assert!(
        output.status.success(),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Lists that every demo has rows in.
const LISTS: [&str; 29] = [
    "persons",
    "households",
    "recognitions",
    "welfareBenefits",
    "payments",
    "paymentAccounts",
    "budgetLines",
    "bankReturns",
    "careCentres",
    "centreProjects",
    "stays",
    "renovationCases",
    "careWorkers",
    "homeCareBeds",
    "homeVisits",
    "inspections",
    "hazards",
    "donations",
    "socialOrganisations",
    "annualInspections",
    "partyOrganisations",
    "villageCharters",
    "redWhiteCouncils",
    "ceremonies",
    "disclosures",
    "communityWorkers",
    "administrativeItems",
    "itemCases",
    "imports",
];

/// What two demos of the same seed must answer alike: all figures of three half-years, and rows of several rooms.
fn answers(demo: &Demo) -> String {
    let mut all = String::new();
    for half in ["year: 2022, half: H1", "year: 2022, half: H2", "year: 2023, half: H1"] {
        let query = format!(
            "{{ figures(division: \"430104\", period: {{ {half} }}) {{ figures {{ code value amount yearOnYear
                breakdown(level: TOWN, first: 30) {{ nodes {{ division {{ code }} value }} }} }} }} }}"
        );
        writeln!(all, "{}", demo.ask("DISTRICT_ADMIN", &query)).expect("text");
    }
    for query in [
        "{ payments(first: 40, orderBy: PAID_ON, direction: DESC) { nodes { id number paidOn amount state } } }",
        "{ persons(first: 40) { nodes { id name idNumber } } }",
        "{ homeVisits(first: 40) { nodes { id number } } }",
        "{ ceremonies(first: 40) { nodes { id number outcome } } }",
        "{ itemCases(first: 40) { nodes { id number } } }",
    ] {
        writeln!(all, "{}", demo.ask("DISTRICT_ADMIN", query)).expect("text");
    }
    all
}

#[test]
fn a_small_demo_is_taken_whole_and_is_the_same_each_time() {
    let (first, second) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let demo = Demo::start(first.path(), "3");

    // Each sheet was taken in, no row refused.
    let imports = demo.ask("DISTRICT_ADMIN", "{ imports(first: 100) { nodes { kind state refused } } }");
    let imports = imports["imports"]["nodes"].as_array().expect("imports");
    assert_eq!(imports.len(), 34, "{}", demo.told);
    for import in imports {
        assert_eq!(
            (&import["state"], import["refused"].to_string().trim_matches('"')),
            (&json!("ACCEPTED"), "0"),
            "{import}"
        );
        let kind = import["kind"].as_str().expect("a kind");
        assert!(demo.told.contains(kind), "{kind} is not told of: {}", demo.told);
    }
    for list in LISTS {
        assert!(demo.count("DISTRICT_ADMIN", list) > 0, "{list}");
    }

    every_role_sees_its_own(&demo);

    let answer = answers(&demo);
    let other = Demo::start(second.path(), "3");
    assert!(answer == answers(&other), "the same seed answers otherwise");
    drop(other);

    // Made once: the second start finds it.
    drop(demo);
    let again = Demo::start(first.path(), "3");
    assert!(!again.told.contains("payments") && answer == answers(&again), "{}", again.told);
    drop(again);
    succeeds(first.path(), &["figures", "verify"]);
    succeeds(first.path(), &["audit", "verify", "--records"]);
}

fn every_role_sees_its_own(demo: &Demo) {
    let tokens = demo.tokens.as_object().expect("tokens");
    assert_eq!(tokens.len(), 21, "17 roles, one of them with five lines: {:?}", tokens.keys());
    for role in tokens.keys() {
        let viewer = demo.ask(role, "{ viewer { account roles { role scope } } }");
        let held = viewer["viewer"]["roles"][0]["role"].as_str().unwrap_or_else(|| panic!("{role}: {viewer}"));
        assert!(role.starts_with(held), "{role}: {viewer}");
    }
    for (role, lists) in [
        ("BUSINESS_OFFICER_ASSISTANCE", &["recognitions", "payments"][..]),
        ("BUSINESS_OFFICER_ELDERLY", &["homeCareBeds", "hazards"]),
        ("BUSINESS_OFFICER_ORGANISATIONS", &["socialOrganisations"]),
        ("BUSINESS_OFFICER_GOVERNANCE", &["ceremonies"]),
        ("BUSINESS_OFFICER_WINDOW", &["itemCases"]),
        ("APPROVER", &["recognitions"]),
        ("TOWN_OFFICER", &["households", "ceremonies"]),
        ("VILLAGE_WORKER", &["households", "villageCharters"]),
        ("WINDOW_CLERK", &["itemCases"]),
        ("INSTITUTION", &["careWorkers", "stays"]),
        ("CARE_WORKER", &["stays"]),
        ("SOCIAL_ORG", &["socialOrganisations", "annualInspections"]),
        ("CITIZEN", &["households", "payments", "recognitions"]),
        ("AUDITOR", &["payments"]),
        ("PLATFORM", &["payments"]),
    ] {
        for list in lists {
            let (own, all) = (demo.count(role, list), demo.count("DISTRICT_ADMIN", list));
            assert!((1..=all).contains(&own), "{role} sees {own} of {all} {list}");
            let narrow = ["TOWN_OFFICER", "VILLAGE_WORKER", "INSTITUTION", "CARE_WORKER", "SOCIAL_ORG", "CITIZEN"];
            assert!(*list == "villageCharters" || own < all || !narrow.contains(&role), "{role} sees all {list}");
        }
    }
}

/// The demo as a newcomer starts it; what it says until the text is there that ends it.
struct Spoken {
    child: Child,
    lines: Vec<String>,
}

impl Drop for Spoken {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn speaks(folder: &Path) -> Spoken {
    let mut child = Command::new(binary())
        .args(["demo", "--persons", "200", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.join("data"))
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(File::create(folder.join("log")).expect("a log"))
        .spawn()
        .expect("the demo starts");
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
        let line = line.expect("a line");
        let last = line.contains("Bearer $TOKEN");
        lines.push(line);
        if last {
            break;
        }
    }
    Spoken { child, lines }
}

#[test]
fn what_the_demo_says_first_is_enough_to_begin() {
    let folder = tempfile::tempdir().expect("a folder");
    let spoken = speaks(folder.path());
    let said = spoken.lines.join("\n");
    for word in ["/docs", "/screen#token=", "/graphql", "/graphiql", "Yuelu-2023-demo"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    // A row a role in both languages, with account, name and place; no token but that in the screen's address.
    for (role, title, account, place) in [
        ("区级管理员", "district administrator", "zhou.lixin", "岳麓区"),
        ("业务经办（社会救助）", "officer, social assistance", "liu.xiaoyan", "岳麓区"),
        ("镇街经办", "town officer", "jiang.lijuan", "镇"),
        ("村居工作人员", "village worker", "xiao.manxiu", "村"),
        ("养老机构", "care institution", "he.deming", ""),
        ("社会组织", "social organisation", "wu.haibo", "岳麓区"),
        ("居民", "citizen", "jumin", ""),
    ] {
        let row = spoken.lines.iter().find(|line| line.contains(account) && line.starts_with(role));
        let row = row.unwrap_or_else(|| panic!("{role}: {said}"));
        let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!((cells[1], cells[2]), (title, account), "{row}");
        assert!(cells[3].chars().count() >= 2 && (place.is_empty() || cells[4].contains(place)), "{row}");
    }
    assert_eq!(said.split_whitespace().filter(|word| word.contains("eyJ")).count(), 1, "{said}");
    // The two lines work as they stand.
    let commands: Vec<&str> = spoken.lines.iter().map(String::as_str).filter(|line| line.contains("curl -s")).collect();
    assert_eq!(commands.len(), 2, "{said}");
    let output = Command::new("sh").args(["-c", &commands.join("\n")]).output().expect("a shell");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{commands:?}: {output:?}"));
    assert_eq!(answer["data"]["viewer"]["account"], "zhou.lixin", "{answer}");
    assert_eq!(answer["data"]["figures"]["figures"].as_array().map(Vec::len), Some(3), "{answer}");
}

#[test]
fn a_demo_that_was_interrupted_is_begun_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let log = folder.path().join("first");
    let mut first = Command::new(binary())
        .args(["demo", "--json", "--persons", "200", "--seed", "4", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(File::create(&log).expect("a log"))
        .spawn()
        .expect("the demo starts");
    tests::eventually("some sheets are taken", || {
        std::fs::read_to_string(&log).is_ok_and(|told| told.contains("households"))
    });
    // Nobody else makes one in the same folder meanwhile.
    let other = |arguments: &[&str]| {
        let mut program = Command::new(binary());
        program.args(["demo", "--no-serve", "--persons", "200", "--lang", "en", "--data"]).arg(&data).args(arguments);
        let output = program.current_dir(folder.path()).output().expect("the program");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = other(&["--seed", "4"]);
    assert!(code == Some(1) && said.contains("another process"), "{said}");
    first.kill().expect("killed");
    first.wait().expect("it ended");

    let demo = Demo::start(folder.path(), "4");
    assert!(demo.told.contains("重新开始"), "{}", demo.told);
    assert!(demo.count("DISTRICT_ADMIN", "payments") > 0);
    drop(demo);
    succeeds(folder.path(), &["audit", "verify", "--records"]);
    // One of another seed is not put in its place.
    let (code, said) = other(&["--seed", "5"]);
    assert!(code == Some(1) && said.contains("holds something else"), "{said}");
}
