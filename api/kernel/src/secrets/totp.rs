//! The second factor: time-based one-time passwords (RFC 6238) with SHA-1, 30 seconds and 6 digits, which is what
//! every authenticator app understands.
//!
//! Our own forty lines rather than totp-rs: that gives the first step that fits, not the first one unused, and would
//! bring base32 and URL crates for what is one HMAC here.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{SecretError, fill_random};

/// Length of a step in seconds.
pub const STEP_SECONDS: i64 = 30;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Steps before and after the present one whose codes are taken too, for clocks that differ.
pub const DRIFT: i64 = 1;
/// A used step that lies further ahead than this was noted when the clock was wrong: it locks nobody out.
pub const AHEAD: i64 = 10;

const SECRET_LENGTH: usize = 20;
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secret that an account and its authenticator share; 160 bits, wiped when dropped. Store it sealed, as base32.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A new secret. Fails only when there is no randomness.
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new(vec![0; SECRET_LENGTH]);
        fill_random(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads base32 (blanks, dashes and lower case allowed); none when it is not, or carries less than 128 bits.
    pub fn from_base32(text: &str) -> Option<Self> {
        let text: Zeroizing<String> = Zeroizing::new(
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '=')).collect::<String>().to_ascii_uppercase(),
        );
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(text.as_bytes()).ok()?);
        (16..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The secret in base32 without padding, for the person to type and for the database to seal.
    pub fn to_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The `otpauth://` address that authenticator apps read from a QR code (Google's key URI format).
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let issuer = utf8_percent_encode(issuer, UNRESERVED);
        let account = utf8_percent_encode(account, UNRESERVED);
        let secret = self.to_base32();
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            *secret
        ))
    }

    /// The code of a step (`unix seconds / 30`).
    pub fn code(&self, step: i64) -> String {
        format!("{:0width$}", self.truncated(step) % 1_000_000, width = DIGITS)
    }

    /// Checks a code at an instant (Unix seconds) and gives its step, which the account has to remember as `used`:
    /// no code of that step or an earlier one is taken again (RFC 6238 §5.2), unless the step lies more than [`AHEAD`]
    /// ahead. Blanks in the code do not matter.
    pub fn verify(&self, code: &str, now: i64, used: Option<i64>) -> Option<i64> {
        let code: Zeroizing<String> = Zeroizing::new(code.chars().filter(|c| !c.is_whitespace()).collect());
        let present = now.div_euclid(STEP_SECONDS);
        let used = used.filter(|used| *used <= present.saturating_add(AHEAD));
        let mut found = None;
        // All steps are tried, so that the time does not tell which one fits.
        for step in present.saturating_sub(DRIFT)..=present.saturating_add(DRIFT) {
            let fits = bool::from(self.code(step).as_bytes().ct_eq(code.as_bytes()));
            if fits && step >= 0 && used.is_none_or(|used| step > used) && found.is_none() {
                found = Some(step);
            }
        }
        found
    }

    /// RFC 4226 §5.3: 31 bits of the HMAC, at the place its last four bits name.
    fn truncated(&self, step: i64) -> u32 {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else {
            // HMAC takes keys of every length.
            return 0;
        };
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let place = digest.last().map_or(0, |last| usize::from(last & 0x0f));
        digest
            .get(place..)
            .and_then(|rest| rest.first_chunk::<4>())
            .map_or(0, |four| u32::from_be_bytes(*four) & 0x7fff_ffff)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc() -> TotpSecret {
        TotpSecret(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    /// RFC 6238, appendix B, SHA-1 (eight digits there, the last six here).
    #[test]
    fn the_published_codes() {
        for (time, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(rfc().code(time / STEP_SECONDS), code[2..]);
            assert_eq!(rfc().verify(&code[2..], time, None), Some(time / STEP_SECONDS));
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_published_codes_by_counter() {
        let codes =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(rfc().code(step), code);
        }
    }

    #[test]
    fn one_step_of_drift_and_no_more() {
        let now = 1_700_000_000;
        let code = rfc().code(now / 30);
        for (shift, taken) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            assert_eq!(rfc().verify(&code, now + shift, None).is_some(), taken, "{shift}");
        }
    }

    #[test]
    fn a_clock_that_was_ahead_locks_nobody_out() {
        let (now, secret) = (1_700_000_000, rfc());
        let code = secret.code(now / 30);
        assert!(secret.verify(&code, now, Some(now / 30 + 1_000_000)).is_some());
        assert!(
            secret.verify(&code, now, Some(now / 30 + AHEAD)).is_none(),
            "a code of some minutes ago is not taken again"
        );
    }

    #[test]
    fn a_code_is_good_once() {
        let now = 1_700_000_000;
        let secret = rfc();
        let step = secret.verify(&secret.code(now / 30), now, None).unwrap();
        assert_eq!(secret.verify(&secret.code(step), now, Some(step)), None);
        assert_eq!(secret.verify(&secret.code(step - 1), now, Some(step)), None);
        assert_eq!(secret.verify(&secret.code(step + 1), now, Some(step)), Some(step + 1));
    }

    #[test]
    fn wrong_and_odd_codes() {
        let now = 59;
        assert_eq!(rfc().verify("287 082", now, None), Some(1));
        for wrong in ["", "28708", "2870820", "287083", "２８７０８２", "abcdef", "-87082"] {
            assert_eq!(rfc().verify(wrong, now, None), None, "{wrong}");
        }
        assert_eq!(rfc().verify(&rfc().code(-1), 0, None), None);
    }

    #[test]
    fn base32_and_address() {
        let secret = rfc();
        assert_eq!(*secret.to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let typed = TotpSecret::from_base32("gezd gnbv-gy3t qojq gezd gnbv gy3t qojq").unwrap();
        assert_eq!(typed.code(1), "287082");
        assert!(TotpSecret::from_base32("GEZDGNBV").is_none());
        assert!(TotpSecret::from_base32("not base 32 !").is_none());
        assert_eq!(
            *secret.uri("民政 A&B", "li.si@430104"),
            "otpauth://totp/%E6%B0%91%E6%94%BF%20A%26B:li.si%40430104\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E6%B0%91%E6%94%BF%20A%26B\
             &algorithm=SHA1&digits=6&period=30"
        );
        let fresh = TotpSecret::generate().unwrap();
        assert_eq!(fresh.to_base32().len(), 32);
        assert!(!format!("{fresh:?}").contains(&**fresh.to_base32()));
    }
}
