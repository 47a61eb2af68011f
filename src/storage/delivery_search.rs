//! The deliveries of all webhooks or of one, in any state, newest first; and one delivery.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Value};
use uuid::Uuid;

use crate::{
    domain::{
        delivery::DeliveryState,
        event_type::EventType,
        id::{DeliveryId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        batch_insert::sizes,
        delivery_list::ListedDelivery,
        entity::delivery,
        event_search::{EventRecord, delivery_ids_of},
        id_windows::{IdRange, Windows},
        log::Condition,
        raw_sql::marks,
    },
};

/// Maximum number of deliveries that are read by their ids at once.
const BY_ID_MAX: usize = 500;

/// The filter of the list.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Only deliveries in one of these states. Empty for all.
    pub states: Vec<DeliveryState>,
    /// Only deliveries to this webhook.
    pub webhook: Option<WebhookId>,
    /// Only deliveries of events of this type.
    pub event_type: Option<EventType>,
    /// Only deliveries of this event.
    pub event: Option<EventRecord>,
}

const COLUMNS: &str = "deliveries.id, deliveries.webhook_id, deliveries.event_id, events.event_type, events.subject, deliveries.state, \
                       deliveries.attempts, deliveries.due_at, deliveries.reason, deliveries.created_at, \
                       COALESCE(events.body = '', FALSE) AS is_erased, deliveries.created_at AS place";
const OF_LIVE_WEBHOOKS: &str = "EXISTS (SELECT 1 FROM webhooks WHERE webhooks.id = COALESCE(deliveries.webhook_id, deliveries.webhook_id) AND webhooks.deleted_at IS NULL)";

impl Store {
    /// A page of the deliveries that match a filter, newest first. It may have fewer rows than `limit` although there are more.
    pub async fn find_deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<Cursor>,
        limit: u64,
    ) -> Result<Page<ListedDelivery>, StoreError> {
        let ids = if let Some(event) = &filter.event {
            Some(delivery_ids_of(event))
        } else {
            let oldest = self.first_id("deliveries", "ASC").await?;
            let newest = self.first_id("deliveries", "DESC").await?;
            oldest.zip(newest)
        };
        let Some((low, newest)) = ids else {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        };
        let above = Uuid::from_u128(newest.as_u128().saturating_add(1));
        let range = IdRange {
            low,
            high: after.map_or(above, |after| above.min(after.id)),
        };
        let condition = condition(filter);
        let (mut windows, mut found) = (Windows::of(range, limit), Vec::new());
        while let Some((window, most)) = windows.next(found.len()) {
            found.extend(self.deliveries_in(&condition, window, most).await?);
        }
        Ok(windows.page(found, |delivery| delivery.id.0))
    }

    async fn deliveries_in(&self, condition: &Condition, range: IdRange, limit: u64) -> Result<Vec<ListedDelivery>, StoreError> {
        let mut all = Condition::default();
        all.and("deliveries.id >= ?", [range.low.into()]);
        all.and("deliveries.id < ?", [range.high.into()]);
        all.and(&condition.sql, condition.values.iter().cloned());
        all.values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        self.listed(&format!("{} ORDER BY deliveries.id DESC LIMIT ?", all.sql), all.values)
            .await
    }

    /// A delivery. `None` if there is none, or its webhook was deleted.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<ListedDelivery>, StoreError> {
        let condition = format!("deliveries.id = ? AND {OF_LIVE_WEBHOOKS}");
        Ok(self.listed(&condition, vec![id.0.into()]).await?.pop())
    }

    /// These deliveries, newest first. At most [`BY_ID_MAX`] of them are read.
    pub async fn deliveries_by_id(&self, ids: &[DeliveryId]) -> Result<Vec<ListedDelivery>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Value> = ids.iter().take(BY_ID_MAX).map(|id| id.0.into()).collect();
        let marks = vec!["?"; ids.len()].join(", ");
        self.listed(
            &format!("deliveries.id IN ({marks}) AND {OF_LIVE_WEBHOOKS} ORDER BY deliveries.id DESC"),
            ids,
        )
        .await
    }

    /// When these deliveries were created. The result has none for a delivery that is no longer stored.
    pub async fn deliveries_created(
        &self,
        ids: impl IntoIterator<Item = DeliveryId>,
    ) -> Result<HashMap<DeliveryId, Timestamp>, StoreError> {
        let ids: HashSet<Uuid> = ids.into_iter().map(|id| id.0).collect();
        let (mut created, mut ids, count) = (HashMap::new(), ids.iter().copied(), ids.len());
        for size in sizes(count) {
            let found = delivery::Entity::find()
                .select_only()
                .columns([delivery::Column::Id, delivery::Column::CreatedAt])
                .filter(delivery::Column::Id.is_in(ids.by_ref().take(size)));
            let found: Vec<(Uuid, i64)> = found.into_tuple().all(&self.read).await?;
            created.extend(found.into_iter().map(|(id, at)| (DeliveryId(id), Timestamp(at))));
        }
        Ok(created)
    }

    async fn listed(&self, condition: &str, values: Vec<Value>) -> Result<Vec<ListedDelivery>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries LEFT JOIN events ON events.id = deliveries.event_id WHERE {condition}");
        self.listed_deliveries(&sql, values).await
    }
}

fn condition(filter: &DeliveryFilter) -> Condition {
    let mut all = Condition::default();
    all.and(OF_LIVE_WEBHOOKS, []);
    if !filter.states.is_empty() {
        let states = filter.states.iter().map(|state| state.as_str().into());
        all.and(&format!("deliveries.state IN {}", marks(filter.states.len())), states);
    }
    if let Some(webhook) = filter.webhook {
        // Not by an index of one state, which would have to be sorted.
        all.and("COALESCE(deliveries.webhook_id, deliveries.webhook_id) = ?", [webhook.0.into()]);
    }
    if let Some(event_type) = &filter.event_type {
        all.and("events.event_type = ?", [event_type.as_str().into()]);
    }
    if let Some(event) = &filter.event {
        all.and("deliveries.event_id = ?", [event.id.0.into()]);
    }
    all
}
