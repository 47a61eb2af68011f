//! The pack `clearid`: event types with their names and texts, and on the server the payload types, from which JSON Schemas and examples are
//! generated. The event types of an installation are in the database; this pack is copied there when the service starts.
//!
//! To add an event type, add its payload type and its row to the file of its family (such as [`identity`]), and its texts to
//! `locales/*/catalogue.ftl`.

use std::{
    error::Error,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use self::payload::PayloadType;
use crate::{
    domain::event_type::{EventPattern, EventType},
    messages::{Lang, validation::ValidationError},
};

/// Defines the event types of a family: `TYPES`, the list of them, and a constant of [`BuiltIn`] for each.
///
/// The first line has the message with the name of the group. Each row has the payload type, the name in the API, and the messages with the
/// name, a summary and the description. All messages are in `locales/*/catalogue.ftl`.
macro_rules! family {
    ($group:ident: $($(#[$doc:meta])* $payload:ident = $name:literal, [$title:ident, $summary:ident, $description:ident];)*) => {
        /// The event types of this file, in their order.
        pub(super) const TYPES: &[crate::catalogue::BuiltIn] = &[$(crate::catalogue::BuiltIn::$payload),*];

        #[allow(non_upper_case_globals, reason = "each is named after its payload type")]
        impl crate::catalogue::BuiltIn {
            $(
                $(#[$doc])*
                pub const $payload: Self = Self(&crate::catalogue::Definition {
                    name: $name,
                    group: crate::messages::catalogue::$group,
                    title: crate::messages::catalogue::$title,
                    summary: crate::messages::catalogue::$summary,
                    description: crate::messages::catalogue::$description,
                    payload: crate::catalogue::payload::PayloadType::of::<$payload>(),
                });
            )*
        }
    };
}

pub mod access;
pub mod access_request;
pub mod credential;
pub mod example;
pub mod identity;
pub mod identity_request;
mod payload;
pub mod request;
pub mod role;
mod sample;
pub mod schema;
mod schema_transform;
pub mod value;
pub mod visit_event;
pub mod visitor;

/// All families, in the order in which ClearID lists its groups of event types. Its own six groups come first.
const FAMILIES: [&[BuiltIn]; 8] = [
    access::TYPES,
    identity::TYPES,
    identity_request::TYPES,
    visitor::TYPES,
    credential::TYPES,
    visit_event::TYPES,
    access_request::TYPES,
    role::TYPES,
];

/// What [`BuiltIn`] refers to.
struct Definition {
    name: &'static str,
    group: fn(Lang) -> &'static str,
    title: fn(Lang) -> &'static str,
    summary: fn(Lang) -> &'static str,
    description: fn(Lang) -> &'static str,
    payload: PayloadType,
}

/// An event type of the pack `clearid`. Elsewhere event types are data: `domain::event_type::EventType`.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct BuiltIn(&'static Definition);

/// The error of a text that is not the name of an event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBuiltIn(pub String);

const fn count(families: &[&[BuiltIn]]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < families.len() {
        count += families[at].len();
        at += 1;
    }
    count
}

impl BuiltIn {
    /// All of them, in the order of the catalogue.
    pub const ALL: [Self; count(&FAMILIES)] = {
        let mut all = [FAMILIES[0][0]; count(&FAMILIES)];
        let (mut family, mut filled) = (0, 0);
        while family < FAMILIES.len() {
            let types = FAMILIES[family];
            let mut at = 0;
            while at < types.len() {
                all[filled] = types[at];
                filled += 1;
                at += 1;
            }
            family += 1;
        }
        all
    };

    /// The name in the API and in the `type` of a callback's body, such as `identity.created`.
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// The name of its group in the console, such as "Identities".
    pub fn group_in(self, lang: Lang) -> &'static str {
        (self.0.group)(lang)
    }

    /// The name in the console, such as "Identity created".
    pub fn name_in(self, lang: Lang) -> &'static str {
        (self.0.title)(lang)
    }

    /// One short sentence for lists of event types.
    pub fn summary_in(self, lang: Lang) -> &'static str {
        (self.0.summary)(lang)
    }

    /// When the event is sent and what its data contains, for developers of receivers.
    pub fn description_in(self, lang: Lang) -> &'static str {
        (self.0.description)(lang)
    }

    /// [`group_in`](Self::group_in) English.
    pub fn group(self) -> &'static str {
        self.group_in(Lang::En)
    }

    /// [`name_in`](Self::name_in) English.
    pub fn name(self) -> &'static str {
        self.name_in(Lang::En)
    }

    /// [`summary_in`](Self::summary_in) English.
    pub fn summary(self) -> &'static str {
        self.summary_in(Lang::En)
    }

    /// [`description_in`](Self::description_in) English.
    pub fn description(self) -> &'static str {
        self.description_in(Lang::En)
    }

    /// The payload type.
    const fn payload(self) -> &'static PayloadType {
        &self.0.payload
    }

    /// The position in [`BuiltIn::ALL`].
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|other| *other == self).unwrap_or_default()
    }
}

impl PartialEq for BuiltIn {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for BuiltIn {}

impl Hash for BuiltIn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.name.fmt(f)
    }
}

impl fmt::Display for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for BuiltIn {
    type Err = UnknownBuiltIn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|event| event.as_str() == text);
        found.ok_or_else(|| UnknownBuiltIn(text.chars().take(200).collect()))
    }
}

impl From<BuiltIn> for EventType {
    fn from(built_in: BuiltIn) -> Self {
        Self::of_stored(built_in.as_str())
    }
}

impl From<BuiltIn> for EventPattern {
    fn from(built_in: BuiltIn) -> Self {
        Self::of_stored(built_in.as_str())
    }
}

impl TryFrom<String> for BuiltIn {
    type Error = UnknownBuiltIn;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BuiltIn> for &'static str {
    fn from(event: BuiltIn) -> Self {
        event.as_str()
    }
}

impl fmt::Display for UnknownBuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wrong().fmt(f)
    }
}

impl UnknownBuiltIn {
    /// The error as a value that has a text in each language.
    pub fn wrong(&self) -> ValidationError {
        ValidationError::NoSuchEvent { event: self.0.clone() }
    }
}

impl Error for UnknownBuiltIn {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_type_parses_its_own_text() {
        for event in BuiltIn::ALL {
            assert_eq!(event.to_string().parse(), Ok(event));
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(json, format!("\"{event}\""));
            assert_eq!(serde_json::from_str::<BuiltIn>(&json).unwrap(), event);
        }
    }

    #[test]
    fn unknown_event_type_is_named_in_the_error() {
        let error = "identity.renamed".parse::<BuiltIn>().unwrap_err();
        assert_eq!(error.to_string(), "there is no event type `identity.renamed`");
        let error = serde_json::from_str::<BuiltIn>("\"Identity created\"").unwrap_err();
        assert!(
            error.to_string().starts_with("there is no event type `Identity created`"),
            "{error}"
        );
    }

    #[test]
    fn event_type_index_is_its_position_in_all() {
        for (position, event) in BuiltIn::ALL.into_iter().enumerate() {
            assert_eq!(event.index(), position);
        }
    }

    /// The catalogue of ClearID in its order (July 2026), and then the groups that were there before.
    const CATALOGUE: [(&str, &[(&str, &str)]); 8] = [
        (
            "Accesses",
            &[("access.granted", "Access granted"), ("access.revoked", "Access revoked")],
        ),
        (
            "Identities",
            &[
                ("identity.created", "Identity created"),
                ("identity.updated", "Identity updated"),
                ("identity.deleted", "Identity deleted"),
                ("identity.picture_updated", "Identity picture updated"),
            ],
        ),
        (
            "Identity requests",
            &[
                ("identity_request.created", "Identity requests created"),
                ("identity_request.updated", "Identity requests updated"),
            ],
        ),
        (
            "Visitors",
            &[
                ("visitor.checked_in", "Visitor check-in"),
                ("visitor.checked_out", "Visitor check-out"),
            ],
        ),
        (
            "Credentials",
            &[
                ("credential.assigned", "Credential assigned"),
                ("credential.unassigned", "Credential unassigned"),
                ("credential.created", "Credential created"),
                ("credential.updated", "Credential updated"),
                ("credential.deleted", "Credential deleted"),
            ],
        ),
        (
            "Visit events",
            &[
                ("visit_event.approved", "Visit event approved"),
                ("visit_event.canceled", "Visit event canceled"),
                ("visit_event.created", "Visit event created"),
                ("visit_event.denied", "Visit event denied"),
                ("visit_event.expired", "Visit event expired"),
            ],
        ),
        (
            "Access requests",
            &[
                ("access_request.created", "Access requests created"),
                ("access_request.updated", "Access requests updated"),
            ],
        ),
        ("Roles", &[("role.membership_changed", "Role membership changed")]),
    ];

    #[test]
    fn the_catalogue_has_clearids_groups_types_and_order() {
        let expected = CATALOGUE
            .iter()
            .flat_map(|(group, types)| types.iter().map(move |(event_type, name)| (*group, *event_type, *name)));
        let found = BuiltIn::ALL.into_iter().map(|event| (event.group(), event.as_str(), event.name()));
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        assert_eq!(FAMILIES.map(<[_]>::len), CATALOGUE.map(|(_, types)| types.len()));
    }

    #[test]
    fn event_type_texts_are_whole_sentences() {
        for event in BuiltIn::ALL {
            assert!(event.summary().ends_with('.') && event.summary().len() < 70, "{event}");
            assert!(
                event.description().starts_with("Sent when ") && event.description().ends_with('.'),
                "{event}"
            );
            assert!(!event.description().contains("  "), "{event}");
        }
    }
}
