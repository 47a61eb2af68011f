//! From a schema to a TypeScript type.

use serde_json::Value;

use super::{Declarer, Member, Type, name, name::Names, print};
use crate::{pointer, reference::Node};

/// Schemas within schemas that one declaration spells out.
const DEEPEST: usize = 64;

/// The types of JSON, in the order in which a union names them.
const KINDS: [&str; 6] = ["string", "number", "boolean", "object", "array", "null"];

pub(super) struct Reader<'r, 'a, 'd> {
    declarer: &'r mut Declarer<'a, 'd>,
    names: &'r mut Names,
    depth: usize,
}

impl<'r, 'a, 'd> Reader<'r, 'a, 'd> {
    pub(super) fn new(declarer: &'r mut Declarer<'a, 'd>, names: &'r mut Names) -> Self {
        Self { declarer, names, depth: 0 }
    }

    pub(super) fn read(&mut self, node: Node<'a>) -> Type {
        self.within(node, None)
    }

    /// The type of a schema. `around` are the types that the schema around it allows, if it says so: a branch of `anyOf` need not repeat them.
    fn within(&mut self, node: Node<'a>, around: Option<&[&'static str]>) -> Type {
        let schema = node.schema;
        if schema == &Value::Bool(false) {
            return Type::Never;
        }
        if !schema.is_object() || self.depth == DEEPEST {
            return Type::Unknown;
        }
        self.depth += 1;
        let declared = kinds(schema);
        let allowed = declared.as_deref().or(around);
        let mut parts = vec![self.own(node, declared.as_deref(), around)];
        for keyword in ["$ref", "$dynamicRef"] {
            if let Some(reference) = text(schema, keyword) {
                parts.push(self.reference(node, keyword, reference));
            }
        }
        for part in list(schema, "allOf") {
            let part = self.declarer.document.child(node, part);
            parts.push(self.within(part, allowed));
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches: Vec<&Value> = list(schema, keyword).collect();
            if !branches.is_empty() {
                let branches = branches.into_iter().map(|branch| {
                    let branch = self.declarer.document.child(node, branch);
                    self.within(branch, allowed)
                });
                let branches = branches.collect();
                parts.push(union(branches));
            }
        }
        self.depth -= 1;
        intersection(parts)
    }

    fn reference(&mut self, node: Node<'a>, keyword: &str, reference: &str) -> Type {
        let Some(target) = self.declarer.document.follow(node, reference) else {
            return Type::Unknown;
        };
        // Where a dynamic reference leads is decided by the schemas around it; `unknown` is true of all.
        let is_pointer = reference.ends_with('#') || reference.contains("#/") || !reference.contains('#');
        if keyword == "$dynamicRef"
            && !is_pointer
            && target.schema.get("$dynamicAnchor").is_some()
            && self.declarer.document.has_resources()
        {
            return Type::Unknown;
        }
        match target.schema {
            Value::Bool(true) => Type::Unknown,
            Value::Bool(false) => Type::Never,
            _ => Type::Named(self.declarer.known(target).unwrap_or_else(|| {
                let fragment = reference.split_once('#').map_or("", |(_, fragment)| fragment);
                let last = fragment.rsplit('/').next().unwrap_or_default();
                let last = pointer::decode_fragment(last)
                    .map(|last| pointer::unescape(&last))
                    .unwrap_or_default();
                let wanted = if last.is_empty() {
                    text(target.schema, "title").unwrap_or_default()
                } else {
                    &last
                };
                let name = self.names.take(&name::identifier(wanted));
                self.declarer.index_of(target, name)
            })),
        }
    }

    /// What the schema says beside its references and combinators.
    fn own(&mut self, node: Node<'a>, declared: Option<&[&'static str]>, around: Option<&[&'static str]>) -> Type {
        let schema = node.schema;
        if let Some(only) = schema.get("const") {
            return literals(std::slice::from_ref(only), declared);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return literals(values, declared);
        }
        let speaks_of_object = [
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "unevaluatedProperties",
        ];
        let speaks_of_array = ["items", "prefixItems", "unevaluatedItems"];
        let mentions = |keywords: &[&str]| keywords.iter().any(|keyword| schema.get(keyword).is_some());
        let kinds: Vec<&'static str> = match (declared, around) {
            (Some(declared), _) => declared.to_vec(),
            (None, around) => {
                let object = mentions(&speaks_of_object);
                let array = mentions(&speaks_of_array);
                if !object && !array {
                    return Type::Unknown;
                }
                match around {
                    Some(around) => around.to_vec(),
                    // A schema that speaks of members or items means objects or lists, though it would accept anything else as well.
                    None => KINDS
                        .into_iter()
                        .filter(|kind| (*kind == "object" && object) || (*kind == "array" && array))
                        .collect(),
                }
            }
        };
        let types = kinds.iter().map(|kind| match *kind {
            "object" => self.object(node),
            "array" => self.array(node),
            other => Type::Primitive(other),
        });
        let types: Vec<Type> = types.collect();
        if types.len() == KINDS.len() && !mentions(&speaks_of_object) && !mentions(&speaks_of_array) {
            return Type::Unknown;
        }
        union(types)
    }

    fn object(&mut self, node: Node<'a>) -> Type {
        let schema = node.schema;
        let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
        let mut members = Vec::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, inner) in properties.into_iter().flatten() {
            let kind = self.read(self.declarer.document.child(node, inner));
            members.push(Member {
                name: name.clone(),
                optional: !required.contains(&name.as_str()),
                about: print::about(inner),
                kind,
            });
        }
        for name in &required {
            if !members.iter().any(|member| member.name == *name) {
                members.push(Member {
                    name: (*name).to_owned(),
                    optional: false,
                    about: Vec::new(),
                    kind: Type::Unknown,
                });
            }
        }
        let others = self.others(node);
        // An index signature must admit every member.
        let others = if members.is_empty() {
            others
        } else {
            others.map(|_| Type::Unknown)
        };
        Type::Object {
            members,
            others: others.map(Box::new),
        }
    }

    /// The type of members that `properties` does not name; none when there may be none.
    fn others(&mut self, node: Node<'a>) -> Option<Type> {
        let schema = node.schema;
        let mut types = Vec::new();
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for (_, inner) in patterns.into_iter().flatten() {
            types.push(self.read(self.declarer.document.child(node, inner)));
        }
        let mut rest = schema.get("additionalProperties");
        // What other keywords evaluate is not "unevaluated", and is not known here.
        let evaluators = [
            "$ref",
            "$dynamicRef",
            "allOf",
            "anyOf",
            "oneOf",
            "if",
            "then",
            "else",
            "dependentSchemas",
            "not",
        ];
        if rest.is_none() && evaluators.iter().all(|keyword| schema.get(keyword).is_none()) {
            rest = schema.get("unevaluatedProperties");
        }
        match rest {
            Some(Value::Bool(false)) => {}
            Some(rest) => types.push(self.read(self.declarer.document.child(node, rest))),
            None => types.push(Type::Unknown),
        }
        (!types.is_empty()).then(|| union(types))
    }

    fn array(&mut self, node: Node<'a>) -> Type {
        let schema = node.schema;
        let items: Vec<&Value> = list(schema, "prefixItems").collect();
        let rest = schema.get("items").filter(|items| items.is_object() || items.is_boolean());
        let rest = rest.map_or(Type::Unknown, |rest| self.read(self.declarer.document.child(node, rest)));
        if items.is_empty() {
            return Type::Array(Box::new(rest));
        }
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let items: Vec<Type> = items
            .into_iter()
            .map(|item| self.read(self.declarer.document.child(node, item)))
            .collect();
        Type::Tuple {
            least: usize::try_from(least).unwrap_or(usize::MAX).min(items.len()),
            items,
            rest: (rest != Type::Never).then(|| Box::new(rest)),
        }
    }
}

/// The types that `type` allows. None when it allows all, or is not there.
fn kinds(schema: &Value) -> Option<Vec<&'static str>> {
    let known = |name: &str| {
        let name = if name == "integer" { "number" } else { name };
        KINDS.into_iter().find(|kind| *kind == name)
    };
    match schema.get("type")? {
        Value::String(name) => known(name).map(|kind| vec![kind]),
        Value::Array(names) => {
            let mut kinds: Vec<&'static str> = names.iter().filter_map(Value::as_str).filter_map(known).collect();
            kinds.sort_by_key(|kind| KINDS.iter().position(|known| known == kind));
            kinds.dedup();
            (!kinds.is_empty()).then_some(kinds)
        }
        _ => None,
    }
}

/// The values that are also of an allowed type.
fn literals(values: &[Value], declared: Option<&[&'static str]>) -> Type {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = values
        .iter()
        .filter(|value| declared.is_none_or(|declared| declared.contains(&kind(value))));
    union(allowed.map(|value| Type::Literal(value.clone())).collect())
}

pub(super) fn union(types: Vec<Type>) -> Type {
    let mut parts: Vec<Type> = Vec::new();
    for kind in types {
        let inner = match kind {
            Type::Unknown => return Type::Unknown,
            Type::Never => continue,
            Type::Union(inner) => inner,
            other => vec![other],
        };
        for kind in inner {
            if !parts.contains(&kind) {
                parts.push(kind);
            }
        }
    }
    match parts.len() {
        0 => Type::Never,
        1 => parts.remove(0),
        _ => Type::Union(parts),
    }
}

pub(super) fn intersection(types: Vec<Type>) -> Type {
    let mut parts: Vec<Type> = Vec::new();
    for kind in types {
        let inner = match kind {
            Type::Never => return Type::Never,
            Type::Unknown => continue,
            Type::Intersection(inner) => inner,
            other => vec![other],
        };
        for kind in inner {
            if !parts.contains(&kind) {
                parts.push(kind);
            }
        }
    }
    match parts.len() {
        0 => Type::Unknown,
        1 => parts.remove(0),
        _ => Type::Intersection(parts),
    }
}

fn text<'a>(schema: &'a Value, keyword: &str) -> Option<&'a str> {
    schema.get(keyword)?.as_str()
}

fn list<'a>(schema: &'a Value, keyword: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}
