//! 统一认证 · tokens of an outside `OpenID` issuer, where one is configured: its keys come from a file or an address and
//! are read again when it changes them. The account must be one of ours; what it may do is ours to say.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use minzheng_ground::config::Config;
use minzheng_kernel::Fault;
use minzheng_kernel::secrets::{OutsideClaims, OutsideIssuer, OutsideKeys, TokenError};
use tokio::sync::watch;

/// Keys are read again after this long, for what the issuer took back.
const OLD: Duration = Duration::from_hours(1);
/// A token with an unknown key makes us look again, but not more often than this.
const AGAIN: Duration = Duration::from_secs(10);
/// How long the issuer's address may take.
const WAIT: Duration = Duration::from_secs(5);
/// How long a token waits for keys that are being read, where those there are do not do.
const PATIENCE: Duration = Duration::from_secs(2);
/// No JWK set comes near this.
const MOST: u64 = 1 << 20;

#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    Address(String),
}

/// What is there of the issuer's keys.
#[derive(Debug, Default)]
struct Kept {
    /// The last good ones.
    keys: Arc<OutsideKeys>,
    /// When they were looked for last.
    looked: Option<Instant>,
    /// Closed when those who look now are back.
    looking: Option<watch::Receiver<()>>,
}

/// An outside issuer with its keys.
#[derive(Debug)]
pub struct Outside {
    agreed: OutsideIssuer,
    source: Source,
    kept: Arc<Mutex<Kept>>,
}

fn locked(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
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
        Ok(Some(Self { agreed, source, kept: Arc::default() }))
    }

    /// Whether a token says that it is of this issuer.
    pub fn is_named_by(&self, token: &str) -> bool {
        self.agreed.is_named_by(token)
    }

    /// Checks a token at an instant (Unix seconds). Nobody waits for the issuer but whoever comes with a key that is not
    /// known, and not for long.
    pub async fn verify(&self, token: &str, now: i64) -> Result<OutsideClaims, TokenError> {
        let (keys, _) = self.keys(OLD);
        match self.agreed.verify(&keys, token, now) {
            Err(TokenError::UnknownKey) => {
                if let (_, Some(mut looking)) = self.keys(AGAIN) {
                    // An error: they are back.
                    let _ = tokio::time::timeout(PATIENCE, looking.changed()).await;
                }
                let keys = locked(&self.kept).keys.clone();
                self.agreed.verify(&keys, token, now)
            }
            checked => checked,
        }
    }

    /// The last good keys. Where they are older than this they are looked for again, by one at a time; whoever wants to
    /// can wait for that.
    fn keys(&self, age: Duration) -> (Arc<OutsideKeys>, Option<watch::Receiver<()>>) {
        let mut kept = locked(&self.kept);
        if kept.looking.is_none() && kept.looked.is_none_or(|looked| looked.elapsed() > age) {
            let (back, looking) = watch::channel(());
            kept.looking = Some(looking);
            let (source, shared) = (self.source.clone(), self.kept.clone());
            tokio::task::spawn_blocking(move || {
                let read = read(source);
                let mut kept = locked(&shared);
                match read {
                    Ok(keys) => kept.keys = Arc::new(keys),
                    Err(error) => tracing::error!(%error, "the keys of the outside issuer cannot be read"),
                }
                kept.looked = Some(Instant::now());
                kept.looking = None;
                drop(back);
            });
        }
        (kept.keys.clone(), kept.looking.clone())
    }
}

fn read(source: Source) -> Result<OutsideKeys, Fault> {
    let text = match source {
        Source::File(path) => std::fs::read_to_string(path).map_err(Fault::internal),
        Source::Address(address) => fetch(&address),
    };
    OutsideKeys::parse(&text?).ok_or_else(|| Fault::internal("not a JWK set with a key"))
}

fn fetch(address: &str) -> Result<String, Fault> {
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(WAIT)).https_only(true).tls_config(tls).build().into();
    let mut response = agent.get(address).call().map_err(Fault::internal)?;
    response.body_mut().with_config().limit(MOST).read_to_string().map_err(Fault::internal)
}
