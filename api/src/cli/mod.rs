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
mod screen;
mod start;
mod token;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use minzheng_access::standing::Gate;
use minzheng_figures::shared::Shared as Kept;
use minzheng_ground::config::Config;
use minzheng_ground::policy::POLICY;
use minzheng_ground::state::State;
use minzheng_ground::terminal::say;
use minzheng_kernel::journal::AnchorPlace;
use minzheng_kernel::{Clock, Failure, Fault, Kernel, Viewer};
use minzheng_sheet::Format;

/// 区民政局业务系统 · system of record and GraphQL API of a district civil-affairs bureau.
#[derive(Parser)]
#[command(name = "minzheng", version, about)]
struct Arguments {
    #[command(flatten)]
    flags: start::Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 启动服务 · serve the API
    Serve(start::Serve),
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
    /// 大屏 · walls that show a code
    Screen {
        #[command(subcommand)]
        command: screen::Command,
    },
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
    let Arguments { flags, command } = Arguments::parse();
    start::speak(flags.lang);
    if let Err(why) = crate::catalogue::install() {
        crate::log::complain(&why);
        return ExitCode::from(1);
    }
    let config = match settings(&flags, &command) {
        Ok(config) => config,
        Err(why) => {
            crate::log::complain(&why);
            return ExitCode::from(2);
        }
    };
    match Box::pin(run(command, config)).await {
        Ok(code) => code,
        Err(fault) => {
            let why = if let Fault::Unavailable(why) = &fault { why.clone() } else { fault.to_string() };
            crate::log::complain(&why);
            ExitCode::from(1)
        }
    }
}

/// The settings of this run; why they cannot be taken.
fn settings(flags: &start::Flags, command: &Command) -> Result<Config, String> {
    let file = flags.config.as_deref();
    if let Some(missing) = file.filter(|path| !path.is_file()) {
        return Err(start::of_file(missing));
    }
    let given = if let Command::Serve(flags) = command { flags.given() } else { Vec::new() };
    let config = Config::load(file, &given).map_err(|error| start::of_setting(file, &error))?;
    let six = |district: &&String| district.len() != 6 || !district.bytes().all(|byte| byte.is_ascii_digit());
    match config.district.as_ref().filter(six) {
        Some(wrong) => Err(start::of_district(wrong)),
        None => Ok(config),
    }
}

async fn run(command: Command, config: Config) -> Result<ExitCode, Fault> {
    match command {
        Command::Schema => {
            crate::log::print(crate::schema::sdl().trim_end_matches('\n'));
            Ok(ExitCode::SUCCESS)
        }
        Command::Handbook(arguments) => handbook::run(&arguments),
        Command::Migrate { test } => {
            let kernel = kernel(&config, Clock::default()).await?;
            kernel.migrate(test).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(_) => {
            let Some(district) = config.district.clone() else {
                crate::log::complain(&say("district-needed", &[]));
                return Ok(ExitCode::from(2));
            };
            for (path, mode) in doctor::too_open(&config) {
                tracing::warn!(path = %path.display(), mode = format!("{mode:04o}"), "open to others: chmod go-rwx");
            }
            let access = Gate::new(&config)?;
            let listener = start::listen(&config.listen)?;
            let Some((kernel, test)) = Box::pin(opened(&config, &listener)).await? else {
                return Ok(ExitCode::SUCCESS);
            };
            if !start::is_known(&kernel, &district).await? {
                crate::log::complain(&say("district-unknown", &[("district", &district)]));
                return Ok(ExitCode::from(2));
            }
            let state = Arc::new(state_of(kernel, config, test, access));
            crate::http::serve(state, listener, |address| crate::log::print(&format!("http://{address}/graphql")))
                .await?;
            Ok(ExitCode::SUCCESS)
        }

        Command::Demo(arguments) => demo::run(config, arguments).await,
        Command::Import(arguments) => import::run(&config, arguments).await,
        Command::Export(arguments) => export::run(&config, arguments).await,
        Command::Account { command } => account::run(&config, command).await,
        Command::Token(arguments) => token::run(&config, arguments).await,
        Command::Screen { command } => screen::run(&config, command).await,
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
    let url = config.url();
    start::folder(&config.data_dir)?;
    start::database(&url)?;
    let opened = Kernel::open(&url, &config.data_dir, clock).await;
    let kernel = opened.map_err(|fault| start::of_database(&url, fault))?;
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
        Some(_) if !test => Err(Fault::internal(say("today-pinned", &[]))),
        Some(date) => Ok((kernel(config, Clock::pinned(date)).await?, test)),
        None => Ok((probe, test)),
    }
}

/// What all requests share.
fn state_of(kernel: Kernel, config: Config, test: bool, access: Gate) -> State {
    State::new(kernel, config, test).with(access).with(Arc::new(Kept::default()))
}

/// The format in which a sheet is written, by the ending of its name; says so where there is none for it.
fn written_as(path: &Path) -> Option<Format> {
    let format = Format::written_as(&path.to_string_lossy());
    if format.is_none() {
        crate::err!("{}", say("cli-ending", &[("path", &path.display())]));
    }
    format
}

/// Says why a command was refused; exit code 1.
fn refused(viewer: &Viewer, failure: Failure) -> Result<ExitCode, Fault> {
    match failure {
        Failure::Refused(refusals) => {
            for refusal in refusals {
                let path =
                    if refusal.path.is_empty() { String::new() } else { format!("{}: ", refusal.path.join(".")) };
                crate::err!("{path}{}", refusal.message(viewer.lang));
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
    minzheng_figures::projector::catch_up(kernel).await?;
    Ok(())
}

/// The system account of the command line.
fn cli_viewer(kernel: &Kernel) -> Viewer {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned());
    Viewer::system(&POLICY, &format!("cli:{user}"), kernel.clock.today())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::Arguments;

    #[test]
    fn every_command_takes_the_flags_of_all() {
        let program = Arguments::command();
        program.clone().debug_assert();
        for command in program.get_subcommands() {
            let own: Vec<_> = command.get_arguments().map(|argument| argument.get_id().as_str()).collect();
            assert!(!own.contains(&"lang") && !own.contains(&"config"), "{}: {own:?}", command.get_name());
        }
        assert!(Arguments::try_parse_from(["minzheng", "schema", "--lang", "en"]).is_ok());
    }
}
