//! Decides whether a value satisfies a schema, in a bounded number of steps: no subschema is applied twice to the same value.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    thread,
};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::{
    graph::{Graph, Node, NodeId, ROOT, Values},
    number::Exact,
    pattern::Pattern,
    schema::{SchemaError, depth_of},
    text::escaped,
    types::Type,
    validate::{self, DataError},
};

/// Maximum depth of data.
const DATA_DEPTH_MAX: usize = 128;

/// Maximum work of one validation, in subschemas applied; long texts count more. A second on a slow machine.
const STEPS_MAX: u64 = 5_000_000;

/// Nested applications that the stack of any thread holds.
const FRAMES_ON_THIS_STACK: usize = 100;

/// Stack of one nested application, in bytes, when the compiler does not optimise.
const FRAME_BYTES: usize = 12 * 1024;

/// The formats that are checked. Others are annotations.
const FORMATS: [&str; 19] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// The validation takes too many steps.
#[derive(Debug)]
pub(crate) struct TooMuch;

/// Validates the data. Returns at most 20 errors.
pub(crate) fn errors(graph: &Graph, data: &Value) -> Vec<DataError> {
    let depth = depth_of(data, DATA_DEPTH_MAX + 1);
    if depth > DATA_DEPTH_MAX {
        return vec![DataError::new(
            "",
            format!("The data is nested more than {DATA_DEPTH_MAX} levels deep."),
        )];
    }
    with_stack(graph, depth, || {
        let mut checker = Checker::new(graph);
        match checker.holds(ROOT, data, None) {
            Ok(true) => return Vec::new(),
            Ok(false) => {}
            Err(TooMuch) => {
                return vec![DataError::new(
                    "",
                    "The data cannot be checked: comparing it with the schema takes too many steps.".to_owned(),
                )];
            }
        }
        validate::explain(checker, data)
    })
}

/// Whether the data is valid.
pub(crate) fn accepts(graph: &Graph, data: &Value) -> bool {
    let depth = depth_of(data, DATA_DEPTH_MAX + 1);
    depth <= DATA_DEPTH_MAX && with_stack(graph, depth, || matches!(Checker::new(graph).holds(ROOT, data, None), Ok(true)))
}

/// Runs the work on a thread with a larger stack if data and schema are both so deep that this thread's might not suffice.
fn with_stack<T: Send>(graph: &Graph, depth: usize, work: impl FnOnce() -> T + Send) -> T {
    if (depth + 1) * graph.chain <= FRAMES_ON_THIS_STACK {
        return work();
    }
    let frames = (DATA_DEPTH_MAX + 1) * (graph.chain + 1);
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(frames * FRAME_BYTES).spawn_scoped(scope, work);
        match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("no thread can be started to validate deep data: {error}"),
        }
    })
}

/// A validator of the library for one keyword.
pub(crate) fn single_keyword(keyword: &str, value: Value) -> Option<Validator> {
    let options = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .offline();
    options.build(&json!({ keyword: value })).ok()
}

/// The format, if it is one that is checked.
pub(crate) fn known_format(name: &str) -> Option<&'static str> {
    FORMATS.into_iter().find(|known| *known == name)
}

fn has_format(name: &str, text: &Value) -> bool {
    static VALIDATORS: LazyLock<HashMap<&'static str, Validator>> = LazyLock::new(|| {
        FORMATS
            .into_iter()
            .filter_map(|name| Some((name, single_keyword("format", name.into())?)))
            .collect()
    });
    VALIDATORS.get(name).is_none_or(|validator| validator.is_valid(text))
}

/// The last check of a schema: whatever the keywords' own checks did not find.
pub(crate) fn check_meta_schema(schema: &Value) -> Result<(), Vec<SchemaError>> {
    let Err(error) = jsonschema::draft202012::meta::validate(schema) else {
        return Ok(());
    };
    let detail = format!("This is not a schema of JSON Schema 2020-12: {}.", error.masked());
    Err(vec![SchemaError::new(error.instance_path().as_str().to_owned(), detail)])
}

/// The names and items that a schema has evaluated, for `unevaluatedProperties` and `unevaluatedItems`.
#[derive(Default)]
pub(crate) struct Marks<'d> {
    pub(crate) names: HashSet<&'d str>,
    /// All items before this index.
    pub(crate) items: usize,
    /// Items that `contains` found.
    pub(crate) found: HashSet<usize>,
}

impl<'d> Marks<'d> {
    fn add(&mut self, other: Marks<'d>) {
        self.names.extend(other.names);
        self.items = self.items.max(other.items);
        self.found.extend(other.found);
    }

    pub(crate) fn has_item(&self, index: usize) -> bool {
        index < self.items || self.found.contains(&index)
    }
}

/// The state of one validation.
pub(crate) struct Checker<'s> {
    pub(crate) graph: &'s Graph,
    steps: u64,
    /// Results by subschema and address of the value. The values outlive the validation, so no address is used twice.
    known: HashMap<(NodeId, usize), bool>,
    /// Whether the value is a name of a field, which has no lasting address.
    in_name: bool,
}

impl<'s> Checker<'s> {
    pub(crate) fn new(graph: &'s Graph) -> Self {
        Self {
            graph,
            steps: 0,
            known: HashMap::new(),
            in_name: false,
        }
    }

    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), TooMuch> {
        self.steps += steps;
        if self.steps > STEPS_MAX { Err(TooMuch) } else { Ok(()) }
    }

    /// Whether the value satisfies the subschema. If it does, `marks` receives what was evaluated.
    pub(crate) fn holds<'d>(&mut self, id: NodeId, value: &'d Value, marks: Option<&mut Marks<'d>>) -> Result<bool, TooMuch> {
        self.spend(1)?;
        let node = &self.graph.nodes[id];
        if node.never {
            return Ok(false);
        }
        // Only what references lead to can be reached in more than one way.
        if marks.is_some() || self.in_name || !node.is_target {
            return self.holds_anew(node, value, marks);
        }
        let key = (id, std::ptr::from_ref(value).addr());
        if let Some(result) = self.known.get(&key) {
            return Ok(*result);
        }
        let result = self.holds_anew(node, value, None)?;
        self.known.insert(key, result);
        Ok(result)
    }

    fn holds_anew<'d>(&mut self, node: &'s Node, value: &'d Value, marks: Option<&mut Marks<'d>>) -> Result<bool, TooMuch> {
        if !self.value_holds(node, value)? {
            return Ok(false);
        }
        let wanted = marks.is_some() || node.unevaluated_properties.is_some() || node.unevaluated_items.is_some();
        let mut own = wanted.then(Marks::default);
        if !self.parts_hold(node, value, own.as_mut())? || !self.unevaluated_holds(node, value, own.as_mut())? {
            return Ok(false);
        }
        if let (Some(marks), Some(own)) = (marks, own) {
            marks.add(own);
        }
        Ok(true)
    }

    /// Everything but `unevaluated…` and the keywords that look at the value alone.
    pub(crate) fn parts_hold<'d>(&mut self, node: &'s Node, value: &'d Value, mut own: Option<&mut Marks<'d>>) -> Result<bool, TooMuch> {
        Ok(self.in_place_holds(node, value, own.as_deref_mut())?
            && match value {
                Value::Object(members) => self.members_hold(node, members, own)?,
                Value::Array(items) => self.items_hold(node, items, own)?,
                _ => true,
            })
    }

    /// The keywords that look at the value alone.
    fn value_holds(&mut self, node: &Node, value: &Value) -> Result<bool, TooMuch> {
        let kind = Type::of(value);
        if node.types.is_some_and(|types| !types.has(kind)) {
            return Ok(false);
        }
        if !self.is_among(node.constant.as_ref(), value)? || !self.is_among(node.options.as_ref(), value)? {
            return Ok(false);
        }
        Ok(match value {
            Value::Number(number) => {
                let number_exact = Exact::of(number);
                let at_least = |limit: &Option<_>| limit.as_ref().is_none_or(|limit| number_exact.compare(Exact::of(limit)).is_ge());
                let at_most = |limit: &Option<_>| limit.as_ref().is_none_or(|limit| number_exact.compare(Exact::of(limit)).is_le());
                let above = |limit: &Option<_>| limit.as_ref().is_none_or(|limit| number_exact.compare(Exact::of(limit)).is_gt());
                let below = |limit: &Option<_>| limit.as_ref().is_none_or(|limit| number_exact.compare(Exact::of(limit)).is_lt());
                at_least(&node.minimum)
                    && at_most(&node.maximum)
                    && above(&node.exclusive_minimum)
                    && below(&node.exclusive_maximum)
                    && node.multiple_of.as_ref().is_none_or(|divisor| divisor.divides(number))
            }
            Value::String(text) => {
                has_length(node, text)
                    && node.pattern.as_ref().map_or(Ok(true), |pattern| self.matches(pattern, text))?
                    && node.format.as_deref().is_none_or(|format| has_format(format, value))
            }
            _ => true,
        })
    }

    fn is_among(&mut self, values: Option<&Values>, value: &Value) -> Result<bool, TooMuch> {
        let Some(values) = values else { return Ok(true) };
        if !values.types().has(Type::of(value)) {
            return Ok(false);
        }
        if value.is_array() || value.is_object() {
            self.spend(parts_of(value))?;
        }
        Ok(values.contains(value))
    }

    pub(crate) fn matches(&mut self, pattern: &Pattern, text: &str) -> Result<bool, TooMuch> {
        // Matching takes at most the product of both sizes.
        self.spend(1 + (text.len() as u64).saturating_mul(pattern.size()) / 100)?;
        Ok(pattern.matches(text))
    }

    fn in_place_holds<'d>(&mut self, node: &'s Node, value: &'d Value, mut own: Option<&mut Marks<'d>>) -> Result<bool, TooMuch> {
        for part in node.references.iter().map(|(_, target)| *target).chain(node.all_of.iter().copied()) {
            if !self.holds(part, value, own.as_deref_mut())? {
                return Ok(false);
            }
        }
        if !node.any_of.is_empty() && self.number_that_hold(&node.any_of, value, own.as_deref_mut(), 1)? == 0 {
            return Ok(false);
        }
        if !node.one_of.is_empty() && self.number_that_hold(&node.one_of, value, own.as_deref_mut(), 2)? != 1 {
            return Ok(false);
        }
        if let Some(not) = node.not
            && self.holds(not, value, None)?
        {
            return Ok(false);
        }
        if let Some(condition) = node.condition {
            let branch = if self.holds(condition, value, own.as_deref_mut())? {
                node.then
            } else {
                node.otherwise
            };
            if let Some(branch) = branch
                && !self.holds(branch, value, own.as_deref_mut())?
            {
                return Ok(false);
            }
        }
        if let Value::Object(members) = value {
            for (name, schema) in &node.dependent_schemas {
                if members.contains_key(name) && !self.holds(*schema, value, own.as_deref_mut())? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// How many of the subschemas the value satisfies. Stops at `enough`, unless all that are satisfied matter to `own`.
    pub(crate) fn number_that_hold<'d>(
        &mut self,
        parts: &[NodeId],
        value: &'d Value,
        mut own: Option<&mut Marks<'d>>,
        enough: usize,
    ) -> Result<usize, TooMuch> {
        let mut number = 0;
        for part in parts {
            number += usize::from(self.holds(*part, value, own.as_deref_mut())?);
            if number >= enough && (own.is_none() || enough > 1) {
                break;
            }
        }
        Ok(number)
    }

    fn members_hold<'d>(
        &mut self,
        node: &'s Node,
        members: &'d Map<String, Value>,
        mut own: Option<&mut Marks<'d>>,
    ) -> Result<bool, TooMuch> {
        let number = members.len() as u64;
        if number < node.min_properties || node.max_properties.is_some_and(|limit| number > limit) {
            return Ok(false);
        }
        if !node.required.iter().all(|name| members.contains_key(name)) {
            return Ok(false);
        }
        let lacks = |names: &Vec<String>| names.iter().any(|name| !members.contains_key(name));
        if node
            .dependent_required
            .iter()
            .any(|(name, names)| members.contains_key(name) && lacks(names))
        {
            return Ok(false);
        }
        let of_members = !node.properties.is_empty()
            || !node.pattern_properties.is_empty()
            || node.additional_properties.is_some()
            || node.property_names.is_some();
        if !of_members {
            return Ok(true);
        }
        for (name, member) in members {
            self.spend(1)?;
            if let Some(names) = node.property_names
                && !self.name_holds(names, name)?
            {
                return Ok(false);
            }
            let mut is_listed = false;
            if let Some(schema) = node.properties.get(name) {
                is_listed = true;
                if !self.holds(*schema, member, None)? {
                    return Ok(false);
                }
            }
            for (pattern, schema) in &node.pattern_properties {
                if self.matches(pattern, name)? {
                    is_listed = true;
                    if !self.holds(*schema, member, None)? {
                        return Ok(false);
                    }
                }
            }
            if let Some(schema) = node.additional_properties.filter(|_| !is_listed) {
                is_listed = true;
                if !self.holds(schema, member, None)? {
                    return Ok(false);
                }
            }
            if let Some(marks) = own.as_deref_mut().filter(|_| is_listed) {
                marks.names.insert(name);
            }
        }
        Ok(true)
    }

    /// The subschemas that `properties`, `patternProperties` or `additionalProperties` apply to a member.
    pub(crate) fn schemas_of_member(&mut self, node: &Node, name: &str) -> Result<Vec<NodeId>, TooMuch> {
        let mut schemas: Vec<NodeId> = node.properties.get(name).copied().into_iter().collect();
        for (pattern, schema) in &node.pattern_properties {
            if self.matches(pattern, name)? {
                schemas.push(*schema);
            }
        }
        if schemas.is_empty() {
            schemas.extend(node.additional_properties);
        }
        Ok(schemas)
    }

    pub(crate) fn name_holds(&mut self, schema: NodeId, name: &str) -> Result<bool, TooMuch> {
        let outer = std::mem::replace(&mut self.in_name, true);
        let result = self.holds(schema, &Value::String(name.to_owned()), None);
        self.in_name = outer;
        result
    }

    fn items_hold<'d>(&mut self, node: &'s Node, items: &'d [Value], mut own: Option<&mut Marks<'d>>) -> Result<bool, TooMuch> {
        let number = items.len() as u64;
        if number < node.min_items || node.max_items.is_some_and(|limit| number > limit) {
            return Ok(false);
        }
        for (index, item) in items.iter().enumerate() {
            let Some(schema) = node.prefix_items.get(index).copied().or(node.items) else {
                break;
            };
            if !self.holds(schema, item, None)? {
                return Ok(false);
            }
        }
        if let Some(marks) = own.as_deref_mut() {
            marks.items = marks.items.max(if node.items.is_some() {
                items.len()
            } else {
                node.prefix_items.len()
            });
        }
        if let Some(contains) = node.contains {
            let found = self.number_contained(contains, items, own)?;
            if found < node.min_contains.unwrap_or(1) || node.max_contains.is_some_and(|limit| found > limit) {
                return Ok(false);
            }
        }
        Ok(!node.unique_items || self.are_unique(items)?)
    }

    pub(crate) fn number_contained<'d>(
        &mut self,
        contains: NodeId,
        items: &'d [Value],
        mut own: Option<&mut Marks<'d>>,
    ) -> Result<u64, TooMuch> {
        let mut found = 0;
        for (index, item) in items.iter().enumerate() {
            if self.holds(contains, item, None)? {
                found += 1;
                if let Some(marks) = own.as_deref_mut() {
                    marks.found.insert(index);
                }
            }
        }
        Ok(found)
    }

    pub(crate) fn are_unique(&mut self, items: &[Value]) -> Result<bool, TooMuch> {
        let mut texts = HashSet::with_capacity(items.len());
        for item in items {
            self.spend(parts_of(item))?;
            if !texts.insert(crate::graph::normal_text(item)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn unevaluated_holds<'d>(&mut self, node: &'s Node, value: &'d Value, own: Option<&mut Marks<'d>>) -> Result<bool, TooMuch> {
        let Some(marks) = own else { return Ok(true) };
        if let (Some(schema), Value::Object(members)) = (node.unevaluated_properties, value) {
            for (name, member) in members {
                if !marks.names.contains(name.as_str()) && !self.holds(schema, member, None)? {
                    return Ok(false);
                }
            }
            marks.names.extend(members.keys().map(String::as_str));
        }
        if let (Some(schema), Value::Array(items)) = (node.unevaluated_items, value) {
            for (index, item) in items.iter().enumerate() {
                if !marks.has_item(index) && !self.holds(schema, item, None)? {
                    return Ok(false);
                }
            }
            marks.items = items.len();
        }
        Ok(true)
    }
}

pub(crate) fn has_length(node: &Node, text: &str) -> bool {
    if node.min_length == 0 && node.max_length.is_none() {
        return true;
    }
    let length = text.chars().count() as u64;
    length >= node.min_length && node.max_length.is_none_or(|limit| length <= limit)
}

pub(crate) fn fits_format(format: &str, text: &Value) -> bool {
    has_format(format, text)
}

/// The number of values inside a value, and of long texts.
fn parts_of(value: &Value) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(parts_of).fold(1, u64::saturating_add),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| 1 + name.len() as u64 / 64 + parts_of(member))
            .fold(1, u64::saturating_add),
        Value::String(text) => 1 + text.len() as u64 / 64,
        _ => 1,
    }
}

/// A step on the way to a value within the data.
pub(crate) enum Step<'p> {
    Root,
    Name(&'p Step<'p>, &'p str),
    Index(&'p Step<'p>, usize),
}

impl Step<'_> {
    pub(crate) fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Name(parent, name) => format!("{}/{}", parent.pointer(), escaped(name)),
            Self::Index(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}
