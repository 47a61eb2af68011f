//! Shows what a file would change.

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::compare::{Action, Comparison, FieldChange, Step};
use crate::cli::{
    error::CliError,
    output::print_line,
    plain::{printable, printable_json},
    table::{styled, text_of},
};

/// A value with more characters is not shown.
const SHOWN_MAX: usize = 100;

/// Prints the differences, or all of the comparison as JSON.
pub(super) fn print(comparison: &Comparison, json: bool) -> Result<(), CliError> {
    if json {
        let text = serde_json::to_string_pretty(comparison).map_err(|error| CliError::Other(error.to_string()))?;
        return print_line(printable_json(&text));
    }
    if comparison.equal {
        return print_line("The server is as the file says.");
    }
    for owner in &comparison.owners {
        print_line(styled(&format!("+ owner {}", printable(&owner.email)), added()))?;
    }
    for step in comparison.event_types.iter().chain(&comparison.webhooks) {
        print_step(step)?;
    }
    Ok(())
}

const fn added() -> Style {
    AnsiColor::Green.on_default()
}

fn print_step(step: &Step) -> Result<(), CliError> {
    let object = printable(&step.object());
    match step.action {
        Action::Create => print_line(styled(&format!("+ {object}"), added())),
        Action::Delete => print_line(styled(&format!("- {object}"), AnsiColor::Red.on_default())),
        Action::Archive => print_line(styled(&format!("- {object} (is archived)"), AnsiColor::Red.on_default())),
        Action::Update => {
            print_line(styled(&format!("~ {object}"), AnsiColor::Yellow.on_default()))?;
            step.changes.iter().try_for_each(|change| print_line(line(change)))
        }
    }
}

fn line(change: &FieldChange) -> String {
    let (before, after) = (shown(&change.before), shown(&change.after));
    if before.chars().count().max(after.chars().count()) > SHOWN_MAX {
        return format!("    {}: differs", printable(&change.field));
    }
    format!("    {}: {before} → {after}", printable(&change.field))
}

fn shown(value: &Value) -> String {
    let text = text_of(value);
    if text.is_empty() { "(none)".to_owned() } else { printable(&text) }
}
