//! The webhooks, event types and owners of an installation as one document, and what a document would change.

mod compare;
mod event_types;
mod export;
mod matching;
mod webhooks;

pub use self::{
    compare::{Comparison, compare},
    export::{Configuration, export},
};

use std::fmt;

use crate::{
    domain::id::WebhookId,
    services::{error::UseCaseError, event_types::EventTypeInput, webhooks::WebhookInput},
};

/// The version of the format of documents.
pub const VERSION: u32 = 1;

/// Applies an entry of a document to the present fields.
pub type Edit<T> = Box<dyn Fn(T) -> Result<T, UseCaseError> + Send + Sync>;

/// A document that is compared with the installation. A section that it does not have is not compared.
#[derive(Debug, Default)]
pub struct Document {
    /// The email addresses of users who have to exist, because webhooks name them as owners.
    pub owners: Option<Vec<String>>,
    /// Event types, except those of packs, of which only the state can be given.
    pub event_types: Option<Vec<EventTypeEntry>>,
    /// Webhooks.
    pub webhooks: Option<Vec<WebhookEntry>>,
    /// Whether webhooks that the document does not have are deleted, and own event types archived.
    pub prune: bool,
}

/// A webhook of a document.
pub struct WebhookEntry {
    /// Its id, if the document has it.
    pub id: Option<WebhookId>,
    /// Its name, if the document has it.
    pub name: Option<String>,
    /// Its signing secret, if the document has it.
    pub secret: Option<String>,
    /// Sets the fields that the document has.
    pub edit: Edit<WebhookInput>,
}

/// An event type of a document.
pub struct EventTypeEntry {
    /// The type.
    pub event_type: String,
    /// Sets the fields that the document has.
    pub edit: Edit<EventTypeInput>,
}

impl fmt::Debug for WebhookEntry {
    /// Omits the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookEntry({:?}, {:?}, …)", self.id, self.name)
    }
}

impl fmt::Debug for EventTypeEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventTypeEntry({}, …)", self.event_type)
    }
}
