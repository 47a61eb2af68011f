//! Publishing: everything of one publish in one transaction, steered by `ingest`.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, Set,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    catalogue::EventType,
    domain::{
        callback::Trigger,
        delivery::DeliveryState,
        id::{DeliveryId, EventId, NodeId, WebhookId},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        entity::{delivery, event, event_key, webhook, webhook_event},
    },
};

/// Rows of one insert: SQLite takes 32,766 values a statement, PostgreSQL 65,535.
const ROWS: usize = 1_000;

/// What tells one event from another: the hash of its source and of the id that the source gave it (CloudEvents 1.0, `source` and `id`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey(Vec<u8>);

impl EventKey {
    /// The key of an event.
    pub fn of(source: &str, id: &str) -> Self {
        let length = u64::try_from(source.len()).unwrap_or(u64::MAX).to_be_bytes();
        Self(
            Sha256::new()
                .chain_update(length)
                .chain_update(source)
                .chain_update(id)
                .finalize()
                .to_vec(),
        )
    }
}

/// An event that is to be stored.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Ours.
    pub id: EventId,
    /// Its place in the catalogue.
    pub event_type: EventType,
    /// Where it happened.
    pub source: String,
    /// The id that the source gave it.
    pub source_id: String,
    /// What it is about.
    pub subject: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The callback's body, byte for byte as it will be sent.
    pub body: Arc<str>,
}

/// Who hears of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Whether it may be called.
    pub enabled: bool,
}

/// A delivery that is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewDelivery {
    /// Ours.
    pub id: DeliveryId,
    /// Which event.
    pub event: EventId,
    /// Owed to which webhook.
    pub webhook: WebhookId,
    /// Whether the webhook is disabled, so that it is only kept.
    pub held: bool,
}

/// An open transaction in which events are stored.
pub struct Publication(DatabaseTransaction);

impl Store {
    /// Begins to publish.
    pub async fn publication(&self) -> Result<Publication, StoreError> {
        Ok(Publication(self.begin().await?))
    }
}

impl Publication {
    /// Takes the keys that nobody took before, and gives them back. Sorted, so that two batches cannot wait for each other.
    pub async fn take_keys(&self, keys: &mut [(EventKey, EventId)], now: Timestamp) -> Result<Vec<EventKey>, StoreError> {
        keys.sort();
        let mut taken = Vec::with_capacity(keys.len());
        for keys in keys.chunks(ROWS) {
            let rows = keys.iter().map(|(key, id)| event_key::ActiveModel {
                key: Set(key.0.clone()),
                event_id: Set(id.0),
                received_at: Set(now.0),
            });
            let insert =
                event_key::Entity::insert_many(rows).on_conflict(OnConflict::column(event_key::Column::Key).do_nothing().to_owned());
            taken.extend(insert.exec_with_returning(&self.0).await?.into_iter().map(|row| EventKey(row.key)));
        }
        Ok(taken)
    }

    /// The events that took these keys before, and how many deliveries each has.
    pub async fn known(&self, keys: &[EventKey]) -> Result<HashMap<EventKey, (EventId, u64)>, StoreError> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = event_key::Entity::find()
            .filter(event_key::Column::Key.is_in(keys.iter().map(|key| key.0.clone())))
            .all(&self.0)
            .await?;
        let counts: Vec<(Uuid, i64)> = delivery::Entity::find()
            .select_only()
            .column(delivery::Column::EventId)
            .column_as(delivery::Column::Id.count(), "deliveries")
            .filter(delivery::Column::EventId.is_in(rows.iter().map(|row| row.event_id)))
            .group_by(delivery::Column::EventId)
            .into_tuple()
            .all(&self.0)
            .await?;
        let counts: HashMap<Uuid, i64> = counts.into_iter().collect();
        let count = |id: &Uuid| counts.get(id).and_then(|count| u64::try_from(*count).ok()).unwrap_or(0);
        Ok(rows
            .into_iter()
            .map(|row| (EventKey(row.key), (EventId(row.event_id), count(&row.event_id))))
            .collect())
    }

    /// Who hears of these events now.
    pub async fn subscriptions(&self, types: &[EventType]) -> Result<HashMap<EventType, Vec<Subscription>>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            event_type: String,
            webhook_id: Uuid,
            enabled: bool,
        }
        let rows = webhook_event::Entity::find()
            .select_only()
            .column(webhook_event::Column::EventType)
            .column(webhook_event::Column::WebhookId)
            .column_as(Expr::col((webhook::Entity, webhook::Column::Enabled)), "enabled")
            .join(
                JoinType::InnerJoin,
                webhook_event::Entity::belongs_to(webhook::Entity)
                    .from(webhook_event::Column::WebhookId)
                    .to(webhook::Column::Id)
                    .into(),
            )
            .filter(webhook_event::Column::EventType.is_in(types.iter().map(|event| event.as_str())))
            .filter(Expr::col((webhook::Entity, webhook::Column::DeletedAt)).is_null())
            .into_model::<Row>()
            .all(&self.0)
            .await?;
        let mut subscriptions: HashMap<EventType, Vec<Subscription>> = HashMap::new();
        for row in rows {
            let event = row.event_type.parse().map_err(|_| StoreError::Corrupt(row.event_type.clone()))?;
            subscriptions.entry(event).or_default().push(Subscription {
                webhook: WebhookId(row.webhook_id),
                enabled: row.enabled,
            });
        }
        Ok(subscriptions)
    }

    /// Stores events.
    pub async fn add_events(&self, events: &[&NewEvent], now: Timestamp) -> Result<(), StoreError> {
        for events in events.chunks(ROWS) {
            let rows = events.iter().map(|event| event::ActiveModel {
                id: Set(event.id.0),
                event_type: Set(event.event_type.to_string()),
                source: Set(event.source.clone()),
                source_id: Set(event.source_id.clone()),
                subject: Set(event.subject.clone()),
                occurred_at: Set(event.occurred_at.0),
                received_at: Set(now.0),
                body: Set(event.body.to_string()),
            });
            event::Entity::insert_many(rows).exec_without_returning(&self.0).await?;
        }
        Ok(())
    }

    /// Stores deliveries: those to be sent as owned by this node until `lease_until`, so that it can send them without asking the database again.
    pub async fn add_deliveries(
        &self,
        deliveries: &[NewDelivery],
        node: NodeId,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<(), StoreError> {
        for deliveries in deliveries.chunks(ROWS) {
            let rows = deliveries.iter().map(|new| {
                let state = if new.held { DeliveryState::Held } else { DeliveryState::Sending };
                delivery::ActiveModel {
                    id: Set(new.id.0),
                    event_id: Set(new.event.0),
                    webhook_id: Set(new.webhook.0),
                    state: Set(state.to_string()),
                    next_trigger: Set(Trigger::Event.to_string()),
                    attempts: Set(0),
                    due_at: Set(Some(now.0).filter(|_| !new.held)),
                    lease_owner: Set(Some(node.0).filter(|_| !new.held)),
                    lease_until: Set(Some(lease_until.0).filter(|_| !new.held)),
                    reason: Set(None),
                    created_at: Set(now.0),
                    updated_at: Set(now.0),
                }
            });
            delivery::Entity::insert_many(rows).exec_without_returning(&self.0).await?;
        }
        Ok(())
    }

    /// Makes it all durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}
