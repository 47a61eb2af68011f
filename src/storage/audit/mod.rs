//! The audit log. An entry is written in the transaction of the change, so that neither exists without the other. Entries are never
//! changed.

mod list;

use std::net::IpAddr;

pub use self::list::{AuditFilter, AuditRecord};

use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    domain::{
        audit::{ActorKind, AuditAction, ObjectKind},
        event_type::EventType,
        id::{ApiKeyId, EventTypeId, UserId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        StoreError,
        batch_insert::{BatchInsert, insert_all},
        entity::audit_entry,
        executor::Executor,
        new_id,
    },
};

/// The author of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A user, an API key, the command line, a broker, or clearhook itself.
    pub kind: ActorKind,
    /// The id of the user or of the API key.
    pub id: Option<Uuid>,
    /// The email address or the key's name. It is copied, so that it stays readable after the user or the key is deleted.
    pub name: String,
    /// The IP address of the request.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The actor of changes that clearhook makes by itself.
    pub fn clearhook() -> Self {
        Self {
            kind: ActorKind::Clearhook,
            id: None,
            name: "clearhook".to_owned(),
            address: None,
        }
    }

    /// The publishers of a broker's messages. The broker does not tell who they are.
    pub fn broker(name: &str) -> Self {
        Self {
            kind: ActorKind::Broker,
            id: None,
            name: name.to_owned(),
            address: None,
        }
    }

    /// A user who is signed in or signing in.
    pub fn person(id: UserId, email: &str, address: Option<IpAddr>) -> Self {
        Self {
            kind: ActorKind::User,
            id: Some(id.0),
            name: email.to_owned(),
            address,
        }
    }

    /// The command line, with the name of the operating system's user.
    pub fn command_line() -> Self {
        let name = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        Self {
            kind: ActorKind::CommandLine,
            id: None,
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| "command line".to_owned()),
            address: None,
        }
    }
}

/// A change. `before` and `after` contain no secrets: [`MASK`](crate::domain::audit::MASK) replaces each.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    action: AuditAction,
    object: ObjectKind,
    id: Option<Uuid>,
    name: String,
    before: Option<Json>,
    after: Option<Json>,
}

impl Entry {
    /// A change of a webhook.
    pub(super) fn of_webhook(action: AuditAction, id: WebhookId, name: &str) -> Self {
        Self::of(action, ObjectKind::Webhook, id.0, name)
    }

    /// A change of an API key.
    pub(super) fn of_api_key(action: AuditAction, id: ApiKeyId, name: &str) -> Self {
        Self::of(action, ObjectKind::ApiKey, id.0, name)
    }

    /// A change of an event type.
    pub(super) fn of_event_type(action: AuditAction, id: EventTypeId, event_type: &EventType) -> Self {
        Self::of(action, ObjectKind::EventType, id.0, event_type.as_str())
    }

    /// A change of several event types, such as an import.
    pub(super) fn of_event_types(action: AuditAction, name: &str) -> Self {
        Self {
            id: None,
            ..Self::of(action, ObjectKind::EventType, Uuid::nil(), name)
        }
    }

    /// A change of a user, or by a user of their own account.
    pub(super) fn of_user(action: AuditAction, id: UserId, email: &str) -> Self {
        Self::of(action, ObjectKind::User, id.0, email)
    }

    /// A change of the service itself.
    pub(super) fn of_server(action: AuditAction) -> Self {
        Self {
            id: None,
            ..Self::of(action, ObjectKind::Server, Uuid::nil(), "clearhook")
        }
    }

    fn of(action: AuditAction, object: ObjectKind, id: Uuid, name: &str) -> Self {
        Self {
            action,
            object,
            id: Some(id),
            name: name.to_owned(),
            before: None,
            after: None,
        }
    }

    /// The object before the change.
    #[must_use]
    pub(super) fn before(self, before: Json) -> Self {
        Self {
            before: Some(before),
            ..self
        }
    }

    /// The object after the change.
    #[must_use]
    pub(super) fn after(self, after: Json) -> Self {
        Self {
            after: Some(after),
            ..self
        }
    }
}

impl BatchInsert for audit_entry::Entity {}

/// Inserts an entry. `on` must be the transaction of the change.
pub(super) async fn add(on: &impl Executor, actor: &Actor, entry: Entry, now: Timestamp) -> Result<(), StoreError> {
    insert_all::<audit_entry::Entity>(on, [model(actor, entry, now)]).await?;
    Ok(())
}

/// Inserts several entries. `on` must be the transaction of the changes.
pub(super) async fn add_all(on: &impl Executor, actor: &Actor, entries: Vec<Entry>, now: Timestamp) -> Result<(), StoreError> {
    let rows = entries.into_iter().map(|entry| model(actor, entry, now));
    insert_all::<audit_entry::Entity>(on, rows).await?;
    Ok(())
}

fn model(actor: &Actor, entry: Entry, now: Timestamp) -> audit_entry::Model {
    audit_entry::Model {
        id: new_id(),
        at: now.0,
        actor_kind: actor.kind.to_string(),
        actor_id: actor.id,
        actor_name: actor.name.clone(),
        address: actor.address.map(|address| address.to_string()),
        action: entry.action.to_string(),
        object_kind: entry.object.to_string(),
        object_id: entry.id,
        object_name: entry.name,
        before: entry.before.map(|before| before.to_string()),
        after: entry.after.map(|after| after.to_string()),
    }
}
