//! Lists and objects of the API on standard output: as JSON, or for people.

use std::io::{self, IsTerminal};

use serde_json::{Value, value::RawValue};

use crate::cli::{
    client::{Answer, Items},
    error::CliError,
    output::{note, print_line, print_text},
    plain::printable_json,
    table::{Cell, print_record, print_table},
};

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
        note("Nothing found.");
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
