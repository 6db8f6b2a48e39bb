//! The GraphQL documents known from the start: those in the program, or those of a manifest or folder in their place.

use std::path::Path;

use minzheng_ground::config::{Config, DocumentsMode};
use minzheng_guard::persisted::{Documents, ManifestError, Mode};

mod bundled {
    include!(concat!(env!("OUT_DIR"), "/documents.rs"));
}

/// Bytes of documents that clients may leave with us to send only their hash afterwards.
const PERSISTED_BYTES: usize = 4 << 20;

/// Why the documents could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A file could not be read.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// The manifest is wrong.
    #[error("{0}: {1}")]
    Manifest(String, ManifestError),
}

/// The documents as the configuration wants them.
pub fn known(config: &Config) -> Result<Documents, Unreadable> {
    let known = match &config.documents_from {
        None => bundled::DOCUMENTS.iter().map(|(_, text)| (*text).to_owned()).collect(),
        Some(path) => read(path)?,
    };
    let (mode, recent) = match config.documents {
        DocumentsMode::Any => (Mode::Any, PERSISTED_BYTES),
        DocumentsMode::Known => (Mode::Any, 0),
        DocumentsMode::Trusted => (Mode::TrustedOnly, 0),
    };
    Ok(Documents::new(mode, known, recent))
}

/// A manifest, or a folder of documents.
fn read(path: &Path) -> Result<Vec<String>, Unreadable> {
    let name = path.display().to_string();
    let file = |error| Unreadable::File(name.clone(), error);
    if !path.is_dir() {
        let text = std::fs::read_to_string(path).map_err(file)?;
        return Documents::read_manifest(&text).map_err(|error| Unreadable::Manifest(name, error));
    }
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(path).map_err(file)? {
        let found = entry.map_err(file)?.path();
        if found.extension().is_some_and(|ending| ending == "graphql") {
            documents.push(std::fs::read_to_string(&found).map_err(file)?);
        }
    }
    Ok(documents)
}
