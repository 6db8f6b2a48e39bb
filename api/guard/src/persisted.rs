//! Documents known by their hash.
//!
//! *Trusted documents* are loaded from a manifest at start; with [`Mode::TrustedOnly`] nothing else
//! runs. *Automatic persisted queries* only save bytes: any client may add one, so they are no
//! boundary, are kept in bounded memory, and only once the document has passed the guard.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{
    Checked,
    http::Params,
    refused::{Reason, Refused},
};

/// Which documents run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Any that passes the guard.
    #[default]
    Any,
    /// Those of the manifest only.
    TrustedOnly,
}

/// The SHA-256 of a document's text.
type Digest = [u8; 32];

/// The documents known by hash.
#[derive(Debug)]
pub struct Documents {
    mode: Mode,
    trusted: HashMap<Digest, Arc<str>>,
    recent: Mutex<Recent>,
}

/// The document of a request.
#[derive(Debug)]
pub struct Found {
    /// Its text, to be checked and run.
    pub text: Arc<str>,
    /// Under which hash to keep it when it has passed.
    keep: Option<Digest>,
}

/// Why a manifest is no manifest: a fault of the installation, found at start.
#[derive(Debug, PartialEq, Eq)]
pub enum ManifestError {
    /// It is no JSON object of texts.
    NotAMap,
    /// This key is not the SHA-256 of its document.
    WrongHash(String),
}

impl std::fmt::Display for ManifestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAMap => f.write_str("the manifest is no JSON object of id → document"),
            Self::WrongHash(id) => write!(f, "the manifest's {id} is not its document's SHA-256"),
        }
    }
}

impl std::error::Error for ManifestError {}

/// The id of a document: the SHA-256 of its text, in lower-case hexadecimal.
pub fn id_of(document: &str) -> String {
    hex::encode(digest(document))
}

fn digest(document: &str) -> Digest {
    Sha256::digest(document).into()
}

/// Reads an id, with or without the prefix the appendix on persisted documents asks for.
fn read_id(id: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    let id = id.strip_prefix("sha256:").unwrap_or(id);
    hex::decode_to_slice(id, &mut digest).ok()?;
    Some(digest)
}

impl Documents {
    /// Knows the trusted documents, and up to `recent_bytes` of automatic ones (0: none).
    pub fn new<T: Into<Arc<str>>>(mode: Mode, trusted: impl IntoIterator<Item = T>, recent_bytes: usize) -> Self {
        let with_digest = |document: T| {
            let document = document.into();
            (digest(&document), document)
        };
        Self {
            mode,
            trusted: trusted.into_iter().map(with_digest).collect(),
            recent: Mutex::new(Recent::new(recent_bytes)),
        }
    }

    /// The documents of a manifest, `{ "<sha256>": "<document>", … }`, each held against its hash.
    pub fn read_manifest(json: &str) -> Result<Vec<String>, ManifestError> {
        let manifest: HashMap<String, String> = serde_json::from_str(json).map_err(|_| ManifestError::NotAMap)?;
        manifest
            .into_iter()
            .map(
                |(id, document)| {
                    if read_id(&id) == Some(digest(&document)) {
                        Ok(document)
                    } else {
                        Err(ManifestError::WrongHash(id))
                    }
                },
            )
            .collect()
    }

    /// The trusted documents, to be checked against the guard at start.
    pub fn trusted(&self) -> impl Iterator<Item = &str> {
        self.trusted.values().map(AsRef::as_ref)
    }

    /// The document a request means: by `documentId`, by Apollo's `extensions.persistedQuery`, or
    /// written out.
    pub fn find(&self, params: &Params) -> Result<Found, Refused> {
        let sent = params.query.as_deref();
        let apollo = params.extensions.get("persistedQuery");
        let unknown = || Refused::new(Reason::UnknownHash);
        if let Some(id) = &params.document_id {
            if sent.is_some() {
                return Err(Refused::new(Reason::Parameter).about("documentId"));
            }
            let digest = read_id(id).ok_or_else(unknown)?;
            return self.trusted_document(&digest).ok_or_else(unknown);
        }
        let named = match apollo {
            None | Some(Value::Null) => None,
            Some(Value::Object(apollo)) => Some(apollo_digest(apollo)?),
            Some(_) => return Err(Refused::new(Reason::Hash)),
        };
        match (sent, named) {
            (None, None) => Err(Refused::new(Reason::NoQuery)),
            (None, Some(named)) => {
                self.trusted_document(&named).or_else(|| self.recent_document(&named)).ok_or_else(unknown)
            }
            (Some(text), named) => self.sent(text, named),
        }
    }

    /// Keeps an automatic persisted query. That it passed the guard is shown, not promised.
    pub fn keep(&self, found: &Found, _passed: &Checked) {
        if let Some(digest) = found.keep {
            self.recent().keep(digest, Arc::clone(&found.text));
        }
    }

    fn sent(&self, text: &str, named: Option<Digest>) -> Result<Found, Refused> {
        if self.mode == Mode::Any && named.is_none() {
            return Ok(Found { text: text.into(), keep: None });
        }
        let digest = digest(text);
        if named.is_some_and(|named| named != digest) {
            return Err(Refused::new(Reason::Hash));
        }
        match (self.trusted_document(&digest), self.mode) {
            (Some(found), _) => Ok(found),
            (None, Mode::TrustedOnly) => Err(Refused::new(Reason::Untrusted)),
            (None, Mode::Any) => Ok(Found { text: text.into(), keep: Some(digest) }),
        }
    }

    fn trusted_document(&self, digest: &Digest) -> Option<Found> {
        let text = Arc::clone(self.trusted.get(digest)?);
        Some(Found { text, keep: None })
    }

    fn recent_document(&self, digest: &Digest) -> Option<Found> {
        if self.mode == Mode::TrustedOnly {
            return None;
        }
        let text = self.recent().get(digest)?;
        Some(Found { text, keep: None })
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        // Nothing in there panics half-way; if it did, a cache may be incomplete.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hash of `{ version: 1, sha256Hash }`.
fn apollo_digest(apollo: &Map<String, Value>) -> Result<Digest, Refused> {
    let version = apollo.get("version").and_then(Value::as_u64);
    let hash = apollo.get("sha256Hash").and_then(Value::as_str);
    hash.filter(|_| version == Some(1)).and_then(read_id).ok_or_else(|| Refused::new(Reason::Hash))
}

/// Documents lately used, bounded by their bytes.
#[derive(Debug)]
struct Recent {
    documents: LruCache<Digest, Arc<str>>,
    bytes: usize,
    most: usize,
}

/// What an entry takes beside its text, so that many short ones are bounded too.
const ENTRY_BYTES: usize = 128;

impl Recent {
    fn new(most: usize) -> Self {
        Self { documents: LruCache::unbounded(), bytes: 0, most }
    }

    fn get(&mut self, digest: &Digest) -> Option<Arc<str>> {
        self.documents.get(digest).cloned()
    }

    fn keep(&mut self, digest: Digest, document: Arc<str>) {
        let size = |document: &Arc<str>| document.len() + ENTRY_BYTES;
        if size(&document) > self.most {
            return;
        }
        self.bytes += size(&document);
        if let Some(before) = self.documents.put(digest, document) {
            self.bytes -= size(&before);
        }
        while self.bytes > self.most
            && let Some((_, oldest)) = self.documents.pop_lru()
        {
            self.bytes -= size(&oldest);
        }
    }
}
