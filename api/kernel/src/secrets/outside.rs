//! Tokens of another issuer (`OpenID` Connect): checked against its public keys, with the one algorithm that was agreed.
//!
//! Issuer, audience, algorithm and the claim that names the account are ours to say; of what the token says about its
//! own checking only the key id counts, and only among the issuer's keys.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use super::{LEEWAY_SECONDS, TokenError};

/// No token of a reasonable issuer comes near this.
const MAX_LENGTH: usize = 16 << 10;

/// Algorithms with a public and a private half; of others anybody who can check could also forge.
const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// What is agreed with another issuer.
#[derive(Debug, Clone)]
pub struct OutsideIssuer {
    issuer: String,
    audience: String,
    algorithm: Algorithm,
    claim: String,
}

/// The public keys of an issuer.
#[derive(Debug, Clone, Default)]
pub struct OutsideKeys(JwkSet);

/// What a good token of another issuer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideClaims {
    /// The claim that names the account.
    pub name: String,
    /// Good until, Unix seconds.
    pub expires: i64,
}

impl OutsideKeys {
    /// Reads a JWK set (RFC 7517); none when it is not, or holds no key.
    pub fn parse(json: &str) -> Option<Self> {
        let set: JwkSet = serde_json::from_str(json).ok()?;
        (!set.keys.is_empty()).then_some(Self(set))
    }

    fn find(&self, id: Option<&str>) -> Option<&Jwk> {
        let usable = |key: &&Jwk| !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
        match (id, self.0.keys.as_slice()) {
            (Some(id), _) => self.0.find(id).filter(usable),
            (None, [only]) => Some(only).filter(usable),
            (None, _) => None,
        }
    }
}

impl OutsideIssuer {
    /// What is agreed; fails with the algorithms there are when this is none of them.
    pub fn new(issuer: &str, audience: &str, algorithm: &str, claim: &str) -> Result<Self, String> {
        let known = ALGORITHMS.iter().find(|(name, _)| *name == algorithm);
        let (_, algorithm) = known.ok_or_else(|| {
            let names: Vec<_> = ALGORITHMS.iter().map(|(name, _)| *name).collect();
            format!("{algorithm}: an outside issuer signs with one of {}", names.join(", "))
        })?;
        Ok(Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            algorithm: *algorithm,
            claim: claim.to_owned(),
        })
    }

    /// Whether a token says that it is of this issuer; nothing of it has been checked.
    pub fn is_named_by(&self, token: &str) -> bool {
        let payload = token.split('.').nth(1).filter(|_| token.len() <= MAX_LENGTH);
        let bytes = payload.and_then(|part| data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).ok());
        let claims = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        claims.is_some_and(|claims| claims.get("iss").and_then(Value::as_str) == Some(self.issuer.as_str()))
    }

    /// Checks a token at an instant (Unix seconds). [`TokenError::UnknownKey`] may mean that the keys are old.
    pub fn verify(&self, keys: &OutsideKeys, token: &str, now: i64) -> Result<OutsideClaims, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != self.algorithm {
            return Err(TokenError::Algorithm);
        }
        if header.crit.is_some() {
            return Err(TokenError::Type);
        }
        let key = keys.find(header.kid.as_deref()).ok_or(TokenError::UnknownKey)?;
        let key = DecodingKey::from_jwk(key).map_err(|_| TokenError::UnknownKey)?;
        let mut rules = Validation::new(self.algorithm);
        rules.set_required_spec_claims(&["iss", "aud", "exp"]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        rules.leeway = 0;
        // The library would ask the system for the time; below it is asked of the caller.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Value>(token, &key, &rules)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => TokenError::Signature,
                ErrorKind::InvalidIssuer => TokenError::Issuer,
                ErrorKind::InvalidAudience => TokenError::Audience,
                ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
                _ => TokenError::Malformed,
            })?
            .claims;
        let seconds = |name: &str| -> Result<Option<i64>, TokenError> {
            match claims.get(name) {
                None => Ok(None),
                // Seconds with a fraction are allowed (RFC 7519 §2); they are cut off.
                Some(value) => value
                    .as_i64()
                    .or_else(|| value.to_string().split('.').next().and_then(|whole| whole.parse().ok()))
                    .map(Some)
                    .ok_or(TokenError::Malformed),
            }
        };
        let expires = seconds("exp")?.ok_or(TokenError::Malformed)?;
        if now.saturating_sub(LEEWAY_SECONDS) >= expires {
            return Err(TokenError::Expired);
        }
        for begin in [seconds("nbf")?, seconds("iat")?].into_iter().flatten() {
            if begin > now.saturating_add(LEEWAY_SECONDS) {
                return Err(TokenError::NotYet);
            }
        }
        let name = claims.get(&self.claim).and_then(Value::as_str).filter(|name| !name.is_empty());
        Ok(OutsideClaims { name: name.ok_or(TokenError::Malformed)?.to_owned(), expires })
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn signing(byte: u8) -> (EncodingKey, Value) {
        let key = SigningKey::from_bytes(&[byte; 32]);
        let mut der =
            vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        der.extend([byte; 32]);
        let x = data_encoding::BASE64URL_NOPAD.encode(key.verifying_key().as_bytes());
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": format!("k{byte}"), "use": "sig" });
        (EncodingKey::from_ed_der(&der), jwk)
    }

    fn claims() -> Value {
        json!({ "iss": "https://id.example", "aud": "minzheng", "exp": NOW + 300, "iat": NOW, "preferred_username": "li.si" })
    }

    fn token(byte: u8, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &signing(byte).0).unwrap()
    }

    fn agreed() -> OutsideIssuer {
        OutsideIssuer::new("https://id.example", "minzheng", "EdDSA", "preferred_username").unwrap()
    }

    fn keys(bytes: &[u8]) -> OutsideKeys {
        let keys: Vec<Value> = bytes.iter().map(|byte| signing(*byte).1).collect();
        OutsideKeys::parse(&json!({ "keys": keys }).to_string()).unwrap()
    }

    #[test]
    fn a_good_token_names_its_account() {
        let good = OutsideClaims { name: "li.si".into(), expires: NOW + 300 };
        assert_eq!(agreed().verify(&keys(&[1, 2]), &token(1, Some("k1"), &claims()), NOW).unwrap(), good);
        assert_eq!(agreed().verify(&keys(&[1]), &token(1, None, &claims()), NOW).unwrap(), good, "one key needs no id");
        assert!(agreed().is_named_by(&token(1, None, &claims())));
        assert!(!agreed().is_named_by("a.b.c") && !agreed().is_named_by(""));
        let mut listed = claims();
        listed["aud"] = json!(["other", "minzheng"]);
        assert!(agreed().verify(&keys(&[1]), &token(1, None, &listed), NOW).is_ok());
    }

    #[test]
    fn anything_else_is_refused_for_what_it_is() {
        let check = |token: String, now| agreed().verify(&keys(&[1, 2]), &token, now).unwrap_err().to_string();
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            check(token(1, Some("k1"), &claims), NOW)
        };
        assert_eq!(with("iss", json!("https://evil.example")), TokenError::Issuer.to_string());
        assert_eq!(with("aud", json!("other")), TokenError::Audience.to_string());
        assert_eq!(with("nbf", json!(NOW + 60)), TokenError::NotYet.to_string());
        assert_eq!(with("exp", json!("soon")), TokenError::Malformed.to_string());
        assert_eq!(with("preferred_username", json!(7)), TokenError::Malformed.to_string());
        let good = || token(1, Some("k1"), &claims());
        assert_eq!(check(good(), NOW + 330), TokenError::Expired.to_string());
        assert_eq!(check(token(1, None, &claims()), NOW), TokenError::UnknownKey.to_string(), "two keys need an id");
        assert_eq!(check(token(1, Some("k9"), &claims()), NOW), TokenError::UnknownKey.to_string());
        assert_eq!(check(token(2, Some("k1"), &claims()), NOW), TokenError::Signature.to_string());
        let good = good();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        let changed = format!("{signed}.{first}{}", &signature[1..]);
        assert_eq!(check(changed, NOW), TokenError::Signature.to_string());
        assert_eq!(check(format!("{good}x"), NOW), TokenError::Malformed.to_string());
        let shared = Header::new(Algorithm::HS256);
        let public = signing(1).1["x"].to_string();
        let forged = jsonwebtoken::encode(&shared, &claims(), &EncodingKey::from_secret(public.as_bytes())).unwrap();
        assert_eq!(check(forged, NOW), TokenError::Algorithm.to_string());
    }

    #[test]
    fn only_algorithms_with_two_halves_can_be_agreed() {
        for algorithm in ["HS256", "none", "eddsa", ""] {
            assert!(OutsideIssuer::new("i", "a", algorithm, "c").is_err(), "{algorithm}");
        }
        assert!(OutsideKeys::parse("{\"keys\":[]}").is_none() && OutsideKeys::parse("x").is_none());
    }
}
