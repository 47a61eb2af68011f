//! What the form of a webhook offers as events: the catalogue in groups, each with the pattern that stands for it and its future types.

use std::collections::HashSet;

use crate::{
    domain::event_type::{EventPattern, EventType, EventTypeState},
    messages::{Lang, webhook as say},
    registry::{Entry, Snapshot},
};

/// The separators before the `*` of a pattern.
const LEVEL_SEPARATORS: [char; 3] = ['.', '/', ':'];

/// Event types in groups, in the order of the catalogue.
#[derive(Clone, Debug, Default)]
pub struct EventChoice {
    /// The groups.
    pub groups: Vec<GroupChoice>,
}

/// A group of event types.
#[derive(Clone, Debug)]
pub struct GroupChoice {
    /// The id of its heading in the page.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The pattern that matches exactly the types of the group, if there is one.
    pub pattern: Option<String>,
    /// Its event types.
    pub types: Vec<TypeChoice>,
}

/// An event type.
#[derive(Clone, Debug)]
pub struct TypeChoice {
    /// The name in the API.
    pub key: String,
    /// The name for people.
    pub name: String,
    /// One line about it.
    pub summary: String,
    /// What may be done with it.
    pub state: EventTypeState,
    /// The name of the type that replaces it.
    pub replaced_by: Option<String>,
}

impl EventChoice {
    /// What can be chosen of these event types.
    pub fn of(types: &Snapshot, lang: Lang) -> Self {
        let mut groups: Vec<(Option<&str>, Vec<&Entry>)> = types.groups().into_iter().map(|group| (group, Vec::new())).collect();
        for entry in types.all() {
            let group = entry.record.fields.group.as_deref();
            if let Some((_, members)) = groups.iter_mut().find(|(name, _)| *name == group) {
                members.push(entry);
            }
        }
        let live: Vec<&EventType> = types
            .all()
            .iter()
            .filter(|entry| entry.state() != EventTypeState::Archived)
            .map(|entry| entry.event_type())
            .collect();
        let groups = groups.into_iter().enumerate().map(|(at, (_, members))| GroupChoice {
            id: format!("event-group-{at}"),
            name: group_name(&members, lang),
            pattern: pattern_of(&members, &live),
            types: members
                .into_iter()
                .map(|entry| TypeChoice {
                    key: entry.event_type().to_string(),
                    name: entry.name_in(lang).to_owned(),
                    summary: entry.summary_in(lang).to_owned(),
                    state: entry.state(),
                    replaced_by: entry.record.fields.replaced_by.as_ref().map(|other| types.name_in(other, lang)),
                })
                .collect(),
        });
        Self { groups: groups.collect() }
    }

    /// All event types.
    pub fn types(&self) -> impl Iterator<Item = &TypeChoice> {
        self.groups.iter().flat_map(|group| &group.types)
    }

    /// The number of event types that can be chosen.
    pub fn count(&self) -> usize {
        self.types().filter(|choice| choice.may_be_added()).count()
    }
}

impl TypeChoice {
    /// Whether somebody may subscribe to it.
    pub fn may_be_added(&self) -> bool {
        self.state != EventTypeState::Archived
    }

    /// Whether every word of a filter is part of its texts.
    pub fn fits(&self, filter: &str) -> bool {
        let text = format!("{} {} {}", self.name, self.key, self.summary).to_lowercase();
        filter.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    /// Whether one of these patterns matches it.
    pub fn is_matched(&self, patterns: &[EventPattern]) -> bool {
        let event_type = EventType::of_stored(&self.key);
        patterns.iter().any(|pattern| pattern.matches(&event_type))
    }
}

/// The name of a group in the language of the viewer. The types of a pack have translated ones.
fn group_name(members: &[&Entry], lang: Lang) -> String {
    let group = members.first().and_then(|entry| entry.group_in(lang));
    group.map_or_else(|| say::events_no_group(lang).to_owned(), str::to_owned)
}

/// The pattern that matches all types of a group and no other: the longest common beginning that ends with a separator of levels.
fn pattern_of(members: &[&Entry], live: &[&EventType]) -> Option<String> {
    let names: HashSet<&str> = members
        .iter()
        .filter(|entry| entry.state() != EventTypeState::Archived)
        .map(|entry| entry.event_type().as_str())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let all: Vec<&str> = live.iter().map(|event_type| event_type.as_str()).collect();
    pattern_of_names(&names, &all)
}

fn pattern_of_names(group: &[&str], all: &[&str]) -> Option<String> {
    let first = *group.first()?;
    let common = group.iter().fold(first.len(), |length, name| {
        let same = first.bytes().zip(name.bytes()).take_while(|(one, other)| one == other);
        length.min(same.count())
    });
    let end = first[..common].rfind(LEVEL_SEPARATORS)?;
    let prefix = &first[..=end];
    let matched = all.iter().filter(|name| name.starts_with(prefix)).count();
    (matched == group.len()).then(|| format!("{prefix}*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_a_group_only_if_it_matches_no_other_type() {
        let all = [
            "identity.created",
            "identity.picture.updated",
            "identity_request.created",
            "com.a.b",
            "com.a.c",
            "com.d",
            "urn:x/y",
            "alone",
        ];
        for (group, pattern) in [
            (&["identity.created", "identity.picture.updated"][..], Some("identity.*")),
            (&["identity.created"][..], None),
            (&["identity_request.created"][..], Some("identity_request.*")),
            (&["com.a.b", "com.a.c"][..], Some("com.a.*")),
            (&["com.a.b", "com.d"][..], None),
            (&["com.a.b", "com.a.c", "com.d"][..], Some("com.*")),
            (&["urn:x/y"][..], Some("urn:x/*")),
            (&["alone"][..], None),
            (&["alone", "com.d"][..], None),
            (&[][..], None),
        ] {
            assert_eq!(pattern_of_names(group, &all).as_deref(), pattern, "{group:?}");
        }
    }

    #[test]
    fn each_word_of_a_filter_has_to_be_found() {
        let choice = TypeChoice {
            key: "identity.created".to_owned(),
            name: "Identity created".to_owned(),
            summary: "A person was added.".to_owned(),
            state: EventTypeState::Active,
            replaced_by: None,
        };
        for (filter, fits) in [
            ("", true),
            ("  ", true),
            ("IDENT", true),
            (".created", true),
            ("person identity", true),
            ("person deleted", false),
        ] {
            assert_eq!(choice.fits(filter), fits, "{filter}");
        }
    }
}
