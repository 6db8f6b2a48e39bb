//! `minzheng audit verify [--records]`: recomputes the journal; exit 0 when all agrees, 1 with what
//! differs.

use std::process::ExitCode;

use clap::Subcommand;
use minzheng_kernel::Fault;

use crate::config::Config;

#[derive(Subcommand)]
pub enum Command {
    /// 核验 · recompute the journal and compare
    Verify {
        /// Compare every row with its last after-image too
        #[arg(long)]
        records: bool,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode, Fault> {
    let Command::Verify { records } = command;
    let (kernel, _) = super::open(config).await?;
    kernel.sealer.seal().await?;
    let tables = crate::tables();
    let verdict = kernel.sealer.verify(&kernel.db, records.then_some(tables.as_slice())).await?;
    for fault in &verdict.faults {
        println!("{}: {}", fault.position, fault.message);
    }
    println!(
        "entries {} · blocks {} · records {} · unsealed {} · faults {}",
        verdict.entries,
        verdict.blocks,
        verdict.records,
        verdict.unsealed,
        verdict.faults.len()
    );
    Ok(if verdict.ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
