//! JSON objects of requests, and what is wrong with them in words.

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use url::form_urlencoded;

use crate::{domain::json_object::Object, problem::Problem, services::error::FieldError};

/// Reads the JSON object of a request. A field of the wrong type is 422 with its JSON pointer; text that is not JSON is 400.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let Object(value) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| problem(error.path(), error.inner()))?;
    deserializer.end().map_err(|error| not_json(&error))?;
    // Fields that take any JSON, such as schemas and examples, would silently lose the first of two values with one name, and digits of numbers.
    let ambiguity = std::str::from_utf8(json).ok().and_then(event_schema::ambiguity);
    match ambiguity {
        Some(found) => Err(Problem::invalid(vec![FieldError::new(found.pointer, found.detail)])),
        None => Ok(value),
    }
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::malformed(format!("The body is not JSON: {error}."))
}

fn problem(path: &Path, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    if message.starts_with("recursion limit exceeded") {
        // The path leads as deep as the parser came, so only its beginning says something.
        let field = pointer(path)
            .split('/')
            .nth(1)
            .map_or_else(String::new, |field| format!("/{field}"));
        return Problem::invalid(vec![FieldError::new(
            field,
            "This is nested too deeply: a schema may have 64 levels, other JSON 120.",
        )]);
    }
    if !error.is_data() {
        return not_json(error);
    }
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    Problem::invalid(vec![field_error(path, message, "field")])
}

/// Reads the parameters of a query. A parameter that is unknown, given twice or of the wrong type is 400 with its name.
pub(super) fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    // The parser would replace what is not UTF-8, and a filter would find something else.
    if percent_decode_str(query).decode_utf8().is_err() {
        return Err(Problem::malformed("The query is not UTF-8. Percent-encode its values as UTF-8."));
    }
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let error = field_error(error.path(), &error.inner().to_string(), "parameter");
        let name = error.pointer.trim_start_matches('/');
        Problem::malformed(format!("The query cannot be read: {name}: {}", error.detail)).with_errors(vec![error])
    })
}

/// The error of a field or parameter (`kind`), from its place and serde's message.
fn field_error(path: &Path, message: &str, kind: &str) -> FieldError {
    let (name, detail) = in_words(message, kind);
    let mut pointer = pointer(path);
    if let Some(name) = name.map(|name| format!("/{}", escaped(name)))
        && !pointer.ends_with(&name)
    {
        pointer.push_str(&name);
    }
    FieldError::new(pointer, detail)
}

/// The JSON pointer of a place (RFC 6901).
fn pointer(path: &Path) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", escaped(key))),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().filter_map(segment).collect()
}

fn escaped(key: &str) -> String {
    let key: String = key.chars().take(80).collect();
    key.replace('~', "~0").replace('/', "~1")
}

/// serde's message as a sentence that does not contain the given value, which may be a secret in the wrong field; and the field that it
/// names.
fn in_words<'a>(message: &'a str, kind: &str) -> (Option<&'a str>, String) {
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return (Some(name), format!("This {kind} is required."));
    }
    if let Some((name, known)) = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, ")) {
        let known = known.trim_start_matches("expected ").trim_start_matches("one of ").replace('`', "");
        let detail = if known == "there are no fields" {
            format!("There is no such {kind}; this call has none.")
        } else {
            format!("There is no such {kind}; the {kind}s are {known}.")
        };
        return (Some(name), detail);
    }
    if let Some(name) = message.strip_prefix("duplicate field `").and_then(|rest| rest.strip_suffix('`')) {
        return (Some(name), format!("This {kind} is given twice."));
    }
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => (None, format!("Use {}.", type_in_words(expected))),
        // The text of a parameter is parsed by the standard library, whose messages do not name the type.
        None if ["digit", "integer", "number too"].iter().any(|word| message.contains(word)) => (None, "Use a whole number.".to_owned()),
        None if message.contains("`true` or `false`") => (None, "Use true or false.".to_owned()),
        None => (None, format!("{message}.")),
    }
}

fn type_in_words(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::domain::json_object::{objects, optional_object};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the errors are of interest")]
    struct Example {
        name: String,
        #[serde(default, deserialize_with = "objects")]
        items: Vec<Item>,
        #[serde(default, deserialize_with = "optional_object")]
        item: Option<Item>,
        on: Option<bool>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the errors are of interest")]
    struct Item {
        count: u32,
    }

    fn refusal(json: &str) -> String {
        let problem = read::<Example>(json.as_bytes()).unwrap_err();
        serde_json::to_value(&problem).unwrap()["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn json_error_is_a_sentence_with_a_pointer() {
        for (json, expected) in [
            (r#"["a"]"#, "Use a JSON object."),
            ("null", "Use a JSON object."),
            ("5", "Use a JSON object."),
            (r#"{"items":[]}"#, "/name: This field is required."),
            (r#"{"name":5}"#, "/name: Use a string."),
            (r#"{"name":"n","on":"yes"}"#, "/on: Use true or false."),
            (r#"{"name":"n","items":{}}"#, "/items: Use a list."),
            (r#"{"name":"n","items":[[1]]}"#, "/items/0: Use a JSON object."),
            (r#"{"name":"n","items":[{"count":1.5}]}"#, "/items/0/count: Use a whole number."),
            (r#"{"name":"n","item":[1]}"#, "/item: Use a JSON object."),
            (r#"{"name":"n","name":"m"}"#, "/name: This field is given twice."),
            (
                r#"{"name":"n","a/b":1}"#,
                "/a~1b: There is no such field; the fields are name, items, item, on.",
            ),
        ] {
            assert_eq!(refusal(json), expected, "{json}");
        }
        let deep = format!(r#"{{"name":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert!(
            refusal(&deep).contains("nested too deeply") || refusal(&deep).contains("Use a string"),
            "{}",
            refusal(&deep)
        );
        assert!(refusal("{").starts_with("The body is not JSON"));
        assert!(refusal(r#"{"name":"n"} x"#).starts_with("The body is not JSON"));
        assert!(read::<Example>(br#"{"name":"n","item":null,"items":[{"count":1}]}"#).is_ok());
    }

    #[test]
    fn json_error_does_not_repeat_the_value() {
        assert!(!refusal(r#"{"name":"n","on":"whsec_planted"}"#).contains("planted"));
    }
}
