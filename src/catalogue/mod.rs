//! The event types clearhook knows: their names for people and programs, and (on the server) the schema and an example of what each carries.
//!
//! This file is all the browser needs. The payload types live on the server alone, where the schemas are made from them.

use std::{error::Error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::messages::{Lang, events, wrong::Wrong};

#[cfg(feature = "ssr")]
pub mod access_request;
#[cfg(feature = "ssr")]
pub mod check;
#[cfg(feature = "ssr")]
mod declared;
#[cfg(feature = "ssr")]
pub mod example;
#[cfg(feature = "ssr")]
pub mod fields;
#[cfg(feature = "ssr")]
pub mod identity;
#[cfg(feature = "ssr")]
pub mod identity_request;
#[cfg(feature = "ssr")]
pub mod request;
#[cfg(feature = "ssr")]
pub mod role;
#[cfg(feature = "ssr")]
pub mod schema;
#[cfg(feature = "ssr")]
pub mod value;
#[cfg(feature = "ssr")]
pub mod visit;

/// A kind of event that a webhook may be called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum EventType {
    /// `identity.created`
    IdentityCreated,
    /// `identity.updated`
    IdentityUpdated,
    /// `identity.deleted`
    IdentityDeleted,
    /// `identity_request.created`
    IdentityRequestCreated,
    /// `identity_request.updated`
    IdentityRequestUpdated,
    /// `access_request.created`
    AccessRequestCreated,
    /// `access_request.updated`
    AccessRequestUpdated,
    /// `visit.created`
    VisitCreated,
    /// `visit.updated`
    VisitUpdated,
    /// `role.membership_changed`
    RoleMembershipChanged,
}

/// A text that names none of the event types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEventType(pub String);

impl EventType {
    /// Every event type, in the order in which the catalogue lists them.
    pub const ALL: [Self; 10] = [
        Self::IdentityCreated,
        Self::IdentityUpdated,
        Self::IdentityDeleted,
        Self::IdentityRequestCreated,
        Self::IdentityRequestUpdated,
        Self::AccessRequestCreated,
        Self::AccessRequestUpdated,
        Self::VisitCreated,
        Self::VisitUpdated,
        Self::RoleMembershipChanged,
    ];

    /// The `type` of the callback's body, such as `identity.created`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdentityCreated => "identity.created",
            Self::IdentityUpdated => "identity.updated",
            Self::IdentityDeleted => "identity.deleted",
            Self::IdentityRequestCreated => "identity_request.created",
            Self::IdentityRequestUpdated => "identity_request.updated",
            Self::AccessRequestCreated => "access_request.created",
            Self::AccessRequestUpdated => "access_request.updated",
            Self::VisitCreated => "visit.created",
            Self::VisitUpdated => "visit.updated",
            Self::RoleMembershipChanged => "role.membership_changed",
        }
    }

    /// The name the console shows, such as "Identity created".
    pub const fn name(self) -> &'static str {
        self.name_in(Lang::En)
    }

    /// [`EventType::name`] in a language.
    pub const fn name_in(self, lang: Lang) -> &'static str {
        match self {
            Self::IdentityCreated => events::identity_created_name(lang),
            Self::IdentityUpdated => events::identity_updated_name(lang),
            Self::IdentityDeleted => events::identity_deleted_name(lang),
            Self::IdentityRequestCreated => events::identity_request_created_name(lang),
            Self::IdentityRequestUpdated => events::identity_request_updated_name(lang),
            Self::AccessRequestCreated => events::access_request_created_name(lang),
            Self::AccessRequestUpdated => events::access_request_updated_name(lang),
            Self::VisitCreated => events::visit_created_name(lang),
            Self::VisitUpdated => events::visit_updated_name(lang),
            Self::RoleMembershipChanged => events::role_membership_changed_name(lang),
        }
    }

    /// One short sentence, to stand beside the name where an event is chosen.
    pub const fn summary(self) -> &'static str {
        self.summary_in(Lang::En)
    }

    /// [`EventType::summary`] in a language.
    pub const fn summary_in(self, lang: Lang) -> &'static str {
        match self {
            Self::IdentityCreated => events::identity_created_summary(lang),
            Self::IdentityUpdated => events::identity_updated_summary(lang),
            Self::IdentityDeleted => events::identity_deleted_summary(lang),
            Self::IdentityRequestCreated => events::identity_request_created_summary(lang),
            Self::IdentityRequestUpdated => events::identity_request_updated_summary(lang),
            Self::AccessRequestCreated => events::access_request_created_summary(lang),
            Self::AccessRequestUpdated => events::access_request_updated_summary(lang),
            Self::VisitCreated => events::visit_created_summary(lang),
            Self::VisitUpdated => events::visit_updated_summary(lang),
            Self::RoleMembershipChanged => events::role_membership_changed_summary(lang),
        }
    }

    /// When the event is sent and what it carries, for whoever writes the receiving program.
    pub const fn description(self) -> &'static str {
        self.description_in(Lang::En)
    }

    /// [`EventType::description`] in a language.
    pub const fn description_in(self, lang: Lang) -> &'static str {
        match self {
            Self::IdentityCreated => events::identity_created_description(lang),
            Self::IdentityUpdated => events::identity_updated_description(lang),
            Self::IdentityDeleted => events::identity_deleted_description(lang),
            Self::IdentityRequestCreated => events::identity_request_created_description(lang),
            Self::IdentityRequestUpdated => events::identity_request_updated_description(lang),
            Self::AccessRequestCreated => events::access_request_created_description(lang),
            Self::AccessRequestUpdated => events::access_request_updated_description(lang),
            Self::VisitCreated => events::visit_created_description(lang),
            Self::VisitUpdated => events::visit_updated_description(lang),
            Self::RoleMembershipChanged => events::role_membership_changed_description(lang),
        }
    }

    /// The place in [`EventType::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|event| event.as_str() == text);
        found.ok_or_else(|| UnknownEventType(text.chars().take(200).collect()))
    }
}

impl TryFrom<String> for EventType {
    type Error = UnknownEventType;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EventType> for &'static str {
    fn from(event: EventType) -> Self {
        event.as_str()
    }
}

impl fmt::Display for UnknownEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wrong().fmt(f)
    }
}

impl UnknownEventType {
    /// The same, to be said in any language.
    pub fn wrong(&self) -> Wrong {
        Wrong::NoSuchEvent { event: self.0.clone() }
    }
}

impl Error for UnknownEventType {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read_back_from_its_own_text() {
        for event in EventType::ALL {
            assert_eq!(event.to_string().parse(), Ok(event));
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(json, format!("\"{event}\""));
            assert_eq!(serde_json::from_str::<EventType>(&json).unwrap(), event);
        }
    }

    #[test]
    fn an_unknown_type_is_named_in_the_error() {
        let error = "identity.renamed".parse::<EventType>().unwrap_err();
        assert_eq!(error.to_string(), "there is no event type `identity.renamed`");
        let error = serde_json::from_str::<EventType>("\"Identity created\"").unwrap_err();
        assert!(
            error.to_string().starts_with("there is no event type `Identity created`"),
            "{error}"
        );
    }

    #[test]
    fn the_index_is_the_place_in_the_list() {
        for (place, event) in EventType::ALL.into_iter().enumerate() {
            assert_eq!(event.index(), place);
        }
    }

    #[test]
    fn the_texts_for_people_are_whole_sentences() {
        for event in EventType::ALL {
            assert!(event.summary().ends_with('.') && event.summary().len() < 70, "{event}");
            assert!(
                event.description().starts_with("Sent when ") && event.description().ends_with('.'),
                "{event}"
            );
            assert!(!event.description().contains("  "), "{event}");
        }
    }
}
