//! The document of a server as YAML or TOML.

use serde_json::{Map, Value, json};

use super::Format;
use crate::cli::{error::CliError, input::is_reference};

/// Writes the document that the API answers.
pub(super) fn document(document: &Value, format: Format) -> Result<String, CliError> {
    let mut document = document.clone();
    for header in headers(&mut document) {
        escape(header);
    }
    let written = match format {
        Format::Yaml => serde_saphyr::to_string(&document).map_err(|error| error.to_string()),
        Format::Toml => toml::to_string_pretty(&for_toml(document)).map_err(|error| error.to_string()),
    };
    let text = written.map_err(|error| CliError::Other(format!("cannot write the document: {error}")))?;
    Ok(format!(
        "# Webhooks, event types and owners of a clearhook server. Secrets are not in here: name them as env:NAME or file:PATH.\n{text}{}",
        if text.ends_with('\n') { "" } else { "\n" }
    ))
}

fn headers(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let webhooks = document.get_mut("webhooks").and_then(Value::as_array_mut);
    let lists = webhooks
        .into_iter()
        .flatten()
        .filter_map(|webhook| webhook.get_mut("headers").and_then(Value::as_array_mut));
    lists.flatten()
}

/// A value that looks like the name of a secret is marked as a text.
fn escape(header: &mut Value) {
    if let Some(value) = header.get("value").and_then(Value::as_str)
        && (is_reference(value) || value.starts_with("text:"))
    {
        header["value"] = format!("text:{value}").into();
    }
}

/// TOML has no null: fields without a value are `none`, and JSON with a null in it is a text.
fn for_toml(document: Value) -> Value {
    let Value::Object(sections) = document else { return document };
    let entry = |value: Value| match value {
        Value::Object(fields) => Value::Object(fields.into_iter().map(field).collect()),
        other => other,
    };
    let sections = sections.into_iter().map(|(name, value)| match value {
        Value::Array(entries) => (name, entries.into_iter().map(entry).collect()),
        other => (name, other),
    });
    Value::Object(sections.collect::<Map<_, _>>())
}

fn field((name, value): (String, Value)) -> (String, Value) {
    match value {
        Value::Null => (name, json!("none")),
        value if matches!(name.as_str(), "schema" | "examples") && !is_toml(&value) => (format!("{name}_json"), value.to_string().into()),
        value => (name, value),
    }
}

/// Whether TOML can express a JSON value.
fn is_toml(value: &Value) -> bool {
    match value {
        Value::Null => false,
        // Integers of TOML have 64 bits with a sign.
        Value::Number(number) => number.is_i64() || number.is_f64(),
        Value::Array(items) => items.iter().all(is_toml),
        Value::Object(members) => members.values().all(is_toml),
        Value::Bool(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::configuration::{prepare, toml_file, yaml_file};

    #[test]
    fn what_is_written_is_read_again_in_both_formats() {
        let original = json!({
            "version": 1,
            "owners": ["a@example.com"],
            "event_types": [
                {
                    "type": "a", "name": "yes", "description": "two\nlines: # no comment\n  'q' \"q\" é ☃ \u{1f600}", "group": null,
                    "schema": { "z": 1.0, "a": [true, "null", "~", "1e3", "0x10", "2026-11-23", " x ", ""], "big": 1e300 },
                    "examples": [], "state": "active", "replaced_by": null, "retention": 30, "masked": ["/a"],
                },
                { "type": "b", "schema": null, "examples": [null, { "x": null }, 18_446_744_073_709_551_615_u64], "retention": null },
                { "type": "c", "schema": true, "examples": [{ "": { "a.b": [[1], [{ "c": -1 }]] } }], "retention": null },
            ],
            "webhooks": [
                { "id": "0", "name": "- x", "headers": [{ "name": "A", "value": "env:X" }, { "name": "B", "secret": true }], "rate_limit": null },
                { "id": "1", "name": "multi\tline", "headers": [], "rate_limit": { "per_second": 5, "burst": 10 } },
            ],
        });
        for format in [Format::Yaml, Format::Toml] {
            let text = document(&original, format).unwrap();
            let (mut value, _) = match format {
                Format::Yaml => yaml_file::parse(&text).unwrap(),
                Format::Toml => toml_file::parse(&text).unwrap(),
            };
            assert_eq!(prepare::document(&mut value, Path::new("")), [], "{text}");
            assert_eq!(value, original, "{text}");
        }
    }
}
