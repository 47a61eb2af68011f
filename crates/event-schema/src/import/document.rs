//! Reads the text of a file: JSON, JSON Lines or YAML.

use serde_json::{Deserializer, Value};

use super::ImportError;
use crate::scan::repeated_name;

/// Bytes of a file.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Values that a YAML file may have with its aliases written out. An alias bomb has billions.
const MOST_NODES: usize = 2_000_000;

/// Documents of one file: lines of JSON, or documents of YAML.
const MOST_DOCUMENTS: usize = 10_000;

/// The document of a file; several, such as lines of JSON, are one list. A file that begins like JSON, or whose name ends with `.json`, is read
/// as JSON, everything else as YAML.
pub(super) fn parse(bytes: &[u8], file_name: Option<&str>) -> Result<Value, ImportError> {
    let mut documents = documents(bytes, file_name)?;
    if documents.len() == 1
        && let Some(only) = documents.pop()
    {
        return Ok(only);
    }
    Ok(Value::Array(documents))
}

fn documents(bytes: &[u8], file_name: Option<&str>) -> Result<Vec<Value>, ImportError> {
    if bytes.len() > MOST_BYTES {
        let detail = format!("The file has more than {} MiB. Split it.", MOST_BYTES / 1024 / 1024);
        return Err(ImportError::new("", detail));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(ImportError::new("", "The file is not text in UTF-8. Save it in that encoding."));
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(ImportError::new("", "The file is empty."));
    }
    let ends_with = |ending: &str| file_name.is_some_and(|name| name.to_ascii_lowercase().ends_with(ending));
    let is_yaml = ends_with(".yaml") || ends_with(".yml");
    let is_json = ends_with(".json") || ends_with(".jsonl") || ends_with(".ndjson");
    if is_json || (!is_yaml && text.trim_start().starts_with(['{', '['])) {
        return match json(text) {
            Ok(documents) => Ok(documents),
            // YAML in the style of JSON, with comments or trailing commas. If it is neither, what JSON says is nearer to what was meant.
            Err(error) if is_json => Err(error),
            Err(error) => yaml(text).map_err(|_| error),
        };
    }
    yaml(text)
}

fn json(text: &str) -> Result<Vec<Value>, ImportError> {
    // Lines of JSON are one after the other here, and each has its own object.
    if let Some(repeated) = repeated_name(text) {
        return Err(ImportError::new(repeated.pointer, repeated.detail));
    }
    let mut documents = Vec::new();
    for document in Deserializer::from_str(text).into_iter::<Value>() {
        let document = document.map_err(|error| ImportError::new("", format!("The file is not valid JSON: {error}.")))?;
        documents.push(document);
        if documents.len() > MOST_DOCUMENTS {
            return Err(ImportError::new(
                "",
                format!("The file has more than {MOST_DOCUMENTS} documents. Split it."),
            ));
        }
    }
    Ok(documents)
}

fn yaml(text: &str) -> Result<Vec<Value>, ImportError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: MOST_DOCUMENTS,
            max_nodes: MOST_NODES,
            max_events: 2 * MOST_NODES,
            max_total_scalar_bytes: MOST_BYTES,
            max_aliases: 50_000,
            max_anchors: 50_000,
            max_depth: 120,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_NODES,
            max_replay_stack_depth: 64,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| ImportError::new("", yaml_problem(&one_line(&error.to_string()))))?;
    if documents.is_empty() {
        return Err(ImportError::new("", "The file is empty."));
    }
    Ok(documents)
}

/// What is wrong, without the names of the library's options.
fn yaml_problem(message: &str) -> String {
    if message.contains("budget breached") || message.contains("alias") && message.contains("limit") {
        return "The file is too large as YAML: it has too many values, levels or aliases. Split it, or write its aliases out.".to_owned();
    }
    let message = message.replace(", set DuplicateKeyPolicy in Options if acceptable", "");
    format!("The file is not valid YAML: {message}.")
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.trim_end_matches('.').to_owned()
}
