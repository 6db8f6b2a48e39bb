//! Configuration: flags over `MINZHENG_*` variables over `minzheng.toml`; unknown keys are errors.

use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use ipnet::IpNet;
use serde::Deserialize;

/// The settings of one process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Database, keys, anchors and files (`MINZHENG_DATA_DIR`).
    pub data_dir: PathBuf,
    /// `sqlite:…` or `postgres://…` (`MINZHENG_DATABASE_URL`); default a SQLite file in the data folder.
    pub database_url: Option<String>,
    /// Where the anchors of the journal are kept beside the data folder: folders elsewhere, or `syslog` (`syslog:<socket>`)
    /// (`MINZHENG_ANCHORS`, by commas).
    #[serde(deserialize_with = "list")]
    pub anchors: Vec<String>,
    /// The district served, such as 430104 (`MINZHENG_DISTRICT`).
    #[serde(deserialize_with = "digits")]
    pub district: Option<String>,
    /// Address to listen on (`MINZHENG_LISTEN`).
    pub listen: String,
    /// Pins the business date, in demo and test databases only (`MINZHENG_TODAY`).
    pub today: Option<NaiveDate>,
    /// GraphiQL and introspection outside demo and test databases (`MINZHENG_EXPLORE`).
    pub explore: bool,
    /// Origins whose pages may call the API from a browser (`MINZHENG_CORS_ORIGINS`, by commas).
    #[serde(deserialize_with = "origins")]
    pub cors_origins: Vec<String>,
    /// Addresses or networks whose `X-Forwarded-For` and `X-Request-Id` are believed (`MINZHENG_TRUSTED_PROXIES`, by
    /// commas).
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Addresses or networks that may read `/metrics` (`MINZHENG_METRICS_FROM`, by commas).
    #[serde(deserialize_with = "networks")]
    pub metrics_from: Vec<IpNet>,
    /// Which GraphQL documents run (`MINZHENG_DOCUMENTS`).
    pub documents: DocumentsMode,
    /// A manifest `{ "<sha256>": "<document>" }` or a folder of `*.graphql` in place of the documents in the program
    /// (`MINZHENG_DOCUMENTS_FROM`).
    pub documents_from: Option<PathBuf>,
    /// Requests a second from one address, five times as many at once (`MINZHENG_RATE_PER_ADDRESS`; 0: no limit).
    pub rate_per_address: u32,
    /// Requests a second of one account, five times as many at once (`MINZHENG_RATE_PER_ACCOUNT`; 0: no limit).
    pub rate_per_account: u32,
    /// Milliseconds of processor and database that requests without a token from one address may use a second, sixty
    /// times as much at once (`MINZHENG_WORK_PER_ADDRESS`; 0: no limit).
    pub work_per_address: u32,
    /// The same of one account (`MINZHENG_WORK_PER_ACCOUNT`; 0: no limit).
    pub work_per_account: u32,
    /// Statements that requests without a token from one address may send a second, sixty times as many at once
    /// (`MINZHENG_STATEMENTS_PER_ADDRESS`; 0: no limit).
    pub statements_per_address: u32,
    /// The same of one account (`MINZHENG_STATEMENTS_PER_ACCOUNT`; 0: no limit).
    pub statements_per_account: u32,
    /// Statements of one query (`MINZHENG_STATEMENTS_PER_REQUEST`).
    pub statements_per_request: u64,
    /// WebSockets and event streams open from one address (`MINZHENG_CONNECTIONS_PER_ADDRESS`).
    pub connections_per_address: u32,
    /// Seconds after which a request is given up (`MINZHENG_TIME_LIMIT`).
    pub time_limit: u64,
    /// Bytes of an uploaded file (`MINZHENG_UPLOAD_BYTES`).
    pub upload_bytes: u64,
    /// Bytes of an account's uploads of a day and of those that belong to nothing yet (`MINZHENG_ACCOUNT_UPLOAD_BYTES`).
    pub account_upload_bytes: u64,
    /// Days after which exports, and the sheets made of an import, are deleted (`MINZHENG_EXPORT_DAYS`).
    pub export_days: i64,
    /// The folder of `pg_dump` and `pg_restore`; default: where programs are looked for (`MINZHENG_PG_BIN`).
    pub pg_bin: Option<PathBuf>,
    /// Tokens without a sign-in outside demo and test databases (`MINZHENG_MINT`).
    pub mint: bool,
    /// Failures after which an account is locked for where they came from (`MINZHENG_SIGN_IN_FAILURES`).
    pub sign_in_failures: i32,
    /// Failures within an hour, wherever they came from, after which it is locked for all but known devices
    /// (`MINZHENG_SIGN_IN_FAILURES_EVERYWHERE`).
    pub sign_in_failures_everywhere: i32,
    /// Minutes for which it is locked the first time; each time after that is twice as long (`MINZHENG_LOCK_MINUTES`).
    pub lock_minutes: i64,
    /// Days for which a device is known after signing in (`MINZHENG_DEVICE_DAYS`).
    pub device_days: i64,
    /// Days after its first use for which a password that somebody gave out makes the two accounts one to the rules of
    /// two (`MINZHENG_RESET_DAYS`).
    pub reset_days: i64,
    /// Days ahead for which a deputy may be named (`MINZHENG_DEPUTY_DAYS`).
    pub deputy_days: i64,
    /// Minutes for which an access token is good (`MINZHENG_TOKEN_MINUTES`).
    pub token_minutes: i64,
    /// Hours after which a session ends that is not used (`MINZHENG_SESSION_HOURS`).
    pub session_hours: i64,
    /// Days after which a session ends in any case (`MINZHENG_SESSION_DAYS`).
    pub session_days: i64,
    /// Days after which the session of a big screen ends that is not used (`MINZHENG_SCREEN_DAYS`).
    pub screen_days: i64,
    /// A GeoJSON of the district's towns for the big screen (`MINZHENG_SCREEN_MAP`).
    pub screen_map: Option<PathBuf>,
    /// Days for which a one-time password can be used (`MINZHENG_ONE_TIME_DAYS`).
    pub one_time_days: i64,
    /// Days for which an inquiry may run, while which a person is not told who looks (`MINZHENG_INQUIRY_DAYS`).
    pub inquiry_days: i64,
    /// Whether staff need a second factor; default: outside demo and test databases (`MINZHENG_SECOND_FACTOR`).
    pub second_factor: Option<bool>,
    /// The bureau's name in authenticator apps (`MINZHENG_NAME`).
    pub name: String,
    /// An outside OpenID issuer whose tokens are taken too (`MINZHENG_OUTSIDE_ISSUER`).
    pub outside_issuer: Option<String>,
    /// The audience its tokens must name (`MINZHENG_OUTSIDE_AUDIENCE`).
    pub outside_audience: Option<String>,
    /// A file or an address with its public keys, a JWK set (`MINZHENG_OUTSIDE_KEYS`).
    pub outside_keys: Option<String>,
    /// The one algorithm its tokens are signed with (`MINZHENG_OUTSIDE_ALGORITHM`).
    pub outside_algorithm: String,
    /// The claim that names the account (`MINZHENG_OUTSIDE_USERNAME_CLAIM`).
    pub outside_username_claim: String,
}

/// Which GraphQL documents run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentsMode {
    /// Any that passes the guard; clients may leave one and send its hash afterwards.
    #[default]
    Any,
    /// Any that passes the guard; by their hash only the known ones.
    Known,
    /// The known ones only.
    Trusted,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            database_url: None,
            anchors: Vec::new(),
            district: None,
            listen: "127.0.0.1:8080".to_owned(),
            today: None,
            explore: false,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics_from: vec![
                IpNet::from(IpAddr::from([127, 0, 0, 1])),
                IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST)),
            ],
            documents: DocumentsMode::default(),
            documents_from: None,
            rate_per_address: 200,
            rate_per_account: 50,
            work_per_address: 500,
            work_per_account: 500,
            statements_per_address: 1_000,
            statements_per_account: 1_000,
            statements_per_request: 2_000,
            connections_per_address: 100,
            time_limit: 10,
            upload_bytes: 64 * 1024 * 1024,
            account_upload_bytes: 1024 * 1024 * 1024,
            export_days: 3,
            pg_bin: None,
            mint: false,
            sign_in_failures: 5,
            sign_in_failures_everywhere: 50,
            lock_minutes: 15,
            device_days: 180,
            reset_days: 3,
            deputy_days: 90,
            token_minutes: 15,
            session_hours: 12,
            session_days: 30,
            screen_days: 60,
            screen_map: None,
            one_time_days: 7,
            inquiry_days: 180,
            second_factor: None,
            name: "民政业务系统".to_owned(),
            outside_issuer: None,
            outside_audience: None,
            outside_keys: None,
            outside_algorithm: "RS256".to_owned(),
            outside_username_claim: "preferred_username".to_owned(),
        }
    }
}

impl Config {
    /// From flags (names of settings with their values) over the environment over a file: the one named, or
    /// `minzheng.toml` if there is one.
    pub fn load(file: Option<&Path>, flags: &[(&'static str, String)]) -> Result<Self, Box<figment::Error>> {
        // How the log is written is asked before there is a configuration; a passphrase is asked for where it is needed.
        let variables = Env::prefixed("MINZHENG_").ignore(&["log", "log_format", "passphrase"]);
        let file = Toml::file(file.unwrap_or(Path::new("minzheng.toml")));
        let settings =
            flags.iter().fold(Figment::new().merge(file).merge(variables), |all, flag| all.merge(flag.clone()));
        settings.extract().map_err(Box::new)
    }

    /// The database's address.
    pub fn url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| sqlite_url(&self.data_dir.join("minzheng.sqlite3")))
    }
}

/// A variable of digits only arrives as a number.
fn digits<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(u64),
        Text(String),
    }
    let given = Option::<Given>::deserialize(deserializer)?.map(|given| match given {
        Given::Number(number) => number.to_string(),
        Given::Text(text) => text,
    });
    Ok(given.filter(|digits| !digits.is_empty()))
}

/// A list, or its parts with commas between them.
fn list<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Given::deserialize(deserializer)? {
        Given::List(parts) => parts,
        Given::Text(text) => {
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        }
    })
}

/// A list of origins. `null` is none: it is what a browser says of every page that has no place, whoever made it.
fn origins<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let origins = list(deserializer)?;
    let is_origin = |origin: &&String| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        host.is_some_and(|host| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
            !host.is_empty() && host.bytes().all(plain)
        })
    };
    match origins.iter().find(|origin| !is_origin(origin)) {
        Some(other) => Err(serde::de::Error::custom(crate::terminal::say("setting-origin", &[("value", other)]))),
        None => Ok(origins),
    }
}

/// A list of networks; an address is the network of itself.
fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |part: String| {
        let address = part.parse::<IpAddr>().map(IpNet::from);
        address
            .or_else(|_| part.parse::<IpNet>())
            .map_err(|_| serde::de::Error::custom(crate::terminal::say("setting-network", &[("value", &part)])))
    };
    list(deserializer)?.into_iter().map(network).collect()
}

/// The address of a SQLite file.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}
