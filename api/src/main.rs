//! Parses the command line and runs a command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let _log = minzheng::log::begin();
    minzheng::cli::main()
}
