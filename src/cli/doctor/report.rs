//! Findings of the checks, and how they are printed.

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::cli::{error::CliError, output::print_line};

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// Nothing has to be done.
    Ok,
    /// It works, but something should be done.
    Warning,
    /// The service does not start, or does not do its work.
    Error,
}

/// The result of a check. One check may have several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The name of the check, such as `disk`.
    pub(super) check: &'static str,
    pub(super) level: Level,
    /// What was found.
    pub(super) message: String,
    /// What to do. `None` if nothing has to be done.
    pub(super) remedy: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            level: Level::Ok,
            message: message.into(),
            remedy: None,
        }
    }

    pub(super) fn warning(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            check,
            level: Level::Warning,
            message: message.into(),
            remedy: Some(remedy.into()),
        }
    }

    pub(super) fn error(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            ..Self::warning(check, message, remedy)
        }
    }

    /// The finding for an error whose message ends with its remedy, after a semicolon.
    pub(super) fn of_sentence(check: &'static str, sentence: &str) -> Self {
        match sentence.split_once("; ") {
            Some((what, remedy)) => Self::error(check, what, remedy),
            None => Self::error(check, sentence, "correct this, then run the command again"),
        }
    }
}

/// Prints all findings: lines of text, or one JSON array.
pub(super) fn print(findings: &[Finding], json: bool) -> Result<(), CliError> {
    if json {
        let text = serde_json::to_string_pretty(findings).map_err(|error| CliError::Other(error.to_string()))?;
        return print_line(text);
    }
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    for finding in findings {
        let (name, colour) = match finding.level {
            Level::Ok => ("ok", AnsiColor::Green),
            Level::Warning => ("warning", AnsiColor::Yellow),
            Level::Error => ("error", AnsiColor::Red),
        };
        let style = Style::new().fg_color(Some(colour.into()));
        let line = format!("{style}{name:<7}{style:#}  {:<width$}  {}", finding.check, finding.message);
        print_styled(&line)?;
        if let Some(remedy) = &finding.remedy {
            print_line(format_args!("{:<7}  {:<width$}  → {remedy}", "", ""))?;
        }
    }
    Ok(())
}

/// Prints a line with colours, which are removed if standard output is not a terminal.
fn print_styled(line: &str) -> Result<(), CliError> {
    let choice = anstream::AutoStream::choice(&std::io::stdout());
    if choice == anstream::ColorChoice::Never {
        print_line(anstream::adapter::strip_str(line))
    } else {
        print_line(line)
    }
}
