//! Master keys, the keys of owners derived from them, and the blind-index key.
//!
//! A sealed value is `version(1) provider(1) key(2, big-endian) nonce(12) ciphertext tag(16)`: 32 bytes more than the
//! text. Its key is `HKDF-SHA256(salt: the owner's, ikm: the master key, info: label ‖ provider ‖ key id)`, its
//! associated data the four bytes of the header and the context, so a value opens only for its owner, in its column,
//! unchanged. The plaintext's length shows.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::provider::{Ciphers, NONCE_LENGTH};
use super::store::{Key32, Store, Stored, from_json, to_json};
use super::{SecretError, random_bytes};

/// Length of an owner's salt in bytes.
pub const SALT_LENGTH: usize = 32;

const FILE: &str = "keyring.json";
const FORMAT: u8 = 1;
const BLOB_VERSION: u8 = 1;
const HEADER_LENGTH: usize = 4;
const OWNER_LABEL: &[u8] = b"minzheng owner key 1";

/// The key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Disk {
    format: u8,
    active: u16,
    masters: Vec<Master>,
    index: Key32,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Master {
    id: u16,
    key: Key32,
}

/// The key file in memory.
struct Keys {
    active: u16,
    masters: Vec<Master>,
    index: Key32,
    /// HMAC with the index key's two compressions already done.
    indexer: Hmac<Sha256>,
}

impl Keys {
    fn new(active: u16, masters: Vec<Master>, index: Key32) -> Result<Self, &'static str> {
        let distinct = masters
            .iter()
            .enumerate()
            .all(|(place, master)| masters.iter().skip(place + 1).all(|m| m.id != master.id));
        if !distinct {
            return Err("a master key id stands twice");
        }
        if !masters.iter().any(|master| master.id == active) {
            return Err("the active master key is missing");
        }
        let indexer = Hmac::new_from_slice(index.bytes()).map_err(|_| "the index key is no key")?;
        Ok(Self { active, masters, index, indexer })
    }

    fn first() -> Result<Self, SecretError> {
        let masters = vec![Master { id: 1, key: Key32::random()? }];
        Self::new(1, masters, Key32::random()?).map_err(|_| SecretError::Seal)
    }

    fn master(&self, id: u16) -> Option<&Key32> {
        self.masters.iter().rev().find(|master| master.id == id).map(|master| &master.key)
    }
}

impl Stored for Keys {
    fn decode(text: &[u8]) -> Result<Self, &'static str> {
        let disk: Disk = from_json(text)?;
        if disk.format != FORMAT {
            return Err("of a newer format");
        }
        Self::new(disk.active, disk.masters, disk.index)
    }

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        to_json(&Disk {
            format: FORMAT,
            active: self.active,
            masters: self.masters.clone(),
            index: self.index.clone(),
        })
    }
}

/// Which cipher and which master key a value was sealed with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Origin {
    cipher: u8,
    master: u16,
}

impl Origin {
    fn header(self) -> [u8; HEADER_LENGTH] {
        let [high, low] = self.master.to_be_bytes();
        [BLOB_VERSION, self.cipher, high, low]
    }

    /// Splits a sealed value into its origin, nonce and ciphertext.
    fn parse(blob: &[u8]) -> Result<(Self, &[u8; NONCE_LENGTH], &[u8]), SecretError> {
        let cut = || SecretError::Blob("cut short");
        let (&[version, cipher, high, low], rest) =
            blob.split_first_chunk::<HEADER_LENGTH>().ok_or_else(cut)?;
        if version != BLOB_VERSION {
            return Err(SecretError::Blob("of a newer version"));
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or_else(cut)?;
        Ok((Self { cipher, master: u16::from_be_bytes([high, low]) }, nonce, sealed))
    }

    fn associated(self, context: &str) -> Vec<u8> {
        [&self.header(), context.as_bytes()].concat()
    }
}

struct Inner {
    store: Store<Keys>,
    ciphers: Ciphers,
}

/// The keys that seal personal fields, shared by all clones and, through the key file, by all processes.
///
/// A rotation by another process is seen within a second, and at once where a value names the new key.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

impl Keyring {
    /// Opens `keyring.json` in the folder, or makes folder and file (modes 0700 and 0600) with new keys.
    ///
    /// Only for a database that has no sealed value yet: new keys beside old values would leave those unreadable.
    /// Fails when the folder or file cannot be had, are open to others, or make no sense.
    pub fn load_or_create(folder: &Path, ciphers: Ciphers) -> Result<Self, SecretError> {
        Self::open_store(folder, ciphers, Some(Keys::first))
    }

    /// Opens `keyring.json` in the folder; fails with [`SecretError::Missing`] when it is not there, and as
    /// [`load_or_create`](Keyring::load_or_create) does.
    pub fn load(folder: &Path, ciphers: Ciphers) -> Result<Self, SecretError> {
        Self::open_store(folder, ciphers, None)
    }

    fn open_store(
        folder: &Path,
        ciphers: Ciphers,
        first: Option<fn() -> Result<Keys, SecretError>>,
    ) -> Result<Self, SecretError> {
        let store = Store::open(folder, FILE, first)?;
        Ok(Self(Arc::new(Inner { store, ciphers })))
    }

    /// A new owner's salt, to be kept in a column of the owner's row. Setting that column to null erases the owner.
    pub fn new_salt() -> Result<[u8; SALT_LENGTH], SecretError> {
        random_bytes()
    }

    /// The key of one owner, for all fields of a row: derived at the first use and then kept with this value.
    ///
    /// Fails with [`SecretError::Erased`] for an empty or zero salt, [`SecretError::SaltLength`] for another length.
    pub fn owner(&self, salt: &[u8]) -> Result<OwnerKey, SecretError> {
        if salt.iter().all(|&byte| byte == 0) {
            return Err(SecretError::Erased);
        }
        let salt = <[u8; SALT_LENGTH]>::try_from(salt)
            .map(Zeroizing::new)
            .map_err(|_| SecretError::SaltLength(salt.len()))?;
        Ok(OwnerKey {
            keyring: self.clone(),
            keys: self.0.store.current(),
            salt,
            newest: OnceLock::new(),
            older: OnceLock::new(),
        })
    }

    /// Seals one value of an owner for one context (`table.column`); see [`OwnerKey::seal`].
    pub fn seal(&self, salt: &[u8], context: &str, plain: &str) -> Result<Vec<u8>, SecretError> {
        self.owner(salt)?.seal(context, plain)
    }

    /// Opens one value of an owner; see [`OwnerKey::open`].
    pub fn open(&self, salt: &[u8], context: &str, blob: &[u8]) -> Result<String, SecretError> {
        self.owner(salt)?.open(context, blob)
    }

    /// The blind index of a normalised value in a context: equal values give equal indexes within a context, and
    /// nothing else can be told without the index key. HMAC-SHA256 cut to 128 bits; the caller normalises
    /// (width, case, blanks), else equal values are not found.
    pub fn blind(&self, context: &str, normalised: &str) -> [u8; 16] {
        let mut mac = self.0.store.current().indexer.clone();
        // The length before the context keeps ("ab", "c") apart from ("a", "bc").
        mac.update(&(context.len() as u64).to_be_bytes());
        mac.update(context.as_bytes());
        mac.update(normalised.as_bytes());
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let [low, _] = halves(whole);
        low
    }

    /// Whether a sealed value should be sealed anew: made with an older master key, another cipher, or not readable
    /// as a sealed value at all (opening it then tells why).
    pub fn needs_reseal(&self, blob: &[u8]) -> bool {
        let now = self.origin(&self.0.store.current());
        Origin::parse(blob).map_or(true, |(origin, ..)| origin != now)
    }

    /// Adds a new master key and seals with it from now on; older keys still open. Gives the new key's id.
    /// Fails when the key file cannot be replaced, or after 65,535 rotations.
    pub fn rotate_master(&self) -> Result<u16, SecretError> {
        let keys = self.0.store.change(|keys| {
            let newest = keys.masters.iter().map(|master| master.id).max().unwrap_or(0);
            let id = newest.checked_add(1).ok_or(SecretError::KeyIdsExhausted)?;
            let mut masters = keys.masters.clone();
            masters.push(Master { id, key: Key32::random()? });
            Keys::new(id, masters, keys.index.clone()).map_err(|_| SecretError::Seal)
        })?;
        Ok(keys.active)
    }

    /// The id of the master key that seals.
    pub fn active_master(&self) -> u16 {
        self.0.store.current().active
    }

    /// Tells this keyring from every other (16 hexadecimal digits, no secret). Kept in the database, it shows at start
    /// that the keys belong to it; rotation does not change it.
    pub fn check_value(&self) -> String {
        let [low, _] = halves::<16, 8>(self.blind("minzheng keyring", "check value"));
        HEXLOWER.encode(&low)
    }

    fn origin(&self, keys: &Keys) -> Origin {
        Origin { cipher: self.0.ciphers.active().id(), master: keys.active }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("ciphers", &self.0.ciphers).finish_non_exhaustive()
    }
}

/// The two halves of an array.
fn halves<const N: usize, const H: usize>(whole: [u8; N]) -> [[u8; H]; 2] {
    const { assert!(N == 2 * H) };
    let mut parts = [[0; H]; 2];
    for (to, from) in parts.as_flattened_mut().iter_mut().zip(whole) {
        *to = from;
    }
    parts
}

type DataKey = Zeroizing<[u8; 32]>;

/// The key of one owner, good for all fields of a row; wiped when dropped.
///
/// Belongs to one row's reading or writing: it keeps the master key that was active when it was made.
pub struct OwnerKey {
    keyring: Keyring,
    keys: Arc<Keys>,
    salt: Zeroizing<[u8; SALT_LENGTH]>,
    newest: OnceLock<DataKey>,
    older: OnceLock<(Origin, DataKey)>,
}

impl OwnerKey {
    /// Seals a text for one context, `table.column`, with the active master key and cipher.
    ///
    /// Two sealings of one text differ. Fails when there is no randomness or the module refuses.
    pub fn seal(&self, context: &str, plain: &str) -> Result<Vec<u8>, SecretError> {
        let origin = self.keyring.origin(&self.keys);
        let nonce: [u8; NONCE_LENGTH] = random_bytes()?;
        let sealed = self.keyring.0.ciphers.active().seal(
            &*self.data_key(origin)?,
            &nonce,
            &origin.associated(context),
            plain.as_bytes(),
        )?;
        Ok([&origin.header()[..], &nonce, &sealed].concat())
    }

    /// Opens what was sealed for this owner and context, with whichever key and cipher it names.
    ///
    /// Fails with [`SecretError::Open`] for another owner, another context or a changed byte, with
    /// [`SecretError::Blob`], [`SecretError::UnknownCipher`] or [`SecretError::UnknownKey`] when it names what is not
    /// there.
    pub fn open(&self, context: &str, blob: &[u8]) -> Result<String, SecretError> {
        let (origin, nonce, sealed) = Origin::parse(blob)?;
        let plain = self.keyring.0.ciphers.get(origin.cipher)?.open(
            &*self.data_key(origin)?,
            nonce,
            &origin.associated(context),
            sealed,
        )?;
        String::from_utf8(plain).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            SecretError::NotText
        })
    }

    /// Whether a value of this owner should be sealed anew; see [`Keyring::needs_reseal`].
    pub fn needs_reseal(&self, blob: &[u8]) -> bool {
        self.keyring.needs_reseal(blob)
    }

    /// The owner's key for an origin: two are remembered, so that a row half resealed costs two derivations.
    fn data_key(&self, origin: Origin) -> Result<DataKey, SecretError> {
        if origin == self.keyring.origin(&self.keys) {
            if let Some(key) = self.newest.get() {
                return Ok(key.clone());
            }
            let key = self.derive(origin)?;
            return Ok(self.newest.get_or_init(|| key).clone());
        }
        match self.older.get() {
            Some((kept, key)) if *kept == origin => Ok(key.clone()),
            Some(_) => self.derive(origin),
            None => {
                let key = self.derive(origin)?;
                self.older.get_or_init(|| (origin, key.clone()));
                Ok(key)
            }
        }
    }

    fn derive(&self, origin: Origin) -> Result<DataKey, SecretError> {
        if let Some(master) = self.keys.master(origin.master) {
            return self.derive_from(master, origin);
        }
        // Perhaps another process has rotated since.
        let keys = self.keyring.0.store.fresh()?;
        let master = keys
            .master(origin.master)
            .ok_or_else(|| SecretError::UnknownKey(origin.master.to_string()))?;
        self.derive_from(master, origin)
    }

    fn derive_from(&self, master: &Key32, origin: Origin) -> Result<DataKey, SecretError> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(&*self.salt), master.bytes())
            .expand_multi_info(&[OWNER_LABEL, &origin.header()], &mut *key)
            .map_err(|_| SecretError::Seal)?;
        Ok(key)
    }
}

impl fmt::Debug for OwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnerKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secrets::{Aes256GcmSiv, Provider};

    const COLUMN: &str = "person.id_number";

    fn keyring(folder: &Path, provider: Provider) -> Keyring {
        Keyring::load_or_create(&folder.join("keys"), Ciphers::software(provider)).unwrap()
    }

    #[test]
    fn opens_only_for_its_owner_and_column() {
        for provider in [Provider::Aes256GcmSiv, Provider::Sm4Gcm] {
            let folder = tempfile::tempdir().unwrap();
            let ring = keyring(folder.path(), provider);
            let (a, b) = (Keyring::new_salt().unwrap(), Keyring::new_salt().unwrap());
            let sealed = ring.seal(&a, COLUMN, "430199199001011234").unwrap();
            assert_eq!(sealed.len(), 18 + 32);
            assert_eq!(ring.open(&a, COLUMN, &sealed).unwrap(), "430199199001011234");
            assert!(matches!(ring.open(&b, COLUMN, &sealed), Err(SecretError::Open)));
            assert!(matches!(ring.open(&a, "person.phone", &sealed), Err(SecretError::Open)));
            assert_ne!(sealed, ring.seal(&a, COLUMN, "430199199001011234").unwrap());
        }
    }

    #[test]
    fn another_keyring_opens_nothing() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, two) =
            (keyring(one.path(), Provider::default()), keyring(two.path(), Provider::default()));
        let salt = Keyring::new_salt().unwrap();
        let sealed = one.seal(&salt, COLUMN, "x").unwrap();
        assert!(matches!(two.open(&salt, COLUMN, &sealed), Err(SecretError::Open)));
        assert_ne!(one.blind(COLUMN, "x"), two.blind(COLUMN, "x"));
        assert_ne!(one.check_value(), two.check_value());
    }

    #[test]
    fn no_byte_can_be_changed_and_none_left_out() {
        for provider in [Provider::Aes256GcmSiv, Provider::Sm4Gcm] {
            let folder = tempfile::tempdir().unwrap();
            let ring = keyring(folder.path(), provider);
            ring.rotate_master().unwrap();
            let salt = Keyring::new_salt().unwrap();
            let sealed = ring.seal(&salt, COLUMN, "岳麓区").unwrap();
            for place in 0..sealed.len() {
                for bit in 0..8 {
                    let mut changed = sealed.clone();
                    changed[place] ^= 1 << bit;
                    assert!(ring.open(&salt, COLUMN, &changed).is_err(), "{place}.{bit}");
                }
                assert!(ring.open(&salt, COLUMN, &sealed[..place]).is_err());
            }
        }
    }

    #[test]
    fn a_destroyed_salt_erases() {
        let folder = tempfile::tempdir().unwrap();
        let ring = keyring(folder.path(), Provider::default());
        let salt = Keyring::new_salt().unwrap();
        let sealed = ring.seal(&salt, COLUMN, "x").unwrap();
        assert!(matches!(ring.open(&[], COLUMN, &sealed), Err(SecretError::Erased)));
        assert!(matches!(ring.open(&[0; 32], COLUMN, &sealed), Err(SecretError::Erased)));
        assert!(matches!(ring.seal(&[0; 32], COLUMN, "x"), Err(SecretError::Erased)));
        assert!(matches!(ring.seal(&salt[..31], COLUMN, "x"), Err(SecretError::SaltLength(31))));
    }

    #[test]
    fn rotation_keeps_old_values_readable_and_says_what_to_reseal() {
        let folder = tempfile::tempdir().unwrap();
        let ring = keyring(folder.path(), Provider::default());
        let salt = Keyring::new_salt().unwrap();
        let index = ring.blind(COLUMN, "x");
        let old = ring.seal(&salt, COLUMN, "x").unwrap();
        assert!(!ring.needs_reseal(&old));
        assert_eq!(ring.rotate_master().unwrap(), 2);
        assert!(ring.needs_reseal(&old));
        let owner = ring.owner(&salt).unwrap();
        let new = owner.seal(COLUMN, &owner.open(COLUMN, &old).unwrap()).unwrap();
        assert!(!owner.needs_reseal(&new));
        assert_eq!(owner.open(COLUMN, &new).unwrap(), "x");
        assert_eq!(owner.open(COLUMN, &old).unwrap(), "x");
        assert_eq!(ring.blind(COLUMN, "x"), index);
        // What one process forgets, the file keeps.
        let again = keyring(folder.path(), Provider::default());
        assert_eq!((again.active_master(), again.open(&salt, COLUMN, &old).unwrap()), (2, "x".into()));
        assert_eq!(again.check_value(), ring.check_value());
    }

    #[test]
    fn the_cipher_can_be_changed() {
        let folder = tempfile::tempdir().unwrap();
        let aes = keyring(folder.path(), Provider::Aes256GcmSiv);
        let sm4 = keyring(folder.path(), Provider::Sm4Gcm);
        let salt = Keyring::new_salt().unwrap();
        let sealed = aes.seal(&salt, COLUMN, "x").unwrap();
        assert!(sm4.needs_reseal(&sealed) && !aes.needs_reseal(&sealed));
        assert_eq!(sm4.open(&salt, COLUMN, &sealed).unwrap(), "x");
        let sealed = sm4.seal(&salt, COLUMN, "y").unwrap();
        assert_eq!(aes.open(&salt, COLUMN, &sealed).unwrap(), "y");
    }

    #[test]
    fn another_process_rotation_is_followed_at_once_when_its_key_is_met() {
        let folder = tempfile::tempdir().unwrap();
        let ours = keyring(folder.path(), Provider::default());
        let theirs = keyring(folder.path(), Provider::default());
        let salt = Keyring::new_salt().unwrap();
        let owner = ours.owner(&salt).unwrap();
        theirs.rotate_master().unwrap();
        let sealed = theirs.seal(&salt, COLUMN, "x").unwrap();
        assert_eq!(owner.open(COLUMN, &sealed).unwrap(), "x");
        assert_eq!(ours.active_master(), 2);
        assert_eq!(ours.rotate_master().unwrap(), 3);
    }

    #[test]
    fn unknown_keys_ciphers_and_versions_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let ring = keyring(folder.path(), Provider::default());
        let salt = Keyring::new_salt().unwrap();
        let sealed = ring.seal(&salt, COLUMN, "x").unwrap();
        let with = |place: usize, value: u8| {
            let mut changed = sealed.clone();
            changed[place] = value;
            ring.open(&salt, COLUMN, &changed).unwrap_err()
        };
        assert!(matches!(with(0, 2), SecretError::Blob(_)));
        assert!(matches!(with(1, 77), SecretError::UnknownCipher(77)));
        assert!(matches!(with(3, 9), SecretError::UnknownKey(id) if id == "9"));
        assert!(ring.needs_reseal(&[]));
        assert!(matches!(ring.open(&salt, COLUMN, &[]), Err(SecretError::Blob(_))));
    }

    #[test]
    fn blind_indexes_are_per_context() {
        let folder = tempfile::tempdir().unwrap();
        let ring = keyring(folder.path(), Provider::default());
        assert_eq!(ring.blind("a.b", "13800000000"), ring.blind("a.b", "13800000000"));
        assert_ne!(ring.blind("a.b", "13800000000"), ring.blind("a.c", "13800000000"));
        assert_ne!(ring.blind("ab", "c"), ring.blind("a", "bc"));
        assert_ne!(ring.blind("ab", "c"), ring.blind("abc", ""));
    }

    #[test]
    fn a_missing_keyring_is_not_made_where_values_hang_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let ciphers = Ciphers::software(Provider::default());
        assert!(matches!(Keyring::load(&keys, ciphers.clone()), Err(SecretError::Missing(_))));
        Keyring::load_or_create(&keys, ciphers.clone()).unwrap();
        Keyring::load(&keys, ciphers).unwrap();
    }

    #[test]
    fn broken_key_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let ring = keyring(folder.path(), Provider::default());
        ring.rotate_master().unwrap();
        let file = folder.path().join("keys").join(FILE);
        let good = std::fs::read_to_string(&file).unwrap();
        for (from, to) in [
            ("\"active\": 2", "\"active\": 3"),
            ("\"id\": 1", "\"id\": 2"),
            ("\"format\": 1", "\"format\": 2"),
            ("\"index\"", "\"indices\""),
        ] {
            assert!(good.contains(from));
            std::fs::write(&file, good.replace(from, to)).unwrap();
            let ciphers = Ciphers::software(Provider::default());
            let error = Keyring::load(&folder.path().join("keys"), ciphers).unwrap_err();
            assert!(matches!(error, SecretError::Malformed { .. }), "{to}: {error}");
        }
    }

    #[test]
    fn a_module_can_take_the_place_of_a_cipher() {
        struct Module;
        impl crate::secrets::FieldCipher for Module {
            fn id(&self) -> u8 {
                200
            }
            fn name(&self) -> &'static str {
                "module"
            }
            fn seal(&self, k: &[u8; 32], n: &[u8; 12], a: &[u8], p: &[u8]) -> Result<Vec<u8>, SecretError> {
                Aes256GcmSiv.seal(k, n, a, p)
            }
            fn open(&self, k: &[u8; 32], n: &[u8; 12], a: &[u8], s: &[u8]) -> Result<Vec<u8>, SecretError> {
                Aes256GcmSiv.open(k, n, a, s)
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let software = Ciphers::software(Provider::default());
        let module = software.clone().with(Arc::new(Module));
        let module = Keyring::load_or_create(&keys, module).unwrap();
        let software = Keyring::load(&keys, software).unwrap();
        let salt = Keyring::new_salt().unwrap();
        let sealed = module.seal(&salt, COLUMN, "x").unwrap();
        assert_eq!(sealed[1], 200);
        assert_eq!(module.open(&salt, COLUMN, &sealed).unwrap(), "x");
        assert!(matches!(software.open(&salt, COLUMN, &sealed), Err(SecretError::UnknownCipher(200))));
        let old = software.seal(&salt, COLUMN, "x").unwrap();
        assert_eq!(module.open(&salt, COLUMN, &old).unwrap(), "x");
    }

    #[test]
    fn nothing_secret_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let ring = keyring(folder.path(), Provider::default());
        let file = std::fs::read_to_string(folder.path().join("keys").join(FILE)).unwrap();
        let shown = format!("{ring:?} {:?}", ring.owner(&[1; 32]).unwrap());
        let disk: serde_json::Value = serde_json::from_str(&file).unwrap();
        assert!(!shown.contains(disk["index"].as_str().unwrap()));
        assert!(shown.contains("aes-256-gcm-siv") && shown.contains("OwnerKey(…)"), "{shown}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_sealed_opens(plain in any::<String>(), context in "[a-z_]{1,20}\\.[a-z_]{1,20}", salt in any::<[u8; 32]>(), sm4 in any::<bool>(), other in any::<[u8; 32]>()) {
            prop_assume!(salt != [0; 32] && other != [0; 32] && salt != other);
            let folder = tempfile::tempdir().unwrap();
            let ring = keyring(folder.path(), if sm4 { Provider::Sm4Gcm } else { Provider::Aes256GcmSiv });
            let sealed = ring.seal(&salt, &context, &plain).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + 32);
            prop_assert_eq!(ring.open(&salt, &context, &sealed).unwrap(), plain);
            prop_assert!(ring.open(&other, &context, &sealed).is_err());
            prop_assert!(ring.open(&salt, &format!("{context}x"), &sealed).is_err());
        }
    }
}
