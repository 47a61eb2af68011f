//! Logging to stderr.

use std::{
    env,
    ffi::OsString,
    io::{IsTerminal, stderr},
};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{ConfigError, LogFormat};

/// The migration library logs one line per migration, and `storage::open` logs one line for all of them. So the lines of the library are
/// hidden, unless the filter names it.
const MIGRATIONS: &str = "sea_orm_migration";
/// PostgreSQL's notices ("relation already exists, skipping") are hidden for the same reason.
const NOTICES: &str = "sqlx::postgres::notice";

/// Initializes logging.
pub fn start(filter: &str, format: LogFormat) -> Result<(), ConfigError> {
    let wrong = |detail: String| ConfigError::new("CLEARHOOK_LOG", detail);
    let directives = if filter.contains(MIGRATIONS) {
        filter.to_owned()
    } else {
        format!("{filter},{MIGRATIONS}=warn,{NOTICES}=warn")
    };
    // The filter is parsed alone first, so that an error message shows what the operator wrote.
    let filter = EnvFilter::try_new(filter)
        .and_then(|_| EnvFilter::try_new(&directives))
        .map_err(|error| wrong(format!("{error}; use a level such as info, or a directive such as clearhook=debug")))?;
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

/// Whether the log is coloured: on a terminal, unless `NO_COLOR` is set to any value (<https://no-color.org>) or the terminal does not
/// support colours. Elsewhere only if `CLICOLOR_FORCE` is set.
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
