//! The proof that no value is in a state: two subschemas exclude each other, or one contradicts itself.

use super::{
    Comparison,
    state::{SPLITS_MAX, State},
};
use crate::types::{Type, Types};

impl Comparison<'_> {
    /// Whether certainly no value is in the state. `reach` is how many levels into the data the proof may go.
    pub(super) fn is_empty(&mut self, state: &State, reach: u8) -> bool {
        if !self.spend(1 + state.parts.len() + state.nots.len()) {
            return false;
        }
        let types = state.types(self);
        if types.is_empty() {
            return true;
        }
        if self.is_excluded(state) {
            return true;
        }
        if let Some(values) = state.values(self) {
            return values.is_empty();
        }
        if types.each().all(|one| self.is_type_empty(state, one, reach)) {
            return true;
        }
        if reach == 0 || state.splits >= SPLITS_MAX {
            return false;
        }
        let Some(alternatives) = self.alternatives(state) else {
            return false;
        };
        alternatives.iter().all(|alternative| self.is_empty(alternative, reach))
    }

    /// Whether the values satisfy a subschema that they are known not to satisfy.
    fn is_excluded(&mut self, state: &State) -> bool {
        if self.without_exclusions {
            return false;
        }
        for not in &state.nots {
            if !self.spend(state.parts.len()) {
                return false;
            }
            if self.node(*not).is_unrestricted() || state.parts.iter().any(|part| self.are_same(*part, *not)) {
                return true;
            }
            // Exclusions must not be used to prove themselves.
            self.without_exclusions = true;
            let covered = self.attempt(|comparison| comparison.covers(state, *not, false));
            self.without_exclusions = false;
            if covered {
                return true;
            }
        }
        false
    }

    fn is_type_empty(&mut self, state: &State, one: Types, reach: u8) -> bool {
        let is = |kind: Type| one.has(kind);
        if is(Type::Integer) || is(Type::Fraction) {
            let of_this = state.of_type(one);
            let (Some((lower, lower_excluded)), Some((upper, upper_excluded))) = (of_this.lower(self), of_this.upper(self)) else {
                return false;
            };
            let order = lower.compare(upper);
            return order.is_gt() || order.is_eq() && (lower_excluded || upper_excluded);
        }
        if is(Type::String) {
            return state.max_length(self).is_some_and(|most| most < state.min_length(self)) || self.have_exclusive_patterns(state);
        }
        if is(Type::Array) {
            let least = state.min_items(self);
            return state.max_items(self).is_some_and(|most| most < least) || reach > 0 && self.is_some_item_empty(state, least, reach);
        }
        if is(Type::Object) {
            return state.max_properties(self).is_some_and(|most| most < state.min_properties(self))
                || reach > 0 && self.is_some_field_empty(state, reach);
        }
        false
    }

    fn have_exclusive_patterns(&mut self, state: &State) -> bool {
        let patterns: Vec<_> = state.nodes(self).filter_map(|node| node.pattern.as_ref()).collect();
        patterns
            .iter()
            .enumerate()
            .any(|(index, pattern)| patterns[..index].iter().any(|other| self.spend(1) && self.excludes(pattern, other)))
    }

    fn is_some_item_empty(&mut self, state: &State, least: u64, reach: u8) -> bool {
        let prefix = state.nodes(self).map(|node| node.prefix_items.len()).max().unwrap_or_default();
        (0..prefix.min(8))
            .take_while(|index| (*index as u64) < least)
            .collect::<Vec<_>>()
            .into_iter()
            .any(|index| {
                let item = self.item(state, Some(index));
                self.inside(|comparison| comparison.is_empty(&item, reach - 1))
            })
            || (least > prefix as u64 && {
                let item = self.item(state, None);
                self.inside(|comparison| comparison.is_empty(&item, reach - 1))
            })
    }

    fn is_some_field_empty(&mut self, state: &State, reach: u8) -> bool {
        let present = state.present(self);
        present.iter().any(|name| {
            let cases = self.cases_of_field(state, name);
            cases.is_empty()
                || cases
                    .iter()
                    .all(|case| self.inside(|comparison| comparison.is_empty(case, reach - 1)))
        })
    }
}
