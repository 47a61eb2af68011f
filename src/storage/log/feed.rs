//! What a live stream of attempts reads: the callbacks that were logged after another one, in the order of their ids, and their requests and
//! responses.

use std::{collections::HashMap, time::Duration};

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter};
use uuid::Uuid;

use crate::{
    domain::{
        event_type::EventType,
        id::{CallbackId, WebhookId},
        stream_position::{Snapshot, StreamPosition},
    },
    storage::{
        Store, StoreError,
        callbacks::{CallbackDetails, details},
        entity::{callback, event, webhook},
        raw_sql::statement,
        uuid_time::{made_at, oldest_id_of},
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

/// The callbacks since a position with a snapshot (the subqueries parse it once, and most rows are older than it), and the snapshot of this statement, which is also in the only row if there are none.
const SINCE_SNAPSHOT: &str = "SELECT now.snapshot, found.id, found.webhook_id, found.event_type FROM \
    (SELECT pg_current_snapshot()::text AS snapshot) AS now LEFT JOIN LATERAL (\
    (SELECT id, webhook_id, event_type FROM callbacks WHERE id > ? AND id <= ? \
    AND stored_in >= (SELECT pg_snapshot_xmin(?::pg_snapshot)) AND NOT pg_visible_in_snapshot(stored_in, (SELECT ?::pg_snapshot))) \
    UNION ALL (SELECT id, webhook_id, event_type FROM callbacks WHERE id > ? ORDER BY id LIMIT ?)) AS found ON TRUE ORDER BY found.id";

#[derive(FromQueryResult)]
struct SnapshotRow {
    snapshot: String,
}

#[derive(FromQueryResult)]
struct LoggedRow {
    snapshot: Option<String>,
    id: Option<Uuid>,
    webhook_id: Option<Uuid>,
    event_type: Option<String>,
}

impl LoggedRow {
    fn callback(self) -> Option<LoggedCallback> {
        Some(LoggedCallback {
            id: CallbackId(self.id?),
            webhook: WebhookId(self.webhook_id?),
            event_type: EventType::of_stored(&self.event_type?),
        })
    }
}

fn parse(snapshot: &str) -> Result<Snapshot, StoreError> {
    snapshot
        .parse()
        .map_err(|_| StoreError::Corrupt(format!("{snapshot} is not a snapshot")))
}

impl Store {
    /// The place after everything that was logged until now.
    pub async fn end_of_log(&self) -> Result<StreamPosition, StoreError> {
        // Read before the newest callback: what is committed in between is not in the snapshot, so the stream has it.
        let snapshot = self.log_snapshot().await?;
        let newest = self.first_id("callbacks", "DESC").await?;
        Ok(StreamPosition {
            callback: CallbackId(newest.unwrap_or(Uuid::nil())),
            snapshot,
        })
    }

    /// What is committed now. `None` on SQLite.
    pub async fn log_snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        let row = SnapshotRow::find_by_statement(statement(self.backend(), "SELECT pg_current_snapshot()::text AS snapshot", []));
        row.one(&self.read).await?.map(|row| parse(&row.snapshot)).transpose()
    }

    /// The callbacks that were committed after this position, in the order of their ids: all that are older than it and that its snapshot
    /// does not see, then up to `limit` newer ones. They are followed by the place after them.
    ///
    /// A node may commit a callback after another node has committed one with a later id. Such callbacks are found if their ids are at most
    /// `late` older than the position.
    pub async fn logged_since(
        &self,
        position: &StreamPosition,
        late: Duration,
        limit: u64,
    ) -> Result<(Vec<LoggedCallback>, StreamPosition), StoreError> {
        let (backend, after) = (self.backend(), position.callback.0);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = match &position.snapshot {
            Some(snapshot) if self.is_shared() => {
                let values = [
                    oldest_id_of(made_at(after).minus(late)).into(),
                    after.into(),
                    snapshot.as_str().into(),
                    snapshot.as_str().into(),
                    after.into(),
                    limit.into(),
                ];
                LoggedRow::find_by_statement(statement(backend, SINCE_SNAPSHOT, values))
                    .all(&self.read)
                    .await?
            }
            _ => {
                let sql = "SELECT id, webhook_id, event_type, NULL AS snapshot FROM callbacks WHERE id > ? ORDER BY id LIMIT ?";
                let values = [after.into(), limit.into()];
                LoggedRow::find_by_statement(statement(backend, sql, values))
                    .all(&self.read)
                    .await?
            }
        };
        // The same in all rows.
        let snapshot = rows.first().and_then(|row| row.snapshot.as_deref()).map(parse).transpose()?;
        let found: Vec<LoggedCallback> = rows.into_iter().filter_map(LoggedRow::callback).collect();
        let last = found.last().map_or(position.callback, |last| last.id.max(position.callback));
        Ok((found, StreamPosition { callback: last, snapshot }))
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
