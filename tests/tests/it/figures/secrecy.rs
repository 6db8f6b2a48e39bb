//! What the screen is not told cannot be worked out: the demo's district is attacked with every sum that holds in its own
//! numbers, whoever declared it; and read before and after a payment, and with a second role.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tests::{World, ask_at, binary, golden, on_both};

use crate::talk::Socket;

const PRIME: i128 = (1 << 61) - 1;

fn inverse(of: i128) -> i128 {
    let (mut power, mut by, mut left) = (1, of, PRIME - 2);
    while left > 0 {
        if left & 1 == 1 {
            power = power * by % PRIME;
        }
        by = by * by % PRIME;
        left >>= 1;
    }
    power
}

type Row = BTreeMap<usize, i128>;

/// Rows in echelon form: each has one at its pivot and none of the pivots before it.
#[derive(Default)]
struct Echelon {
    rows: Vec<(usize, Row)>,
    of: HashMap<usize, usize>,
}

impl Echelon {
    fn add(&mut self, mut row: Row, pivot: impl Fn(&Row) -> usize) -> bool {
        for value in row.values_mut() {
            *value = value.rem_euclid(PRIME);
        }
        row.retain(|_, value| *value != 0);
        while let Some(n) = row.keys().filter_map(|column| self.of.get(column)).min() {
            let (pivot, by) = &self.rows[*n];
            let factor = row[pivot];
            for (column, value) in by {
                let entry = row.entry(*column).or_default();
                *entry = (*entry - factor * value).rem_euclid(PRIME);
            }
            row.retain(|_, value| *value != 0);
        }
        if row.is_empty() {
            return false;
        }
        let pivot = pivot(&row);
        let by = inverse(row[&pivot]);
        for value in row.values_mut() {
            *value = *value * by % PRIME;
        }
        self.of.insert(pivot, self.rows.len());
        self.rows.push((pivot, row));
        true
    }

    /// The solution of all rows with these values in the columns that are no pivot.
    fn solve(&self, free: impl Fn(usize) -> i128) -> HashMap<usize, i128> {
        let mut values: HashMap<usize, i128> = HashMap::new();
        for (pivot, row) in self.rows.iter().rev() {
            let of = |column: &usize| values.get(column).copied().unwrap_or_else(|| free(*column));
            let sum: i128 = row.iter().filter(|(column, _)| *column != pivot).map(|(c, v)| v * of(c) % PRIME).sum();
            values.insert(*pivot, (-sum).rem_euclid(PRIME));
        }
        values
    }
}

/// A number that looks drawn by lot.
fn drawn(of: usize) -> i128 {
    let mut z = (of as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    i128::from((z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)) % PRIME
}

/// Sums that hold in all rows of a table of numbers, of columns that are not all nothing.
fn relations(table: &[Vec<i64>]) -> Vec<Row> {
    let columns = table.first().map_or(0, Vec::len);
    let mut echelon = Echelon::default();
    for row in table {
        let row = row.iter().enumerate().filter(|(_, value)| **value != 0);
        echelon.add(row.map(|(column, value)| (column, i128::from(*value))).collect(), |row| {
            *row.keys().next().expect("not empty")
        });
    }
    let some = |column: &usize| table.iter().any(|row| row[*column] != 0);
    let free = (0..columns).filter(|column| !echelon.of.contains_key(column) && some(column));
    free.map(|column| {
        let mut relation: Row = echelon.solve(|other| i128::from(other == column)).into_iter().collect();
        relation.insert(column, 1);
        relation.retain(|_, value| *value != 0);
        relation
    })
    .collect()
}

/// What equations determine of their unknowns.
fn determined(equations: Vec<Row>) -> BTreeSet<usize> {
    let mut with: HashMap<usize, Vec<usize>> = HashMap::new();
    for (n, equation) in equations.iter().enumerate() {
        for unknown in equation.keys() {
            with.entry(*unknown).or_default().push(n);
        }
    }
    // What stands in one equation alone settles it: both are put aside.
    let mut aside = Vec::new();
    let mut open: Vec<bool> = equations.iter().map(|equation| !equation.is_empty()).collect();
    let mut alone: Vec<usize> = with.iter().filter(|(_, of)| of.len() == 1).map(|(unknown, _)| *unknown).collect();
    while let Some(unknown) = alone.pop() {
        let Some(n) = with[&unknown].iter().copied().find(|n| open[*n]) else { continue };
        open[n] = false;
        aside.push((unknown, n));
        for other in equations[n].keys() {
            if with[other].iter().filter(|n| open[**n]).count() == 1 {
                alone.push(*other);
            }
        }
    }
    let often = |unknown: &usize| with[unknown].len();
    let mut echelon = Echelon::default();
    let mut left: Vec<&Row> = equations.iter().zip(&open).filter(|(_, open)| **open).map(|(row, _)| row).collect();
    left.sort_by_key(|row| row.len());
    for row in left {
        echelon.add(row.clone(), |row| *row.keys().min_by_key(|unknown| (often(unknown), **unknown)).expect("some"));
    }
    let mut values = echelon.solve(drawn);
    for (unknown, n) in aside.into_iter().rev() {
        let row = &equations[n];
        let of = |column: &usize| values.get(column).copied().unwrap_or_else(|| drawn(*column));
        let others = row.iter().filter(|(column, _)| **column != unknown);
        let sum = others.fold(0, |sum, (column, value)| (sum + value.rem_euclid(PRIME) * of(column)) % PRIME);
        let value = (PRIME - sum) * inverse(row[&unknown].rem_euclid(PRIME)) % PRIME;
        values.insert(unknown, value);
    }
    values.into_iter().filter(|(_, value)| *value == 0).map(|(unknown, _)| unknown).collect()
}

#[test]
fn the_attack_finds_what_two_tables_give_away_together() {
    let row = |terms: &[(usize, i128)]| -> Row { terms.iter().copied().collect() };
    assert_eq!(determined(vec![row(&[(1, 1), (2, 1)]), row(&[(1, 1), (2, 1), (3, 1)])]), BTreeSet::from([3]));
    assert_eq!(determined(vec![row(&[(1, 1), (2, -1)])]), BTreeSet::new());
    let table = vec![vec![3, 1, 2], vec![5, 5, 0], vec![9, 2, 7], vec![4, 4, 0]];
    assert_eq!(relations(&table), [row(&[(0, PRIME - 1), (1, 1), (2, 1)])]);
}

/// The demo's district, served.
struct Demo {
    _folder: tempfile::TempDir,
    child: Child,
    address: String,
    tokens: Value,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    fn new(persons: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(binary())
            .args(["demo", "--json", "--persons", persons, "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("demo-data"))
            .current_dir(folder.path())
            .env("MINZHENG_RATE_PER_ADDRESS", "0")
            .env("MINZHENG_RATE_PER_ACCOUNT", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        let address = ready["graphql"].as_str().expect("an address").trim_end_matches("/graphql").to_owned();
        Self { _folder: folder, child, address, tokens: ready["tokens"].clone() }
    }

    fn data(&self, role: &str, query: &str, variables: Value) -> Value {
        let bearer = format!("Bearer {}", self.tokens[role].as_str().expect("a token"));
        let (_, answer) = ask_at(&self.address, &[("authorization", &bearer)], query, variables);
        assert!(answer["errors"].is_null(), "{role}: {answer}");
        answer["data"].clone()
    }
}

const DISTRICT: &str = "430104000000";

/// Lengths of times, each with how many of them make two years, and with the next longer one.
const LENGTHS: [(&str, usize, usize); 4] = [("MONTH", 24, 3), ("QUARTER", 8, 2), ("HALF", 4, 2), ("YEAR", 2, 0)];

/// Numbers by figure, place, length and number of the time.
type Key = (usize, usize, usize, usize);

/// What a role is shown: the number, or nothing where it is hidden.
fn shown(demo: &Demo, role: &str, codes: &[String], places: &[String]) -> BTreeMap<Key, Option<i64>> {
    let query = "query S($division: DivisionCode!, $codes: [String!], $by: SeriesBy!, $last: Int!) { \
        figures(division: $division, period: { year: 2023, month: 12 }, codes: $codes) { \
        figures { series(by: $by, last: $last) { value suppressed } } } }";
    let mut all = BTreeMap::new();
    for (place, division) in places.iter().enumerate() {
        for (length, (by, last, _)) in LENGTHS.iter().enumerate() {
            for (half, codes) in codes.chunks(12).enumerate() {
                let asked = json!({ "division": division, "codes": codes, "by": by, "last": last });
                let told = demo.data(role, query, asked);
                for (code, figure) in told["figures"]["figures"].as_array().expect("figures").iter().enumerate() {
                    for (time, point) in figure["series"].as_array().expect("points").iter().enumerate() {
                        let hidden = point["suppressed"] == true;
                        assert!(!hidden || point["value"].is_null(), "{point}");
                        let value = point["value"].as_str().map(|value| value.parse().expect("a count"));
                        all.insert((half * 12 + code, place, length, time), if hidden { None } else { value });
                    }
                }
            }
        }
    }
    all
}

/// Figures that count persons, households or person-times, and no money.
fn sensitive(demo: &Demo) -> Vec<String> {
    let told = demo.data("SCREEN", "{ indicators { code kind unit sensitive fed } }", json!({}));
    let counts = |of: &&Value| {
        of["sensitive"] == true
            && of["fed"] == true
            && ["FLOW", "DISTINCT", "STOCK"].contains(&of["kind"].as_str().expect("a kind"))
            && !of["unit"].as_str().expect("a unit").ends_with('元')
    };
    let all = told["indicators"].as_array().expect("figures").iter().filter(counts);
    all.map(|of| of["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn nothing_that_the_demo_hides_follows_from_what_it_shows() {
    let demo = Demo::new("1200");
    let codes = sensitive(&demo);
    let towns = demo.data(
        "SCREEN",
        "{ figures(division: \"430104\", period: { year: 2023 }, codes: [\"F1\"]) { figures { \
         breakdown(level: TOWN, first: 100) { nodes { division { code } } } } } }",
        json!({}),
    );
    let towns = towns["figures"]["figures"][0]["breakdown"]["nodes"].as_array().expect("towns").clone();
    let mut places = vec![DISTRICT.to_owned()];
    places.extend(towns.iter().map(|town| town["division"]["code"].as_str().expect("a code").to_owned()));
    let known = shown(&demo, "DISTRICT_ADMIN", &codes, &places);
    let told = shown(&demo, "SCREEN", &codes, &places);
    let value = |key: &Key| known[key].expect("the administrator is told all");
    // What is told is true, and not of few; what is hidden are these unknowns.
    let balance = codes.iter().position(|code| code == "D18.NET").expect("the balance");
    let unknowns: HashMap<Key, usize> =
        told.iter().filter(|(_, value)| value.is_none()).map(|(key, _)| *key).zip(0..).collect();
    for (key, shown) in &told {
        assert!(shown.is_none_or(|shown| shown == value(key)), "{} {key:?}", codes[key.0]);
        assert!(!shown.is_some_and(|n| (1..5).contains(&n)) || key.0 == balance, "{} {key:?}", codes[key.0]);
    }
    assert!(unknowns.len() > 300 && unknowns.len() * 10 < told.len() * 9, "{} of {}", unknowns.len(), told.len());

    // Sums over places and times, of the figures for which they hold everywhere.
    let mut sums: Vec<Vec<(Key, i128)>> = Vec::new();
    let holds = |sum: &Vec<(Key, i128)>| sum.iter().map(|(key, sign)| sign * i128::from(value(key))).sum::<i128>() == 0;
    for code in 0..codes.len() {
        let mut by_place = Vec::new();
        let mut by_time = Vec::new();
        for (length, (_, count, parts)) in LENGTHS.iter().enumerate() {
            for time in 0..*count {
                let of = |place: usize| ((code, place, length, time), if place == 0 { -1 } else { 1 });
                by_place.push((0..places.len()).map(of).collect::<Vec<_>>());
                if length > 0 {
                    let (_, _, parts) = LENGTHS[length - 1];
                    for place in 0..places.len() {
                        let whole = ((code, place, length, time), -1);
                        let parts = (0..parts).map(|part| ((code, place, length - 1, time * parts + part), 1));
                        by_time.push([whole].into_iter().chain(parts).collect::<Vec<_>>());
                    }
                }
            }
            let _ = parts;
        }
        sums.extend([by_place, by_time].into_iter().filter(|sums| sums.iter().all(holds)).flatten());
    }
    // Sums of figures at one place and time, and with those of the month before: whatever holds in all of the numbers.
    let months = 18;
    let table: Vec<Vec<i64>> = (0..places.len())
        .flat_map(|place| (1..months).map(move |time| (place, time)))
        .map(|(place, time)| {
            let of = |time: usize| (0..codes.len()).map(move |code| value(&(code, place, 0, time)));
            of(time).chain(of(time - 1)).collect()
        })
        .collect();
    let found = relations(&table);
    let names =
        |relation: &Row| -> BTreeSet<&str> { relation.keys().map(|n| codes[n % codes.len()].as_str()).collect() };
    let known_one = ["D03.TEKUN_INSTITUTION.PERSONS", "D03.TEKUN_SCATTERED.PERSONS", "D07.TEKUN"];
    assert!(found.iter().any(|one| known_one.iter().all(|name| names(one).contains(name))), "not even {known_one:?}");
    for relation in &found {
        // One of this month alone may hold at longer times too.
        let lags = relation.keys().any(|n| *n >= codes.len());
        for (length, (_, count, _)) in LENGTHS.iter().enumerate().take(if lags { 1 } else { 4 }) {
            for time in usize::from(lags)..*count {
                for place in 0..places.len() {
                    let key = |n: usize| (n % codes.len(), place, length, time - n / codes.len());
                    let sum: Vec<(Key, i128)> = relation.iter().map(|(n, value)| (key(*n), *value)).collect();
                    let total = sum.iter().fold(0, |total, (key, by)| (total + by * i128::from(value(key))) % PRIME);
                    if total == 0 {
                        sums.push(sum);
                    }
                }
            }
        }
    }
    let hidden_terms = |sum: Vec<(Key, i128)>| -> Row {
        sum.into_iter().filter_map(|(key, by)| Some((*unknowns.get(&key)?, by))).collect()
    };
    let equations: Vec<Row> = sums.into_iter().map(hidden_terms).filter(|row| !row.is_empty()).collect();
    let keys: BTreeMap<usize, Key> = unknowns.iter().map(|(key, n)| (*n, *key)).collect();
    let worked_out: Vec<String> = determined(equations)
        .into_iter()
        .map(|n| keys[&n])
        .filter(|key| key.0 != balance)
        .map(|key| {
            format!("{} at {} in {} {} is {}", codes[key.0], places[key.1], LENGTHS[key.2].0, key.3, value(&key))
        })
        .collect();
    let by: Vec<_> = found.iter().map(names).collect();
    assert!(worked_out.is_empty(), "{} of {}: {worked_out:#?}\nby {by:#?}", worked_out.len(), unknowns.len());

    // The same number is hidden whatever is asked for with it.
    for (key, shown) in told.iter().filter(|(key, _)| key.2 == 0 && key.3 % 5 == 3 && key.1 % 4 == 1) {
        let period = json!({ "year": 2022 + key.3 / 12, "month": 1 + key.3 % 12 });
        let query = "query F($division: DivisionCode!, $period: PeriodInput!, $codes: [String!]) { \
            figures(division: $division, period: $period, codes: $codes) { figures { suppressed } } }";
        let asked = json!({ "division": places[key.1], "period": period, "codes": [codes[key.0]] });
        let alone = demo.data("SCREEN", query, asked)["figures"]["figures"][0]["suppressed"].clone();
        assert_eq!(alone, json!(shown.is_none()), "{} {key:?}", codes[key.0]);
    }
}

const SHEETS: [&str; 8] = [
    "divisions",
    "persons",
    "households",
    "household-members",
    "recognitions",
    "temporary-aid",
    "welfare-benefits",
    "payments",
];

fn load(world: &World) {
    for kind in SHEETS {
        world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
    }
}

fn paid(world: &World, number: &str, month: &str, amount: &str) -> String {
    let head = "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态,原发放编号";
    let row = format!("{number},高龄津贴,WL0,43019919380109001X,430199001001,{month},2023-06-20,{amount},补发,成功,");
    world.file(&format!("{number}.csv"), &format!("{head}\n{row}\n"))
}

const FIGURES: &str = "query F($division: DivisionCode!, $codes: [String!]) { \
    figures(division: $division, period: { year: 2023, half: H1 }, codes: $codes) { \
    figures { code value amount display suppressed yearOnYear } } }";

on_both! {
    money_read_before_and_after_one_payment_does_not_tell_what_was_paid(world) {
        load(world);
        let screen = world.token(&["--role", "SCREEN", "--scope", "430199"]);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let asked = json!({ "division": "430199", "codes": ["F2", "F8", "D43", "D68.SPENT", "D96"] });
        let before = world.data_as(&screen, FIGURES, asked.clone());
        let whole = world.data_as(&admin, FIGURES, asked.clone());
        let f8 = &before["figures"]["figures"][1];
        assert_eq!(f8["suppressed"], false, "{f8}");
        assert!(f8["amount"].as_str().expect("money").ends_with("0000.00"), "in whole 万元: {f8}");
        world.succeed(&["import", "payments", &paid(world, "P90001", "2022-12", "333.33")]);
        assert_eq!(world.data_as(&screen, FIGURES, asked.clone()), before);
        assert_ne!(world.data_as(&admin, FIGURES, asked.clone()), whole, "who may know is told");
        // It lives all the same.
        world.succeed(&["import", "payments", &paid(world, "P90002", "2022-11", "20000.00")]);
        assert_ne!(world.data_as(&screen, FIGURES, asked), before);
    }

    rows_behind_a_figure_are_for_who_may_see_them_at_that_place(world) {
        load(world);
        world.succeed(&["account", "create", "--username", "two", "--name", "两职", "--json",
            "--role", "TOWN_OFFICER", "--scope", "430199001", "--role", "SCREEN", "--scope", "430199"]);
        let two = world.token(&["--account", "two"]);
        let rows = "query R($division: DivisionCode!, $code: String!) { \
            figures(division: $division, period: { year: 2023, half: H1 }, codes: [$code]) { figures { \
            suppressed rows(first: 100) { totalCount nodes { date value division } } } } }";
        let mut refused = 0;
        for division in ["430199", "430199001", "430199100", "430199001001"] {
            for code in ["F1", "F1.PERSONS", "F2", "F8", "D03.TEKUN_SCATTERED.PERSONS", "D07", "D105", "D05"] {
                let answer = world.ask_as(&two, rows, json!({ "division": division, "code": code }));
                if division.starts_with("430199001") {
                    assert!(answer["errors"].is_null(), "the own town: {code} {answer}");
                    assert_eq!(answer["data"]["figures"]["figures"][0]["suppressed"], false);
                    continue;
                }
                let error = &answer["errors"][0]["extensions"];
                assert_eq!((&error["code"], &error["field"]), (&json!("FORBIDDEN"), &json!("rows")), "{code} of {division}: {answer}");
                refused += 1;
            }
        }
        assert_eq!(refused, 16);
        // Nor is it told what of them was not counted.
        let explain = "query E($division: DivisionCode!) { figures(division: $division, period: { year: 2023, half: H1 }, \
            codes: [\"F2\"]) { figures { explain { notCounted { count } } } } }";
        let mut not_counted = |division: &str| {
            let told = world.data_as(&two, explain, json!({ "division": division }));
            told["figures"]["figures"][0]["explain"]["notCounted"].as_array().expect("reasons").len()
        };
        assert_eq!(not_counted("430199"), 0);
        assert!(not_counted("430199001") > 0);
    }

    all_who_follow_the_same_figures_share_one_reading(world) {
        load(world);
        let address = world.serve().to_owned();
        let screen = world.token(&["--role", "SCREEN", "--scope", "430199"]);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let follow = |name: &str| format!("subscription {name}($codes: [String!]) {{ figureChanged(division: \"430199\", \
            period: {{ year: 2023, half: H1 }}, codes: $codes) {{ position division {{ name }} figures {{ code value \
            breakdown(level: TOWN, first: 10) {{ nodes {{ value division {{ name }} }} }} }} }} }}");
        let mut month = 0;
        for token in [&screen, &admin] {
            // Statements of each, of the first answer and of the one after a payment.
            let mut steps = |many: usize| -> Vec<u64> {
                let mut sockets: Vec<Socket> = (0..many).map(|_| Socket::ready(&address, Some(token))).collect();
                for (n, socket) in sockets.iter_mut().enumerate() {
                    // Whatever a document is called, it asks for the same.
                    let text = follow(["One", "Other"][n % 2]);
                    socket.subscribe("f", &text, json!({ "codes": ["F1", "F8", "D07"] }));
                }
                let mut step = || -> u64 {
                    let told: Vec<Value> = sockets.iter_mut().map(|socket| socket.message()["payload"].clone()).collect();
                    let figures = |told: &Value| told["data"]["figureChanged"]["figures"].clone();
                    assert!(figures(&told[0]).is_array(), "{}", told[0]);
                    assert!(told.iter().all(|other| figures(other) == figures(&told[0])), "all are told the same");
                    told.iter().map(|told| told["extensions"]["statements"].as_u64().expect("a count")).sum()
                };
                let first = step();
                month += 1;
                let payment = paid(world, &format!("P8000{month}"), &format!("2022-{month:02}"), "20000.00");
                world.succeed(&["import", "payments", &payment]);
                vec![first, step()]
            };
            let one = steps(1)[0];
            assert!(one > 3, "a reading takes some statements: {one}");
            // Positions that change nothing may be read too, but by one for all.
            let many = steps(12);
            assert!(many.iter().all(|statements| *statements <= 5 * one), "{many:?}, and {one} for one");
        }
    }
}
