//! The newest stored events of a type, against which a new schema is checked.

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    domain::{event_type::EventType, id::EventId},
    storage::{Store, StoreError, entity::event},
};

/// Events read per query. A body may have 1 MiB, so few are in memory at once.
const BATCH: u64 = 20;

/// A stored event.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its id.
    pub id: EventId,
    /// The body of its callbacks, which contains `data`.
    pub body: String,
}

impl Store {
    /// A few events of a type, newest first, that are older than `after`. The list is empty when there are none left.
    pub async fn samples(&self, event_type: &EventType, after: Option<EventId>, limit: u64) -> Result<Vec<Sample>, StoreError> {
        #[derive(FromQueryResult)]
        struct SampleRow {
            id: Uuid,
            body: String,
        }
        let mut found = event::Entity::find()
            .select_only()
            .columns([event::Column::Id, event::Column::Body])
            .filter(event::Column::EventType.eq(event_type.as_str()))
            // Those that were erased have none.
            .filter(event::Column::Body.ne(""));
        if let Some(after) = after {
            found = found.filter(event::Column::Id.lt(after.0));
        }
        let found = found.order_by_desc(event::Column::Id).limit(limit.min(BATCH));
        let rows = found.into_model::<SampleRow>().all(&self.read).await?;
        let sample = |row: SampleRow| Sample {
            id: EventId(row.id),
            body: row.body,
        };
        Ok(rows.into_iter().map(sample).collect())
    }
}
