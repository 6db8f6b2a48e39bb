//! Puts into the program what it serves: the pages of `web`, built by Vite where Node is installed, and the GraphQL
//! documents of `documents`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo"));
    documents(&out);
    let pages = out.join("web");
    if let Err(why) = web(&pages) {
        println!("cargo::warning=built without the pages of api/web: {why}");
        let _ = fs::remove_dir_all(&pages);
    }
    fs::create_dir_all(&pages).expect("a folder for the pages");
    static_files::resource_dir(&pages).build().expect("the pages, as a table");
}

/// A table of name and text of every document.
fn documents(out: &Path) {
    println!("cargo::rerun-if-changed=documents");
    let mut files: Vec<PathBuf> = fs::read_dir("documents")
        .expect("the folder documents")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "graphql"))
        .collect();
    files.sort();
    let rows: String = files
        .iter()
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            let path = fs::canonicalize(path).expect("a path");
            format!("    ({name:?}, include_str!({path:?})),\n")
        })
        .collect();
    let table = format!("/// Name and text.\npub const DOCUMENTS: &[(&str, &str)] = &[\n{rows}];\n");
    fs::write(out.join("documents.rs"), table).expect("the table of documents");
}

/// Builds the pages. `MINZHENG_WEB=skip` leaves them out.
fn web(pages: &Path) -> Result<(), String> {
    for path in ["index.html", "graphiql.html", "src", "package.json", "package-lock.json", "vite.config.ts"] {
        let path = Path::new("web").join(path);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    println!("cargo::rerun-if-env-changed=MINZHENG_WEB");
    if env::var("MINZHENG_WEB").is_ok_and(|value| value == "skip") {
        return Err("MINZHENG_WEB=skip".to_owned());
    }
    run("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    run("npx", &["--no-install", "vite", "build", "--emptyOutDir", "--outDir", &pages.display().to_string()])
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir("web")
        .output()
        .map_err(|error| format!("{program}: {error}; install Node.js 20 or newer"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    Err(format!("{program} {}: {}", arguments.join(" "), text.lines().rev().take(5).collect::<Vec<_>>().join(" | ")))
}
