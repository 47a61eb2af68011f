//! Rewrites schemas of other dialects as JSON Schema draft 2020-12.

use serde_json::{Map, Value, json};

use crate::keyword;

/// The language in which a schema is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Draft 2020-12.
    #[default]
    Modern,
    /// Drafts 4 to 7. What only some of them have does not clash.
    OlderDraft,
    /// Draft 2019-09, and a schema that names no draft but has keywords of older ones: what stands beside a `$ref` has a meaning.
    OlderWithSiblings,
    /// The Schema Object of OpenAPI 3.0.
    OpenApi30,
    /// The Schema Object of OpenAPI 3.1, which is draft 2020-12 with additions.
    OpenApi31,
    /// The Schema Object of AsyncAPI, which is draft 7 with additions.
    AsyncApi,
}

impl Dialect {
    /// The dialect that a schema names with `$schema`.
    pub(super) fn of_schema(schema: &Value) -> Self {
        match schema.get("$schema").and_then(Value::as_str) {
            Some(address)
                if ["draft-03", "draft-04", "draft-06", "draft-07"]
                    .iter()
                    .any(|draft| address.contains(draft)) =>
            {
                Self::OlderDraft
            }
            Some(address) if address.contains("2019-09") => Self::OlderWithSiblings,
            Some(address) if address.contains("2020-12") => Self::Modern,
            _ if has_older_keywords(schema) => Self::OlderWithSiblings,
            _ => Self::Modern,
        }
    }

    /// Whether what stands beside a `$ref` has no meaning.
    pub(super) fn ignores_siblings(self) -> bool {
        matches!(self, Self::OlderDraft | Self::OpenApi30 | Self::AsyncApi)
    }

    fn has_additions(self) -> bool {
        matches!(self, Self::OpenApi30 | Self::OpenApi31 | Self::AsyncApi)
    }
}

/// Rewrites one schema, not those within it. Done twice, it changes nothing more.
pub(super) fn modernise(schema: &mut Map<String, Value>, dialect: Dialect) {
    if dialect == Dialect::Modern {
        return;
    }
    schema.shift_remove("$schema");
    if dialect.ignores_siblings() && schema.get("$ref").is_some_and(Value::is_string) {
        schema.retain(|keyword, _| ["$ref", "description", "title", "nullable"].contains(&keyword.as_str()));
    }
    if dialect.has_additions() {
        drop_additions(schema);
    }
    exclusive_bounds(schema);
    if matches!(dialect, Dialect::OlderDraft | Dialect::OlderWithSiblings | Dialect::AsyncApi) {
        older_keywords(schema);
    }
    if dialect == Dialect::OpenApi30 {
        nullable(schema);
    }
}

/// Whether a schema, or one within it, has a keyword that draft 2020-12 does not have or that it reads differently.
fn has_older_keywords(schema: &Value) -> bool {
    let Some(members) = schema.as_object() else { return false };
    let is = |keyword: &str, kind: fn(&Value) -> bool| members.get(keyword).is_some_and(kind);
    if is("definitions", Value::is_object)
        || is("dependencies", Value::is_object)
        || is("items", Value::is_array)
        || is("exclusiveMinimum", Value::is_boolean)
        || is("exclusiveMaximum", Value::is_boolean)
    {
        return true;
    }
    let mut found = false;
    keyword::each_subschema(schema, &mut |_, inner| found = found || has_older_keywords(inner));
    found
}

/// Keywords that OpenAPI and AsyncAPI add. They say nothing about which values are valid, and strict validators refuse what they do not know.
fn drop_additions(schema: &mut Map<String, Value>) {
    if let Some(example) = schema.shift_remove("example")
        && !schema.contains_key("examples")
    {
        schema.insert("examples".to_owned(), json!([example]));
    }
    // In the Schema Object `examples` is a list; documents with the map of the Media Type Object exist.
    if let Some(Value::Object(named)) = schema.get("examples") {
        let values: Vec<Value> = named
            .values()
            .map(|example| example.get("value").unwrap_or(example).clone())
            .collect();
        schema.insert("examples".to_owned(), Value::Array(values));
    }
    schema.retain(|keyword, _| !(keyword.starts_with("x-") || ["discriminator", "externalDocs", "xml"].contains(&keyword.as_str())));
    // `required: true` at a property comes from older versions.
    for (keyword, is_right) in [
        ("required", Value::is_array as fn(&Value) -> bool),
        ("enum", Value::is_array),
        ("deprecated", Value::is_boolean),
        ("readOnly", Value::is_boolean),
        ("writeOnly", Value::is_boolean),
    ] {
        if schema.get(keyword).is_some_and(|value| !is_right(value)) {
            schema.shift_remove(keyword);
        }
    }
    let format = schema.get("format").and_then(Value::as_str).map(str::to_owned);
    match format.as_deref() {
        Some("byte") => {
            schema.shift_remove("format");
            schema.insert("contentEncoding".to_owned(), json!("base64"));
        }
        Some("int32" | "int64" | "float" | "double" | "binary" | "password" | "string") => {
            schema.shift_remove("format");
        }
        _ => {}
    }
}

/// In draft 4 and OpenAPI 3.0 `exclusiveMinimum` is a boolean beside `minimum`.
fn exclusive_bounds(schema: &mut Map<String, Value>) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        let Some(flag) = schema.get(exclusive).and_then(Value::as_bool) else {
            continue;
        };
        schema.shift_remove(exclusive);
        if flag && let Some(limit) = schema.shift_remove(bound) {
            schema.insert(exclusive.to_owned(), limit);
        }
    }
}

fn older_keywords(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(_)) = schema.get("items") {
        if let Some(items) = schema.shift_remove("items") {
            // An empty list of items says nothing.
            if items.as_array().is_some_and(|items| !items.is_empty()) {
                schema.insert("prefixItems".to_owned(), items);
            }
        }
        if let Some(rest) = schema.shift_remove("additionalItems") {
            schema.insert("items".to_owned(), rest);
        }
    } else {
        schema.shift_remove("additionalItems");
    }
    if let Some(Value::Object(dependencies)) = schema.shift_remove("dependencies") {
        let (required, schemas): (Map<String, Value>, Map<String, Value>) =
            dependencies.into_iter().partition(|(_, value)| value.is_array());
        for (keyword, members) in [("dependentRequired", required), ("dependentSchemas", schemas)] {
            if !members.is_empty() {
                schema.insert(keyword.to_owned(), Value::Object(members));
            }
        }
    }
    if let Some(Value::String(id)) = schema.get("id").filter(|_| !schema.contains_key("$id")).cloned() {
        schema.shift_remove("id");
        schema.insert("$id".to_owned(), Value::String(id));
    }
    let anchor = schema
        .get("$id")
        .and_then(Value::as_str)
        .and_then(|id| id.strip_prefix('#'))
        .map(str::to_owned);
    if let Some(anchor) = anchor {
        schema.shift_remove("$id");
        if !anchor.is_empty() {
            schema.insert("$anchor".to_owned(), Value::String(anchor));
        }
    }
    if schema.get("$recursiveRef").and_then(Value::as_str) == Some("#") {
        schema.shift_remove("$recursiveRef");
        schema.insert("$ref".to_owned(), json!("#"));
    }
    schema.shift_remove("$recursiveAnchor");
}

/// `nullable: true` adds null to the types, and to the values if they are listed.
fn nullable(schema: &mut Map<String, Value>) {
    let Some(flag) = schema.shift_remove("nullable") else { return };
    if flag != Value::Bool(true) {
        return;
    }
    let combined = ["$ref", "allOf", "anyOf", "oneOf", "not"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword));
    if combined {
        // Null must satisfy none of them.
        let mut wrapped = Map::new();
        for keyword in ["title", "description", "deprecated", "default", "examples"] {
            if let Some(value) = schema.shift_remove(keyword) {
                wrapped.insert(keyword.to_owned(), value);
            }
        }
        let inner = std::mem::take(schema);
        wrapped.insert("anyOf".to_owned(), json!([Value::Object(inner), { "type": "null" }]));
        *schema = wrapped;
        return;
    }
    if let Some(kind) = schema.get_mut("type") {
        let mut kinds = match kind.take() {
            Value::Array(kinds) => kinds,
            one => vec![one],
        };
        if !kinds.contains(&json!("null")) {
            kinds.push(json!("null"));
        }
        *kind = Value::Array(kinds);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_is_rewritten_once() {
        use Dialect::{AsyncApi, OlderDraft, OpenApi30, OpenApi31};
        for (dialect, before, after) in [
            (
                OpenApi30,
                json!({ "type": "string", "nullable": true }),
                json!({ "type": ["string", "null"] }),
            ),
            (
                OpenApi30,
                json!({ "type": "string", "nullable": false }),
                json!({ "type": "string" }),
            ),
            (
                OpenApi30,
                json!({ "type": "string", "nullable": true, "enum": ["a"] }),
                json!({ "type": ["string", "null"], "enum": ["a", null] }),
            ),
            (
                OpenApi30,
                json!({ "nullable": true, "allOf": [{ "$ref": "#/a" }], "description": "D." }),
                json!({ "description": "D.", "anyOf": [{ "allOf": [{ "$ref": "#/a" }] }, { "type": "null" }] }),
            ),
            (
                OpenApi30,
                json!({ "$ref": "#/a", "nullable": true, "minLength": 1 }),
                json!({ "anyOf": [{ "$ref": "#/a" }, { "type": "null" }] }),
            ),
            (
                OpenApi30,
                json!({ "minimum": 1, "exclusiveMinimum": true }),
                json!({ "exclusiveMinimum": 1 }),
            ),
            (
                OpenApi30,
                json!({ "maximum": 1, "exclusiveMaximum": false }),
                json!({ "maximum": 1 }),
            ),
            (OpenApi30, json!({ "exclusiveMaximum": true }), json!({})),
            (
                OpenApi30,
                json!({ "type": "integer", "format": "int64", "example": 7 }),
                json!({ "type": "integer", "examples": [7] }),
            ),
            (OpenApi30, json!({ "format": "byte" }), json!({ "contentEncoding": "base64" })),
            (
                OpenApi30,
                json!({ "discriminator": { "propertyName": "a" }, "xml": {}, "externalDocs": {}, "x-own": 1, "required": true, "type": "object" }),
                json!({ "type": "object" }),
            ),
            (
                OpenApi31,
                json!({ "$ref": "#/a", "minLength": 1, "example": "b" }),
                json!({ "$ref": "#/a", "minLength": 1, "examples": ["b"] }),
            ),
            (
                OlderDraft,
                json!({ "items": [{ "type": "string" }], "additionalItems": false }),
                json!({ "prefixItems": [{ "type": "string" }], "items": false }),
            ),
            (
                OlderDraft,
                json!({ "items": { "type": "string" }, "additionalItems": false }),
                json!({ "items": { "type": "string" } }),
            ),
            (
                OlderDraft,
                json!({ "dependencies": { "a": ["b"], "c": { "required": ["d"] } } }),
                json!({ "dependentRequired": { "a": ["b"] }, "dependentSchemas": { "c": { "required": ["d"] } } }),
            ),
            (OlderDraft, json!({ "$id": "#here" }), json!({ "$anchor": "here" })),
            (
                OlderDraft,
                json!({ "id": "https://example.com/a" }),
                json!({ "$id": "https://example.com/a" }),
            ),
            (
                OlderDraft,
                json!({ "$recursiveRef": "#", "$recursiveAnchor": true }),
                json!({ "$ref": "#" }),
            ),
            (AsyncApi, json!({ "x-own": 1, "items": [true] }), json!({ "prefixItems": [true] })),
            (
                Dialect::Modern,
                json!({ "nullable": true, "items": [true] }),
                json!({ "nullable": true, "items": [true] }),
            ),
        ] {
            let mut schema = before.as_object().unwrap().clone();
            modernise(&mut schema, dialect);
            assert_eq!(Value::Object(schema.clone()), after, "{before}");
            modernise(&mut schema, dialect);
            assert_eq!(Value::Object(schema), after, "{before} twice");
        }
    }
}
