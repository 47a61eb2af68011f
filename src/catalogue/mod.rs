//! The pack `clearid`: event types with their names and texts, and on the server the payload types, from which JSON Schemas and examples are
//! generated. The event types of an installation are in the database; this pack is copied there when the service starts.
//!
//! This file is also compiled for the browser. To add an event type, add its payload type to the file of its family (such as
//! [`identity`]), a row to the table in this file, and its texts to `locales/*/catalogue.ftl`.

use std::{error::Error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use self::payload::PayloadType;
use crate::{
    domain::event_type::{EventPattern, EventType},
    messages::{self, Lang, validation::ValidationError},
};

#[cfg(feature = "ssr")]
pub mod access_request;
#[cfg(feature = "ssr")]
pub mod check;
#[cfg(feature = "ssr")]
pub mod example;
#[cfg(feature = "ssr")]
pub mod fields;
#[cfg(feature = "ssr")]
pub mod identity;
#[cfg(feature = "ssr")]
pub mod identity_request;
#[cfg(feature = "ssr")]
mod payload;
#[cfg(feature = "ssr")]
pub mod request;
#[cfg(feature = "ssr")]
pub mod role;
#[cfg(feature = "ssr")]
mod sample;
#[cfg(feature = "ssr")]
pub mod schema;
#[cfg(feature = "ssr")]
mod schema_transform;
#[cfg(feature = "ssr")]
pub mod value;
#[cfg(feature = "ssr")]
pub mod visit;

/// Defines [`BuiltIn`] from the table below. Each row has the variant, the name in the API, the module with the payload type of the same
/// name, and the messages in `locales/*/catalogue.ftl`.
macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $module:ident, [$title:ident, $summary:ident, $description:ident];)*) => {
        /// An event type of the pack `clearid`. Elsewhere event types are data: `domain::event_type::EventType`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum BuiltIn {
            $($(#[$doc])* $variant,)*
        }

        impl BuiltIn {
            /// All of them, in the order of the catalogue.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];

            /// The name in the API and in the `type` of a callback's body, such as `identity.created`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The name in the console, such as "Identity created".
            pub const fn name_in(self, lang: Lang) -> &'static str {
                match self {
                    $(Self::$variant => messages::catalogue::$title(lang),)*
                }
            }

            /// One short sentence for lists of event types.
            pub const fn summary_in(self, lang: Lang) -> &'static str {
                match self {
                    $(Self::$variant => messages::catalogue::$summary(lang),)*
                }
            }

            /// When the event is sent and what its data contains, for developers of receivers.
            pub const fn description_in(self, lang: Lang) -> &'static str {
                match self {
                    $(Self::$variant => messages::catalogue::$description(lang),)*
                }
            }

            /// The payload type.
            #[cfg(feature = "ssr")]
            pub(in crate::catalogue) const fn payload(self) -> PayloadType {
                match self {
                    $(Self::$variant => PayloadType::of::<$module::$variant>(),)*
                }
            }
        }
    };
}

event_types! {
    /// `identity.created`
    IdentityCreated = "identity.created", identity, [identity_created_name, identity_created_summary, identity_created_description];
    /// `identity.updated`
    IdentityUpdated = "identity.updated", identity, [identity_updated_name, identity_updated_summary, identity_updated_description];
    /// `identity.deleted`
    IdentityDeleted = "identity.deleted", identity, [identity_deleted_name, identity_deleted_summary, identity_deleted_description];
    /// `identity_request.created`
    IdentityRequestCreated = "identity_request.created", identity_request, [identity_request_created_name, identity_request_created_summary, identity_request_created_description];
    /// `identity_request.updated`
    IdentityRequestUpdated = "identity_request.updated", identity_request, [identity_request_updated_name, identity_request_updated_summary, identity_request_updated_description];
    /// `access_request.created`
    AccessRequestCreated = "access_request.created", access_request, [access_request_created_name, access_request_created_summary, access_request_created_description];
    /// `access_request.updated`
    AccessRequestUpdated = "access_request.updated", access_request, [access_request_updated_name, access_request_updated_summary, access_request_updated_description];
    /// `visit.created`
    VisitCreated = "visit.created", visit, [visit_created_name, visit_created_summary, visit_created_description];
    /// `visit.updated`
    VisitUpdated = "visit.updated", visit, [visit_updated_name, visit_updated_summary, visit_updated_description];
    /// `role.membership_changed`
    RoleMembershipChanged = "role.membership_changed", role, [role_membership_changed_name, role_membership_changed_summary, role_membership_changed_description];
}

/// The error of a text that is not the name of an event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBuiltIn(pub String);

impl BuiltIn {
    /// [`name_in`](Self::name_in) English.
    pub const fn name(self) -> &'static str {
        self.name_in(Lang::En)
    }

    /// [`summary_in`](Self::summary_in) English.
    pub const fn summary(self) -> &'static str {
        self.summary_in(Lang::En)
    }

    /// [`description_in`](Self::description_in) English.
    pub const fn description(self) -> &'static str {
        self.description_in(Lang::En)
    }

    /// The English name of its group.
    pub const fn group(self) -> &'static str {
        match self {
            Self::IdentityCreated | Self::IdentityUpdated | Self::IdentityDeleted => "Identities",
            Self::IdentityRequestCreated | Self::IdentityRequestUpdated => "Identity requests",
            Self::AccessRequestCreated | Self::AccessRequestUpdated => "Access requests",
            Self::VisitCreated | Self::VisitUpdated => "Visit events",
            Self::RoleMembershipChanged => "Roles",
        }
    }

    /// The position in [`BuiltIn::ALL`].
    pub const fn index(self) -> usize {
        self as usize
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
    fn every_type_is_read_back_from_its_own_text() {
        for event in BuiltIn::ALL {
            assert_eq!(event.to_string().parse(), Ok(event));
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(json, format!("\"{event}\""));
            assert_eq!(serde_json::from_str::<BuiltIn>(&json).unwrap(), event);
        }
    }

    #[test]
    fn an_unknown_type_is_named_in_the_error() {
        let error = "identity.renamed".parse::<BuiltIn>().unwrap_err();
        assert_eq!(error.to_string(), "there is no event type `identity.renamed`");
        let error = serde_json::from_str::<BuiltIn>("\"Identity created\"").unwrap_err();
        assert!(
            error.to_string().starts_with("there is no event type `Identity created`"),
            "{error}"
        );
    }

    #[test]
    fn the_index_is_the_place_in_the_list() {
        for (position, event) in BuiltIn::ALL.into_iter().enumerate() {
            assert_eq!(event.index(), position);
        }
    }

    #[test]
    fn the_texts_for_people_are_whole_sentences() {
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
