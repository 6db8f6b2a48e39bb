//! 统一认证 · tokens of an outside `OpenID` issuer, where one is configured: its keys come from a file or an address and
//! are read again when it changes them. The account must be one of ours; what it may do is ours to say.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use minzheng_kernel::Fault;
use minzheng_kernel::secrets::{OutsideClaims, OutsideIssuer, OutsideKeys, TokenError};
use tokio::sync::Mutex;

use crate::config::Config;

/// Keys are read again after this long, for what the issuer took back.
const OLD: Duration = Duration::from_hours(1);
/// A token with an unknown key makes us look again, but not more often than this.
const AGAIN: Duration = Duration::from_secs(10);
/// How long the issuer's address may take.
const WAIT: Duration = Duration::from_secs(5);
/// No JWK set comes near this.
const MOST: u64 = 1 << 20;

#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    Address(String),
}

/// An outside issuer with its keys.
#[derive(Debug)]
pub struct Outside {
    agreed: OutsideIssuer,
    source: Source,
    keys: Mutex<(Option<Instant>, Arc<OutsideKeys>)>,
}

impl Outside {
    /// As configured; none where there is no issuer. Fails when something is missing or makes no sense.
    pub fn configured(config: &Config) -> Result<Option<Self>, Fault> {
        let Some(issuer) = &config.outside_issuer else { return Ok(None) };
        let (Some(audience), Some(keys)) = (&config.outside_audience, &config.outside_keys) else {
            return Err(Fault::internal(
                "MINZHENG_OUTSIDE_ISSUER needs MINZHENG_OUTSIDE_AUDIENCE and MINZHENG_OUTSIDE_KEYS",
            ));
        };
        let agreed = OutsideIssuer::new(issuer, audience, &config.outside_algorithm, &config.outside_username_claim)
            .map_err(Fault::internal)?;
        let source = if keys.starts_with("https://") {
            Source::Address(keys.clone())
        } else if keys.starts_with("http://") {
            // Whoever sits in between could hand us keys of his own.
            return Err(Fault::internal("MINZHENG_OUTSIDE_KEYS: only https:// or a file"));
        } else {
            Source::File(PathBuf::from(keys))
        };
        Ok(Some(Self { agreed, source, keys: Mutex::default() }))
    }

    /// Whether a token says that it is of this issuer.
    pub fn is_named_by(&self, token: &str) -> bool {
        self.agreed.is_named_by(token)
    }

    /// Checks a token at an instant (Unix seconds).
    pub async fn verify(&self, token: &str, now: i64) -> Result<OutsideClaims, TokenError> {
        let keys = self.keys(OLD).await;
        match self.agreed.verify(&keys, token, now) {
            Err(TokenError::UnknownKey) => self.agreed.verify(&*self.keys(AGAIN).await, token, now),
            checked => checked,
        }
    }

    /// The issuer's keys, no older than this; the last good ones where they cannot be had.
    async fn keys(&self, age: Duration) -> Arc<OutsideKeys> {
        let mut kept = self.keys.lock().await;
        if kept.0.is_none_or(|read| read.elapsed() > age) {
            match self.read().await {
                Ok(keys) => kept.1 = Arc::new(keys),
                Err(error) => tracing::error!(%error, "the keys of the outside issuer cannot be read"),
            }
            kept.0 = Some(Instant::now());
        }
        Arc::clone(&kept.1)
    }

    async fn read(&self) -> Result<OutsideKeys, Fault> {
        let source = self.source.clone();
        let text = tokio::task::spawn_blocking(move || match source {
            Source::File(path) => std::fs::read_to_string(path).map_err(Fault::internal),
            Source::Address(address) => fetch(&address),
        });
        let text = text.await.map_err(Fault::internal)??;
        OutsideKeys::parse(&text).ok_or_else(|| Fault::internal("not a JWK set with a key"))
    }
}

fn fetch(address: &str) -> Result<String, Fault> {
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(WAIT)).https_only(true).tls_config(tls).build().into();
    let mut response = agent.get(address).call().map_err(Fault::internal)?;
    response.body_mut().with_config().limit(MOST).read_to_string().map_err(Fault::internal)
}
