//! The handbook: printed pages are those of the program, every page is served in both languages.

use std::path::Path;

use tests::{On, World, repository};

use crate::clients::node;

#[test]
fn printed_pages_are_checked_in() {
    let world = World::new(On::Sqlite);
    let folder = world.folder().join("printed");
    world.succeed(&["handbook", "--write", &folder.display().to_string()]);
    for language in ["zh", "en"] {
        let mut pages = 0;
        for file in std::fs::read_dir(folder.join(language)).expect("pages") {
            let file = file.expect("a page");
            let kept = repository().join("api/docs").join(language).join(file.file_name());
            let printed = std::fs::read_to_string(file.path()).expect("a page");
            let kept = std::fs::read_to_string(&kept).unwrap_or_default();
            assert!(printed == kept, "{:?} is old: minzheng handbook --write api/docs", file.file_name());
            pages += 1;
        }
        assert!(pages >= 5);
    }
}

#[test]
fn every_page_is_served_in_both_languages() {
    let mut world = World::new(On::Sqlite);
    for (language, word) in [("zh", "岗位与权限"), ("en", "Roles and rights")] {
        let (status, page) = world.get(&format!("/docs/{language}/roles"));
        assert_eq!(status, 200);
        assert!(page.contains(word) && page.contains("<table>"), "{page}");
        for name in [
            "concepts",
            "api",
            "examples",
            "limits",
            "import",
            "sheets",
            "states",
            "figures",
            "report",
            "codes",
            "screen",
            "operations",
        ] {
            assert!(page.contains(&format!("/{language}/{name}\"")), "{name} is not in the list of pages");
            assert_eq!(world.get(&format!("/docs/{language}/{name}")).0, 200, "{name}");
        }
    }
    assert_eq!(world.get("/docs/zh/nowhere").0, 404);
    assert_eq!(world.get("/docs/xx/roles").0, 404);
}

#[test]
fn addresses_that_name_no_page_lead_to_one() {
    let mut world = World::new(On::Sqlite);
    let server = world.serve().to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into();
    // Relative, so that a proxy may serve the program under a path of its own.
    for (path, to) in [
        ("/", "docs/zh/concepts"),
        ("/docs", "docs/zh/concepts"),
        ("/docs/", "zh/concepts"),
        ("/docs/zh", "zh/concepts"),
        ("/docs/en", "en/concepts"),
        ("/docs/en/", "concepts"),
    ] {
        let response = agent.get(format!("{server}{path}")).call().expect("an answer");
        let location = response.headers().get("location").and_then(|location| location.to_str().ok());
        assert_eq!((response.status().as_u16(), location), (302, Some(to)), "{path}");
        assert_eq!(world.get(path).0, 200, "{path} leads to a page");
    }
    let (status, headers, icon) = world.get_bytes("/favicon.ico");
    assert_eq!((status, headers["content-type"].as_str()), (200, "image/svg+xml"));
    assert!(icon.starts_with(b"<svg "));
    assert_eq!(world.get("/nowhere").0, 404);
    for path in ["/", "/favicon.ico", "/docs/zh/roles", "/screen/", "/healthz", "/figures.json", "/schema.graphql"] {
        let read = agent.get(format!("{server}{path}")).call().expect("an answer");
        let mut head = agent.head(format!("{server}{path}")).call().expect("an answer");
        let kind = |response: &ureq::http::Response<ureq::Body>| {
            (response.status().as_u16(), response.headers().get("content-type").cloned())
        };
        assert_eq!(kind(&head), kind(&read), "{path}");
        assert_eq!(head.body_mut().read_to_string().expect("nothing"), "", "{path}");
    }
}

#[test]
fn machines_are_drawn_and_not_told_as_source() {
    let mut world = World::new(On::Sqlite);
    for (language, word) in [("zh", "待确认"), ("en", "PROPOSED")] {
        let page = world.get(&format!("/docs/{language}/states")).1;
        assert!(page.matches("<svg class=\"flow\"").count() >= 5, "{page}");
        assert!(page.contains(&format!(">{word}</text>")) && !page.contains("--&gt;"), "{page}");
    }
}

/// What breaks a client between the schema that was published last and another one.
fn breaks(after: &Path) -> Vec<String> {
    let published = std::fs::read_dir(repository().join("tests/data/schema")).expect("schemas");
    let newest = published.map(|file| file.expect("a file").path()).max().expect("a published schema");
    let told = node("breaks.mjs", &[newest.as_os_str(), after.as_os_str()], &[]);
    told.lines().map(str::to_owned).collect()
}

/// How the change log names what breaks: `Type.field`, `Type.VALUE`, `Type`; a field of the root by itself.
fn called(broken: &str) -> String {
    let words: Vec<&str> = broken.split_whitespace().collect();
    let name = match words.as_slice() {
        [value, "was", "removed", "from", "enum", "type", of, ..] => format!("{}.{value}", of.trim_end_matches('.')),
        _ => words.iter().find(|word| word.contains('.') && !word.ends_with('.')).unwrap_or(&words[0]).to_string(),
    };
    let root = ["Query.", "Mutation.", "Subscription."].iter().find_map(|root| name.strip_prefix(root));
    root.map_or(name.clone(), str::to_owned)
}

/// What breaks and is not named in the change log of a language.
fn unnamed(breaks: &[String], language: &str) -> Vec<String> {
    let log = std::fs::read_to_string(repository().join(format!("api/docs/{language}/changes.md"))).expect("the log");
    breaks.iter().filter(|broken| !log.contains(&format!("`{}`", called(broken)))).cloned().collect()
}

#[test]
fn what_breaks_a_client_is_named_in_the_change_log() {
    let schema = repository().join("schema.graphql");
    let breaks = breaks(&schema);
    for language in ["zh", "en"] {
        assert_eq!(unnamed(&breaks, language), Vec::<String>::new(), "not in api/docs/{language}/changes.md");
    }
}

#[test]
fn a_break_that_nobody_named_is_found() {
    let text = std::fs::read_to_string(repository().join("schema.graphql")).expect("the schema");
    let folder = tempfile::tempdir().expect("a folder");
    let changed = folder.path().join("changed.graphql");
    let taken = [
        ("\tbirthDecade: String\n", "\tbirthTen: String\n", "Person.birthDecade"),
        ("codeLists: [String!]!", "codeLists(on: Date!): [String!]!", "codeLists"),
    ];
    for (old, new, name) in taken {
        assert!(text.contains(old), "{old}");
        std::fs::write(&changed, text.replacen(old, new, 1)).expect("written");
        let unnamed = unnamed(&breaks(&changed), "en");
        assert!(unnamed.iter().any(|broken| called(broken) == name), "{name}: {unnamed:?}");
    }
}
