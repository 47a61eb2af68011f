//! Admission: which JSON Schemas (draft 2020-12) may describe the data of an event.

use std::{
    io::{self, Write},
    sync::Arc,
};

use serde_json::Value;

use crate::{admission, evaluate, graph::Graph, scan::scan_schema, text::cut, validate::DataError};

/// The dialect of every schema.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Maximum size of a schema's text, in bytes.
pub const BYTES_MAX: usize = 256 * 1024;

/// Maximum depth of a schema: how many objects and lists are inside one another.
pub const DEPTH_MAX: usize = 64;

/// Maximum number of reported errors.
pub(crate) const ERRORS_MAX: usize = 20;

/// Why a schema is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// The JSON pointer of the fault within the schema, such as `/properties/amount/minimum`; empty for the schema itself.
    pub pointer: String,
    /// What is wrong and what to do, as sentences.
    pub detail: String,
}

impl SchemaError {
    pub(crate) fn new(pointer: String, detail: String) -> Self {
        Self {
            pointer: cut(pointer),
            detail: cut(detail),
        }
    }

    pub(crate) fn too_deep() -> Self {
        Self::new(
            String::new(),
            format!("The schema is nested more than {DEPTH_MAX} levels deep. Move subschemas into `$defs` and refer to them."),
        )
    }

    fn too_long() -> Self {
        Self::new(
            String::new(),
            format!(
                "The schema is longer than {} KiB. Shorten its descriptions, or leave parts of the data open.",
                BYTES_MAX / 1024
            ),
        )
    }
}

/// A schema that has been admitted. A clone is cheap.
#[derive(Clone, Debug)]
pub struct EventSchema(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    value: Value,
    graph: Graph,
}

impl EventSchema {
    /// Reads the text of a schema.
    ///
    /// # Errors
    ///
    /// At most 20 reasons why the schema is refused: the text is no JSON, longer than 256 KiB or deeper than 64 levels, a name occurs twice, a
    /// number would change, or one of those of [`EventSchema::from_value`]. A text that is too long is not read.
    pub fn parse(text: &str) -> Result<Self, Vec<SchemaError>> {
        if text.len() > BYTES_MAX {
            return Err(vec![SchemaError::too_long()]);
        }
        scan_schema(text).map_err(|error| vec![error])?;
        let value =
            serde_json::from_str(text).map_err(|error| vec![SchemaError::new(String::new(), format!("This is not JSON: {error}."))])?;
        Self::admit(value)
    }

    /// Admits a schema that has been read already.
    ///
    /// # Errors
    ///
    /// At most 20 reasons why the schema is refused: it is no valid schema of draft 2020-12, uses keywords of another draft, refers to something
    /// outside, to nothing or to itself without end, has a regular expression that cannot be matched in linear time, or is too large or too deep.
    pub fn from_value(value: Value) -> Result<Self, Vec<SchemaError>> {
        if depth_of(&value, DEPTH_MAX + 1) > DEPTH_MAX {
            take_apart(value);
            return Err(vec![SchemaError::too_deep()]);
        }
        if serde_json::to_writer(Counter(0), &value).is_err() {
            return Err(vec![SchemaError::too_long()]);
        }
        Self::admit(value)
    }

    fn admit(value: Value) -> Result<Self, Vec<SchemaError>> {
        let graph = admission::build(&value)?;
        evaluate::check_meta_schema(&value)?;
        Ok(Self(Arc::new(Inner { value, graph })))
    }

    /// The schema as JSON, as it was given.
    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// Validates the data. Returns at most 20 errors, and none if the data is valid.
    pub fn errors(&self, data: &Value) -> Vec<DataError> {
        evaluate::errors(&self.0.graph, data)
    }

    /// Whether the data is valid.
    pub fn accepts(&self, data: &Value) -> bool {
        evaluate::accepts(&self.0.graph, data)
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.0.graph
    }
}

/// How many objects and lists are inside one another, counted up to the limit. The walk does not use the stack.
pub(crate) fn depth_of(value: &Value, limit: usize) -> usize {
    let is_container = |value: &&Value| value.is_array() || value.is_object();
    let mut level: Vec<&Value> = [value].into_iter().filter(is_container).collect();
    let mut depth = 0;
    while !level.is_empty() && depth < limit {
        depth += 1;
        let mut next = Vec::new();
        for value in level {
            match value {
                Value::Array(items) => next.extend(items.iter().filter(is_container)),
                Value::Object(members) => next.extend(members.values().filter(is_container)),
                _ => {}
            }
        }
        level = next;
    }
    depth
}

/// Frees a deep value. Its own destructor takes a frame of the stack for each level.
fn take_apart(value: Value) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(items) => rest.extend(items),
            Value::Object(members) => rest.extend(members.into_iter().map(|(_, member)| member)),
            _ => {}
        }
    }
}

/// Counts bytes and fails when there are too many.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        if self.0 > BYTES_MAX {
            Err(io::ErrorKind::FileTooLarge.into())
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
