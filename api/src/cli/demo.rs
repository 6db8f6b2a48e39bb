//! `minzheng demo`: a whole district in a fresh SQLite database, made from its own spreadsheets by the import that a
//! real district uses, then served. The same seed and size give the same district on every machine.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use chrono::{NaiveDate, TimeDelta};
use clap::Args;
use entity::assistance::recognition;
use entity::eldercare::care_centre;
use entity::organisations::annual_inspection;
use entity::registry::{household, person};
use minzheng_demo::{DIVISIONS, Division, Plan, sponsor, write};
use minzheng_kernel::{Clock, Fault, Kernel, Viewer};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use crate::access::mint::{Minted, mint};
use crate::access::role_grant::Proposed;
use crate::assistance::recognition::AssistanceCategory;
use crate::config::{Config, sqlite_url};
use crate::eldercare::care_centre::{CentreKind, CentreState};
use crate::exchange::import::Options;
use crate::exchange::kind::kinds;
use crate::graphql::State;
use crate::graphql::codes::CodeList as _;
use crate::log::print;
use crate::organisations::annual_inspection::InspectionConclusion;
use crate::policy::{LINES, ROLES, Role, ScopeKind};

/// The district that the demo shows: 岳麓区.
const DISTRICT: &str = "430104";
/// Its business date.
const TODAY: (i32, u32, u32) = (2023, 6, 30);
/// The half-year of its published report.
const REPORTED: &str = "2022H2";
/// How long its tokens are good.
const TOKENS_FOR: TimeDelta = TimeDelta::days(7);
/// Where the database says what it was made from.
const MADE_FROM: &str = "demo";

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
    config.database_url = Some(sqlite_url(&arguments.data.join("minzheng.sqlite3")));
    config.district = Some(DISTRICT.to_owned());
    config.today = Some(today);
    if let Some(listen) = &arguments.listen {
        config.listen.clone_from(listen);
    }
    let made_from = format!("{}/{}/{}", env!("CARGO_PKG_VERSION"), arguments.seed, arguments.persons);
    let known = match reuse(&config, &made_from).await {
        Reuse::Yes(kernel) => Some(kernel),
        Reuse::Fresh => None,
        Reuse::Other => {
            eprintln!(
                "{}: 已有另一个库 · holds another database; remove it or choose another --data",
                arguments.data.display()
            );
            return Ok(ExitCode::from(1));
        }
    };
    let kernel = match known {
        Some(kernel) => *kernel,
        None => make(&config, today, &arguments, &made_from).await?,
    };
    let kernel = Arc::new(kernel);
    let viewer = super::cli_viewer(&kernel);
    let tokens = tokens(&kernel, &viewer).await?;
    let access = crate::access::standing::Gate::new(&config)?;
    let state = State { kernel, config, test: true, access, figures: Arc::default() };
    super::demo_report::publish(&state, &viewer, DISTRICT, REPORTED).await?;
    super::settle(&state.kernel).await?;
    if arguments.no_serve {
        if arguments.json {
            println!("{}", serde_json::json!({ "data": arguments.data, "tokens": tokens }));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let listener = crate::http::listen(&state.config.listen)?;
    let json = arguments.json;
    crate::http::serve(Arc::new(state), listener, move |address| tell(address, &tokens, json)).await?;
    Ok(ExitCode::SUCCESS)
}

fn tell(address: &str, tokens: &serde_json::Map<String, serde_json::Value>, json: bool) {
    let graphql = format!("http://{address}/graphql");
    let ws = format!("ws://{address}/graphql/ws");
    let screen = tokens.get("SCREEN").and_then(serde_json::Value::as_str).unwrap_or_default();
    let screen = format!("http://{address}/screen#token={screen}");
    if json {
        let line = serde_json::json!({ "graphql": graphql, "ws": ws, "screen": screen, "tokens": tokens });
        print(&line.to_string());
        return;
    }
    print(&format!("GraphQL   {graphql}"));
    print(&format!("GraphiQL  http://{address}/graphiql"));
    print(&format!("大屏      {screen}"));
    print(&format!("手册      http://{address}/docs"));
    print("");
    print("令牌 · tokens: authorization: Bearer …");
    for (role, token) in tokens {
        print(&format!("{role}\n  {}", token.as_str().unwrap_or_default()));
    }
}

enum Reuse {
    Yes(Box<Kernel>),
    Fresh,
    Other,
}

/// A demo of the same seed and size is used again.
async fn reuse(config: &Config, made_from: &str) -> Reuse {
    let file = config.data_dir.join("minzheng.sqlite3");
    if !file.exists() {
        return Reuse::Fresh;
    }
    let today = config.today.unwrap_or_default();
    let Ok(kernel) = super::kernel(config, Clock::pinned(today)).await else {
        return Reuse::Other;
    };
    let from = kernel.sealer.fact(kernel.db.read(), MADE_FROM).await;
    match (from, kernel.schema_is_current().await) {
        (Ok(Some(from)), Ok(true)) if from == made_from => Reuse::Yes(Box::new(kernel)),
        _ => Reuse::Other,
    }
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
        eprintln!("{name:<22}{:>9}{:>8.1} s", outcome.created, begun.elapsed().as_secs_f64());
    }
    super::settle(&kernel).await?;
    kernel.sealer.keep_facts(&[(MADE_FROM, made_from)]).await?;
    eprintln!("指标 · figures{:>25.1} s", begun.elapsed().as_secs_f64());
    Ok(kernel)
}

/// Whose eyes the tokens lend: each role has something of its own to see.
struct Scopes {
    town: String,
    village: String,
    centre: Option<String>,
    organisation: Option<String>,
    citizen: Option<String>,
}

impl Scopes {
    /// A town of villages and one of them, the largest care institution, an organisation that passed its inspection, the head
    /// of a family on 低保.
    async fn choose(kernel: &Kernel, viewer: &Viewer) -> Result<Self, Fault> {
        use care_centre::Column as Centre;
        let read = kernel.db.read();
        // 100–199 are 镇, 200–399 villages (domain §2.10); in one where somebody lives there is something to see.
        let rural = |code: &str| code.get(6..7) == Some("1") && code.get(9..10) == Some("2");
        let homes = viewer
            .select::<household::Entity>()
            .filter(household::Column::Division.gte(format!("{DISTRICT}100")))
            .filter(household::Column::Division.lt(format!("{DISTRICT}200")))
            .order_by_asc(household::Column::Division)
            .limit(1_000)
            .all(read)
            .await?;
        let village = homes.into_iter().map(|home| home.division).find(|code| rural(code));
        let village = village.or_else(|| {
            let places = Division::of_district(DIVISIONS, DISTRICT);
            places.into_iter().map(|place| place.code).find(|code| rural(code))
        });
        let village = village.unwrap_or_else(|| DISTRICT.to_owned());
        let centre = viewer
            .select::<care_centre::Entity>()
            .filter(Centre::Kind.eq(CentreKind::Institution.code()))
            .filter(Centre::State.eq(CentreState::Operating.code()))
            .order_by_desc(Centre::Beds)
            .order_by_asc(Centre::Number)
            .one(read)
            .await?;
        let organisation = viewer
            .select::<annual_inspection::Entity>()
            .filter(annual_inspection::Column::Conclusion.eq(InspectionConclusion::Qualified.code()))
            .order_by_desc(annual_inspection::Column::Year)
            .order_by_asc(annual_inspection::Column::Uscc)
            .one(read)
            .await?;
        let on_roll = viewer
            .select::<recognition::Entity>()
            .filter(recognition::Column::Category.eq(AssistanceCategory::Dibao.code()))
            .filter(recognition::Column::EffectiveUntil.is_null())
            .order_by_asc(recognition::Column::Number)
            .limit(50)
            .all(read)
            .await?;
        let homes = on_roll.iter().map(|row| row.household_id);
        let homes = viewer.select::<household::Entity>().filter(household::Column::Id.is_in(homes)).all(read).await?;
        let heads = homes.iter().map(|home| home.head_id);
        let citizen = viewer
            .select::<person::Entity>()
            .filter(person::Column::Id.is_in(heads))
            .filter(person::Column::DeathDate.is_null())
            .order_by_asc(person::Column::Id)
            .one(read)
            .await?;
        Ok(Self {
            town: village.get(..9).unwrap_or(&village).to_owned(),
            village,
            centre: centre.map(|centre| centre.number),
            organisation: organisation.map(|inspection| inspection.uscc),
            citizen: citizen.map(|person| person.id.to_string()),
        })
    }

    /// The scope of a role; nothing where a small demo has nobody for it.
    fn of(&self, role: &Role) -> Option<String> {
        match (role.code, role.scope) {
            (_, ScopeKind::None) => Some(String::new()),
            ("TOWN_OFFICER", _) => Some(self.town.clone()),
            ("VILLAGE_WORKER", _) => Some(self.village.clone()),
            ("SOCIAL_ORG", _) => self.organisation.clone(),
            ("SPONSOR", _) => Some(sponsor()),
            (_, ScopeKind::Organisation) => self.centre.clone(),
            (_, ScopeKind::Person) => self.citizen.clone(),
            (_, ScopeKind::Division) => Some(DISTRICT.to_owned()),
        }
    }
}

/// One token a role and business line.
async fn tokens(kernel: &Kernel, viewer: &Viewer) -> Result<serde_json::Map<String, serde_json::Value>, Fault> {
    let scopes = Scopes::choose(kernel, viewer).await?;
    let mut tokens = serde_json::Map::new();
    for role in ROLES {
        let Some(scope) = scopes.of(role) else { continue };
        let lines: Vec<Option<&str>> =
            if role.code == "BUSINESS_OFFICER" { LINES.iter().map(|line| Some(*line)).collect() } else { vec![None] };
        for line in lines {
            let name = line.map_or_else(|| role.code.to_owned(), |line| format!("{}_{line}", role.code));
            let whom = Minted::Role(Proposed {
                account: 0,
                role: role.code.to_owned(),
                line: line.map(str::to_owned),
                scope: scope.clone(),
                valid_from: None,
                valid_until: None,
            });
            let (token, _) = mint(kernel, viewer, whom, TOKENS_FOR)
                .await
                .map_err(|failure| Fault::internal(format!("{name}: {failure:?}")))?;
            tokens.insert(name, token.into());
        }
    }
    Ok(tokens)
}
