//! The second factor: time-based codes (TOTP, RFC 6238) of an authenticator app, and recovery codes for when the device is lost.

use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::{
    domain::{id::UserId, timestamp::Timestamp},
    storage::{Store, StoreError},
};

/// Length of a secret in bytes, as RFC 4226 recommends.
const SECRET: usize = 20;
/// Number of recovery codes per user.
const CODES: usize = 10;
/// Length of a recovery code. It has 80 random bits, so that an unsalted hash of it cannot be reversed.
const CODE: usize = 16;
/// Without characters that look alike. It has 32 characters, so that each encodes 5 bits.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Maximum length of an entered code, in bytes.
const LENGTH_MAX: usize = 64;
const ISSUER: &str = "clearhook";

/// Generates a random secret.
pub fn generate() -> Zeroizing<Vec<u8>> {
    let mut secret = Zeroizing::new(vec![0; SECRET]);
    rand::fill(secret.as_mut_slice());
    secret
}

/// The secret as users type it into their app.
pub fn base32(secret: &[u8]) -> String {
    Secret::from(secret).to_base32()
}

/// The secret as a URL for a QR code (`otpauth://totp/…`).
pub fn address(secret: &[u8], email: &str) -> Option<String> {
    totp(secret, email)?.to_url().ok()
}

/// Generates recovery codes. Returns them as shown to the user, and their hashes as stored.
pub fn recovery_codes() -> (Vec<String>, Vec<Vec<u8>>) {
    let code = || -> String {
        let mut bytes = [0_u8; CODE];
        rand::fill(&mut bytes);
        let letters = bytes.map(|byte| char::from(ALPHABET.get(usize::from(byte) % ALPHABET.len()).copied().unwrap_or(b'a')));
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join("-")
    };
    let codes: Vec<String> = (0..CODES).map(|_| code()).collect();
    let hashes = codes.iter().map(|code| hash(&plain(code))).collect();
    (codes, hashes)
}

/// The time step that a code belongs to, if it is the current one, the one before or the one after.
pub fn step(secret: &[u8], code: &str, now: Timestamp) -> Option<u64> {
    let code = plain(code);
    let seconds = u64::try_from(now.unix_seconds()).ok()?;
    totp(secret, "")?.check(&code, seconds)
}

/// Whether a code is valid: either a code of the app that was not used before, or a recovery code, which can be used once.
pub async fn consume_code(store: &Store, user: UserId, code: &str, now: Timestamp) -> Result<bool, StoreError> {
    if code.len() > LENGTH_MAX {
        return Ok(false);
    }
    let Some(factor) = store.second_factor(user).await?.filter(|factor| factor.confirmed) else {
        return Ok(false);
    };
    match step(&factor.secret, code, now) {
        Some(step) => store.use_step(user, step).await,
        None => store.use_recovery_code(user, hash(&plain(code))).await,
    }
}

fn totp(secret: &[u8], email: &str) -> Option<Totp> {
    let builder = Builder::new()
        .with_secret(secret)
        .with_issuer(Some(ISSUER))
        .with_account_name(email);
    builder.build().ok()
}

/// Removes spaces and dashes, and ignores case.
fn plain(code: &str) -> String {
    let letters = code.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
    letters.flat_map(char::to_lowercase).collect()
}

fn hash(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totp_codes_match_the_vectors_of_rfc_6238() {
        // RFC 6238, appendix B, of which six digits.
        let secret = b"12345678901234567890";
        let at = |seconds: i64| Timestamp(seconds * 1_000);
        assert_eq!(step(secret, "287082", at(59)), Some(1));
        assert_eq!(step(secret, "081804", at(1_111_111_109)), Some(37_037_036));
        assert_eq!(step(secret, "081 804", at(1_111_111_109 + 30)), Some(37_037_036));
        assert_eq!(step(secret, "081804", at(1_111_111_109 + 90)), None);
        for bad in ["", "08180", "0818040", "o81804", "-81804"] {
            assert_eq!(step(secret, bad, at(1_111_111_109)), None, "{bad}");
        }
    }

    #[test]
    fn the_address_names_issuer_and_account() {
        let address = address(&generate(), "someone@example.com").unwrap();
        assert!(
            address.starts_with("otpauth://totp/clearhook:someone%40example.com?secret="),
            "{address}"
        );
    }

    #[test]
    fn recovery_codes_differ_and_are_read_in_any_spelling() {
        let (codes, hashes) = recovery_codes();
        assert_eq!((codes.len(), hashes.len()), (CODES, CODES));
        assert_eq!(codes.iter().collect::<std::collections::HashSet<_>>().len(), CODES);
        assert_eq!(codes[0].len(), CODE + 3);
        assert_eq!(hash(&plain(&codes[0].to_uppercase().replace('-', " "))), hashes[0]);
    }
}
