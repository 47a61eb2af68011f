//! Where a JSON Schema holds other schemas. Everything else (`enum`, `const`, `default`, `examples`, unknown keywords) holds data, in which a
//! member named `$ref` is not a reference.

use serde_json::Value;

use crate::pointer;

/// What a keyword holds.
enum Holds {
    /// One schema.
    Schema,
    /// A list of schemas.
    List,
    /// Schemas by name.
    Map,
    /// One schema or, in drafts before 2020-12, a list of them.
    SchemaOrList,
}

fn holds(keyword: &str) -> Option<Holds> {
    Some(match keyword {
        "additionalItems"
        | "additionalProperties"
        | "contains"
        | "contentSchema"
        | "else"
        | "if"
        | "not"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Holds::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::List,
        "$defs" | "definitions" | "dependencies" | "dependentSchemas" | "patternProperties" | "properties" => Holds::Map,
        "items" => Holds::SchemaOrList,
        _ => return None,
    })
}

fn is_schema(value: &Value) -> bool {
    value.is_object() || value.is_boolean()
}

/// Calls back for each schema directly within, with the pointer to it from `schema`.
pub(crate) fn each_subschema<'a>(schema: &'a Value, seen: &mut impl FnMut(String, &'a Value)) {
    let Some(members) = schema.as_object() else { return };
    for (keyword, held) in members {
        let Some(kind) = holds(keyword) else { continue };
        let at = pointer::join("", keyword);
        match (kind, held) {
            (Holds::List | Holds::SchemaOrList, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate().filter(|(_, item)| is_schema(item)) {
                    seen(format!("{at}/{index}"), item);
                }
            }
            (Holds::Map, Value::Object(named)) => {
                for (name, inner) in named.iter().filter(|(_, inner)| is_schema(inner)) {
                    seen(pointer::join(&at, name), inner);
                }
            }
            (Holds::Schema | Holds::SchemaOrList, held) if is_schema(held) => seen(at, held),
            _ => {}
        }
    }
}

/// The same for schemas that are to be changed.
pub(crate) fn each_subschema_mut(schema: &mut Value, change: &mut impl FnMut(String, &mut Value)) {
    let Some(members) = schema.as_object_mut() else { return };
    for (keyword, held) in members.iter_mut() {
        let Some(kind) = holds(keyword) else { continue };
        let at = pointer::join("", keyword);
        match (kind, held) {
            (Holds::List | Holds::SchemaOrList, Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate().filter(|(_, item)| is_schema(item)) {
                    change(format!("{at}/{index}"), item);
                }
            }
            (Holds::Map, Value::Object(named)) => {
                for (name, inner) in named.iter_mut().filter(|(_, inner)| is_schema(inner)) {
                    change(pointer::join(&at, name), inner);
                }
            }
            (Holds::Schema | Holds::SchemaOrList, held) if is_schema(held) => change(at, held),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_holds_no_schemas_and_each_keyword_its_own() {
        let schema = json!({
            "properties": { "$ref": { "type": "string" }, "a/b": true, "list": [] },
            "items": [{ "const": { "$ref": "#" } }, false],
            "additionalItems": {},
            "dependencies": { "a": ["b"], "c": {} },
            "enum": [{ "$ref": "#" }],
            "default": { "properties": {} },
            "x-own": { "$ref": "#" },
            "anyOf": {},
        });
        let mut pointers = Vec::new();
        each_subschema(&schema, &mut |at, _| pointers.push(at));
        let expected = [
            "/properties/$ref",
            "/properties/a~1b",
            "/items/0",
            "/items/1",
            "/additionalItems",
            "/dependencies/c",
        ];
        assert_eq!(pointers, expected);
        let mut changed = Vec::new();
        each_subschema_mut(&mut schema.clone(), &mut |at, _| changed.push(at));
        assert_eq!(changed, expected);
    }
}
