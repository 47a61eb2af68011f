//! Limits and checks of a webhook's fields. The browser's form and the server both use them.

use crate::{domain::named::named, messages::validation::ValidationError};

/// Maximum length of the name, in characters.
pub const NAME_MAX: usize = 200;
/// Maximum length of the description, in characters.
pub const DESCRIPTION_MAX: usize = 2_000;
/// Maximum length of the URL, in bytes.
pub const URL_MAX: usize = 2_000;
/// Maximum number of additional headers.
pub const HEADERS_MAX: usize = 32;
/// Maximum size of the names and values of all additional headers together, in bytes.
pub const HEADERS_BYTES_MAX: usize = 8 * 1024;

/// Maximum of both numbers of a rate limit.
pub const RATE_MAX: u32 = 100_000;

/// The rate limit of a webhook: a token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Callbacks per second.
    #[cfg_attr(feature = "ssr", schemars(range(min = 1, max = RATE_MAX), example = 50))]
    pub per_second: u32,
    /// Callbacks at once after a pause (bucket size).
    #[cfg_attr(feature = "ssr", schemars(range(min = 1, max = RATE_MAX), example = 100))]
    pub burst: u32,
}

named! {
    /// A webhook's status in the list.
    Status("status") {
        /// Callbacks are sent.
        Enabled = "enabled",
        /// No callbacks are sent; events are held.
        Disabled = "disabled",
        /// Enabled, but all attempts since the last success have failed.
        Failing = "failing",
    }
}

impl Status {
    /// The status of a webhook.
    pub const fn of(enabled: bool, failing: bool) -> Self {
        match (enabled, failing) {
            (false, _) => Self::Disabled,
            (true, true) => Self::Failing,
            (true, false) => Self::Enabled,
        }
    }
}

/// Checks one number of a rate limit: from 1 to [`RATE_MAX`].
pub fn check_rate(number: u32) -> Result<(), ValidationError> {
    if (1..=RATE_MAX).contains(&number) {
        Ok(())
    } else {
        Err(ValidationError::Rate { max: u64::from(RATE_MAX) })
    }
}

/// Checks one number of a rate limit in a form field. An empty field is valid.
pub fn check_rate_text(text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() {
        return Ok(());
    }
    check_rate(parse_rate(text).unwrap_or_default())
}

/// Parses one number of a rate limit in a form field. Returns `None` if it is not a whole number.
pub fn parse_rate(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

/// Checks a name: not empty, not too long, no control characters.
pub fn check_name(name: &str) -> Result<(), ValidationError> {
    if name.trim().is_empty() {
        return Err(ValidationError::NameMissing);
    }
    if name.chars().count() > NAME_MAX {
        return Err(ValidationError::TooManyCharacters { max: NAME_MAX as u64 });
    }
    if name.chars().any(char::is_control) {
        return Err(ValidationError::OneLine);
    }
    Ok(())
}

/// Checks a description: not too long, no control characters except line breaks and tabs.
pub fn check_description(description: &str) -> Result<(), ValidationError> {
    if description.chars().count() > DESCRIPTION_MAX {
        return Err(ValidationError::TooManyCharacters {
            max: DESCRIPTION_MAX as u64,
        });
    }
    if description.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(ValidationError::ControlCharacters);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhook_name_is_one_line_of_200_characters() {
        assert!(check_name("HR directory").is_ok());
        assert!(check_name(&"ü".repeat(NAME_MAX)).is_ok());
        for bad in ["", "  ", "a\nb", "nul\0", &"x".repeat(NAME_MAX + 1)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn rate_limit_is_a_whole_number_within_bounds() {
        for good in ["", " ", "1", " 20 ", "100000"] {
            assert!(check_rate_text(good).is_ok(), "{good:?}");
        }
        for bad in ["0", "-1", "1.5", "1e3", "100001", "99999999999", "ten", "1 0"] {
            assert!(check_rate_text(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn description_may_have_several_lines() {
        assert!(check_description("one\r\ntwo\tthree").is_ok());
        assert!(check_description("bell\u{7}").is_err());
        assert!(check_description(&"x".repeat(DESCRIPTION_MAX + 1)).is_err());
    }
}
