//! Passwords, hashed with argon2id and OWASP's parameters (19 MiB, 2 passes, 1 lane).

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use thiserror::Error;
use tokio::{sync::Semaphore, task::spawn_blocking};
use zxcvbn::{Score, zxcvbn};

/// Minimum length, in characters.
pub const MIN: usize = 12;
/// Maximum length, in bytes. It limits the work that an attacker can cause with long passwords.
pub const MAX: usize = 1_024;

/// Why a password is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnfitPassword {
    /// Fewer than [`MIN`] characters.
    #[error("use at least {MIN} characters in a password")]
    TooShort,
    /// More than [`MAX`] bytes.
    #[error("use at most {MAX} bytes in a password")]
    TooLong,
    /// A password that is easy to guess.
    #[error("this password is easy to guess; use a longer one, made of unrelated words")]
    TooCommon,
}

/// Hashing failed.
#[derive(Debug, Error)]
#[error("password hashing failed: {0}")]
pub struct HashError(String);

/// Characters of generated passwords, without those that look alike.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Checks the length, and rejects passwords that are easy to guess: common passwords, words, keyboard rows, repetitions, and anything in
/// `about`, such as the user's email address (NIST SP 800-63B, section 3.1.1.2).
pub fn check(password: &str, about: &[&str]) -> Result<(), UnfitPassword> {
    if password.chars().count() < MIN {
        return Err(UnfitPassword::TooShort);
    }
    if password.len() > MAX {
        return Err(UnfitPassword::TooLong);
    }
    let words: Vec<&str> = about
        .iter()
        .flat_map(|text| text.split(['@', '.', '-', '_', '+', ' ']))
        .chain(PRODUCT)
        .chain(about.iter().copied())
        .collect();
    if adds_little(password, &words) || zxcvbn(password, &words).score() < Score::Three {
        return Err(UnfitPassword::TooCommon);
    }
    Ok(())
}

/// Whether a password contains little more than words that are known about its owner.
fn adds_little(password: &str, words: &[&str]) -> bool {
    let mut rest = password.to_lowercase();
    for word in words.iter().filter(|word| word.len() >= WORD) {
        rest = rest.replace(&word.to_lowercase(), "");
    }
    rest.chars().count() < ADDED
}

/// Minimum length of a word that is searched for in a password.
const WORD: usize = 4;
/// Minimum number of characters in a password besides such words.
const ADDED: usize = 6;

/// Words that are obvious guesses for this product.
const PRODUCT: [&str; 5] = ["clearhook", "clear", "hook", "webhook", "webhooks"];

/// A random password of 20 characters (116 bits), in groups of five.
pub fn generate() -> String {
    let letters: Vec<u8> = (0..20)
        .filter_map(|_| ALPHABET.get(rand::random_range(0..ALPHABET.len())).copied())
        .collect();
    letters.chunks(5).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}

/// Limits how many passwords are hashed at a time, because each takes 19 MiB and one core.
static HASHING: Semaphore = Semaphore::const_new(4);

/// Hashes a password on a blocking thread, so that request threads are not blocked.
pub async fn hash(password: &str) -> Result<String, HashError> {
    let password = password.to_owned();
    let _permit = HASHING.acquire().await.map_err(|error| HashError(error.to_string()))?;
    let hashed = spawn_blocking(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())).await;
    hashed
        .map_err(|error| HashError(error.to_string()))?
        .map_err(|error| HashError(error.to_string()))
}

/// Whether the password matches the hash. Without a hash, a decoy is verified and the result is false, so that the response time does not
/// reveal whether a user exists.
pub async fn verify(password: &str, hash: Option<&str>) -> bool {
    let hash = hash.filter(|hash| !hash.is_empty() && password.len() <= MAX);
    let (password, known) = (password.chars().take(MAX).collect::<String>(), hash.is_some());
    let hash = hash.unwrap_or(DECOY).to_owned();
    let Ok(_permit) = HASHING.acquire().await else { return false };
    let matches = spawn_blocking(move || {
        let parsed = PasswordHash::new(&hash);
        parsed.is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    });
    matches.await.unwrap_or(false) && known
}

/// A hash with the same parameters that no password is known for.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Wt7tzu2Q5d4gmvS4kGkjcnAjOWrLfZvhRmyjJhTRS3Y";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let hashed = hash("correct horse battery").await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse battery", Some(&hashed)).await);
        assert!(!verify("correct horse batterx", Some(&hashed)).await);
        assert!(!verify("correct horse battery", None).await);
        assert!(!verify("x", Some("not a hash")).await);
        assert!(!verify("", Some("")).await);
    }

    #[test]
    fn hash_for_unknown_users_is_complete() {
        assert!(PasswordHash::new(DECOY).is_ok());
    }

    #[test]
    fn generated_passwords_are_fit_and_differ() {
        let (one, two) = (generate(), generate());
        assert_eq!(one.len(), 23);
        assert_ne!(one, two);
        assert_eq!(check(&one, &[]), Ok(()));
        assert_eq!(check("short", &[]), Err(UnfitPassword::TooShort));
        assert_eq!(check(&"x".repeat(MAX + 1), &[]), Err(UnfitPassword::TooLong));
    }

    #[test]
    fn common_password_is_refused() {
        for common in [
            "password1234",
            "Password1234!",
            "passwordpassword",
            "qwertyuiop12",
            "qwertyuiopasdf",
            "123456789012",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "iloveyou1234",
            "administrator",
            "letmein12345",
            "clearhook1234",
            "webhookwebhook",
            "alice.liddell1",
            "alice@wonder.example",
        ] {
            assert_eq!(
                check(common, &["alice.liddell@wonder.example", "alice@wonder.example"]),
                Err(UnfitPassword::TooCommon),
                "{common}"
            );
        }
        for fit in ["correct horse battery staple", "a long enough one", "Wvc8-kFzq-2mTy"] {
            assert_eq!(check(fit, &["alice@wonder.example"]), Ok(()), "{fit}");
        }
    }
}
