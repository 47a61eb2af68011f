//! Imports event types from files: OpenAPI 3.0 and 3.1, AsyncAPI 2 and 3, JSON Schema, or examples only. JSON and YAML.
//!
//! Nothing is fetched. References within the file are followed, and what they lead to becomes part of each type's schema (`$defs`); a reference
//! to somewhere else is an error that names it. Schemas of OpenAPI 3.0, AsyncAPI and older drafts are rewritten as draft 2020-12.
//!
//! A type is named by an extension (`x-event-type`), else by the format's own name for it: the key of an OpenAPI webhook or callback, the name
//! of an AsyncAPI message, the `$id`, title or file name of a JSON Schema. Blanks and signs that no type may have become `_` and `.`; a name
//! that cannot be made valid, such as one in another script, is an error.
//!
//! A payload that is an envelope itself is unwrapped: if its properties include `data`, and `specversion` (CloudEvents) or a `type` with one
//! fixed value, then `data` is imported, under that value of `type`.

use std::{collections::HashMap, io, thread};

use serde::Serialize;
use serde_json::Value;

mod asyncapi;
mod collect;
mod dialect;
mod document;
mod json_schema;
mod name;
mod openapi;
mod sample;

pub use name::check as check_type;

use collect::Source;
use dialect::Dialect;

/// Bytes of a type's schema with all that it refers to.
const MOST_SCHEMA_BYTES: usize = crate::BYTES_MAX;

/// Bytes of the schemas of one import. Components that many types share are copied into each.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// The stack of the thread that reads a file.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// Types of one import.
const MOST_TYPES: usize = 20_000;

/// Errors that one import reports.
const MOST_ERRORS: usize = 100;

/// Letters of a name for people. A longer summary is not a name.
const LONGEST_NAME: usize = 100;

/// An event type that a file describes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImportedType {
    /// The type, a valid one.
    pub event_type: String,
    /// Its name for people.
    pub name: String,
    /// What it means; may be empty.
    pub description: String,
    /// Its group, such as the first tag.
    pub group: Option<String>,
    /// The schema of `data`, in draft 2020-12, with references only into itself. Not yet admitted ([`crate::EventSchema`]): patterns and depth are not
    /// checked.
    pub schema: Option<Value>,
    /// Examples of `data`, as the file has them. They need not satisfy the schema.
    pub examples: Vec<Value>,
    /// Where the file describes it, as a JSON pointer.
    pub pointer: String,
}

/// Why a file, or a type in it, cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportError {
    /// The place in the file, as a JSON pointer; empty for the file as a whole.
    pub pointer: String,
    /// What is wrong, and what to do.
    pub detail: String,
}

impl ImportError {
    fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// What a file describes.
#[derive(Clone, Debug, Default)]
pub struct ReadFile {
    /// The event types that can be read, in the order of the file.
    pub types: Vec<ImportedType>,
    /// Why others cannot be read. Up to 100 errors are listed.
    pub errors: Vec<ImportError>,
}

/// The event types that a file describes, in its order; or all errors, of which up to 100 are listed. `file_name` names a JSON Schema or an
/// example that has no other name.
pub fn read(bytes: &[u8], file_name: Option<&str>) -> Result<Vec<ImportedType>, Vec<ImportError>> {
    let ReadFile { types, errors } = read_all(bytes, file_name);
    if errors.is_empty() { Ok(types) } else { Err(errors) }
}

/// Reads a file as [`read`] does, and returns what can be read beside the errors, so that a caller can check that as well.
pub fn read_all(bytes: &[u8], file_name: Option<&str>) -> ReadFile {
    // The parser of YAML takes up to 30 kB of the stack for each of 120 levels.
    let read = thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("read-document".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || read_on_this_stack(bytes, file_name))?;
        thread.join().map_err(|_| io::Error::other("the reader panicked"))
    });
    read.unwrap_or_else(|error| ReadFile {
        types: Vec::new(),
        errors: vec![ImportError::new("", format!("The file could not be read: {error}."))],
    })
}

fn read_on_this_stack(bytes: &[u8], file_name: Option<&str>) -> ReadFile {
    let document = match document::parse(bytes, file_name) {
        Ok(document) => document,
        Err(error) => {
            return ReadFile {
                types: Vec::new(),
                errors: vec![error],
            };
        }
    };
    let mut import = Import::new(&document);
    if let Some(version) = version(&document, "openapi") {
        openapi::read(&mut import, &version);
    } else if let Some(version) = version(&document, "asyncapi") {
        asyncapi::read(&mut import, &version);
    } else if document.get("swagger").is_some() {
        import.error(
            "/swagger",
            "Swagger 2.0 does not describe webhooks. Convert the document to OpenAPI 3.",
        );
    } else {
        json_schema::read(&mut import, file_name);
    }
    import.finish()
}

/// The version of a format. YAML reads an unquoted `2.6` as a number.
fn version(document: &Value, format: &str) -> Option<String> {
    let version = document.get(format)?;
    Some(version.as_str().map_or_else(|| version.to_string(), str::to_owned))
}

/// What a format's reader found out about a type.
#[derive(Default)]
struct Candidate<'a> {
    pointer: String,
    /// The type that the file states. Nothing else is its name.
    stated: Option<String>,
    /// Possible names, the best first.
    names: Vec<String>,
    title: Option<&'a str>,
    description: Option<&'a str>,
    group: Option<String>,
    /// The schema of the payload, and where it stands.
    schema: Option<(String, &'a Value)>,
    dialect: Dialect,
    examples: Vec<Value>,
}

impl Candidate<'_> {
    fn name(&self) -> Result<String, ImportError> {
        let name = match &self.stated {
            Some(stated) => name::first_valid(std::slice::from_ref(stated)),
            None => name::first_valid(&self.names),
        };
        name.map_err(|detail| ImportError::new(&self.pointer, detail))
    }
}

/// The examples beside a schema's other keywords.
fn examples_of(schema: Option<&Value>) -> Vec<Value> {
    let examples = schema.and_then(|schema| schema.get("examples")?.as_array().cloned());
    examples.unwrap_or_default()
}

/// An import in progress.
struct Import<'a> {
    document: &'a Value,
    source: Source<'a>,
    types: Vec<ImportedType>,
    by_name: HashMap<String, usize>,
    errors: Vec<ImportError>,
    bytes: usize,
}

impl<'a> Import<'a> {
    fn new(document: &'a Value) -> Self {
        Self {
            document,
            source: Source::new(document),
            types: Vec::new(),
            by_name: HashMap::new(),
            errors: Vec::new(),
            bytes: 0,
        }
    }

    fn error(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(ImportError::new(pointer, detail));
        }
    }

    fn finish(mut self) -> ReadFile {
        if self.errors.is_empty() && self.types.is_empty() {
            self.error("", "The file describes no event type.");
        }
        ReadFile {
            types: self.types,
            errors: self.errors,
        }
    }

    /// An object of the file with its `$ref`, if it is one, followed; and where it stands.
    fn resolved(&mut self, pointer: &str, value: &'a Value) -> Option<(String, &'a Value)> {
        match self.source.resolve(pointer, value) {
            Ok(found) => Some(found),
            Err(error) => {
                self.error(error.pointer, error.detail);
                None
            }
        }
    }

    fn add(&mut self, candidate: Candidate<'a>) {
        // Each error may have cost much work.
        if self.errors.len() == MOST_ERRORS {
            return;
        }
        if let Err(error) = self.try_add(candidate) {
            self.error(error.pointer, error.detail);
        }
    }

    fn try_add(&mut self, mut candidate: Candidate<'a>) -> Result<(), ImportError> {
        if let Some((at, schema)) = candidate.schema.take() {
            candidate.schema = Some(self.unwrapped(&mut candidate, at, schema)?);
        }
        let event_type = candidate.name()?;
        let schema = match &candidate.schema {
            Some((at, schema)) => Some(self.source.collect(at, schema, candidate.dialect)?),
            None => None,
        };
        let title = candidate
            .title
            .map(str::trim)
            .filter(|title| !title.is_empty() && title.chars().count() <= LONGEST_NAME && !title.contains('\n'));
        let of_schema = |keyword| schema.as_ref().and_then(|schema| schema.get(keyword)).and_then(Value::as_str);
        let description = candidate.description.or_else(|| of_schema("description")).map(str::trim);
        let imported = ImportedType {
            name: title.map_or_else(|| name::for_people(&event_type), str::to_owned),
            description: description.unwrap_or_default().to_owned(),
            group: candidate.group,
            examples: if candidate.examples.is_empty() {
                examples_of(schema.as_ref())
            } else {
                candidate.examples
            },
            pointer: candidate.pointer,
            event_type,
            schema,
        };
        self.push(imported)
    }

    fn push(&mut self, imported: ImportedType) -> Result<(), ImportError> {
        if let Some(schema) = &imported.schema {
            let bytes = schema.to_string().len();
            self.bytes += bytes;
            if bytes > MOST_SCHEMA_BYTES {
                let detail = format!(
                    "The schema of {} has {} KiB with all that it refers to. At most {} KiB are allowed.",
                    imported.event_type,
                    bytes.div_ceil(1024),
                    MOST_SCHEMA_BYTES / 1024
                );
                return Err(ImportError::new(imported.pointer, detail));
            }
            if self.bytes > MOST_BYTES {
                let detail = format!(
                    "The schemas of all types together have more than {} MiB. Split the file.",
                    MOST_BYTES / 1024 / 1024
                );
                return Err(ImportError::new("", detail));
            }
        }
        if let Some(index) = self.by_name.get(&imported.event_type) {
            let known = &self.types[*index];
            if known.schema == imported.schema && known.examples == imported.examples {
                return Ok(());
            }
            let detail = format!(
                "The type {} is described twice, here and at {}, and differently. Give one of them another name, for example with `x-event-type`.",
                imported.event_type, known.pointer
            );
            return Err(ImportError::new(imported.pointer, detail));
        }
        if self.types.len() == MOST_TYPES {
            return Err(ImportError::new(
                "",
                format!("The file describes more than {MOST_TYPES} event types. Split it."),
            ));
        }
        self.by_name.insert(imported.event_type.clone(), self.types.len());
        self.types.push(imported);
        Ok(())
    }

    /// The schema of `data` if the payload is an envelope, otherwise the schema itself. Names and examples follow.
    fn unwrapped(&self, candidate: &mut Candidate<'a>, at: String, schema: &'a Value) -> Result<(String, &'a Value), ImportError> {
        let (root_at, root) = self.source.resolve(&at, schema)?;
        let Some(properties) = root.get("properties").and_then(Value::as_object) else {
            return Ok((at, schema));
        };
        let Some(data) = properties.get("data") else {
            return Ok((at, schema));
        };
        let kind = match properties.get("type") {
            Some(kind) => Some(self.source.resolve(&format!("{root_at}/properties/type"), kind)?.1),
            None => None,
        };
        let only = kind.and_then(
            |kind| match (kind.get("const"), kind.get("enum").and_then(Value::as_array).map(Vec::as_slice)) {
                (Some(only), _) | (None, Some([only])) => only.as_str(),
                _ => None,
            },
        );
        if only.is_none() && !properties.contains_key("specversion") {
            return Ok((at, schema));
        }
        if let Some(only) = only {
            candidate.stated.get_or_insert_with(|| only.to_owned());
        }
        for example in &mut candidate.examples {
            if let Some(data) = example.get_mut("data").filter(|_| only.is_some()) {
                *example = data.take();
            } else if example.get("specversion").is_some() {
                *example = example.get_mut("data").map(Value::take).unwrap_or_default();
            }
        }
        Ok((format!("{root_at}/properties/data"), data))
    }
}

/// A text member of an object of the file.
fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str()
}

/// The type that an extension of an object states.
fn named_by_extension(object: &Value) -> Option<String> {
    for key in [
        "x-event-type",
        "x-event-name",
        "x-event",
        "x-webhook-event",
        "x-webhook-name",
        "x-cloudevents-type",
        "x-ce-type",
    ] {
        if let Some(name) = text(object, key) {
            return Some(name.to_owned());
        }
    }
    // Stripe's documents.
    object.get("x-stripeEvent").and_then(|event| text(event, "type")).map(str::to_owned)
}

/// The name of the first tag, which OpenAPI writes as a text, and AsyncAPI as an object or a reference to one.
fn first_tag(object: &Value) -> Option<String> {
    let tag = object.get("tags")?.as_array()?.first()?;
    let name = tag.as_str().or_else(|| text(tag, "name"))?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
