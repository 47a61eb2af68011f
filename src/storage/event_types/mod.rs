//! Storage of event types and the versions of their schemas.

mod samples;
mod usage;
mod write;

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

pub use self::{
    samples::Sample,
    usage::COUNTED_MAX,
    write::{EventTypeWrite, Written},
};
use crate::{
    domain::{
        event_type::{EventType, EventTypeState, Origin},
        id::EventTypeId,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        batch_insert::sizes,
        change_notifications,
        entity::{event_type, event_type_version},
    },
};

/// What people say about an event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypeFields {
    /// Its name for people, such as "Invoice paid".
    pub name: String,
    /// When it is sent and what it contains. It may have several lines.
    pub description: String,
    /// The section of the event picker.
    pub group: Option<String>,
    /// What may be done with it.
    pub state: EventTypeState,
    /// The type to use instead of a deprecated or archived one.
    pub replaced_by: Option<EventType>,
    /// For how many days the payloads of its events are kept. `None`: as long as other events.
    pub retention_days: Option<u32>,
    /// JSON pointers into `data` whose values the console hides.
    pub masked: Vec<String>,
}

/// A stored event type, without its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypeRecord {
    /// Its id, for lists and the audit log.
    pub id: EventTypeId,
    /// The CloudEvents `type`.
    pub event_type: EventType,
    /// What people say about it.
    pub fields: EventTypeFields,
    /// Where it comes from.
    pub origin: Origin,
    /// The current version of its schema, from 1.
    pub version: u32,
    /// Its position in the pack. 0 for types that belong to no pack.
    pub position: u32,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed. Different for each change.
    pub updated_at: Timestamp,
}

/// The schema and the examples of a version of an event type, as JSON texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypeContent {
    /// The JSON Schema of `data`. `None` permits any JSON.
    pub schema: Option<String>,
    /// A JSON array with examples of `data`.
    pub examples: String,
}

/// A version of an event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypeVersion {
    /// Its number, from 1.
    pub version: u32,
    /// The schema and the examples.
    pub content: EventTypeContent,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Default for EventTypeContent {
    /// No schema and no examples.
    fn default() -> Self {
        Self {
            schema: None,
            examples: "[]".to_owned(),
        }
    }
}

impl Store {
    /// The newest change of event types that this process knows of. A cache that was loaded before it is out of date.
    pub fn known_event_type_revision(&self) -> i64 {
        self.catalogue.known()
    }

    /// Reads the number of changes of event types so far, of which this process then knows.
    pub async fn event_type_revision(&self) -> Result<i64, StoreError> {
        let revisions = change_notifications::read(&self.read).await?;
        let revision = revisions.map_or(0, |revisions| revisions.event_types);
        self.catalogue.learn(revision);
        Ok(revision)
    }

    /// All event types, without their schemas.
    pub async fn event_types(&self) -> Result<Vec<EventTypeRecord>, StoreError> {
        let rows = event_type::Entity::find().all(&self.read).await?;
        rows.into_iter().map(record).collect()
    }

    /// The event type with this name.
    pub async fn event_type(&self, name: &EventType) -> Result<Option<EventTypeRecord>, StoreError> {
        self.event_type_within(&self.read, name).await
    }

    async fn event_type_within(&self, on: &impl ConnectionTrait, name: &EventType) -> Result<Option<EventTypeRecord>, StoreError> {
        let found = event_type::Entity::find().filter(event_type::Column::EventType.eq(name.as_str()));
        found.one(on).await?.map(record).transpose()
    }

    /// The content of the current version of each of these event types, in the same order. An event type that was changed meanwhile has the
    /// content of a version that is not older.
    pub async fn event_type_contents(&self, types: &[&EventTypeRecord]) -> Result<Vec<Option<EventTypeContent>>, StoreError> {
        let mut contents = HashMap::new();
        let mut left = types.iter();
        for size in sizes(types.len()) {
            let some: Vec<_> = left.by_ref().take(size).collect();
            let ids = some.iter().map(|record| record.id.0);
            let least = some.iter().map(|record| number(record.version)).min().unwrap_or(0);
            let rows = event_type_version::Entity::find()
                .filter(event_type_version::Column::EventTypeId.is_in(ids))
                .filter(event_type_version::Column::Version.gte(least))
                .order_by_asc(event_type_version::Column::Version);
            for row in rows.all(&self.read).await? {
                // Later versions of the same type replace earlier ones.
                contents.insert(row.event_type_id, version(row).content);
            }
        }
        Ok(types.iter().map(|record| contents.remove(&record.id.0)).collect())
    }

    /// All versions of an event type, newest first.
    pub async fn event_type_versions(&self, id: EventTypeId) -> Result<Vec<EventTypeVersion>, StoreError> {
        let rows = event_type_version::Entity::find()
            .filter(event_type_version::Column::EventTypeId.eq(id.0))
            .order_by_desc(event_type_version::Column::Version);
        Ok(rows.all(&self.read).await?.into_iter().map(version).collect())
    }

    /// One version of an event type.
    pub async fn event_type_version(&self, id: EventTypeId, number: u32) -> Result<Option<EventTypeVersion>, StoreError> {
        let Ok(number) = i32::try_from(number) else {
            return Ok(None);
        };
        let found = event_type_version::Entity::find_by_id((id.0, number));
        Ok(found.one(&self.read).await?.map(version))
    }
}

fn record(row: event_type::Model) -> Result<EventTypeRecord, StoreError> {
    let unsigned = |number: i32| u32::try_from(number).unwrap_or(0);
    Ok(EventTypeRecord {
        id: EventTypeId(row.id),
        event_type: EventType::of_stored(&row.event_type),
        fields: EventTypeFields {
            name: row.name,
            description: row.description,
            group: row.section,
            state: row.state.parse()?,
            replaced_by: row.replaced_by.as_deref().map(EventType::of_stored),
            retention_days: row.retention_days.map(unsigned),
            masked: serde_json::from_str(&row.masked).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        },
        origin: row.origin.parse()?,
        version: unsigned(row.version),
        position: unsigned(row.position),
        created_at: Timestamp(row.created_at),
        updated_at: Timestamp(row.updated_at),
    })
}

fn version(row: event_type_version::Model) -> EventTypeVersion {
    EventTypeVersion {
        version: u32::try_from(row.version).unwrap_or(0),
        content: EventTypeContent {
            schema: row.schema,
            examples: row.examples,
        },
        created_at: Timestamp(row.created_at),
    }
}

fn number(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}
