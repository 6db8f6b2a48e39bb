//! `/screen`: the district's big screen. The page is for everybody; what it shows is asked for with a token.

use std::path::Path;

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, http};
use serde::Deserialize;

use super::assets::{asset, to_folder, without_node};

/// Only what the program itself serves is loaded; charts set styles of their own.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Bytes of a map; a district's borders, simplified for a wall, are far fewer.
const MAP_BYTES: u64 = 16 << 20;

/// Why the configured map cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum BadMap {
    /// The file could not be read.
    #[error("MINZHENG_SCREEN_MAP: {0}: {1}")]
    File(String, std::io::Error),
    /// It is too large for a page that every screen loads.
    #[error("MINZHENG_SCREEN_MAP: {0}: larger than {MAP_BYTES} bytes; simplify its borders")]
    Large(String),
    /// It is no map.
    #[error("MINZHENG_SCREEN_MAP: {0}: no GeoJSON FeatureCollection: {1}")]
    NoMap(String, String),
    /// It shows no town.
    #[error("MINZHENG_SCREEN_MAP: {0}: no feature has a property with a town's code of 9 digits")]
    NoTown(String),
}

/// The borders of the district's towns, as they were configured.
#[derive(Default)]
pub struct Map(Option<Bytes>);

impl Map {
    /// Reads and checks the file, if there is one: a wall that stays without its map tells nobody why.
    pub fn read(path: Option<&Path>) -> Result<Self, BadMap> {
        #[derive(Deserialize)]
        struct Collection {
            features: Vec<Feature>,
        }
        #[derive(Deserialize)]
        struct Feature {
            properties: Option<serde_json::Map<String, serde_json::Value>>,
        }
        let Some(path) = path else { return Ok(Self::default()) };
        let name = || path.display().to_string();
        let file = |error| BadMap::File(name(), error);
        if std::fs::metadata(path).map_err(file)?.len() > MAP_BYTES {
            return Err(BadMap::Large(name()));
        }
        let bytes = std::fs::read(path).map_err(file)?;
        let map: Collection =
            serde_json::from_slice(&bytes).map_err(|error| BadMap::NoMap(name(), error.to_string()))?;
        let is_town = |value: &serde_json::Value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let code = text.strip_suffix("000").filter(|code| code.len() == 9).unwrap_or(&text);
            code.len() == 9 && code.bytes().all(|byte| byte.is_ascii_digit())
        };
        let shows = |feature: &Feature| feature.properties.as_ref().is_some_and(|all| all.values().any(is_town));
        if !map.features.iter().any(shows) {
            return Err(BadMap::NoTown(name()));
        }
        Ok(Self(Some(bytes.into())))
    }
}

/// `GET /screen`
pub async fn folder() -> HttpResponse {
    to_folder("screen/")
}

/// `GET /screen/map`: nothing where no map is configured, which is no error.
pub async fn map(map: web::Data<Map>) -> HttpResponse {
    match &map.0 {
        Some(bytes) => HttpResponse::Ok()
            .content_type("application/geo+json")
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .body(bytes.clone()),
        None => HttpResponse::build(http::StatusCode::NO_CONTENT).finish(),
    }
}

/// `GET /screen/…`
pub async fn serve(path: web::Path<String>) -> HttpResponse {
    let name = match path.as_str() {
        "" => "screen.html",
        name if name.starts_with("assets/") => name,
        _ => return HttpResponse::NotFound().finish(),
    };
    match asset(name, POLICY) {
        Some(file) => file,
        None if path.is_empty() => without_node(POLICY, "大屏", "big screen"),
        None => HttpResponse::NotFound().finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Map, BadMap> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("map.json");
        std::fs::write(&file, text).expect("written");
        Map::read(Some(&file))
    }

    #[test]
    fn a_map_shows_towns_or_is_refused() {
        let of = |properties: &str| {
            read(&format!(
                r#"{{"type":"FeatureCollection","features":[{{"properties":{properties},"geometry":null}}]}}"#
            ))
        };
        assert!(Map::read(None).expect("no map is no error").0.is_none());
        for good in [r#"{"code":"430104001"}"#, r#"{"adcode":430104001}"#, r#"{"n":"甲","dm":"430104001000"}"#] {
            assert!(of(good).expect(good).0.is_some());
        }
        for bad in ["null", "{}", r#"{"code":"430104"}"#, r#"{"code":"430104001001"}"#] {
            assert!(matches!(of(bad), Err(BadMap::NoTown(_))), "{bad}");
        }
        assert!(matches!(read("[]"), Err(BadMap::NoMap(..))));
        assert!(matches!(Map::read(Some(Path::new("/nowhere"))), Err(BadMap::File(..))));
    }
}
