//! Standard output of the commands.

use std::io::{self, ErrorKind, Write};

use crate::cli::CliError;

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
    writeln!(output, "{text}")
        .and_then(|()| output.flush())
        .map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => CliError::OutputClosed,
            _ => CliError::Other(format!("cannot write to standard output: {error}")),
        })
}
