//! The key that signs the head of the journal, and by which every process marks what it writes there: outside the
//! database, so that whoever can write there cannot make a journal that fits, nor an entry of it.

use std::collections::BTreeMap;
use std::path::Path;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::SecretError;
use super::store::{Key32, Store, Stored, from_json, to_json};

const FILE: &str = "journal.json";

#[derive(Clone, Serialize, Deserialize)]
struct Keys {
    active: String,
    keys: BTreeMap<String, Key32>,
}

impl Stored for Keys {
    fn decode(text: &[u8]) -> Result<Self, &'static str> {
        let keys: Self = from_json(text)?;
        if keys.keys.contains_key(&keys.active) { Ok(keys) } else { Err("the active key is not in it") }
    }

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        to_json(self)
    }
}

/// What the keys of MACs are derived for.
const MAC: &[u8] = b"minzheng journal mac";

/// Signs and checks with Ed25519; makes and checks MACs with HMAC-SHA-256 under a key derived from that of signatures.
pub struct JournalSigner {
    store: Store<Keys>,
    id: String,
    key: SigningKey,
    mac: Hmac<Sha256>,
}

impl JournalSigner {
    /// Opens the keys in a folder; makes one where there is none.
    pub fn load_or_create(folder: &Path) -> Result<Self, SecretError> {
        let first =
            || Ok(Keys { active: "j1".to_owned(), keys: BTreeMap::from([("j1".to_owned(), Key32::random()?)]) });
        Self::with(Store::open(folder, FILE, Some(first))?)
    }

    /// Opens the keys in a folder; fails with [`SecretError::Missing`] where there are none.
    pub fn load(folder: &Path) -> Result<Self, SecretError> {
        Self::with(Store::open(folder, FILE, None)?)
    }

    fn with(store: Store<Keys>) -> Result<Self, SecretError> {
        let keys = store.current();
        let key = keys.keys.get(&keys.active).ok_or_else(|| SecretError::UnknownKey(keys.active.clone()))?;
        let mac = mac_under(key)?;
        Ok(Self { id: keys.active.clone(), key: SigningKey::from_bytes(key.bytes()), mac, store })
    }

    /// Makes a new key, with which every process signs that is started from now on; signatures by the old ones
    /// still hold. Gives the new id.
    pub fn rotate(&self) -> Result<String, SecretError> {
        let keys = self.store.change(|keys| {
            // Keys are never taken out, so that the next number is free.
            let id = format!("j{}", keys.keys.len() + 1);
            let mut keys = keys.clone();
            keys.keys.insert(id.clone(), Key32::random()?);
            keys.active = id;
            Ok(keys)
        })?;
        Ok(keys.active.clone())
    }

    /// The id of the key that signs.
    pub fn key_id(&self) -> &str {
        &self.id
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The MAC of a message: only a process that has the key folder can make it.
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        self.mac.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// Whether a MAC is of this message, by any key there ever was.
    pub fn is_mac(&self, message: &[u8], mac: &[u8]) -> bool {
        let fits = |key: &Hmac<Sha256>| key.clone().chain_update(message).verify_slice(mac).is_ok();
        let any = |keys: &Keys| keys.keys.values().any(|key| mac_under(key).is_ok_and(|key| fits(&key)));
        // Another process may have been started with a new key.
        fits(&self.mac) || any(&self.store.current()) || self.store.fresh().is_ok_and(|keys| any(&keys))
    }

    /// Whether a signature is of this message, by the key of this id.
    pub fn verify(&self, key_id: &str, message: &[u8], signature: &[u8]) -> bool {
        let mut keys = self.store.current();
        if !keys.keys.contains_key(key_id)
            && let Ok(fresh) = self.store.fresh()
        {
            keys = fresh;
        }
        let Some(public) = keys.keys.get(key_id).map(|key| VerifyingKey::from(&SigningKey::from_bytes(key.bytes())))
        else {
            return false;
        };
        Signature::from_slice(signature).is_ok_and(|signature| public.verify_strict(message, &signature).is_ok())
    }
}

impl JournalSigner {
    /// Whether a signature is of this message, by any key there ever was; both in hexadecimal.
    pub fn is_signed(&self, message: &str, signature: &str) -> bool {
        let (Ok(message), Ok(signature)) = (hex::decode(message), hex::decode(signature)) else { return false };
        let ids: Vec<String> = self.store.current().keys.keys().cloned().collect();
        ids.iter().any(|id| self.verify(id, &message, &signature))
    }
}

fn mac_under(key: &Key32) -> Result<Hmac<Sha256>, SecretError> {
    let mut derived = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, key.bytes()).expand(MAC, &mut *derived).map_err(|_| SecretError::Seal)?;
    Hmac::new_from_slice(&*derived).map_err(|_| SecretError::Seal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_fits_its_message_and_folder_only_also_after_a_rotation() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let signer = JournalSigner::load_or_create(&one.path().join("keys")).unwrap();
        let other = JournalSigner::load_or_create(&two.path().join("keys")).unwrap();
        let old = signer.mac(b"entry");
        assert!(signer.is_mac(b"entry", &old));
        assert!(
            !signer.is_mac(b"entri", &old) && !signer.is_mac(b"entry", &old[..16]) && !signer.is_mac(b"entry", b"")
        );
        assert!(!other.is_mac(b"entry", &old));
        signer.rotate().unwrap();
        let next = JournalSigner::load(&one.path().join("keys")).unwrap();
        assert!(next.is_mac(b"entry", &old));
        let new = next.mac(b"entry");
        assert_ne!(new, old);
        assert!(signer.is_mac(b"entry", &new), "a running process knows the new key too");
    }

    #[test]
    fn a_signature_fits_its_message_and_key_only() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let signer = JournalSigner::load_or_create(&one.path().join("keys")).unwrap();
        let other = JournalSigner::load_or_create(&two.path().join("keys")).unwrap();
        let signature = signer.sign(b"head");
        assert!(signer.verify(signer.key_id(), b"head", &signature));
        assert!(!signer.verify(signer.key_id(), b"tail", &signature));
        assert!(!signer.verify("j9", b"head", &signature));
        assert!(!other.verify(other.key_id(), b"head", &signature));
        let again = JournalSigner::load_or_create(&one.path().join("keys")).unwrap();
        assert!(again.verify(signer.key_id(), b"head", &signature));
    }

    #[test]
    fn what_was_signed_before_a_rotation_still_holds() {
        let folder = tempfile::tempdir().unwrap();
        let signer = JournalSigner::load_or_create(&folder.path().join("keys")).unwrap();
        let old = signer.sign(b"head");
        assert_eq!(signer.rotate().unwrap(), "j2");
        let next = JournalSigner::load(&folder.path().join("keys")).unwrap();
        assert_eq!(next.key_id(), "j2");
        let new = next.sign(b"head");
        assert_ne!(new, old);
        assert!(
            next.verify("j1", b"head", &old) && next.verify("j2", b"head", &new) && !next.verify("j2", b"head", &old)
        );
        assert!(signer.verify("j2", b"head", &new), "a running process knows the new key too");
    }
}
