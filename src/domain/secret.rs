//! Signing secrets and signatures of the Standard Webhooks specification.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{domain::timestamp::Timestamp, messages::validation::ValidationError};

const PREFIX: &str = "whsec_";
/// Length of a generated secret, in bytes.
const GENERATED: usize = 32;

/// The key that signs the callbacks of one webhook: 24 to 64 bytes.
#[derive(Clone)]
pub struct SigningSecret(Zeroizing<Vec<u8>>);

/// The text is not a signing secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.wrong())]
pub struct InvalidSecret;

impl InvalidSecret {
    /// The error as a translatable message.
    pub const fn wrong(&self) -> ValidationError {
        ValidationError::Secret
    }
}

impl SigningSecret {
    /// Generates a secret of 32 random bytes.
    pub fn generate() -> Self {
        let mut bytes = Zeroizing::new(vec![0; GENERATED]);
        rand::fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Parses `whsec_…`.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        Self::from_bytes(STANDARD.decode(encoded).map_err(|_| InvalidSecret)?)
    }

    /// Creates a secret from the raw key.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, InvalidSecret> {
        let bytes = Zeroizing::new(bytes);
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(InvalidSecret)
        }
    }

    /// The raw key. Callers encrypt it before they store it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text form, `whsec_…`. It is shown only once, to the creator of the secret.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(&*self.0)))
    }

    /// One signature of `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `{message_id}.{seconds}.{body}`.
    pub fn sign(&self, message_id: &str, at: Timestamp, body: &[u8]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of any length (RFC 2104)")
        };
        mac.update(message_id.as_bytes());
        mac.update(format!(".{}.", at.unix_seconds()).as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_matches_the_vector_of_the_specification() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp(1_614_265_330_000),
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn generated_secrets_differ_and_round_trip() {
        let (one, two) = (SigningSecret::generate(), SigningSecret::generate());
        assert_ne!(one.as_bytes(), two.as_bytes());
        assert_eq!(SigningSecret::parse(&one.reveal()).unwrap().as_bytes(), one.as_bytes());
    }

    #[test]
    fn malformed_secret_is_rejected() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for bad in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_###", &short, &long] {
            assert!(SigningSecret::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_output_hides_secrets() {
        assert_eq!(format!("{:?}", SigningSecret::generate()), "SigningSecret(…)");
    }
}
