//! Standard output of the commands.

use std::io::{self, ErrorKind, IsTerminal, Write};

use serde_json::{Value, value::RawValue};

use crate::cli::{
    client::{Answer, Items},
    error::CliError,
    plain::printable_json,
    table::{Cell, print_record, print_table},
};

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

/// Prints a list of the API: with `json` as one JSON array whose items are as the server has written them, else as a table.
pub(super) async fn print_items(
    mut items: Items<'_>,
    json: bool,
    heading: &[&str],
    row: impl Fn(&Value) -> Vec<Cell>,
) -> Result<(), CliError> {
    if json {
        return print_array(items).await;
    }
    let mut rows = Vec::new();
    while let Some(page) = items.next().await? {
        for item in page {
            rows.push(row(&value(&item)?));
        }
    }
    if rows.is_empty() && io::stderr().is_terminal() {
        note("Nothing was found.");
    }
    print_table(heading, &rows)?;
    if items.has_more() && io::stderr().is_terminal() {
        note("There are more; use --limit.");
    }
    Ok(())
}

async fn print_array(mut items: Items<'_>) -> Result<(), CliError> {
    let mut is_first = true;
    print_text("[")?;
    while let Some(page) = items.next().await? {
        for item in page {
            let separator = if is_first { "\n  " } else { ",\n  " };
            print_text(&format!("{separator}{}", printable_json(item.get())))?;
            is_first = false;
        }
    }
    print_line(if is_first { "]" } else { "\n]" })
}

fn value(item: &RawValue) -> Result<Value, CliError> {
    serde_json::from_str(item.get())
        .map_err(|error| CliError::Other(format!("an item of the answer cannot be shown as a table: {error}; use --json")))
}

/// Prints an object of the API: with `json` as the server has written it, else one line per member.
pub(super) fn print_object(answer: &Answer, json: bool) -> Result<(), CliError> {
    if json {
        return print_line(printable_json(answer.text().trim_end()));
    }
    match answer.json() {
        Ok(value) => print_record(&value),
        // Numbers that are too large for this program are not for a table, but still JSON.
        Err(_) => print_line(printable_json(answer.text().trim_end())),
    }
}
