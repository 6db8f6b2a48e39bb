//! What README and handbook name is there: commands and flags of the command line, settings, fields of the schema, paths,
//! tests. The change log also names what is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use tests::{On, World, binary, repository};

/// README and handbook, by name.
fn texts() -> Vec<(String, String)> {
    let mut files = vec![repository().join("README.md")];
    for language in ["zh", "en"] {
        let folder = std::fs::read_dir(repository().join("api/docs").join(language)).expect("pages");
        files.extend(folder.map(|file| file.expect("a page").path()).filter(|path| !path.ends_with("changes.md")));
    }
    let text = |path: &Path| std::fs::read_to_string(path).expect("a text");
    files.iter().map(|path| (path.display().to_string(), text(path))).collect()
}

/// What stands as code in a text: spans and the lines of blocks.
fn code(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, part) in text.split("```").enumerate() {
        if at % 2 == 1 {
            found.extend(part.lines().skip(1));
        } else {
            found.extend(part.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// All text of a folder's files with one of these endings.
fn sources(folder: &Path, endings: &[&str]) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !matches!(name, "docs" | "node_modules" | "dist") {
            all += &sources(&path, endings);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            all += &std::fs::read_to_string(&path).expect("a source");
        }
    }
    all
}

fn words<'a>(text: &'a str, also: &'static str) -> impl Iterator<Item = &'a str> {
    text.split(move |sign: char| !sign.is_ascii_alphanumeric() && !also.contains(sign)).filter(|word| !word.is_empty())
}

/// What the program says of a command.
fn help(command: &[&str]) -> Option<String> {
    let output = Command::new(binary()).args(command).arg("--help").output().expect("the program");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The commands of a line such as `minzheng account create --name … [--json]`, and its flags; what does not exist of it.
fn unknown_of_line(line: &str) -> Vec<String> {
    let rest = line.split_whitespace().map(|word| word.trim_matches(|sign: char| "[](),;&|`".contains(sign)));
    let mut command: Vec<&str> = Vec::new();
    let mut flags = Vec::new();
    for word in rest {
        let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') && !word.is_empty();
        if word.starts_with("--") {
            flags.push(word.split('=').next().unwrap_or(word));
        } else if plain && flags.is_empty() && command.len() < 2 {
            command.push(word);
        } else if matches!(word, "#" | ">" | "minzheng") {
            break;
        }
    }
    // A second word is a command or an argument, such as a kind of sheet.
    let said = help(&command).or_else(|| help(command.get(..1).unwrap_or_default()));
    match said {
        None => vec![line.to_owned()],
        Some(said) => {
            let known = |flag: &str| words(&said, "-").any(|word| word == flag);
            flags.into_iter().filter(|flag| !known(flag)).map(|flag| format!("{line}: {flag}")).collect()
        }
    }
}

#[test]
fn commands_and_flags_that_are_named_exist() {
    let mut unknown = BTreeSet::new();
    let mut seen = 0;
    for (file, text) in texts() {
        for line in code(&text) {
            let line = line.split(" # ").next().unwrap_or(line);
            for called in line.split("minzheng ").skip(1) {
                seen += 1;
                unknown.extend(unknown_of_line(called).into_iter().map(|what| format!("{file}: {what}")));
            }
        }
    }
    assert!(seen > 40, "{seen}");
    assert_eq!(unknown, BTreeSet::new());
    assert_eq!(
        unknown_of_line("report --division 430104 --colour red"),
        ["report --division 430104 --colour red: --colour"]
    );
    assert!(!unknown_of_line("frobnicate --all").is_empty());
}

#[test]
fn settings_that_are_named_exist_and_all_are_named() {
    let source = std::fs::read_to_string(repository().join("api/ground/src/config.rs")).expect("the settings");
    let fields = source.split("pub struct Config {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("fields");
    let fields = fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'));
    let mut known: BTreeSet<String> = fields.map(|(name, _)| format!("MINZHENG_{}", name.to_uppercase())).collect();
    // Read where they are needed, and kept nowhere.
    known.extend(["MINZHENG_PASSPHRASE", "MINZHENG_LOG", "MINZHENG_LOG_FORMAT"].map(str::to_owned));
    let mut unknown = BTreeSet::new();
    for (file, text) in texts() {
        let named = words(&text, "_").filter(|word| word.starts_with("MINZHENG_") && word.len() > "MINZHENG_".len());
        unknown.extend(named.filter(|name| !known.contains(*name)).map(|name| format!("{file}: {name}")));
    }
    assert_eq!(unknown, BTreeSet::new());
    // The README has a row for each, and one only.
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("the README");
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for row in readme.lines().filter_map(|line| line.strip_prefix("| `MINZHENG_")?.split('`').next()) {
        *rows.entry(row).or_default() += 1;
    }
    let twice: Vec<_> = rows.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    // Those of the issuer stand in one row.
    let missing: Vec<_> = known
        .iter()
        .filter(|name| !rows.contains_key(name.trim_start_matches("MINZHENG_")))
        .filter(|name| !matches!(name.as_str(), "MINZHENG_OUTSIDE_AUDIENCE" | "MINZHENG_OUTSIDE_KEYS"))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Names of other answers than GraphQL's, as of `/readyz`, and of the system's settings.
const ELSEWHERE: &[&str] = &["probeAgeMs", "PATH"];

#[test]
fn fields_and_codes_that_are_named_exist() {
    let schema = std::fs::read_to_string(repository().join("schema.graphql")).expect("the schema");
    let fields: BTreeSet<&str> = words(&schema, "_").collect();
    // Codes of imports and of answers stand in the program only.
    let program = sources(&repository().join("api"), &[".rs"]);
    let codes: BTreeSet<&str> = words(&program, "_").collect();
    let mut unknown = BTreeSet::new();
    let mut seen = 0;
    for (file, text) in texts() {
        for span in text.split("```").step_by(2).flat_map(|part| part.split('`').skip(1).step_by(2)) {
            // Lines of commands, and the ends of settings' names, are looked at by themselves.
            if span.starts_with("minzheng ") || span.starts_with("…_") {
                continue;
            }
            for word in words(span, "_") {
                let camel = word.starts_with(|c: char| c.is_ascii_lowercase())
                    && word.contains(|c: char| c.is_ascii_uppercase());
                let upper = word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
                if camel || upper {
                    seen += 1;
                    let known = if camel { &fields } else { &codes };
                    if !known.contains(word) && !fields.contains(word) && !ELSEWHERE.contains(&word) {
                        unknown.insert(format!("{file}: {word}"));
                    }
                }
            }
        }
    }
    assert!(seen > 300, "{seen}");
    assert_eq!(unknown, BTreeSet::new());
}

#[test]
fn paths_that_are_named_are_served() {
    let mut world = World::new(On::Sqlite);
    let mut seen = BTreeSet::new();
    for (file, text) in texts() {
        for span in code(&text) {
            let path = span.split(['?', '#', ' ']).next().unwrap_or_default();
            let plain =
                path.starts_with('/') && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
            // Of a backup, of a report's name.
            let elsewhere =
                path.starts_with("/backups") || path.starts_with("/elsewhere") || path.starts_with("/reports/");
            if !plain || elsewhere || !seen.insert(path.to_owned()) {
                continue;
            }
            assert_ne!(world.get(path).0, 404, "{file}: {path}");
        }
    }
    assert!(seen.len() > 8, "{seen:?}");
}

#[test]
fn tests_that_are_named_exist() {
    let folder = repository().join("tests/tests/it");
    let module = |parts: &[&str]| {
        let path = folder.join(parts.join("/"));
        std::fs::read_to_string(path.with_extension("rs"))
            .or_else(|_| std::fs::read_to_string(path.join("mod.rs")))
            .ok()
    };
    let exists = |span: &str| {
        let mut parts: Vec<&str> = span.split("::").collect();
        if module(&parts).is_some() {
            return true;
        }
        let name = parts.pop().unwrap_or_default();
        let begins = name.trim_end_matches(['…', '*']);
        // The program's own tests stand beside what they test.
        let within: Vec<&str> = parts.iter().copied().filter(|part| *part != "tests").collect();
        let own = ["api/src", "api/kernel/src"].map(|root| repository().join(root).join(within.join("/")));
        let own = own.iter().find_map(|path| std::fs::read_to_string(path.with_extension("rs")).ok());
        module(&parts).or(own.filter(|source| source.contains("test]"))).is_some_and(|source| source.contains(begins))
    };
    let mut unknown = Vec::new();
    let mut seen = 0;
    for language in ["zh", "en"] {
        let page = repository().join("api/docs").join(language).join("security.md");
        let page = std::fs::read_to_string(page).expect("the page");
        // The second column of the tables is the proof.
        for proof in page.lines().filter_map(|line| line.strip_prefix('|')?.split('|').nth(1)) {
            for span in code(proof) {
                seen += 1;
                if !exists(span) {
                    unknown.push(format!("{language}: {span}"));
                }
            }
        }
    }
    assert!(seen > 40, "{seen}");
    assert_eq!(unknown, Vec::<String>::new());
    assert!(!exists("storage::a_disk_that_never_was…") && exists("storage::a_disk_that_is_full…"));
}
