//! The proof that every value of a state satisfies a subschema, one keyword after the other.

use super::{
    At, Comparison, DEPTH_MAX,
    state::{SPLITS_MAX, State},
};
use crate::{
    evaluate::known_format,
    graph::{Node, NodeId},
    number::Exact,
    types::{Type, Types},
};

/// What of a subschema is proven in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Never,
    Types,
    Constant,
    Options,
    Minimum,
    Maximum,
    MultipleOf,
    Lengths,
    Pattern,
    Format,
    PropertyCounts,
    Required,
    DependentRequired,
    Properties,
    PropertyNames,
    DependentSchemas,
    ItemCounts,
    Unique,
    Items,
    Contains,
    AnyOf,
    OneOf,
    Not,
    Condition,
}

const CLAIMS: [Claim; 24] = [
    Claim::Never,
    Claim::Types,
    Claim::Constant,
    Claim::Options,
    Claim::Minimum,
    Claim::Maximum,
    Claim::MultipleOf,
    Claim::Lengths,
    Claim::Pattern,
    Claim::Format,
    Claim::PropertyCounts,
    Claim::Required,
    Claim::DependentRequired,
    Claim::Properties,
    Claim::PropertyNames,
    Claim::DependentSchemas,
    Claim::ItemCounts,
    Claim::Unique,
    Claim::Items,
    Claim::Contains,
    Claim::AnyOf,
    Claim::OneOf,
    Claim::Not,
    Claim::Condition,
];

/// The subschemas that always apply together with this one.
fn always(node: &Node) -> impl Iterator<Item = NodeId> {
    node.references.iter().map(|(_, target)| *target).chain(node.all_of.iter().copied())
}

impl Comparison<'_> {
    /// Whether every value of the state satisfies the subschema. With `report`, what is not proven is reported.
    pub(super) fn covers(&mut self, state: &State, sup: At, report: bool) -> bool {
        if !self.spend(1 + state.parts.len() + state.nots.len()) {
            return false;
        }
        if self.node(sup).is_unrestricted() || state.parts.iter().any(|part| self.are_same(*part, sup)) {
            return true;
        }
        let key = state.key(sup, self.without_exclusions);
        if let Some(level) = self.open.get(&key) {
            // Assuming the claim for the same value would be circular; for a value further inside it is induction.
            return *level < self.level;
        }
        if self.assumed.contains(&key) {
            return true;
        }
        if !report && self.unproven.contains(&key) {
            return false;
        }
        if self.is_empty(state, 0) {
            return true;
        }
        if self.depth >= DEPTH_MAX {
            self.give_up();
            return false;
        }
        self.open.insert(key.clone(), self.level);
        self.assumed.insert(key.clone());
        self.trail.push(key.clone());
        self.depth += 1;
        let covered = self.covers_anew(state, sup, report);
        self.depth -= 1;
        self.open.remove(&key);
        if !covered {
            self.unproven.insert(key);
        }
        covered
    }

    fn covers_anew(&mut self, state: &State, sup: At, report: bool) -> bool {
        if let Some(values) = state.values(self) {
            // Few values: each is tried.
            let rejected: Vec<_> = values
                .into_iter()
                .filter(|value| self.value_satisfies(sup, value) != Some(true))
                .collect();
            if !rejected.is_empty() && report {
                self.report_values(state, sup, &rejected);
            }
            return rejected.is_empty();
        }
        let node = self.node(sup);
        let mut covered = true;
        for (index, id) in always(node).enumerate() {
            if !self.spend(state.parts.len()) {
                return false;
            }
            let target = At { side: sup.side, id };
            covered &= if report {
                let counterpart = self.counterpart(state, node, index);
                self.covers(&counterpart, target, true)
            } else {
                covered && self.covers(state, target, false)
            };
        }
        for claim in CLAIMS {
            if !covered && !report {
                return false;
            }
            covered &= self.claim(state, sup, claim, report);
        }
        covered
    }

    /// The state, led by what in the other version is at the same place as a reference or part of `allOf`.
    fn counterpart(&self, state: &State, node: &Node, index: usize) -> State {
        let mut state = state.clone();
        if let Some(lead) = state.lead {
            let other = self.node(lead);
            if (other.references.len(), other.all_of.len()) == (node.references.len(), node.all_of.len()) {
                state.lead = always(other).nth(index).map(|id| At { side: lead.side, id });
            }
        }
        state
    }

    /// Proves one claim, if needed for each alternative of the state.
    fn claim(&mut self, state: &State, sup: At, claim: Claim, report: bool) -> bool {
        if !self.spend(1) {
            return false;
        }
        if self.attempt(|comparison| comparison.proves(state, sup, claim, false)) {
            return true;
        }
        if state.splits < SPLITS_MAX
            && let Some(alternatives) = self.alternatives(state)
        {
            let mut proven = true;
            for alternative in alternatives {
                if !proven && !report {
                    return false;
                }
                proven &= self.is_empty(&alternative, 0) || self.claim(&alternative, sup, claim, report);
            }
            return proven;
        }
        if report {
            self.proves(state, sup, claim, true);
        }
        false
    }

    fn proves(&mut self, state: &State, sup: At, claim: Claim, report: bool) -> bool {
        let node = self.node(sup);
        let types = state.types(self);
        let proven = match claim {
            Claim::Never => !node.never,
            Claim::Types => node.types.is_none_or(|accepted| types.without(accepted).is_empty()),
            Claim::Constant => node.constant.is_none(),
            Claim::Options => node.options.is_none(),
            Claim::Minimum | Claim::Maximum | Claim::MultipleOf => {
                types.intersection(Types::NUMBERS).is_empty() || self.proves_number(state, node, claim)
            }
            Claim::Lengths | Claim::Pattern | Claim::Format => !types.has(Type::String) || self.proves_string(state, node, claim),
            // What only concerns objects holds for everything else, and so with lists.
            Claim::PropertyCounts
            | Claim::Required
            | Claim::DependentRequired
            | Claim::Properties
            | Claim::PropertyNames
            | Claim::DependentSchemas
                if !types.has(Type::Object) =>
            {
                true
            }
            Claim::ItemCounts | Claim::Unique | Claim::Items | Claim::Contains if !types.has(Type::Array) => true,
            Claim::PropertyCounts => {
                node.min_properties <= state.min_properties(self)
                    && node
                        .max_properties
                        .is_none_or(|limit| state.max_properties(self).is_some_and(|most| most <= limit))
            }
            Claim::Required => {
                let present = state.present(self);
                node.required.iter().all(|name| present.contains(name))
            }
            Claim::DependentRequired => node
                .dependent_required
                .iter()
                .all(|(name, names)| self.spend(state.parts.len()) && state.may_lack(self, name, names).is_empty()),
            // These report what they do not prove.
            Claim::Properties => return self.proves_properties(state, sup, report),
            Claim::PropertyNames => self.proves_property_names(state, sup),
            Claim::DependentSchemas => return self.proves_dependent_schemas(state, sup, report),
            Claim::ItemCounts => {
                node.min_items <= state.min_items(self)
                    && node
                        .max_items
                        .is_none_or(|limit| state.max_items(self).is_some_and(|most| most <= limit))
            }
            Claim::Unique => {
                !node.unique_items || state.nodes(self).any(|part| part.unique_items) || state.max_items(self).is_some_and(|most| most <= 1)
            }
            Claim::Items => return self.proves_items(state, sup, report),
            Claim::Contains => self.proves_contains(state, sup),
            Claim::AnyOf => return node.any_of.is_empty() || self.proves_any_of(state, sup, report),
            Claim::OneOf => return node.one_of.is_empty() || self.proves_one_of(state, sup, report),
            Claim::Not => node.not.is_none_or(|not| {
                let excluded = state.with(self, [At { side: sup.side, id: not }]);
                self.is_empty(&excluded, 0)
            }),
            Claim::Condition => return node.condition.is_none() || self.proves_condition(state, sup, report),
        };
        if !proven && report {
            self.report_claim(state, sup, claim);
        }
        proven
    }

    fn proves_number(&mut self, state: &State, node: &Node, claim: Claim) -> bool {
        match claim {
            Claim::Minimum => {
                let lower = state.lower(self);
                let above = |limit: Exact, excluded: bool| {
                    lower.is_some_and(|(held, held_excluded)| {
                        let order = held.compare(limit);
                        order.is_gt() || order.is_eq() && (held_excluded || !excluded)
                    })
                };
                node.minimum.as_ref().is_none_or(|limit| above(Exact::of(limit), false))
                    && node.exclusive_minimum.as_ref().is_none_or(|limit| above(Exact::of(limit), true))
            }
            Claim::Maximum => {
                let upper = state.upper(self);
                let below = |limit: Exact, excluded: bool| {
                    upper.is_some_and(|(held, held_excluded)| {
                        let order = held.compare(limit);
                        order.is_lt() || order.is_eq() && (held_excluded || !excluded)
                    })
                };
                node.maximum.as_ref().is_none_or(|limit| below(Exact::of(limit), false))
                    && node.exclusive_maximum.as_ref().is_none_or(|limit| below(Exact::of(limit), true))
            }
            _ => node.multiple_of.as_ref().is_none_or(|divisor| {
                let needed = Exact::of(&divisor.number);
                let fraction = state.may_be(self, Type::Fraction);
                state
                    .nodes(self)
                    .filter_map(|part| part.multiple_of.as_ref())
                    .any(|held| match (Exact::of(&held.number), needed) {
                        (Exact::Whole(held), Exact::Whole(needed)) => held % needed == 0,
                        (held, needed) => held == needed,
                    })
                    || !fraction && needed == Exact::Whole(1)
            }),
        }
    }

    fn proves_string(&mut self, state: &State, node: &Node, claim: Claim) -> bool {
        match claim {
            Claim::Lengths => {
                node.min_length <= state.min_length(self)
                    && node
                        .max_length
                        .is_none_or(|limit| state.max_length(self).is_some_and(|most| most <= limit))
            }
            Claim::Pattern => node.pattern.as_ref().is_none_or(|pattern| {
                state
                    .nodes(self)
                    .filter_map(|part| part.pattern.as_ref())
                    .any(|held| self.implies(held, pattern))
            }),
            _ => node
                .format
                .as_deref()
                .and_then(known_format)
                .is_none_or(|format| state.has_format(self, format)),
        }
    }
}
