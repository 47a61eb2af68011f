//! Says in sentences, for the publisher, what is wrong with the data of an event.

use std::collections::HashSet;

use serde_json::{Number, Value};

use crate::{
    evaluate::{Checker, Marks, Step, TooMuch, fits_format, has_length},
    graph::{Node, NodeId, ROOT, Values},
    number::Exact,
    schema::ERRORS_MAX,
    text::{TEXT_MAX, cut, cut_to, escaped},
    types::{Type, Types, a_type_of},
};

/// An error in the data of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    /// The JSON pointer of the value within the data, such as `/identity/email`; empty for the data itself.
    pub pointer: String,
    /// What is wrong, as a sentence. It never contains a value of the event, which may be confidential.
    pub detail: String,
}

impl DataError {
    pub(crate) fn new(pointer: &str, detail: String) -> Self {
        Self {
            pointer: cut(pointer.to_owned()),
            detail: cut(detail),
        }
    }
}

/// Finds the reasons why the data does not satisfy the schema, at least one and at most 20.
pub(crate) fn explain(checker: Checker<'_>, data: &Value) -> Vec<DataError> {
    let mut explainer = Explainer {
        checker,
        found: Vec::new(),
        explained: HashSet::new(),
    };
    // When the steps are used up, what was found until then is the answer.
    let _ = explainer.explain(ROOT, data, &Step::Root);
    if explainer.found.is_empty() {
        explainer
            .found
            .push(DataError::new("", "This does not satisfy the schema.".to_owned()));
    }
    explainer.found.truncate(ERRORS_MAX);
    explainer.found
}

struct Explainer<'s> {
    checker: Checker<'s>,
    found: Vec<DataError>,
    /// Pairs of subschema and address of a value that have been explained.
    explained: HashSet<(NodeId, usize)>,
}

impl<'s> Explainer<'s> {
    fn report(&mut self, at: &Step<'_>, detail: String) {
        self.report_at(&at.pointer(), detail);
    }

    /// A value with two faults gives one error, the first.
    fn report_at(&mut self, pointer: &str, detail: String) {
        let error = DataError::new(pointer, detail);
        if self.found.len() < ERRORS_MAX && self.found.iter().all(|other| other.pointer != error.pointer) {
            self.found.push(error);
        }
    }

    fn report_field(&mut self, at: &Step<'_>, field: &str, detail: String) {
        self.report_at(&format!("{}/{}", at.pointer(), escaped(field)), detail);
    }

    fn explain(&mut self, id: NodeId, value: &Value, at: &Step<'_>) -> Result<(), TooMuch> {
        if self.found.len() >= ERRORS_MAX || self.checker.holds(id, value, None)? {
            return Ok(());
        }
        if !self.explained.insert((id, std::ptr::from_ref(value).addr())) {
            return Ok(());
        }
        let node = &self.checker.graph.nodes[id];
        if node.never {
            self.report(at, "Nothing may stand here.".to_owned());
        } else if let Some(detail) = of_value(&mut self.checker, node, value)? {
            self.report(at, detail);
        } else {
            match value {
                Value::Object(_) => self.of_object(node, value, at)?,
                Value::Array(items) => self.of_array(node, items, at)?,
                _ => {}
            }
            self.of_parts(node, value, at)?;
            self.of_unevaluated(node, value, at)?;
        }
        if self.found.is_empty() {
            self.report(at, "This does not satisfy the schema.".to_owned());
        }
        Ok(())
    }

    fn of_object(&mut self, node: &'s Node, object: &Value, at: &Step<'_>) -> Result<(), TooMuch> {
        let Some(members) = object.as_object() else { return Ok(()) };
        for (name, member) in members {
            if let Some(names) = node.property_names
                && !self.checker.name_holds(names, name)?
            {
                let name_value = Value::String(name.clone());
                let graph = self.checker.graph;
                let reason = of_value(&mut self.checker, &graph.nodes[names], &name_value)?;
                let reason = reason.map_or_else(String::new, |reason| format!(" A name: {}", reason.replacen("This", "it", 1)));
                self.report_field(at, name, format!("This name of a field is not permitted.{reason}"));
                continue;
            }
            for schema in self.checker.schemas_of_member(node, name)? {
                if self.checker.graph.nodes[schema].never {
                    self.unknown_field(node.properties.contains_key(name), at, name);
                } else {
                    self.explain(schema, member, &Step::Name(at, name))?;
                }
            }
        }
        for name in node.required.iter().filter(|name| !members.contains_key(*name)) {
            let shown = cut_to(name.clone(), TEXT_MAX / 2);
            self.report_field(at, name, format!("The field `{shown}` is required."));
        }
        for (name, names) in node.dependent_required.iter().filter(|(name, _)| members.contains_key(*name)) {
            for missing in names.iter().filter(|name| !members.contains_key(*name)) {
                let (shown, with) = (cut_to(missing.clone(), TEXT_MAX / 3), cut_to(name.clone(), TEXT_MAX / 3));
                self.report_field(at, missing, format!("The field `{shown}` is required with the field `{with}`."));
            }
        }
        let number = members.len() as u64;
        if number < node.min_properties {
            self.report(at, format!("This must have at least {}.", count(node.min_properties, "field")));
        }
        if let Some(limit) = node.max_properties.filter(|limit| number > *limit) {
            self.report(at, format!("This must have at most {}.", count(limit, "field")));
        }
        Ok(())
    }

    fn unknown_field(&mut self, is_declared: bool, at: &Step<'_>, name: &str) {
        let shown = cut_to(name.to_owned(), TEXT_MAX / 2);
        let detail = if is_declared {
            format!("The field `{shown}` is not permitted here.")
        } else {
            format!("There is no field `{shown}` here; its name may be misspelt.")
        };
        self.report_field(at, name, detail);
    }

    fn of_array(&mut self, node: &'s Node, items: &[Value], at: &Step<'_>) -> Result<(), TooMuch> {
        let number = items.len() as u64;
        if number < node.min_items {
            self.report(
                at,
                if node.min_items == 1 {
                    "This must not be empty.".to_owned()
                } else {
                    format!("This must have at least {}.", count(node.min_items, "item"))
                },
            );
        }
        if let Some(limit) = node.max_items.filter(|limit| number > *limit) {
            self.report(at, format!("This must have at most {}.", count(limit, "item")));
        }
        for (index, item) in items.iter().enumerate() {
            let Some(schema) = node.prefix_items.get(index).copied().or(node.items) else {
                break;
            };
            if self.checker.graph.nodes[schema].never && index >= node.prefix_items.len() {
                self.report(
                    at,
                    format!("This must have at most {}.", count(node.prefix_items.len() as u64, "item")),
                );
                break;
            }
            self.explain(schema, item, &Step::Index(at, index))?;
        }
        if let Some(contains) = node.contains {
            let found = self.checker.number_contained(contains, items, None)?;
            let least = node.min_contains.unwrap_or(1);
            if found < least {
                self.report(
                    at,
                    format!("At least {} must satisfy the schema's `contains`.", count(least, "item")),
                );
            }
            if let Some(limit) = node.max_contains.filter(|limit| found > *limit) {
                self.report(at, format!("At most {} may satisfy the schema's `contains`.", count(limit, "item")));
            }
        }
        if node.unique_items && !self.checker.are_unique(items)? {
            self.report(at, "The items of this list must differ from one another.".to_owned());
        }
        Ok(())
    }

    fn of_parts(&mut self, node: &'s Node, value: &Value, at: &Step<'_>) -> Result<(), TooMuch> {
        for part in node.references.iter().map(|(_, target)| target).chain(&node.all_of) {
            self.explain(*part, value, at)?;
        }
        if !node.any_of.is_empty() && self.checker.number_that_hold(&node.any_of, value, None, 1)? == 0 {
            self.of_alternatives(&node.any_of, value, at)?;
        }
        if !node.one_of.is_empty() {
            match self.checker.number_that_hold(&node.one_of, value, None, 2)? {
                0 => self.of_alternatives(&node.one_of, value, at)?,
                1 => {}
                _ => self.report(
                    at,
                    "This satisfies more than one of the forms of which exactly one may hold (`oneOf`).".to_owned(),
                ),
            }
        }
        if let Some(not) = node.not
            && self.checker.holds(not, value, None)?
        {
            self.report(at, "This is what the schema excludes with `not`.".to_owned());
        }
        if let Some(condition) = node.condition {
            let branch = if self.checker.holds(condition, value, None)? {
                node.then
            } else {
                node.otherwise
            };
            if let Some(branch) = branch {
                self.explain(branch, value, at)?;
            }
        }
        if let Value::Object(members) = value {
            for (_, schema) in node.dependent_schemas.iter().filter(|(name, _)| members.contains_key(*name)) {
                self.explain(*schema, value, at)?;
            }
        }
        Ok(())
    }

    fn of_unevaluated(&mut self, node: &'s Node, value: &Value, at: &Step<'_>) -> Result<(), TooMuch> {
        if node.unevaluated_properties.is_none() && node.unevaluated_items.is_none() {
            return Ok(());
        }
        let mut marks = Marks::default();
        if !self.checker.parts_hold(node, value, Some(&mut marks))? {
            // What a part that failed would have evaluated is unknown.
            return Ok(());
        }
        if let (Some(schema), Value::Object(members)) = (node.unevaluated_properties, value) {
            for (name, member) in members.iter().filter(|(name, _)| !marks.names.contains(name.as_str())) {
                if self.checker.graph.nodes[schema].never {
                    self.unknown_field(false, at, name);
                } else {
                    self.explain(schema, member, &Step::Name(at, name))?;
                }
            }
        }
        if let (Some(schema), Value::Array(items)) = (node.unevaluated_items, value) {
            for (index, item) in items.iter().enumerate().filter(|(index, _)| !marks.has_item(*index)) {
                self.explain(schema, item, &Step::Index(at, index))?;
            }
        }
        Ok(())
    }

    /// Explains why the value satisfies none of the alternatives: by the errors of the one that was meant, as far as that can be told.
    fn of_alternatives(&mut self, parts: &[NodeId], value: &Value, at: &Step<'_>) -> Result<(), TooMuch> {
        // The schema of an optional object is `anyOf` the object and null. The errors of the object are those that help the publisher.
        let null = Types::NONE.and_also(Type::Null);
        let mut meant: Vec<NodeId> = parts.to_vec();
        if !value.is_null() {
            meant.retain(|part| self.types_of(*part) != null);
        }
        if let [one] = meant[..] {
            return self.explain(one, value, at);
        }
        let kind = Type::of(value);
        let of_this_type: Vec<NodeId> = meant.iter().copied().filter(|part| self.types_of(*part).has(kind)).collect();
        if of_this_type.is_empty() && !meant.is_empty() {
            let types = parts.iter().fold(Types::NONE, |types, part| types.union(self.types_of(*part)));
            if !types.is_empty() {
                self.report(at, format!("This must be {}, not {}.", types.one_of_them(), a_type_of(value)));
                return Ok(());
            }
        }
        let mut fewest: Option<Vec<DataError>> = None;
        let mut tie = false;
        for part in of_this_type {
            if self.is_other_variant(part, value)? {
                continue;
            }
            let outer = std::mem::take(&mut self.found);
            let result = self.explain(part, value, at);
            let inner = std::mem::replace(&mut self.found, outer);
            result?;
            match &fewest {
                Some(errors) if errors.len() < inner.len() => {}
                Some(errors) if errors.len() == inner.len() => tie = true,
                _ => {
                    fewest = Some(inner);
                    tie = false;
                }
            }
        }
        match fewest {
            Some(errors) if !tie && !errors.is_empty() => errors.into_iter().for_each(|error| self.report_at(&error.pointer, error.detail)),
            _ => self.report(at, "This is none of what may stand here.".to_owned()),
        }
        Ok(())
    }

    /// The types that the subschema accepts at most.
    fn types_of(&self, id: NodeId) -> Types {
        let node = &self.checker.graph.nodes[id];
        if node.never {
            return Types::NONE;
        }
        let own = node.types.unwrap_or(Types::ALL);
        let values = [&node.constant, &node.options]
            .into_iter()
            .flatten()
            .fold(own, |types, values| types.intersection(values.types()));
        let parts = node.references.iter().map(|(_, target)| target).chain(&node.all_of);
        parts.fold(values, |types, part| types.intersection(self.types_of(*part)))
    }

    /// Whether a member of the object has a fixed value in the subschema, and another one in the data: `{"kind": {"const": "card"}}`.
    fn is_other_variant(&mut self, id: NodeId, value: &Value) -> Result<bool, TooMuch> {
        let node = &self.checker.graph.nodes[id];
        if let Value::Object(members) = value {
            for (name, schema) in &node.properties {
                let property = &self.checker.graph.nodes[*schema];
                if (property.constant.is_some() || property.options.is_some())
                    && let Some(member) = members.get(name)
                    && !self.checker.holds(*schema, member, None)?
                {
                    return Ok(true);
                }
            }
        }
        for part in node.references.iter().map(|(_, target)| target).chain(&node.all_of) {
            if self.is_other_variant(*part, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What is wrong with the value itself, whatever is inside it.
fn of_value(checker: &mut Checker<'_>, node: &Node, value: &Value) -> Result<Option<String>, TooMuch> {
    if let Some(types) = node.types.filter(|types| !types.has(Type::of(value))) {
        let found = if value.is_number() && types.has(Type::Integer) {
            "a number with a fraction"
        } else {
            a_type_of(value)
        };
        return Ok(Some(format!("This must be {}, not {found}.", types.one_of_them())));
    }
    if let Some(values) = node.constant.as_ref().filter(|values| !values.contains(value)) {
        return Ok(Some(format!("This must be {}.", listed(values))));
    }
    if let Some(values) = node.options.as_ref().filter(|values| !values.contains(value)) {
        return Ok(Some(if values.list.is_empty() {
            "Nothing may stand here.".to_owned()
        } else {
            format!("This must be one of {}.", listed(values))
        }));
    }
    Ok(match value {
        Value::Number(number) => of_number(node, number),
        Value::String(text) => of_string(checker, node, text, value)?,
        _ => None,
    })
}

fn of_number(node: &Node, number: &Number) -> Option<String> {
    let exact = Exact::of(number);
    let against = |limit: &Number| exact.compare(Exact::of(limit));
    if let Some(limit) = node.minimum.as_ref().filter(|limit| against(limit).is_lt()) {
        return Some(format!("This must be at least {limit}."));
    }
    if let Some(limit) = node.exclusive_minimum.as_ref().filter(|limit| against(limit).is_le()) {
        return Some(format!("This must be greater than {limit}."));
    }
    if let Some(limit) = node.maximum.as_ref().filter(|limit| against(limit).is_gt()) {
        return Some(format!("This must be at most {limit}."));
    }
    if let Some(limit) = node.exclusive_maximum.as_ref().filter(|limit| against(limit).is_ge()) {
        return Some(format!("This must be less than {limit}."));
    }
    let divisor = node.multiple_of.as_ref().filter(|divisor| !divisor.divides(number))?;
    Some(format!("This must be a multiple of {}.", divisor.number))
}

fn of_string(checker: &mut Checker<'_>, node: &Node, text: &str, value: &Value) -> Result<Option<String>, TooMuch> {
    if !has_length(node, text) {
        let length = text.chars().count() as u64;
        return Ok(Some(match node.max_length {
            _ if length < node.min_length && node.min_length == 1 => "This must not be empty.".to_owned(),
            Some(limit) if length > limit => format!("This must have at most {}.", count(limit, "character")),
            _ => format!("This must have at least {}.", count(node.min_length, "character")),
        }));
    }
    if let Some(format) = node.format.as_deref()
        && !fits_format(format, value)
    {
        return Ok(Some(format!("This must be {}.", a_format(format))));
    }
    if let Some(pattern) = &node.pattern
        && !checker.matches(pattern, text)?
    {
        return Ok(Some(format!(
            "This must match the regular expression `{}`.",
            cut_to(pattern.source().to_owned(), TEXT_MAX / 2)
        )));
    }
    Ok(None)
}

fn a_format(format: &str) -> &str {
    match format {
        "date" => "a date, such as 2026-03-09",
        "date-time" => "a date and time as RFC 3339 writes them, such as 2026-03-09T08:30:00Z",
        "time" => "a time as RFC 3339 writes it, such as 08:30:00Z",
        "duration" => "a duration as ISO 8601 writes it, such as P3DT12H",
        "uuid" => "a UUID",
        "email" | "idn-email" => "an email address",
        "hostname" | "idn-hostname" => "a host name",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "uri" | "iri" => "an absolute URL",
        "uri-reference" | "iri-reference" => "a URL, absolute or relative",
        "uri-template" => "a URI template as RFC 6570 writes it",
        "json-pointer" => "a JSON pointer, such as /name",
        "relative-json-pointer" => "a relative JSON pointer, such as 1/name",
        "regex" => "a regular expression",
        other => other,
    }
}

/// The values that a schema permits. They are the schema's, not the event's.
fn listed(values: &Values) -> String {
    let mut text = String::new();
    for value in &values.list {
        if !text.is_empty() {
            text.push_str(", ");
        }
        match value {
            Value::String(name) => text.extend(["`", name, "`"]),
            Value::Array(_) | Value::Object(_) => text.extend(["`", &cut_to(value.to_string(), TEXT_MAX / 4), "`"]),
            other => text.push_str(&other.to_string()),
        }
        if text.len() > TEXT_MAX * 4 {
            break;
        }
    }
    text
}

fn count(number: u64, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}
