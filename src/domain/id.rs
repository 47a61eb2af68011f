//! Identifiers: one type a noun, so that a delivery's id can never stand where a webhook's is meant.
//! All are UUIDv7 (RFC 9562), which sort by the time they were made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

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
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// An event: what happened, published once.
    EventId
    /// A webhook: an administrator's subscription.
    WebhookId
    /// A delivery: one event owed to one webhook. Its callbacks carry it as `webhook-id`.
    DeliveryId
    /// A callback: one HTTP attempt of a delivery.
    CallbackId
    /// Somebody who can sign in.
    UserId
    /// A signed-in browser.
    SessionId
    /// A key of the HTTP API.
    ApiKeyId
    /// A signing secret of a webhook; there are two for a while after a rotation.
    SecretId
    /// A `clearhook serve` process, by the data directory it runs on.
    NodeId
}

impl DeliveryId {
    /// The value of the `webhook-id` header, the same on every attempt (Standard Webhooks).
    pub fn message_id(self) -> String {
        format!("msg_{}", self.0)
    }
}
