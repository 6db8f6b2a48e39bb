//! The handbook: printed pages are those of the program, every page is served in both languages.

use tests::{On, World, repository};

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
