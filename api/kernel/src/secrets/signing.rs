//! Ed25519 keys in a shared key file, and the signature under the head of the journal (design §3.7).

use std::fmt;
use std::path::Path;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SecretError;
use super::store::{Key32, Store, Stored, from_json, to_json};

const FILE: &str = "journal.json";
const FORMAT: u8 = 1;

/// A set of Ed25519 keys, one of them in use. Of the others only the public half is kept.
pub(super) struct KeySet {
    active: String,
    signer: SigningKey,
    public: Vec<PublicKey>,
}

/// The public half of a key and its id, the RFC 7638 thumbprint.
#[derive(Clone)]
pub(super) struct PublicKey {
    pub(super) id: String,
    pub(super) key: VerifyingKey,
}

/// The key file: public halves in hexadecimal, oldest first, and the seed of the active key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Disk {
    format: u8,
    active: String,
    seed: Key32,
    public: Vec<String>,
}

impl KeySet {
    /// A set of one new key.
    pub(super) fn first() -> Result<Self, SecretError> {
        Self::with_new_key(Vec::new())
    }

    /// The set with a new active key; the private half of the old one is gone with the file.
    pub(super) fn rotated(&self) -> Result<Self, SecretError> {
        Self::with_new_key(self.public.clone())
    }

    fn with_new_key(mut public: Vec<PublicKey>) -> Result<Self, SecretError> {
        let signer = SigningKey::from_bytes(Key32::random()?.bytes());
        let key = PublicKey::new(signer.verifying_key());
        let active = key.id.clone();
        public.push(key);
        Ok(Self { active, signer, public })
    }

    /// The set without one of its old keys.
    pub(super) fn without(&self, id: &str) -> Result<Self, SecretError> {
        if id == self.active {
            return Err(SecretError::ActiveKey);
        }
        self.find(id).ok_or_else(|| SecretError::UnknownKey(id.to_owned()))?;
        let public = self.public.iter().filter(|key| key.id != id).cloned().collect();
        Ok(Self { active: self.active.clone(), signer: self.signer.clone(), public })
    }

    /// The id of the key in use.
    pub(super) fn active(&self) -> &str {
        &self.active
    }

    /// The key in use.
    pub(super) fn signer(&self) -> &SigningKey {
        &self.signer
    }

    /// All public keys, oldest first.
    pub(super) fn public(&self) -> &[PublicKey] {
        &self.public
    }

    /// The public key of an id.
    pub(super) fn find(&self, id: &str) -> Option<&PublicKey> {
        self.public.iter().rev().find(|key| key.id == id)
    }
}

impl PublicKey {
    fn new(key: VerifyingKey) -> Self {
        Self { id: thumbprint(key.as_bytes()), key }
    }

    /// The `x` of the key's JWK (RFC 8037 §2).
    pub(super) fn x(&self) -> String {
        BASE64URL_NOPAD.encode(self.key.as_bytes())
    }
}

/// RFC 7638 over the members that RFC 8037 appendix A.3 names, in base64url.
fn thumbprint(key: &[u8; 32]) -> String {
    let x = BASE64URL_NOPAD.encode(key);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64URL_NOPAD.encode(&Sha256::digest(members.as_bytes()))
}

impl Stored for KeySet {
    fn decode(text: &[u8]) -> Result<Self, &'static str> {
        let disk: Disk = from_json(text)?;
        if disk.format != FORMAT {
            return Err("of a newer format");
        }
        let public = disk
            .public
            .iter()
            .map(|hex| {
                let bytes = HEXLOWER.decode(hex.as_bytes()).ok()?;
                let key = VerifyingKey::from_bytes(bytes.first_chunk::<32>()?).ok()?;
                (bytes.len() == 32 && !key.is_weak()).then(|| PublicKey::new(key))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or("a public key is none")?;
        let signer = SigningKey::from_bytes(disk.seed.bytes());
        if thumbprint(signer.verifying_key().as_bytes()) != disk.active {
            return Err("the seed is not that of the active key");
        }
        if !public.iter().any(|key| key.id == disk.active) {
            return Err("the active public key is missing");
        }
        Ok(Self { active: disk.active, signer, public })
    }

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        to_json(&Disk {
            format: FORMAT,
            active: self.active.clone(),
            seed: Key32::from_bytes(self.signer.as_bytes()),
            public: self.public.iter().map(|key| HEXLOWER.encode(key.key.as_bytes())).collect(),
        })
    }
}

/// Signs the journal's head and checks the signatures of all its heads, old keys' included.
///
/// Key file `journal.json`. Whoever has the public keys can check an anchor file without this program: the signature
/// is plain Ed25519 (RFC 8032) over the message as given.
pub struct JournalSigner(Store<KeySet>);

impl JournalSigner {
    /// Opens the key file in the folder, or makes it with a new key. Fails when folder or file cannot be had, are
    /// open to others, or make no sense.
    pub fn load_or_create(folder: &Path) -> Result<Self, SecretError> {
        Store::open(folder, FILE, Some(KeySet::first)).map(Self)
    }

    /// Opens the key file in the folder; fails with [`SecretError::Missing`] when there is none, so that a check of
    /// an old journal never makes keys of its own.
    pub fn load(folder: &Path) -> Result<Self, SecretError> {
        Store::open(folder, FILE, None).map(Self)
    }

    /// Signs a message with the active key; gives that key's id, which has to stand beside the signature.
    pub fn sign_with_id(&self, message: &[u8]) -> (String, [u8; 64]) {
        let keys = self.0.current();
        (keys.active().to_owned(), keys.signer().sign(message).to_bytes())
    }

    /// Signs a message with the active key. Where the key may be rotated meanwhile, use
    /// [`sign_with_id`](JournalSigner::sign_with_id).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.sign_with_id(message).1
    }

    /// The id of the active key: 43 characters, its RFC 7638 thumbprint.
    pub fn key_id(&self) -> String {
        self.0.current().active().to_owned()
    }

    /// Checks a signature. Fails with [`SecretError::UnknownKey`] or [`SecretError::Signature`].
    pub fn verify(
        &self,
        key_id: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SecretError> {
        let mut keys = self.0.current();
        if keys.find(key_id).is_none() {
            keys = self.0.fresh()?;
        }
        let key = keys.find(key_id).ok_or_else(|| SecretError::UnknownKey(key_id.to_owned()))?;
        Signature::from_slice(signature)
            .and_then(|signature| key.key.verify_strict(message, &signature))
            .map_err(|_| SecretError::Signature)
    }

    /// Signs with a new key from now on and destroys the old private half; gives the new id.
    pub fn rotate(&self) -> Result<String, SecretError> {
        Ok(self.0.change(KeySet::rotated)?.active().to_owned())
    }

    /// Ids and bytes of all public keys, oldest first, for whoever checks anchors elsewhere.
    pub fn public_keys(&self) -> Vec<(String, [u8; 32])> {
        self.0.current().public().iter().map(|key| (key.id.clone(), key.key.to_bytes())).collect()
    }
}

impl fmt::Debug for JournalSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JournalSigner").field(&self.key_id()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendices A.1 and A.3.
    #[test]
    fn the_published_thumbprint() {
        let seed = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_bytes(&seed.try_into().unwrap()).verifying_key();
        let key = PublicKey::new(key);
        assert_eq!(key.x(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn signs_and_tells_what_does_not_fit() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let signer = JournalSigner::load_or_create(&keys).unwrap();
        let (id, signature) = signer.sign_with_id(b"head");
        assert_eq!((id.as_str(), signature), (&*signer.key_id(), signer.sign(b"head")));
        signer.verify(&id, b"head", &signature).unwrap();
        assert!(matches!(signer.verify(&id, b"heaD", &signature), Err(SecretError::Signature)));
        assert!(matches!(signer.verify(&id, b"head", &signature[..63]), Err(SecretError::Signature)));
        let mut changed = signature;
        changed[40] ^= 1;
        assert!(matches!(signer.verify(&id, b"head", &changed), Err(SecretError::Signature)));
        assert!(matches!(signer.verify("none", b"head", &signature), Err(SecretError::UnknownKey(_))));
        let elsewhere = tempfile::tempdir().unwrap();
        let other = JournalSigner::load_or_create(&elsewhere.path().join("keys")).unwrap();
        assert!(matches!(other.verify(&id, b"head", &signature), Err(SecretError::UnknownKey(_))));
        assert!(matches!(
            signer.verify(&id, b"head", &other.sign(b"head")),
            Err(SecretError::Signature)
        ));
    }

    #[test]
    fn old_heads_stay_checkable_after_rotation_here_and_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let signer = JournalSigner::load_or_create(&keys).unwrap();
        let elsewhere = JournalSigner::load(&keys).unwrap();
        let (old, old_signature) = signer.sign_with_id(b"one");
        let new = elsewhere.rotate().unwrap();
        let signature = elsewhere.sign(b"two");
        signer.verify(&new, b"two", &signature).unwrap();
        assert_eq!(signer.key_id(), new);
        signer.verify(&old, b"one", &old_signature).unwrap();
        let again = JournalSigner::load(&keys).unwrap();
        again.verify(&old, b"one", &old_signature).unwrap();
        assert!(again.verify(&old, b"two", &signature).is_err());
        let ids: Vec<_> = again.public_keys().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [old, new]);
    }

    #[test]
    fn a_missing_or_mixed_up_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        assert!(matches!(JournalSigner::load(&keys), Err(SecretError::Missing(_))));
        let signer = JournalSigner::load_or_create(&keys).unwrap();
        let file = keys.join(FILE);
        let text = std::fs::read_to_string(&file).unwrap();
        let mut disk: serde_json::Value = serde_json::from_str(&text).unwrap();
        disk["seed"] = "11".repeat(32).into();
        std::fs::write(&file, disk.to_string()).unwrap();
        assert!(matches!(JournalSigner::load(&keys), Err(SecretError::Malformed { .. })));
        assert!(!format!("{signer:?}").contains("seed"));
        // The identity point, with which anyone can sign.
        let mut disk: serde_json::Value = serde_json::from_str(&text).unwrap();
        disk["public"][1] = format!("01{}", "00".repeat(31)).into();
        std::fs::write(&file, disk.to_string().replace("null", "\"\"")).unwrap();
        assert!(matches!(JournalSigner::load(&keys), Err(SecretError::Malformed { .. })));
    }
}
