//! The sentences about what changed.

use serde_json::Value;

use super::{At, Breaks, CHANGES_MAX, Change, Comparison, NEW, inclusion::Claim, state::State};
use crate::{
    graph::Node,
    number::Exact,
    text::{cut, cut_to},
    types::{Type, Types},
};

/// What is reported besides a keyword's own sentence.
pub(super) enum Finding {
    /// Values of these types.
    Types(Types),
    /// A field by its name, and its subschema in the version that has one.
    Field(String, Option<At>),
    FieldsMatching(String),
    OtherFields,
    /// A branch of `anyOf` or `oneOf` as a whole.
    Branch(At),
    /// A keyword whose change cannot be judged.
    Undecided(&'static str),
}

impl Comparison<'_> {
    /// Reports a change of the subschema. `lead` is its counterpart in the other version, if there is one.
    pub(super) fn report(&mut self, lead: Option<At>, sup: At, finding: &Finding) {
        let publishers = self.breaks == Breaks::Publishers;
        let (mut pointer, mut place) = self.place(lead, sup);
        match finding {
            Finding::Branch(branch) => (pointer, place) = self.place(None, *branch),
            Finding::Field(_, Some(field)) => pointer = self.place(None, *field).0,
            _ => {}
        }
        let detail = match finding {
            Finding::Types(types) if publishers => format!("{place} no longer accepts {}.", types.all_of_them()),
            Finding::Types(types) => format!("{place} now accepts {}.", types.all_of_them()),
            Finding::Field(name, _) if publishers => format!("{place} no longer accepts the field `{name}`."),
            Finding::Field(name, _) => format!("{place} now accepts the field `{name}`."),
            Finding::FieldsMatching(pattern) if publishers => format!("{place} no longer accepts fields whose names match `{pattern}`."),
            Finding::FieldsMatching(pattern) => format!("{place} now accepts fields whose names match `{pattern}`."),
            Finding::OtherFields if publishers => format!("{place} no longer accepts fields that the schema does not name."),
            Finding::OtherFields => format!("{place} now accepts fields that the schema does not name."),
            Finding::Branch(_) if publishers => format!(
                "Not everything that {} accepted is certain to be accepted still.",
                lower_first(&place)
            ),
            Finding::Branch(_) => format!(
                "Not everything that {} accepts is certain to have been accepted before.",
                lower_first(&place)
            ),
            Finding::Undecided(keyword) => {
                format!("{place}: whether the change of `{keyword}` is compatible cannot be decided, so it counts as breaking.")
            }
        };
        self.report_text(pointer, detail);
    }

    pub(super) fn report_text(&mut self, pointer: String, detail: String) {
        let change = Change {
            breaks: self.breaks,
            pointer,
            detail: cut(detail),
        };
        // Once the work is too much nothing is proven, and what would be reported is no finding.
        if !self.is_exhausted() && self.changes.len() < CHANGES_MAX && !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// The pointer of a change and its name in a sentence: in the new version if that has a place for it, else in the old one.
    fn place(&self, lead: Option<At>, sup: At) -> (String, String) {
        let at = [Some(sup), lead].into_iter().flatten().find(|at| at.side == NEW).unwrap_or(sup);
        let pointer = self.graphs[at.side].pointer(at.id);
        let place = if pointer.is_empty() {
            "The data".to_owned()
        } else {
            format!("`{}`", cut_to(pointer.clone(), 120))
        };
        (pointer, place)
    }

    pub(super) fn report_values(&mut self, state: &State, sup: At, values: &[Value]) {
        let (pointer, place) = self.place(state.lead, sup);
        let types = values.iter().fold(Types::NONE, |types, value| types.and_also(Type::of(value)));
        let simple = types.without(Types::NONE.and_also(Type::Null)).is_empty();
        let what = if simple { "null".to_owned() } else { shown(values) };
        let verb = if self.breaks == Breaks::Publishers {
            "no longer accepts"
        } else {
            "now accepts"
        };
        self.report_text(pointer, format!("{place} {verb} {what}."));
    }

    pub(super) fn report_claim(&mut self, state: &State, sup: At, claim: Claim) {
        let node = self.node(sup);
        let types = state.types(self);
        match claim {
            Claim::Types => {
                let lost = types.without(node.types.unwrap_or(Types::ALL));
                let whole_only = lost == Types::NONE.and_also(Type::Fraction) && node.types.is_some_and(|types| types.has(Type::Integer));
                if whole_only {
                    let (pointer, place) = self.place(state.lead, sup);
                    let verb = if self.breaks == Breaks::Publishers {
                        "no longer accepts"
                    } else {
                        "now accepts"
                    };
                    return self.report_text(pointer, format!("{place} {verb} numbers with a fraction."));
                }
                return self.report(state.lead, sup, &Finding::Types(lost));
            }
            Claim::PropertyNames => return self.report(state.lead, sup, &Finding::Undecided("propertyNames")),
            Claim::Contains => return self.report(state.lead, sup, &Finding::Undecided("contains")),
            Claim::Not => return self.report(state.lead, sup, &Finding::Undecided("not")),
            _ => {}
        }
        let (pointer, place) = self.place(state.lead, sup);
        for sentence in self.sentences(state, node, claim) {
            self.report_text(pointer.clone(), format!("{place} {sentence}."));
        }
    }

    /// What a keyword demands that was not demanded before (for receivers: that is demanded no longer).
    fn sentences(&mut self, state: &State, node: &Node, claim: Claim) -> Vec<String> {
        let publishers = self.breaks == Breaks::Publishers;
        let say = |demand: String, release: String| if publishers { demand } else { release };
        let mut all = Vec::new();
        match claim {
            Claim::Never => all.push(say("no longer accepts anything".to_owned(), "now accepts something".to_owned())),
            Claim::Constant | Claim::Options => {
                let values = [&node.constant, &node.options]
                    .into_iter()
                    .flatten()
                    .next()
                    .map_or_else(String::new, |values| shown(&values.list));
                all.push(say(
                    format!("now accepts only {values}"),
                    format!("now accepts other values than {values}"),
                ));
            }
            Claim::Minimum | Claim::Maximum | Claim::MultipleOf => all.extend(self.number_sentences(state, node, claim)),
            Claim::Lengths => all.extend(counts(
                publishers,
                "character",
                (node.min_length, node.max_length),
                (state.min_length(self), state.max_length(self)),
            )),
            Claim::PropertyCounts => {
                let held = (state.min_properties(self), state.max_properties(self));
                all.extend(counts(publishers, "field", (node.min_properties, node.max_properties), held));
            }
            Claim::ItemCounts => all.extend(counts(
                publishers,
                "item",
                (node.min_items, node.max_items),
                (state.min_items(self), state.max_items(self)),
            )),
            Claim::Pattern => {
                let source = node.pattern.as_ref().map_or("", |pattern| pattern.source());
                all.push(say(
                    format!("must now match `{source}`"),
                    format!("may now be a text that does not match `{source}`"),
                ));
            }
            Claim::Format => {
                let format = node.format.as_deref().unwrap_or_default();
                all.push(say(
                    format!("must now have the format `{format}`"),
                    format!("need no longer have the format `{format}`"),
                ));
            }
            Claim::Required => {
                let present = state.present(self);
                let missing = node.required.iter().filter(|name| !present.contains(*name));
                all.extend(missing.map(|name| {
                    say(
                        format!("now requires the field `{name}`"),
                        format!("no longer requires the field `{name}`"),
                    )
                }));
            }
            Claim::DependentRequired => {
                for (name, names) in &node.dependent_required {
                    if all.len() >= CHANGES_MAX || !self.spend(state.parts.len()) {
                        break;
                    }
                    all.extend(state.may_lack(self, name, names).into_iter().map(|other| {
                        say(
                            format!("now requires the field `{other}` with the field `{name}`"),
                            format!("no longer requires the field `{other}` with the field `{name}`"),
                        )
                    }));
                }
            }
            Claim::Unique => all.push(say(
                "must now have items that differ from one another".to_owned(),
                "may now have equal items".to_owned(),
            )),
            _ => {}
        }
        all
    }

    fn number_sentences(&self, state: &State, node: &Node, claim: Claim) -> Vec<String> {
        let publishers = self.breaks == Breaks::Publishers;
        let say = |demand: String, release: String| if publishers { demand } else { release };
        let mut all = Vec::new();
        match claim {
            Claim::Minimum => {
                let lower = state.lower(self);
                let weaker = |limit: &serde_json::Number, excluded: bool| {
                    !lower.is_some_and(|(held, held_excluded)| {
                        held.compare(Exact::of(limit)).is_gt() || held == Exact::of(limit) && (held_excluded || !excluded)
                    })
                };
                all.extend(
                    node.minimum
                        .iter()
                        .filter(|limit| weaker(limit, false))
                        .map(|limit| say(format!("must now be at least {limit}"), format!("may now be less than {limit}"))),
                );
                all.extend(
                    node.exclusive_minimum
                        .iter()
                        .filter(|limit| weaker(limit, true))
                        .map(|limit| say(format!("must now be greater than {limit}"), format!("may now be {limit} or less"))),
                );
            }
            Claim::Maximum => {
                let upper = state.upper(self);
                let weaker = |limit: &serde_json::Number, excluded: bool| {
                    !upper.is_some_and(|(held, held_excluded)| {
                        held.compare(Exact::of(limit)).is_lt() || held == Exact::of(limit) && (held_excluded || !excluded)
                    })
                };
                all.extend(
                    node.maximum
                        .iter()
                        .filter(|limit| weaker(limit, false))
                        .map(|limit| say(format!("must now be at most {limit}"), format!("may now be greater than {limit}"))),
                );
                all.extend(
                    node.exclusive_maximum
                        .iter()
                        .filter(|limit| weaker(limit, true))
                        .map(|limit| say(format!("must now be less than {limit}"), format!("may now be {limit} or greater"))),
                );
            }
            _ => all.extend(node.multiple_of.iter().map(|divisor| {
                say(
                    format!("must now be a multiple of {}", divisor.number),
                    format!("need no longer be a multiple of {}", divisor.number),
                )
            })),
        }
        all
    }
}

fn counts(publishers: bool, what: &str, (least, most): (u64, Option<u64>), (held_least, held_most): (u64, Option<u64>)) -> Vec<String> {
    let number = |number: u64| {
        if number == 1 {
            format!("1 {what}")
        } else {
            format!("{number} {what}s")
        }
    };
    let mut all = Vec::new();
    if least > held_least {
        all.push(if publishers {
            format!("must now have at least {}", number(least))
        } else {
            format!("may now have fewer than {}", number(least))
        });
    }
    if let Some(most) = most.filter(|most| held_most.is_none_or(|held| held > *most)) {
        all.push(if publishers {
            format!("must now have at most {}", number(most))
        } else {
            format!("may now have more than {}", number(most))
        });
    }
    all
}

/// The first values of a list, as a schema writes them.
fn shown(values: &[Value]) -> String {
    let mut shown: Vec<String> = values
        .iter()
        .take(5)
        .map(|value| cut_to(value.as_str().map_or_else(|| value.to_string(), |text| format!("`{text}`")), 60))
        .collect();
    if values.len() > shown.len() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

fn lower_first(place: &str) -> String {
    if place == "The data" {
        "the data".to_owned()
    } else {
        place.to_owned()
    }
}
