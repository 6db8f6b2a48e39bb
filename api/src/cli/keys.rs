//! `minzheng keys list | rotate | reseal | forget`: new keys from now on; what was sealed or signed before stays good, and
//! what is sealed in rows and files is sealed anew by a job.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use entity::kernel::state_change;
use minzheng_exchange::reseal;
use minzheng_ground::config::Config;
use minzheng_kernel::commands::Sent;
use minzheng_kernel::jobs::{Ended, Progress};
use minzheng_kernel::secrets::JournalSigner;
use minzheng_kernel::{Failure, Fault, Work, commands, jobs};
use serde::Serialize;

/// The keys of sealed values.
const MASTER: &str = "master";

#[derive(Subcommand)]
pub enum Command {
    /// 列出密钥 · print the ids of the token keys that are taken, the active one last
    List,
    /// 轮换密钥 · new keys for access tokens, sealed fields and the journal, or only those named; a running server
    /// takes up the journal's when it is started again, the others at once, and seals old rows and files anew
    Rotate {
        /// 令牌密钥 · of access tokens
        #[arg(long)]
        tokens: bool,
        /// 字段主密钥 · of sealed fields
        #[arg(long)]
        master: bool,
        /// 日志签名密钥 · of the journal
        #[arg(long)]
        journal: bool,
    },
    /// 重新加密 · seal rows and files anew that are sealed under earlier keys, now and here
    Reseal,
    /// 废弃令牌密钥 · take no more tokens of an old key; all who hold one sign in again
    Forget {
        /// Its id
        #[arg(allow_hyphen_values = true)]
        key: String,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode, Fault> {
    let kernel = Arc::new(super::open(config).await?.0);
    let viewer = super::cli_viewer(&kernel);
    let mut done = Vec::new();
    match command {
        Command::List => {
            for id in kernel.tokens.key_ids() {
                crate::out!("{id}");
            }
            return Ok(ExitCode::SUCCESS);
        }
        Command::Rotate { tokens, master, journal } => {
            let all = !(tokens || master || journal);
            if all || tokens {
                done.push(("tokens", kernel.tokens.rotate()?));
            }
            if all || master {
                done.push((MASTER, kernel.keys.rotate_master()?.to_string()));
            }
            if all || journal {
                done.push(("journal", JournalSigner::load(&config.data_dir.join("keys"))?.rotate()?));
            }
        }
        Command::Reseal => {
            let ended = reseal::run(&kernel, &Progress::default()).await?;
            super::settle(&kernel).await?;
            return Ok(match ended {
                Ended::Done(outcome) => {
                    crate::out!("{outcome}");
                    ExitCode::SUCCESS
                }
                Ended::Failed(outcome, message) => {
                    crate::out!("{outcome}");
                    crate::err!("{message}");
                    ExitCode::from(1)
                }
            });
        }
        Command::Forget { key } => {
            kernel.tokens.forget(&key)?;
            done.push(("forgotten", key));
        }
    }
    for (kind, id) in done {
        crate::out!("{kind} {id}");
        let command = RotateKeys { kind: kind.to_owned(), id };
        if let Err(failure) = commands::run(&kernel, &viewer, command, &Sent::default()).await {
            return super::refused(&viewer, failure);
        }
    }
    super::settle(&kernel).await?;
    Ok(ExitCode::SUCCESS)
}

/// 轮换密钥 · writes down that a key was changed, and its id.
#[derive(Clone, Debug, Serialize)]
struct RotateKeys {
    kind: String,
    id: String,
}

#[async_trait::async_trait]
impl commands::Command for RotateKeys {
    const NAME: &'static str = "rotateKeys";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let id = work.id().await?;
        work.insert::<state_change::Entity>(state_change::Model {
            id,
            aggregate: "Keys".to_owned(),
            row_id: 0,
            command: <Self as commands::Command>::NAME.to_owned(),
            from_state: None,
            to_state: format!("{}:{}", self.kind, self.id),
            on_date: work.today(),
            recorded_at: work.now,
            account_id: work.viewer.account_id,
            actor: work.viewer.actor.clone(),
            version: 1,
            voided: false,
        })
        .await?;
        if self.kind == MASTER {
            jobs::enqueue(work, reseal::RESEAL, &serde_json::json!({})).await?;
        }
        Ok(())
    }
}
