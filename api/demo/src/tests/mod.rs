//! Every row of every sheet against the rules of the templates, read back by a reader of its own.

mod assistance;
mod check;
mod rooms;

use std::path::Path;

use super::*;
use check::Sheets;

/// The divisions of the district as the repository has them.
pub fn divisions() -> Vec<Division> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/divisions-43.csv");
    let table = std::fs::read_to_string(path).expect("divisions");
    Division::of_district(&table, "430104")
}

fn written(seed: u64, persons: usize) -> (tempfile::TempDir, Vec<(&'static str, PathBuf)>, Sheets) {
    let folder = tempfile::tempdir().expect("folder");
    let divisions = divisions();
    let files = write(folder.path(), &Plan { seed, persons, divisions: &divisions }).expect("sheets");
    let sheets = Sheets::read(folder.path());
    (folder, files, sheets)
}

/// The rules for sheets of any size.
fn check(sheets: &Sheets, seed: u64, persons: usize) {
    sheets.obey_the_templates();
    assistance::references_exist(sheets);
    assistance::people_are_as_their_numbers_say(sheets);
    assistance::nobody_is_in_two_households_on_one_day(sheets);
    assistance::whoever_is_paid_has_a_home(sheets);
    assistance::recognitions_follow_each_other(sheets);
    assistance::payments_fit_what_they_are_for(sheets);
    assistance::exclusions_hold(sheets);
    assistance::amounts_are_what_the_decision_gives(sheets, seed, persons);
    rooms::references_exist(sheets);
    rooms::dates_do_not_run_backwards(sheets);
    rooms::a_bed_is_one_persons_and_a_person_has_one(sheets);
    rooms::visits_are_made_by_the_employed_to_beds_in_service(sheets);
    rooms::organisations_are_inspected_when_due(sheets);
    rooms::governance_is_complete(sheets);
    rooms::the_window_has_its_items(sheets);
}

#[test]
fn a_small_district_keeps_every_rule() {
    for seed in 1..=8 {
        let (_folder, _, sheets) = written(seed, 300);
        check(&sheets, seed, 300);
    }
}

#[test]
fn the_smallest_districts_keep_every_rule() {
    for persons in [0, 1, 40] {
        let (_folder, _, sheets) = written(1, persons);
        check(&sheets, 1, persons);
    }
}

#[test]
fn the_usual_district_keeps_every_rule() {
    let (_folder, _, sheets) = written(1, 6_000);
    check(&sheets, 1, 6_000);
    assistance::proportions(&sheets);
    rooms::proportions(&sheets);
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_another_seed_others() {
    let (_a, first, _) = written(5, 300);
    let (_b, again, _) = written(5, 300);
    let (_c, other, _) = written(6, 300);
    let bytes = |path: &Path| std::fs::read(path).expect("sheet");
    for ((first, again), other) in first.iter().zip(&again).zip(&other) {
        assert!(bytes(&first.1) == bytes(&again.1), "{}", first.0);
        // What the law and the hall say is the same everywhere.
        let fixed = matches!(first.0, "policies" | "items");
        assert!((bytes(&first.1) == bytes(&other.1)) == fixed, "{}", first.0);
    }
}

#[test]
fn sheets_come_in_the_order_of_import_and_the_summary_counts_their_rows() {
    let (_folder, files, sheets) = written(3, 300);
    let kinds: Vec<&str> = files.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, KINDS.map(|(kind, _)| kind));
    let divisions = divisions();
    let summary = describe(&Plan { seed: 3, persons: 300, divisions: &divisions }).expect("summary");
    for (at, (room, kind, rows)) in summary.rows.iter().enumerate() {
        assert_eq!((*kind, *room), KINDS[at]);
        assert_eq!(*rows, sheets.rows(kind).count(), "{kind}");
    }
    assert_eq!(summary.district, "岳麓区");
    let text = summary.to_string();
    assert!(text.lines().count() == 34 && text.contains("payments"), "{text}");
}

/// Deadlines are for liveness only: the usual district takes well under a second optimised.
#[test]
fn a_district_of_thirty_thousand_is_made_in_reasonable_time() {
    let divisions = divisions();
    let start = std::time::Instant::now();
    let summary = describe(&Plan { seed: 1, persons: 30_000, divisions: &divisions }).expect("summary");
    assert!((25_000..36_000).contains(&summary.recipients), "{}", summary.recipients);
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
}

/// The divisions may come in any order.
#[test]
fn the_order_of_divisions_does_not_matter() {
    let divisions = divisions();
    let mut turned = divisions.clone();
    turned.reverse();
    let of = |divisions: &[Division]| describe(&Plan { seed: 4, persons: 300, divisions }).expect("summary");
    assert_eq!(of(&divisions), of(&turned));
}

#[test]
fn a_plan_without_villages_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let district =
        |level: &str| Division { code: "430104000000".into(), name: "岳麓区".into(), level: level.into() };
    let plan = |divisions| write(folder.path(), &Plan { seed: 1, persons: 300, divisions });
    assert!(plan(&[]).is_err());
    assert!(plan(&[district("DISTRICT")]).is_err());
}

/// Changes one row of a sheet, the first that this changes.
fn spoil(folder: &Path, kind: &str, change: impl Fn(&str) -> Option<String>) {
    let path = folder.join(format!("{kind}.csv"));
    let text = std::fs::read_to_string(&path).expect("sheet");
    let mut done = false;
    let lines =
        text.lines().enumerate().map(|(at, line)| match Some(line).filter(|_| at > 0 && !done).and_then(&change) {
            Some(changed) => {
                done = true;
                changed
            }
            None => line.to_owned(),
        });
    let spoilt = lines.collect::<Vec<_>>().join("\n");
    assert!(done, "nothing to spoil in {kind}");
    std::fs::write(path, spoilt).expect("sheet");
}

/// What is done to a row; nothing to most.
type Change = Box<dyn Fn(&str) -> Option<String>>;

/// The rules above would be worth nothing if they let these through.
#[test]
fn each_of_these_mistakes_is_noticed() {
    let swap = |from: &'static str, to: &'static str| {
        move |line: &str| line.contains(from).then(|| line.replacen(from, to, 1))
    };
    let mistakes: Vec<(&str, &str, Change)> = vec![
        (
            "a second normal payment of a month",
            "payments",
            Box::new(|line| {
                let normal = line.contains(",正常,成功,,") && !line.contains("临时救助");
                normal.then(|| format!("{line}\nX{line}"))
            }),
        ),
        (
            "a payment to a stranger",
            "payments",
            Box::new(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                (cells[1] == "高龄津贴").then(|| {
                    cells[3] = "430199194306301013";
                    cells.join(",")
                })
            }),
        ),
        (
            "an amount that the decision does not give",
            "recognitions",
            Box::new(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                (cells[2] == "低保" && !cells[7].is_empty()).then(|| {
                    cells[7] = "1.00";
                    cells.join(",")
                })
            }),
        ),
        (
            "somebody in two households",
            "household-members",
            Box::new(|line| {
                let (home, rest) = line.split_once(',')?;
                let other = if home.ends_with("001") {
                    home.replace("001", "002")
                } else {
                    home.replacen("H43010400", "H43010499", 1)
                };
                Some(format!("{line}\n{other},{rest}"))
            }),
        ),
        (
            "a wrong check sign",
            "persons",
            Box::new(|line| {
                let (before, rest) = line.split_at("居民身份证,43019919321212123".len());
                let wrong = if rest.starts_with('1') { '2' } else { '1' };
                Some(format!("{before}{wrong}{}", &rest[1..]))
            }),
        ),
        ("a sex that the number does not say", "persons", Box::new(swap(",男,", ",女,"))),
        ("a closed list", "centres", Box::new(swap(",运营,", ",营业,"))),
        ("a date that is to come", "donations", Box::new(swap(",2022-", ",2024-"))),
        (
            "a project finished before it began",
            "centre-projects",
            Box::new(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                (!cells[10].is_empty()).then(|| {
                    cells[10] = "2019-01-01";
                    cells.join(",")
                })
            }),
        ),
        (
            "a visit before service",
            "home-visits",
            Box::new(|line| Some(line.replace("2022-", "2020-").replace("2023-", "2020-"))),
        ),
        ("a visit to no bed", "home-visits", Box::new(swap(",CW4301040", ",CX4301040"))),
        ("a council twice", "councils", Box::new(|line| Some(format!("{line}\n{line}")))),
        ("a wrong code", "organisations", Box::new(swap("52430199MJ1", "52430199MJ2"))),
        (
            "a hazard checked by the one answerable for it",
            "hazards",
            Box::new(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                (!cells[8].is_empty()).then(|| {
                    cells[8] = cells[4];
                    cells.join(",")
                })
            }),
        ),
        (
            "an overspent budget",
            "budget-lines",
            Box::new(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                (cells[1] == "低保").then(|| {
                    cells[4] = "1.00";
                    cells.join(",")
                })
            }),
        ),
        (
            "a benefit beside one that excludes it",
            "welfare-benefits",
            Box::new(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                line.starts_with("GE").then(|| {
                    (cells[0], cells[1], cells[4]) = ("KN9", "困难残疾人生活补贴", "2023-05");
                    format!("{line}\n{}", cells.join(","))
                })
            }),
        ),
    ];
    for (what, kind, change) in mistakes {
        let (folder, _, _) = written(1, 300);
        spoil(folder.path(), kind, change);
        let noticed = std::panic::catch_unwind(|| check(&Sheets::read(folder.path()), 1, 300)).is_err();
        assert!(noticed, "not noticed: {what}");
    }
}
