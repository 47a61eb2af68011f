//! Logs to stderr.

use std::{
    env,
    ffi::OsString,
    io::{IsTerminal, stderr},
};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{ConfigError, LogFormat};

/// The library that applies migrations logs a line for each; `storage::open` logs one line for all. A filter that names the library
/// shows its lines.
const MIGRATIONS: &str = "sea_orm_migration";

/// Begins to log.
pub fn start(filter: &str, format: LogFormat) -> Result<(), ConfigError> {
    let wrong = |detail: String| ConfigError::new("CLEARHOOK_LOG", detail);
    let directives = if filter.contains(MIGRATIONS) {
        filter.to_owned()
    } else {
        format!("{filter},{MIGRATIONS}=warn")
    };
    // The filter alone is checked first, so that the error shows what was written.
    let filter = EnvFilter::try_new(filter)
        .and_then(|_| EnvFilter::try_new(&directives))
        .map_err(|error| wrong(format!("{error}; write a level such as info, or clearhook=debug")))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => registry
            .with(
                fmt::layer()
                    .with_writer(stderr)
                    .with_ansi(has_colours(stderr().is_terminal(), |name| env::var_os(name)))
                    .with_target(false),
            )
            .try_init(),
        LogFormat::Json => registry.with(fmt::layer().json().with_ansi(false).with_writer(stderr)).try_init(),
    };
    started.map_err(|error| wrong(error.to_string()))
}

/// Whether the log has colour codes: on a terminal, unless `NO_COLOR` is set to anything (<https://no-color.org>) or the terminal knows
/// no colours; elsewhere only with `CLICOLOR_FORCE`.
fn has_colours(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let is_forced = is_set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let is_dumb = variable("TERM").is_some_and(|value| value == "dumb");
    !is_set("NO_COLOR") && (is_forced || (is_terminal && !is_dumb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_terminals_that_may_show_colours_get_colour_codes() {
        let with = |is_terminal, set: &[(&str, &str)]| {
            has_colours(is_terminal, |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            })
        };
        assert!(with(true, &[]) && with(true, &[("NO_COLOR", "")]) && with(true, &[("TERM", "xterm")]));
        assert!(!with(false, &[]) && !with(false, &[("TERM", "xterm"), ("CLICOLOR_FORCE", "0")]));
        assert!(with(false, &[("CLICOLOR_FORCE", "1")]));
        for value in ["1", "0", "false"] {
            assert!(!with(true, &[("NO_COLOR", value)]) && !with(true, &[("NO_COLOR", value), ("CLICOLOR_FORCE", "1")]));
        }
        assert!(!with(true, &[("TERM", "dumb")]));
    }
}
