//! `minzheng jobs`: work off the request path that waits, runs or was given up; what was given up can be resumed.

use std::process::ExitCode;

use minzheng_exchange::unfinished_job::ResumeJob;
use minzheng_ground::config::Config;
use minzheng_kernel::clock::local;
use minzheng_kernel::commands::Sent;
use minzheng_kernel::{Fault, commands, jobs};

/// What to do.
#[derive(clap::Args)]
pub struct Arguments {
    /// 恢复已放弃的任务 · put a job that was given up back into the queue
    #[arg(long, value_name = "ID")]
    resume: Option<i64>,
    /// 每行一个 JSON · one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Runs it; exit code 1 where a job was given up, or there is none to resume.
pub async fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode, Fault> {
    let (kernel, _) = super::open(config).await?;
    if let Some(id) = arguments.resume {
        let viewer = super::cli_viewer(&kernel);
        let resume = ResumeJob { id: Some(id) };
        return match commands::run(&kernel, &viewer, resume, &Sent::default()).await {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(failure) => super::refused(&viewer, failure),
        };
    }
    let open = jobs::unfinished(&kernel).await?;
    for job in &open {
        let state = if jobs::is_given_up(job) { "GIVEN_UP" } else { &job.state };
        if arguments.json {
            let line = serde_json::json!({
                "id": job.id, "kind": job.kind, "state": state, "done": job.done, "total": job.total,
                "attempts": job.attempts, "actor": job.actor, "createdAt": local(job.created_at).to_rfc3339(),
            });
            crate::out!("{line}");
        } else {
            let total = job.total.map_or_else(|| "?".to_owned(), |total| total.to_string());
            let at = local(job.created_at).format("%Y-%m-%d %H:%M:%S");
            crate::out!("{}  {}  {state}  {}/{total}  {}  {at}", job.id, job.kind, job.done, job.actor);
        }
    }
    Ok(if open.iter().any(jobs::is_given_up) { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
