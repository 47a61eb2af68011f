//! The schema of a callback's body: the envelope with the schema of `data` in it.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::{DIALECT, keyword, pointer};

/// Where `data` stands in the envelope.
const DATA: &str = "/properties/data";

/// The schema of a callback's body. Without a schema of its own `data` may be any JSON, and may be absent.
///
/// Every reference within the schema of `data` leads to the same schema as before. A schema without `$id` becomes part of the envelope: its
/// `$defs` move to the root, where most tools look for them, and its other references get the prefix `/properties/data`. Anchors keep their
/// names, because the envelope has none. A schema with an `$id` is a resource of its own (JSON Schema Core, section 8.2.1): `#` means that
/// resource wherever it stands, so it is inserted as it is.
pub fn callback_schema(event_type: &str, title: &str, description: &str, data: Option<&Value>) -> Value {
    let mut definitions = None;
    let data_schema = data.map(|data| {
        let mut data = data.clone();
        if let Some(members) = data.as_object_mut() {
            members.remove("$schema");
        }
        if !is_resource(&data) {
            move_references(&mut data);
            definitions = data
                .as_object_mut()
                .filter(|members| members.get("$defs").is_some_and(Value::is_object))
                .and_then(|members| members.shift_remove("$defs"));
        }
        data
    });
    let mut required = vec!["id", "type", "timestamp", "source"];
    if data.is_some() {
        required.push("data");
    }
    let mut schema = json!({
        "$schema": DIALECT,
        "title": title,
        "description": format!("The body of an \"{title}\" callback. {description}").trim_end(),
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": {
            "id": {
                "description": "The id that the publisher gave the event, unique within its source. A repeated callback for the same event carries the same id.",
                "type": "string",
                "minLength": 1,
            },
            "type": {
                "description": "The type of the event.",
                "type": "string",
                "const": event_type,
            },
            "timestamp": {
                "description": "When what the event tells of happened.",
                "type": "string",
                "format": "date-time",
            },
            "source": {
                "description": "The system the event comes from.",
                "type": "string",
                "minLength": 1,
            },
            "subject": {
                "description": "What the event is about, by noun and id, such as `identity/018f3c5e-7a10-7c4e-9b21-5d0c6a9e4f01`.",
                "type": "string",
            },
            "dataschema": {
                "description": "The schema that the publisher names for the data.",
                "type": "string",
                "format": "uri",
            },
            "extensions": {
                "description": "Extension attributes of CloudEvents, as they were published.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": "^[a-z0-9]+$" },
                "additionalProperties": { "type": ["string", "integer", "boolean"] },
            },
            "data": data_schema.unwrap_or_else(|| json!({ "description": "Any JSON: the type has no schema." })),
        },
    });
    if let Some(definitions) = definitions {
        schema["$defs"] = definitions;
    }
    schema
}

/// Whether the schema has an `$id`. One that is only a fragment (an anchor of older drafts) names no resource.
fn is_resource(schema: &Value) -> bool {
    schema
        .get("$id")
        .and_then(Value::as_str)
        .is_some_and(|id| !id.is_empty() && !id.starts_with('#'))
}

/// Rewrites the references of a schema that moves to `/properties/data`, and whose `$defs` move to the root.
fn move_references(root: &mut Value) {
    let mut walk = Walk::default();
    walk.schema(root, String::new());
    // A reference may also lead to a place that no keyword knows as a schema, such as `#/x-shared/address`.
    while let Some(target) = walk.targets.pop() {
        if let Some(schema) = root.pointer_mut(&target) {
            walk.schema(schema, target);
        }
    }
}

#[derive(Default)]
struct Walk {
    /// Pointers of the schemas whose references are already rewritten.
    done: HashSet<String>,
    /// Pointers that references lead to.
    targets: Vec<String>,
}

impl Walk {
    fn schema(&mut self, schema: &mut Value, at: String) {
        // References within an embedded resource are relative to that resource, which moves as a whole.
        if (!at.is_empty() && is_resource(schema)) || !self.done.insert(at.clone()) {
            return;
        }
        if let Some(members) = schema.as_object_mut() {
            self.references(members);
        }
        keyword::each_subschema_mut(schema, &mut |inner, schema| self.schema(schema, format!("{at}{inner}")));
    }

    fn references(&mut self, schema: &mut Map<String, Value>) {
        if let Some(moved) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| self.moved(reference))
        {
            schema["$ref"] = Value::String(moved);
        }
        // Only an anchor is dynamic; with a pointer the keyword means what `$ref` means, and not every validator knows that.
        let Some(dynamic) = schema.get("$dynamicRef").and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let Some(moved) = self.moved(&dynamic) else { return };
        schema.shift_remove("$dynamicRef");
        if !schema.contains_key("$ref") {
            schema.insert("$ref".to_owned(), Value::String(moved));
        } else if let Value::Array(parts) = schema.entry("allOf").or_insert_with(|| json!([])) {
            // The walk through the schemas within comes here next, and moves it.
            parts.push(json!({ "$ref": dynamic }));
        }
    }

    /// The reference as it is in the envelope. None if it stays as it is.
    fn moved(&mut self, reference: &str) -> Option<String> {
        let fragment = if reference.is_empty() { "" } else { reference.strip_prefix('#')? };
        let target = pointer::decode_fragment(fragment)?;
        if !target.is_empty() && !target.starts_with('/') {
            return None;
        }
        let moves_to_root = target == "/$defs" || target.starts_with("/$defs/");
        self.targets.push(target);
        Some(if moves_to_root {
            reference.to_owned()
        } else {
            format!("#{DATA}{fragment}")
        })
    }
}

#[cfg(test)]
mod tests;
