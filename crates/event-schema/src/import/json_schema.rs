//! A JSON Schema, several in one file, or examples.

use serde_json::Value;

use super::{Candidate, Import, ImportedType, collect, dialect::Dialect, examples_of, name, named_by_extension, sample, text};
use crate::pointer;

/// Words of which a schema has at least one, beside `type`.
const KEYWORDS: [&str; 20] = [
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "definitions",
    "description",
    "enum",
    "examples",
    "format",
    "items",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "required",
    "title",
];

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

pub(super) fn read(import: &mut Import<'_>, file_name: Option<&str>) {
    let stem = file_name.and_then(stem);
    let stem = stem.as_deref();
    let document = import.document;
    if let Some(items) = document.as_array() {
        several(import, items, stem);
    } else if let Some(names) = catalogue(document) {
        for (at, name, schema) in names {
            schema_of(import, at, schema, Some(name), None, Dialect::of_schema(document));
        }
    } else if is_schema(document) {
        schema_of(import, String::new(), document, None, stem, Dialect::of_schema(document));
    } else if let Some(named) = document
        .as_object()
        .filter(|named| !named.is_empty() && named.values().all(is_schema))
    {
        for (name, schema) in named {
            schema_of(
                import,
                pointer::join("", name),
                schema,
                Some(name),
                None,
                Dialect::of_schema(schema),
            );
        }
    } else {
        sample::read(import, vec![(String::new(), document)], stem);
    }
}

/// The name of a file without folder and extensions: `invoice.paid` of `schemas/invoice.paid.schema.json`.
fn stem(file_name: &str) -> Option<String> {
    let file = file_name.rsplit(['/', '\\']).next()?;
    let mut stem = file;
    for extension in [".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".schema", ".example", ".examples"] {
        let ends = stem.len() > extension.len() && stem.is_char_boundary(stem.len() - extension.len());
        if ends && stem[stem.len() - extension.len()..].eq_ignore_ascii_case(extension) {
            stem = &stem[..stem.len() - extension.len()];
        }
    }
    (!stem.is_empty()).then(|| stem.to_owned())
}

fn several<'a>(import: &mut Import<'a>, items: &'a [Value], stem: Option<&str>) {
    let schemas = items.iter().filter(|item| is_schema(item)).count();
    let numbered = |index: usize| format!("/{index}");
    if schemas == 0 {
        let examples = items.iter().enumerate().map(|(index, item)| (numbered(index), item)).collect();
        sample::read(import, examples, stem);
    } else if schemas == items.len() {
        for (index, schema) in items.iter().enumerate() {
            schema_of(import, numbered(index), schema, None, None, Dialect::of_schema(schema));
        }
    } else {
        let odd = items
            .iter()
            .position(|item| is_schema(item) != is_schema(&items[0]))
            .unwrap_or_default();
        import.error(
            numbered(odd),
            "The list holds both schemas and examples. Import them from two files.",
        );
    }
}

/// Whether a value is a JSON Schema, and not data. An event such as `{"type": "invoice.paid", "data": {}}` is data.
fn is_schema(value: &Value) -> bool {
    let Some(members) = value.as_object() else { return false };
    if text(value, "$schema").is_some() {
        return true;
    }
    let is_type = |kind: &Value| kind.as_str().is_some_and(|kind| TYPES.contains(&kind));
    match members.get("type") {
        Some(Value::Array(kinds)) => !kinds.is_empty() && kinds.iter().all(is_type),
        Some(kind) => {
            is_type(kind)
                && (members.len() == 1
                    || KEYWORDS.iter().any(|keyword| members.contains_key(*keyword))
                    || members.keys().all(|key| is_bound(key)))
        }
        None => {
            let is_object = |keyword: &str| {
                members.get(keyword).is_some_and(|value| {
                    value
                        .as_object()
                        .is_some_and(|inner| !inner.is_empty() && inner.values().all(|inner| inner.is_object() || inner.is_boolean()))
                })
            };
            let is_list = |keyword: &str| {
                members
                    .get(keyword)
                    .and_then(Value::as_array)
                    .is_some_and(|list| !list.is_empty() && list.iter().all(is_schema))
            };
            text(value, "$ref").is_some()
                || ["properties", "$defs", "definitions", "patternProperties"]
                    .into_iter()
                    .any(is_object)
                || ["allOf", "anyOf", "oneOf"].into_iter().any(is_list)
        }
    }
}

fn is_bound(keyword: &str) -> bool {
    keyword == "type" || keyword.starts_with("min") || keyword.starts_with("max") || keyword.starts_with("unique") || keyword == "default"
}

/// The types of a schema that only lists others: its `oneOf` or `anyOf` consists of references into its definitions, or it has nothing but
/// definitions. A type that is itself such a list is replaced by its parts.
fn catalogue(document: &Value) -> Option<Vec<(String, &String, &Value)>> {
    let (keyword, definitions) = ["$defs", "definitions"]
        .into_iter()
        .find_map(|keyword| Some((keyword, document.get(keyword)?.as_object()?)))?;
    let says_more = [
        "type",
        "properties",
        "$ref",
        "allOf",
        "items",
        "enum",
        "const",
        "required",
        "additionalProperties",
        "patternProperties",
    ];
    if says_more.into_iter().any(|keyword| document.get(keyword).is_some()) {
        return None;
    }
    let prefix = format!("#/{keyword}/");
    let parts = |schema: &'_ Value| -> Option<Vec<String>> {
        let branches = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
        let name = |branch: &Value| {
            let last = text(branch, "$ref")?.strip_prefix(&prefix)?;
            Some(pointer::unescape(&pointer::decode_fragment(last)?))
        };
        branches.iter().map(name).collect()
    };
    let mut found = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let has_branches = document.get("oneOf").is_some() || document.get("anyOf").is_some();
    let mut waiting: Vec<String> = if has_branches {
        parts(document)?
    } else {
        definitions.keys().cloned().collect()
    };
    waiting.reverse();
    while let Some(name) = waiting.pop() {
        let Some((name, schema)) = definitions.get_key_value(&name).filter(|_| seen.insert(name.clone())) else {
            continue;
        };
        match parts(schema).filter(|parts| has_branches && !parts.is_empty()) {
            Some(parts) => waiting.extend(parts.into_iter().rev()),
            None => found.push((pointer::join(&format!("/{keyword}"), name), name, schema)),
        }
    }
    (!found.is_empty()).then_some(found)
}

fn schema_of<'a>(import: &mut Import<'a>, at: String, schema: &'a Value, key: Option<&str>, stem: Option<&str>, dialect: Dialect) {
    let is_part = at.starts_with("/$defs/") || at.starts_with("/definitions/");
    let id = text(schema, "$id").or_else(|| text(schema, "id")).and_then(|id| {
        let path = id.split(['#', '?']).next().unwrap_or_default();
        self::stem(path)
    });
    let title = text(schema, "title").map(str::to_owned);
    // A name with separators is meant as a type; a single word or a sentence may be anything.
    let mut names: Vec<String> = [key.map(str::to_owned), id, title, stem.map(str::to_owned)]
        .into_iter()
        .flatten()
        .collect();
    if key.is_none()
        && let Some(best) = names.iter().position(|name| name.contains('.') && name::check(name).is_ok())
    {
        let best = names.remove(best);
        names.insert(0, best);
    }
    let candidate = Candidate {
        pointer: at.clone(),
        stated: named_by_extension(schema),
        names,
        title: text(schema, "title").filter(|title| name::check(title).is_err()),
        description: text(schema, "description"),
        dialect,
        examples: examples_of(Some(schema)),
        schema: Some((at.clone(), schema)),
        ..Candidate::default()
    };
    // The definitions of a catalogue refer to each other by way of the file.
    import.source.set_base(if is_part { "" } else { &at });
    import.add_schema(candidate, schema);
}

impl<'a> Import<'a> {
    /// Adds a schema of its own. If it is complete in itself it stays as it is; otherwise what it refers to elsewhere in the file is collected.
    fn add_schema(&mut self, mut candidate: Candidate<'a>, schema: &'a Value) {
        let Some(whole) = collect::complete(schema, candidate.dialect) else {
            self.add(candidate);
            return;
        };
        let at = candidate.pointer.clone();
        // An envelope is unwrapped by way of the collector, which can take a part out of a schema.
        let inner = match self.unwrapped(&mut candidate, at.clone(), schema) {
            Ok((inner, _)) => inner,
            Err(error) => return self.error(error.pointer, error.detail),
        };
        if inner != at {
            self.add(candidate);
            return;
        }
        let added = candidate.name().and_then(|event_type| {
            let title = candidate.title.map(str::trim).filter(|title| !title.is_empty());
            self.push(ImportedType {
                name: title.map_or_else(|| name::for_people(&event_type), str::to_owned),
                description: candidate.description.unwrap_or_default().trim().to_owned(),
                group: None,
                examples: examples_of(Some(schema)),
                pointer: at,
                event_type,
                schema: Some(whole),
            })
        });
        if let Err(error) = added {
            self.error(error.pointer, error.detail);
        }
    }
}
