//! Examples of bodies, made from their schemas: from the examples of their fields, which are declared with the types.

use serde_json::{Map, Value, json};

use crate::rest::openapi::schemas::referred;

/// How deep an example may be nested.
const DEPTH_MAX: u32 = 12;

/// An example of a schema whose references lead into the document.
pub(super) fn example(schema: &Value, document: &Value) -> Value {
    made(schema, document, 0)
}

fn made(schema: &Value, document: &Value, depth: u32) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    let within = |schema: &Value| made(schema, document, depth + 1);
    let stated = [&schema["examples"][0], &schema["const"], &schema["default"], &schema["enum"][0]];
    if let Some(stated) = stated.into_iter().find(|value| !value.is_null()) {
        return stated.clone();
    }
    if let Some(found) = referred(schema, document) {
        return within(found);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema[choice].get(0) {
            return within(first);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let objects = parts.iter().map(within).filter_map(|part| part.as_object().cloned());
        return Value::Object(objects.flatten().collect());
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        // What may be null and has no example is null in the example.
        Value::Array(kinds) if kinds.iter().any(|kind| kind == "null") => "null",
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or("object"),
        _ => "object",
    };
    match kind {
        "null" => Value::Null,
        "boolean" => Value::Bool(false),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "string" => json!(text(schema["format"].as_str())),
        "array" => match &schema["items"] {
            Value::Object(items) => json!([within(&Value::Object(items.clone()))]),
            _ => json!([]),
        },
        _ => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let members = properties.map(|(name, schema)| (name.clone(), within(schema)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

fn text(format: Option<&str>) -> &'static str {
    match format {
        Some("date-time") => "2026-11-23T09:00:00.000Z",
        Some("uuid") => "01912d68-783e-7a03-8467-5661c1243ad4",
        Some("uri" | "uri-reference") => "https://example.com/",
        Some("email") => "ada@example.com",
        _ => "text",
    }
}
