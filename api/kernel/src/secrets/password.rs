//! Passwords: what may be one, how it is kept (Argon2id, RFC 9106), and one-time passwords for first accounts.
//!
//! Argon2id with 19 MiB, two passes, one lane is the first choice of the OWASP password storage cheat sheet. Each
//! check takes that memory and tens of milliseconds, so at most so many run at once and only so many more may wait.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::{SecretError, random_below, random_bytes};

/// Fewest characters of a password.
pub const MIN_LENGTH: usize = 12;
/// Fewest characters of a password of three classes (small, capital, digit, other).
pub const MIN_LENGTH_OF_THREE_CLASSES: usize = 10;
/// Most characters of a password.
pub const MAX_LENGTH: usize = 128;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A stored hash that asks for more than this is not ours, and would be an attack on our memory.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;
/// Checks that may wait for each that runs.
const WAITING_FOR_EACH: usize = 64;

/// Letters and digits that cannot be taken for one another when read aloud or copied by hand.
const READABLE: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
const ONE_TIME_LENGTH: usize = 16;

/// Why a text may not be a password; each has its message in the Fluent files under [`PasswordFault::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordFault {
    /// Under [`MIN_LENGTH`] characters, or under [`MIN_LENGTH_OF_THREE_CLASSES`] with three classes.
    TooShort,
    /// Over [`MAX_LENGTH`] characters.
    TooLong,
    /// The user name stands in it.
    ContainsUsername,
    /// One of the commonest passwords, or one of them with digits and signs around it.
    Common,
    /// Digits only (a trailing X too): a telephone, identity or card number, or a date.
    DigitsOnly,
    /// A run (`abcdef…`), or one short piece again and again.
    Monotonous,
}

impl PasswordFault {
    /// A stable name for messages and clients.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password-too-short",
            Self::TooLong => "password-too-long",
            Self::ContainsUsername => "password-contains-username",
            Self::Common => "password-common",
            Self::DigitsOnly => "password-digits-only",
            Self::Monotonous => "password-monotonous",
        }
    }
}

/// Checks a new password against the rules; the error lists all that is wrong.
pub fn check(password: &str, username: &str) -> Result<(), Vec<PasswordFault>> {
    let characters: Zeroizing<Vec<char>> = Zeroizing::new(password.chars().collect());
    let lower = Zeroizing::new(password.to_lowercase());
    let username = username.to_lowercase();
    let length = characters.len();
    let short = length < MIN_LENGTH_OF_THREE_CLASSES || (length < MIN_LENGTH && classes(&characters) < 3);
    let faults: Vec<_> = [
        (short, PasswordFault::TooShort),
        (length > MAX_LENGTH, PasswordFault::TooLong),
        // Names of one or two letters stand in every other password.
        (username.chars().count() >= 3 && lower.contains(&username), PasswordFault::ContainsUsername),
        (is_common(&lower), PasswordFault::Common),
        (is_number(&lower), PasswordFault::DigitsOnly),
        (is_monotonous(&characters), PasswordFault::Monotonous),
    ]
    .into_iter()
    .filter_map(|(wrong, fault)| wrong.then_some(fault))
    .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn classes(characters: &[char]) -> usize {
    let tests: [fn(&char) -> bool; 4] = [
        |c| c.is_lowercase(),
        |c| c.is_uppercase(),
        |c| c.is_numeric(),
        |c| !(c.is_lowercase() || c.is_uppercase() || c.is_numeric()),
    ];
    tests.iter().filter(|test| characters.iter().any(test)).count()
}

fn is_common(lower: &str) -> bool {
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    let around = lower.chars().count() - core.chars().count();
    COMMON.contains(lower) || (around < 10 && COMMON.contains(core))
}

fn is_number(lower: &str) -> bool {
    let digits = lower.strip_suffix('x').unwrap_or(lower);
    !digits.is_empty() && digits.chars().all(char::is_numeric)
}

fn is_monotonous(characters: &[char]) -> bool {
    let steps = characters.windows(2).filter(|pair| match pair {
        [a, b] => u32::from(*a).abs_diff(u32::from(*b)) <= 1,
        _ => false,
    });
    let run = characters.len() > 3 && steps.count() * 3 >= (characters.len() - 1) * 2;
    let again = (1..=characters.len() / 2)
        .any(|size| characters.chunks(size).zip(characters.chunks(size).skip(1)).all(|(a, b)| a.starts_with(b)));
    run || again
}

/// A one-time password of 16 readable characters (79 bits), for a new account or a reset; wiped when dropped.
/// Fails only when there is no randomness.
pub fn one_time_password() -> Result<Zeroizing<String>, SecretError> {
    let mut password = Zeroizing::new(String::with_capacity(ONE_TIME_LENGTH));
    while password.len() < ONE_TIME_LENGTH {
        let place = random_below(31)? as usize;
        password.extend(READABLE.get(place).map(|&letter| char::from(letter)));
    }
    Ok(password)
}

/// What the check of a password came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password, or no such account.
    Wrong,
    /// The password.
    Right {
        /// The stored hash is weaker than today's: hash the password anew and store that.
        upgrade: bool,
    },
}

/// Why a password could be neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too many are waiting already; answer as to a rate limit.
    #[error("too many passwords are being checked")]
    Busy,
    /// Longer than any password may be.
    #[error("the password is too long")]
    TooLong,
    /// The stored hash is not an Argon2 hash within our bounds.
    #[error("the stored password hash is not understood")]
    Stored,
    /// The hash could not be computed (memory, or the runtime is ending).
    #[error("the password hash could not be computed")]
    Compute,
    /// There is no randomness.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// Hashes a password with today's parameters and a new salt; gives a PHC string (`$argon2id$v=19$…`).
///
/// Takes 19 MiB and tens of milliseconds: in async code use [`Passwords::hash`].
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let salt: [u8; 16] = random_bytes()?;
    let hash: PasswordHash =
        argon2()?.hash_password_with_salt(bounded(password)?, &salt).map_err(|_| PasswordError::Compute)?;
    Ok(hash.to_string())
}

/// Checks a password against a stored hash, in a time that does not depend on where they differ; for an account that
/// is not there (`None`) as much is computed as for one that is. A password too long to be one is wrong.
///
/// Takes 19 MiB and tens of milliseconds: in async code use [`Passwords::verify`].
pub fn verify(stored: Option<&str>, password: &str) -> Result<Verdict, PasswordError> {
    let password = bounded(password).unwrap_or_default();
    let argon2 = argon2()?;
    let Some(stored) = stored else {
        let mut digest = Zeroizing::new([0; 32]);
        argon2.hash_password_into(password, &[0; 16], &mut *digest).map_err(|_| PasswordError::Compute)?;
        return Ok(Verdict::Wrong);
    };
    let stored = PasswordHash::new(stored).map_err(|_| PasswordError::Stored)?;
    let params = Params::try_from(&stored).map_err(|_| PasswordError::Stored)?;
    if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_PASSES {
        return Err(PasswordError::Stored);
    }
    // Without salt or output, the library would say "wrong" of a row that is broken.
    if stored.salt.is_none() || stored.hash.is_none() {
        return Err(PasswordError::Stored);
    }
    match argon2.verify_password(password, &stored) {
        // The empty text stands for one too long.
        Ok(()) if password.is_empty() => Ok(Verdict::Wrong),
        Ok(()) => Ok(Verdict::Right { upgrade: is_weaker(&stored, &params) }),
        Err(HashError::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(HashError::Algorithm | HashError::Version) => Err(PasswordError::Stored),
        Err(_) => Err(PasswordError::Compute),
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError::Compute)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The password's bytes, unless it is longer than any (four bytes to a character).
fn bounded(password: &str) -> Result<&[u8], PasswordError> {
    if password.len() > 4 * MAX_LENGTH { Err(PasswordError::TooLong) } else { Ok(password.as_bytes()) }
}

fn is_weaker(stored: &PasswordHash, params: &Params) -> bool {
    stored.algorithm != ARGON2ID_IDENT
        || stored.version != Some(Version::V0x13.into())
        || params.m_cost() < MEMORY_KIB
        || params.t_cost() < PASSES
        || params.p_cost() != LANES
        || stored.hash.as_ref().is_none_or(|output| output.len() < 32)
}

/// Passwords that this machine checks at once.
pub fn passwords_at_once() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// Hashes and checks passwords off the async threads, at most so many at once; clones share the limit.
#[derive(Debug, Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Passwords {
    /// At most `at_once` (at least 1) run together, 19 MiB and a thread each; sixteen times as many may wait.
    pub fn new(at_once: usize) -> Self {
        let at_once = at_once.clamp(1, 64);
        Self {
            running: Arc::new(Semaphore::new(at_once)),
            admitted: Arc::new(Semaphore::new(at_once * (1 + WAITING_FOR_EACH))),
        }
    }

    /// [`hash`] in the blocking pool; fails with [`PasswordError::Busy`] at once when too many wait.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = Zeroizing::new(password.to_owned());
        self.run(move || hash(&password)).await
    }

    /// [`verify`] in the blocking pool; fails with [`PasswordError::Busy`] at once when too many wait.
    pub async fn verify(&self, stored: Option<&str>, password: &str) -> Result<Verdict, PasswordError> {
        let stored = stored.map(str::to_owned);
        let password = Zeroizing::new(password.to_owned());
        self.run(move || verify(stored.as_deref(), &password)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let running: OwnedSemaphorePermit =
            Arc::clone(&self.running).acquire_owned().await.map_err(|_| PasswordError::Compute)?;
        tokio::task::spawn_blocking(move || {
            // The permits go along, so that a caller who hangs up does not let in one more.
            let _permits = (admitted, running);
            work()
        })
        .await
        .map_err(|_| PasswordError::Compute)?
    }
}

/// The commonest passwords and the words they are made of, in small letters: the world's lists' heads and Chinese
/// habits (keyboard walks, woaini, 1314 and 520, pinyin surnames, place and office names).
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(password: &str) -> Vec<PasswordFault> {
        check(password, "li.si").err().unwrap_or_default()
    }

    #[test]
    fn good_passwords_pass() {
        for good in [
            "correct horse battery",
            "Kx7#mPq2vT",
            "梅溪湖边三棵老樟树下喝茶",
            "tK9-waterfall",
            "minzheng-yet-long-and-odd",
            &*one_time_password().unwrap(),
        ] {
            assert_eq!(faults(good), [], "{good}");
        }
    }

    #[test]
    fn length_goes_by_characters_and_classes() {
        use PasswordFault::{TooLong, TooShort};
        for short in ["", "Kx7#mPq2v", "kxwmpqavtrn", "kx7wmpq2vtr", "梅溪湖边三棵老樟树下"] {
            assert!(faults(short).contains(&TooShort), "{short}");
        }
        assert!(!faults("Kx7wmpq2vt").contains(&TooShort));
        assert!(!faults("梅溪湖3边三棵老K树").contains(&TooShort), "three classes: other, digit, capital");
        let long: String = ('a'..='z').rev().cycle().step_by(5).take(129).collect();
        assert!(faults(&long).contains(&TooLong));
    }

    #[test]
    fn the_username_may_not_stand_in_it() {
        use PasswordFault::ContainsUsername;
        assert!(faults("xx-LI.SI-tree-7").contains(&ContainsUsername));
        assert!(check("tree-li-water-9", "li").is_ok());
        assert!(check("tree-张三丰-water-9", "张三丰").unwrap_err().contains(&ContainsUsername));
        assert!(check("tree-water-stone-9", "").is_ok());
    }

    #[test]
    fn the_commonest_are_refused_also_in_disguise() {
        for common in [
            "woaini1314",
            "admin@123",
            "Minzheng123",
            "Minzheng@2023",
            "P@ssw0rd2023!",
            "Admin@123456",
            "1qaz2wsx3edc",
            "Password1234",
            "123456Qwerty!",
            "Changsha@430104",
            "5201314woaini",
            "WOAINI1314520",
            "Huawei@123",
        ] {
            assert!(faults(common).contains(&PasswordFault::Common), "{common}");
        }
        assert!(COMMON.len() >= 100);
        for common in COMMON.iter() {
            assert_eq!(*common, common.to_lowercase());
        }
    }

    #[test]
    fn numbers_runs_and_repetitions_are_refused() {
        for number in ["138123456789", "43019919900101123X", "202311281700", "１３８１２３４５６７８９"] {
            assert!(faults(number).contains(&PasswordFault::DigitsOnly), "{number}");
        }
        for dull in ["aaaaaaaaaaaa", "abcdefghijklmn", "zyxwvutsrqpo", "Ab3!Ab3!Ab3!", "Ab3!Ab3!Ab3!Ab", "aaaaaabbbbbb"]
        {
            assert!(faults(dull).contains(&PasswordFault::Monotonous), "{dull}");
        }
    }

    #[test]
    fn codes_are_distinct() {
        use PasswordFault::{Common, ContainsUsername, DigitsOnly, Monotonous, TooLong, TooShort};
        let all = [TooShort, TooLong, ContainsUsername, Common, DigitsOnly, Monotonous];
        let codes: std::collections::BTreeSet<_> = all.iter().map(|fault| fault.code()).collect();
        assert_eq!(codes.len(), all.len());
    }

    #[test]
    fn one_time_passwords_are_readable_and_differ() {
        let one = one_time_password().unwrap();
        assert_eq!(one.len(), 16);
        assert!(one.bytes().all(|letter| READABLE.contains(&letter)));
        assert_ne!(one, one_time_password().unwrap());
    }

    #[test]
    fn a_hash_knows_its_password() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash("correct horse battery").unwrap());
        assert_eq!(verify(Some(&stored), "correct horse battery").unwrap(), Verdict::Right { upgrade: false });
        assert_eq!(verify(Some(&stored), "correct horse batterY").unwrap(), Verdict::Wrong);
        assert_eq!(verify(Some(&stored), "").unwrap(), Verdict::Wrong);
        assert_eq!(verify(None, "correct horse battery").unwrap(), Verdict::Wrong);
    }

    #[test]
    fn weaker_hashes_are_to_be_upgraded() {
        let salt = [7; 16];
        for (algorithm, version, memory, passes) in [
            (Algorithm::Argon2id, Version::V0x13, 1024, 2),
            (Algorithm::Argon2id, Version::V0x13, MEMORY_KIB, 1),
            (Algorithm::Argon2i, Version::V0x13, MEMORY_KIB, PASSES),
            (Algorithm::Argon2id, Version::V0x10, MEMORY_KIB, PASSES),
        ] {
            let params = Params::new(memory, passes, 1, None).unwrap();
            let old = Argon2::new(algorithm, version, params);
            let old: PasswordHash = old.hash_password_with_salt(b"x", &salt).unwrap();
            let old = old.to_string();
            assert_eq!(verify(Some(&old), "x").unwrap(), Verdict::Right { upgrade: true }, "{old}");
            assert_eq!(verify(Some(&old), "y").unwrap(), Verdict::Wrong, "{old}");
        }
    }

    #[test]
    fn broken_and_greedy_hashes_are_a_fault() {
        let good = hash("x").unwrap();
        for broken in [
            String::new(),
            "geheim".into(),
            good.replace("m=19456", "m=4000000"),
            good.replace("t=2", "t=1000"),
            good.replace("argon2id", "argon3"),
            good.rsplit_once('$').unwrap().0.into(),
        ] {
            let error = verify(Some(&broken), "x").unwrap_err();
            assert!(matches!(error, PasswordError::Stored), "{broken}: {error:?}");
        }
    }

    #[test]
    fn endless_passwords_cost_no_more() {
        let endless = "x".repeat(1 << 20);
        assert!(matches!(hash(&endless), Err(PasswordError::TooLong)));
        // Even where the empty text was hashed, as which an endless one is checked.
        let stored = hash("").unwrap();
        assert_eq!(verify(Some(&stored), &endless).unwrap(), Verdict::Wrong);
        assert_eq!(verify(None, &endless).unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn so_many_at_once_and_the_rest_is_turned_away() {
        let passwords = Passwords::new(1);
        let stored = passwords.hash("correct horse battery").await.unwrap();
        let gate = passwords.running.clone().acquire_owned().await.unwrap();
        let checks: Vec<_> = (0..1 + WAITING_FOR_EACH + 5)
            .map(|_| {
                let (passwords, stored) = (passwords.clone(), stored.clone());
                tokio::spawn(async move { passwords.verify(Some(&stored), "correct horse battery").await })
            })
            .collect();
        // One thread runs them in turn: after this all have asked, and none could start.
        tokio::task::yield_now().await;
        drop(gate);
        let (mut right, mut busy) = (0, 0);
        for check in checks {
            match check.await.unwrap() {
                Ok(Verdict::Right { .. }) => right += 1,
                Err(PasswordError::Busy) => busy += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((right, busy), (1 + WAITING_FOR_EACH, 5));
        assert_eq!(passwords.verify(None, "x").await.unwrap(), Verdict::Wrong);
        assert_eq!(passwords.running.available_permits(), 1);
    }
}
