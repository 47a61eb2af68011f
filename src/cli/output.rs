//! Standard output of the commands.

use std::io::{self, ErrorKind, Write};

use serde_json::Value;

use crate::cli::error::CliError;

/// Prints a line to standard error. `eprintln!` would panic if it is closed or its disk is full, and leave a command half done.
pub(super) fn note(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints a line. `println!` would panic if the output is closed or its disk is full.
///
/// # Errors
/// When the line cannot be written. A closed pipe (`clearhook … | head`) ends the command without a message.
pub(super) fn print_line(text: impl std::fmt::Display) -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    writeln!(output, "{text}").and_then(|()| output.flush()).map_err(cannot_write)
}

/// Prints a text as it is.
pub(super) fn print_text(text: &str) -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(cannot_write)
}

fn cannot_write(error: io::Error) -> CliError {
    match error.kind() {
        ErrorKind::BrokenPipe => CliError::OutputClosed,
        _ => CliError::Other(format!("cannot write to standard output: {error}")),
    }
}

/// Prints a list as JSON, or one line per item.
pub(super) fn print_list(json: bool, items: &[Value], line: impl Fn(&Value) -> String) -> Result<(), CliError> {
    if json {
        let text = serde_json::to_string_pretty(items).map_err(|error| CliError::Other(error.to_string()))?;
        print_line(text)?;
    } else {
        for item in items {
            print_line(line(item))?;
        }
    }
    Ok(())
}

/// A field of a JSON object as text.
pub(super) fn text(item: &Value, field: &str) -> String {
    item.get(field)
        .map_or_else(String::new, |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
