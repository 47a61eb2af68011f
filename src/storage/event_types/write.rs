//! Changes of event types.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use serde_json::{Value, json};

use crate::{
    domain::{
        audit::AuditAction,
        event_type::{EventType, EventTypeState, Origin},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        audit::{self, Actor, Entry},
        batch_insert::{BatchInsert, insert_all},
        change_notifications,
        entity::{event_type, event_type_version},
        event_types::{EventTypeContent, EventTypeFields, EventTypeRecord, number},
        new_id,
        transaction::Transaction,
    },
};

/// Maximum number of names in the audit entry of an import.
const NAMES_MAX: usize = 200;

impl BatchInsert for event_type::Entity {
    /// Another node may have added the same type. The number of inserted rows then shows that one is missing.
    fn on_conflict() -> Option<OnConflict> {
        Some(OnConflict::column(event_type::Column::EventType).do_nothing().to_owned())
    }
}

impl BatchInsert for event_type_version::Entity {}

/// An event type to add or to change.
#[derive(Clone, Debug)]
pub struct EventTypeWrite {
    /// The version that the change is based on. `None` for a new type.
    pub before: Option<EventTypeRecord>,
    /// The name of the type.
    pub event_type: EventType,
    /// What people say about it.
    pub fields: EventTypeFields,
    /// Where it comes from.
    pub origin: Origin,
    /// Its position in the pack.
    pub position: u32,
    /// A new schema, with its examples, which becomes a new version. `None` keeps the current version.
    pub new_version: Option<EventTypeContent>,
    /// New examples of the current version, as a JSON array.
    pub new_examples: Option<String>,
}

/// The result of writing event types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// All were written.
    Done,
    /// This one was added or changed by somebody else. Nothing was written.
    Stale(EventType),
}

/// How changes are recorded in the audit log.
enum Audited<'a> {
    /// One entry for each type.
    Each(&'a Actor),
    /// One entry for all of them.
    Import(&'a Actor),
    /// Not at all: packs belong to the program, and nobody changed anything.
    No,
}

impl Store {
    /// Adds or changes event types in one transaction, all or none, with an audit entry for each.
    pub async fn write_event_types(&self, by: &Actor, writes: &[EventTypeWrite]) -> Result<Written, StoreError> {
        self.write_audited(Audited::Each(by), writes).await
    }

    /// As [`write_event_types`](Self::write_event_types), with one audit entry for all of them.
    pub async fn import_event_types(&self, by: &Actor, writes: &[EventTypeWrite]) -> Result<Written, StoreError> {
        self.patient().write_audited(Audited::Import(by), writes).await
    }

    /// As [`write_event_types`](Self::write_event_types), for the types of packs. They are not recorded in the audit log.
    pub async fn write_pack(&self, writes: &[EventTypeWrite]) -> Result<Written, StoreError> {
        self.write_audited(Audited::No, writes).await
    }

    async fn write_audited(&self, audited: Audited<'_>, writes: &[EventTypeWrite]) -> Result<Written, StoreError> {
        if writes.is_empty() {
            return Ok(Written::Done);
        }
        let transaction = self.begin().await?;
        let now = Timestamp::now();
        let (mut types, mut versions, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        // Two transactions lock the rows in the same order, so they cannot deadlock.
        let mut ordered: Vec<&EventTypeWrite> = writes.iter().collect();
        ordered.sort_by_key(|write| &write.event_type);
        for write in ordered {
            let after = write.after(now);
            match &write.before {
                None => types.push(row(&after)?),
                Some(before) if !change(&transaction, before, &after).await? => return Ok(Written::Stale(write.event_type.clone())),
                Some(_) => {}
            }
            if let Some(content) = &write.new_version {
                versions.push(version_row(&after, content, now));
            } else if let Some(examples) = &write.new_examples {
                set_examples(&transaction, &after, examples).await?;
            }
            if matches!(audited, Audited::Each(_)) {
                entries.push(write.entry(&after));
            }
        }
        let added: Vec<String> = types.iter().map(|row| row.event_type.clone()).collect();
        if insert_all::<event_type::Entity>(&transaction, types).await? < added.len() as u64 {
            // Which one it is has no meaning when there are several: the caller reads all of them again.
            let first = added.first().map(|name| EventType::of_stored(name));
            return Ok(Written::Stale(first.unwrap_or_else(|| writes[0].event_type.clone())));
        }
        insert_all::<event_type_version::Entity>(&transaction, versions).await?;
        match audited {
            Audited::Each(by) => {
                for entry in entries {
                    audit::add(&transaction, by, entry, now).await?;
                }
            }
            Audited::Import(by) => audit::add(&transaction, by, import_entry(writes), now).await?,
            Audited::No => {}
        }
        let revision = change_notifications::raise_event_types(&transaction).await?;
        transaction.commit().await?;
        self.catalogue.learn(revision);
        Ok(Written::Done)
    }
}

impl EventTypeWrite {
    /// The record after the change.
    fn after(&self, now: Timestamp) -> EventTypeRecord {
        let before = self.before.as_ref();
        let version = before.map_or(0, |before| before.version);
        EventTypeRecord {
            id: before.map_or_else(new_id, |before| before.id),
            event_type: self.event_type.clone(),
            fields: self.fields.clone(),
            origin: self.origin,
            // A new type begins with version 1.
            version: if before.is_none() || self.new_version.is_some() {
                version + 1
            } else {
                version
            },
            position: self.position,
            created_at: before.map_or(now, |before| before.created_at),
            // `updated_at` must be strictly increasing: it identifies the state that a change is based on.
            updated_at: before.map_or(now, |before| now.max(Timestamp(before.updated_at.0.saturating_add(1)))),
        }
    }

    fn entry(&self, after: &EventTypeRecord) -> Entry {
        let archived = |record: &EventTypeRecord| record.fields.state == EventTypeState::Archived;
        let action = match &self.before {
            None if self.origin == Origin::Discovered => AuditAction::EventTypeDiscovered,
            None => AuditAction::EventTypeCreated,
            Some(before) if !archived(before) && archived(after) => AuditAction::EventTypeArchived,
            Some(before) if archived(before) && !archived(after) => AuditAction::EventTypeRestored,
            Some(_) => AuditAction::EventTypeChanged,
        };
        let mut shown = snapshot(after);
        if self.new_examples.is_some() && self.new_version.is_none() {
            shown["examples"] = json!("changed");
        }
        let entry = Entry::of_event_type(action, after.id, &after.event_type).after(shown);
        match &self.before {
            Some(before) => entry.before(snapshot(before)),
            None => entry,
        }
    }
}

/// The event type in the audit log. Schemas are not repeated there: all versions are kept.
fn snapshot(record: &EventTypeRecord) -> Value {
    let EventTypeFields {
        name,
        description,
        group,
        state,
        replaced_by,
        retention_days,
        masked,
    } = &record.fields;
    json!({
        "type": record.event_type,
        "name": name,
        "description": description,
        "group": group,
        "state": state,
        "replaced_by": replaced_by,
        "origin": record.origin,
        "version": record.version,
        "retention": retention_days,
        "masked": masked,
    })
}

fn import_entry(writes: &[EventTypeWrite]) -> Entry {
    let names = |new: bool| -> Value {
        let these = writes.iter().filter(|write| write.before.is_none() == new);
        let count = these.clone().count();
        let more = (count > NAMES_MAX).then(|| json!(format!("and {} more", count - NAMES_MAX)));
        these.take(NAMES_MAX).map(|write| json!(write.event_type)).chain(more).collect()
    };
    let name = match writes {
        [one] => one.event_type.to_string(),
        several => format!("{} event types", several.len()),
    };
    Entry::of_event_types(AuditAction::EventTypesImported, &name).after(json!({ "new": names(true), "changed": names(false) }))
}

/// Replaces the row of an event type if it still is as in `before`. Returns whether it is.
async fn change(on: &Transaction, before: &EventTypeRecord, after: &EventTypeRecord) -> Result<bool, StoreError> {
    let columns = event_type::ActiveModel::from(row(after)?);
    let changed = event_type::Entity::update_many()
        .set(event_type::ActiveModel {
            id: sea_orm::NotSet,
            ..columns.reset_all()
        })
        .filter(event_type::Column::Id.eq(before.id.0))
        .filter(event_type::Column::UpdatedAt.eq(before.updated_at.0))
        .exec(on)
        .await?;
    Ok(changed.rows_affected == 1)
}

async fn set_examples(on: &Transaction, after: &EventTypeRecord, examples: &str) -> Result<(), StoreError> {
    event_type_version::Entity::update_many()
        .col_expr(event_type_version::Column::Examples, Expr::value(examples))
        .filter(event_type_version::Column::EventTypeId.eq(after.id.0))
        .filter(event_type_version::Column::Version.eq(number(after.version)))
        .exec(on)
        .await?;
    Ok(())
}

fn row(record: &EventTypeRecord) -> Result<event_type::Model, StoreError> {
    let fields = &record.fields;
    Ok(event_type::Model {
        id: record.id.0,
        event_type: record.event_type.to_string(),
        name: fields.name.clone(),
        description: fields.description.clone(),
        section: fields.group.clone(),
        state: fields.state.to_string(),
        replaced_by: fields.replaced_by.as_ref().map(ToString::to_string),
        origin: record.origin.to_string(),
        version: number(record.version),
        retention_days: fields.retention_days.map(number),
        masked: serde_json::to_string(&fields.masked).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        position: number(record.position),
        created_at: record.created_at.0,
        updated_at: record.updated_at.0,
    })
}

fn version_row(of: &EventTypeRecord, content: &EventTypeContent, now: Timestamp) -> event_type_version::Model {
    event_type_version::Model {
        event_type_id: of.id.0,
        version: number(of.version),
        schema: content.schema.clone(),
        examples: content.examples.clone(),
        created_at: now.0,
    }
}
