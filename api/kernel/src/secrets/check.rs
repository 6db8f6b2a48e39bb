//! Whether a key folder is that of a database. The database keeps a value that only its own keys can make, so that
//! a folder that was lost, left behind or mixed up is noticed at once, and not when a value cannot be opened or a
//! second set of keys has sealed half of the records.

use std::path::Path;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{JournalSigner, Keyring, SecretError, TokenKeys};

const CONTEXT: &str = "setting.keys";
const WORD: &str = "minzheng";

/// All keys of one data folder.
pub struct Secrets {
    /// Keys of sealed values.
    pub fields: Keyring,
    /// The key that signs the journal.
    pub journal: JournalSigner,
    /// The keys of access tokens.
    pub tokens: TokenKeys,
}

/// What the database keeps; all in lower-case hexadecimal but the id.
#[derive(Serialize, Deserialize)]
struct Check {
    salt: String,
    sealed: String,
    blind: String,
    journal: String,
    signature: String,
}

impl Secrets {
    /// Opens the keys in a folder. With the database's check value they must be there and fit it, else the error
    /// ([`SecretError::Lost`], [`SecretError::Foreign`]) names the folder; only without one are they made where
    /// they are missing.
    pub fn open(folder: &Path, issuer: &str, check: Option<&str>) -> Result<Self, SecretError> {
        let Some(check) = check else {
            return Ok(Self {
                fields: Keyring::load_or_create(folder)?,
                journal: JournalSigner::load_or_create(folder)?,
                tokens: TokenKeys::load_or_create(folder, issuer, issuer)?,
            });
        };
        let load = || {
            Ok(Self {
                fields: Keyring::load(folder)?,
                journal: JournalSigner::load(folder)?,
                tokens: TokenKeys::load(folder, issuer, issuer)?,
            })
        };
        let secrets: Self = load().map_err(|error| match error {
            SecretError::Missing(file) => SecretError::Lost(file),
            other => other,
        })?;
        if fits(&secrets.fields, &secrets.journal, check) {
            Ok(secrets)
        } else {
            Err(SecretError::Foreign(folder.to_owned()))
        }
    }

    /// A value for the database to keep.
    pub fn check_value(&self) -> Result<String, SecretError> {
        let salt = Keyring::new_salt()?;
        let check = Check {
            salt: HEXLOWER.encode(&salt),
            sealed: HEXLOWER.encode(&self.fields.seal(&salt, CONTEXT, WORD)?),
            blind: HEXLOWER.encode(&self.fields.blind(CONTEXT, WORD)?),
            journal: self.journal.key_id().to_owned(),
            signature: HEXLOWER.encode(&self.journal.sign(WORD.as_bytes())),
        };
        serde_json::to_string(&check).map_err(|_| SecretError::Seal)
    }
}

/// Whether these keys made the database's value.
pub fn fits(fields: &Keyring, journal: &JournalSigner, check: &str) -> bool {
    let fits = || -> Option<bool> {
        let check: Check = serde_json::from_str(check).ok()?;
        let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).ok();
        let opened = fields.open(&bytes(&check.salt)?, CONTEXT, &bytes(&check.sealed)?).ok()?;
        let blind = fields.blind(CONTEXT, WORD).ok()?;
        let signed = journal.verify(&check.journal, WORD.as_bytes(), &bytes(&check.signature)?);
        Some(opened == WORD && bytes(&check.blind)? == blind && signed)
    };
    fits().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_their_own_database_also_after_rotations() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let first = Secrets::open(&keys, "m", None).unwrap();
        let check = first.check_value().unwrap();
        assert!(Secrets::open(&keys, "m", Some(&check)).is_ok());
        first.fields.rotate_master().unwrap();
        first.tokens.rotate().unwrap();
        first.journal.rotate().unwrap();
        assert!(Secrets::open(&keys, "m", Some(&check)).is_ok());
    }

    #[test]
    fn lost_and_foreign_keys_are_named_and_none_are_made() {
        let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (own, other) = (own.path().join("keys"), other.path().join("keys"));
        let check = Secrets::open(&own, "m", None).unwrap().check_value().unwrap();
        assert!(matches!(Secrets::open(&other, "m", Some(&check)), Err(SecretError::Lost(_))));
        assert!(!other.exists());
        Secrets::open(&other, "m", None).unwrap();
        assert!(
            matches!(Secrets::open(&other, "m", Some(&check)), Err(SecretError::Foreign(folder)) if folder == other)
        );
        for file in ["fields.json", "journal.json"] {
            let kept = std::fs::read(own.join(file)).unwrap();
            std::fs::write(own.join(file), std::fs::read(other.join(file)).unwrap()).unwrap();
            assert!(matches!(Secrets::open(&own, "m", Some(&check)), Err(SecretError::Foreign(_))), "{file}");
            std::fs::write(own.join(file), kept).unwrap();
            let away = own.join("away");
            std::fs::rename(own.join(file), &away).unwrap();
            assert!(matches!(Secrets::open(&own, "m", Some(&check)), Err(SecretError::Lost(_))), "{file}");
            assert!(!own.join(file).exists());
            std::fs::rename(away, own.join(file)).unwrap();
        }
        for nonsense in ["", "{}", "null"] {
            assert!(Secrets::open(&own, "m", Some(nonsense)).is_err());
        }
    }
}
