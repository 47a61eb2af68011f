//! Lists: the first items, the others, and those that `contains` counts.

use super::{At, Comparison, members::perhaps, state::State};
use crate::graph::{Node, NodeId};

impl Comparison<'_> {
    pub(super) fn proves_items(&mut self, state: &State, sup: At, report: bool) -> bool {
        let node = self.node(sup);
        if node.prefix_items.is_empty() && node.items.is_none() && node.unevaluated_items.is_none() {
            return true;
        }
        let (unevaluated, evaluated_to) = self.left_to_unevaluated(sup);
        let most = state.max_items(self);
        let longest = state
            .nodes(self)
            .chain([node])
            .map(|part| part.prefix_items.len())
            .max()
            .unwrap_or_default()
            .max(evaluated_to);
        let mut proven = true;
        // The items before the longest prefix one by one, then all others together.
        for index in 0..=longest {
            if most.is_some_and(|most| most <= index as u64) || !proven && !report {
                break;
            }
            if !self.spend(state.parts.len()) {
                return false;
            }
            let mut required: Vec<NodeId> = node.prefix_items.get(index).copied().or(node.items).into_iter().collect();
            if required.is_empty() && index >= evaluated_to {
                required.extend(unevaluated);
            }
            if required.is_empty() {
                continue;
            }
            let item = self.item(state, (index < longest).then_some(index));
            for id in required {
                let target = At { side: sup.side, id };
                if self.inside(|comparison| comparison.attempt(|comparison| comparison.covers(&item, target, false))) {
                    continue;
                }
                proven = false;
                if report {
                    self.inside(|comparison| comparison.covers(&item, target, true));
                }
            }
        }
        proven
    }

    /// The schema of `unevaluatedItems`, if items may be left to it, and how many items are certainly not.
    fn left_to_unevaluated(&self, sup: At) -> (Option<NodeId>, usize) {
        let Some(id) = self.node(sup).unevaluated_items else {
            return (None, 0);
        };
        let mut evaluated_to = 0;
        let mut open = vec![sup];
        while let Some(at) = open.pop() {
            let node = self.node(at);
            if node.items.is_some() || at != sup && node.unevaluated_items.is_some() {
                return (None, 0);
            }
            evaluated_to = evaluated_to.max(node.prefix_items.len());
            open.extend(
                node.references
                    .iter()
                    .map(|(_, target)| target)
                    .chain(&node.all_of)
                    .map(|id| At { side: at.side, id: *id }),
            );
        }
        (Some(id), evaluated_to)
    }

    /// What is known about the item at the index, or about an item after every prefix.
    pub(super) fn item(&mut self, state: &State, index: Option<usize>) -> State {
        let mut parts = Vec::new();
        for at in &state.parts {
            let node = self.node(*at);
            let listed = index.and_then(|index| node.prefix_items.get(index)).copied().or(node.items);
            let id = listed.or_else(|| node.unevaluated_items.filter(|_| self.leaves_items(*at)));
            parts.extend(id.map(|id| At { side: at.side, id }));
        }
        State::of(self, parts)
    }

    /// Whether nothing but the subschema's own prefix evaluates items, so that the others certainly are left to its `unevaluatedItems`.
    fn leaves_items(&self, at: At) -> bool {
        let evaluates = |node: &Node| {
            !node.prefix_items.is_empty() || node.items.is_some() || node.contains.is_some() || node.unevaluated_items.is_some()
        };
        self.node(at).contains.is_none() && !perhaps(self, at).into_iter().any(|at| evaluates(self.node(at)))
    }

    pub(super) fn proves_contains(&mut self, state: &State, sup: At) -> bool {
        let node = self.node(sup);
        let Some(target) = node.contains.map(|id| At { side: sup.side, id }) else {
            return true;
        };
        let least = node.min_contains.unwrap_or(1);
        self.contains_at_least(state, target, least) && node.max_contains.is_none_or(|most| self.contains_at_most(state, target, most))
    }

    fn contains_at_least(&mut self, state: &State, target: At, least: u64) -> bool {
        if least == 0 {
            return true;
        }
        for at in &state.parts {
            let part = self.node(*at);
            let Some(held) = part.contains.filter(|_| part.min_contains.unwrap_or(1) >= least) else {
                continue;
            };
            if !self.spend(1) {
                return false;
            }
            let found = State::of(self, vec![At { side: at.side, id: held }]);
            if self.inside(|comparison| comparison.attempt(|comparison| comparison.covers(&found, target, false))) {
                return true;
            }
        }
        // Every item satisfies it, and there are enough.
        let no_prefix = state.nodes(self).all(|part| part.prefix_items.is_empty());
        no_prefix && state.min_items(self) >= least && {
            let item = self.item(state, None);
            self.inside(|comparison| comparison.attempt(|comparison| comparison.covers(&item, target, false)))
        }
    }

    fn contains_at_most(&mut self, state: &State, target: At, most: u64) -> bool {
        if state.max_items(self).is_some_and(|items| items <= most) {
            return true;
        }
        let counted = State::of(self, vec![target]);
        for at in &state.parts {
            let part = self.node(*at);
            let Some(held) = part.contains.filter(|_| part.max_contains.is_some_and(|limit| limit <= most)) else {
                continue;
            };
            let held = At { side: at.side, id: held };
            if self.inside(|comparison| comparison.attempt(|comparison| comparison.covers(&counted, held, false))) {
                return true;
            }
        }
        false
    }
}
