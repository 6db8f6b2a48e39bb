//! Configuration: flags over `MINZHENG_*` variables over `minzheng.toml`; unknown keys are errors.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;

/// The settings of one process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Database, keys, anchors and files (`MINZHENG_DATA_DIR`).
    pub data_dir: PathBuf,
    /// `sqlite:…` or `postgres://…` (`MINZHENG_DATABASE_URL`); default a SQLite file in the data folder.
    pub database_url: Option<String>,
    /// The district served, such as 430104 (`MINZHENG_DISTRICT`).
    #[serde(deserialize_with = "digits")]
    pub district: Option<String>,
    /// Address to listen on (`MINZHENG_LISTEN`).
    pub listen: String,
    /// Pins the business date, in demo and test databases only (`MINZHENG_TODAY`).
    pub today: Option<NaiveDate>,
    /// GraphiQL and introspection outside demo and test databases (`MINZHENG_EXPLORE`).
    pub explore: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            database_url: None,
            district: None,
            listen: "127.0.0.1:8080".to_owned(),
            today: None,
            explore: false,
        }
    }
}

impl Config {
    /// From the environment and the file `minzheng.toml`, if there is one.
    pub fn load() -> Result<Self, Box<figment::Error>> {
        Figment::new().merge(Toml::file("minzheng.toml")).merge(Env::prefixed("MINZHENG_")).extract().map_err(Box::new)
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
    Ok(Option::<Given>::deserialize(deserializer)?.map(|given| match given {
        Given::Number(number) => number.to_string(),
        Given::Text(text) => text,
    }))
}

/// The address of a SQLite file.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}
