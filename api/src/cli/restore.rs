//! `minzheng restore DIR|FILE.tar`: into an empty data folder (and on PostgreSQL an empty database). Signature, parts,
//! database, journal with all records and files are verified before anything gets its place; what was changed is named
//! and nothing is served.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use minzheng_ground::config::{Config, sqlite_url};
use minzheng_ground::terminal::say;
use minzheng_kernel::integrity::SchemaState;
use minzheng_kernel::secrets::{JournalSigner, key_files, open_keys, put_key_files};
use minzheng_kernel::{Clock, Db, Fault, Kernel};

use super::archive::{DUMP, KEYS, MANIFEST, Manifest, SIGNATURE, SQLITE, Staging};
use super::backup::{passphrase, sound, told};
use super::{archive, doctor, postgres};

#[derive(Args)]
pub struct Arguments {
    /// 备份 · the folder or file
    source: PathBuf,
    /// 数据目录 · a new or empty folder; left out: the configured one
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// 密钥目录 · the folder of the keys, where they were kept apart; left out: the sealed ones in the backup
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// 口令文件 · a file with the passphrase of the sealed keys; left out: MINZHENG_PASSPHRASE
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// 连同指标 · verify the figures too
    #[arg(long)]
    figures: bool,
}

/// Where a data folder is put together, within itself.
const STAGING: &str = ".restoring";

pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode, Fault> {
    let data = std::path::absolute(arguments.data_dir.as_ref().unwrap_or(&config.data_dir))?;
    if !arguments.source.exists() {
        crate::err!("{}", say("restore-none", &[("source", &arguments.source.display())]));
        return Ok(ExitCode::from(2));
    }
    archive::own_folder(&data)?;
    let _ = std::fs::remove_dir_all(data.join(STAGING));
    if std::fs::read_dir(&data)?.next().is_some() {
        crate::err!("{}", say("restore-not-empty", &[("folder", &data.display())]));
        return Ok(ExitCode::from(2));
    }
    let staging = Staging::at(data.join(STAGING))?;
    let (source, folder) = (arguments.source.clone(), staging.folder().to_owned());
    tokio::task::spawn_blocking(move || archive::unpack(&source, &folder)).await.map_err(Fault::internal)??;
    if !keys(&staging, &arguments)? {
        crate::err!("{}", say("restore-keys", &[]));
        return Ok(ExitCode::from(2));
    }
    let apart = staging.folder().join("keys");
    let signer = JournalSigner::load(&apart)?;
    let manifest = archive::manifest(staging.folder(), &signer)?;
    let differs = {
        let (folder, manifest) = (staging.folder().to_owned(), manifest.clone());
        let compare = move || archive::differences(&folder, &manifest);
        tokio::task::spawn_blocking(compare).await.map_err(Fault::internal)??
    };
    // The keys are none of its parts.
    let differs: Vec<_> = differs.into_iter().filter(|told| !told.starts_with("keys/")).collect();
    if !differs.is_empty() {
        for told in differs {
            crate::err!("{told}");
        }
        return Ok(ExitCode::from(1));
    }
    for name in [MANIFEST, SIGNATURE, KEYS] {
        let _ = std::fs::remove_file(staging.folder().join(name));
    }
    let postgres = manifest.database == "postgres";
    let url = if postgres { config.url() } else { sqlite_url(&staging.folder().join(SQLITE)) };
    if postgres && !url.starts_with("postgres") {
        crate::err!("{}", say("restore-postgres", &[]));
        return Ok(ExitCode::from(2));
    }
    if postgres {
        let db = Db::open(&url).await?;
        if db.tables().await? > 0 {
            crate::err!("{}", say("restore-database", &[]));
            return Ok(ExitCode::from(2));
        }
        let restored = postgres::restore(config, &db, &staging.folder().join(DUMP)).await;
        db.close().await?;
        restored?;
        std::fs::remove_file(staging.folder().join(DUMP))?;
    }
    let verified = verify(&url, staging.folder(), &manifest, arguments.figures).await;
    if !matches!(&verified, Ok(wrong) if wrong.is_empty()) && postgres {
        // It was empty, and what is there now is not to be believed.
        let db = Db::open(&url).await?;
        db.empty().await?;
        db.close().await?;
    }
    let wrong = verified?;
    for told in &wrong {
        crate::err!("{told}");
    }
    if !wrong.is_empty() {
        crate::err!("{}", say("restore-refused", &[("count", &wrong.len())]));
        return Ok(ExitCode::from(1));
    }
    place(staging.folder(), &data)?;
    for name in &manifest.missing {
        crate::err!("{}", say("backup-missing", &[("name", name)]));
    }
    let taken = minzheng_kernel::clock::local(manifest.taken_at).format("%Y-%m-%d %H:%M:%S").to_string();
    let told =
        [("folder", &data.display() as &dyn std::fmt::Display), ("position", &manifest.position), ("taken", &taken)];
    crate::out!("{}", say("restore-done", &told));
    Ok(ExitCode::SUCCESS)
}

/// Puts the keys where they belong; whether there are any.
fn keys(staging: &Staging, arguments: &Arguments) -> Result<bool, Fault> {
    let folder = staging.folder().join("keys");
    if let Some(apart) = &arguments.keys {
        put_key_files(&folder, &key_files(apart)?)?;
        return Ok(true);
    }
    let (Ok(sealed), Some(passphrase)) =
        (std::fs::read(staging.folder().join(KEYS)), passphrase(arguments.passphrase_file.as_deref())?)
    else {
        return Ok(false);
    };
    let opened = open_keys(&sealed, &passphrase);
    let opened = opened.map_err(|error| Fault::internal(format!("{KEYS}: {error}")))?;
    put_key_files(&folder, &opened)?;
    Ok(true)
}

/// Everything that can be asked of a restored data folder; what does not agree.
async fn verify(url: &str, folder: &Path, manifest: &Manifest, figures: bool) -> Result<Vec<String>, Fault> {
    let kernel = Arc::new(Kernel::open(url, folder, Clock::default()).await?);
    let wrong = verify_open(&kernel, manifest, figures).await;
    // What waits beside the file of SQLite is in it afterwards.
    kernel.db.close().await?;
    wrong
}

async fn verify_open(kernel: &Arc<Kernel>, manifest: &Manifest, figures: bool) -> Result<Vec<String>, Fault> {
    sound(&kernel.db.integrity().await?.faults)?;
    let head = told(&kernel.db, kernel.db.read()).await?;
    let mut wrong = Vec::new();
    if (head.block, head.position) != (manifest.block, manifest.position) {
        wrong.push(format!("the database stands at position {}, the backup at {}", head.position, manifest.position));
    }
    match kernel.schema_state().await? {
        SchemaState::Current => {}
        SchemaState::Older(_) => kernel.migrate(false).await?,
        SchemaState::Newer(change) => {
            return Err(Fault::internal(format!("the backup is of a newer program, which made the change {change}")));
        }
    }
    let verdict = kernel.sealer.verify(&kernel.db, Some(&crate::catalogue::tables())).await?;
    wrong.extend(verdict.faults.into_iter().map(|fault| format!("{}: {}", fault.position, fault.message)));
    let lost = doctor::lost_files(kernel, None).await?;
    wrong.extend(
        lost.into_iter().filter(|name| !manifest.missing.contains(name)).map(|name| format!("{name}: a file is lost")),
    );
    if figures {
        wrong.extend(minzheng_figures::projector::verify(kernel).await?.1.iter().map(ToString::to_string));
    }
    Ok(wrong)
}

/// Moves all that was put together to its place; the database last, without which nothing serves.
fn place(staging: &Path, data: &Path) -> Result<(), Fault> {
    let mut names: Vec<_> =
        std::fs::read_dir(staging)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<_>>()?;
    names.sort_unstable_by_key(|name| name == SQLITE);
    for name in names {
        std::fs::rename(staging.join(&name), data.join(&name))?;
    }
    Ok(std::fs::File::open(data)?.sync_all()?)
}
