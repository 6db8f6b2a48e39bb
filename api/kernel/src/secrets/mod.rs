//! Everything that must not be guessed, read or forged.
//!
//! - [`Keyring`] seals personal fields under a key of their owner and makes blind indexes for exact search
//!   (design §3.9); destroying the owner's salt erases the owner's values everywhere, backups included.
//! - [`FieldCipher`] is the algorithm under it: AES-256-GCM-SIV, SM4-GCM, or a hardware module.
//! - [`JournalSigner`] signs the head of the journal (§3.7).
//! - [`TokenKeys`] signs access tokens, [`OpaqueToken`] is what a client keeps to renew them, [`Passwords`] and
//!   [`TotpSecret`] are the two factors of a sign-in (§9).
//! - [`random_bytes`], [`fill_random`] and [`random_below`] are the only sources of randomness in the project.
//!
//! Keys live in one folder (`keys/` of the data directory, 0700, files 0600), replaced atomically under a lock, so
//! that several processes share them and see each other's rotations. No error and no `Debug` here shows a secret.

mod bundle;
mod check;
mod error;
mod jwt;
mod keyring;
mod outside;
pub mod password;
mod provider;
mod random;
mod signing;
mod store;
mod token;
pub mod totp;

pub use self::bundle::{PASSPHRASE_LENGTH, key_files, open_keys, put_key_files, seal_keys};
pub use self::check::{Secrets, fits};
pub use self::error::SecretError;
pub use self::jwt::{Claims, LEEWAY_SECONDS, TokenError, TokenKeys};
pub use self::keyring::{Keyring, OwnerKey, SALT_LENGTH};
pub use self::outside::{OutsideClaims, OutsideIssuer, OutsideKeys};
pub use self::password::{PasswordError, PasswordFault, Passwords, Verdict, passwords_at_once};
pub use self::provider::{Aes256GcmSiv, Ciphers, FieldCipher, NONCE_LENGTH, Provider, Sm4Gcm};
pub use self::random::{fill_random, random_below, random_bytes};
pub use self::signing::JournalSigner;
pub use self::token::{OpaqueToken, constant_time_eq};
pub use self::totp::TotpSecret;
