//! The JSON Schemas (draft 2020-12) of the event types, generated from the payload types. Receivers can download them, and published events
//! are validated against them.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::catalogue::BuiltIn;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a callback's body.
pub fn callback_schema(event: BuiltIn) -> &'static Value {
    static SCHEMAS: [OnceLock<Value>; BuiltIn::ALL.len()] = [const { OnceLock::new() }; BuiltIn::ALL.len()];
    SCHEMAS[event.index()].get_or_init(|| envelope(event, data_schema(event).clone()))
}

/// The schema of `data`.
pub fn data_schema(event: BuiltIn) -> &'static Value {
    static SCHEMAS: [OnceLock<Value>; BuiltIn::ALL.len()] = [const { OnceLock::new() }; BuiltIn::ALL.len()];
    SCHEMAS[event.index()].get_or_init(event.payload().schema)
}

/// Inserts the schema of `data` into the schema of the body. The definitions move to the root, to which references point.
fn envelope(event: BuiltIn, mut data: Value) -> Value {
    let mut definitions = None;
    if let Some(object) = data.as_object_mut() {
        object.remove("$schema");
        definitions = object.remove("$defs");
    }
    let mut schema = json!({
        "$schema": DIALECT,
        "title": event.name(),
        "description": format!("The body of an \"{}\" callback. {}", event.name(), event.description()),
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "type", "timestamp", "source", "data"],
        "properties": {
            "id": {
                "description": "The id that the publisher gave the event, unique within its source. A repeated callback for the same event carries the same id.",
                "type": "string",
                "minLength": 1,
            },
            "type": {
                "description": "The type of the event.",
                "type": "string",
                "const": event.as_str(),
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
            "data": data,
        },
    });
    if let Some(definitions) = definitions {
        schema["$defs"] = definitions;
    }
    schema
}

#[cfg(test)]
mod tests {
    use boon::{Compiler, Draft, Schemas};

    use super::*;
    use crate::catalogue::example::{example_data, example_subject};

    fn example_body(event: BuiltIn) -> Value {
        json!({
            "id": "018f3c5e-7a10-7c4e-9b21-5d0c6a9e4fff",
            "type": event,
            "timestamp": "2026-03-09T08:30:00Z",
            "source": "https://access.example.com",
            "subject": example_subject(event),
            "data": example_data(event),
        })
    }

    /// Whether an independent validator accepts the body. It also validates the schema against the meta-schema.
    fn accepted(event: BuiltIn, body: &Value) -> bool {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        let address = "https://example.com/schema.json";
        compiler.add_resource(address, callback_schema(event).clone()).unwrap();
        let index = compiler.compile(address, &mut schemas).unwrap();
        schemas.validate(body, index).is_ok()
    }

    #[test]
    fn example_matches_only_its_own_schema() {
        for event in BuiltIn::ALL {
            for other in BuiltIn::ALL {
                assert_eq!(
                    accepted(event, &example_body(other)),
                    event == other,
                    "{other} by the schema of {event}"
                );
            }
        }
    }

    #[test]
    fn schema_requires_all_but_optional_members() {
        for (field, may_be_absent) in [
            ("id", false),
            ("type", false),
            ("timestamp", false),
            ("source", false),
            ("subject", true),
            ("dataschema", true),
            ("extensions", true),
            ("data", false),
        ] {
            let mut body = example_body(BuiltIn::VisitEventCreated);
            body["dataschema"] = json!("https://example.com/schemas/visit");
            body["extensions"] = json!({ "tenant": "a", "number": 7, "urgent": true });
            assert!(accepted(BuiltIn::VisitEventCreated, &body));
            body.as_object_mut().unwrap().remove(field).unwrap();
            assert_eq!(accepted(BuiltIn::VisitEventCreated, &body), may_be_absent, "{field}");
        }
    }

    #[test]
    fn schema_validates_formats() {
        for (field, wrong) in [
            ("id", json!("")),
            ("id", json!(42)),
            ("dataschema", json!("visit")),
            ("extensions", json!({})),
            ("extensions", json!({ "Tenant": "a" })),
            ("extensions", json!({ "tenant": 1.5 })),
            ("extensions", json!({ "tenant": {} })),
            ("timestamp", json!("yesterday")),
            ("source", json!("")),
            ("subject", json!(7)),
            ("extra", json!(true)),
        ] {
            let mut body = example_body(BuiltIn::VisitEventCreated);
            body[field] = wrong;
            assert!(!accepted(BuiltIn::VisitEventCreated, &body), "{field}");
        }
    }

    /// Calls back for every schema within, with the path to it and whether it must carry a description.
    fn walk(schema: &Value, path: &str, seen: &mut impl FnMut(&str, &Value)) {
        if let Some(members) = schema.as_object() {
            if members.get("type") == Some(&json!("object")) {
                seen(path, schema);
            }
            for (key, member) in members {
                if key == "properties" || key == "$defs" {
                    for (name, inner) in member.as_object().unwrap() {
                        seen(&format!("{path}/{key}/{name}"), inner);
                    }
                }
                walk(member, &format!("{path}/{key}"), seen);
            }
        }
    }

    #[test]
    fn schema_describes_every_object_and_property() {
        for event in BuiltIn::ALL {
            let mut count = 0;
            walk(callback_schema(event), "", &mut |path, schema| {
                count += 1;
                let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
                assert!(
                    description.ends_with('.') && !description.contains('\n'),
                    "{event} {path}: {description:?}"
                );
            });
            assert!(count > 15, "{event}: only {count} descriptions");
        }
    }

    #[test]
    fn schema_closes_every_object_except_custom_fields() {
        for event in BuiltIn::ALL {
            walk(callback_schema(event), "", &mut |path, schema| {
                if schema.get("properties").is_some() {
                    assert_eq!(schema["additionalProperties"], json!(false), "{event} {path}");
                }
            });
        }
    }

    #[test]
    fn schema_lists_enum_values_with_meanings() {
        let status = &data_schema(BuiltIn::IdentityCreated)["$defs"]["IdentityStatus"];
        assert_eq!(status["enum"], json!(["active", "inactive"]));
        assert_eq!(status["type"], "string");
        let description = status["description"].as_str().unwrap();
        assert!(
            description.ends_with("`inactive`: access is withheld, the identity is kept."),
            "{description}"
        );
        assert!(
            BuiltIn::ALL
                .iter()
                .all(|event| !callback_schema(*event).to_string().contains("oneOf"))
        );
    }
}
