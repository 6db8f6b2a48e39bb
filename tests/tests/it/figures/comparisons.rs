//! Like with like (design §5): in random worlds, on every day of a half-year, what a figure is compared with and by how
//! much it grew equal a recount of both spans from the cells of the sheets; a time still to come has no ratio; and the
//! growth tells nobody a small number who is told none.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, Days, NaiveDate};
use serde_json::{Value, json};
use tests::{On, Server, World, ask_at};

use super::worlds::{Dice, SENSITIVE, Sheets, TOWNS, day, import, recount, valid_villages, villages};

/// First day, and the first no longer in it.
type Span = (NaiveDate, NaiveDate);

/// A time as it is asked for, its days, and those of the times that it is compared with.
struct Time {
    input: Value,
    own: Span,
    year_before: Span,
    before: Span,
}

/// The first of a month, counted on from January 2022.
fn month(n: u32) -> NaiveDate {
    let year = 2021 + i32::try_from(n.div_ceil(12)).expect("few");
    NaiveDate::from_ymd_opt(year, (n - 1) % 12 + 1, 1).expect("a month")
}

/// So many months of 2023, from one on.
fn months(input: Value, first: u32, count: u32) -> Time {
    let of = |n: u32| (month(n), month(n + count));
    Time { input, own: of(12 + first), year_before: of(first), before: of(12 + first - count) }
}

/// Times in which a day of the first half of 2023 lies.
fn running(today: NaiveDate) -> Vec<Time> {
    let (month, quarter) = (today.month(), today.month().div_ceil(3));
    let ragged = (day("2023-01-15"), day("2023-06-21"));
    vec![
        months(json!({ "year": 2023 }), 1, 12),
        months(json!({ "year": 2023, "half": "H1" }), 1, 6),
        months(json!({ "year": 2023, "quarter": quarter }), quarter * 3 - 2, 3),
        months(json!({ "year": 2023, "month": month }), month, 1),
        Time {
            input: json!({ "from": "2023-01-15", "to": "2023-06-20" }),
            own: ragged,
            year_before: (day("2022-01-15"), day("2022-06-21")),
            before: (ragged.0 - Days::new(157), ragged.0),
        },
    ]
}

/// The days of a time that have gone.
fn gone((from, until): Span, today: NaiveDate) -> Option<Span> {
    (today >= from).then(|| (from, until.min(today + Days::new(1))))
}

/// As many days of another, its end at most.
fn as_many(of: Span, own: Span, gone: Span) -> Span {
    let days = (gone.1 - gone.0).num_days().unsigned_abs();
    if gone == own { of } else { (of.0, of.1.min(of.0 + Days::new(days))) }
}

/// Rounded half away from zero to two decimals.
fn two_decimals(over: i128, under: i128) -> String {
    let size = (over.abs() * 200 + under) / (under * 2);
    let sign = if over < 0 && size > 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

/// How much each figure grew, from what it is in two times.
struct Recounts<'a> {
    sheets: &'a Sheets,
    known: HashMap<(String, Span), BTreeMap<&'static str, i128>>,
}

impl Recounts<'_> {
    /// Counts by code, money in fen.
    fn of(&mut self, place: &str, span: Span) -> BTreeMap<&'static str, i128> {
        let count = || {
            let told = recount(self.sheets, place, span.0, span.1).into_iter();
            let whole = |(code, value): (&'static str, String)| {
                let code = code.strip_suffix(" amount").unwrap_or(code);
                Some((code, value.replace('.', "").parse().ok()?))
            };
            let mut all: BTreeMap<&'static str, i128> = told.filter_map(whole).collect();
            let last = span.1.pred_opt().expect("a day");
            let valid = valid_villages(self.sheets, place, last).len();
            all.insert("valid villages", valid.try_into().expect("few"));
            all
        };
        self.known.entry((place.to_owned(), span)).or_insert_with(count).clone()
    }

    fn growth(&mut self, place: &str, code: &str, now: Span, then: Span) -> Value {
        let (now, then) = (self.of(place, now), self.of(place, then));
        let parts = match code {
            "D105" => Some(("F6", "F5")),
            "D106.CHARTER" => Some(("F12", "valid villages")),
            _ => None,
        };
        if let Some((over, under)) = parts {
            let (a, b, c, d) = (now[over], now[under], then[over], then[under]);
            return if b == 0 || d == 0 { Value::Null } else { json!(two_decimals((a * d - c * b) * 100, b * d)) };
        }
        let (now, then) = (now[code], then[code]);
        if then == 0 { Value::Null } else { json!(two_decimals((now - then) * 100, then)) }
    }
}

const FIGURES: &str = "query C($division: DivisionCode!, $period: PeriodInput!, $codes: [String!]) { \
    figures(division: $division, period: $period, codes: $codes) { figures { code value yearOnYear previousPeriod \
    comparedTo { from to } before: comparedTo(with: PREVIOUS_PERIOD) { from to } } } }";

/// Who asks, on which day.
struct Asking<'a> {
    server: Server,
    today: NaiveDate,
    admin: &'a str,
    screen: &'a str,
}

impl Asking<'_> {
    fn figures(&self, token: &str, place: &str, period: &Value, codes: &[&str]) -> Vec<Value> {
        let asked = json!({ "division": place, "period": period, "codes": codes });
        let token = format!("Bearer {token}");
        let (_, answer) = ask_at(self.server.address(), &[("authorization", &token)], FIGURES, asked);
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"]["figures"]["figures"].as_array().expect("figures").clone()
    }

    /// What is told of a time that runs, of all figures of a place. Counts the ratios told.
    fn check(&self, known: &mut Recounts, place: &str, time: &Time) -> usize {
        let (Time { input, own, year_before, before }, today) = (time, self.today);
        let codes = known.of(place, (today, today + Days::new(1))).into_keys().filter(|code| *code != "valid villages");
        let codes: Vec<&str> = codes.chain(["D105", "D106.CHARTER"]).collect();
        let figures = self.figures(self.admin, place, input, &codes);
        let gone = gone(*own, today).expect("it runs");
        let mut ratios = 0;
        for (field, to, of) in [("yearOnYear", "comparedTo", year_before), ("previousPeriod", "before", before)] {
            let then = as_many(*of, *own, gone);
            let last = then.1.pred_opt().expect("a day");
            for figure in &figures {
                let what = format!("{field} of {} at {place} in {input} on {today}", figure["code"]);
                assert_eq!(figure[to], json!({ "from": then.0.to_string(), "to": last.to_string() }), "{what}");
                let growth = known.growth(place, figure["code"].as_str().expect("a code"), gone, then);
                assert_eq!(figure[field], growth, "{what}");
                ratios += usize::from(!growth.is_null());
            }
        }
        ratios
    }

    /// Days that are no whole months tell the screen nothing of persons, and of all else what everybody is told. Counts
    /// the growths of persons that it is told.
    fn check_screen(&self, known: &mut Recounts, place: &str, time: &Time) -> usize {
        const OPEN: [&str; 5] = ["F3", "F12", "F13", "F15", "D106.CHARTER"];
        let codes: Vec<&str> = SENSITIVE.into_iter().chain(OPEN).collect();
        let (today, gone) = (self.today, gone(time.own, self.today).expect("it runs"));
        let whole = (today + Days::new(1)).day() == 1;
        let mut told_of_persons = 0;
        for figure in self.figures(self.screen, place, &time.input, &codes) {
            let code = figure["code"].as_str().expect("a code");
            for (field, of) in [("yearOnYear", time.year_before), ("previousPeriod", time.before)] {
                let what = format!("{field} of {code} at {place} in {} on {today}", time.input);
                if OPEN.contains(&code) {
                    let growth = known.growth(place, code, gone, as_many(of, time.own, gone));
                    assert_eq!(figure[field], growth, "{what}");
                } else if !figure[field].is_null() {
                    assert!(whole, "{what}: {figure}");
                    told_of_persons += 1;
                }
            }
        }
        told_of_persons
    }

    fn check_to_come(&self) {
        for figure in self.figures(self.admin, "430199", &json!({ "year": 2023, "half": "H2" }), &["F1", "F12"]) {
            let told = ["yearOnYear", "previousPeriod", "comparedTo", "before"].map(|field| figure[field].clone());
            assert_eq!(told, [Value::Null, Value::Null, Value::Null, Value::Null], "on {}: {figure}", self.today);
        }
    }
}

fn live(on: On, seed: u64) {
    let mut world = World::new(on);
    world.set("MINZHENG_TODAY", "2024-06-30");
    let sheets = Sheets::draw(&mut Dice::new(seed));
    for table in &sheets.0 {
        import(&world, table, seed);
    }
    let token = |role: &str| world.token(&["--role", role, "--scope", "430199", "--ttl", "8h"]);
    let (admin, screen) = (token("DISTRICT_ADMIN"), token("SCREEN"));
    let places: Vec<String> = TOWNS.into_iter().map(str::to_owned).chain(villages()).collect();
    let of_days = |parity: usize| {
        let mut known = Recounts { sheets: &sheets, known: HashMap::new() };
        let (mut ratios, mut told_of_persons) = (0, 0);
        let days = day("2023-01-01").iter_days().take_while(|today| *today <= day("2023-06-30")).enumerate();
        for (n, today) in days.filter(|(n, _)| n % 2 == parity) {
            let asking = Asking { server: world.server_on(&today.to_string()), today, admin: &admin, screen: &screen };
            let times = running(today);
            // The year or the half every day, the others in turn; the ragged one begins on the fifteenth.
            let (long, turn) = (&times[n / 2 % 2], n / 2 % if today < day("2023-01-15") { 2 } else { 3 });
            ratios += asking.check(&mut known, "430199", long);
            ratios += asking.check(&mut known, &places[n % places.len()], &times[2 + turn]);
            let town = TOWNS[n % TOWNS.len()];
            told_of_persons += asking.check_screen(&mut known, ["430199", town][n / 4 % 2], long);
            if n % 10 == 0 {
                asking.check_to_come();
            }
        }
        (ratios, told_of_persons)
    };
    let (even, odd) = std::thread::scope(|threads| {
        let odd = threads.spawn(|| of_days(1));
        (of_days(0), odd.join().expect("odd days"))
    });
    assert!(even.0 + odd.0 > 5_000, "seed {seed}: {even:?} and {odd:?} ratios");
    assert!(even.1 + odd.1 > 0, "seed {seed}: the screen was told nothing at the ends of months either");
}

#[test]
fn sqlite_every_day_of_a_half_year_compares_like_with_like() {
    live(On::Sqlite, 11);
}

#[test]
fn postgres_every_day_of_a_half_year_compares_like_with_like() {
    live(On::Postgres, 12);
}
