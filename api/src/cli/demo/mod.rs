//! `minzheng demo`: a whole district in a fresh SQLite database, made from its own spreadsheets by the import that a
//! real district uses, then served. The same seed and size give the same district on every machine.

mod folder;
mod people;
mod report;
mod tell;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use chrono::NaiveDate;
use clap::Args;
use folder::{DATABASE, Folder, MADE_FROM};
use minzheng_access::standing::Gate;
use minzheng_demo::{DIVISIONS, Division, Plan, write};
use minzheng_exchange::import::Options;
use minzheng_exchange::kind::kinds;
use minzheng_ground::config::{Config, sqlite_url};
use minzheng_kernel::{Clock, Fault, Kernel};

use super::state_of;
use crate::log::print;

/// The district that the demo shows: 岳麓区.
const DISTRICT: &str = "430104";
/// Its business date.
const TODAY: (i32, u32, u32) = (2023, 6, 30);
/// Counts up when the same seed and size make another district than before.
const EDITION: u32 = 3;

#[derive(Args)]
pub struct Arguments {
    /// 数据目录 · database, keys and sheets of the demo
    #[arg(long, default_value = "demo-data")]
    data: PathBuf,
    /// 救助对象数 · recipients, about
    #[arg(long, default_value_t = 6_000)]
    persons: usize,
    /// 种子 · another seed, other people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 监听地址 · address to listen on
    #[arg(long)]
    listen: Option<String>,
    /// 只建库 · make the district and do not serve it
    #[arg(long)]
    no_serve: bool,
    /// One line of JSON when ready
    #[arg(long)]
    json: bool,
}

pub async fn run(mut config: Config, arguments: Arguments) -> Result<ExitCode, Fault> {
    let today = config.today.unwrap_or(NaiveDate::from_ymd_opt(TODAY.0, TODAY.1, TODAY.2).unwrap_or_default());
    config.data_dir.clone_from(&arguments.data);
    config.database_url = Some(sqlite_url(&arguments.data.join(DATABASE)));
    config.district = Some(DISTRICT.to_owned());
    config.today = Some(today);
    if let Some(listen) = &arguments.listen {
        config.listen.clone_from(listen);
    }
    // Before the work: who has the address taken is told at once.
    let listener = if arguments.no_serve { None } else { Some(super::start::listen(&config.listen)?) };
    let made_from = format!("{}/{EDITION}/{}/{}", env!("CARGO_PKG_VERSION"), arguments.seed, arguments.persons);
    let folder = Folder::take(&arguments.data)?;
    let kernel = match folder.holds(&config, &made_from).await? {
        Some(kernel) => kernel,
        None => make(&config, today, &arguments, &made_from).await?,
    };
    let access = Gate::new(&config)?;
    let state = Arc::new(state_of(kernel, config, true, access));
    let kernel = &state.kernel;
    let viewer = super::cli_viewer(kernel);
    report::publish(&state, &viewer).await?;
    folder.finish()?;
    let people = people::all(kernel, &viewer).await?;
    // Tokens are for scripts; the screen has one in its address, since nobody types there.
    let asked = people.iter().filter(|one| arguments.json || one.staff.role == "SCREEN");
    let tokens = people::tokens(kernel, &viewer, asked).await?;
    super::settle(kernel).await?;
    let Some(listener) = listener else {
        if arguments.json {
            crate::out!("{}", serde_json::json!({ "data": arguments.data, "tokens": tokens }));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let json = arguments.json;
    crate::http::serve(state, listener, move |address| {
        print(&if json { tell::json(address, &tokens) } else { tell::words(address, &people, &tokens) });
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the district's sheets and takes them in.
async fn make(config: &Config, today: NaiveDate, arguments: &Arguments, made_from: &str) -> Result<Kernel, Fault> {
    let begun = Instant::now();
    let kernel = super::kernel(config, Clock::pinned(today)).await?;
    kernel.migrate(true).await?;
    let sheets = arguments.data.join("sheets");
    std::fs::create_dir_all(&sheets)?;
    let divisions = Division::of_district(DIVISIONS, DISTRICT);
    let plan = Plan { seed: arguments.seed, persons: arguments.persons, divisions: &divisions };
    let table = sheets.join("divisions.csv");
    std::fs::write(&table, DIVISIONS)?;
    let mut files = vec![("divisions", table)];
    files.extend(write(&sheets, &plan)?);
    let viewer = super::cli_viewer(&kernel);
    let kinds = kinds();
    let division = Some(format!("{DISTRICT:0<12}"));
    for (name, file) in &files {
        let kind = kinds.iter().find(|kind| kind.name == *name);
        let kind = kind.ok_or_else(|| Fault::internal(format!("{name}: no such kind of sheet")))?;
        let options = Options { division: division.clone(), district: Some(DISTRICT.to_owned()), ..Options::default() };
        let outcome = (kind.take)(&kernel, &viewer, file, options)
            .await
            .map_err(|failure| Fault::internal(format!("{name}: {failure:?}")))?;
        if let Some(error) = outcome.wrong.iter().flat_map(|(_, errors)| errors).next() {
            return Err(Fault::internal(format!(
                "{name}: {} rows refused; row {}: {}",
                outcome.refused, error.row, error.message
            )));
        }
        crate::err!("{name:<22}{:>9}{:>8.1} s", outcome.created, begun.elapsed().as_secs_f64());
    }
    people::make(&kernel, &viewer).await?;
    super::settle(&kernel).await?;
    kernel.sealer.keep_facts(&[(MADE_FROM, made_from)]).await?;
    crate::err!("指标 · figures{:>25.1} s", begun.elapsed().as_secs_f64());
    Ok(kernel)
}
