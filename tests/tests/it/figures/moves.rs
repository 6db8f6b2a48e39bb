//! In random worlds households move: at the end of each month who is recognised counts where the household lived then, who
//! enters or leaves does so where it lived that day, whatever is sent again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde_json::{Value, json};
use tests::{On, World, id_number};

use super::worlds::{Dice, TOWNS, day, villages};

struct Home {
    head: String,
    /// Where it lives, from each day on; the first from ever.
    places: Vec<(NaiveDate, String, &'static str)>,
    from: NaiveDate,
    last: Option<NaiveDate>,
}

impl Home {
    fn at(&self, day: NaiveDate) -> (&str, &'static str) {
        let (_, village, area) = self.places.iter().rev().find(|(from, ..)| *from <= day).expect("a place");
        (village, area)
    }

    /// First day without it.
    fn until(&self) -> Option<NaiveDate> {
        self.last.map(|last| last + Months::new(1))
    }
}

fn draw(dice: &mut Dice) -> Vec<Home> {
    let villages = villages();
    let month = |n: usize| day("2022-06-01") + Months::new(n.try_into().expect("few"));
    let home = |n: usize| {
        let mut places = vec![(NaiveDate::MIN, dice.pick(&villages).clone(), *dice.pick(&["城市", "农村"]))];
        let mut on = day("2022-11-15");
        for _ in 0..dice.below(4) {
            on = on + Days::new(1 + dice.below(120) as u64);
            let (village, area) = (dice.pick(&villages).clone(), *dice.pick(&["城市", "农村"]));
            let (_, before, standard) = places.last().expect("a place");
            if (&village, area) != (before, *standard) {
                places.push((on, village, area));
            }
        }
        let from = month(dice.below(12));
        let last = dice.one_in(2).then(|| from + Months::new(dice.below(12).try_into().expect("few")));
        Home { head: id_number(&format!("moves{n}")), places, from, last }
    };
    (0..10).map(home).collect()
}

fn send(world: &World, kind: &str, csv: &str) -> Value {
    let told = world.succeed(&["import", kind, &world.file(&format!("{kind}.csv"), csv), "--json"]);
    serde_json::from_str(&told).expect("JSON")
}

fn households(rows: impl Iterator<Item = String>) -> String {
    format!("户编号,户主证件号码,区划代码,城乡,迁居日期\n{}", rows.collect::<String>())
}

fn recognitions(homes: &[Home]) -> String {
    let row = |(n, home): (usize, &Home)| {
        let last = home.last.map(|last| last.format("%Y-%m").to_string()).unwrap_or_default();
        format!("R{n},H{n},低保,{},{},{last}\n", home.head, home.from.format("%Y-%m"))
    };
    let rows: String = homes.iter().enumerate().map(row).collect();
    format!("认定编号,户编号,救助类别,保障对象证件号码,生效月份,终止月份\n{rows}")
}

const CODES: [&str; 5] =
    ["D03.DIBAO_URBAN.PERSONS", "D03.DIBAO_RURAL.HOUSEHOLDS", "D07.DIBAO", "D18.ENTRANTS", "D18.LEAVERS"];

/// What a place counts in a month.
fn expected(homes: &[Home], place: &str, month: NaiveDate) -> [i64; 5] {
    let (next, mut all) = (month + Months::new(1), [0; 5]);
    let last = next.pred_opt().expect("a day");
    for home in homes {
        if home.from < next && home.until().is_none_or(|until| until >= next) {
            let (village, area) = home.at(last);
            if village.starts_with(place) {
                all[usize::from(area == "农村")] += 1;
                all[2] += 1;
            }
        }
        let within = |day: NaiveDate| (month..next).contains(&day);
        all[3] += i64::from(within(home.from) && home.at(home.from).0.starts_with(place));
        if let Some(until) = home.until().filter(|until| within(*until)) {
            all[4] += i64::from(home.at(until.pred_opt().expect("a day")).0.starts_with(place));
        }
    }
    all
}

fn compare(world: &mut World, admin: &str, homes: &[Home], what: &str) {
    let query = "query($division: DivisionCode!, $period: PeriodInput!, $codes: [String!]) {
        figures(division: $division, period: $period, codes: $codes) { figures { value } } }";
    let mut months = BTreeMap::new();
    for n in 0..19 {
        let month = day("2022-06-01") + Months::new(n);
        let places = TOWNS.into_iter().map(str::to_owned).chain(villages()).chain(["430199".to_owned()]);
        for place in places {
            let period = json!({ "year": month.year(), "month": month.month() });
            let asked = json!({ "division": place, "period": period, "codes": CODES });
            let told = world.data_as(admin, query, asked)["figures"]["figures"].clone();
            let values: Vec<i64> =
                (0..5).map(|n| told[n]["value"].as_str().map_or(0, |v| v.parse().expect("a number"))).collect();
            let expected = expected(homes, &place, month);
            assert_eq!(values, expected, "{what}: {place} in {month} of {CODES:?}");
            *months.entry(month).or_insert(0) += expected[2];
        }
    }
    assert!(months.values().any(|count| *count > 0));
    world.succeed(&["figures", "verify"]);
}

fn live(on: On, seed: u64) {
    let mut world = World::new(on);
    world.set("MINZHENG_TODAY", "2023-12-31");
    world.without_limits();
    let homes = draw(&mut Dice::new(seed));
    let mut divisions = "区划代码,名称,级别\n430199,甲区,DISTRICT\n".to_owned();
    for code in TOWNS.into_iter().map(str::to_owned).chain(villages()) {
        let level = if code.len() == 9 { "TOWN" } else { "VILLAGE" };
        writeln!(divisions, "{code},地{code},{level}").expect("a line");
    }
    send(&world, "divisions", &divisions);
    let persons: String =
        homes.iter().enumerate().map(|(n, home)| format!("{},甲乙{n},430199001001\n", home.head)).collect();
    send(&world, "persons", &format!("证件号码,姓名,现住地代码\n{}", persons.replace("甲乙", "测试")));
    let at = |n: usize, home: &Home, (on, village, area): &(NaiveDate, String, &str)| {
        let on = if *on == NaiveDate::MIN { String::new() } else { on.to_string() };
        format!("H{n},{},{village},{area},{on}\n", home.head)
    };
    send(&world, "households", &households(homes.iter().enumerate().map(|(n, home)| at(n, home, &home.places[0]))));
    send(&world, "recognitions", &recognitions(&homes));
    // Each moves once in a sheet, and what they get is sent again between the moves.
    for round in 1..4 {
        let moving = homes.iter().enumerate().filter_map(|(n, home)| Some(at(n, home, home.places.get(round)?)));
        let moving = households(moving);
        if moving.lines().count() > 1 {
            send(&world, "households", &moving);
        }
        assert_eq!(send(&world, "recognitions", &recognitions(&homes))["changed"], 0, "seed {seed}");
    }
    let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199", "--ttl", "8h"]);
    compare(&mut world, &admin, &homes, &format!("seed {seed}"));
    // Where they live, sent again with its day or without, moves nobody.
    let last = |dated: bool| {
        households(homes.iter().enumerate().map(|(n, home)| {
            let (on, village, area) = home.places.last().expect("a place");
            at(n, home, &(if dated { *on } else { NaiveDate::MIN }, village.clone(), area))
        }))
    };
    for dated in [true, false] {
        assert_eq!(send(&world, "households", &last(dated))["changed"], 0, "seed {seed}");
    }
    compare(&mut world, &admin, &homes, &format!("seed {seed}, sent again"));
    world.succeed(&["audit", "verify", "--records"]);
}

#[test]
fn sqlite_households_leave_their_past_where_it_was() {
    for seed in 31..34 {
        live(On::Sqlite, seed);
    }
}

#[test]
fn postgres_households_leave_their_past_where_it_was() {
    live(On::Postgres, 34);
}
