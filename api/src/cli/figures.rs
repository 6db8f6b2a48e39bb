//! `minzheng figures verify | rebuild`: counts every figure from the rows and compares with the cells, or replaces them.
//! Exit 0 when all agrees, 1 with what differs.

use std::process::ExitCode;

use clap::Subcommand;
use minzheng_figures::{indicator, projector};
use minzheng_ground::config::Config;
use minzheng_kernel::Fault;

#[derive(Subcommand)]
pub enum Command {
    /// 核对 · count everything and compare
    Verify,
    /// 重算 · replace all cells
    Rebuild,
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode, Fault> {
    let (kernel, _) = super::open(config).await?;
    match command {
        Command::Verify => {
            let (position, differs) = projector::verify(&kernel).await?;
            for difference in &differs {
                crate::out!("{difference}");
            }
            crate::out!("position {position} · differences {}", differs.len());
            Ok(if differs.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
        Command::Rebuild => {
            kernel.sealer.seal().await?;
            let (all, mut done) = (indicator::cells().len(), 0);
            let told = |code: &str, cells: usize| {
                done += 1;
                crate::out!("{done}/{all} {code} {cells}");
            };
            let position = projector::rebuild(&kernel, told).await?;
            crate::out!("position {position}");
            Ok(ExitCode::SUCCESS)
        }
    }
}
