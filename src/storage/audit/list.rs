//! Queries of the audit log.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    domain::{
        audit::{AuditAction, ObjectKind},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{Store, StoreError, entity::audit_entry, keyset::newest_first, search::contains},
};

/// The filter of the audit log.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The earliest time, inclusive.
    pub from: Option<Timestamp>,
    /// The latest time, exclusive.
    pub to: Option<Timestamp>,
    /// A part of the actor's name, ignoring case; or the actor's id.
    pub actor: Option<String>,
    /// Only changes of this kind of object.
    pub kind: Option<ObjectKind>,
    /// A part of the object's name, ignoring case; or the object's id.
    pub object: Option<String>,
    /// Only this action.
    pub action: Option<AuditAction>,
}

/// An audit entry. Kinds and actions are strings, because another version of clearhook may have written them.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    /// Its id.
    pub id: Uuid,
    /// The time of the change.
    pub at: Timestamp,
    /// The kind of actor.
    pub actor_kind: String,
    /// The id of the user or of the API key.
    pub actor_id: Option<Uuid>,
    /// The actor's name.
    pub actor_name: String,
    /// The IP address of the request.
    pub address: Option<String>,
    /// The action.
    pub action: String,
    /// The kind of the changed object.
    pub object_kind: String,
    /// The id of the changed object.
    pub object_id: Option<Uuid>,
    /// The name of the changed object.
    pub object_name: String,
    /// The object before the change.
    pub before: Option<Json>,
    /// The object after the change.
    pub after: Option<Json>,
}

impl Store {
    /// A page of the audit log, newest first.
    pub async fn audit_log(&self, filter: &AuditFilter, after: Option<Cursor>, limit: u64) -> Result<Page<AuditRecord>, StoreError> {
        let found = narrowed(filter);
        let columns = (audit_entry::Column::At, audit_entry::Column::Id);
        let page = newest_first(&self.read, found, columns, after, limit, |row| Cursor {
            at: Timestamp(row.at),
            id: row.id,
        });
        let page = page.await?;
        Ok(page.map(record))
    }

    /// Loads an entry.
    pub async fn audit_entry(&self, id: Uuid) -> Result<Option<AuditRecord>, StoreError> {
        Ok(audit_entry::Entity::find_by_id(id).one(&self.read).await?.map(record))
    }
}

fn narrowed(filter: &AuditFilter) -> Select<audit_entry::Entity> {
    let mut found = audit_entry::Entity::find();
    if let Some(from) = filter.from {
        found = found.filter(audit_entry::Column::At.gte(from.0));
    }
    if let Some(to) = filter.to {
        found = found.filter(audit_entry::Column::At.lt(to.0));
    }
    if let Some(kind) = filter.kind {
        found = found.filter(audit_entry::Column::ObjectKind.eq(kind.as_str()));
    }
    if let Some(action) = filter.action {
        found = found.filter(audit_entry::Column::Action.eq(action.as_str()));
    }
    let named = [
        (&filter.actor, audit_entry::Column::ActorId, audit_entry::Column::ActorName),
        (&filter.object, audit_entry::Column::ObjectId, audit_entry::Column::ObjectName),
    ];
    for (wanted, id, name) in named {
        let Some(wanted) = wanted.as_deref().map(str::trim).filter(|wanted| !wanted.is_empty()) else {
            continue;
        };
        found = match Uuid::parse_str(wanted) {
            Ok(wanted) => found.filter(id.eq(wanted)),
            Err(_) => found.filter(contains([name], wanted)),
        };
    }
    found
}

fn record(row: audit_entry::Model) -> AuditRecord {
    AuditRecord {
        id: row.id,
        at: Timestamp(row.at),
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        actor_name: row.actor_name,
        address: row.address,
        action: row.action,
        object_kind: row.object_kind,
        object_id: row.object_id,
        object_name: row.object_name,
        before: row.before.map(json),
        after: row.after.map(json),
    }
}

/// Entries of the first versions contain plain text.
fn json(text: String) -> Json {
    serde_json::from_str(&text).unwrap_or(Json::String(text))
}
