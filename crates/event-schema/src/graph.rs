//! A schema as a graph: every subschema is a node, every reference an edge.

use std::{
    collections::{BTreeMap, HashSet},
    sync::OnceLock,
};

use jsonschema::Validator;
use serde_json::{Number, Value};

use crate::{
    number::Exact,
    pattern::Pattern,
    types::{Type, Types},
};

/// The place of a subschema in [`Graph::nodes`].
pub(crate) type NodeId = usize;

/// A schema that has been admitted.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// The subschemas; the first is the schema itself.
    pub(crate) nodes: Vec<Node>,
    /// The longest chain of subschemas that apply to one and the same value.
    pub(crate) chain: usize,
}

/// The root of a graph.
pub(crate) const ROOT: NodeId = 0;

/// A subschema. An absent keyword is `None` or empty; a `true` schema has no keyword.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// The subschema this one is written in, and the pointer from there.
    pub(crate) place: Option<(NodeId, String)>,
    /// Whether a reference leads here, so that there may be several ways to apply this subschema to one value.
    pub(crate) is_target: bool,
    /// The schema `false`.
    pub(crate) never: bool,
    pub(crate) types: Option<Types>,
    pub(crate) constant: Option<Values>,
    pub(crate) options: Option<Values>,
    pub(crate) minimum: Option<Number>,
    pub(crate) maximum: Option<Number>,
    pub(crate) exclusive_minimum: Option<Number>,
    pub(crate) exclusive_maximum: Option<Number>,
    pub(crate) multiple_of: Option<Divisor>,
    pub(crate) min_length: u64,
    pub(crate) max_length: Option<u64>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) format: Option<String>,
    pub(crate) min_properties: u64,
    pub(crate) max_properties: Option<u64>,
    pub(crate) required: Vec<String>,
    pub(crate) dependent_required: BTreeMap<String, Vec<String>>,
    pub(crate) dependent_schemas: BTreeMap<String, NodeId>,
    pub(crate) properties: BTreeMap<String, NodeId>,
    pub(crate) pattern_properties: Vec<(Pattern, NodeId)>,
    pub(crate) additional_properties: Option<NodeId>,
    pub(crate) unevaluated_properties: Option<NodeId>,
    pub(crate) property_names: Option<NodeId>,
    pub(crate) min_items: u64,
    pub(crate) max_items: Option<u64>,
    pub(crate) unique_items: bool,
    pub(crate) prefix_items: Vec<NodeId>,
    pub(crate) items: Option<NodeId>,
    pub(crate) unevaluated_items: Option<NodeId>,
    pub(crate) contains: Option<NodeId>,
    pub(crate) min_contains: Option<u64>,
    pub(crate) max_contains: Option<u64>,
    pub(crate) all_of: Vec<NodeId>,
    pub(crate) any_of: Vec<NodeId>,
    pub(crate) one_of: Vec<NodeId>,
    pub(crate) not: Option<NodeId>,
    pub(crate) condition: Option<NodeId>,
    pub(crate) then: Option<NodeId>,
    pub(crate) otherwise: Option<NodeId>,
    /// The targets of `$ref` and `$dynamicRef`. All references are local, so a dynamic one always leads to the anchor it names.
    pub(crate) references: Vec<(&'static str, NodeId)>,
}

/// The values of `enum` or `const`.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) list: Vec<Value>,
    /// The values' normal text, to find one among thousands.
    texts: HashSet<String>,
    types: Types,
}

impl Values {
    pub(crate) fn new(list: Vec<Value>) -> Self {
        let texts = list.iter().map(normal_text).collect();
        let types = list.iter().fold(Types::NONE, |types, value| types.and_also(Type::of(value)));
        Self { list, texts, types }
    }

    pub(crate) fn contains(&self, value: &Value) -> bool {
        self.texts.contains(&normal_text(value))
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        self.texts == other.texts
    }

    /// The types of the values.
    pub(crate) fn types(&self) -> Types {
        self.types
    }
}

/// The number of `multipleOf`.
#[derive(Debug)]
pub(crate) struct Divisor {
    pub(crate) number: Number,
    validator: OnceLock<Option<Validator>>,
}

impl Divisor {
    pub(crate) fn new(number: Number) -> Self {
        Self {
            number,
            validator: OnceLock::new(),
        }
    }

    pub(crate) fn divides(&self, number: &Number) -> bool {
        if let (Exact::Whole(divisor), Exact::Whole(whole)) = (Exact::of(&self.number), Exact::of(number)) {
            return whole % divisor == 0;
        }
        // How fractions are divided is the library's to say.
        let build = || crate::evaluate::single_keyword("multipleOf", Value::Number(self.number.clone()));
        let value = Value::Number(number.clone());
        self.validator
            .get_or_init(build)
            .as_ref()
            .is_some_and(|validator| validator.is_valid(&value))
    }
}

/// The text of a value that is the same for every way to write it: sorted names, and numbers by value.
pub(crate) fn normal_text(value: &Value) -> String {
    let mut text = String::new();
    write_normal(value, &mut text);
    text
}

fn write_normal(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => text.push_str(&Exact::of(number).text()),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_normal(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<_> = members.iter().collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, member) in names {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_normal(member, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

impl Graph {
    /// The JSON pointer of a subschema.
    pub(crate) fn pointer(&self, mut id: NodeId) -> String {
        let mut steps = Vec::new();
        while let Some((parent, step)) = &self.nodes[id].place {
            steps.push(step.as_str());
            id = *parent;
        }
        steps.reverse();
        steps.concat()
    }
}

impl Node {
    /// The subschemas that apply to the same value as this one.
    pub(crate) fn in_place(&self) -> impl Iterator<Item = NodeId> {
        let lists = [&self.all_of, &self.any_of, &self.one_of];
        let single = [self.not, self.condition, self.then, self.otherwise];
        let referenced = self.references.iter().map(|(_, target)| *target);
        let listed = lists.into_iter().flatten().copied();
        listed
            .chain(single.into_iter().flatten())
            .chain(self.dependent_schemas.values().copied())
            .chain(referenced)
    }

    /// Whether the subschema accepts everything.
    pub(crate) fn is_unrestricted(&self) -> bool {
        !self.never
            && self.types.is_none()
            && self.constant.is_none()
            && self.options.is_none()
            && self.minimum.is_none()
            && self.maximum.is_none()
            && self.exclusive_minimum.is_none()
            && self.exclusive_maximum.is_none()
            && self.multiple_of.is_none()
            && self.min_length == 0
            && self.max_length.is_none()
            && self.pattern.is_none()
            && self.format.is_none()
            && self.min_properties == 0
            && self.max_properties.is_none()
            && self.required.is_empty()
            && self.dependent_required.is_empty()
            && self.properties.is_empty()
            && self.pattern_properties.is_empty()
            && self.additional_properties.is_none()
            && self.unevaluated_properties.is_none()
            && self.property_names.is_none()
            && self.min_items == 0
            && self.max_items.is_none()
            && !self.unique_items
            && self.prefix_items.is_empty()
            && self.items.is_none()
            && self.unevaluated_items.is_none()
            && self.contains.is_none()
            && self.in_place().next().is_none()
    }
}
