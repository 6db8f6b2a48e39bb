//! The keys of sealed values: versioned master keys, a key for blind indexes, and one derived key an
//! owner, so that destroying the owner's salt erases the owner's values.

use std::collections::BTreeMap;
use std::path::Path;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::provider::{Ciphers, NONCE_LENGTH, Provider};
use super::store::{Key32, Store, Stored, from_json, to_json};
use super::{SecretError, random_bytes};

const FILE: &str = "fields.json";
/// Bytes of an owner's salt.
pub const SALT_LENGTH: usize = 32;
/// First byte of every sealed value.
const FORMAT: u8 = 1;
/// Format, cipher, key id (2 bytes) and nonce.
const HEAD: usize = 4 + NONCE_LENGTH;

#[derive(Clone, Serialize, Deserialize)]
struct Keys {
    active: u16,
    masters: BTreeMap<u16, Key32>,
    blind: Key32,
}

impl Stored for Keys {
    fn decode(text: &[u8]) -> Result<Self, &'static str> {
        let keys: Self = from_json(text)?;
        if keys.masters.contains_key(&keys.active) { Ok(keys) } else { Err("the active key is not in it") }
    }

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        to_json(self)
    }
}

/// The keys of one data folder.
pub struct Keyring {
    store: Store<Keys>,
    ciphers: Ciphers,
}

/// The key of one owner, for several values of one row.
pub struct OwnerKey<'a> {
    ring: &'a Keyring,
    salt: [u8; SALT_LENGTH],
}

impl Keyring {
    /// Opens the keys in a folder; makes them where there are none.
    pub fn load_or_create(folder: &Path) -> Result<Self, SecretError> {
        Self::with_ciphers(folder, Ciphers::software(Provider::default()))
    }

    /// Opens the keys in a folder; fails with [`SecretError::Missing`] where there are none.
    pub fn load(folder: &Path) -> Result<Self, SecretError> {
        Ok(Self { store: Store::open(folder, FILE, None)?, ciphers: Ciphers::software(Provider::default()) })
    }

    /// The same with other ciphers.
    pub fn with_ciphers(folder: &Path, ciphers: Ciphers) -> Result<Self, SecretError> {
        let first = || {
            let masters = BTreeMap::from([(1, Key32::random()?)]);
            Ok(Keys { active: 1, masters, blind: Key32::random()? })
        };
        Ok(Self { store: Store::open(folder, FILE, Some(first))?, ciphers })
    }

    /// A new master key seals from now on; the old ones still open.
    pub fn rotate_master(&self) -> Result<u16, SecretError> {
        let keys = self.store.change(|keys| {
            let last = keys.masters.keys().next_back().copied().unwrap_or(0);
            let id = last.checked_add(1).ok_or(SecretError::KeyIdsExhausted)?;
            let mut keys = keys.clone();
            keys.masters.insert(id, Key32::random()?);
            keys.active = id;
            Ok(keys)
        })?;
        Ok(keys.active)
    }

    /// The key of the owner of this salt.
    pub fn owner(&self, salt: &[u8]) -> Result<OwnerKey<'_>, SecretError> {
        let salt: [u8; SALT_LENGTH] = salt.try_into().map_err(|_| match salt.len() {
            0 => SecretError::Erased,
            length => SecretError::SaltLength(length),
        })?;
        if salt == [0; SALT_LENGTH] {
            return Err(SecretError::Erased);
        }
        Ok(OwnerKey { ring: self, salt })
    }

    /// Seals a value of the owner of this salt; `context` is `table.column`.
    pub fn seal(&self, salt: &[u8], context: &str, plain: &str) -> Result<Vec<u8>, SecretError> {
        self.owner(salt)?.seal(context, plain)
    }

    /// Opens a sealed value.
    pub fn open(&self, salt: &[u8], context: &str, blob: &[u8]) -> Result<String, SecretError> {
        self.owner(salt)?.open(context, blob)
    }

    /// The digest by which a normalised value is found again without being kept.
    pub fn blind(&self, context: &str, normalised: &str) -> Result<[u8; 16], SecretError> {
        let keys = self.store.current();
        let mut mac = Hmac::<Sha256>::new_from_slice(keys.blind.bytes()).map_err(|_| SecretError::Seal)?;
        mac.update(context.as_bytes());
        mac.update(&[0]);
        mac.update(normalised.as_bytes());
        let digest = mac.finalize().into_bytes();
        digest.get(..16).and_then(|half| half.try_into().ok()).ok_or(SecretError::Seal)
    }

    /// Opens a value that need not be there.
    pub fn open_some(&self, salt: &[u8], context: &str, blob: Option<&[u8]>) -> Result<Option<String>, SecretError> {
        blob.map(|blob| self.open(salt, context, blob)).transpose()
    }

    /// Seals a value anew only where it changed, since the same value never seals to the same bytes.
    pub fn reseal(
        &self,
        salt: &[u8],
        context: &str,
        kept: &mut Option<Vec<u8>>,
        wanted: Option<&str>,
    ) -> Result<(), SecretError> {
        if self.open_some(salt, context, kept.as_deref())?.as_deref() != wanted {
            *kept = wanted.map(|plain| self.seal(salt, context, plain)).transpose()?;
        }
        Ok(())
    }

    /// A salt for a new owner.
    pub fn new_salt() -> Result<[u8; SALT_LENGTH], SecretError> {
        random_bytes()
    }

    /// How all begins that is sealed now.
    pub fn present_head(&self) -> [u8; 4] {
        let [high, low] = self.store.current().active.to_be_bytes();
        [FORMAT, self.ciphers.active().id(), high, low]
    }

    /// Whether a value was sealed under an earlier key or cipher than the present one.
    pub fn needs_reseal(&self, blob: &[u8]) -> bool {
        head(blob)
            .is_ok_and(|(cipher, key, ..)| cipher != self.ciphers.active().id() || key != self.store.current().active)
    }
}

impl OwnerKey<'_> {
    fn derive(&self, master: &Key32, cipher: u8) -> Result<Zeroizing<[u8; 32]>, SecretError> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(&self.salt), master.bytes())
            .expand_multi_info(&[b"minzheng field", &[cipher]], &mut *key)
            .map_err(|_| SecretError::Seal)?;
        Ok(key)
    }

    /// Seals a value; `context` is `table.column`.
    pub fn seal(&self, context: &str, plain: &str) -> Result<Vec<u8>, SecretError> {
        self.seal_bytes(context, plain.as_bytes())
    }

    /// Seals bytes: a block of a file.
    pub fn seal_bytes(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, SecretError> {
        let keys = self.ring.store.current();
        let cipher = self.ring.ciphers.active();
        let master = keys.masters.get(&keys.active).ok_or(SecretError::Seal)?;
        let nonce: [u8; NONCE_LENGTH] = random_bytes()?;
        let key = self.derive(master, cipher.id())?;
        let sealed = cipher.seal(&key, &nonce, context.as_bytes(), plain)?;
        let mut blob = Vec::with_capacity(HEAD + sealed.len());
        blob.extend([FORMAT, cipher.id()]);
        blob.extend(keys.active.to_be_bytes());
        blob.extend(nonce);
        blob.extend(sealed);
        Ok(blob)
    }

    /// Opens a sealed value.
    pub fn open(&self, context: &str, blob: &[u8]) -> Result<String, SecretError> {
        String::from_utf8(self.open_bytes(context, blob)?).map_err(|_| SecretError::NotText)
    }

    /// Opens sealed bytes.
    pub fn open_bytes(&self, context: &str, blob: &[u8]) -> Result<Vec<u8>, SecretError> {
        let (cipher, id, nonce, sealed) = head(blob)?;
        let cipher = self.ring.ciphers.get(cipher)?;
        let mut keys = self.ring.store.current();
        if !keys.masters.contains_key(&id) {
            keys = self.ring.store.fresh()?;
        }
        let master = keys.masters.get(&id).ok_or_else(|| SecretError::UnknownKey(id.to_string()))?;
        cipher.open(&*self.derive(master, cipher.id())?, nonce, context.as_bytes(), sealed)
    }
}

type Head<'a> = (u8, u16, &'a [u8; NONCE_LENGTH], &'a [u8]);

fn head(blob: &[u8]) -> Result<Head<'_>, SecretError> {
    let (head, rest) = blob.split_first_chunk::<4>().ok_or(SecretError::Blob("too short"))?;
    let [format, cipher, high, low] = *head;
    if format != FORMAT {
        return Err(SecretError::Blob("unknown format"));
    }
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(SecretError::Blob("too short"))?;
    Ok((cipher, u16::from_be_bytes([high, low]), nonce, sealed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> (tempfile::TempDir, Keyring) {
        let folder = tempfile::tempdir().unwrap();
        let ring = Keyring::load_or_create(&folder.path().join("keys")).unwrap();
        (folder, ring)
    }

    #[test]
    fn a_value_opens_for_its_owner_and_column_only() {
        let (_folder, ring) = ring();
        let (salt, other) = (Keyring::new_salt().unwrap(), Keyring::new_salt().unwrap());
        let blob = ring.seal(&salt, "person.phone", "13800000000").unwrap();
        assert_eq!(ring.open(&salt, "person.phone", &blob).unwrap(), "13800000000");
        assert!(ring.open(&other, "person.phone", &blob).is_err());
        assert!(ring.open(&salt, "person.id_number", &blob).is_err());
        for at in 0..blob.len() {
            let mut changed = blob.clone();
            changed[at] ^= 1;
            assert!(ring.open(&salt, "person.phone", &changed).is_err(), "byte {at}");
            assert!(ring.open(&salt, "person.phone", &blob[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_destroyed_salt_erases() {
        let (_folder, ring) = ring();
        assert!(matches!(ring.seal(&[0; 32], "a.b", "x"), Err(SecretError::Erased)));
        assert!(matches!(ring.seal(&[], "a.b", "x"), Err(SecretError::Erased)));
        assert!(matches!(ring.seal(&[1; 5], "a.b", "x"), Err(SecretError::SaltLength(5))));
    }

    #[test]
    fn old_values_open_after_a_rotation_also_in_another_process() {
        let (folder, ring) = ring();
        let theirs = Keyring::load_or_create(&folder.path().join("keys")).unwrap();
        let salt = Keyring::new_salt().unwrap();
        let old = ring.seal(&salt, "a.b", "旧").unwrap();
        assert_eq!(ring.rotate_master().unwrap(), 2);
        let new = ring.seal(&salt, "a.b", "新").unwrap();
        assert!(ring.needs_reseal(&old) && !ring.needs_reseal(&new));
        assert_eq!(theirs.open(&salt, "a.b", &new).unwrap(), "新");
        assert_eq!(ring.open(&salt, "a.b", &old).unwrap(), "旧");
    }

    #[test]
    fn blind_indexes_are_stable_and_differ_by_column_and_key() {
        let (_folder, ring) = ring();
        let (_other_folder, other) = self::ring();
        let digest = ring.blind("person.id", "x").unwrap();
        assert_eq!(ring.blind("person.id", "x").unwrap(), digest);
        assert_ne!(ring.blind("person.phone", "x").unwrap(), digest);
        assert_ne!(ring.blind("person.id", "y").unwrap(), digest);
        assert_ne!(other.blind("person.id", "x").unwrap(), digest);
    }
}
