//! Access tokens: JSON Web Tokens (RFC 7519, RFC 9068) signed with Ed25519 by keys in a shared key file.
//!
//! What a token may say about its own checking is nothing: the algorithm is pinned, the type and a known key id are
//! required, issuer and audience are ours. Times are checked against the instant the caller gives, not by the library.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SecretError;
use super::store::{Key32, Store, Stored, from_json, to_json};

/// Seconds by which the clocks of several machines may differ: a token is taken so much before and after its times.
pub const LEEWAY_SECONDS: i64 = 30;

const FILE: &str = "tokens.json";
const FORMAT: u8 = 1;
/// RFC 9068 §2.1.
const TYPE: &str = "at+jwt";
/// No token of ours comes near this.
const MAX_LENGTH: usize = 8192;
/// What stands before the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410 §7).
const PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer; must be that of the [`TokenKeys`].
    pub iss: String,
    /// The audience, one only; must be that of the [`TokenKeys`].
    pub aud: String,
    /// The account's id.
    pub sub: String,
    /// The session's id.
    pub sid: String,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Good from, Unix seconds.
    pub nbf: i64,
    /// Good until, exclusive, Unix seconds.
    pub exp: i64,
    /// What sort of holder: a person's session, a screen, a minted token … The caller's words.
    pub kind: String,
    /// What the session is good for: `full`, or `password-change` after signing in with a one-time password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// For a minted token: role, line and scope of the system account it acts as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<serde_json::Value>,
}

/// Why a token is not taken, or none could be issued. All but [`TokenError::Claims`] and [`TokenError::Keys`] are the
/// client's doing (401). Nothing of the token is quoted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a token: its shape, encoding or a claim's type.
    #[error("not an access token")]
    Malformed,
    /// Not `EdDSA` (`none` and unknown algorithms are [`TokenError::Malformed`]).
    #[error("the token's algorithm is not taken")]
    Algorithm,
    /// The header's type is not `at+jwt`, or it names extensions that must be understood.
    #[error("the token's type is not taken")]
    Type,
    /// The key id is missing or not ours.
    #[error("the token's key is not known")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the token's signature does not fit")]
    Signature,
    /// From another issuer.
    #[error("the token is from another issuer")]
    Issuer,
    /// For another audience.
    #[error("the token is for another audience")]
    Audience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come, or it was issued in the future.
    #[error("the token is not good yet")]
    NotYet,
    /// Claims to be issued are of another issuer or audience, or end before they begin: a fault on our side.
    #[error("these claims cannot be issued")]
    Claims,
    /// The key file cannot be used.
    #[error(transparent)]
    Keys(#[from] SecretError),
}

/// A set of Ed25519 keys, one of them in use. Of the others only the public half is kept.
struct KeySet {
    seed: Key32,
    active: String,
    /// Oldest first, ids being RFC 7638 thumbprints.
    public: Vec<PublicKey>,
}

#[derive(Clone)]
struct PublicKey {
    id: String,
    key: [u8; 32],
}

/// The key file: the seed of the active key, all public halves in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Disk {
    format: u8,
    seed: Key32,
    public: Vec<String>,
}

impl PublicKey {
    fn new(key: [u8; 32]) -> Self {
        // RFC 7638 over the members that RFC 8037 appendix A.3 names.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64URL_NOPAD.encode(&key));
        Self { id: BASE64URL_NOPAD.encode(&Sha256::digest(members.as_bytes())), key }
    }

    fn of(seed: &Key32) -> Self {
        Self::new(SigningKey::from_bytes(seed.bytes()).verifying_key().to_bytes())
    }
}

impl KeySet {
    fn first() -> Result<Self, SecretError> {
        Self::with_new_key(Vec::new())
    }

    fn with_new_key(mut public: Vec<PublicKey>) -> Result<Self, SecretError> {
        let seed = Key32::random()?;
        let key = PublicKey::of(&seed);
        let active = key.id.clone();
        public.push(key);
        Ok(Self { seed, active, public })
    }

    fn without(&self, id: &str) -> Result<Self, SecretError> {
        if id == self.active {
            return Err(SecretError::ActiveKey);
        }
        self.find(id).ok_or_else(|| SecretError::UnknownKey(id.to_owned()))?;
        let public = self.public.iter().filter(|key| key.id != id).cloned().collect();
        Ok(Self { seed: self.seed.clone(), active: self.active.clone(), public })
    }

    fn find(&self, id: &str) -> Option<&PublicKey> {
        self.public.iter().rev().find(|key| key.id == id)
    }
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
                let key = <[u8; 32]>::try_from(HEXLOWER.decode(hex.as_bytes()).ok()?).ok()?;
                let point = VerifyingKey::from_bytes(&key).ok()?;
                (!point.is_weak()).then(|| PublicKey::new(key))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or("a public key is none")?;
        let active = PublicKey::of(&disk.seed).id;
        if public.iter().any(|key| key.id == active) {
            Ok(Self { seed: disk.seed, active, public })
        } else {
            Err("the seed belongs to none of the public keys")
        }
    }

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        to_json(&Disk {
            format: FORMAT,
            seed: self.seed.clone(),
            public: self.public.iter().map(|key| HEXLOWER.encode(&key.key)).collect(),
        })
    }
}

/// The keys of access tokens, shared through the key file `tokens.json` by all processes.
///
/// What another process rotated or forgot is seen within a second, and at once where a token names an unknown key. A
/// made-up key id costs one look at the file's stamp; the file is read only when that has changed.
pub struct TokenKeys {
    store: Store<KeySet>,
    issuer: String,
    audience: String,
    /// Tokens whose signature was found to fit, by their digest: under which key, and what they say.
    seen: Mutex<HashMap<[u8; 32], (String, Claims)>>,
}

/// Tokens kept that were checked; beyond it all are checked again.
const SEEN_MOST: usize = 4096;

impl TokenKeys {
    /// Opens the key file in the folder, or makes it with a new key; issues and takes only tokens of this issuer for
    /// this audience. Fails when folder or file cannot be had, are open to others, or make no sense.
    pub fn load_or_create(
        folder: &Path,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, SecretError> {
        let store = Store::open(folder, FILE, Some(KeySet::first))?;
        Ok(Self { store, issuer: issuer.into(), audience: audience.into(), seen: Mutex::default() })
    }

    /// Opens the key file in the folder; fails with [`SecretError::Missing`] where there is none.
    pub fn load(folder: &Path, issuer: impl Into<String>, audience: impl Into<String>) -> Result<Self, SecretError> {
        let store = Store::open(folder, FILE, None)?;
        Ok(Self { store, issuer: issuer.into(), audience: audience.into(), seen: Mutex::default() })
    }

    /// The issuer, for [`Claims::iss`].
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The audience, for [`Claims::aud`].
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Signs with a new key from now on and destroys the old private half; the old tokens stay good. Gives the new id.
    pub fn rotate(&self) -> Result<String, SecretError> {
        Ok(self.store.change(|keys| KeySet::with_new_key(keys.public.clone()))?.active.clone())
    }

    /// Takes no more tokens of an old key: after the longest life of a token, or at once when the key got out.
    /// Fails with [`SecretError::ActiveKey`] for the key in use, [`SecretError::UnknownKey`] for one not there.
    pub fn forget(&self, key_id: &str) -> Result<(), SecretError> {
        self.store.change(|keys| keys.without(key_id)).map(drop)
    }

    /// The ids of all keys whose tokens are taken, oldest first; the last is the active one.
    pub fn key_ids(&self) -> Vec<String> {
        self.store.current().public.iter().map(|key| key.id.clone()).collect()
    }

    /// The public keys as a JWK set (RFC 7517, RFC 8037), for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> serde_json::Value {
        let keys: Vec<_> = self
            .store
            .current()
            .public
            .iter()
            .map(|key| {
                serde_json::json!({
                    "kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(&key.key),
                    "kid": key.id, "use": "sig", "alg": "EdDSA",
                })
            })
            .collect();
        serde_json::json!({ "keys": keys })
    }

    /// Signs claims with the active key. Fails with [`TokenError::Claims`] when they are of another issuer or audience,
    /// or their times are negative or not in order.
    pub fn issue(&self, claims: &Claims) -> Result<String, TokenError> {
        if claims.iss != self.issuer
            || claims.aud != self.audience
            || claims.nbf < 0
            || claims.iat < 0
            || claims.exp <= claims.nbf
        {
            return Err(TokenError::Claims);
        }
        let keys = self.store.current();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(keys.active.clone());
        let mut key = Zeroizing::new([0; PKCS8_HEAD.len() + 32]);
        for (to, from) in key.iter_mut().zip(PKCS8_HEAD.iter().chain(keys.seed.bytes())) {
            *to = *from;
        }
        let token =
            jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(&*key)).map_err(|_| TokenError::Claims)?;
        if token.len() > MAX_LENGTH { Err(TokenError::Claims) } else { Ok(token) }
    }

    /// Checks a token at an instant (Unix seconds) and gives what it says. The error names the first thing that does
    /// not hold: shape, algorithm, type, key, signature, issuer, audience, times (with [`LEEWAY_SECONDS`]).
    pub fn verify(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Malformed);
        }
        // What a good token says does not change; its key may be forgotten and its time be over.
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let seen = self.seen().get(&digest).cloned();
        if let Some((_, claims)) = seen.filter(|(id, _)| self.store.current().find(id).is_some()) {
            return in_time(claims, now);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenError::Algorithm);
        }
        if header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
            return Err(TokenError::Type);
        }
        // Of all the header says about keys only the id counts, and only among our own.
        let id = header.kid.ok_or(TokenError::UnknownKey)?;
        let mut keys = self.store.current();
        if keys.find(&id).is_none() {
            keys = self.store.fresh()?;
        }
        let key = keys.find(&id).ok_or(TokenError::UnknownKey)?;

        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        rules.leeway = 0;
        // The library would ask the system for the time; below it is asked of the caller.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_ed_der(&key.key), &rules)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => TokenError::Signature,
                ErrorKind::InvalidIssuer => TokenError::Issuer,
                ErrorKind::InvalidAudience => TokenError::Audience,
                ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
                _ => TokenError::Malformed,
            })?
            .claims;
        let claims = in_time(claims, now)?;
        let mut seen = self.seen();
        if seen.len() >= SEEN_MOST {
            seen.clear();
        }
        seen.insert(digest, (id, claims.clone()));
        drop(seen);
        Ok(claims)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<[u8; 32], (String, Claims)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The claims, if they are good at an instant.
fn in_time(claims: Claims, now: i64) -> Result<Claims, TokenError> {
    if now.saturating_sub(LEEWAY_SECONDS) >= claims.exp {
        return Err(TokenError::Expired);
    }
    if claims.nbf.max(claims.iat) > now.saturating_add(LEEWAY_SECONDS) {
        return Err(TokenError::NotYet);
    }
    Ok(claims)
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKeys")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn keys(folder: &tempfile::TempDir) -> TokenKeys {
        TokenKeys::load_or_create(&folder.path().join("keys"), "minzheng", "minzheng-api").unwrap()
    }

    fn claims() -> Claims {
        Claims {
            iss: "minzheng".into(),
            aud: "minzheng-api".into(),
            sub: "42".into(),
            sid: "s1".into(),
            iat: NOW,
            nbf: NOW,
            exp: NOW + 600,
            kind: "session".into(),
            scope: Some("full".into()),
            act: None,
        }
    }

    /// A token with any header and claims, really signed with the active key.
    fn signed(keys: &TokenKeys, header: &serde_json::Value, claims: &serde_json::Value) -> String {
        use ed25519_dalek::Signer;
        let part = |value: &serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = SigningKey::from_bytes(keys.store.current().seed.bytes()).sign(message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }

    fn header(keys: &TokenKeys) -> serde_json::Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": keys.store.current().active })
    }

    /// RFC 8037, appendices A.1 to A.3.
    #[test]
    fn the_published_thumbprint() {
        let x = BASE64URL_NOPAD.decode(b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = PublicKey::new(x.try_into().unwrap());
        assert_eq!(key.id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_token_says_what_was_issued() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        let minted = Claims { scope: None, act: Some(json!({"role": "SCREEN", "scope": "430104"})), ..claims() };
        for claims in [claims(), minted] {
            let token = keys.issue(&claims).unwrap();
            assert_eq!(keys.verify(&token, NOW).unwrap(), claims);
        }
        assert_eq!(keys.verify(&signed(&keys, &header(&keys), &json!(claims())), NOW).unwrap(), claims());
    }

    #[test]
    fn times_are_those_of_the_caller() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        let token = keys.issue(&claims()).unwrap();
        let last = NOW + 600 + LEEWAY_SECONDS;
        assert!(keys.verify(&token, last - 1).is_ok());
        assert!(matches!(keys.verify(&token, last), Err(TokenError::Expired)));
        assert!(matches!(keys.verify(&token, i64::MAX), Err(TokenError::Expired)));
        assert!(keys.verify(&token, NOW - LEEWAY_SECONDS).is_ok());
        assert!(matches!(keys.verify(&token, NOW - LEEWAY_SECONDS - 1), Err(TokenError::NotYet)));
        assert!(matches!(keys.verify(&token, i64::MIN), Err(TokenError::NotYet)));
        let future = Claims { iat: NOW + 300, ..claims() };
        assert!(matches!(keys.verify(&keys.issue(&future).unwrap(), NOW), Err(TokenError::NotYet)));
    }

    #[test]
    fn issuer_audience_and_claims_are_required() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        let with = |name: &str, value: serde_json::Value| {
            let mut claims = json!(claims());
            claims[name] = value;
            keys.verify(&signed(&keys, &header(&keys), &claims), NOW)
        };
        assert!(matches!(with("iss", "other".into()), Err(TokenError::Issuer)));
        assert!(matches!(with("aud", "other".into()), Err(TokenError::Audience)));
        assert!(with("aud", json!(["minzheng-api", "other"])).is_err());
        assert!(with("exp", "4102444800".into()).is_err());
        assert!(with("exp", json!(1e30)).is_err());
        for name in ["iss", "aud", "sub", "sid", "iat", "nbf", "exp", "kind"] {
            assert!(with(name, serde_json::Value::Null).is_err(), "{name} null");
            let mut claims = json!(claims());
            claims.as_object_mut().unwrap().remove(name);
            assert!(keys.verify(&signed(&keys, &header(&keys), &claims), NOW).is_err(), "{name} left out");
        }
        assert!(with("later", 1.into()).is_ok(), "a newer process may say more");
    }

    #[test]
    fn wrong_claims_are_not_issued() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        for wrong in [
            Claims { iss: "x".into(), ..claims() },
            Claims { aud: "x".into(), ..claims() },
            Claims { exp: NOW, ..claims() },
            Claims { nbf: -1, ..claims() },
            Claims { sid: "x".repeat(MAX_LENGTH), ..claims() },
        ] {
            assert!(matches!(keys.issue(&wrong), Err(TokenError::Claims)));
        }
    }

    #[test]
    fn the_algorithm_is_pinned() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        let kid = keys.key_ids().pop().unwrap();
        let part = |value: serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        for alg in ["none", "None", "NONE", ""] {
            let head = part(json!({"alg": alg, "typ": TYPE, "kid": kid}));
            for signature in ["", "AAAA"] {
                let token = format!("{head}.{}.{signature}", part(json!(claims())));
                assert!(matches!(keys.verify(&token, NOW), Err(TokenError::Malformed)));
            }
        }
        // The public key, known to all, as the secret of an HMAC: in every spelling a library may take it.
        let public = keys.store.current().public[0].key;
        let x = BASE64URL_NOPAD.encode(&public);
        for secret in [&public[..], x.as_bytes(), keys.jwks().to_string().as_bytes()] {
            for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let mut head = Header::new(alg);
                head.typ = Some(TYPE.into());
                head.kid = Some(kid.clone());
                let token = jsonwebtoken::encode(&head, &claims(), &EncodingKey::from_secret(secret)).unwrap();
                assert!(matches!(keys.verify(&token, NOW), Err(TokenError::Algorithm)));
            }
        }
        for alg in ["ES256", "RS256", "PS512"] {
            let mut head = header(&keys);
            head["alg"] = alg.into();
            let token = signed(&keys, &head, &json!(claims()));
            assert!(matches!(keys.verify(&token, NOW), Err(TokenError::Algorithm)));
        }
    }

    #[test]
    fn the_header_cannot_choose_type_or_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        let with = |name: &str, value: serde_json::Value| {
            let mut head = header(&keys);
            head[name] = value;
            keys.verify(&signed(&keys, &head, &json!(claims())), NOW)
        };
        for typ in ["JWT", "AT+JWT", "application/at+jwt", ""] {
            assert!(matches!(with("typ", typ.into()), Err(TokenError::Type)), "{typ}");
        }
        assert!(matches!(with("typ", serde_json::Value::Null), Err(TokenError::Type)));
        assert!(matches!(with("crit", json!(["exp"])), Err(TokenError::Type)));
        assert!(matches!(with("kid", serde_json::Value::Null), Err(TokenError::UnknownKey)));
        assert!(matches!(with("kid", "../../etc/passwd".into()), Err(TokenError::UnknownKey)));

        // A key of the attacker's own, offered in the header.
        let elsewhere = tempfile::tempdir().unwrap();
        let theirs = self::keys(&elsewhere);
        let mut head = header(&theirs);
        head["jwk"] = theirs.jwks()["keys"][0].clone();
        head["jku"] = "https://example.org/jwks.json".into();
        let token = signed(&theirs, &head, &json!(claims()));
        assert!(matches!(keys.verify(&token, NOW), Err(TokenError::UnknownKey)));
        head["kid"] = header(&keys)["kid"].clone();
        let token = signed(&theirs, &head, &json!(claims()));
        assert!(matches!(keys.verify(&token, NOW), Err(TokenError::Signature)));
    }

    #[test]
    fn tampering_shows_at_every_place() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        let token = keys.issue(&claims()).unwrap();
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(keys.verify(&changed, NOW).is_err(), "{place}");
            assert!(keys.verify(&token[..place], NOW).is_err(), "cut at {place}");
        }
        for odd in ["", ".", "..", "...", "a.b.c", &format!("{token}."), &format!("{token}A"), &"a.".repeat(9000)] {
            assert!(keys.verify(odd, NOW).is_err());
        }
    }

    #[test]
    fn rotation_and_forgetting_reach_other_processes() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = (keys(&folder), keys(&folder));
        let old = ours.issue(&claims()).unwrap();
        let old_id = ours.key_ids().pop().unwrap();
        let new_id = theirs.rotate().unwrap();
        let new = theirs.issue(&claims()).unwrap();
        assert!(ours.verify(&new, NOW).is_ok(), "an unknown key id makes us look again");
        assert!(ours.verify(&old, NOW).is_ok() && theirs.verify(&old, NOW).is_ok());
        assert_eq!(ours.key_ids(), [old_id.clone(), new_id.clone()]);
        assert!(matches!(theirs.forget(&new_id), Err(SecretError::ActiveKey)));
        assert!(matches!(theirs.forget("none"), Err(SecretError::UnknownKey(_))));
        theirs.forget(&old_id).unwrap();
        assert!(matches!(theirs.verify(&old, NOW), Err(TokenError::UnknownKey)));
        ours.store.fresh().unwrap();
        assert!(matches!(ours.verify(&old, NOW), Err(TokenError::UnknownKey)));
        assert!(keys(&folder).verify(&new, NOW).is_ok());
    }

    #[test]
    fn the_published_keys_check_the_tokens_and_are_public_only() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(&folder);
        let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys.jwks()).unwrap();
        let token = keys.issue(&claims()).unwrap();
        let id = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
        let key = DecodingKey::from_jwk(jwks.find(&id).unwrap()).unwrap();
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_audience(&["minzheng-api"]);
        rules.validate_exp = false;
        assert!(jsonwebtoken::decode::<Claims>(&token, &key, &rules).is_ok());
        let seed = keys.store.current().seed.clone();
        let shown = format!("{keys:?} {}", keys.jwks());
        assert!(!shown.contains("\"d\""));
        assert!(!shown.contains(&BASE64URL_NOPAD.encode(seed.bytes())));
        assert!(!shown.contains(&HEXLOWER.encode(seed.bytes())));
    }

    #[test]
    fn a_mixed_up_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        keys(&folder);
        let file = folder.path().join("keys").join(FILE);
        let good: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let identity = format!("01{}", "00".repeat(31));
        for (name, value) in [
            ("seed", json!("11".repeat(32))),
            ("public", json!([])),
            ("public", json!([good["public"][0], identity])),
            ("public", json!([good["public"][0], "zz"])),
            ("format", json!(2)),
            ("more", json!(1)),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            std::fs::write(&file, bad.to_string()).unwrap();
            let refused = TokenKeys::load_or_create(file.parent().unwrap(), "a", "b").unwrap_err();
            assert!(matches!(refused, SecretError::Malformed { .. }), "{name}");
        }
    }
}
