//! Every row of every sheet against the rules of the templates, read back by a reader of its own.

mod assistance;
mod check;

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
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_another_seed_others() {
    let (_a, first, _) = written(5, 300);
    let (_b, again, _) = written(5, 300);
    let (_c, other, _) = written(6, 300);
    let bytes = |path: &Path| std::fs::read(path).expect("sheet");
    for ((first, again), other) in first.iter().zip(&again).zip(&other) {
        assert_eq!(bytes(&first.1), bytes(&again.1), "{}", first.0);
        if first.0 != "policies" {
            assert_ne!(bytes(&first.1), bytes(&other.1), "{}", first.0);
        }
    }
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
