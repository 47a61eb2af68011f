//! Checks of environment variables: those whose names begin with the prefix of settings, and those of the trusted certificates.

use std::{collections::BTreeSet, env, ffi::OsString, os::unix::process::CommandExt, process};

use clap::Command;

use crate::cli::backup;

const PREFIX: &str = "CLEARHOOK_";

/// The variables with the paths of trusted certificates, as OpenSSL defines them.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Starts the program again without the variables of [`CERTIFICATES`] that are empty, because an empty setting counts as unset. The libraries
/// that read these variables take an empty one for a path. The process cannot change its own environment without `unsafe` code; a process
/// that is replaced keeps its id.
pub(super) fn without_empty_certificate_variables() {
    let empty: Vec<_> = CERTIFICATES
        .into_iter()
        .filter(|name| env::var_os(name).is_some_and(|value| value.is_empty()))
        .collect();
    if empty.is_empty() {
        return;
    }
    let mut arguments = env::args_os();
    let name = arguments.next();
    let Ok(program) = env::current_exe() else { return };
    let mut command = process::Command::new(program);
    command.args(arguments);
    if let Some(name) = name {
        command.arg0(name);
    }
    for name in empty {
        command.env_remove(name);
    }
    let error = command.exec();
    eprintln!("clearhook: cannot start again without the empty variables SSL_CERT_FILE and SSL_CERT_DIR ({error}); unset them");
}

/// An error message if the value of a setting is not valid UTF-8.
pub(super) fn not_utf8(program: &Command) -> Option<String> {
    let known = known(program);
    let is_bad = |(name, value): (OsString, OsString)| {
        let name = name.into_string().ok().filter(|name| known.contains(name))?;
        value
            .to_str()
            .is_none()
            .then(|| format!("the value of {name} is not valid UTF-8; only UTF-8 text and paths are supported"))
    };
    env::vars_os().find_map(is_bad)
}

/// Warnings about variables that have the prefix of settings but are not settings, which are most likely typing errors.
pub(super) fn unknown_settings(program: &Command) -> Vec<String> {
    let known = known(program);
    let given = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let is_unknown = name.starts_with(PREFIX) && !known.contains(&name) && !is_of_others(&name, &value.to_string_lossy());
        is_unknown.then_some(name)
    });
    given.map(|name| said_of(&name, &known)).collect()
}

/// Names that are less similar than this (Jaro-Winkler, from 0 to 1) are not suggested.
const SIMILAR: f64 = 0.78;

fn said_of(name: &str, known: &BTreeSet<String>) -> String {
    // Compared without the common prefix, which would make all names similar.
    let similarity = |known: &str| strsim::jaro_winkler(name.trim_start_matches(PREFIX), known.trim_start_matches(PREFIX));
    let nearest = known
        .iter()
        .map(|known| (similarity(known), known))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match nearest.filter(|(similarity, _)| *similarity >= SIMILAR) {
        Some((_, nearest)) => format!("{name} is not a setting and is ignored; did you mean {nearest}?"),
        None => format!("{name} is not a setting and is ignored; `clearhook serve --help` lists all"),
    }
}

/// Whether the variable is set by Kubernetes or Docker for a service named clearhook, or used by this project's own scripts.
fn is_of_others(name: &str, value: &str) -> bool {
    let rest = name.trim_start_matches(PREFIX);
    let is_link = rest == "PORT" && value.contains("://");
    let is_port = rest
        .strip_prefix("PORT_")
        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    let is_service = rest == "SERVICE_HOST" || rest == "SERVICE_PORT" || rest.starts_with("SERVICE_PORT_");
    is_link || is_port || is_service || rest.starts_with("TEST_") || rest.starts_with("BENCH_") || matches!(rest, "CACHE" | "CHROMIUM")
}

/// The environment variables of all commands of the program.
fn known(program: &Command) -> BTreeSet<String> {
    fn add(command: &Command, known: &mut BTreeSet<String>) {
        let names = command.get_arguments().filter_map(|argument| argument.get_env());
        known.extend(names.map(|name| name.to_string_lossy().into_owned()));
        for command in command.get_subcommands() {
            add(command, known);
        }
    }
    // No argument can be the passphrase.
    let mut names = BTreeSet::from([backup::VARIABLE.to_owned()]);
    add(program, &mut names);
    names
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn misspelled_setting_is_reported_with_a_suggestion() {
        let known = known(&crate::cli::Arguments::command());
        for name in [
            "CLEARHOOK_ADDR",
            "CLEARHOOK_MASTER_KEY_FILE",
            "CLEARHOOK_API_KEY",
            "CLEARHOOK_NEW_MASTER_KEY",
            "CLEARHOOK_CONFIG",
        ] {
            assert!(known.contains(name), "{name}");
        }
        for (name, meant) in [
            ("CLEARHOOK_ADRESS", "CLEARHOOK_ADDR"),
            ("CLEARHOOK_DATABASE_URI", "CLEARHOOK_DATABASE_URL"),
            ("CLEARHOOK_RETRY_SHEDULE", "CLEARHOOK_RETRY_SCHEDULE"),
            ("CLEARHOOK_MASTERKEY_FILE", "CLEARHOOK_MASTER_KEY_FILE"),
        ] {
            assert!(
                said_of(name, &known).contains(&format!("did you mean {meant}?")),
                "{}",
                said_of(name, &known)
            );
        }
        assert!(said_of("CLEARHOOK_FAVOURITE_COLOUR", &known).contains("lists all"));
    }

    #[test]
    fn kubernetes_variables_are_ignored() {
        for (name, value) in [
            ("CLEARHOOK_SERVICE_HOST", "10.0.0.1"),
            ("CLEARHOOK_SERVICE_PORT", "80"),
            ("CLEARHOOK_SERVICE_PORT_HTTP", "80"),
            ("CLEARHOOK_PORT", "tcp://10.0.0.1:80"),
            ("CLEARHOOK_PORT_80_TCP_ADDR", "10.0.0.1"),
        ] {
            assert!(is_of_others(name, value), "{name}");
        }
        assert!(!is_of_others("CLEARHOOK_PORT", "3000") && !is_of_others("CLEARHOOK_ADRESS", "x"));
    }
}
