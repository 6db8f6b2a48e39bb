//! `minzheng handbook`: the pages of the handbook that are printed from the program's tables.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use minzheng_kernel::Fault;

use crate::handbook::{PAGES, Tongue};

#[derive(Args)]
pub struct Arguments {
    /// 写到目录 · write the printed pages into this folder, `zh` and `en` in it
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Fault> {
    for tongue in Tongue::ALL {
        for page in PAGES.iter().filter(|page| page.is_printed()) {
            let text = page.markdown(tongue);
            match &arguments.write {
                Some(folder) => {
                    let folder = folder.join(tongue.code());
                    std::fs::create_dir_all(&folder)?;
                    std::fs::write(folder.join(format!("{}.md", page.name)), text)?;
                }
                None => crate::out!("{text}"),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
