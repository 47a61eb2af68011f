//! Who changed what. An entry is written in the transaction of the change, so that there is never one without the other; entries are
//! only ever added.

mod list;

use std::net::IpAddr;

pub use self::list::{AuditFilter, AuditRecord};

use sea_orm::Value;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    domain::{
        audit::{ActorKind, AuditAction, ObjectKind},
        id::{ApiKeyId, UserId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{StoreError, bulk::Insert, new_id, sql::Sql},
};

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A person, a program, or clearhook itself.
    pub kind: ActorKind,
    /// The user's or the key's id.
    pub id: Option<Uuid>,
    /// E-mail address, or the key's name: it stays readable when the user or the key is gone.
    pub name: String,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// A change that clearhook makes by itself.
    pub fn clearhook() -> Self {
        Self {
            kind: ActorKind::Clearhook,
            id: None,
            name: "clearhook".to_owned(),
            address: None,
        }
    }

    /// Somebody who signed in, or is about to.
    pub fn person(id: UserId, email: &str, address: Option<IpAddr>) -> Self {
        Self {
            kind: ActorKind::User,
            id: Some(id.0),
            name: email.to_owned(),
            address,
        }
    }

    /// Somebody at the command line, by the name that the system knows them by.
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

/// A change. What was before and what is after hold no secret: [`MASK`](crate::domain::audit::MASK) stands for each.
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
    /// Something done to a webhook.
    pub(super) fn of_webhook(action: AuditAction, id: WebhookId, name: &str) -> Self {
        Self::of(action, ObjectKind::Webhook, id.0, name)
    }

    /// Something done to a key.
    pub(super) fn of_api_key(action: AuditAction, id: ApiKeyId, name: &str) -> Self {
        Self::of(action, ObjectKind::ApiKey, id.0, name)
    }

    /// Something done to a user, or by a user to their own account.
    pub(super) fn of_user(action: AuditAction, id: UserId, email: &str) -> Self {
        Self::of(action, ObjectKind::User, id.0, email)
    }

    /// Something done to the service itself.
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

    /// How it was.
    #[must_use]
    pub(super) fn before(self, before: Json) -> Self {
        Self {
            before: Some(before),
            ..self
        }
    }

    /// How it is now.
    #[must_use]
    pub(super) fn after(self, after: Json) -> Self {
        Self {
            after: Some(after),
            ..self
        }
    }
}

/// Writes an entry; `on` is the transaction of the change.
pub(super) async fn add(on: &impl Sql, actor: &Actor, entry: Entry, now: Timestamp) -> Result<(), StoreError> {
    const ROWS: Insert<12> = Insert {
        table: "audit_log",
        columns: [
            "id",
            "at",
            "actor_kind",
            "actor_id",
            "actor_name",
            "address",
            "action",
            "object_kind",
            "object_id",
            "object_name",
            "before",
            "after",
        ],
        tail: "",
    };
    let row: [Value; 12] = [
        new_id::<Uuid>().into(),
        now.0.into(),
        actor.kind.as_str().into(),
        actor.id.into(),
        actor.name.as_str().into(),
        actor.address.map(|address| address.to_string()).into(),
        entry.action.as_str().into(),
        entry.object.as_str().into(),
        entry.id.into(),
        entry.name.into(),
        entry.before.map(|before| before.to_string()).into(),
        entry.after.map(|after| after.to_string()).into(),
    ];
    ROWS.run(on, vec![row]).await?;
    Ok(())
}
