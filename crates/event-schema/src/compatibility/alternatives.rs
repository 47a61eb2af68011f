//! `anyOf`, `oneOf` and `if`: proofs by cases.

use std::collections::HashSet;

use super::{At, Comparison, sentences::Finding, state::State};
use crate::types::Types;

/// Up to this many branches of `oneOf`, those that are not chosen are known not to hold.
const EXCLUDED_MAX: usize = 32;

impl Comparison<'_> {
    /// The cases of the first alternative of the state that has not been chosen yet. One of them holds for every value.
    pub(super) fn alternatives(&mut self, state: &State) -> Option<Vec<State>> {
        for at in &state.parts {
            let node = self.node(*at);
            let here = |id: &usize| At { side: at.side, id: *id };
            for (branches, exclusive) in [(&node.any_of, false), (&node.one_of, true)] {
                let branches: Vec<At> = branches.iter().map(here).collect();
                if branches.is_empty() || branches.iter().any(|branch| state.parts.contains(branch)) {
                    continue;
                }
                let exclusive = exclusive && branches.len() <= EXCLUDED_MAX;
                if !self.spend(branches.len() * (1 + state.parts.len() + state.nots.len())) {
                    return None;
                }
                let case = |branch: &At| {
                    let mut case = state.with(self, [*branch]);
                    if exclusive {
                        case = case.without(branches.iter().copied().filter(|other| other != branch));
                    }
                    case.branch = Some(*branch);
                    case.splits += 1;
                    case
                };
                // A proof needs all cases, so there is none when the limit of work is reached.
                return branches.iter().map(|branch| self.spend(1).then(|| case(branch))).collect();
            }
            if let Some(condition) = node.condition.map(|id| here(&id))
                && (node.then.is_some() || node.otherwise.is_some())
                && !state.parts.contains(&condition)
                && !state.nots.contains(&condition)
            {
                let mut holds = state.with(self, [condition].into_iter().chain(node.then.as_ref().map(here)));
                let mut fails = state.with(self, node.otherwise.as_ref().map(here)).without([condition]);
                holds.splits += 1;
                fails.splits += 1;
                return Some(vec![holds, fails]);
            }
        }
        None
    }

    pub(super) fn proves_any_of(&mut self, state: &State, sup: At, report: bool) -> bool {
        let branches: Vec<At> = self.node(sup).any_of.iter().map(|id| At { side: sup.side, id: *id }).collect();
        self.proves_choice(state, sup, &branches, report, |comparison, piece, branch| {
            comparison.covers(piece, branch, false)
        })
    }

    pub(super) fn proves_one_of(&mut self, state: &State, sup: At, report: bool) -> bool {
        let branches: Vec<At> = self.node(sup).one_of.iter().map(|id| At { side: sup.side, id: *id }).collect();
        let held: Vec<(At, &Vec<usize>)> = state.parts.iter().map(|at| (*at, &self.node(*at).one_of)).collect();
        for (at, parts) in held {
            let parts: Vec<At> = parts.iter().map(|id| At { side: at.side, id: *id }).collect();
            if parts.len() == branches.len() && self.are_permutations(&parts, &branches) {
                return true;
            }
        }
        let all = branches.clone();
        self.proves_choice(state, sup, &branches, report, |comparison, piece, branch| {
            comparison.covers(piece, branch, false)
                && all.iter().filter(|other| **other != branch).all(|other| {
                    if !comparison.spend(piece.parts.len()) {
                        return false;
                    }
                    let both = piece.with(comparison, [*other]);
                    comparison.is_empty(&both, 3)
                })
        })
    }

    /// Proves that one of the branches holds for the state, or for each type of value that it has.
    fn proves_choice(
        &mut self,
        state: &State,
        sup: At,
        branches: &[At],
        report: bool,
        holds: impl Fn(&mut Self, &State, At) -> bool,
    ) -> bool {
        let found = |comparison: &mut Self, piece: &State| {
            if !comparison.spend(branches.len() + piece.parts.len()) {
                return false;
            }
            // The branch at the same place first: usually it is the one.
            let place = |at: &At| comparison.node(*at).place.as_ref().map(|place| &place.1);
            let places: HashSet<_> = piece.parts.iter().map(place).collect();
            let same = |branch: &At| places.contains(&place(branch));
            let (mut first, rest): (Vec<At>, Vec<At>) = branches.iter().partition(|branch| same(branch));
            first.extend(rest);
            first
                .into_iter()
                .any(|branch| comparison.spend(1) && comparison.attempt(|comparison| holds(comparison, piece, branch)))
        };
        if found(self, state) {
            return true;
        }
        let types = state.types(self);
        if types.len() <= 1 && !report {
            return false;
        }
        let pieces: Vec<State> = if types.len() > 1 {
            types.each().map(|one| state.of_type(one)).collect()
        } else {
            vec![state.clone()]
        };
        let mut proven = true;
        let mut unproven = Types::NONE;
        for piece in &pieces {
            let covered = pieces.len() > 1 && found(self, piece);
            proven &= covered;
            if covered {
                continue;
            }
            if !report {
                return false;
            }
            unproven = unproven.union(piece.types(self));
        }
        if report && !unproven.is_empty() {
            let rest = state.of_type(unproven);
            self.report_choice(&rest, sup, branches, unproven);
        }
        proven
    }

    /// Reports why no branch was proven: by what changed inside the one that was meant, if that can be told.
    fn report_choice(&mut self, state: &State, sup: At, branches: &[At], types: Types) {
        let keyword = if self.node(sup).any_of.len() == branches.len() && !self.node(sup).any_of.is_empty() {
            "anyOf"
        } else {
            "oneOf"
        };
        let mut accepted = Types::NONE;
        for branch in branches {
            if !self.spend(1) {
                return;
            }
            accepted = accepted.union(State::of(self, vec![*branch]).types(self));
        }
        let lost = types.without(accepted);
        if !lost.is_empty() {
            self.report(state.lead, sup, &Finding::Types(lost));
        }
        let rest = state.of_type(accepted);
        if rest.types(self).is_empty() {
            return;
        }
        let before = self.changes.len();
        let meant: Vec<At> = branches
            .iter()
            .copied()
            .filter(|branch| self.spend(rest.parts.len()) && !self.is_empty(&rest.with(self, [*branch]), 3))
            .collect();
        if let [one] = meant[..] {
            let mut rest = rest.clone();
            rest.lead = rest.branch.or(rest.lead);
            if !self.attempt(|comparison| comparison.covers(&rest, one, false)) {
                self.covers(&rest, one, true);
            }
        }
        if self.changes.len() == before {
            let finding = state.branch.map_or(Finding::Undecided(keyword), Finding::Branch);
            self.report(state.lead, sup, &finding);
        }
    }

    pub(super) fn proves_condition(&mut self, state: &State, sup: At, report: bool) -> bool {
        let node = self.node(sup);
        let here = |id: usize| At { side: sup.side, id };
        let Some(condition) = node.condition.map(here) else { return true };
        let mut proven = true;
        if let Some(then) = node.then.map(here) {
            let holds = state.with(self, [condition]);
            proven &= self.covers(&holds, then, report);
        }
        if let Some(otherwise) = node.otherwise.map(here)
            && (proven || report)
        {
            let fails = state.without([condition]);
            proven &= self.covers(&fails, otherwise, report);
        }
        proven
    }
}
