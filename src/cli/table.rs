//! Tables and records on standard output: aligned and coloured on a terminal, tab-separated elsewhere.

use std::io::IsTerminal;

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::cli::{
    error::CliError,
    output::print_line,
    plain::{printable, printable_lines},
};

/// The widest column on a terminal, in characters, except the last one.
const WIDTH_MAX: usize = 48;

/// A cell of a table.
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A text, in which nothing is left that a terminal obeys.
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: printable(text),
            style: Style::new(),
        }
    }

    /// A member of a JSON object. Null is empty.
    pub(super) fn of(item: &Value, field: &str) -> Self {
        Self::new(&text_of(item.get(field).unwrap_or(&Value::Null)))
    }

    /// A state, coloured by what it means for a person: good, waiting or bad.
    pub(super) fn state(text: &str) -> Self {
        let colour = match text {
            "succeeded" | "enabled" | "active" | "OK" | "Accepted" | "yes" => AnsiColor::Green,
            "failed" | "disabled" | "archived" => AnsiColor::Red,
            "pending" | "sending" | "held" | "waiting" | "parked" | "deprecated" | "cancelled" => AnsiColor::Yellow,
            _ => return Self::new(text),
        };
        Self {
            text: printable(text),
            style: colour.on_default(),
        }
    }
}

/// A JSON value as a person reads it. Lists of texts are separated by commas.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => items.iter().map(text_of).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Whether standard output is a terminal that wants colours (`NO_COLOR`, `CLICOLOR`, `TERM`).
fn has_colours() -> bool {
    !matches!(anstream::AutoStream::choice(&std::io::stdout()), ColorChoice::Never)
}

/// A text in this style, if standard output is a terminal that wants colours.
pub(super) fn styled(text: &str, style: Style) -> String {
    if has_colours() {
        format!("{}{text}{}", style.render(), style.render_reset())
    } else {
        text.to_owned()
    }
}

/// Whether standard output is a terminal.
pub(super) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints rows under a heading, which only a terminal shows, and which may be empty.
pub(super) fn print_table(heading: &[&str], rows: &[Vec<Cell>]) -> Result<(), CliError> {
    if !is_terminal() {
        for row in rows {
            let cells: Vec<&str> = row.iter().map(|cell| cell.text.as_str()).collect();
            print_line(cells.join("\t"))?;
        }
        return Ok(());
    }
    let columns = rows.iter().map(Vec::len).chain([heading.len()]).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width());
            let name = heading.get(at).map(|name| name.width());
            cells.chain(name).max().unwrap_or(0).min(WIDTH_MAX)
        })
        .collect();
    let heading: Vec<Cell> = heading
        .iter()
        .map(|text| Cell {
            text: (*text).to_owned(),
            style: Style::new().bold(),
        })
        .collect();
    if !heading.is_empty() {
        print_line(line(&heading, &widths))?;
    }
    for row in rows {
        print_line(line(row, &widths))?;
    }
    Ok(())
}

fn line(row: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
        let is_last = at + 1 == row.len();
        let text = if is_last {
            cell.text.clone()
        } else {
            shortened(&cell.text, *width)
        };
        let blanks = if is_last { 0 } else { width.saturating_sub(text.width()) + 2 };
        line.push_str(&styled(&text, cell.style));
        line.extend(std::iter::repeat_n(' ', blanks));
    }
    line
}

/// The text, cut to this width.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for sign in text.chars() {
        if short.width() + 2 > width {
            break;
        }
        short.push(sign);
    }
    short.push('…');
    short
}

/// Prints the members of an object, one per line. Members that are objects or lists of objects are printed as indented JSON.
pub(super) fn print_record(record: &Value) -> Result<(), CliError> {
    let Some(members) = record.as_object() else {
        return print_line(printable_lines(&format!("{record:#}")));
    };
    let width = members.keys().map(|name| name.width()).max().unwrap_or(0);
    for (name, value) in members {
        let blanks = " ".repeat(width.saturating_sub(name.width()) + 2);
        let name = styled(&printable(name), Style::new().bold());
        let is_nested = match value {
            Value::Object(members) => !members.is_empty(),
            Value::Array(items) => items.iter().any(|item| item.is_object() || item.is_array()),
            _ => false,
        };
        if is_nested {
            print_line(format_args!("{name}\n{}", indented(&format!("{value:#}"))))?;
        } else {
            let text = printable_lines(&text_of(value));
            let text = text.replace('\n', &format!("\n{}", " ".repeat(width + 2)));
            print_line(format!("{name}{blanks}{text}").trim_end())?;
        }
    }
    Ok(())
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = printable_lines(text).lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_as_text() {
        for (value, text) in [
            (json!(null), ""),
            (json!("a"), "a"),
            (json!(["a", "b"]), "a, b"),
            (json!([]), ""),
            (json!(3), "3"),
            (json!({ "a": 1 }), "{\"a\":1}"),
        ] {
            assert_eq!(text_of(&value), text);
        }
    }

    #[test]
    fn long_cells_are_cut_to_their_width() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
        assert!(shortened("☃☃☃☃☃☃☃☃", 5).width() <= 5);
        assert!(shortened("😀😀😀😀", 5).width() <= 5);
    }
}
