//! Regular expressions that are compared once per comparison.

use std::{cell::RefCell, collections::HashMap};

use super::Comparison;
use crate::{
    language::{self, Language},
    pattern::Pattern,
};

/// Maximum work of comparing all expressions of two schemas, in pairs of states.
const STATES_MAX: usize = 40_000;

/// Maximum work of comparing two expressions.
const STATES_OF_ONE_MAX: usize = 10_000;

/// The results so far.
pub(super) struct Expressions(RefCell<Known>);

struct Known {
    budget: usize,
    languages: HashMap<String, Option<Language>>,
    results: HashMap<(String, String, Relation), bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Relation {
    Implies,
    Excludes,
}

impl Expressions {
    pub(super) fn new() -> Self {
        Self(RefCell::new(Known {
            budget: STATES_MAX,
            languages: HashMap::new(),
            results: HashMap::new(),
        }))
    }

    fn certain(&self, one: &Pattern, other: &Pattern, relation: Relation) -> bool {
        let mut known = self.0.borrow_mut();
        let key = (one.source().to_owned(), other.source().to_owned(), relation);
        if let Some(result) = known.results.get(&key) {
            return *result;
        }
        if known.budget == 0 {
            return false;
        }
        for pattern in [one, other] {
            if !known.languages.contains_key(pattern.source()) {
                // Building an automaton is work, too.
                known.budget = known.budget.saturating_sub(500);
                let language = if known.budget == 0 { None } else { Language::of(pattern) };
                known.languages.insert(pattern.source().to_owned(), language);
            }
        }
        let mut budget = known.budget.min(STATES_OF_ONE_MAX);
        let before = budget;
        let languages = (known.languages.get(one.source()), known.languages.get(other.source()));
        let result = match languages {
            (Some(Some(one)), Some(Some(other))) if relation == Relation::Implies => language::implies(one, other, &mut budget),
            (Some(Some(one)), Some(Some(other))) => language::exclude(one, other, &mut budget),
            _ => false,
        };
        known.budget -= before - budget;
        known.results.insert(key, result);
        result
    }
}

impl Comparison<'_> {
    /// Whether certainly every text that the first expression matches is matched by the second.
    pub(super) fn implies(&self, one: &Pattern, other: &Pattern) -> bool {
        one.source() == other.source() || self.expressions.certain(one, other, Relation::Implies)
    }

    /// Whether certainly no text is matched by both expressions.
    pub(super) fn excludes(&self, one: &Pattern, other: &Pattern) -> bool {
        one.source() != other.source() && self.expressions.certain(one, other, Relation::Excludes)
    }
}
