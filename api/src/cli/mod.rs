//! The command line: one file a command. Exit codes: 0, 1 (refused, or differs), 2 (usage).

mod account;
mod archive;
mod audit;
mod backup;
mod demo;
mod doctor;
mod export;
mod figures;
mod handbook;
mod import;
mod jobs;
mod keys;
mod postgres;
mod report;
mod restore;
mod token;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use minzheng_kernel::journal::AnchorPlace;
use minzheng_kernel::{Clock, Failure, Fault, Kernel, Lang, Text, Viewer};

use crate::config::Config;
use crate::graphql::{State, schema};
use crate::policy::POLICY;

/// 区民政局业务系统 · system of record and GraphQL API of a district civil-affairs bureau.
#[derive(Parser)]
#[command(name = "minzheng", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 启动服务 · serve the API
    Serve,
    /// 建库升级 · bring the database up to date
    Migrate {
        /// Mark as a test database: the business date may be pinned
        #[arg(long)]
        test: bool,
    },
    /// 手册 · the pages of the handbook that are printed from tables
    Handbook(handbook::Arguments),
    /// 打印接口定义 · print the GraphQL schema
    Schema,

    /// 演示 · make a whole district and serve it
    Demo(demo::Arguments),

    /// 导入花名册 · take in a sheet
    Import(import::Arguments),
    /// 导出花名册 · write a sheet
    Export(export::Arguments),
    /// 账户 · accounts
    Account {
        #[command(subcommand)]
        command: account::Command,
    },
    /// 令牌 · print an access token, in demo and test databases
    Token(token::Arguments),
    /// 密钥 · keys of tokens, sealed fields and the journal
    Keys {
        #[command(subcommand)]
        command: keys::Command,
    },
    /// 后台任务 · jobs that wait, run or were given up
    Jobs(jobs::Arguments),
    /// 审计 · the journal
    Audit {
        #[command(subcommand)]
        command: audit::Command,
    },
    /// 指标 · the figures
    Figures {
        #[command(subcommand)]
        command: figures::Command,
    },
    /// 备份 · one signed copy of database, anchors and files, while the server goes on
    Backup(backup::Arguments),
    /// 恢复 · verify a backup and put it into an empty data folder
    Restore(restore::Arguments),
    /// 体检 · look at database, keys, anchors, files, permissions, disk, clock, versions and jobs; a line a finding
    Doctor(doctor::Arguments),
    /// 定期报告 · the report of a district as a file
    Report(report::Arguments),
}

/// Parses the command line and runs the command. Not asynchronous to its caller: so all of the program is compiled with the
/// library, and not again with each binary.
#[tokio::main]
pub async fn main() -> ExitCode {
    // What is written here holds personal data: it is for the account that the program runs as, and nobody else.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let arguments = Arguments::parse();
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => {
            crate::log::complain(&error.to_string());
            return ExitCode::from(2);
        }
    };
    match Box::pin(run(arguments.command, config)).await {
        Ok(code) => code,
        Err(fault) => {
            crate::log::complain(&fault.to_string());
            ExitCode::from(1)
        }
    }
}

async fn run(command: Command, config: Config) -> Result<ExitCode, Fault> {
    match command {
        Command::Schema => {
            print!("{}", schema(None).sdl());
            Ok(ExitCode::SUCCESS)
        }
        Command::Handbook(arguments) => handbook::run(&arguments),
        Command::Migrate { test } => {
            let kernel = kernel(&config, Clock::default()).await?;
            kernel.migrate(test).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve => {
            if config.district.is_none() {
                let needed = "MINZHENG_DISTRICT is required: the six digits of the district served, such as 430104";
                crate::log::complain(needed);
                return Ok(ExitCode::from(2));
            }
            for (path, mode) in doctor::too_open(&config) {
                tracing::warn!(path = %path.display(), mode = format!("{mode:04o}"), "open to others: chmod go-rwx");
            }
            let access = crate::access::standing::Gate::new(&config)?;
            let listener = crate::http::listen(&config.listen)?;
            let Some((kernel, test)) = Box::pin(opened(&config, &listener)).await? else {
                return Ok(ExitCode::SUCCESS);
            };
            let state = Arc::new(State { kernel: Arc::new(kernel), config, test, access, figures: Arc::default() });
            crate::http::serve(state, listener, |address| crate::log::print(&format!("http://{address}/graphql")))
                .await?;
            Ok(ExitCode::SUCCESS)
        }

        Command::Demo(arguments) => demo::run(config, arguments).await,
        Command::Import(arguments) => import::run(&config, arguments).await,
        Command::Export(arguments) => export::run(&config, arguments).await,
        Command::Account { command } => account::run(&config, command).await,
        Command::Token(arguments) => token::run(&config, arguments).await,
        Command::Keys { command } => keys::run(&config, command).await,
        Command::Jobs(arguments) => jobs::run(&config, &arguments).await,
        Command::Audit { command } => audit::run(&config, command).await,
        Command::Figures { command } => figures::run(&config, command).await,
        Command::Backup(arguments) => backup::run(&config, arguments).await,
        Command::Restore(arguments) => restore::run(&config, arguments).await,
        Command::Doctor(arguments) => doctor::run(&config, arguments).await,
        Command::Report(arguments) => report::run(config, arguments).await,
    }
}

/// Opens the database of a server; waits for one that is away, as after a power cut when all start together. `None`: the
/// process was asked to stop meanwhile.
async fn opened(config: &Config, listener: &std::net::TcpListener) -> Result<Option<(Kernel, bool)>, Fault> {
    let away = match open(config).await {
        Err(Fault::Unavailable(away)) => away,
        opened => return opened.map(Some),
    };
    tracing::warn!(away, "waiting for the database");
    let opening = async {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            match open(config).await {
                Err(Fault::Unavailable(_)) => {}
                opened => break opened,
            }
        }
    };
    let waited = async {
        tokio::select! {
            opened = opening => opened.map(Some),
            () = crate::http::told_to_stop() => Ok(None),
        }
    };
    Box::pin(crate::http::hold(listener.try_clone()?, waited)).await?
}

/// Opens the database of a configuration.
async fn kernel(config: &Config, clock: Clock) -> Result<Kernel, Fault> {
    let kernel = Kernel::open(&config.url(), &config.data_dir, clock).await?;
    kernel.sealer.keep_anchors(config.anchors.iter().map(|place| AnchorPlace::of(place)).collect());
    Ok(kernel)
}

/// Opens a migrated database; pins the business date where that is allowed.
async fn open(config: &Config) -> Result<(Kernel, bool), Fault> {
    let probe = kernel(config, Clock::default()).await?;
    if !probe.schema_is_current().await? {
        probe.migrate(false).await?;
    }
    let test = probe.is_test().await?;
    match config.today {
        Some(_) if !test => {
            Err(Fault::internal("MINZHENG_TODAY works only in demo and test databases (minzheng migrate --test)"))
        }
        Some(date) => Ok((kernel(config, Clock::pinned(date)).await?, test)),
        None => Ok((probe, test)),
    }
}

/// The language of the terminal: English where it is asked for, else Chinese.
fn lang() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if set.is_some_and(|set| set.starts_with("en")) { Lang::En } else { Lang::Zh }
}

/// A text in the language of the terminal.
fn say(key: &'static str, with: &[(&'static str, &dyn std::fmt::Display)]) -> String {
    with.iter().fold(Text::of(key), |text, (name, value)| text.with(name, value.to_string())).say(lang())
}

/// Says why a command was refused; exit code 1.
fn refused(viewer: &Viewer, failure: Failure) -> Result<ExitCode, Fault> {
    match failure {
        Failure::Refused(refusals) => {
            for refusal in refusals {
                let path =
                    if refusal.path.is_empty() { String::new() } else { format!("{}: ", refusal.path.join(".")) };
                eprintln!("{path}{}", refusal.message(viewer.lang));
            }
            Ok(ExitCode::from(1))
        }
        Failure::Fault(fault) => Err(fault),
        other => Err(Fault::internal(format!("{other:?}"))),
    }
}

/// A command line that wrote returns when its entries are sealed and the figures stand on them.
async fn settle(kernel: &Kernel) -> Result<(), Fault> {
    kernel.sealer.seal().await?;
    crate::figures::projector::catch_up(kernel).await?;
    Ok(())
}

/// The system account of the command line.
fn cli_viewer(kernel: &Kernel) -> Viewer {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned());
    Viewer::system(&POLICY, &format!("cli:{user}"), kernel.clock.today())
}
