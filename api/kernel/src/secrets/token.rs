//! Opaque random tokens, and comparison that does not tell by its time where two values differ.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{SecretError, fill_random};

const BYTES: usize = 32;
const LETTERS: usize = 43;

/// A random token of 256 bits, such as a refresh token: shown once to the client, stored only as its digest.
///
/// A plain SHA-256 is enough for the digest, since 256 random bits cannot be guessed as a password can.
#[derive(Clone)]
pub struct OpaqueToken(Zeroizing<String>);

impl OpaqueToken {
    /// A new token. Fails only when there is no randomness.
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        fill_random(&mut *bytes)?;
        Ok(Self(Zeroizing::new(BASE64URL_NOPAD.encode(&*bytes))))
    }

    /// A token as a client sends it; none for anything but 43 characters of base64url that stand for 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = text.len() == LETTERS && BASE64URL_NOPAD.decode(text.as_bytes()).map(Zeroizing::new).is_ok();
        canonical.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text for the client: 43 characters of base64url.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and searched for: SHA-256 of the text.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueToken(…)")
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_itself() {
        let token = OpaqueToken::generate().unwrap();
        assert_eq!(token.reveal().len(), LETTERS);
        assert_eq!(OpaqueToken::parse(token.reveal()).unwrap().digest(), token.digest());
        assert_ne!(OpaqueToken::generate().unwrap().digest(), token.digest());
        assert!(!format!("{token:?}").contains(token.reveal()));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let token = OpaqueToken::generate().unwrap();
        let token = token.reveal();
        for wrong in ["", &token[1..], &format!("{token}A"), &format!("{}=", &token[1..]), &"é".repeat(21)] {
            assert!(OpaqueToken::parse(wrong).is_none(), "{wrong}");
        }
        // 43 letters carry 258 bits: the last two must be zero, so that one token has one spelling.
        assert!(OpaqueToken::parse(&"_".repeat(43)).is_none());
        assert!(OpaqueToken::parse(&"A".repeat(43)).is_some());
    }

    #[test]
    fn comparison_compares() {
        assert!(constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abd"));
        assert!(!constant_time_eq(b"abc", b"ab"));
        assert!(constant_time_eq(b"", b""));
    }
}
