//! What regular expressions match, compared: whether one matches all that another matches, or nothing of it.

use std::collections::HashSet;

use regex_automata::{
    Input,
    dfa::{
        Automaton, StartKind,
        dense::{Builder, Config, DFA},
    },
    nfa::thompson,
    util::primitives::StateID,
};

use crate::pattern::Pattern;

/// Maximum memory of the automaton of one expression, in bytes.
const AUTOMATON_BYTES: usize = 512 * 1024;

/// The automaton of an expression, unless it is too large.
#[derive(Debug)]
pub(crate) struct Language(DFA<Vec<u32>>);

/// Where an automaton stands after some bytes; `None` once the expression has matched.
type Place = Option<StateID>;

impl Language {
    pub(crate) fn of(pattern: &Pattern) -> Option<Self> {
        let limits = Config::new()
            .start_kind(StartKind::Unanchored)
            .dfa_size_limit(Some(AUTOMATON_BYTES))
            .determinize_size_limit(Some(AUTOMATON_BYTES));
        let nfa = thompson::Config::new().nfa_size_limit(Some(AUTOMATON_BYTES));
        Builder::new()
            .configure(limits)
            .thompson(nfa)
            .build(pattern.translated())
            .ok()
            .map(Self)
    }

    fn start(&self) -> Option<Place> {
        let start = self.0.start_state_forward(&Input::new("")).ok()?;
        Some(self.place(start))
    }

    fn place(&self, state: StateID) -> Place {
        (!self.0.is_match_state(state)).then_some(state)
    }

    fn after(&self, place: Place, byte: u8) -> Place {
        place.and_then(|state| self.place(self.0.next_state(state, byte)))
    }

    /// Whether the expression has matched if the text ends here.
    fn matches(&self, place: Place) -> bool {
        place.is_none_or(|state| self.0.is_match_state(self.0.next_eoi_state(state)))
    }

    /// Whether the automaton gave up, or never matches from here.
    fn gave_up(&self, place: Place) -> bool {
        place.is_some_and(|state| self.0.is_quit_state(state))
    }

    fn is_dead(&self, place: Place) -> bool {
        place.is_some_and(|state| self.0.is_dead_state(state))
    }
}

/// Looks for a text after which the two expressions have matched, or not, as `found` asks. Returns whether there certainly is none. `budget` is
/// reduced by the work.
fn is_impossible(
    one: &Language,
    other: &Language,
    budget: &mut usize,
    found: impl Fn(bool, bool) -> bool,
    hopeless: impl Fn(Place, Place) -> bool,
) -> bool {
    let (Some(start), Some(other_start)) = (one.start(), other.start()) else {
        return false;
    };
    let classes = representatives(one, other);
    let mut seen: HashSet<(Place, Place)> = HashSet::from([(start, other_start)]);
    let mut open = vec![(start, other_start)];
    while let Some((place, other_place)) = open.pop() {
        if *budget == 0 || one.gave_up(place) || other.gave_up(other_place) {
            return false;
        }
        *budget -= 1;
        if found(one.matches(place), other.matches(other_place)) {
            return false;
        }
        for byte in &classes {
            let next = (one.after(place, *byte), other.after(other_place, *byte));
            if !hopeless(next.0, next.1) && seen.insert(next) {
                open.push(next);
            }
        }
    }
    true
}

/// One byte of each class that neither automaton tells apart.
fn representatives(one: &Language, other: &Language) -> Vec<u8> {
    let mut classes = HashSet::new();
    (0..=u8::MAX)
        .filter(|byte| classes.insert((one.0.byte_classes().get(*byte), other.0.byte_classes().get(*byte))))
        .collect()
}

/// Whether certainly every text that the first expression matches is matched by the second.
pub(crate) fn implies(one: &Language, other: &Language, budget: &mut usize) -> bool {
    is_impossible(
        one,
        other,
        budget,
        |matches, other_matches| matches && !other_matches,
        |place, other_place| one.is_dead(place) || other_place.is_none(),
    )
}

/// Whether certainly no text is matched by both expressions.
pub(crate) fn exclude(one: &Language, other: &Language, budget: &mut usize) -> bool {
    is_impossible(
        one,
        other,
        budget,
        |matches, other_matches| matches && other_matches,
        |place, other_place| one.is_dead(place) || other.is_dead(other_place),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(source: &str) -> Language {
        Language::of(&Pattern::admit(source).unwrap()).unwrap()
    }

    #[test]
    fn inclusion_is_found() {
        for (one, other, forth, back) in [
            ("^[a-z]+$", "^[a-z0-9]+$", true, false),
            ("^a", "a", true, false),
            ("^\\d$", "^[0-9]$", true, true),
            ("^(a|b)+$", "^[ab]+$", true, true),
            ("^(a|b)*$", "^[ab]+$", false, true),
            ("abc", "b", true, false),
            ("^a{2,3}$", "^a{1,4}$", true, false),
            ("^a$", "^b$", false, false),
            ("^é$", "^[à-ü]$", true, false),
            ("^x", "", true, false),
            ("^a", "^a.*", true, true),
        ] {
            let (one_language, other_language) = (language(one), language(other));
            assert_eq!(implies(&one_language, &other_language, &mut 10_000), forth, "{one} {other}");
            assert_eq!(implies(&other_language, &one_language, &mut 10_000), back, "{other} {one}");
        }
    }

    #[test]
    fn exclusion_is_found() {
        for (one, other, expected) in [
            ("^x-", "^y-", true),
            ("^[a-z]+$", "^[0-9]+$", true),
            ("^[a-z]*$", "^[0-9]*$", false),
            ("a", "b", false),
            ("a$", "^b", false),
            ("^a$", "^..$", true),
        ] {
            assert_eq!(exclude(&language(one), &language(other), &mut 10_000), expected, "{one} {other}");
        }
    }

    #[test]
    fn without_budget_nothing_is_certain() {
        assert!(!implies(&language("^[a-z]+$"), &language("^[a-z0-9]+$"), &mut 1));
        assert!(!exclude(&language("^[a-z]+x$"), &language("^[0-9]+$"), &mut 0));
    }
}
