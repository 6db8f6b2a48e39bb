//! `minzheng report`: the report of a district on a time as a file: the latest published revision, else a draft.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use minzheng_access::standing::Gate;
use minzheng_figures::report::{compose, document, docx};
use minzheng_ground::config::Config;
use minzheng_ground::terminal::say;
use minzheng_kernel::Fault;
use minzheng_rules::period::Period;

#[derive(Args)]
pub struct Arguments {
    /// 区划 · six digits of the district, such as 430104; left out: the district served
    #[arg(long)]
    division: Option<String>,
    /// 期间 · 2023, 2023H1, 2023Q2 or 2023-06
    #[arg(long)]
    period: String,
    /// 格式 · of the file
    #[arg(long, value_enum, default_value = "md")]
    format: Format,
    /// 文件 · where to; left out: printed
    #[arg(long)]
    out: Option<PathBuf>,
    /// 草稿 · as it would be written now, also where a revision is published
    #[arg(long)]
    draft: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Md,
    Docx,
    Json,
}

pub async fn run(config: Config, arguments: Arguments) -> Result<ExitCode, Fault> {
    let Some(period) = Period::parse(&arguments.period) else {
        crate::err!("{}", say("cli-period", &[("value", &arguments.period)]));
        return Ok(ExitCode::from(2));
    };
    let Some(division) = arguments.division.clone().or_else(|| config.district.clone()) else {
        crate::err!("{}", say("cli-division-needed", &[]));
        return Ok(ExitCode::from(2));
    };
    let place = format!("{division:0<12}");
    if !place.bytes().all(|byte| byte.is_ascii_digit())
        || !matches!(division.len(), 6 | 12)
        || !place.ends_with("000000")
    {
        crate::err!("{}", say("cli-division", &[("value", &division)]));
        return Ok(ExitCode::from(2));
    }
    if arguments.format == Format::Docx && arguments.out.is_none() && std::io::stdout().is_terminal() {
        crate::err!("{}", say("cli-docx-terminal", &[]));
        return Ok(ExitCode::from(2));
    }
    let (kernel, test) = super::open(&config).await?;
    super::settle(&kernel).await?;
    let viewer = super::cli_viewer(&kernel);
    let access = Gate::new(&config)?;
    let state = super::state_of(kernel, config, test, access);
    let published =
        if arguments.draft { None } else { compose::latest_published(&state, &viewer, &place, period).await? };
    let (id, content) = match published {
        Some(row) => (Some(row.id), compose::content(&state, &viewer, &row).await?),
        None => {
            // In the words of the draft that is being written, or of what was published before.
            let newest = compose::newest(&state, &viewer, &place, period).await?;
            let content = compose::live(&state, &viewer, &place, period, newest.as_ref()).await?;
            (newest.filter(|row| !row.published).map(|row| row.id), content)
        }
    };
    if content.name() == "—" {
        crate::err!("{}", say("cli-no-division", &[("value", &division)]));
        return Ok(ExitCode::from(1));
    }
    let bytes = match arguments.format {
        Format::Md => document::markdown(&content).into_bytes(),
        Format::Json => {
            let mut json = serde_json::to_vec_pretty(&document::json(&content, id))?;
            json.push(b'\n');
            json
        }
        Format::Docx => docx::docx(&content)?,
    };
    match &arguments.out {
        Some(path) => std::fs::write(path, bytes)?,
        None => match std::io::stdout().write_all(&bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            written => written?,
        },
    }
    Ok(ExitCode::SUCCESS)
}
