//! Parsers of values that several settings have.

use std::{str::FromStr, time::Duration};

use crate::config::error::ConfigError;

/// Parses a value with [`FromStr`]. `advice` completes the error message.
pub(super) fn read<T: FromStr>(setting: &str, given: Option<&str>, default: &str, advice: &str) -> Result<T, ConfigError> {
    let text = given.unwrap_or(default);
    text.parse()
        .map_err(|_| ConfigError::new(setting, format!("`{text}` is not valid; {advice}")))
}

/// Parses a duration, which must not be zero.
pub(super) fn duration(setting: &str, given: Option<&str>, default: Duration) -> Result<Duration, ConfigError> {
    let Some(text) = given else { return Ok(default) };
    let parsed = humantime::parse_duration(text.trim()).ok().filter(|duration| !duration.is_zero());
    parsed.ok_or_else(|| ConfigError::new(setting, format!("`{text}` is not a duration; use one such as 15s")))
}

/// A duration, where `none` or `off` means "never". It is represented by a thousand years. Zero is refused, because it could mean "never"
/// or "at once".
pub(super) fn duration_or_none(setting: &str, given: Option<&str>, default: Duration) -> Result<Duration, ConfigError> {
    const NEVER: Duration = Duration::from_secs(1_000 * 366 * 24 * 3_600);
    let Some(text) = given else { return Ok(default) };
    if is_none(text) {
        return Ok(NEVER);
    }
    duration(setting, Some(text), default).map_err(|_| {
        ConfigError::new(
            setting,
            format!("`{text}` is not valid; use a duration such as 120h, or none for never"),
        )
    })
}

/// Whether the value is the word that disables a setting: `none` or `off`, in any case.
pub(super) fn is_none(text: &str) -> bool {
    ["none", "off"].iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// The value, or `None` if it is the word `none` or `off`.
pub(super) fn unless_none(given: Option<&str>) -> Option<&str> {
    given.filter(|text| !is_none(text))
}

/// Parses a boolean.
pub(super) fn truth(setting: &str, given: Option<&str>, default: bool) -> Result<bool, ConfigError> {
    match given.map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None => Ok(default),
        Some("true" | "1" | "yes" | "on") => Ok(true),
        Some("false" | "0" | "no" | "off") => Ok(false),
        Some(other) => Err(ConfigError::new(setting, format!("`{other}` is not valid; use true or false"))),
    }
}
