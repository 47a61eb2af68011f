//! The event types clearhook knows: their names for people and programs, and (on the server) the schema and an example of what each carries.
//!
//! This file is all the browser needs. The payload types live on the server alone, where the schemas are made from them.

use std::{error::Error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub mod access_request;
#[cfg(feature = "ssr")]
pub mod check;
#[cfg(feature = "ssr")]
pub mod example;
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
        match self {
            Self::IdentityCreated => "Identity created",
            Self::IdentityUpdated => "Identity updated",
            Self::IdentityDeleted => "Identity deleted",
            Self::IdentityRequestCreated => "Identity requests created",
            Self::IdentityRequestUpdated => "Identity requests updated",
            Self::AccessRequestCreated => "Access requests created",
            Self::AccessRequestUpdated => "Access requests updated",
            Self::VisitCreated => "Visit created",
            Self::VisitUpdated => "Visit updated",
            Self::RoleMembershipChanged => "Role membership changed",
        }
    }

    /// One short sentence, to stand beside the name where an event is chosen.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::IdentityCreated => "A person was added.",
            Self::IdentityUpdated => "Something about a person changed.",
            Self::IdentityDeleted => "A person was removed.",
            Self::IdentityRequestCreated => "Somebody asked for one or more people to be added or changed.",
            Self::IdentityRequestUpdated => "A request about people moved on or was decided.",
            Self::AccessRequestCreated => "Somebody asked for access to an area.",
            Self::AccessRequestUpdated => "A request for access moved on or was decided.",
            Self::VisitCreated => "A visit was requested.",
            Self::VisitUpdated => "A visit or its visitors changed.",
            Self::RoleMembershipChanged => "A person joined or left a role.",
        }
    }

    /// When the event is sent and what it carries, for whoever writes the receiving program.
    pub const fn description(self) -> &'static str {
        match self {
            Self::IdentityCreated => {
                "Sent when a person is added, whether by hand, by self-service or by synchronisation with another system. \
                 Carries the whole identity as it was saved."
            }
            Self::IdentityUpdated => {
                "Sent when anything about a person changes: name, contact, employment, status, dates or custom fields. \
                 Carries the whole identity after the change, and a list of the fields that changed with their old and new values."
            }
            Self::IdentityDeleted => {
                "Sent when a person is removed for good; one who is only deactivated gives an update with the status `inactive`. \
                 Carries the identity as it last was."
            }
            Self::IdentityRequestCreated => {
                "Sent when somebody asks for people to be added or changed, such as the onboarding of one newcomer or of many. \
                 Carries the request, the people it asks for, and those who have to approve it."
            }
            Self::IdentityRequestUpdated => {
                "Sent when a request about people changes: an approver decided, or it was approved, denied, cancelled or expired. \
                 Carries the whole request after the change, and the status it had before."
            }
            Self::AccessRequestCreated => {
                "Sent when somebody asks for access to an area, for a time or without end. \
                 Carries the request: the area, the person the access is for, and those who have to approve it."
            }
            Self::AccessRequestUpdated => {
                "Sent when a request for access changes: an approver decided, or it was approved, denied, cancelled or expired. \
                 Carries the whole request after the change, and the status it had before."
            }
            Self::VisitCreated => {
                "Sent when a visit is requested. \
                 Carries the visit: its site and times, the host, and every visitor expected."
            }
            Self::VisitUpdated => {
                "Sent when a visit changes: it was approved, denied, moved or cancelled, or a visitor checked in or out. \
                 Carries the whole visit after the change, and the status it had before."
            }
            Self::RoleMembershipChanged => {
                "Sent when a person is added to a role or removed from it; a change of several members gives one event for each. \
                 Carries the role, the member, and which of the two happened."
            }
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
        found.ok_or_else(|| UnknownEventType(text.to_owned()))
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
        write!(f, "there is no event type `{}`", self.0)
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
