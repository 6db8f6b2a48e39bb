//! What can be wrong before a command has begun, said by the name of the thing: a setting with its value, a folder, the
//! database, an address.

use std::path::{Path, PathBuf};

use minzheng_ground::terminal;
use minzheng_ground::terminal::say;
use minzheng_kernel::{Fault, Kernel, Lang};
use sea_orm::{ColumnTrait as _, PaginatorTrait as _, QueryFilter as _};

/// Flags of every command.
#[derive(clap::Args, Default)]
pub struct Flags {
    /// 配置文件 · the file of settings; left out: `minzheng.toml`, if there is one
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// 语言 · of what is said on the terminal; left out: that of the environment
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Language>,
}

/// A language of the terminal.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

/// Settings that `serve` takes as flags too.
#[derive(clap::Args, Default)]
pub struct Serve {
    /// 监听地址 · address to listen on, such as 127.0.0.1:8080
    #[arg(long)]
    listen: Option<String>,
    /// 数据目录 · database, keys, anchors, files
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// 数据库地址 · `sqlite:…` or `postgres://…`
    #[arg(long)]
    database_url: Option<String>,
    /// 服务区划 · the six digits of the district served
    #[arg(long)]
    district: Option<String>,
}

impl Serve {
    /// The flags that were given, by the names of the settings.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let folder = self.data_dir.as_ref().map(|path| path.display().to_string());
        let all = [
            ("listen", self.listen.clone()),
            ("data_dir", folder),
            ("database_url", self.database_url.clone()),
            ("district", self.district.clone()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Chooses the language for the rest of the run.
pub fn speak(language: Option<Language>) {
    if let Some(language) = language {
        terminal::speak(if matches!(language, Language::En) { Lang::En } else { Lang::Zh });
    }
}

/// Listens; says what is in the way by the address.
pub fn listen(address: &str) -> Result<std::net::TcpListener, Fault> {
    crate::http::listen(address).map_err(|error| {
        let key = match error.kind() {
            std::io::ErrorKind::AddrInUse => "address-used",
            std::io::ErrorKind::InvalidInput => "address-wrong",
            _ => "address-refused",
        };
        Fault::internal(say(key, &[("address", &address), ("error", &error)]))
    })
}

/// Makes the data folder if it is not there, and sees that it can be written.
pub fn folder(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    let can = made.and_then(|()| Ok(rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?));
    can.map_err(|error| Fault::internal(say("folder-unwritable", &[("path", &path.display()), ("error", &error)])))
}

/// The address of a database as it may be shown: without the password.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, place)) => format!("{scheme}://{}@{place}", user.split(':').next().unwrap_or_default()),
        None => url.to_owned(),
    }
}

/// Refuses the address of a database that cannot be one, and of a file in a folder that there is not.
pub fn database(url: &str) -> Result<(), Fault> {
    if let Some(file) = url.strip_prefix("sqlite:") {
        let file = Path::new(file.trim_start_matches("//").split('?').next().unwrap_or_default());
        let around = file.parent().filter(|around| !around.as_os_str().is_empty());
        return around.map_or(Ok(()), folder);
    }
    if ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(());
    }
    Err(Fault::internal(say("database-kind", &[("address", &shown(url))])))
}

/// Says which database refused, or is away, in its own words.
pub fn of_database(url: &str, fault: Fault) -> Fault {
    match fault {
        Fault::Unavailable(said) => {
            Fault::Unavailable(say("database-away", &[("address", &shown(url)), ("error", &said)]))
        }
        Fault::Database(said) => {
            Fault::internal(say("database-refused", &[("address", &shown(url)), ("error", &said)]))
        }
        other => other,
    }
}

/// Whether the district served is one of those known; where no districts are recorded yet nothing can be said.
pub async fn is_known(kernel: &Kernel, district: &str) -> Result<bool, Fault> {
    use entity::registry::division::{Column, Entity};
    let (db, viewer) = (kernel.db.read(), super::cli_viewer(kernel));
    let here = viewer.select::<Entity>().filter(Column::Code.eq(format!("{district:0<12}"))).count(db).await?;
    let districts = viewer.select::<Entity>().filter(Column::Level.eq("DISTRICT"));
    Ok(here > 0 || districts.count(db).await? == 0)
}

/// Why the settings cannot be taken: each by its name, with its value.
pub fn of_setting(config: Option<&Path>, error: &figment::Error) -> String {
    use figment::error::Kind;
    let key = error.path.join("_");
    let name = format!("MINZHENG_{}", key.to_uppercase());
    let from_file = error.metadata.as_ref().is_some_and(|metadata| metadata.source.is_some());
    let file = config.unwrap_or(Path::new("minzheng.toml"));
    let name = if from_file { format!("{}: {key}", file.display()) } else { name };
    let value = std::env::var(&name).map(|value| format!("={value}")).unwrap_or_default();
    let why = match &error.kind {
        Kind::UnknownField(unknown, _) => {
            let name = if from_file { name } else { format!("MINZHENG_{}", unknown.to_uppercase()) };
            return say("setting-unknown", &[("name", &name)]);
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => match expected.as_str() {
            "u8" | "u16" | "u32" | "u64" | "i32" | "i64" => say("setting-number", &[]),
            "bool" | "a boolean" => say("setting-yes-no", &[]),
            expected => say("setting-expected", &[("expected", &expected)]),
        },
        Kind::UnknownVariant(_, known) => say("setting-expected", &[("expected", &known.join(", "))]),
        _ if key == "today" => say("setting-expected", &[("expected", &"2023-06-30")]),
        other => other.to_string(),
    };
    say("setting-wrong", &[("name", &format!("{name}{value}")), ("why", &why)])
}

/// Why a file of settings cannot be taken.
pub fn of_file(path: &Path) -> String {
    say("setting-file", &[("path", &path.display())])
}

/// What the district served must look like.
pub fn of_district(value: &str) -> String {
    say("district-wrong", &[("value", &value)])
}
