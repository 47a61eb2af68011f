//! The fields of a JSON Schema as a tree, for people: what the console shows of an event type.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reference::Document;

mod kind;
mod shape;

use shape::{Expression, Kinds, Reader, Shape};

/// Fields within fields, at most. Deeper ones are not listed.
const DEEPEST: usize = 12;

/// Fields and values that a tree lists, at most.
const MOST: usize = 5_000;

/// A field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name. `*` stands for every other name of a map, `/…/` for every name that matches the pattern, `[0]` for the first item of a tuple.
    pub name: String,
    /// Its type as JSON Schema names it, such as `string`, `object[]`, `string | integer`, `map<string>`, `[string, number]`; `any` when it
    /// may be everything.
    pub kind: String,
    /// The format of its texts, such as `uuid`.
    pub format: Option<String>,
    /// Whether it is always present.
    pub required: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it means.
    pub description: String,
    /// All that it can be; empty when that is not said.
    pub values: Vec<FieldValue>,
    /// What is in it.
    pub fields: Vec<Self>,
    /// The name of the definition that contains itself here: its fields are listed further up, and not again.
    pub repeats: Option<String>,
}

/// Something that a field can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldValue {
    /// As it is written: a string without quotes, anything else as JSON.
    pub value: String,
    /// What it means; empty when that is not said.
    pub meaning: String,
}

/// The fields of what a schema describes, in the order in which it names them: of an object its properties, of a list of objects theirs.
///
/// The tree is a summary: it shows what may be present, not every condition. Fields of `anyOf`, `oneOf`, `then`, `else` and `dependentSchemas`
/// are listed together, and are required only when every branch requires them. It has at most 12 levels and 5,000 fields.
pub fn fields(schema: &Value) -> Vec<Field> {
    let document = Document::new(schema);
    let mut lister = Lister {
        reader: Reader::new(&document),
        left: MOST,
    };
    let root = lister.reader.shape(&Expression::Node(document.root()));
    lister.children(&root, 0, &HashSet::new())
}

struct Lister<'a, 'd> {
    reader: Reader<'a, 'd>,
    left: usize,
}

impl<'a> Lister<'a, '_> {
    /// The fields within a shape. `above` are the places of the schemas that contain it.
    fn children(&mut self, shape: &Shape<'a>, depth: usize, above: &HashSet<usize>) -> Vec<Field> {
        if depth >= DEEPEST || self.left == 0 {
            return Vec::new();
        }
        let mut within = above.clone();
        within.extend(shape.places.iter().copied());
        let mut fields = Vec::new();
        if shape.may_be(Kinds::OBJECT) {
            for (name, property) in &shape.properties {
                let required = shape.required.contains(name.as_str());
                fields.extend(self.field(name.clone(), property, required, depth, &within));
            }
            for (name, values) in &shape.maps {
                fields.extend(self.informative(name.clone(), values, depth, &within));
            }
        }
        if shape.may_be(Kinds::ARRAY) {
            for (index, item) in shape.prefix.iter().enumerate() {
                fields.extend(self.informative(format!("[{index}]"), item, depth, &within));
            }
            if let Some(items) = &shape.items {
                let items = self.reader.shape(items);
                if items.places.iter().all(|place| !within.contains(place)) {
                    fields.extend(self.children(&items, depth, &within));
                }
            }
        }
        fields
    }

    /// The field unless its kind, which the one around it shows, already says all.
    fn informative(&mut self, name: String, expression: &Expression<'a>, depth: usize, above: &HashSet<usize>) -> Option<Field> {
        let field = self.field(name, expression, false, depth, above)?;
        let says_more = !field.fields.is_empty() || !field.description.is_empty() || !field.values.is_empty();
        says_more.then_some(field)
    }

    fn field(&mut self, name: String, expression: &Expression<'a>, required: bool, depth: usize, above: &HashSet<usize>) -> Option<Field> {
        if self.left == 0 {
            return None;
        }
        let outer = self.reader.shape(expression);
        // A property with the schema `false` must not be present.
        if outer.never {
            return None;
        }
        self.left -= 1;
        let kind = kind::of(&mut self.reader, &outer);
        let nullable = outer.nullable();
        let mut description = outer.description;
        let mut inner = outer;
        let mut repeats = inner.repeated(above);
        // What is said about a list's items is said about the list.
        while inner.is_only(Kinds::ARRAY) && inner.prefix.is_empty() && repeats.is_none() {
            let Some(items) = inner.items.take() else { break };
            inner = self.reader.shape(&items);
            repeats = inner.repeated(above);
            description = description.or(inner.description);
        }
        let mut values = inner.listed_values();
        values.truncate(self.left);
        self.left -= values.len();
        let about = match (description, inner.description_of_values) {
            (Some(text), Some(with_values)) if text == with_values && !values.is_empty() => shape::before_values(text, &values),
            (text, _) => text.unwrap_or_default(),
        };
        let fields = if repeats.is_some() {
            Vec::new()
        } else {
            self.children(&inner, depth + 1, above)
        };
        Some(Field {
            name,
            kind,
            format: inner.format.map(str::to_owned),
            required,
            nullable,
            description: about.to_owned(),
            values,
            fields,
            repeats,
        })
    }
}

#[cfg(test)]
mod tests;
