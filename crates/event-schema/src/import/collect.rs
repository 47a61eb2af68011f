//! Follows references within a file, and makes a schema of a file complete in itself.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet, VecDeque},
};

use serde_json::{Map, Value};

use super::{
    ImportError,
    dialect::{Dialect, modernise},
    text,
};
use crate::{keyword, pointer, reference::Document};

/// References that lead to references, one after the other.
const LONGEST_CHAIN: usize = 50;

/// Bytes of a type's schema with all that it refers to, before it is rewritten, which leaves some of it out. The exact limit comes after; this
/// one ends the work on schemas that are far too large.
const MOST_BYTES: usize = 2 * super::MOST_SCHEMA_BYTES;

/// A file whose references are followed.
pub(super) struct Source<'a> {
    document: &'a Value,
    /// Where a schema of its own stands within a list or map of several: `#` means that schema first.
    base: String,
    /// Pointers of `$id` and `$anchor` (with `#` before the name), the first of each.
    named: OnceCell<HashMap<String, String>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        Self {
            document,
            base: String::new(),
            named: OnceCell::new(),
        }
    }

    /// From now on references are those of the schema at a place.
    pub(super) fn set_base(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    /// The object itself or, if it is a reference, what that leads to in the end; and where it stands.
    pub(super) fn resolve(&self, at: &str, value: &'a Value) -> Result<(String, &'a Value), ImportError> {
        let (mut at, mut value) = (at.to_owned(), value);
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = text(value, "$ref") else {
                return Ok((at, value));
            };
            (at, value) = self.locate(&at, reference)?;
        }
        Err(ImportError::new(at, "The reference leads to itself."))
    }

    /// What a reference at a place of the file leads to.
    fn locate(&self, at: &str, reference: &str) -> Result<(String, &'a Value), ImportError> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let lost = |detail: String| Err(ImportError::new(format!("{at}/$ref"), detail));
        let Some(fragment) = pointer::decode_fragment(fragment) else {
            return lost(format!("The reference “{reference}” is not valid."));
        };
        let mut roots: Vec<String> = Vec::new();
        if address.is_empty() {
            // `#` is the schema that has an `$id`, or else the file. Documents that were put together from several may mean the one or the other.
            roots.extend(self.resources_around(at));
            roots.extend([self.base.clone(), String::new()]);
        } else if let Some(root) = self.named().get(address) {
            roots.push(root.clone());
        } else {
            return lost(format!(
                "The reference “{reference}” leads out of the file. Nothing is fetched: put what it refers to into the file, and refer to it there."
            ));
        }
        if !fragment.is_empty() && !fragment.starts_with('/') {
            if let Some(found) = self.named().get(&format!("#{fragment}"))
                && let Some(value) = self.document.pointer(found)
            {
                return Ok((found.clone(), value));
            }
            return lost(format!("The reference “{reference}” leads to nothing in the file."));
        }
        for root in roots {
            let target = format!("{root}{fragment}");
            if let Some(value) = self.document.pointer(&target) {
                return Ok((target, value));
            }
        }
        lost(format!("The reference “{reference}” leads to nothing in the file."))
    }

    /// Pointers of the objects with an `$id` that contain a place, the nearest first.
    fn resources_around(&self, at: &str) -> Vec<String> {
        if self.named().keys().all(|name| name.starts_with('#')) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut prefix = at;
        while !prefix.is_empty() {
            if self.document.pointer(prefix).and_then(|value| text(value, "$id")).is_some() {
                found.push(prefix.to_owned());
            }
            prefix = prefix.rsplit_once('/').map_or("", |(before, _)| before);
        }
        found
    }

    fn named(&self) -> &HashMap<String, String> {
        self.named.get_or_init(|| {
            let mut named = HashMap::new();
            collect_names(self.document, String::new(), &mut named);
            named
        })
    }

    /// The schema in draft 2020-12, with what it refers to in `$defs`.
    pub(super) fn collect(&self, at: &str, schema: &'a Value, dialect: Dialect) -> Result<Value, ImportError> {
        let mut collector = Collector {
            source: self,
            dialect,
            names: HashMap::new(),
            taken: HashSet::new(),
            waiting: VecDeque::new(),
            left: MOST_BYTES,
            start: at,
        };
        let (mut at, mut schema) = (at.to_owned(), schema);
        for _ in 0..=LONGEST_CHAIN {
            collector.names.insert(at.clone(), None);
            let is_alone = schema.as_object().is_some_and(|members| {
                members
                    .keys()
                    .all(|keyword| ["$ref", "description", "summary", "title"].contains(&keyword.as_str()))
            });
            let Some(reference) = text(schema, "$ref").filter(|_| is_alone) else {
                break;
            };
            (at, schema) = self.locate(&at, reference)?;
        }
        let mut root = collector.converted(&at, schema)?;
        let mut definitions = Map::new();
        while let Some((name, at)) = collector.waiting.pop_front() {
            if let Some(schema) = self.document.pointer(&at) {
                definitions.insert(name, collector.converted(&at, schema)?);
            }
        }
        if let Some(members) = root.as_object_mut().filter(|_| !definitions.is_empty()) {
            members.insert("$defs".to_owned(), Value::Object(definitions));
        }
        Ok(root)
    }
}

/// A schema file that is complete in itself, in draft 2020-12. None if a reference leads elsewhere, or if it has `definitions`: these become
/// `$defs` when it is collected.
pub(super) fn complete(schema: &Value, dialect: Dialect) -> Option<Value> {
    let mut whole = schema.clone();
    modernise_all(&mut whole, dialect);
    if let Some(members) = whole.as_object_mut() {
        members.shift_remove("$schema");
    }
    (!has_definitions(&whole) && references_resolve(&whole)).then_some(whole)
}

fn modernise_all(schema: &mut Value, dialect: Dialect) {
    if let Some(members) = schema.as_object_mut() {
        modernise(members, dialect);
    }
    keyword::each_subschema_mut(schema, &mut |_, inner| modernise_all(inner, dialect));
}

fn has_definitions(schema: &Value) -> bool {
    let mut found = schema.get("definitions").is_some();
    keyword::each_subschema(schema, &mut |_, inner| found = found || has_definitions(inner));
    found
}

fn references_resolve(schema: &Value) -> bool {
    let document = Document::new(schema);
    let mut waiting = vec![document.root()];
    while let Some(node) = waiting.pop() {
        for keyword in ["$ref", "$dynamicRef"] {
            if text(node.schema, keyword).is_some_and(|reference| document.follow(node, reference).is_none()) {
                return false;
            }
        }
        keyword::each_subschema(node.schema, &mut |_, inner| waiting.push(document.child(node, inner)));
    }
    true
}

fn collect_names(value: &Value, at: String, named: &mut HashMap<String, String>) {
    match value {
        Value::Object(members) => {
            if let Some(id) = text(value, "$id") {
                let id = id.strip_suffix('#').unwrap_or(id);
                named.entry(id.to_owned()).or_insert_with(|| at.clone());
            }
            // In draft 4 an anchor is an `id` that begins with `#`.
            if let Some(anchor) = text(value, "id").filter(|id| id.starts_with('#')) {
                named.entry(anchor.to_owned()).or_insert_with(|| at.clone());
            }
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(name) = text(value, keyword) {
                    named.entry(format!("#{name}")).or_insert_with(|| at.clone());
                }
            }
            for (name, inner) in members.iter().filter(|(_, inner)| inner.is_object() || inner.is_array()) {
                collect_names(inner, pointer::join(&at, name), named);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                collect_names(inner, format!("{at}/{index}"), named);
            }
        }
        _ => {}
    }
}

struct Collector<'s, 'a> {
    source: &'s Source<'a>,
    dialect: Dialect,
    /// The name in `$defs` of each place that a reference led to; none for the schema itself.
    names: HashMap<String, Option<String>>,
    taken: HashSet<String>,
    waiting: VecDeque<(String, String)>,
    left: usize,
    start: &'s str,
}

impl Collector<'_, '_> {
    fn converted(&mut self, at: &str, schema: &Value) -> Result<Value, ImportError> {
        if !schema.is_object() && !schema.is_boolean() {
            return Err(ImportError::new(at, "A schema is expected here: an object, true or false."));
        }
        if !weigh(schema, &mut self.left) {
            let allowed = super::MOST_SCHEMA_BYTES / 1024;
            let detail = format!("The schema is far too large with all that it refers to. At most {allowed} KiB are allowed.");
            return Err(ImportError::new(self.start, detail));
        }
        let mut schema = schema.clone();
        self.convert(at, &mut schema)?;
        Ok(schema)
    }

    fn convert(&mut self, at: &str, schema: &mut Value) -> Result<(), ImportError> {
        let Some(members) = schema.as_object_mut() else { return Ok(()) };
        modernise(members, self.dialect);
        // Every reference is rewritten, and what it leads to is collected.
        for keyword in ["$schema", "$id", "$anchor", "$dynamicAnchor", "$defs", "definitions"] {
            members.shift_remove(keyword);
        }
        if let Some(reference) = members.shift_remove("$dynamicRef") {
            members.entry("$ref").or_insert(reference);
        }
        if let Some(Value::String(reference)) = members.get_mut("$ref") {
            let (target, _) = self.source.locate(at, reference)?;
            *reference = self.name_of(target);
        }
        let mut failed = None;
        keyword::each_subschema_mut(schema, &mut |inner_at, inner| {
            if failed.is_none() {
                failed = self.convert(&format!("{at}{inner_at}"), inner).err();
            }
        });
        failed.map_or(Ok(()), Err)
    }

    fn name_of(&mut self, target: String) -> String {
        let written = |name: &str| format!("#/$defs/{}", pointer::encode_fragment(&pointer::escape(name)));
        match self.names.get(&target) {
            Some(None) => return "#".to_owned(),
            Some(Some(name)) => return written(name),
            None => {}
        }
        let last = target.rsplit('/').next().map(pointer::unescape).filter(|last| !last.is_empty());
        let wanted = last.unwrap_or_else(|| "document".to_owned());
        let mut name = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        let reference = written(&name);
        self.waiting.push_back((name.clone(), target.clone()));
        self.names.insert(target, Some(name));
        reference
    }
}

/// Subtracts the size as JSON, roughly and not more than it is; false if there is not so much left.
fn weigh(value: &Value, left: &mut usize) -> bool {
    let own = match value {
        Value::String(text) => text.len() + 2,
        _ => 1,
    };
    let Some(rest) = left.checked_sub(own) else { return false };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().all(|item| weigh(item, left)),
        Value::Object(members) => members.iter().all(|(name, member)| {
            let Some(rest) = left.checked_sub(name.len() + 4) else {
                return false;
            };
            *left = rest;
            weigh(member, left)
        }),
        _ => true,
    }
}
