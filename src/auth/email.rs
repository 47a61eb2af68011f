//! Syntax check of email addresses that are used as user names. Whether mail can be delivered to them is not checked.

use thiserror::Error;

/// Maximum length in bytes (RFC 5321, section 4.5.3.1.3).
pub const MAX: usize = 254;

/// The error of a text that is not an email address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not an email address; use one such as you@example.com")]
pub struct InvalidEmail(String);

/// Checks that a text can be an email address.
pub fn check(email: &str) -> Result<(), InvalidEmail> {
    let (name, host) = email.split_once('@').unwrap_or_default();
    let strange = |letter: char| letter.is_whitespace() || letter.is_control();
    if name.is_empty() || host.is_empty() || host.contains('@') || email.len() > MAX || email.chars().any(strange) {
        return Err(InvalidEmail(email.chars().take(MAX).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for good in ["you@example.com", "ünï@example.com", "a.b+c@localhost"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "you",
            "@example.com",
            "you@",
            "y u@example.com",
            "you@example.com\n",
            "a@b@c",
            &"x@".repeat(128),
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
