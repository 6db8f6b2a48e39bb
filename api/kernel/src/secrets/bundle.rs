//! All keys of a folder as one text, sealed under a passphrase: to be kept apart from the database that they open.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::provider::{Aes256GcmSiv, FieldCipher as _, NONCE_LENGTH};
use super::{SecretError, random_bytes};

/// Signs that a passphrase has at least.
pub const PASSPHRASE_LENGTH: usize = 12;
/// What the sealed text is bound to.
const CONTEXT: &[u8] = b"minzheng keys 1";
/// Argon2id (RFC 9106, second choice): KiB, passes, lanes.
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// No bundle asks for more, so that one that was changed does not take the machine down.
const MOST_MEMORY: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 16;

#[derive(Serialize, Deserialize)]
struct Bundle {
    kdf: String,
    memory: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

fn key(
    passphrase: &str,
    salt: &[u8],
    (memory, passes, lanes): (u32, u32, u32),
) -> Result<Zeroizing<[u8; 32]>, SecretError> {
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| SecretError::Passphrase)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|_| SecretError::Passphrase)?;
    Ok(key)
}

fn is_key_file(name: &str) -> bool {
    name.strip_suffix(".json").is_some()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The key files of a folder: name and text.
pub fn key_files(folder: &Path) -> Result<BTreeMap<String, Zeroizing<String>>, SecretError> {
    let failed = |source| SecretError::Io { doing: "read", path: folder.to_owned(), source };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_key_file(&name) {
            files.insert(name, Zeroizing::new(fs::read_to_string(entry.path()).map_err(failed)?));
        }
    }
    Ok(files)
}

/// Writes key files into a folder that has none of these names.
pub fn put_key_files(folder: &Path, files: &BTreeMap<String, Zeroizing<String>>) -> Result<(), SecretError> {
    let failed = |source| SecretError::Io { doing: "write", path: folder.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    for (name, text) in files {
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(folder.join(name));
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())).map_err(failed)?;
    }
    Ok(())
}

/// Seals the keys of a folder.
pub fn seal_keys(folder: &Path, passphrase: &str) -> Result<Vec<u8>, SecretError> {
    if passphrase.chars().count() < PASSPHRASE_LENGTH {
        return Err(SecretError::ShortPassphrase);
    }
    let files: BTreeMap<_, _> = key_files(folder)?;
    let plain: BTreeMap<&str, &str> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let plain = Zeroizing::new(serde_json::to_vec(&plain).map_err(|_| SecretError::Seal)?);
    let (salt, nonce) = (random_bytes::<16>()?, random_bytes::<NONCE_LENGTH>()?);
    let key = key(passphrase, &salt, (MEMORY, PASSES, LANES))?;
    let sealed = Aes256GcmSiv.seal(&key, &nonce, CONTEXT, &plain)?;
    let bundle = Bundle {
        kdf: "argon2id".to_owned(),
        memory: MEMORY,
        passes: PASSES,
        lanes: LANES,
        salt: HEXLOWER.encode(&salt),
        nonce: HEXLOWER.encode(&nonce),
        sealed: BASE64.encode(&sealed),
    };
    serde_json::to_vec_pretty(&bundle).map_err(|_| SecretError::Seal)
}

/// Opens sealed keys. Fails with [`SecretError::Passphrase`] under another passphrase, and when any byte was changed.
pub fn open_keys(bundle: &[u8], passphrase: &str) -> Result<BTreeMap<String, Zeroizing<String>>, SecretError> {
    let opened = || -> Option<Vec<u8>> {
        let bundle: Bundle = serde_json::from_slice(bundle).ok()?;
        if bundle.kdf != "argon2id" || bundle.memory > MOST_MEMORY || bundle.passes > MOST_PASSES {
            return None;
        }
        let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).ok();
        let nonce: [u8; NONCE_LENGTH] = hex(&bundle.nonce)?.try_into().ok()?;
        let key = key(passphrase, &hex(&bundle.salt)?, (bundle.memory, bundle.passes, bundle.lanes)).ok()?;
        Aes256GcmSiv.open(&key, &nonce, CONTEXT, &BASE64.decode(bundle.sealed.as_bytes()).ok()?).ok()
    };
    let plain = Zeroizing::new(opened().ok_or(SecretError::Passphrase)?);
    let files: BTreeMap<String, String> = serde_json::from_slice(&plain).map_err(|_| SecretError::Passphrase)?;
    if !files.keys().all(|name| is_key_file(name)) {
        return Err(SecretError::Passphrase);
    }
    Ok(files.into_iter().map(|(name, text)| (name, Zeroizing::new(text))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_open_under_their_passphrase_only_and_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        super::super::Secrets::open(&keys, "m", None).unwrap();
        assert!(matches!(seal_keys(&keys, "short"), Err(SecretError::ShortPassphrase)));
        let sealed = seal_keys(&keys, "correct horse battery").unwrap();
        let secret = fs::read_to_string(keys.join("journal.json")).unwrap();
        let secret = secret.split('"').find(|word| word.len() == 64).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains(secret));
        assert!(matches!(open_keys(&sealed, "correct horse batter"), Err(SecretError::Passphrase)));
        for at in (0..sealed.len()).step_by(sealed.len() / 9) {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open_keys(&changed, "correct horse battery").is_err(), "byte {at}");
        }
        let opened = open_keys(&sealed, "correct horse battery").unwrap();
        let other = folder.path().join("other");
        put_key_files(&other, &opened).unwrap();
        for file in ["fields.json", "journal.json", "tokens.json"] {
            assert_eq!(fs::read(keys.join(file)).unwrap(), fs::read(other.join(file)).unwrap());
        }
        super::super::Secrets::open(&other, "m", None).unwrap();
    }
}
