//! The schemas of the document. A type may be written (responses) in another form than it is read (requests), for example because fields
//! with a default may be left out of requests. So there are two generators, and a type whose forms differ is two components.

use std::collections::BTreeSet;

use schemars::{
    SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value};

use crate::routes::SchemaOf;

/// Where references to components of responses, and of the document, lead.
const COMPONENTS: &str = "#/components/schemas/";
/// Where references to components of requests lead until [`Schemas::finish`].
const REQUESTS: &str = "#/components/requests/";
/// What is added to the name of a component of requests if there is another one of this name for responses.
const SUFFIX: &str = "Input";

/// Collects the components.
pub(super) struct Schemas {
    requests: SchemaGenerator,
    responses: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let generator = |path: &'static str, contract: Contract| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = path.into();
                settings.meta_schema = None;
                settings.contract = contract;
            });
            settings.into_generator()
        };
        Self {
            requests: generator("/components/requests", Contract::Deserialize),
            responses: generator("/components/schemas", Contract::Serialize),
        }
    }

    /// The schema of a response.
    pub(super) fn response(&mut self, of: SchemaOf) -> Value {
        object(of(&mut self.responses).to_value())
    }

    /// The schema of a body of a request.
    pub(super) fn request(&mut self, of: SchemaOf) -> Value {
        object(of(&mut self.requests).to_value())
    }

    /// The schema of a parameter, without null: a parameter that is not given is left out.
    pub(super) fn parameter(&mut self, of: SchemaOf) -> Value {
        let mut schema = self.request(of);
        remove_null(&mut schema);
        schema
    }

    /// The parameters of a query in order, each with its name, schema, and whether it is required.
    pub(super) fn query(&mut self, of: SchemaOf) -> Vec<(String, Value, bool)> {
        let mut schema = self.request(of);
        // The type of a query is no component.
        let name = schema["$ref"].as_str().and_then(|to| to.strip_prefix(REQUESTS)).map(str::to_owned);
        if let Some(found) = name.and_then(|name| self.requests.definitions_mut().shift_remove(&name)) {
            schema = found;
        }
        let required: BTreeSet<String> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        let Some(Value::Object(properties)) = schema.get_mut("properties").map(Value::take) else {
            return Vec::new();
        };
        let parameter = |(name, mut schema): (String, Value)| {
            remove_null(&mut schema);
            let is_required = required.contains(&name);
            (name, schema, is_required)
        };
        properties.into_iter().map(parameter).collect()
    }

    /// Adds the components to the document, by name, and completes the references to them.
    pub(super) fn finish(mut self, document: &mut Value) {
        let mut components: Map<String, Value> = self.responses.take_definitions(true);
        let requests = self.requests.take_definitions(true);
        let differing = differing(&requests, &components);
        for (name, mut schema) in requests {
            resolve(&mut schema, &differing);
            let name = component(&name, &differing);
            components.entry(name).or_insert(schema);
        }
        components.sort_keys();
        resolve(document, &differing);
        document["components"]["schemas"] = Value::Object(components);
        join_lines(document);
    }
}

/// The schema that permits everything as an object, because some programs expect one.
fn object(schema: Value) -> Value {
    if schema == true { Value::Object(Map::new()) } else { schema }
}

/// Joins the lines of descriptions, which come from doc comments. Paragraphs stay.
fn join_lines(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(join_lines),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => {
                        let paragraphs: Vec<String> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
                        *text = paragraphs.join("\n\n");
                    }
                    member => join_lines(member),
                }
            }
        }
        _ => {}
    }
}

/// The names that requests and responses use for different schemas. A schema also differs if one to which it refers does.
fn differing(requests: &Map<String, Value>, responses: &Map<String, Value>) -> BTreeSet<String> {
    let mut differing = BTreeSet::new();
    loop {
        let before = differing.len();
        for (name, schema) in requests {
            let Some(response) = responses.get(name) else { continue };
            let mut schema = schema.clone();
            resolve(&mut schema, &differing);
            if schema != *response {
                differing.insert(name.clone());
            }
        }
        if differing.len() == before {
            return differing;
        }
    }
}

/// The name in the document of a component of requests.
fn component(name: &str, differing: &BTreeSet<String>) -> String {
    let suffix = if differing.contains(name) { SUFFIX } else { "" };
    format!("{name}{suffix}")
}

/// Replaces references to components of requests.
fn resolve(value: &mut Value, differing: &BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, differing)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(to) if name == "$ref" => {
                        if let Some(of) = to.strip_prefix(REQUESTS) {
                            *to = format!("{COMPONENTS}{}", component(of, differing));
                        }
                    }
                    member => resolve(member, differing),
                }
            }
        }
        _ => {}
    }
}

/// Removes null from the values that a schema permits.
fn remove_null(schema: &mut Value) {
    let Value::Object(keywords) = schema else { return };
    if let Some(Value::Array(kinds)) = keywords.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_mut_slice() {
            let only = only.take();
            keywords.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = keywords.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if keywords.get("default").is_some_and(Value::is_null) {
        keywords.shift_remove("default");
    }
    if let Some(Value::Array(mut branches)) = keywords.shift_remove("anyOf") {
        branches.retain(|branch| branch["type"] != "null");
        if let [Value::Object(only)] = branches.as_mut_slice() {
            keywords.append(only);
        } else {
            keywords.insert("anyOf".to_owned(), Value::Array(branches));
        }
    }
}

/// The component to which a schema refers.
pub(super) fn referred<'a>(schema: &Value, document: &'a Value) -> Option<&'a Value> {
    let name = schema["$ref"].as_str()?.strip_prefix(COMPONENTS)?;
    document["components"]["schemas"].get(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_type_is_two_components_if_it_is_read_in_another_form_than_written() {
        let to = |place: &str, name: &str| json!({ "$ref": format!("{place}{name}") });
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let requests = map(json!({
            "Same": { "type": "string" },
            "Other": { "type": "string" },
            "Outer": { "items": to(REQUESTS, "Other") },
            "Only": { "items": to(REQUESTS, "Same") },
        }));
        let responses = map(json!({
            "Same": { "type": "string" },
            "Other": { "type": "integer" },
            "Outer": { "items": to(COMPONENTS, "Other") },
        }));
        let differing = differing(&requests, &responses);
        assert_eq!(differing.iter().collect::<Vec<_>>(), ["Other", "Outer"]);
        let mut reference = to(REQUESTS, "Outer");
        resolve(&mut reference, &differing);
        assert_eq!(reference, to(COMPONENTS, "OuterInput"));
    }

    #[test]
    fn a_parameter_is_never_null() {
        for (schema, expected) in [
            (json!({ "type": ["string", "null"], "default": null }), json!({ "type": "string" })),
            (
                json!({ "anyOf": [{ "$ref": "#/x" }, { "type": "null" }], "description": "d" }),
                json!({ "$ref": "#/x", "description": "d" }),
            ),
            (json!({ "enum": ["a", null] }), json!({ "enum": ["a"] })),
        ] {
            let mut changed = schema;
            remove_null(&mut changed);
            assert_eq!(changed, expected);
        }
    }
}
