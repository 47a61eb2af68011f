//! Builds the graph of a schema and says, with a JSON pointer, why a schema is refused.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::{
    graph::{Divisor, Graph, Node, NodeId, ROOT, Values},
    number::Exact,
    pattern::Pattern,
    references,
    schema::{DIALECT, ERRORS_MAX, SchemaError},
    text::escaped,
    types::Types,
};

/// Maximum length of a regular expression, in bytes.
const PATTERN_BYTES_MAX: usize = 2_000;

/// Maximum size of all regular expressions of a schema together, counted like the size of one.
const PATTERNS_SIZE_MAX: u64 = 50_000;

/// What each expression counts in addition to its own size.
const PATTERN_BASE: u64 = 50;

/// Builds the graph. The value is at most 256 KiB and 64 levels deep, which bounds the recursion.
pub(crate) fn build(schema: &Value) -> Result<Graph, Vec<SchemaError>> {
    let mut builder = Builder::default();
    builder.subschema(schema, None);
    builder.link();
    if builder.errors.is_empty() {
        references::check(&mut builder.graph, &mut builder.errors);
    }
    if builder.errors.is_empty() {
        Ok(builder.graph)
    } else {
        Err(builder.errors)
    }
}

#[derive(Default)]
struct Builder {
    graph: Graph,
    errors: Vec<SchemaError>,
    /// The subschemas by the one they are written in and the pointer from there.
    steps: HashMap<(NodeId, String), NodeId>,
    anchors: HashMap<String, NodeId>,
    /// References whose targets are not known yet: subschema, keyword, text.
    pending: Vec<(NodeId, &'static str, String)>,
    patterns_size: u64,
}

impl Builder {
    fn subschema(&mut self, schema: &Value, place: Option<(NodeId, String)>) -> NodeId {
        let id = self.graph.nodes.len();
        if let Some((parent, step)) = &place {
            self.steps.insert((*parent, step.clone()), id);
        }
        self.graph.nodes.push(Node { place, ..Node::default() });
        match schema {
            Value::Bool(accepts) => self.node(id).never = !accepts,
            Value::Object(keywords) => {
                for (keyword, value) in keywords {
                    self.keyword(id, keyword, value);
                }
                self.drop_without_effect(id);
            }
            _ => self.refuse(id, "", "A schema is an object, true or false."),
        }
        id
    }

    fn keyword(&mut self, id: NodeId, keyword: &str, value: &Value) {
        match keyword {
            "$schema" | "$id" | "$anchor" | "$dynamicAnchor" | "$ref" | "$dynamicRef" | "$vocabulary" | "$recursiveRef"
            | "$recursiveAnchor" => {
                self.core(id, keyword, value);
            }
            "title" | "description" | "$comment" | "contentEncoding" | "contentMediaType" => {
                self.string(id, keyword, value);
            }
            "deprecated" | "readOnly" | "writeOnly" => {
                self.boolean(id, keyword, value);
            }
            "examples" => {
                self.list(id, keyword, value);
            }
            "type" => self.node(id).types = self.types(id, value),
            "const" => self.node(id).constant = Some(Values::new(vec![value.clone()])),
            "enum" => self.node(id).options = self.list(id, keyword, value).map(|list| Values::new(list.clone())),
            "minimum" => self.node(id).minimum = self.number(id, keyword, value),
            "maximum" => self.node(id).maximum = self.number(id, keyword, value),
            "exclusiveMinimum" => self.node(id).exclusive_minimum = self.number(id, keyword, value),
            "exclusiveMaximum" => self.node(id).exclusive_maximum = self.number(id, keyword, value),
            "multipleOf" => self.node(id).multiple_of = self.divisor(id, value),
            "minLength" => self.node(id).min_length = self.count(id, keyword, value).unwrap_or_default(),
            "maxLength" => self.node(id).max_length = self.count(id, keyword, value),
            "pattern" => {
                if let Some(source) = self.string(id, keyword, value) {
                    self.node(id).pattern = self.pattern(id, "/pattern", source);
                }
            }
            "format" => self.node(id).format = self.string(id, keyword, value).map(ToOwned::to_owned),
            "minProperties" => self.node(id).min_properties = self.count(id, keyword, value).unwrap_or_default(),
            "maxProperties" => self.node(id).max_properties = self.count(id, keyword, value),
            "required" => self.node(id).required = self.names(id, "/required", value),
            "dependentRequired" => self.dependent_required(id, value),
            "minItems" => self.node(id).min_items = self.count(id, keyword, value).unwrap_or_default(),
            "maxItems" => self.node(id).max_items = self.count(id, keyword, value),
            "uniqueItems" => self.node(id).unique_items = self.boolean(id, keyword, value).unwrap_or_default(),
            "minContains" => self.node(id).min_contains = self.count(id, keyword, value),
            "maxContains" => self.node(id).max_contains = self.count(id, keyword, value),
            _ => self.applicator(id, keyword, value),
        }
    }

    /// Keywords whose values are schemas.
    fn applicator(&mut self, id: NodeId, keyword: &str, value: &Value) {
        match keyword {
            "$defs" => {
                self.named(id, keyword, value);
            }
            "contentSchema" => {
                self.child(id, keyword, value);
            }
            "properties" => self.node(id).properties = self.named(id, keyword, value).into_iter().collect(),
            "dependentSchemas" => self.node(id).dependent_schemas = self.named(id, keyword, value).into_iter().collect(),
            "patternProperties" => {
                for (source, target) in self.named(id, keyword, value) {
                    if let Some(pattern) = self.pattern(id, &format!("/patternProperties/{}", escaped(&source)), &source) {
                        self.node(id).pattern_properties.push((pattern, target));
                    }
                }
            }
            "additionalProperties" => self.node(id).additional_properties = Some(self.child(id, keyword, value)),
            "unevaluatedProperties" => self.node(id).unevaluated_properties = Some(self.child(id, keyword, value)),
            "propertyNames" => self.node(id).property_names = Some(self.child(id, keyword, value)),
            "prefixItems" => self.node(id).prefix_items = self.listed(id, keyword, value),
            "items" if value.is_array() => {
                self.refuse(
                    id,
                    "/items",
                    "In JSON Schema 2020-12 `items` is one schema. Write the schemas of the first items as `prefixItems`.",
                );
            }
            "items" => self.node(id).items = Some(self.child(id, keyword, value)),
            "unevaluatedItems" => self.node(id).unevaluated_items = Some(self.child(id, keyword, value)),
            "contains" => self.node(id).contains = Some(self.child(id, keyword, value)),
            "allOf" => self.node(id).all_of = self.listed(id, keyword, value),
            "anyOf" => self.node(id).any_of = self.listed(id, keyword, value),
            "oneOf" => self.node(id).one_of = self.listed(id, keyword, value),
            "not" => self.node(id).not = Some(self.child(id, keyword, value)),
            "if" => self.node(id).condition = Some(self.child(id, keyword, value)),
            "then" => self.node(id).then = Some(self.child(id, keyword, value)),
            "else" => self.node(id).otherwise = Some(self.child(id, keyword, value)),
            _ => self.of_other_drafts(id, keyword, value),
        }
    }

    /// Keywords that name and refer.
    fn core(&mut self, id: NodeId, keyword: &str, value: &Value) {
        match keyword {
            "$schema" => {
                let dialect = self.string(id, keyword, value).map(|text| text.trim_end_matches('#').to_owned());
                if dialect.is_some_and(|dialect| dialect != DIALECT) {
                    let detail = format!("Only JSON Schema 2020-12 is supported. Rewrite the schema for it and write \"$schema\": \"{DIALECT}\", or leave `$schema` out.");
                    self.refuse(id, "/$schema", &detail);
                }
            }
            "$id" if id == ROOT => {
                self.string(id, keyword, value);
            }
            "$id" => self.refuse(id, "/$id", "Only the schema itself may have an `$id`; inside it an `$id` changes where references lead. Use `$anchor`, or refer to `#/$defs/…`."),
            "$anchor" | "$dynamicAnchor" => {
                let Some(name) = self.string(id, keyword, value) else { return };
                let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
                let rest = |byte: u8| first(byte) || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
                if !name.bytes().next().is_some_and(first) || !name.bytes().all(rest) {
                    self.refuse(id, &format!("/{keyword}"), "An anchor begins with a letter or underscore, followed by letters, digits, `-`, `_` and `.`.");
                } else if self.anchors.insert(name.to_owned(), id).is_some_and(|other| other != id) {
                    self.refuse(id, &format!("/{keyword}"), "Another subschema has the same anchor. Rename one.");
                }
            }
            "$ref" | "$dynamicRef" => {
                if let Some(target) = self.string(id, keyword, value) {
                    let keyword = if keyword == "$ref" { "$ref" } else { "$dynamicRef" };
                    self.pending.push((id, keyword, target.to_owned()));
                }
            }
            "$vocabulary" => {
                if !value.as_object().is_some_and(|map| map.values().all(Value::is_boolean)) {
                    self.refuse(id, "/$vocabulary", "`$vocabulary` must be an object with true and false.");
                }
            }
            _ => self.refuse(id, &format!("/{keyword}"), &format!("`{keyword}` is of JSON Schema 2019-09. Use `$dynamicRef` and `$dynamicAnchor`, or a plain `$ref`.")),
        }
    }

    /// Keywords of other drafts would be ignored, and the schema would accept more than its author thinks.
    fn of_other_drafts(&mut self, id: NodeId, keyword: &str, value: &Value) {
        let remedy = match keyword {
            "definitions" => "In JSON Schema 2020-12 `definitions` is called `$defs`. Rename it, and the references to it.",
            "dependencies" => {
                "In JSON Schema 2020-12 `dependencies` is `dependentRequired` (lists of names) and `dependentSchemas` (schemas)."
            }
            "additionalItems" => "In JSON Schema 2020-12 the first items are `prefixItems`, and `items` holds for the others.",
            "id" if value.is_string() => "`id` is a keyword of draft 4. Remove it, or write `$id`.",
            "nullable" if value == &Value::Bool(true) => {
                "`nullable` is of OpenAPI 3.0 and has no effect in JSON Schema. Add \"null\" to `type`."
            }
            "divisibleBy" => "`divisibleBy` is of draft 3. Write `multipleOf`.",
            "extends" => "`extends` is of draft 3. Write `allOf`.",
            "disallow" => "`disallow` is of draft 3. Write `not`.",
            _ => return,
        };
        self.refuse(id, &format!("/{}", escaped(keyword)), remedy);
    }

    /// Keywords that say nothing without another one.
    fn drop_without_effect(&mut self, id: NodeId) {
        let node = self.node(id);
        if node.condition.is_none() {
            node.then = None;
            node.otherwise = None;
        }
        if node.contains.is_none() {
            node.min_contains = None;
            node.max_contains = None;
        }
    }

    fn types(&mut self, id: NodeId, value: &Value) -> Option<Types> {
        let names = match value {
            Value::Array(names) if !names.is_empty() => names.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut types = Types::NONE;
        for (index, name) in names.iter().enumerate() {
            let Some(one) = name.as_str().and_then(Types::named) else {
                self.refuse(id, "/type", "`type` must be one or several of \"null\", \"boolean\", \"integer\", \"number\", \"string\", \"array\" and \"object\". Leave it out to accept any.");
                return None;
            };
            if names[..index].contains(name) {
                self.refuse(id, "/type", "`type` names a type twice.");
                return None;
            }
            types = types.union(one);
        }
        Some(types)
    }

    fn number(&mut self, id: NodeId, keyword: &str, value: &Value) -> Option<Number> {
        match value {
            Value::Number(number) => Some(number.clone()),
            Value::Bool(_) if keyword.starts_with("exclusive") => {
                self.refuse(
                    id,
                    &format!("/{keyword}"),
                    &format!("In JSON Schema 2020-12 `{keyword}` is the limit itself, a number; true and false are of draft 4."),
                );
                None
            }
            _ => {
                self.refuse(id, &format!("/{keyword}"), &format!("`{keyword}` must be a number."));
                None
            }
        }
    }

    fn divisor(&mut self, id: NodeId, value: &Value) -> Option<Divisor> {
        let number = self.number(id, "multipleOf", value)?;
        if Exact::of(&number).compare(Exact::Whole(0)).is_gt() {
            return Some(Divisor::new(number));
        }
        self.refuse(id, "/multipleOf", "`multipleOf` must be greater than 0.");
        None
    }

    fn count(&mut self, id: NodeId, keyword: &str, value: &Value) -> Option<u64> {
        if let Some(number) = value.as_number() {
            match Exact::of(number) {
                Exact::Whole(whole) if whole >= 0 => return Some(u64::try_from(whole).unwrap_or(u64::MAX)),
                Exact::Float(float) if float > 0.0 && float.fract() == 0.0 => return Some(u64::MAX),
                Exact::Whole(_) | Exact::Float(_) => {}
            }
        }
        self.refuse(
            id,
            &format!("/{keyword}"),
            &format!("`{keyword}` must be a whole number, 0 or more."),
        );
        None
    }

    fn string<'v>(&mut self, id: NodeId, keyword: &str, value: &'v Value) -> Option<&'v str> {
        let text = value.as_str();
        if text.is_none() {
            self.refuse(id, &format!("/{keyword}"), &format!("`{keyword}` must be a string."));
        }
        text
    }

    fn boolean(&mut self, id: NodeId, keyword: &str, value: &Value) -> Option<bool> {
        let truth = value.as_bool();
        if truth.is_none() {
            self.refuse(id, &format!("/{keyword}"), &format!("`{keyword}` must be true or false."));
        }
        truth
    }

    fn list<'v>(&mut self, id: NodeId, keyword: &str, value: &'v Value) -> Option<&'v Vec<Value>> {
        let list = value.as_array();
        if list.is_none() {
            self.refuse(id, &format!("/{keyword}"), &format!("`{keyword}` must be a list."));
        }
        list
    }

    fn names(&mut self, id: NodeId, step: &str, value: &Value) -> Vec<String> {
        let names: Option<Vec<String>> = value
            .as_array()
            .and_then(|list| list.iter().map(|name| name.as_str().map(ToOwned::to_owned)).collect());
        let Some(mut names) = names else {
            self.refuse(id, step, "This must be a list of the names of properties.");
            return Vec::new();
        };
        let listed = names.len();
        names.sort_unstable();
        names.dedup();
        if names.len() < listed {
            self.refuse(id, step, "A name is listed twice.");
        }
        names
    }

    fn dependent_required(&mut self, id: NodeId, value: &Value) {
        let Some(map) = self.map(id, "dependentRequired", value) else {
            return;
        };
        for (name, names) in map {
            let names = self.names(id, &format!("/dependentRequired/{}", escaped(name)), names);
            self.node(id).dependent_required.insert(name.clone(), names);
        }
    }

    fn map<'v>(&mut self, id: NodeId, keyword: &str, value: &'v Value) -> Option<&'v Map<String, Value>> {
        let map = value.as_object();
        if map.is_none() {
            self.refuse(id, &format!("/{keyword}"), &format!("`{keyword}` must be an object."));
        }
        map
    }

    fn child(&mut self, id: NodeId, keyword: &str, value: &Value) -> NodeId {
        self.subschema(value, Some((id, format!("/{keyword}"))))
    }

    fn named(&mut self, id: NodeId, keyword: &str, value: &Value) -> Vec<(String, NodeId)> {
        let Some(map) = self.map(id, keyword, value) else {
            return Vec::new();
        };
        let child = |(name, schema): (&String, &Value)| {
            (
                name.clone(),
                self.subschema(schema, Some((id, format!("/{keyword}/{}", escaped(name))))),
            )
        };
        map.iter().map(child).collect()
    }

    fn listed(&mut self, id: NodeId, keyword: &str, value: &Value) -> Vec<NodeId> {
        match value.as_array() {
            Some(list) if !list.is_empty() => list
                .iter()
                .enumerate()
                .map(|(index, schema)| self.subschema(schema, Some((id, format!("/{keyword}/{index}")))))
                .collect(),
            _ => {
                self.refuse(
                    id,
                    &format!("/{keyword}"),
                    &format!("`{keyword}` must be a list of at least one schema."),
                );
                Vec::new()
            }
        }
    }

    fn pattern(&mut self, id: NodeId, step: &str, source: &str) -> Option<Pattern> {
        if source.len() > PATTERN_BYTES_MAX {
            self.refuse(
                id,
                step,
                &format!("The regular expression is longer than {PATTERN_BYTES_MAX} bytes."),
            );
            return None;
        }
        if self.patterns_size > PATTERNS_SIZE_MAX {
            return None;
        }
        match Pattern::admit(source) {
            Ok(pattern) => {
                self.patterns_size += PATTERN_BASE + pattern.size();
                if self.patterns_size > PATTERNS_SIZE_MAX {
                    self.refuse(
                        id,
                        step,
                        "The regular expressions of the schema are too large together. Use fewer, or smaller counts.",
                    );
                    return None;
                }
                Some(pattern)
            }
            Err(reason) => {
                self.refuse(id, step, &reason);
                None
            }
        }
    }

    /// Finds the targets of the references.
    fn link(&mut self) {
        for (id, keyword, text) in std::mem::take(&mut self.pending) {
            match self.target(&text) {
                Ok(target) => {
                    self.node(id).references.push((keyword, target));
                    self.node(target).is_target = true;
                }
                Err(detail) => self.refuse(id, &format!("/{keyword}"), &detail),
            }
        }
    }

    fn target(&self, text: &str) -> Result<NodeId, String> {
        let Some(fragment) = text.strip_prefix('#') else {
            return Err("Only references within the schema are followed, such as `#/$defs/address`; nothing is ever fetched. Copy the schema into `$defs`.".to_owned());
        };
        let Some(fragment) = percent_decoded(fragment) else {
            return Err("The reference is not percent-encoded UTF-8.".to_owned());
        };
        if fragment.is_empty() {
            return Ok(ROOT);
        }
        let missing = || {
            "The reference leads nowhere: the schema has no subschema there. References lead to subschemas such as `#/$defs/address`, or to an `$anchor`.".to_owned()
        };
        if !fragment.starts_with('/') {
            return self.anchors.get(&fragment).copied().ok_or_else(missing);
        }
        let mut id = ROOT;
        let mut rest = fragment.as_str();
        // A step has one segment (`/items`) or two (`/properties/name`).
        while !rest.is_empty() {
            let first = rest[1..].find('/').map_or(rest.len(), |end| end + 1);
            let second = rest
                .get(first + 1..)
                .and_then(|rest| rest.find('/'))
                .map_or(rest.len(), |end| first + 1 + end);
            let step = |end: usize| self.steps.get(&(id, rest[..end].to_owned())).map(|target| (*target, end));
            let (target, end) = step(first).or_else(|| step(second)).ok_or_else(missing)?;
            id = target;
            rest = &rest[end..];
        }
        Ok(id)
    }

    fn node(&mut self, id: NodeId) -> &mut Node {
        &mut self.graph.nodes[id]
    }

    fn refuse(&mut self, id: NodeId, step: &str, detail: &str) {
        if self.errors.len() < ERRORS_MAX {
            let pointer = format!("{}{step}", self.graph.pointer(id));
            self.errors.push(SchemaError::new(pointer, detail.to_owned()));
        }
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}
