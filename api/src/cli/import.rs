//! `minzheng import`: takes a sheet in, rehearses it, or takes it back. Exit 0 when all rows are
//! accepted, 1 when some are refused (the valid ones stand) or none is taken, 2 for wrong usage.

use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use minzheng_exchange::import::Options;
use minzheng_exchange::kind::{AnyKind, kinds};
use minzheng_exchange::reader::Source;
use minzheng_exchange::undo::UndoImport;
use minzheng_ground::config::Config;
use minzheng_kernel::commands::Sent;
use minzheng_kernel::{Failure, Fault, commands};
use minzheng_sheet::SheetWriter;

#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
pub struct Arguments {
    /// 种类 · kind of sheet, see --list
    kind: Option<String>,
    /// 文件 · CSV or XLSX
    file: Option<PathBuf>,
    /// 列出种类 · print the kinds
    #[arg(long)]
    list: bool,
    /// 表头 · print the headers of a kind, or write an empty sheet with `--out`
    #[arg(long, value_name = "KIND")]
    template: Option<String>,
    /// 空表 · where the empty sheet goes: CSV, or XLSX with drop-down lists; a new file
    #[arg(long, value_name = "FILE", requires = "template")]
    out: Option<PathBuf>,
    /// 试导 · rehearse: tell everything, change nothing
    #[arg(long)]
    dry_run: bool,
    /// 严格 · unknown headers are errors
    #[arg(long)]
    strict: bool,
    /// 含隐藏内容 · read hidden rows and columns too
    #[arg(long)]
    hidden: bool,
    /// 待改表 · write the refused rows with the reasons beside them, to mend and send again
    #[arg(long, value_name = "FILE")]
    mend: Option<PathBuf>,
    /// 结果表 · write the accepted rows with what is given back beside them, such as one-time passwords; a new file
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    outcome: Option<PathBuf>,
    /// 撤销 · take an import back
    #[arg(long, value_name = "ID")]
    undo: Option<i64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode, Fault> {
    let kinds = kinds();
    if arguments.list {
        for kind in kinds {
            crate::out!("{:<20} {}", kind.name, (kind.title)());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let find = |name: &str| {
        let found = kinds.iter().find(|kind| kind.name == name);
        if found.is_none() {
            crate::err!("{name}: there is no such kind; see minzheng import --list");
        }
        found
    };
    if let Some(name) = &arguments.template {
        let Some(kind) = find(name) else { return Ok(ExitCode::from(2)) };
        return match &arguments.out {
            Some(path) => template(kind, path),
            None => {
                crate::out!("{}", (kind.layout)().headers().join(","));
                Ok(ExitCode::SUCCESS)
            }
        };
    }
    // Before the work: what cannot be written is told at once.
    let (mut mend, mut outcome_format) = (None, None);
    for (path, format) in [(&arguments.mend, &mut mend), (&arguments.outcome, &mut outcome_format)] {
        if let Some(path) = path {
            let Some(known) = super::written_as(path) else { return Ok(ExitCode::from(2)) };
            *format = Some((path, known));
        }
    }
    let (kernel, _) = super::open(config).await?;
    let mut viewer = super::cli_viewer(&kernel);
    viewer.lang = minzheng_ground::terminal::lang();
    let refused_by = |failure: Failure| -> Result<ExitCode, Fault> {
        match failure {
            Failure::Refused(refusals) => {
                for refusal in refusals {
                    crate::err!("{}", refusal.message(viewer.lang));
                }
                Ok(ExitCode::from(1))
            }
            Failure::Fault(fault) => Err(fault),
            other => Err(Fault::internal(format!("{other:?}"))),
        }
    };
    if let Some(id) = arguments.undo {
        let undone = match commands::run(&kernel, &viewer, UndoImport { id }, &Sent::default()).await {
            Ok(undone) => undone,
            Err(failure) => return refused_by(failure),
        };
        super::settle(&kernel).await?;
        if arguments.json {
            crate::out!("{}", serde_json::json!({ "id": id, "state": "UNDONE", "voided": undone }));
        } else {
            crate::out!("已撤销导入 {id}，作废 {undone} 行");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(name), Some(file)) = (&arguments.kind, &arguments.file) else {
        crate::err!(
            "usage: minzheng import KIND FILE [--dry-run] [--strict] [--hidden] | --undo ID | --list | --template KIND [--out FILE]"
        );
        return Ok(ExitCode::from(2));
    };
    let Some(kind) = find(name) else { return Ok(ExitCode::from(2)) };
    if let Some(path) = arguments.outcome.as_ref().filter(|path| path.exists()) {
        crate::err!("{}: 文件已存在 · the file is there already", path.display());
        return Ok(ExitCode::from(2));
    }
    let division = config.district.as_ref().map(|district| format!("{district:0<12}"));
    let options = Options {
        dry_run: arguments.dry_run,
        strict: arguments.strict,
        hidden: arguments.hidden,
        district: config.district.clone(),
        division,
        ..Options::default()
    };
    let outcome = match (kind.take)(&kernel, &viewer, file, options).await {
        Ok(outcome) => outcome,
        Err(Failure::Refused(refusals)) if arguments.json => {
            // nothing of it stands
            let notes: Vec<String> = refusals.iter().map(|refusal| refusal.message(viewer.lang)).collect();
            let none = serde_json::json!({ "id": null, "state": "REFUSED", "seen": 0, "created": 0, "changed": 0,
                "unchanged": 0, "refused": 0, "blank": 0, "skipped": 0, "notes": notes });
            crate::out!("{none}");
            return refused_by(Failure::Refused(refusals));
        }
        Err(failure) => return refused_by(failure),
    };
    if let Some((path, format)) = outcome_format {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (strict, hidden, district) = (arguments.strict, arguments.hidden, config.district.as_deref());
        let source = Source { path: file, name: &name, strict, hidden, district };
        let refused = outcome.wrong.iter().map(|(row, _)| row.number).collect();
        let job = viewer.for_job(format!("import:{}", outcome.id));
        // Only its owner may read it: one-time passwords may stand in it.
        let out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        if let Err(failure) =
            (kind.give_back)(&kernel, &job, source, &refused, config.one_time_days, (out, format)).await
        {
            return refused_by(failure);
        }
    }
    super::settle(&kernel).await?;
    if let Some((path, format)) = mend.filter(|_| !outcome.wrong.is_empty()) {
        outcome.write_mend_sheet(path, format)?;
    }
    for error in outcome.wrong.iter().flat_map(|(_, errors)| errors) {
        let (row, column) = (error.row, error.column.as_deref().unwrap_or(""));
        let row = format!("第 {row} 行 · row {row}");
        crate::err!("{} {column} [{}] {} {}", viewer.lang.side(&row), error.code, error.message, error.remedy);
    }
    for note in &outcome.notes {
        crate::err!("{note}");
    }
    if arguments.json {
        crate::out!("{}", serde_json::to_string(&outcome)?);
    } else {
        let (id, state) = (outcome.id, outcome.state);
        let [seen, created, changed] = [outcome.seen, outcome.created, outcome.changed];
        let [unchanged, refused, blank, skipped] = [outcome.unchanged, outcome.refused, outcome.blank, outcome.skipped];
        let told = format!(
            "导入 {id} {state}：共 {seen} 行，新增 {created}，更正 {changed}，相同 {unchanged}，未接受 {refused}，空行 {blank}，\
             跳过 {skipped} · import {id} {state}: {seen} rows, created {created}, changed {changed}, unchanged \
             {unchanged}, refused {refused}, blank {blank}, skipped {skipped}"
        );
        crate::out!("{}", viewer.lang.side(&told));
    }
    Ok(if outcome.is_success() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Writes an empty sheet of a kind into a new file.
fn template(kind: &AnyKind, path: &Path) -> Result<ExitCode, Fault> {
    let Some(format) = super::written_as(path) else { return Ok(ExitCode::from(2)) };
    let layout = (kind.layout)();
    let title = (kind.title)();
    let needed: Vec<&str> =
        layout.columns.iter().filter(|column| column.required).map(|column| column.header.as_str()).collect();
    let about = [
        ("表格", format!("{title}（{}）", kind.name)),
        ("必填", needed.join("、")),
        ("导入", format!("minzheng import {} FILE", kind.name)),
    ];
    let out = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    SheetWriter::template(BufWriter::new(out), format, &layout, &title, &about).map_err(Fault::internal)?;
    Ok(ExitCode::SUCCESS)
}
