//! Makes of what a file says what the API reads: secrets are read from where the file says, and what TOML cannot express is replaced.

use std::path::Path;

use serde_json::{Map, Value};

use super::{file::Mistake, places::member};
use crate::cli::input::{is_reference, resolve};

/// The sections of a file.
const SECTIONS: [&str; 4] = ["version", "owners", "event_types", "webhooks"];
/// Fields that can be empty. In place of `null`, which TOML does not have, they are `none`.
const EMPTY: &str = "none";

/// Prepares a document, and returns what is wrong with it.
pub(super) fn document(document: &mut Value, folder: &Path) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let Some(sections) = document.as_object_mut() else {
        mistakes.push((
            String::new(),
            "the file has to begin with `version: 1` and have the sections owners, event_types and webhooks, as `clearhook export` writes them"
                .to_owned(),
        ));
        return mistakes;
    };
    if !sections.contains_key("version") {
        mistakes.push((String::new(), "the version of the format is missing; write `version: 1`".to_owned()));
    }
    for name in sections.keys().filter(|name| !SECTIONS.contains(&name.as_str())) {
        let detail = format!("there is no section `{name}`; the sections are {}", SECTIONS.join(", "));
        mistakes.push((member("", name), detail));
    }
    for (section, prepare) in [("webhooks", webhook as fn(&mut Entry<'_>)), ("event_types", event_type)] {
        let Some(entries) = sections.get_mut(section).and_then(Value::as_array_mut) else {
            continue;
        };
        for (at, entry) in entries.iter_mut().enumerate() {
            if let Some(fields) = entry.as_object_mut() {
                prepare(&mut Entry {
                    fields,
                    pointer: format!("/{section}/{at}"),
                    folder,
                    mistakes: &mut mistakes,
                });
            }
        }
    }
    mistakes
}

/// A webhook or an event type of the file.
struct Entry<'a> {
    fields: &'a mut Map<String, Value>,
    pointer: String,
    folder: &'a Path,
    mistakes: &'a mut Vec<Mistake>,
}

impl Entry<'_> {
    fn mistake(&mut self, field: &str, detail: impl Into<String>) {
        self.mistakes.push((format!("{}/{field}", self.pointer), detail.into()));
    }

    /// `none` is null.
    fn may_be_none(&mut self, field: &str) {
        if self.fields.get(field).and_then(Value::as_str) == Some(EMPTY) {
            self.fields.insert(field.to_owned(), Value::Null);
        }
    }
}

fn webhook(entry: &mut Entry<'_>) {
    entry.may_be_none("rate_limit");
    if let Some(secret) = entry.fields.get("secret").and_then(Value::as_str).map(str::to_owned) {
        if is_reference(&secret) {
            match resolve(&secret, entry.folder) {
                Ok(secret) => {
                    entry.fields.insert("secret".to_owned(), secret.as_str().into());
                }
                Err(detail) => entry.mistake("secret", detail),
            }
        } else {
            entry.mistake("secret", NAMED);
        }
    }
    let folder = entry.folder.to_owned();
    let mut mistakes = Vec::new();
    let headers = entry.fields.get_mut("headers").and_then(Value::as_array_mut);
    for (at, header) in headers.into_iter().flatten().enumerate() {
        let Some(value) = header.get("value").and_then(Value::as_str).map(str::to_owned) else {
            continue;
        };
        let is_secret = header.get("secret").and_then(Value::as_bool);
        if is_secret == Some(true) && !is_reference(&value) && !value.starts_with("text:") {
            mistakes.push((format!("headers/{at}/value"), NAMED.to_owned()));
            continue;
        }
        match resolve(&value, &folder) {
            Ok(value) => header["value"] = value.as_str().into(),
            Err(detail) => mistakes.push((format!("headers/{at}/value"), detail)),
        }
    }
    for (field, detail) in mistakes {
        entry.mistake(&field, detail);
    }
}

const NAMED: &str = "a secret is not written into the file; name it as env:NAME or file:PATH";

fn event_type(entry: &mut Entry<'_>) {
    for field in ["schema", "retention", "group", "replaced_by"] {
        entry.may_be_none(field);
    }
    // JSON that the format of the file cannot express is a text.
    for field in ["schema", "examples"] {
        let as_text = format!("{field}_json");
        let Some(text) = entry.fields.remove(&as_text) else { continue };
        if entry.fields.contains_key(field) {
            entry.mistake(&as_text, format!("`{field}` is given as well; remove one of them"));
            continue;
        }
        match text.as_str().map(serde_json::from_str::<Value>) {
            Some(Ok(value)) => {
                entry.fields.insert(field.to_owned(), value);
            }
            Some(Err(error)) => entry.mistake(&as_text, format!("this is not JSON: {error}")),
            None => entry.mistake(&as_text, "write the JSON as a text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mistakes(mut given: Value) -> Vec<String> {
        let found = document(&mut given, Path::new(""));
        found.into_iter().map(|(pointer, detail)| format!("{pointer}: {detail}")).collect()
    }

    #[test]
    fn what_toml_cannot_express_is_replaced() {
        let mut given = json!({
            "version": 1,
            "webhooks": [{ "rate_limit": "none", "headers": [{ "name": "A", "value": "text:env:x" }, { "name": "B" }] }],
            "event_types": [{ "type": "a", "schema": "none", "retention": "none", "examples_json": "[null]" }],
        });
        assert_eq!(document(&mut given, Path::new("")), []);
        assert_eq!(
            given,
            json!({
                "version": 1,
                "webhooks": [{ "rate_limit": null, "headers": [{ "name": "A", "value": "env:x" }, { "name": "B" }] }],
                "event_types": [{ "type": "a", "schema": null, "retention": null, "examples": [null] }],
            })
        );
    }

    #[test]
    fn secrets_are_named_and_not_written() {
        for webhook in [
            json!({ "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }),
            json!({ "headers": [{ "name": "A", "value": "planted", "secret": true }] }),
        ] {
            let found = mistakes(json!({ "version": 1, "webhooks": [webhook] }));
            assert!(found.len() == 1 && found[0].contains("env:NAME"), "{found:?}");
            assert!(!found[0].contains("planted") && !found[0].contains("whsec_M"), "{found:?}");
        }
    }

    #[test]
    fn each_mistake_has_its_pointer() {
        for (given, beginning) in [
            (json!([]), ": the file has to begin"),
            (json!({}), ": the version of the format is missing"),
            (json!({ "version": 1, "webhook": [] }), "/webhook: there is no section"),
            (
                json!({ "version": 1, "webhooks": [{ "secret": "env:CLEARHOOK_TEST_NOT_SET" }] }),
                "/webhooks/0/secret: the environment variable",
            ),
            (
                json!({ "version": 1, "webhooks": [{ "secret": "file:/nowhere/at-all" }] }),
                "/webhooks/0/secret: the file /nowhere/at-all cannot be read",
            ),
            (
                json!({ "version": 1, "event_types": [{ "schema_json": "{" }] }),
                "/event_types/0/schema_json: this is not JSON",
            ),
            (
                json!({ "version": 1, "event_types": [{ "schema_json": "{}", "schema": {} }] }),
                "/event_types/0/schema_json: `schema` is given as well",
            ),
        ] {
            let found = mistakes(given.clone());
            assert!(found.len() == 1 && found[0].starts_with(beginning), "{given}: {found:?}");
        }
    }
}
