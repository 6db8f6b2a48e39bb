//! `minzheng export KIND FILE`: writes all rows of a kind as a sheet that can be imported again.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use minzheng_exchange::kind::kinds;
use minzheng_ground::config::Config;
use minzheng_kernel::Fault;
use minzheng_kernel::jobs::Progress;

#[derive(Args)]
pub struct Arguments {
    /// 种类 · kind of sheet, see import --list
    kind: String,
    /// 文件 · CSV or XLSX, by its ending
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode, Fault> {
    let kinds = kinds();
    let Some(kind) = kinds.iter().find(|kind| kind.name == arguments.kind) else {
        crate::err!("{}: there is no such kind; see minzheng import --list", arguments.kind);
        return Ok(ExitCode::from(2));
    };
    let Some(give) = kind.give else {
        crate::err!("{}: what it makes is exported as persons, households, recognitions, payments …", kind.name);
        return Ok(ExitCode::from(2));
    };
    let Some(format) = super::written_as(&arguments.file) else { return Ok(ExitCode::from(2)) };
    let (kernel, _) = super::open(config).await?;
    let viewer = super::cli_viewer(&kernel);
    let rows = give(&kernel, &viewer, (File::create(&arguments.file)?, format), &Progress::default()).await?;
    super::settle(&kernel).await?;
    if arguments.json {
        crate::out!("{}", serde_json::json!({ "kind": kind.name, "rows": rows }));
    } else {
        let told = format!("{0}（{1}）：{rows} 行 · {1}: {rows} rows", (kind.title)(), kind.name);
        crate::out!("{}", viewer.lang.side(&told));
    }
    Ok(ExitCode::SUCCESS)
}
