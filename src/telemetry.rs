//! Logging to stderr, and over OpenTelemetry if it is configured.

use std::{
    env,
    ffi::OsString,
    io::{IsTerminal, stderr},
};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::{ConfigError, LogFormat},
    otel::Exporters,
};

/// The migration library logs one line per migration, and `storage::open` logs one line for all of them. So the lines of the library are
/// hidden, unless the filter names it.
const MIGRATIONS: &str = "sea_orm_migration";
/// PostgreSQL's notices ("relation already exists, skipping") are hidden for the same reason.
const NOTICES: &str = "sqlx::postgres::notice";

/// The clients of brokers. `broker::consumer` logs what happens to connections, once and with the remedy.
const BROKER_CLIENTS: [&str; 2] = ["async_nats", "lapin"];

/// Initializes logging. The filter also applies to the lines that are exported.
pub fn start(filter: &str, format: LogFormat, exporters: Option<&Exporters>) -> Result<(), ConfigError> {
    let wrong = |detail: String| ConfigError::new("CLEARHOOK_LOG", detail);
    let filter = checked(filter).map_err(wrong)?;
    let mut directives = filter.clone();
    if !filter.contains(MIGRATIONS) {
        directives.extend([",", MIGRATIONS, "=warn,", NOTICES, "=warn"]);
    }
    for client in BROKER_CLIENTS {
        if !filter.contains(client) {
            directives.extend([",", client, "=off"]);
        }
    }
    // The filter is parsed alone first, so that an error message shows what the operator wrote.
    let filter = EnvFilter::try_new(&filter)
        .and_then(|_| EnvFilter::try_new(&directives))
        .map_err(|error| wrong(format!("{error}; use a level such as info, or a directive such as clearhook=debug")))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => registry
            .with(exporters.and_then(Exporters::log_layer))
            .with(
                fmt::layer()
                    .with_writer(stderr)
                    .with_ansi(has_colours(stderr().is_terminal(), |name| env::var_os(name)))
                    .with_target(false),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(exporters.and_then(Exporters::log_layer))
            .with(fmt::layer().json().with_ansi(false).with_writer(stderr))
            .try_init(),
    };
    started.map_err(|error| wrong(error.to_string()))
}

/// The crates whose log lines a filter can select. `EnvFilter` takes any other word for the name of a crate that logs nothing, so a typing
/// error such as `inof` would silence the whole log.
const CRATES: [&str; 24] = [
    "async_nats",
    "axum",
    "axum_core",
    "clearhook",
    "h2",
    "hyper",
    "hyper_util",
    "jiff",
    "lapin",
    "leptos",
    "openidconnect",
    "reqwest",
    "rustls",
    "rustls_platform_verifier",
    "sea_orm",
    "sea_orm_migration",
    "sqlx",
    "sqlx_core",
    "sqlx_postgres",
    "sqlx_sqlite",
    "tokio",
    "tokio_rustls",
    "tower",
    "tower_http",
];
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// Words that are less similar than this (Jaro-Winkler, from 0 to 1) are not suggested.
const SIMILAR: f64 = 0.75;

/// Checks a filter, and returns it without blanks. The error is a sentence that names the wrong directive.
fn checked(filter: &str) -> Result<String, String> {
    let directives: Vec<_> = directives(filter).into_iter().map(checked_directive).collect::<Result<_, _>>()?;
    Ok(directives.join(","))
}

/// The parts between commas. A comma between brackets separates the fields of a span.
fn directives(filter: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0_u32, 0, Vec::new());
    for (at, character) in filter.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&filter[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&filter[begin..]);
    parts
}

/// Checks `level`, `target`, `target=level` or `target[span{field=value}]=level`.
fn checked_directive(directive: &str) -> Result<String, String> {
    let directive = directive.trim();
    if directive.is_empty() {
        return Err("a directive is empty; remove the comma, or write a level such as info".to_owned());
    }
    let (target, span, level) = match directive.find('[') {
        Some(open) => {
            let close = directive.rfind(']').filter(|close| *close > open);
            let close = close.ok_or_else(|| format!("`{directive}` has no `]`; write a directive such as clearhook[request]=debug"))?;
            let (span, rest) = (&directive[open..=close], directive[close + 1..].trim());
            let level = rest.strip_prefix('=');
            if level.is_none() && !rest.is_empty() {
                return Err(format!(
                    "`{rest}` after `]` is not valid; write a directive such as clearhook[request]=debug"
                ));
            }
            (directive[..open].trim(), span, level)
        }
        None => match directive.split_once('=') {
            Some((target, level)) => (target.trim(), "", Some(level)),
            None if is_level(directive) => return Ok(directive.to_ascii_lowercase()),
            None => (directive, "", None),
        },
    };
    let level = level.map(str::trim).map(str::to_ascii_lowercase);
    if let Some(level) = level.as_deref().filter(|level| !is_level(level)) {
        return Err(format!(
            "`{level}` is not a level; use {}{}",
            LEVELS.join(", "),
            meant(level, &LEVELS)
        ));
    }
    let name = target.split("::").next().unwrap_or_default();
    if !CRATES.contains(&name) && (span.is_empty() || !target.is_empty()) {
        let known: Vec<&str> = LEVELS.into_iter().chain(CRATES).collect();
        return Err(format!(
            "`{target}` is neither a level nor a module that logs{}; use a level such as info, or a directive such as clearhook=debug",
            meant(target, &known)
        ));
    }
    let level = level.map(|level| format!("={level}")).unwrap_or_default();
    Ok(format!("{target}{span}{level}"))
}

/// Whether the word is a level: a name, or its number from 0 (off) to 5 (trace).
fn is_level(word: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word)) || matches!(word, "0" | "1" | "2" | "3" | "4" | "5")
}

/// The known word that is most similar, as the end of a sentence.
fn meant(word: &str, known: &[&str]) -> String {
    let word = word.to_ascii_lowercase();
    let similar = known.iter().map(|known| (strsim::jaro_winkler(&word, known), known));
    let nearest = similar.max_by(|one, other| one.0.total_cmp(&other.0));
    nearest
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .map(|(_, known)| format!(" (did you mean {known}?)"))
        .unwrap_or_default()
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
    fn filters_that_select_what_they_say_are_accepted() {
        for (given, used) in [
            ("info", "info"),
            ("INFO", "info"),
            (" Debug ", "debug"),
            ("off", "off"),
            ("3", "3"),
            ("info, clearhook = DEBUG", "info,clearhook=debug"),
            ("warn,clearhook::dispatch=trace,sqlx=off", "warn,clearhook::dispatch=trace,sqlx=off"),
            ("clearhook", "clearhook"),
            ("info,[request{method=GET}]=debug", "info,[request{method=GET}]=debug"),
            ("clearhook[request]=trace", "clearhook[request]=trace"),
            ("info,sea_orm_migration=info", "info,sea_orm_migration=info"),
        ] {
            assert_eq!(checked(given).as_deref(), Ok(used), "{given}");
            assert!(EnvFilter::try_new(used).is_ok(), "{used}");
        }
    }

    #[test]
    fn filters_that_would_silence_the_log_are_refused() {
        for (given, words) in [
            ("nonsense", "neither a level nor a module"),
            ("inof", "did you mean info?"),
            ("warning", "did you mean warn?"),
            ("verbose", "neither a level"),
            ("none", "neither a level"),
            ("clearhok=debug", "did you mean clearhook?"),
            ("Clearhook=debug", "did you mean clearhook?"),
            ("clearhook=verbose", "not a level"),
            ("clearhook=warning", "did you mean warn?"),
            ("clearhook=", "not a level"),
            ("clearhook==debug", "not a level"),
            ("=debug", "neither a level"),
            ("info,", "is empty"),
            (",", "is empty"),
            ("info,,debug", "is empty"),
            ("", "is empty"),
            ("info;debug", "neither a level"),
            ("info debug", "neither a level"),
            ("6", "neither a level"),
            ("-1", "neither a level"),
            ("clearhook[request=debug", "no `]`"),
            ("clearhook[request]debug", "after `]`"),
            ("clearhook[request]=loud", "not a level"),
        ] {
            let problem = checked(given).unwrap_err();
            assert!(problem.contains(words), "{given}: {problem}");
        }
    }

    #[test]
    fn log_colours_only_for_terminals_that_permit_them() {
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
