//! Every row of every sheet against the rules of the templates, read back by a reader of its own.

mod assistance;
mod check;
mod rooms;

use std::path::Path;

use super::*;
use check::Sheets;

/// The divisions of the district as the repository has them.
pub fn divisions() -> Vec<Division> {
    let table = [
        concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/divisions-43.csv"),
        concat!(env!("CARGO_MANIFEST_DIR"), "/../repo/tests/data/divisions-43.csv"),
    ];
    let table = table.iter().find_map(|path| std::fs::read_to_string(path).ok()).expect("divisions");
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
    for seed in [1, 2] {
        let (_folder, _, sheets) = written(seed, 300);
        check(&sheets, seed, 300);
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
    assert!(text.lines().count() == 33 && text.contains("payments"), "{text}");
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
