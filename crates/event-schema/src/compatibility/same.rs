//! Subschemas that say the same in the same way: titles, descriptions, the order of names and the names of definitions do not matter.

use std::collections::BTreeMap;

use super::{At, Comparison};
use crate::graph::{Node, NodeId, Values};
use crate::number::Exact;

impl Comparison<'_> {
    /// Whether two subschemas say the same. False says nothing: it may also mean that finding out takes too long.
    pub(super) fn are_same(&mut self, left: At, right: At) -> bool {
        if left == right || self.same.contains(&(left, right)) {
            return true;
        }
        if self.different.contains(&(left, right)) || !self.spend(1) {
            return false;
        }
        // References may lead back here: the two are the same unless a difference is found.
        let before = self.same_trail.len();
        self.same.insert((left, right));
        self.same_trail.push((left, right));
        if self.have_same_values(left, right) && self.have_same_children(left, right) {
            return true;
        }
        for pair in self.same_trail.drain(before..) {
            self.same.remove(&pair);
        }
        if !self.is_exhausted() {
            self.different.insert((left, right));
        }
        false
    }

    fn have_same_values(&self, left: At, right: At) -> bool {
        let (a, b) = (self.node(left), self.node(right));
        let same_values = |a: &Option<Values>, b: &Option<Values>| match (a, b) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            _ => false,
        };
        let number = |number: &Option<serde_json::Number>| number.as_ref().map(Exact::of);
        let known = |node: &Node| node.format.as_deref().and_then(crate::evaluate::known_format);
        a.never == b.never
            && a.types == b.types
            && same_values(&a.constant, &b.constant)
            && same_values(&a.options, &b.options)
            && number(&a.minimum) == number(&b.minimum)
            && number(&a.maximum) == number(&b.maximum)
            && number(&a.exclusive_minimum) == number(&b.exclusive_minimum)
            && number(&a.exclusive_maximum) == number(&b.exclusive_maximum)
            && a.multiple_of.as_ref().map(|divisor| Exact::of(&divisor.number))
                == b.multiple_of.as_ref().map(|divisor| Exact::of(&divisor.number))
            && (a.min_length, a.max_length) == (b.min_length, b.max_length)
            && a.pattern.as_ref().map(|pattern| pattern.source()) == b.pattern.as_ref().map(|pattern| pattern.source())
            && known(a) == known(b)
            && (a.min_properties, a.max_properties) == (b.min_properties, b.max_properties)
            && a.required == b.required
            && a.dependent_required == b.dependent_required
            && (a.min_items, a.max_items, a.unique_items) == (b.min_items, b.max_items, b.unique_items)
            && (a.min_contains, a.max_contains) == (b.min_contains, b.max_contains)
    }

    fn have_same_children(&mut self, left: At, right: At) -> bool {
        let (a, b) = (self.node(left), self.node(right));
        let patterns = |node: &Node| {
            node.pattern_properties
                .iter()
                .map(|(pattern, id)| (pattern.source().to_owned(), *id))
                .collect::<BTreeMap<_, _>>()
        };
        let single = |node: &Node| {
            [
                node.additional_properties,
                node.unevaluated_properties,
                node.property_names,
                node.items,
                node.unevaluated_items,
                node.contains,
                node.not,
                node.condition,
                node.then,
                node.otherwise,
            ]
        };
        let side = |side: usize, ids: &[NodeId]| ids.iter().map(|id| At { side, id: *id }).collect::<Vec<_>>();
        let targets = |node: &Node| node.references.iter().map(|(_, target)| *target).collect::<Vec<_>>();
        if a.prefix_items.len() != b.prefix_items.len() {
            return false;
        }
        let pairs: Vec<_> = single(a).into_iter().zip(single(b)).collect();
        for (one, other) in pairs {
            let same = match (one, other) {
                (Some(one), Some(other)) => self.are_same(
                    At { side: left.side, id: one },
                    At {
                        side: right.side,
                        id: other,
                    },
                ),
                (None, None) => true,
                _ => false,
            };
            if !same {
                return false;
            }
        }
        let prefixes = a.prefix_items.iter().zip(&b.prefix_items);
        prefixes.into_iter().all(|(one, other)| {
            self.are_same(
                At { side: left.side, id: *one },
                At {
                    side: right.side,
                    id: *other,
                },
            )
        }) && self.are_same_maps(left.side, &a.properties, right.side, &b.properties)
            && self.are_same_maps(left.side, &a.dependent_schemas, right.side, &b.dependent_schemas)
            && self.are_same_maps(left.side, &patterns(a), right.side, &patterns(b))
            && self.are_permutations(&side(left.side, &targets(a)), &side(right.side, &targets(b)))
            && self.are_permutations(&side(left.side, &a.all_of), &side(right.side, &b.all_of))
            && self.are_permutations(&side(left.side, &a.any_of), &side(right.side, &b.any_of))
            && self.are_permutations(&side(left.side, &a.one_of), &side(right.side, &b.one_of))
    }

    fn are_same_maps(&mut self, left: usize, a: &BTreeMap<String, NodeId>, right: usize, b: &BTreeMap<String, NodeId>) -> bool {
        a.len() == b.len()
            && a.iter().zip(b).all(|((name, one), (other_name, other))| {
                name == other_name && self.are_same(At { side: left, id: *one }, At { side: right, id: *other })
            })
    }

    /// Whether each subschema of one list is the same as one of the other, whatever their order.
    pub(super) fn are_permutations(&mut self, left: &[At], right: &[At]) -> bool {
        if left.len() != right.len() {
            return false;
        }
        let mut rest: Vec<At> = right.to_vec();
        for (index, one) in left.iter().enumerate() {
            // Usually nothing moved.
            let in_place = rest
                .iter()
                .position(|other| *other == right[index])
                .filter(|place| self.are_same(*one, rest[*place]));
            let found = in_place.or_else(|| (0..rest.len()).find(|place| self.are_same(*one, rest[*place])));
            let Some(found) = found else { return false };
            rest.remove(found);
        }
        true
    }
}
