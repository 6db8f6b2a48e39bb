//! The one error of keys and ciphers; it names files, ids and lengths, never material.

use std::io;
use std::path::PathBuf;

/// Why a key could not be had, or a value not be sealed, opened, signed or checked.
///
/// Carries no secret: paths, permission bits, key ids and fixed words only, so it may be logged as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Randomness,
    /// A file or folder of keys could not be read, written or locked.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A key file was asked for and is not there (and must not be made anew, since values hang on the old one).
    #[error("there is no key file {}", .0.display())]
    Missing(PathBuf),
    /// The database was made with keys that are not in the folder it is opened with.
    #[error(
        "this database has its own keys, and {} is not there: put back the key folder that was made with the database, \
         or point MINZHENG_DATA_DIR at it; no new keys are made beside existing records",
        .0.display()
    )]
    Lost(PathBuf),
    /// The keys in the folder are those of another database.
    #[error(
        "the keys in {} are not those of this database: put back the key folder that was made with it, \
         or point MINZHENG_DATA_DIR at it",
        .0.display()
    )]
    Foreign(PathBuf),
    /// A file or folder of keys is open to the group or to everyone.
    #[error("{} has mode {mode:04o}: only its owner may have access (chmod go-rwx)", path.display())]
    TooOpen {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key file is there and makes no sense.
    #[error("{} is not a key file of this kind: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The owner's salt is empty or zero: the owner was erased, and the values cannot be read by anyone any more.
    #[error("the owner's salt has been destroyed")]
    Erased,
    /// The owner's salt has another length than 32 bytes.
    #[error("an owner's salt has 32 bytes, not {0}")]
    SaltLength(usize),
    /// A sealed value is cut short or of a format this program does not know.
    #[error("not a sealed value: {0}")]
    Blob(&'static str),
    /// A sealed value names a cipher that is not installed.
    #[error("cipher {0} is not installed")]
    UnknownCipher(u8),
    /// A sealed value or a signature names a key that the key file does not have.
    #[error("there is no key {0}")]
    UnknownKey(String),
    /// The cipher refused to seal.
    #[error("the value could not be sealed")]
    Seal,
    /// The value does not belong to this key, owner and column, or has been changed.
    #[error("the sealed value is not of this owner and column, or has been changed")]
    Open,
    /// The opened value is no text.
    #[error("the sealed value is not text")]
    NotText,
    /// Sealed keys do not open under this passphrase.
    #[error("the passphrase is wrong, or the sealed keys were changed")]
    Passphrase,
    /// A passphrase under which keys should be sealed is too short.
    #[error("a passphrase has at least {} signs", super::PASSPHRASE_LENGTH)]
    ShortPassphrase,
    /// All key ids are used up.
    #[error("no key id is left")]
    KeyIdsExhausted,
    /// The key in use cannot be forgotten; rotate first.
    #[error("the active key cannot be removed")]
    ActiveKey,
    /// A signature is not of this message and key.
    #[error("the signature does not fit")]
    Signature,
}
