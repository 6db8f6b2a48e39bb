//! The algorithms that seal a field, behind one trait, so that a hardware module can take their place.

use std::str::FromStr;
use std::sync::Arc;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use sm4::Sm4;

use super::SecretError;

/// Length of a nonce in bytes; all providers use 96 bits.
pub const NONCE_LENGTH: usize = 12;

/// Authenticated encryption of one short value.
///
/// A provider gets a key derived for one owner, one master key and one [`id`](FieldCipher::id), never the master key.
/// Whoever replaces a provider by hardware under the same id must give the same bytes.
pub trait FieldCipher: Send + Sync {
    /// The byte that stands in every sealed value. 1–127 belong to this project, 128–255 to a site's own modules.
    fn id(&self) -> u8;

    /// The name in configuration and logs.
    fn name(&self) -> &'static str;

    /// Encrypts `plain` and binds it to `aad`; gives ciphertext and tag. Fails when the module refuses.
    fn seal(
        &self,
        key: &[u8; 32],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SecretError>;

    /// Checks and decrypts what [`seal`](FieldCipher::seal) gave. Fails with [`SecretError::Open`] when key, nonce,
    /// `aad` or any byte differs.
    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SecretError>;
}

/// AES-256-GCM-SIV (RFC 8452), the default: a nonce used twice tells no more than that two values are equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Aes256GcmSiv;

impl FieldCipher for Aes256GcmSiv {
    fn id(&self) -> u8 {
        1
    }

    fn name(&self) -> &'static str {
        "aes-256-gcm-siv"
    }

    fn seal(
        &self,
        key: &[u8; 32],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SecretError> {
        aes_gcm_siv::Aes256GcmSiv::new(key.into())
            .encrypt(nonce.into(), Payload { msg: plain, aad })
            .map_err(|_| SecretError::Seal)
    }

    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SecretError> {
        aes_gcm_siv::Aes256GcmSiv::new(key.into())
            .decrypt(nonce.into(), Payload { msg: sealed, aad })
            .map_err(|_| SecretError::Open)
    }
}

/// SM4-GCM (GB/T 32907-2016, GB/T 36624-2018; `AEAD_SM4_GCM` of RFC 8998) under the first 16 bytes of the key.
///
/// Nonces are random: they may not repeat under one key, which holds because a key serves one owner's few values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sm4Gcm;

impl Sm4Gcm {
    fn cipher(key: &[u8; 32]) -> Option<AesGcm<Sm4, U12>> {
        let (first, _) = key.split_first_chunk::<16>()?;
        Some(AesGcm::new(first.into()))
    }
}

impl FieldCipher for Sm4Gcm {
    fn id(&self) -> u8 {
        2
    }

    fn name(&self) -> &'static str {
        "sm4-gcm"
    }

    fn seal(
        &self,
        key: &[u8; 32],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SecretError> {
        Self::cipher(key)
            .and_then(|cipher| cipher.encrypt(nonce.into(), Payload { msg: plain, aad }).ok())
            .ok_or(SecretError::Seal)
    }

    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SecretError> {
        Self::cipher(key)
            .and_then(|cipher| cipher.decrypt(nonce.into(), Payload { msg: sealed, aad }).ok())
            .ok_or(SecretError::Open)
    }
}

/// The built-in algorithm to seal with, as configured by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// `aes-256-gcm-siv`
    #[default]
    Aes256GcmSiv,
    /// `sm4-gcm`
    Sm4Gcm,
}

impl FromStr for Provider {
    type Err = String;

    /// Reads the name in the configuration; the error says which names there are.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "aes-256-gcm-siv" => Ok(Self::Aes256GcmSiv),
            "sm4-gcm" => Ok(Self::Sm4Gcm),
            _ => Err("the field cipher is aes-256-gcm-siv or sm4-gcm".to_owned()),
        }
    }
}

/// The installed ciphers: all of them open, one seals.
#[derive(Clone)]
pub struct Ciphers {
    installed: Vec<Arc<dyn FieldCipher>>,
    active: Arc<dyn FieldCipher>,
}

impl Ciphers {
    /// Both built-in ciphers, sealing with the one named.
    pub fn software(seal_with: Provider) -> Self {
        let aes: Arc<dyn FieldCipher> = Arc::new(Aes256GcmSiv);
        let sm4: Arc<dyn FieldCipher> = Arc::new(Sm4Gcm);
        let active = match seal_with {
            Provider::Aes256GcmSiv => Arc::clone(&aes),
            Provider::Sm4Gcm => Arc::clone(&sm4),
        };
        Self { installed: vec![aes, sm4], active }
    }

    /// Installs a module, in place of the cipher of the same id if there is one, and seals with it from now on.
    #[must_use]
    pub fn with(mut self, module: Arc<dyn FieldCipher>) -> Self {
        self.installed.retain(|cipher| cipher.id() != module.id());
        self.installed.push(Arc::clone(&module));
        self.active = module;
        self
    }

    /// The cipher that seals.
    pub fn active(&self) -> &dyn FieldCipher {
        &*self.active
    }

    /// The cipher of an id; fails with [`SecretError::UnknownCipher`].
    pub fn get(&self, id: u8) -> Result<&dyn FieldCipher, SecretError> {
        self.installed
            .iter()
            .find(|cipher| cipher.id() == id)
            .map(|cipher| &**cipher)
            .ok_or(SecretError::UnknownCipher(id))
    }
}

impl std::fmt::Debug for Ciphers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ciphers").field("active", &self.active.name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;

    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        HEX.decode(hex.as_bytes()).unwrap().try_into().unwrap()
    }

    /// RFC 8998, appendix A.1.
    #[test]
    fn sm4_gcm_gives_the_published_vector() {
        let mut key = [0x5a; 32];
        key[..16].copy_from_slice(&bytes::<16>("0123456789ABCDEFFEDCBA9876543210"));
        let nonce = bytes("00001234567800000000ABCD");
        let aad = bytes::<20>("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
        let plain = bytes::<64>(
            "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD\
             EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA",
        );
        let expected = bytes::<80>(
            "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735\
             D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D\
             83DE3541E4C2B58177E065A9BF7B62EC",
        );
        let sealed = Sm4Gcm.seal(&key, &nonce, &aad, &plain).unwrap();
        assert_eq!(sealed, expected);
        assert_eq!(Sm4Gcm.open(&key, &nonce, &aad, &sealed).unwrap(), plain);
    }

    /// RFC 8452, appendix C.2.
    #[test]
    fn aes_256_gcm_siv_gives_the_published_vector() {
        let key = bytes("0100000000000000000000000000000000000000000000000000000000000000");
        let nonce = bytes("030000000000000000000000");
        let sealed = Aes256GcmSiv.seal(&key, &nonce, b"", &bytes::<8>("0100000000000000")).unwrap();
        assert_eq!(sealed, bytes::<24>("c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"));
    }

    #[test]
    fn every_part_is_authenticated() {
        for cipher in [&Aes256GcmSiv as &dyn FieldCipher, &Sm4Gcm] {
            let (key, nonce) = ([7; 32], [9; NONCE_LENGTH]);
            let sealed = cipher.seal(&key, &nonce, b"person.id_number", b"430199").unwrap();
            let mut other_key = key;
            other_key[0] ^= 1;
            let mut other_nonce = nonce;
            other_nonce[11] ^= 1;
            assert!(cipher.open(&other_key, &nonce, b"person.id_number", &sealed).is_err());
            assert!(cipher.open(&key, &other_nonce, b"person.id_number", &sealed).is_err());
            assert!(cipher.open(&key, &nonce, b"person.phone", &sealed).is_err());
            assert!(cipher.open(&key, &nonce, b"person.id_number", &sealed[..4]).is_err());
            for place in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[place] ^= 0x80;
                assert!(cipher.open(&key, &nonce, b"person.id_number", &changed).is_err());
            }
        }
    }

    #[test]
    fn names_are_those_of_the_configuration() {
        for provider in [Provider::Aes256GcmSiv, Provider::Sm4Gcm] {
            assert_eq!(Ciphers::software(provider).active().name().parse(), Ok(provider));
        }
        assert!("sm4".parse::<Provider>().is_err());
        assert!(matches!(Ciphers::software(Provider::Sm4Gcm).get(9), Err(SecretError::UnknownCipher(9))));
    }
}
