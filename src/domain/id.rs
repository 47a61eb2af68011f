//! Identifiers. Each entity has its own type, so that the compiler rejects, for example, a delivery's id in place of a webhook's id.
//! All are UUIDv7 (RFC 9562), which sort by creation time.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not an id such as 01912d68-783e-7a03-8467-5661c1243ad4; the lists show the ids")
    }
}

impl std::error::Error for NotAnId {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "ssr", schemars(inline, extend("format" = "uuid"), example = &"01912d68-783e-7a03-8467-5661c1243ad4"))]
        #[serde(transparent)]
        pub struct $name(#[cfg_attr(feature = "ssr", schemars(with = "String"))] pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self).map_err(|_| NotAnId)
            }
        }
    )*};
}

ids! {
    /// An event: what happened, published once.
    EventId
    /// A webhook: a subscription of a URL to event types.
    WebhookId
    /// A delivery: one event for one webhook. Its callbacks have this id in the header `webhook-id`.
    DeliveryId
    /// A callback: one HTTP attempt of a delivery.
    CallbackId
    /// An event type.
    EventTypeId
    /// A user of the console.
    UserId
    /// A session of a signed-in browser.
    SessionId
    /// An API key.
    ApiKeyId
    /// A `clearhook serve` process, identified by its data directory.
    NodeId
}

/// An error about several webhooks names at most this many.
#[cfg(feature = "ssr")]
const LISTED_MAX: usize = 5;

/// The ids of several webhooks, for an error: the first five, and how many others there are.
#[cfg(feature = "ssr")]
pub(crate) fn listed(ids: &[WebhookId]) -> String {
    let mut listed: Vec<String> = ids.iter().take(LISTED_MAX).map(WebhookId::to_string).collect();
    if ids.len() > LISTED_MAX {
        listed.push(format!("or one of {} others", ids.len() - LISTED_MAX));
    }
    listed.join(", ")
}

impl DeliveryId {
    /// The value of the `webhook-id` header, the same on every attempt (Standard Webhooks).
    pub fn message_id(self) -> String {
        format!("msg_{}", self.0)
    }
}
