//! Objects: fields that the schemas name, fields whose names match an expression, and all others.

use std::collections::BTreeSet;

use super::{At, Comparison, sentences::Finding, state::State};
use crate::{
    graph::{Node, NodeId},
    pattern::Pattern,
    types::{Type, Types},
};

/// The subschemas that always apply together with one: itself, targets of its references, and parts of its `allOf`. When the limit of work is
/// reached, some are missing; nothing is proven then.
fn always(comparison: &Comparison<'_>, at: At) -> Vec<At> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        if !comparison.spend(1) {
            break;
        }
        if !known.insert(at) {
            continue;
        }
        found.push(at);
        let node = comparison.node(at);
        open.extend(
            node.references
                .iter()
                .map(|(_, target)| target)
                .chain(&node.all_of)
                .map(|id| At { side: at.side, id: *id }),
        );
    }
    found
}

/// The subschemas that may apply to the same value because this one applies. The result excludes this subschema, and those that only occur in `not`.
/// If the limit of work is reached, the result is incomplete, and the comparison proves nothing more.
pub(super) fn perhaps(comparison: &Comparison<'_>, at: At) -> Vec<At> {
    let mut found: BTreeSet<At> = BTreeSet::new();
    let mut open: Vec<At> = comparison.node(at).in_place().map(|id| At { side: at.side, id }).collect();
    while let Some(at) = open.pop() {
        if !comparison.spend(1) {
            break;
        }
        if found.insert(at) {
            open.extend(comparison.node(at).in_place().map(|id| At { side: at.side, id }));
        }
    }
    found.into_iter().collect()
}

/// What a schema says about a field.
enum Names<'n> {
    /// One name.
    One(&'n str),
    /// Names that no schema lists, matching this expression and perhaps others.
    Matching(&'n Pattern),
    /// Names that no schema lists and no expression matches.
    Other,
}

impl Comparison<'_> {
    pub(super) fn proves_properties(&mut self, state: &State, sup: At, report: bool) -> bool {
        let node = self.node(sup);
        if node.properties.is_empty()
            && node.pattern_properties.is_empty()
            && node.additional_properties.is_none()
            && node.unevaluated_properties.is_none()
        {
            return true;
        }
        // What `unevaluatedProperties` leaves to itself: the names that nothing lists which always applies.
        let evaluators = if node.unevaluated_properties.is_some() {
            always(self, sup)
        } else {
            vec![sup]
        };
        let all_evaluated = |at: &At| {
            let other = self.node(*at);
            other.additional_properties.is_some() || *at != sup && other.unevaluated_properties.is_some()
        };
        let unevaluated = node.unevaluated_properties.filter(|_| !evaluators.iter().any(all_evaluated));
        let mut names: BTreeSet<&str> = evaluators
            .iter()
            .flat_map(|at| self.node(*at).properties.keys())
            .map(String::as_str)
            .collect();
        let mut patterns: Vec<&Pattern> = evaluators
            .iter()
            .flat_map(|at| &self.node(*at).pattern_properties)
            .map(|(pattern, _)| pattern)
            .collect();
        let nodes: Vec<&Node> = state.nodes(self).collect();
        names.extend(nodes.iter().flat_map(|part| part.properties.keys()).map(String::as_str));
        // A name that may be evaluated by a part that need not hold is not one of those that are left to `unevaluatedProperties`.
        let unsure: Vec<At> = state
            .parts
            .iter()
            .filter(|at| self.node(**at).unevaluated_properties.is_some())
            .flat_map(|at| perhaps(self, *at))
            .collect();
        if self.is_exhausted() {
            return false;
        }
        names.extend(unsure.iter().flat_map(|at| self.node(*at).properties.keys()).map(String::as_str));
        let present = state.present(self);
        names.extend(present.iter().map(String::as_str));
        patterns.extend(nodes.iter().flat_map(|part| &part.pattern_properties).map(|(pattern, _)| pattern));
        patterns.sort_unstable_by_key(|pattern| pattern.source());
        patterns.dedup_by_key(|pattern| pattern.source());
        let mut proven = true;
        let kinds = names
            .iter()
            .copied()
            .map(Names::One)
            .chain(patterns.iter().copied().map(Names::Matching))
            .chain([Names::Other]);
        for kind in kinds {
            if !self.spend(nodes.len() + node.pattern_properties.len()) || !proven && !report {
                return false;
            }
            proven &= self.proves_field(state, sup, &evaluators, unevaluated, &kind, report);
        }
        proven
    }

    /// Proves what the schema says about fields of one kind.
    fn proves_field(
        &mut self,
        state: &State,
        sup: At,
        evaluators: &[At],
        unevaluated: Option<NodeId>,
        kind: &Names<'_>,
        report: bool,
    ) -> bool {
        let node = self.node(sup);
        let mut required: Vec<NodeId> = Vec::new();
        let mut is_listed = false;
        match kind {
            Names::One(name) => {
                required.extend(node.properties.get(*name));
                required.extend(
                    node.pattern_properties
                        .iter()
                        .filter(|(pattern, _)| pattern.matches(name))
                        .map(|(_, id)| *id),
                );
                is_listed = !required.is_empty();
            }
            Names::Matching(held) => {
                for (pattern, id) in &node.pattern_properties {
                    // Names that match both are among those of the other expression, too.
                    if pattern.source() == held.source() {
                        required.push(*id);
                        is_listed = true;
                    } else if self.implies(held, pattern) {
                        is_listed = true;
                    }
                }
            }
            Names::Other => {}
        }
        if !is_listed {
            required.extend(node.additional_properties);
            let evaluated = |at: &At| match kind {
                Names::One(name) => is_evaluated(self.node(*at), name),
                Names::Matching(held) => self
                    .node(*at)
                    .pattern_properties
                    .iter()
                    .any(|(pattern, _)| self.implies(held, pattern)),
                Names::Other => false,
            };
            if !evaluators.iter().any(evaluated) {
                required.extend(unevaluated);
            }
        }
        if required.is_empty() {
            return true;
        }
        if let Names::One(name) = kind
            && !self.may_have_name(state, name)
        {
            return true;
        }
        let cases = self.field_cases(state, kind);
        let mut proven = true;
        for case in cases {
            for id in &required {
                let target = At { side: sup.side, id: *id };
                let covered = self.inside(|comparison| comparison.attempt(|comparison| comparison.covers(&case, target, false)));
                proven &= covered;
                if covered {
                    continue;
                }
                if !report {
                    return false;
                }
                if self.node(target).never && !self.node(sup).properties.values().any(|own| own == id) {
                    match kind {
                        Names::One(name) => self.report(state.lead, sup, &Finding::Field((*name).to_owned(), case.lead)),
                        Names::Matching(pattern) => self.report(state.lead, sup, &Finding::FieldsMatching(pattern.source().to_owned())),
                        Names::Other => self.report(state.lead, sup, &Finding::OtherFields),
                    }
                } else {
                    self.inside(|comparison| comparison.covers(&case, target, true));
                }
            }
        }
        proven
    }

    /// What is known about the value of the field with this name: one state for each case, none if there can be no such field.
    pub(super) fn cases_of_field(&mut self, state: &State, name: &str) -> Vec<State> {
        if self.may_have_name(state, name) {
            self.field_cases(state, &Names::One(name))
        } else {
            Vec::new()
        }
    }

    /// What is known about the value of a field of this kind: one state for each case.
    fn field_cases(&mut self, state: &State, kind: &Names<'_>) -> Vec<State> {
        let mut parts: Vec<At> = Vec::new();
        // For each part whose expressions may match or not: the schemas of which one applies.
        let mut open: Vec<Vec<Option<At>>> = Vec::new();
        for at in &state.parts {
            let node = self.node(*at);
            let here = |id: NodeId| At { side: at.side, id };
            match kind {
                Names::One(name) => {
                    let before = parts.len();
                    parts.extend(node.properties.get(*name).copied().map(here));
                    parts.extend(
                        node.pattern_properties
                            .iter()
                            .filter(|(pattern, _)| pattern.matches(name))
                            .map(|(_, id)| here(*id)),
                    );
                    if parts.len() == before {
                        parts.extend(node.additional_properties.map(here));
                        parts.extend(self.unevaluated_of(*at, Some(name)));
                    }
                }
                Names::Matching(held) => {
                    let certain: Vec<At> = node
                        .pattern_properties
                        .iter()
                        .filter(|(pattern, _)| self.implies(held, pattern))
                        .map(|(_, id)| here(*id))
                        .collect();
                    if !certain.is_empty() {
                        parts.extend(certain);
                    } else if node.pattern_properties.is_empty() {
                        parts.extend(node.additional_properties.map(here));
                        parts.extend(self.unevaluated_of(*at, None));
                    } else {
                        let perhaps = node
                            .pattern_properties
                            .iter()
                            .filter(|(pattern, _)| !self.excludes(held, pattern))
                            .map(|(_, id)| Some(here(*id)));
                        open.push(perhaps.chain([node.additional_properties.map(here)]).collect());
                    }
                }
                Names::Other => {
                    parts.extend(node.additional_properties.map(here));
                    parts.extend(self.unevaluated_of(*at, None));
                }
            }
        }
        let mut choices: Vec<Vec<At>> = vec![parts];
        // One part with a choice is enough to be precise; the others are left out, which only proves less.
        if let Some(alternatives) = open.into_iter().next() {
            choices = alternatives
                .into_iter()
                .map(|choice| choices[0].iter().copied().chain(choice).collect())
                .collect();
        }
        choices.into_iter().map(|parts| State::of(self, parts)).collect()
    }

    /// The schema of `unevaluatedProperties`, if it certainly applies to the field (`None`: to a field that no schema lists).
    fn unevaluated_of(&mut self, at: At, name: Option<&str>) -> Option<At> {
        let node = self.node(at);
        let id = node.unevaluated_properties?;
        let evaluates = |other: &Node| {
            other.additional_properties.is_some()
                || other.unevaluated_properties.is_some()
                || !other.pattern_properties.is_empty()
                || name.is_some_and(|name| other.properties.contains_key(name))
        };
        let own = node.additional_properties.is_some() || name.is_none() && !node.pattern_properties.is_empty();
        if own {
            return None;
        }
        let others = perhaps(self, at);
        let applies = self.spend(others.len()) && !others.into_iter().any(|at| evaluates(self.node(at)));
        applies.then_some(At { side: at.side, id })
    }

    /// Whether a value of the state may have a field with this name.
    fn may_have_name(&mut self, state: &State, name: &str) -> bool {
        let name = serde_json::Value::String(name.to_owned());
        state.parts.iter().all(|at| {
            let names = self.node(*at).property_names;
            names.is_none_or(|id| self.value_satisfies(At { side: at.side, id }, &name) != Some(false))
        })
    }

    pub(super) fn proves_property_names(&mut self, state: &State, sup: At) -> bool {
        let Some(target) = self.node(sup).property_names.map(|id| At { side: sup.side, id }) else {
            return true;
        };
        let known: Vec<At> = state
            .parts
            .iter()
            .filter_map(|at| self.node(*at).property_names.map(|id| At { side: at.side, id }))
            .collect();
        let names = State::of(self, known).of_type(Types::NONE.and_also(Type::String));
        if self.inside(|comparison| comparison.attempt(|comparison| comparison.covers(&names, target, false))) {
            return true;
        }
        // A closed object has no other names than those that it lists.
        let closed = state.parts.iter().find(|at| {
            let node = self.node(**at);
            node.pattern_properties.is_empty()
                && node
                    .additional_properties
                    .is_some_and(|id| self.node(At { side: at.side, id }).never)
        });
        let Some(closed) = closed.copied() else { return false };
        let listed: Vec<String> = self.node(closed).properties.keys().cloned().collect();
        listed.into_iter().all(|name| {
            let kind = Names::One(&name);
            !self.may_have_name(state, &name)
                || self.value_satisfies(target, &serde_json::Value::String(name.clone())) == Some(true)
                || self
                    .field_cases(state, &kind)
                    .into_iter()
                    .all(|case| self.inside(|comparison| comparison.is_empty(&case, 0)))
        })
    }

    pub(super) fn proves_dependent_schemas(&mut self, state: &State, sup: At, report: bool) -> bool {
        let mut proven = true;
        for (name, id) in &self.node(sup).dependent_schemas {
            if !self.spend(state.parts.len()) || !proven && !report {
                return false;
            }
            let having = state.having(self, name);
            proven &= self.covers(&having, At { side: sup.side, id: *id }, report);
        }
        proven
    }
}

/// Whether `properties` or `patternProperties` of a subschema list the name.
fn is_evaluated(node: &Node, name: &str) -> bool {
    node.properties.contains_key(name) || node.pattern_properties.iter().any(|(pattern, _)| pattern.matches(name))
}
