//! Puts into the program what it serves: the pages of `web`, built by Vite where Node is installed, and the GraphQL
//! documents of `documents`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    documents(&out)?;
    let pages = out.join("web");
    if let Err(why) = web(&pages) {
        println!("cargo::warning=built without the pages of api/web: {why}");
        if pages.exists() {
            fs::remove_dir_all(&pages)?;
        }
    }
    fs::create_dir_all(&pages)?;
    static_files::resource_dir(&pages).build()?;
    Ok(())
}

/// A table of name and text of every document.
fn documents(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=documents");
    let mut files = Vec::new();
    for entry in fs::read_dir("documents")? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "graphql") {
            files.push(path);
        }
    }
    files.sort();
    let mut table = "/// Name and text.\npub const DOCUMENTS: &[(&str, &str)] = &[\n".to_owned();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let path = fs::canonicalize(&path)?;
        writeln!(table, "    ({name:?}, include_str!({:?})),", path.to_string_lossy())?;
    }
    table.push_str("];\n");
    Ok(fs::write(out.join("documents.rs"), table)?)
}

/// Builds the pages. `MINZHENG_WEB=skip` leaves them out.
fn web(pages: &Path) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir("web")? {
        let path = entry?.path();
        if !path.ends_with("node_modules") {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    println!("cargo::rerun-if-env-changed=MINZHENG_WEB");
    if env::var("MINZHENG_WEB").is_ok_and(|value| value == "skip") {
        return Err("MINZHENG_WEB=skip".into());
    }
    run("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    let target = pages.to_string_lossy();
    run("npx", &["--no-install", "vite", "build", "--emptyOutDir", "--outDir", &target])
}

fn run(program: &str, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
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
    let last: Vec<&str> = text.lines().rev().take(5).collect();
    Err(format!("{program} {}: {}", arguments.join(" "), last.join(" | ")).into())
}
