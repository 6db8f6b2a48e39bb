//! `minzheng doctor`: one look at everything that keeps the records: a line a finding, with what to do. Exit code 0 when
//! all is well, 1 with findings. Nothing is changed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use entity::kernel::file::{Column, Entity};
use entity::kernel::job;
use minzheng_ground::config::Config;
use minzheng_ground::policy::POLICY;
use minzheng_ground::terminal::lang;
use minzheng_kernel::integrity::SchemaState;
use minzheng_kernel::{Fault, Kernel, Text, Viewer, jobs, reseal};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::backup::open_existing;

#[derive(Args)]
pub struct Arguments {
    /// 全面 · read all files, and the whole journal with all records
    #[arg(long)]
    deep: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Contents that are read without `--deep`, the newest first.
const SAMPLE: u64 = 100;
/// Bytes that should be free, at least.
const FREE: u64 = 1 << 30;
/// How far a clock may go wrong.
const CLOCK: Duration = Duration::from_secs(5);
/// How long a job may wait, in minutes.
const WAITING: i64 = 60;

/// Something that is not as it should be.
struct Finding {
    /// What was looked at.
    check: &'static str,
    /// What was found, and what to do.
    text: Text,
}

/// What was looked at.
#[derive(Default)]
struct Found {
    checks: u32,
    findings: Vec<Finding>,
    /// What could not be looked at.
    unchecked: Vec<Finding>,
}

impl Found {
    fn add(&mut self, check: &'static str, text: Text) {
        self.findings.push(Finding { check, text });
    }

    /// What a check finds; one that cannot be made is a finding itself.
    fn take(&mut self, check: &'static str, made: Result<Vec<Text>, Fault>) {
        self.checks += 1;
        match made {
            Ok(texts) => texts.into_iter().for_each(|text| self.add(check, text)),
            Err(fault) => self.add(check, Text::of("doctor-failed").with("check", check).with("fault", fault)),
        }
    }
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode, Fault> {
    let mut found = Found::default();
    found.take(
        "permissions",
        Ok(too_open(config)
            .into_iter()
            .map(|(path, mode)| {
                Text::of("doctor-open").with("path", path.display()).with("mode", format!("{mode:04o}"))
            })
            .collect()),
    );
    found.take("disk", disk(config));
    found.take("clock", Ok(future_files(config)));
    match open_existing(config).await {
        Ok(kernel) => look(&Arc::new(kernel), arguments.deep, &mut found).await,
        // Without keys that fit nothing can be opened: that is said by it.
        Err(fault) => found.take("open", Ok(vec![Text::of("doctor-closed").with("fault", fault)])),
    }
    told(&found, arguments.json);
    Ok(if found.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn told(found: &Found, json: bool) {
    let lang = lang();
    if json {
        let list = |findings: &[Finding]| -> Vec<serde_json::Value> {
            let one = |f: &Finding| serde_json::json!({ "check": f.check, "text": f.text.say(lang) });
            findings.iter().map(one).collect()
        };
        let told = serde_json::json!({
            "ok": found.findings.is_empty(),
            "checks": found.checks,
            "findings": list(&found.findings),
            "unchecked": list(&found.unchecked),
        });
        crate::out!("{told}");
        return;
    }
    for finding in found.findings.iter().chain(&found.unchecked) {
        crate::out!("{}: {}", finding.check, finding.text.say(lang));
    }
    let summary = Text::of("doctor-summary").with("checks", found.checks);
    crate::out!("{}", summary.with("findings", found.findings.len()).say(lang));
}

/// What is looked at in an open database, each by itself.
async fn look(kernel: &Arc<Kernel>, deep: bool, found: &mut Found) {
    let integrity = kernel.db.integrity().await;
    if let Ok(Some(what)) = integrity.as_ref().map(|integrity| integrity.unchecked.clone()) {
        let text = Text::of("doctor-unchecked").with("what", what);
        found.unchecked.push(Finding { check: "database", text });
    }
    let broken = |told: String| Text::of("doctor-broken").with("told", told);
    found.take("database", integrity.map(|integrity| integrity.faults.into_iter().map(broken).collect()));
    let schema = kernel.schema_state().await;
    let current = matches!(schema, Ok(SchemaState::Current));
    found.take(
        "version",
        schema.map(|state| match state {
            SchemaState::Current => vec![],
            SchemaState::Older(changes) => vec![Text::of("doctor-older").with("changes", changes)],
            SchemaState::Newer(change) => vec![Text::of("doctor-newer").with("change", change)],
        }),
    );
    found.take("clock", clock(kernel).await);
    // What follows reads rows as this program knows them.
    if !current {
        return;
    }
    found.take("journal", journal(kernel, deep).await);
    found.take("files", files(kernel, deep).await);
    found.take(
        "scratch",
        kernel.files.left_in_scratch().map(|left| match left.len() {
            0 => vec![],
            count => vec![Text::of("doctor-scratch").with("count", count)],
        }),
    );
    found.take("accounts", accounts(kernel).await);
    found.take("jobs", stuck_jobs(kernel).await);
    found.take(
        "keys",
        reseal::left(kernel, &crate::catalogue::tables()).await.map(|left| match left {
            0 => vec![],
            rows => vec![Text::of("doctor-reseal").with("rows", rows)],
        }),
    );
}

/// What of ours others than its owner may read, write or enter, and its mode.
pub fn too_open(config: &Config) -> Vec<(PathBuf, u32)> {
    let data = &config.data_dir;
    let mut paths = vec![data.clone(), data.join("files"), data.join("anchors"), data.join("keys")];
    for folder in ["anchors", "keys"] {
        if let Ok(entries) = std::fs::read_dir(data.join(folder)) {
            paths.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
        }
    }
    if let Some(file) = sqlite_file(config) {
        for ending in ["", "-wal", "-shm"] {
            paths.push(PathBuf::from(format!("{}{ending}", file.display())));
        }
    }
    let mode = |path: PathBuf| {
        let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o7777;
        (mode & 0o077 != 0).then_some((path, mode))
    };
    paths.into_iter().filter_map(mode).collect()
}

fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let url = config.url();
    let file = url.strip_prefix("sqlite:")?;
    Some(file.split('?').next().unwrap_or(file).into())
}

/// Room on the disk: for a copy of the database, and never less than a little.
fn disk(config: &Config) -> Result<Vec<Text>, Fault> {
    let stat = rustix::fs::statvfs(&config.data_dir).map_err(std::io::Error::from)?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let database = sqlite_file(config).and_then(|file| std::fs::metadata(file).ok()).map_or(0, |data| data.len());
    let wanted = FREE.max(database);
    if free >= wanted {
        return Ok(vec![]);
    }
    let megabytes = |bytes: u64| (bytes >> 20).to_string();
    Ok(vec![Text::of("doctor-disk").with("free", megabytes(free)).with("wanted", megabytes(wanted))])
}

/// Files of ours that were written tomorrow.
fn future_files(config: &Config) -> Vec<Text> {
    let mut paths = vec![config.data_dir.join("anchors/journal.txt"), config.data_dir.join("keys/fields.json")];
    paths.extend(sqlite_file(config));
    let ahead = |path: &Path| {
        let written = std::fs::metadata(path).and_then(|data| data.modified()).ok()?;
        let ahead = written.duration_since(SystemTime::now()).ok().filter(|ahead| *ahead > CLOCK)?;
        let text = Text::of("doctor-clock-file").with("path", path.display());
        Some(text.with("seconds", ahead.as_secs()))
    };
    paths.iter().filter_map(|path| ahead(path)).collect()
}

/// This clock beside that of the database's server, and beside the last entry of the journal.
async fn clock(kernel: &Kernel) -> Result<Vec<Text>, Fault> {
    let mut found = Vec::new();
    let bound = i64::try_from(CLOCK.as_micros()).unwrap_or(i64::MAX);
    if !kernel.db.is_sqlite() {
        let apart = kernel.clock.now().timestamp_micros() - kernel.db.server_clock().await?;
        if apart.abs() > bound {
            found.push(Text::of("doctor-clock").with("seconds", apart / 1_000_000));
        }
    }
    let ahead = kernel.db.last_entry_at().await?.map_or(0, |at| (at - kernel.clock.now()).num_seconds());
    if ahead > bound / 1_000_000 {
        found.push(Text::of("doctor-clock-journal").with("seconds", ahead));
    }
    Ok(found)
}

/// The journal with its blocks, signatures and anchors; deep: with all records.
async fn journal(kernel: &Kernel, deep: bool) -> Result<Vec<Text>, Fault> {
    let mut found = Vec::new();
    let any = kernel.sealer.head().await?.block > 0;
    for anchors in kernel.sealer.anchors().into_iter().filter(|anchors| any && !anchors.exists()) {
        found.push(Text::of("doctor-anchors").with("path", anchors.display()));
    }
    let tables = crate::catalogue::tables();
    let verdict = kernel.sealer.verify(&kernel.db, deep.then_some(tables.as_slice())).await?;
    let wrong = |fault: minzheng_kernel::journal::AuditFault| {
        Text::of("doctor-journal").with("position", fault.position).with("told", fault.message)
    };
    found.extend(verdict.faults.into_iter().take(20).map(wrong));
    Ok(found)
}

/// Contents that rows name and that are gone, or not what they were; `most`: of the newest.
pub async fn lost_files(kernel: &Arc<Kernel>, most: Option<u64>) -> Result<Vec<String>, Fault> {
    let viewer = Viewer::system(&POLICY, "doctor", kernel.clock.today());
    let kept = viewer.select::<Entity>().filter(Column::Complete.eq(true)).filter(Column::RemovedAt.is_null());
    let names = kept.select_only().column(Column::Sha256).order_by_desc(Column::Id).limit(most);
    let mut names: Vec<String> = names.into_tuple().all(kernel.db.read()).await?;
    names.sort_unstable();
    names.dedup();
    let kernel = kernel.clone();
    let reading = move || {
        names.retain(|name| kernel.files.check(&kernel.keys, name).is_err());
        names
    };
    tokio::task::spawn_blocking(reading).await.map_err(Fault::internal)
}

async fn files(kernel: &Arc<Kernel>, deep: bool) -> Result<Vec<Text>, Fault> {
    let lost = lost_files(kernel, (!deep).then_some(SAMPLE)).await?;
    Ok(lost.into_iter().map(|name| Text::of("doctor-file").with("name", name)).collect())
}

/// Accounts of staff of whom it is not known whose they are.
async fn accounts(kernel: &Kernel) -> Result<Vec<Text>, Fault> {
    let without = minzheng_access::account::without_holder(kernel).await?;
    if without.is_empty() {
        return Ok(vec![]);
    }
    Ok(vec![Text::of("doctor-holder").with("accounts", without.join(" "))])
}

/// Jobs that were given up, and such as nobody works on.
async fn stuck_jobs(kernel: &Kernel) -> Result<Vec<Text>, Fault> {
    let mut found = Vec::new();
    let before = kernel.clock.now() - chrono::TimeDelta::minutes(WAITING);
    let unfinished = jobs::unfinished(kernel).await?;
    let given_up = unfinished.iter().filter(|job| jobs::is_given_up(job)).count();
    let waits = |job: &&job::Model| match job.state.as_str() {
        jobs::QUEUED => job.created_at < before,
        jobs::RUNNING => job.claimed_until.is_some_and(|until| until < before),
        _ => false,
    };
    let waiting = unfinished.iter().filter(waits).count();
    if given_up > 0 {
        found.push(Text::of("doctor-given-up").with("count", given_up));
    }
    if waiting > 0 {
        found.push(Text::of("doctor-waiting").with("count", waiting).with("minutes", WAITING));
    }
    Ok(found)
}
