//! `minzheng backup DIR|FILE.tar`: one consistent copy of database, anchors and files while the server goes on, signed,
//! with the keys only where they are asked for and under a passphrase. Exit code 1 where something of it was not there
//! any more: the backup is taken all the same.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use minzheng_ground::config::{Config, sqlite_url};
use minzheng_ground::terminal::say;
use minzheng_kernel::files::Files;
use minzheng_kernel::journal::anchors_up_to;
use minzheng_kernel::secrets::seal_keys;
use minzheng_kernel::{Clock, Db, Fault, Kernel};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::archive::{ANCHORS, DUMP, FILES, FORMAT, KEYS, Manifest, SQLITE, Staging, own_file};
use super::{archive, postgres};

#[derive(Args)]
pub struct Arguments {
    /// 目标 · a new folder, or a new file ending in .tar
    target: PathBuf,
    /// 连同密钥 · the keys too, sealed under a passphrase
    #[arg(long)]
    with_keys: bool,
    /// 口令文件 · a file with the passphrase; left out: MINZHENG_PASSPHRASE
    #[arg(long, value_name = "FILE", requires = "with_keys")]
    passphrase_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The passphrase from a file, or from the environment.
pub fn passphrase(file: Option<&Path>) -> Result<Option<String>, Fault> {
    match file {
        Some(file) => {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| Fault::internal(format!("{}: {error}", file.display())))?;
            Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
        None => Ok(std::env::var("MINZHENG_PASSPHRASE").ok()),
    }
}

/// Opens what is there as it is: nothing is made and nothing brought up to date.
pub async fn open_existing(config: &Config) -> Result<Kernel, Fault> {
    let url = config.url();
    if let Some(file) = url.strip_prefix("sqlite:")
        && !Path::new(file.split('?').next().unwrap_or(file)).exists()
    {
        return Err(Fault::internal(format!("there is no database {file}")));
    }
    Kernel::open(&url, &config.data_dir, Clock::default()).await
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode, Fault> {
    let target = std::path::absolute(&arguments.target)?;
    if target.exists() {
        crate::err!("{}", say("backup-exists", &[("target", &target.display())]));
        return Ok(ExitCode::from(2));
    }
    let passphrase = if arguments.with_keys { passphrase(arguments.passphrase_file.as_deref())? } else { None };
    if arguments.with_keys && passphrase.is_none() {
        crate::err!("{}", say("backup-passphrase", &[]));
        return Ok(ExitCode::from(2));
    }
    let kernel = Arc::new(open_existing(config).await?);
    let staging = Staging::beside(&target)?;
    if let Some(passphrase) = passphrase {
        let sealed = seal_keys(&config.data_dir.join("keys"), &passphrase)?;
        write(&staging.part(KEYS)?, &sealed)?;
    }
    // From here on nothing is deleted of what the copied rows name.
    let nothing_deleted = kernel.files.nothing_deleted()?;
    let taken_at = kernel.clock.now();
    let copied = if kernel.db.is_sqlite() {
        copy_sqlite(&kernel.db, &staging).await?
    } else {
        copy_postgres(config, &kernel.db, &staging).await?
    };
    // After the database, and of it what the database knows of: each anchored block is there then.
    let own = kernel.sealer.anchors().into_iter().next();
    let anchors = own.and_then(|own| std::fs::read_to_string(own).ok()).unwrap_or_default();
    // A line that is being written is none yet.
    let whole = anchors.rfind('\n').and_then(|end| anchors.get(..=end)).unwrap_or_default();
    write(&staging.part(ANCHORS)?, anchors_up_to(whole, copied.block).as_bytes())?;
    let missing = copy_files(&kernel, &staging, copied.files).await?;
    drop(nothing_deleted);
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at,
        database: if kernel.db.is_sqlite() { "sqlite" } else { "postgres" }.to_owned(),
        block: copied.block,
        position: copied.position,
        missing: missing.clone(),
        parts: std::collections::BTreeMap::new(),
    };
    let position = copied.position;
    let (signing, placed) = (kernel.clone(), target.clone());
    let place = tokio::task::spawn_blocking(move || {
        archive::sign(staging.folder(), manifest, signing.sealer.signer())?;
        archive::place(&staging, &placed)
    });
    place.await.map_err(Fault::internal)??;
    for name in &missing {
        crate::err!("{}", say("backup-missing", &[("name", name)]));
    }
    if arguments.json {
        let told = serde_json::json!({ "backup": target, "position": position, "missing": missing });
        crate::out!("{told}");
    } else {
        crate::out!("{}", say("backup-done", &[("target", &target.display()), ("position", &position)]));
    }
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn write(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let mut file = own_file(path)?;
    file.write_all(content)?;
    Ok(file.sync_all()?)
}

/// What a copied database stands on, and the contents that it names.
pub struct Copied {
    /// The last block.
    pub block: i64,
    /// The last position.
    pub position: i64,
    files: Vec<String>,
}

#[derive(FromQueryResult)]
struct Named {
    name: String,
}

/// What a database stands on, whatever program it is of.
pub async fn told<C: ConnectionTrait>(db: &Db, on: &C) -> Result<Copied, Fault> {
    let last = |column| format!("SELECT CAST(COALESCE(MAX({column}), 0) AS BIGINT) AS n FROM journal_block");
    let columns = if db.is_sqlite() {
        "SELECT COUNT(*) AS n FROM pragma_table_info('file') WHERE name = 'removed_at'"
    } else {
        "SELECT COUNT(*) AS n FROM information_schema.columns WHERE table_name = 'file' AND column_name = 'removed_at' \
         AND table_schema = current_schema()"
    };
    let kept = if db.value(on, columns, vec![]).await? > 0 { "AND removed_at IS NULL" } else { "" };
    let names =
        format!("SELECT DISTINCT sha256 AS name FROM file WHERE complete AND NOT voided {kept} ORDER BY sha256");
    Ok(Copied {
        block: db.value(on, &last("number"), vec![]).await?,
        position: db.value(on, &last("last_position"), vec![]).await?,
        files: db.rows::<Named, _>(on, &names, vec![]).await?.into_iter().map(|row| row.name).collect(),
    })
}

async fn copy_sqlite(db: &Db, staging: &Staging) -> Result<Copied, Fault> {
    let path = staging.part(SQLITE)?;
    // Made by us, so that only we may read it.
    drop(own_file(&path)?);
    db.copy_into(&path).await?;
    let copy = Db::open(&sqlite_url(&path)).await?;
    let faults = copy.integrity().await?.faults;
    let copied = told(&copy, copy.read()).await?;
    copy.close().await?;
    sound(&faults)?;
    std::fs::File::open(&path)?.sync_all()?;
    Ok(copied)
}

/// Refuses what the database's own check finds broken.
pub fn sound(faults: &[String]) -> Result<(), Fault> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(Fault::internal(format!("the database is not whole: {}", faults.join("; "))))
}

async fn copy_postgres(config: &Config, db: &Db, staging: &Staging) -> Result<Copied, Fault> {
    let path = staging.part(DUMP)?;
    let (tx, snapshot) = db.shared_snapshot().await?;
    let copied = told(db, &tx).await?;
    let dumped = postgres::dump(config, db, &snapshot, &path).await;
    tx.rollback().await.map_err(Fault::from)?;
    dumped?;
    std::fs::File::open(&path)?.sync_all()?;
    Ok(copied)
}

/// Copies the contents, each read to its end; gives those that are not there, or not what they were.
async fn copy_files(kernel: &Arc<Kernel>, staging: &Staging, names: Vec<String>) -> Result<Vec<String>, Fault> {
    let (kernel, folder) = (kernel.clone(), staging.folder().join(FILES));
    let copying = tokio::task::spawn_blocking(move || {
        let to = Files::in_folder(folder);
        let lost = |name: &String| {
            kernel
                .files
                .copy(&kernel.keys, name, &to)
                .inspect_err(|fault| tracing::error!(%fault, name, "a file is lost"))
                .is_err()
        };
        names.into_iter().filter(lost).collect::<Vec<_>>()
    });
    copying.await.map_err(Fault::internal)
}
