//! Input of commands: files, standard input, and values that are named instead of written on the command line.

use std::{
    io::{self, BufRead, IsTerminal, Read},
    path::Path,
};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{
    cli::{error::CliError, output::note},
    config::secret_file,
};

/// The largest file that a command reads.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The longest secret that is read from standard input.
const SECRET_MAX: u64 = 64 * 1024;

/// The bytes of a file, or of standard input if the path is `-`. `what` names the argument in errors.
pub(super) fn read_bytes(what: &str, path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().take(BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| CliError::Other(format!("{what}: cannot read {}: {error}", path.display())))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(CliError::Other(format!(
            "{what}: {} has more than {} MiB; use a smaller file",
            path.display(),
            BYTES_MAX / 1024 / 1024
        )));
    }
    Ok(bytes)
}

/// The text of a file, without a byte order mark, which some editors write.
pub(super) fn read_text(what: &str, path: &Path) -> Result<String, CliError> {
    let text = String::from_utf8(read_bytes(what, path)?)
        .map_err(|_| CliError::Other(format!("{what}: {} is not text in UTF-8; save it in that encoding", path.display())))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The JSON of a file.
pub(super) fn read_json(what: &str, path: &Path) -> Result<Value, CliError> {
    parse_json(what, path, &read_text(what, path)?)
}

/// Parses the text of a file that has to be JSON.
pub(super) fn parse_json<'a, T: Deserialize<'a>>(what: &str, path: &Path, text: &'a str) -> Result<T, CliError> {
    let shown = if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    if text.trim().is_empty() {
        return Err(CliError::Other(format!("{what}: {shown} is empty; it has to be JSON")));
    }
    serde_json::from_str(text).map_err(|error| CliError::Other(format!("{what}: {shown} is not JSON: {error}")))
}

/// The first line of standard input. On a terminal it is asked for, and not shown while it is typed.
pub(super) fn read_secret(what: &str) -> Result<Zeroizing<String>, CliError> {
    let cannot = |error: io::Error| CliError::Other(format!("cannot read {what} from standard input: {error}"));
    let stdin = io::stdin();
    let mut line = Zeroizing::new(String::new());
    if stdin.is_terminal() {
        note(format_args!("Enter {what}:"));
        let before = tcgetattr(&stdin).map_err(|error| cannot(error.into()))?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Now, &silent).map_err(|error| cannot(error.into()))?;
        let read = stdin.lock().take(SECRET_MAX).read_line(&mut line);
        // The terminal is as before, whatever was read.
        let restored = tcsetattr(&stdin, OptionalActions::Now, &before);
        read.and_then(|_| Ok(restored?)).map_err(cannot)?;
    } else {
        stdin.lock().take(SECRET_MAX).read_line(&mut line).map_err(cannot)?;
    }
    let text = line.trim();
    if text.is_empty() {
        return Err(CliError::Other(format!(
            "standard input has no {what} in its first line; pipe it in, such as: clearhook … < file"
        )));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// A value that is written as it is, or named as `env:NAME` or `file:PATH`. `text:` begins a value that is meant as it is. Paths are relative
/// to `folder`.
pub(super) fn resolve(value: &str, folder: &Path) -> Result<Zeroizing<String>, String> {
    if let Some(name) = value.strip_prefix("env:") {
        return match std::env::var(name) {
            Ok(found) if !found.trim().is_empty() => Ok(Zeroizing::new(found)),
            Ok(_) => Err(format!("the environment variable {name} is empty; set it to the value")),
            Err(std::env::VarError::NotPresent) => Err(format!("the environment variable {name} is not set; set it to the value")),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("the environment variable {name} is not UTF-8 text")),
        };
    }
    if let Some(path) = value.strip_prefix("file:") {
        let path = folder.join(path);
        let path = path
            .to_str()
            .ok_or_else(|| format!("the path {} is not UTF-8 text", path.display()))?;
        return secret_file::read("", path)
            .map(Zeroizing::new)
            .map_err(|error| error.detail.clone());
    }
    let text = value.strip_prefix("text:").unwrap_or(value);
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether a value is named, not written.
pub(super) fn is_reference(value: &str) -> bool {
    value.starts_with("env:") || value.starts_with("file:")
}
