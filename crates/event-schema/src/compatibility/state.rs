//! What is known about a value: the subschemas it satisfies, those it does not, and what follows.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{At, Comparison};
use crate::{
    evaluate::{Checker, known_format},
    graph::Node,
    number::Exact,
    types::{Type, Types},
};

/// Maximum number of alternatives chosen one after the other for one value.
pub(super) const SPLITS_MAX: u8 = 6;

/// Up to this many alternatives that are constants are compared value by value.
const LISTED_MAX: usize = 300;

/// What is known about a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// The subschemas it satisfies, with the targets of references and the parts of `allOf`; sorted.
    pub(super) parts: Vec<At>,
    /// The subschemas it does not satisfy; sorted.
    pub(super) nots: Vec<At>,
    /// Fields it is known to have.
    pub(super) has: BTreeSet<String>,
    /// The types it may have, in addition to what the parts say.
    pub(super) mask: Types,
    /// The subschema to name in a finding.
    pub(super) lead: Option<At>,
    /// The alternative chosen last, to name in a finding.
    pub(super) branch: Option<At>,
    /// How many alternatives have been chosen.
    pub(super) splits: u8,
}

/// A claim: every value of the state satisfies the subschema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    parts: Vec<At>,
    nots: Vec<At>,
    has: BTreeSet<String>,
    mask: u32,
    without_exclusions: bool,
    sup: At,
}

impl State {
    pub(super) fn of(comparison: &Comparison<'_>, parts: Vec<At>) -> Self {
        let lead = match parts[..] {
            [one] => Some(one),
            _ => None,
        };
        let mut state = Self {
            parts: Vec::new(),
            nots: Vec::new(),
            has: BTreeSet::new(),
            mask: Types::ALL,
            lead,
            branch: None,
            splits: 0,
        };
        state.add(comparison, parts);
        state
    }

    pub(super) fn key(&self, sup: At, without_exclusions: bool) -> Key {
        Key {
            parts: self.parts.clone(),
            nots: if without_exclusions { Vec::new() } else { self.nots.clone() },
            has: self.has.clone(),
            mask: self.mask.bits(),
            without_exclusions,
            sup,
        }
    }

    pub(super) fn with(&self, comparison: &Comparison<'_>, more: impl IntoIterator<Item = At>) -> Self {
        let mut state = self.clone();
        state.add(comparison, more.into_iter().collect());
        state
    }

    pub(super) fn without(&self, nots: impl IntoIterator<Item = At>) -> Self {
        let mut state = self.clone();
        state.nots.extend(nots);
        state.nots.sort_unstable();
        state.nots.dedup();
        state
    }

    pub(super) fn of_type(&self, types: Types) -> Self {
        let mut state = self.clone();
        state.mask = state.mask.intersection(types);
        state
    }

    pub(super) fn having(&self, comparison: &Comparison<'_>, field: &str) -> Self {
        let mut state = self.of_type(Types::NONE.and_also(Type::Object));
        state.has.insert(field.to_owned());
        // A field that is present may bring the schemas that depend on it.
        let parts = state.parts.clone();
        state.parts.clear();
        state.add(comparison, parts);
        state
    }

    /// Adds subschemas with all that apply together with them.
    fn add(&mut self, comparison: &Comparison<'_>, more: Vec<At>) {
        let mut known: BTreeSet<At> = self.parts.iter().copied().collect();
        self.add_with_parts(comparison, more, &mut known);
        self.parts = known.iter().copied().collect();
        // A value without these fields may be no object, for which nothing follows from them.
        if self.has_dependent_schemas(comparison) && self.types(comparison) == Types::NONE.and_also(Type::Object) {
            self.add_dependents(comparison, &mut known);
            self.parts = known.into_iter().collect();
        }
        self.nots.sort_unstable();
        self.nots.dedup();
    }

    /// Adds subschemas with their references and parts of `allOf`. Returns those that were not known.
    fn add_with_parts(&mut self, comparison: &Comparison<'_>, mut more: Vec<At>, known: &mut BTreeSet<At>) -> Vec<At> {
        let mut added = Vec::new();
        while let Some(at) = more.pop() {
            if !known.insert(at) {
                continue;
            }
            added.push(at);
            let node = comparison.node(at);
            let always = node.references.iter().map(|(_, target)| target).chain(&node.all_of);
            more.extend(always.map(|id| At { side: at.side, id: *id }));
            self.nots.extend(node.not.map(|id| At { side: at.side, id }));
        }
        added
    }

    /// Adds the schemas that depend on fields that are present. They may require more fields, and so on; each field and each subschema is
    /// followed once, because such a chain may be long.
    fn add_dependents(&mut self, comparison: &Comparison<'_>, known: &mut BTreeSet<At>) {
        let has = self.has.clone();
        let mut fields: Vec<&str> = has.iter().map(String::as_str).collect();
        let mut parts = self.parts.clone();
        let (mut present, mut more) = (HashSet::new(), Vec::new());
        let mut dependents: HashMap<&str, (Vec<&str>, Vec<At>)> = HashMap::new();
        while comparison.spend(1) {
            if let Some(at) = parts.pop() {
                let node = comparison.node(at);
                fields.extend(node.required.iter().map(String::as_str));
                for (field, names) in &node.dependent_required {
                    let names = names.iter().map(String::as_str);
                    if present.contains(field.as_str()) {
                        fields.extend(names.clone());
                    }
                    dependents.entry(field).or_default().0.extend(names);
                }
                for (field, id) in &node.dependent_schemas {
                    let schema = At { side: at.side, id: *id };
                    if present.contains(field.as_str()) {
                        more.push(schema);
                    }
                    dependents.entry(field).or_default().1.push(schema);
                }
            } else if let Some(field) = fields.pop() {
                if present.insert(field)
                    && let Some((names, schemas)) = dependents.get(field)
                {
                    fields.extend(names);
                    more.extend(schemas);
                }
            } else {
                return;
            }
            parts.extend(self.add_with_parts(comparison, std::mem::take(&mut more), known));
        }
    }

    fn has_dependent_schemas(&self, comparison: &Comparison<'_>) -> bool {
        self.parts.iter().any(|at| !comparison.node(*at).dependent_schemas.is_empty())
    }

    pub(super) fn nodes<'s, 'g: 's>(&'s self, comparison: &'s Comparison<'g>) -> impl Iterator<Item = &'g Node> + use<'s, 'g> {
        self.parts.iter().map(|at| comparison.node(*at))
    }

    /// The types the value may have.
    pub(super) fn types(&self, comparison: &Comparison<'_>) -> Types {
        self.nodes(comparison).fold(self.mask, |types, node| {
            if node.never {
                return Types::NONE;
            }
            let mut types = types.intersection(node.types.unwrap_or(Types::ALL));
            for values in [&node.constant, &node.options].into_iter().flatten() {
                types = types.intersection(values.types());
            }
            // A multiple of a whole number is whole.
            match &node.multiple_of {
                Some(divisor) if matches!(Exact::of(&divisor.number), Exact::Whole(_)) => {
                    types.without(Types::NONE.and_also(Type::Fraction))
                }
                _ => types,
            }
        })
    }

    pub(super) fn may_be(&self, comparison: &Comparison<'_>, one: Type) -> bool {
        self.types(comparison).has(one)
    }

    /// The fields the value has, if it is an object.
    pub(super) fn present(&self, comparison: &Comparison<'_>) -> BTreeSet<String> {
        let mut dependents: HashMap<&String, Vec<&String>> = HashMap::new();
        for (field, names) in self.nodes(comparison).flat_map(|node| &node.dependent_required) {
            dependents.entry(field).or_default().extend(names);
        }
        let required = self.nodes(comparison).flat_map(|node| &node.required);
        let mut more: Vec<&String> = self.has.iter().chain(required).collect();
        let mut present = BTreeSet::new();
        // Each name is followed once: a chain of dependents may be long.
        while let Some(name) = more.pop() {
            if present.insert(name.clone()) {
                more.extend(dependents.get(name).into_iter().flatten());
            }
        }
        present
    }

    /// Which of these fields a value that has the field `name` may lack.
    pub(super) fn may_lack<'n>(&self, comparison: &Comparison<'_>, name: &str, fields: &'n [String]) -> Vec<&'n String> {
        let demands = |node: &Node| {
            let own = node.dependent_required.get(name);
            // Names are sorted (`admission`).
            own.is_some_and(|own| fields.iter().all(|field| own.binary_search(field).is_ok()))
        };
        // Most of two versions is the same.
        if self.nodes(comparison).any(demands) {
            return Vec::new();
        }
        let present = self.having(comparison, name).present(comparison);
        fields.iter().filter(|field| !present.contains(*field)).collect()
    }

    pub(super) fn min_length(&self, comparison: &Comparison<'_>) -> u64 {
        self.nodes(comparison).map(|node| node.min_length).max().unwrap_or_default()
    }

    pub(super) fn max_length(&self, comparison: &Comparison<'_>) -> Option<u64> {
        self.nodes(comparison).filter_map(|node| node.max_length).min()
    }

    pub(super) fn min_items(&self, comparison: &Comparison<'_>) -> u64 {
        let least = |node: &Node| node.min_items.max(node.contains.map_or(0, |_| node.min_contains.unwrap_or(1)));
        self.nodes(comparison).map(least).max().unwrap_or_default()
    }

    pub(super) fn max_items(&self, comparison: &Comparison<'_>) -> Option<u64> {
        let most = |at: &At| {
            let node = comparison.node(*at);
            let closed = node
                .items
                .is_some_and(|items| comparison.node(At { side: at.side, id: items }).never);
            [node.max_items, closed.then_some(node.prefix_items.len() as u64)]
                .into_iter()
                .flatten()
                .min()
        };
        self.parts.iter().filter_map(most).min()
    }

    pub(super) fn min_properties(&self, comparison: &Comparison<'_>) -> u64 {
        let listed = self.nodes(comparison).map(|node| node.min_properties).max().unwrap_or_default();
        listed.max(self.present(comparison).len() as u64)
    }

    pub(super) fn max_properties(&self, comparison: &Comparison<'_>) -> Option<u64> {
        let most = |at: &At| {
            let node = comparison.node(*at);
            let closed = node.pattern_properties.is_empty()
                && node
                    .additional_properties
                    .is_some_and(|id| comparison.node(At { side: at.side, id }).never);
            [node.max_properties, closed.then_some(node.properties.len() as u64)]
                .into_iter()
                .flatten()
                .min()
        };
        self.parts.iter().filter_map(most).min()
    }

    pub(super) fn has_format(&self, comparison: &Comparison<'_>, format: &str) -> bool {
        self.nodes(comparison).any(|node| {
            node.format
                .as_deref()
                .is_some_and(|own| own == format && known_format(own).is_some())
        })
    }

    /// The greatest lower limit: the number and whether it is itself excluded.
    pub(super) fn lower(&self, comparison: &Comparison<'_>) -> Option<(Exact, bool)> {
        let mut lower: Option<(Exact, bool)> = None;
        for node in self.nodes(comparison) {
            for (limit, excluded) in [(&node.minimum, false), (&node.exclusive_minimum, true)] {
                let Some(limit) = limit.as_ref().map(Exact::of) else { continue };
                let replaces = lower.is_none_or(|(held, held_excluded)| match limit.compare(held) {
                    std::cmp::Ordering::Greater => true,
                    std::cmp::Ordering::Equal => excluded && !held_excluded,
                    std::cmp::Ordering::Less => false,
                });
                if replaces {
                    lower = Some((limit, excluded));
                }
            }
        }
        if self.types(comparison).has(Type::Fraction) {
            return lower;
        }
        // A whole number above 0.5 or above 0 is at least 1.
        lower.map(|(limit, excluded)| match limit {
            Exact::Whole(whole) if excluded => (Exact::Whole(whole + 1), false),
            Exact::Float(float) if float.abs() < 1e15 => (Exact::of_float(float.ceil()), false),
            _ => (limit, excluded),
        })
    }

    /// The least upper limit: the number and whether it is itself excluded.
    pub(super) fn upper(&self, comparison: &Comparison<'_>) -> Option<(Exact, bool)> {
        let mut upper: Option<(Exact, bool)> = None;
        for node in self.nodes(comparison) {
            for (limit, excluded) in [(&node.maximum, false), (&node.exclusive_maximum, true)] {
                let Some(limit) = limit.as_ref().map(Exact::of) else { continue };
                let replaces = upper.is_none_or(|(held, held_excluded)| match limit.compare(held) {
                    std::cmp::Ordering::Less => true,
                    std::cmp::Ordering::Equal => excluded && !held_excluded,
                    std::cmp::Ordering::Greater => false,
                });
                if replaces {
                    upper = Some((limit, excluded));
                }
            }
        }
        if self.types(comparison).has(Type::Fraction) {
            return upper;
        }
        upper.map(|(limit, excluded)| match limit {
            Exact::Whole(whole) if excluded => (Exact::Whole(whole - 1), false),
            Exact::Float(float) if float.abs() < 1e15 => (Exact::of_float(float.floor()), false),
            _ => (limit, excluded),
        })
    }

    /// The values the value may have, if they are few: those of `const` and `enum`, null, true and false, as far as the other parts accept them.
    pub(super) fn values(&self, comparison: &mut Comparison<'_>) -> Option<Vec<serde_json::Value>> {
        let listed = self
            .nodes(comparison)
            .flat_map(|node| [&node.constant, &node.options])
            .flatten()
            .min_by_key(|values| values.list.len());
        let candidates = match listed {
            Some(values) => values.list.clone(),
            None if let Some(values) = self.listed_by_alternatives(comparison) => values,
            None => {
                let types = self.types(comparison);
                let few = Types::NONE.and_also(Type::Null).and_also(Type::Boolean);
                if !types.without(few).is_empty() {
                    return None;
                }
                let mut values = Vec::new();
                if types.has(Type::Null) {
                    values.push(serde_json::Value::Null);
                }
                if types.has(Type::Boolean) {
                    values.extend([false.into(), true.into()]);
                }
                values
            }
        };
        if !comparison.spend(candidates.len() * (self.parts.len() + self.nots.len() + 1)) {
            return None;
        }
        let mut kept = Vec::new();
        for value in candidates {
            if self.admits(comparison, &value) {
                kept.push(value);
            }
        }
        Some(kept)
    }

    /// The values of alternatives that are constants, each with a title of its own: `{"oneOf": [{"const": "a", "title": "A"}, …]}`.
    fn listed_by_alternatives(&self, comparison: &Comparison<'_>) -> Option<Vec<serde_json::Value>> {
        self.parts.iter().find_map(|at| {
            let node = comparison.node(*at);
            let branches = if node.any_of.is_empty() { &node.one_of } else { &node.any_of };
            if branches.is_empty() || branches.len() > LISTED_MAX {
                return None;
            }
            let mut values = Vec::new();
            for branch in branches {
                let branch = comparison.node(At {
                    side: at.side,
                    id: *branch,
                });
                values.extend(branch.constant.as_ref().or(branch.options.as_ref())?.list.iter().cloned());
            }
            (values.len() <= LISTED_MAX).then_some(values)
        })
    }

    /// False only if the value certainly contradicts what is known.
    fn admits(&self, comparison: &Comparison<'_>, value: &serde_json::Value) -> bool {
        if !self.mask.has(Type::of(value)) || self.has.iter().any(|name| value.get(name).is_none()) {
            return false;
        }
        let nots = if comparison.without_exclusions { &[][..] } else { &self.nots[..] };
        !self.parts.iter().any(|at| comparison.value_satisfies(*at, value) == Some(false))
            && !nots.iter().any(|at| comparison.value_satisfies(*at, value) == Some(true))
    }
}

impl Comparison<'_> {
    /// Whether one value satisfies a subschema; `None` if that takes too long.
    pub(super) fn value_satisfies(&self, at: At, value: &serde_json::Value) -> Option<bool> {
        if !self.spend(1) {
            return None;
        }
        Checker::new(self.graphs[at.side]).holds(at.id, value, None).ok()
    }
}
