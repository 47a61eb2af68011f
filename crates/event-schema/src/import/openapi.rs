//! OpenAPI 3.0, 3.1 and 3.2: webhooks, callbacks, and components that an extension marks as events.

use serde_json::Value;

use super::{Candidate, Dialect, Import, first_tag, named_by_extension, text};
use crate::pointer;

const METHODS: [&str; 9] = ["post", "put", "patch", "get", "delete", "head", "options", "trace", "query"];

pub(super) fn read(import: &mut Import<'_>, version: &str) {
    let dialect = match version {
        _ if version.starts_with("3.0") => Dialect::OpenApi30,
        _ if version.starts_with("3.") => Dialect::OpenApi31,
        _ => {
            import.error("/openapi", format!("OpenAPI {version} cannot be read, only 3.0, 3.1 and 3.2."));
            return;
        }
    };
    let document = import.document;
    let mut reader = Reader {
        import: &mut *import,
        dialect,
    };
    // `x-webhooks` is what tools wrote before 3.1 had webhooks.
    for section in ["webhooks", "x-webhooks"] {
        for (name, item) in members(document.get(section)) {
            reader.path_item(pointer::join(&format!("/{section}"), name), item, name, None);
        }
    }
    for (path, item) in members(document.get("paths")) {
        let at = pointer::join("/paths", path);
        let Some((at, item)) = reader.import.resolved(&at, item) else {
            continue;
        };
        for (method, operation) in operations(item) {
            let at = pointer::join(&at, method);
            let group = first_tag(operation);
            for (name, callback) in members(operation.get("callbacks")) {
                reader.callback(pointer::join(&format!("{at}/callbacks"), name), callback, name, group.clone());
            }
        }
    }
    let components = document.get("components");
    for (name, schema) in members(components.and_then(|components| components.get("schemas"))) {
        if named_by_extension(schema).is_some() {
            let at = pointer::join("/components/schemas", name);
            reader.component(at, schema, name);
        }
    }
    for (name, callback) in members(components.and_then(|components| components.get("callbacks"))) {
        reader.callback(pointer::join("/components/callbacks", name), callback, name, None);
    }
    if import.types.is_empty() && import.errors.is_empty() {
        import.error(
            "",
            "The OpenAPI document describes no webhook and no callback. Add one under `webhooks`, or import its schemas as JSON Schema.",
        );
    }
}

/// The members of an object, without extensions.
fn members(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    let members = object.and_then(Value::as_object).into_iter().flatten();
    members.filter(|(name, _)| !name.starts_with("x-"))
}

fn operations(item: &Value) -> Vec<(&'static str, &Value)> {
    let found = METHODS.into_iter().filter_map(|method| Some((method, item.get(method)?)));
    found.filter(|(_, operation)| operation.is_object()).collect()
}

struct Reader<'i, 'a> {
    import: &'i mut Import<'a>,
    dialect: Dialect,
}

impl<'a> Reader<'_, 'a> {
    fn callback(&mut self, at: String, callback: &'a Value, name: &str, group: Option<String>) {
        let Some((at, callback)) = self.import.resolved(&at, callback) else {
            return;
        };
        let expressions: Vec<(&String, &Value)> = members(Some(callback)).collect();
        let is_only = expressions.len() == 1;
        for (index, (expression, item)) in expressions.into_iter().enumerate() {
            // The addresses of one callback say nothing about what happened; their order is all that tells them apart.
            let name = if is_only {
                name.to_owned()
            } else {
                format!("{name}.{}", index + 1)
            };
            self.path_item(pointer::join(&at, expression), item, &name, group.clone());
        }
    }

    fn path_item(&mut self, at: String, item: &'a Value, name: &str, group: Option<String>) {
        let extension = named_by_extension(item);
        let Some((at, item)) = self.import.resolved(&at, item) else {
            return;
        };
        let extension = extension.or_else(|| named_by_extension(item));
        let operations = operations(item);
        let is_only = operations.len() == 1;
        for (method, operation) in operations {
            let at = pointer::join(&at, method);
            let mut names: Vec<String> = Vec::new();
            if is_only {
                names.push(name.to_owned());
                names.extend(text(operation, "operationId").map(str::to_owned));
            } else {
                names.extend(text(operation, "operationId").map(str::to_owned));
                names.push(format!("{name}.{method}"));
            }
            let mut candidate = Candidate {
                stated: named_by_extension(operation).or_else(|| extension.clone().filter(|_| is_only)),
                names,
                title: text(operation, "summary").or_else(|| text(item, "summary")),
                description: text(operation, "description").or_else(|| text(item, "description")),
                group: first_tag(operation).or_else(|| group.clone()),
                dialect: self.dialect,
                ..Candidate::default()
            };
            if let Some(body) = operation.get("requestBody") {
                let Some((body_at, body)) = self.import.resolved(&format!("{at}/requestBody"), body) else {
                    continue;
                };
                self.content(&mut candidate, &format!("{body_at}/content"), body.get("content"));
            }
            candidate.pointer = at;
            self.import.add(candidate);
        }
    }

    /// Reads the JSON of a body: `application/json`, or another type of JSON, or the first of all.
    fn content(&mut self, candidate: &mut Candidate<'a>, at: &str, content: Option<&'a Value>) {
        let types: Vec<(&String, &Value)> = members(content).collect();
        let plain = |name: &str| name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let chosen = types
            .iter()
            .find(|(name, _)| plain(name) == "application/json")
            .or_else(|| types.iter().find(|(name, _)| plain(name).ends_with("json")))
            .or_else(|| types.first());
        let Some((name, media)) = chosen else { return };
        let at = pointer::join(at, name);
        if let Some(schema) = media.get("schema") {
            candidate.schema = Some((format!("{at}/schema"), schema));
        }
        if let Some(example) = media.get("example") {
            candidate.examples.push(example.clone());
        }
        for (name, example) in members(media.get("examples")) {
            let at = pointer::join(&format!("{at}/examples"), name);
            let Some((_, example)) = self.import.resolved(&at, example) else {
                continue;
            };
            // An `externalValue` is an address, and nothing is fetched.
            if let Some(value) = example.get("value").or_else(|| example.get("dataValue")) {
                candidate.examples.push(value.clone());
            }
        }
    }

    /// A schema that an extension marks as an event.
    fn component(&mut self, at: String, schema: &'a Value, name: &str) {
        self.import.add(Candidate {
            stated: named_by_extension(schema),
            names: vec![name.to_owned()],
            title: text(schema, "title"),
            description: text(schema, "description"),
            schema: Some((at.clone(), schema)),
            dialect: self.dialect,
            pointer: at,
            ..Candidate::default()
        });
    }
}
