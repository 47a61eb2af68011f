//! What a schema says about a value, with its references followed and its combinators put together.

use std::collections::BTreeSet;

use serde_json::Value;

use super::FieldValue;
use crate::{
    pointer,
    reference::{Document, Node},
};

/// Schemas that may be read for one tree. References can fan out exponentially.
const MOST_STEPS: usize = 200_000;

/// References and combinators within each other, at most.
const DEEPEST: usize = 100;

/// Sets of the types of JSON.
pub(super) struct Kinds;

impl Kinds {
    pub(super) const STRING: u8 = 1;
    pub(super) const INTEGER: u8 = 2;
    /// Every integer is a number as well, so `number` is both bits.
    pub(super) const NUMBER: u8 = 4;
    pub(super) const BOOLEAN: u8 = 8;
    pub(super) const OBJECT: u8 = 16;
    pub(super) const ARRAY: u8 = 32;
    pub(super) const NULL: u8 = 64;
    const ALL: u8 = 127;

    pub(super) const NAMED: [(u8, &'static str); 7] = [
        (Self::STRING, "string"),
        (Self::INTEGER, "integer"),
        (Self::NUMBER, "number"),
        (Self::BOOLEAN, "boolean"),
        (Self::OBJECT, "object"),
        (Self::ARRAY, "array"),
        (Self::NULL, "null"),
    ];

    fn named(name: &str) -> u8 {
        let bit = Self::NAMED.iter().find(|(_, known)| *known == name).map_or(0, |(bit, _)| *bit);
        if bit == Self::NUMBER { bit | Self::INTEGER } else { bit }
    }

    fn of_value(value: &Value) -> u8 {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
            Value::Number(number) => {
                let whole = number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0);
                if whole { Self::INTEGER } else { Self::NUMBER }
            }
        }
    }
}

/// Schemas that hold together.
#[derive(Clone, Debug)]
pub(super) enum Expression<'a> {
    Node(Node<'a>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// A value of an `enum` or `const`.
#[derive(Clone, Debug)]
struct Listed<'a> {
    value: &'a Value,
    meaning: Option<&'a str>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Shape<'a> {
    /// No value fits.
    pub(super) never: bool,
    /// The types that `type` allows.
    declared: Option<u8>,
    /// The types that other keywords speak of.
    hinted: u8,
    values: Option<Vec<Listed<'a>>>,
    title: Option<&'a str>,
    pub(super) description: Option<&'a str>,
    /// The description beside the `enum`, which may explain its values.
    pub(super) description_of_values: Option<&'a str>,
    pub(super) format: Option<&'a str>,
    pub(super) properties: Vec<(String, Expression<'a>)>,
    pub(super) required: BTreeSet<&'a str>,
    /// Schemas of properties that have no fixed name.
    pub(super) maps: Vec<(String, Expression<'a>)>,
    pub(super) items: Option<Expression<'a>>,
    pub(super) prefix: Vec<Expression<'a>>,
    /// Where the schemas that were put together stand.
    pub(super) places: Vec<usize>,
    /// The definitions that were followed, by place and name.
    definitions: Vec<(usize, String)>,
}

impl Shape<'_> {
    /// The types that a value can have, as far as the schema tells.
    pub(super) fn kinds(&self) -> Option<u8> {
        let of_values = self
            .values
            .as_ref()
            .map(|values| values.iter().fold(0, |kinds, listed| kinds | Kinds::of_value(listed.value)));
        match (self.declared, of_values) {
            (Some(declared), Some(of_values)) => Some(declared & of_values),
            (declared, of_values) => declared.or(of_values).or(Some(self.hinted)).filter(|kinds| *kinds != 0),
        }
    }

    pub(super) fn may_be(&self, kind: u8) -> bool {
        self.kinds().is_some_and(|kinds| kinds & kind != 0)
    }

    pub(super) fn is_only(&self, kind: u8) -> bool {
        self.kinds().is_some_and(|kinds| kinds & !Kinds::NULL == kind)
    }

    pub(super) fn is_unrestricted(&self) -> bool {
        self.kinds().is_none_or(|kinds| kinds == Kinds::ALL) && self.properties.is_empty() && self.items.is_none()
    }

    pub(super) fn nullable(&self) -> bool {
        self.kinds().is_none_or(|kinds| kinds & Kinds::NULL != 0)
    }

    /// The name of a definition that the shape is, and that one of the schemas around it is as well.
    pub(super) fn repeated(&self, above: &std::collections::HashSet<usize>) -> Option<String> {
        let found = self.definitions.iter().find(|(place, _)| above.contains(place));
        found.map(|(_, name)| name.clone())
    }

    pub(super) fn listed_values(&self) -> Vec<FieldValue> {
        let kinds = self.kinds().unwrap_or(Kinds::ALL);
        let mut listed: Vec<FieldValue> = Vec::new();
        for entry in self.values.iter().flatten() {
            if entry.value.is_null() || Kinds::of_value(entry.value) & kinds == 0 {
                continue;
            }
            let value = entry.value.as_str().map_or_else(|| entry.value.to_string(), str::to_owned);
            let meaning = entry
                .meaning
                .or_else(|| meaning_within(self.description_of_values.unwrap_or_default(), &value));
            listed.push(FieldValue {
                value,
                meaning: meaning.unwrap_or_default().to_owned(),
            });
        }
        listed
    }

    /// Both hold.
    fn and(mut self, other: Self) -> Self {
        self.never |= other.never;
        self.declared = match (self.declared, other.declared) {
            (Some(one), Some(other)) => {
                self.never |= one & other == 0;
                Some(one & other)
            }
            (one, other) => one.or(other),
        };
        self.hinted |= other.hinted;
        self.values = match (self.values, other.values) {
            (Some(ours), Some(theirs)) => {
                let both = ours.into_iter().filter(|one| theirs.iter().any(|other| other.value == one.value));
                Some(both.collect())
            }
            (ours, theirs) => ours.or(theirs),
        };
        self.title = self.title.or(other.title);
        self.description = self.description.or(other.description);
        self.description_of_values = self.description_of_values.or(other.description_of_values);
        self.format = self.format.or(other.format);
        join(&mut self.properties, other.properties, Expression::All);
        join(&mut self.maps, other.maps, Expression::All);
        self.required.extend(other.required);
        self.items = match (self.items, other.items) {
            (Some(one), Some(other)) => Some(Expression::All(vec![one, other])),
            (one, other) => one.or(other),
        };
        let mut theirs = other.prefix.into_iter();
        for ours in &mut self.prefix {
            if let Some(theirs) = theirs.next() {
                *ours = Expression::All(vec![ours.clone(), theirs]);
            }
        }
        self.prefix.extend(theirs);
        self.places.extend(other.places);
        self.definitions.extend(other.definitions);
        self
    }

    /// One of them holds.
    fn any_of(branches: Vec<Self>) -> Self {
        let mut nullable = false;
        let mut possible = Vec::new();
        for branch in branches {
            if branch.never {
                continue;
            }
            if branch.kinds() == Some(Kinds::NULL) {
                nullable = true;
            } else {
                possible.push(branch);
            }
        }
        if possible.is_empty() {
            return Self {
                never: !nullable,
                declared: nullable.then_some(Kinds::NULL),
                ..Self::default()
            };
        }
        let null = if nullable { Kinds::NULL } else { 0 };
        if possible.len() == 1 {
            let mut only = possible.remove(0);
            only.declared = only.declared.map(|kinds| kinds | null);
            if only.declared.is_none() {
                only.hinted |= null;
            }
            if nullable && let Some(values) = &mut only.values {
                values.push(Listed {
                    value: &Value::Null,
                    meaning: None,
                });
            }
            return only;
        }
        let declared: Option<Vec<u8>> = possible
            .iter()
            .map(|branch| branch.declared.or_else(|| branch.values.as_ref().and(branch.kinds())))
            .collect();
        let all_list_values = possible.iter().all(|branch| branch.values.is_some());
        let mut union = Self {
            declared: declared.map(|kinds| kinds.into_iter().fold(null, |all, kinds| all | kinds)),
            hinted: null,
            values: all_list_values.then(Vec::new),
            format: possible[0].format,
            required: possible[0].required.clone(),
            ..Self::default()
        };
        let mut items = Vec::new();
        for branch in possible {
            union.hinted |= branch.kinds().unwrap_or(Kinds::ALL);
            union.format = union.format.filter(|format| branch.format == Some(format));
            union.required.retain(|name| branch.required.contains(name));
            if let Some(values) = &mut union.values {
                let meaning = branch.description.or(branch.title);
                let listed = branch.values.unwrap_or_default();
                let alone = listed.len() == 1;
                values.extend(listed.into_iter().map(|entry| Listed {
                    meaning: entry.meaning.or(meaning.filter(|_| alone)),
                    ..entry
                }));
            }
            join(&mut union.properties, branch.properties, Expression::Any);
            join(&mut union.maps, branch.maps, Expression::Any);
            items.extend(branch.items);
            items.extend(branch.prefix);
            union.places.extend(branch.places);
            union.definitions.extend(branch.definitions);
        }
        if nullable && let Some(values) = &mut union.values {
            values.push(Listed {
                value: &Value::Null,
                meaning: None,
            });
        }
        union.items = match items.len() {
            0 => None,
            1 => items.pop(),
            _ => Some(Expression::Any(items)),
        };
        union
    }
}

/// Adds named schemas to others; the same name in both is put together.
fn join<'a>(
    ours: &mut Vec<(String, Expression<'a>)>,
    theirs: Vec<(String, Expression<'a>)>,
    together: impl Fn(Vec<Expression<'a>>) -> Expression<'a>,
) {
    let known: std::collections::HashMap<String, usize> = ours.iter().enumerate().map(|(index, (name, _))| (name.clone(), index)).collect();
    for (name, expression) in theirs {
        match known.get(&name) {
            Some(index) => {
                let place = &mut ours[*index].1;
                *place = together(vec![place.clone(), expression]);
            }
            None => ours.push((name, expression)),
        }
    }
}

/// Reads shapes from a document.
pub(super) struct Reader<'a, 'd> {
    document: &'d Document<'a>,
    left: usize,
    /// The schemas that are being put together. One that contains itself this way adds nothing.
    open: Vec<usize>,
}

impl<'a, 'd> Reader<'a, 'd> {
    pub(super) fn new(document: &'d Document<'a>) -> Self {
        Self {
            document,
            left: MOST_STEPS,
            open: Vec::new(),
        }
    }

    pub(super) fn shape(&mut self, expression: &Expression<'a>) -> Shape<'a> {
        match expression {
            Expression::Node(node) => self.node(*node),
            Expression::All(parts) => {
                let shapes = parts.iter().map(|part| self.shape(part));
                shapes.reduce(Shape::and).unwrap_or_default()
            }
            Expression::Any(parts) => {
                let shapes = parts.iter().map(|part| self.shape(part)).collect();
                Shape::any_of(shapes)
            }
        }
    }

    fn node(&mut self, node: Node<'a>) -> Shape<'a> {
        if self.left == 0 || self.open.len() >= DEEPEST || self.open.contains(&node.place()) {
            return Shape::default();
        }
        self.left -= 1;
        if node.schema == &Value::Bool(false) {
            return Shape {
                never: true,
                ..Shape::default()
            };
        }
        self.open.push(node.place());
        let shape = self.combined(node);
        self.open.pop();
        shape
    }

    fn combined(&mut self, node: Node<'a>) -> Shape<'a> {
        let mut shape = self.own(node);
        for keyword in ["$ref", "$dynamicRef"] {
            let Some(reference) = text(node.schema, keyword) else { continue };
            let Some(target) = self.document.follow(node, reference) else {
                continue;
            };
            let mut followed = self.node(target);
            followed.definitions.push((target.place(), name_of(reference, target)));
            shape = shape.and(followed);
        }
        for part in list(node.schema, "allOf") {
            let part = self.node(self.document.child(node, part));
            shape = shape.and(part);
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches: Vec<&Value> = list(node.schema, keyword).collect();
            if !branches.is_empty() {
                let branches = branches
                    .into_iter()
                    .map(|branch| self.node(self.document.child(node, branch)))
                    .collect();
                shape = shape.and(Shape::any_of(branches));
            }
        }
        for condition in conditional(node.schema) {
            let mut branch = self.node(self.document.child(node, condition));
            branch.required.clear();
            shape = shape.and(Shape {
                properties: branch.properties,
                maps: branch.maps,
                ..Shape::default()
            });
        }
        shape
    }

    /// What the schema itself says.
    fn own(&self, node: Node<'a>) -> Shape<'a> {
        let schema = node.schema;
        let expression = |inner: &'a Value| Expression::Node(self.document.child(node, inner));
        let mut shape = Shape {
            declared: declared(schema),
            values: values(schema),
            title: text(schema, "title"),
            description: text(schema, "description"),
            format: text(schema, "format"),
            required: list(schema, "required").filter_map(Value::as_str).collect(),
            places: vec![node.place()],
            ..Shape::default()
        };
        if shape.values.is_some() {
            shape.description_of_values = shape.description;
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            shape.properties = properties.iter().map(|(name, inner)| (name.clone(), expression(inner))).collect();
        }
        if let Some(patterns) = schema.get("patternProperties").and_then(Value::as_object) {
            let named = patterns.iter().map(|(pattern, inner)| (format!("/{pattern}/"), expression(inner)));
            shape.maps.extend(named);
        }
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            if let Some(values) = schema.get(keyword).filter(|values| values.is_object()) {
                shape.maps.push(("*".to_owned(), expression(values)));
            }
        }
        shape.prefix = list(schema, "prefixItems").map(expression).collect();
        shape.items = schema
            .get("items")
            .filter(|items| items.is_object() || items.is_boolean())
            .map(expression);
        for (keyword, kind) in [
            ("properties", Kinds::OBJECT),
            ("required", Kinds::OBJECT),
            ("additionalProperties", Kinds::OBJECT),
            ("patternProperties", Kinds::OBJECT),
            ("items", Kinds::ARRAY),
            ("prefixItems", Kinds::ARRAY),
            ("format", Kinds::STRING),
            ("pattern", Kinds::STRING),
            ("minLength", Kinds::STRING),
            ("maxLength", Kinds::STRING),
            ("minimum", Kinds::NUMBER | Kinds::INTEGER),
            ("maximum", Kinds::NUMBER | Kinds::INTEGER),
            ("multipleOf", Kinds::NUMBER | Kinds::INTEGER),
        ] {
            if schema.get(keyword).is_some() {
                shape.hinted |= kind;
            }
        }
        shape
    }
}

fn declared(schema: &Value) -> Option<u8> {
    match schema.get("type")? {
        Value::String(name) => Some(Kinds::named(name)),
        Value::Array(names) => {
            let kinds = names.iter().filter_map(Value::as_str).map(Kinds::named);
            Some(kinds.fold(0, |all, kind| all | kind))
        }
        _ => None,
    }
}

fn values(schema: &Value) -> Option<Vec<Listed<'_>>> {
    let listed = |value| Listed { value, meaning: None };
    match (schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
        (Some(only), _) => Some(vec![listed(only)]),
        (None, Some(values)) => Some(values.iter().map(listed).collect()),
        (None, None) => None,
    }
}

/// Schemas that hold under a condition.
fn conditional(schema: &Value) -> impl Iterator<Item = &Value> {
    let dependent = schema.get("dependentSchemas").and_then(Value::as_object);
    let dependent = dependent.into_iter().flat_map(serde_json::Map::values);
    ["then", "else"]
        .into_iter()
        .filter_map(|keyword| schema.get(keyword))
        .chain(dependent)
}

fn name_of(reference: &str, target: Node<'_>) -> String {
    let fragment = reference.split_once('#').map_or("", |(_, fragment)| fragment);
    let last = fragment.rsplit('/').next().unwrap_or_default();
    let name = pointer::decode_fragment(last)
        .map(|last| pointer::unescape(&last))
        .unwrap_or_default();
    if name.is_empty() {
        text(target.schema, "title").unwrap_or("#").to_owned()
    } else {
        name
    }
}

fn text<'a>(schema: &'a Value, keyword: &str) -> Option<&'a str> {
    schema.get(keyword)?.as_str()
}

fn list<'a>(schema: &'a Value, keyword: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

/// What a description says a value means. Schemas of the built-in types list meanings as "`active`: access works; `inactive`: access is withheld."
fn meaning_within<'a>(description: &'a str, value: &str) -> Option<&'a str> {
    let (_, after) = description.split_once(&format!("`{value}`: "))?;
    Some(after.split_once("; `").map_or(after.trim_end_matches('.'), |(meaning, _)| meaning))
}

/// The part of a description before the list of values.
pub(super) fn before_values<'a>(description: &'a str, values: &[FieldValue]) -> &'a str {
    let first = values
        .first()
        .and_then(|first| description.split_once(&format!("`{}`: ", first.value)));
    first.map_or(description, |(before, _)| before.trim_end())
}
