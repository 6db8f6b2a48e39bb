//! `minzheng audit verify [--records]`: recomputes the journal; exit 0 when all agrees, 1 with what
//! differs. `minzheng audit anchor`: adds lines that the anchor files lack.

use std::process::ExitCode;

use clap::Subcommand;
use minzheng_ground::config::Config;
use minzheng_kernel::Fault;

#[derive(Subcommand)]
pub enum Command {
    /// 核验 · recompute the journal and compare
    Verify {
        /// Compare every row with its last after-image too
        #[arg(long)]
        records: bool,
    },
    /// 补写锚点 · add what the anchor files lack, from the signed blocks: after a restore with an older copy of them, for a
    /// new place, or when lines were taken away; stands in the journal
    Anchor,
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode, Fault> {
    let (kernel, _) = super::open(config).await?;
    let records = match command {
        Command::Verify { records } => records,
        Command::Anchor => {
            kernel.sealer.seal().await?;
            let completed = kernel.sealer.complete_anchors().await?;
            for (file, lines) in &completed {
                crate::out!("{}: {lines}", file.display());
            }
            if completed.iter().any(|(_, lines)| *lines > 0) {
                kernel.sealer.note(&super::cli_viewer(&kernel).actor, "completeAnchors").await?;
                super::settle(&kernel).await?;
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    let tables = crate::catalogue::tables();
    let verdict = kernel.sealer.seal_and_verify(&kernel.db, records.then_some(tables.as_slice())).await?;
    for fault in &verdict.faults {
        crate::out!("{}: {}", fault.position, fault.message);
    }
    crate::out!(
        "entries {} · without MAC {} · blocks {} · records {} · unsealed {} · faults {}",
        verdict.entries,
        verdict.without_mac,
        verdict.blocks,
        verdict.records,
        verdict.unsealed,
        verdict.faults.len() + verdict.more_faults
    );
    Ok(if verdict.ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
