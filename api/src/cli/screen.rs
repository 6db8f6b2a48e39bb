//! `minzheng screen confirm`: a wall that shows a code becomes the screen of an account, without the API.

use std::process::ExitCode;

use clap::Subcommand;
use minzheng_access::screen_code::ConfirmScreenCode;
use minzheng_ground::config::Config;
use minzheng_kernel::commands::Sent;
use minzheng_kernel::{Fault, commands};

#[derive(Subcommand)]
pub enum Command {
    /// 确认大屏码 · give the wall that shows this code a session; be in front of it
    Confirm {
        /// 大屏码 · as the wall shows it
        code: String,
        /// 用户名 · of the account that holds SCREEN
        #[arg(long, value_name = "NAME")]
        account: String,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode, Fault> {
    let (kernel, _) = super::open(config).await?;
    let viewer = super::cli_viewer(&kernel);
    let Command::Confirm { code, account } = command;
    let command = ConfirmScreenCode::new(code, &account)?;
    if let Err(failure) = commands::run(&kernel, &viewer, command, &Sent::default()).await {
        return super::refused(&viewer, failure);
    }
    super::settle(&kernel).await?;
    Ok(ExitCode::SUCCESS)
}
