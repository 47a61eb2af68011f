//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal};

use crate::cli::{error::CliError, output::note};

/// Asks whether to go on, unless `yes` says so already. Without a terminal nobody can answer, so the command is refused.
pub(super) fn confirm(yes: bool, question: &str) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(CliError::Other(format!(
            "{question} Nobody can answer, since standard input is not a terminal: confirm with --yes"
        )));
    }
    note(format_args!("{question} [y/N]"));
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| CliError::Other(format!("cannot read the answer: {error}")))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::Other("nothing was changed, since the answer was not yes".to_owned())),
    }
}
