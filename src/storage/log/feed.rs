//! What a live stream of attempts reads: the callbacks that were logged after another one, in the order of their ids, and their requests and
//! responses.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter};
use uuid::Uuid;

use crate::{
    domain::{
        event_type::EventType,
        id::{CallbackId, WebhookId},
    },
    storage::{
        Store, StoreError,
        callbacks::{CallbackDetails, details},
        entity::{callback, event, webhook},
        raw_sql::statement,
    },
};

/// A logged callback, with what decides whether a stream has it.
#[derive(Clone, Debug)]
pub struct LoggedCallback {
    /// Its id.
    pub id: CallbackId,
    /// Its webhook.
    pub webhook: WebhookId,
    /// The type of its event.
    pub event_type: EventType,
}

impl Store {
    /// The id of the callback that was logged last.
    pub async fn newest_callback(&self) -> Result<Option<CallbackId>, StoreError> {
        Ok(self.first_id("callbacks", "DESC").await?.map(CallbackId))
    }

    /// The callbacks with ids after the first and up to the last of these, in the order of their ids.
    pub async fn logged_between(&self, after: CallbackId, to: CallbackId, limit: u64) -> Result<Vec<LoggedCallback>, StoreError> {
        #[derive(FromQueryResult)]
        struct LoggedRow {
            id: Uuid,
            webhook_id: Uuid,
            event_type: String,
        }
        let sql = "SELECT id, webhook_id, event_type FROM callbacks WHERE id > ? AND id <= ? ORDER BY id LIMIT ?";
        let values = [after.0.into(), to.0.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let rows = LoggedRow::find_by_statement(statement(self.backend(), sql, values))
            .all(&self.read)
            .await?;
        let logged = |row: LoggedRow| LoggedCallback {
            id: CallbackId(row.id),
            webhook: WebhookId(row.webhook_id),
            event_type: EventType::of_stored(&row.event_type),
        };
        Ok(rows.into_iter().map(logged).collect())
    }

    /// These callbacks with headers and bodies, in the order of their ids. Those of deleted webhooks are omitted.
    pub async fn callbacks_with_bodies(&self, ids: &[CallbackId]) -> Result<Vec<CallbackDetails>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = callback::Entity::find()
            .filter(callback::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .all(&self.read)
            .await?;
        let events = event::Entity::find()
            .filter(event::Column::Id.is_in(rows.iter().map(|row| row.event_id)))
            .all(&self.read)
            .await?;
        let deleted: Vec<Uuid> = webhook::Entity::find()
            .filter(webhook::Column::Id.is_in(rows.iter().map(|row| row.webhook_id)))
            .filter(webhook::Column::DeletedAt.is_not_null())
            .all(&self.read)
            .await?
            .into_iter()
            .map(|webhook| webhook.id)
            .collect();
        let events: HashMap<Uuid, event::Model> = events.into_iter().map(|event| (event.id, event)).collect();
        let mut found = rows
            .into_iter()
            .filter(|row| !deleted.contains(&row.webhook_id))
            .map(|row| {
                let event = events.get(&row.event_id).cloned();
                details(row, event)
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        found.sort_by_key(|details| details.record.id);
        Ok(found)
    }
}
