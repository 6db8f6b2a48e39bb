//! The house (design §2): dependencies point one way, no room knows another, the ground knows no room.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tests::repository;

/// Whether a source names the entities of a room, by their path or in a group.
fn names_room(code: &str, room: &str) -> bool {
    let grouped = code.split("entity::{").skip(1).any(|rest| {
        let group = rest.split(';').next().unwrap_or_default();
        group.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|name| name == room)
    });
    grouped || code.contains(&format!("entity::{room}"))
}

/// The packages of the program that another one names.
fn named_by(folder: &Path) -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("its manifest");
    let lines = manifest.lines().filter_map(|line| line.split_once(' ').map(|(name, _)| name));
    lines.filter_map(|name| name.strip_prefix("minzheng-").map(str::to_owned)).collect()
}

fn rooms() -> BTreeSet<String> {
    let folders = std::fs::read_dir(repository().join("api/rooms")).expect("the rooms");
    folders.map(|room| room.expect("a room").file_name().to_string_lossy().into_owned()).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn dependencies_point_one_way() {
    let api = repository().join("api");
    let rooms = rooms();
    assert!(rooms.len() >= 10, "{rooms:?}");
    // Each may name what stands before it.
    let below = ["kernel", "rules", "guard", "sheet"];
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let allowed = |folder: &str, may: BTreeSet<String>| {
        let named = named_by(&api.join(folder));
        let wrong: Vec<&String> = named.difference(&may).collect();
        assert!(wrong.is_empty(), "{folder} names {wrong:?}");
    };
    for folder in below {
        allowed(folder, set(&["rules"]));
    }
    allowed("ground", set(&below));
    let ground: BTreeSet<String> = set(&below).into_iter().chain(set(&["ground"])).collect();
    allowed("reference", ground.clone());
    let stand_on: BTreeSet<String> = ground.into_iter().chain(set(&["reference"])).collect();
    for room in &rooms {
        allowed(&format!("rooms/{room}"), stand_on.clone());
    }
    let over: BTreeSet<String> = stand_on.union(&rooms).cloned().collect();
    allowed("exchange", over.clone());
    allowed("figures", over);
}

#[test]
fn the_ground_names_no_entity_of_a_room() {
    let rooms = rooms();
    for file in sources(&repository().join("api/ground/src")) {
        let text = std::fs::read_to_string(&file).expect("a source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for room in &rooms {
            assert!(!names_room(code, room), "{} names the room {room}", file.display());
        }
    }
}

#[test]
fn a_room_named_in_a_group_is_found() {
    assert!(names_room("use entity::charity::donor;", "charity"));
    assert!(names_room("use entity::charity;", "charity"));
    assert!(names_room("use entity::{Aggregate, charity::donor::{Column, Entity}};", "charity"));
    assert!(!names_room("use entity::{Aggregate, Personal};\nlet charity = 1;", "charity"));
}
