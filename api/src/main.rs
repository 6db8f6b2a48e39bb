//! Parses the command line and runs a command.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("MINZHENG_LOG")
                .unwrap_or_else(|_| "warn,minzheng=info,minzheng_kernel=info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    minzheng::cli::main().await
}
