//! Search for stored events, and the deliveries and callbacks of one event.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Value};
use uuid::Uuid;

use crate::{
    domain::{
        delivery::DeliveryState,
        event_type::EventType,
        id::{DeliveryId, EventId, WebhookId},
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        batch_insert::sizes,
        callbacks::CallbackRecord,
        entity::event,
        events::EventKey,
        log::Condition,
        raw_sql::{marks, not_by_index, statement},
        retention::TOGETHER,
        uuid_time::oldest_id_of,
    },
};

/// Number of keys read per query when events are searched by the publisher's id. Several sources may use the same id.
const BATCH: u64 = 500;
/// The maximum number of deliveries shown for an event.
pub const DELIVERIES_MAX: u64 = 200;
/// The maximum number of callbacks shown for an event.
pub const CALLBACKS_MAX: u64 = 1_000;
/// By how much the clock may have been set back between an event's `received_at` and the ids of its deliveries.
const CLOCK_CHANGE: std::time::Duration = std::time::Duration::from_secs(1);

/// The filter of the event list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// The publisher's id.
    pub ce_id: Option<String>,
    /// The `source` attribute.
    pub source: Option<String>,
    /// The `subject` attribute.
    pub subject: Option<String>,
    /// The event type.
    pub event_type: Option<EventType>,
    /// The earliest time of receipt, inclusive.
    pub from: Option<Timestamp>,
    /// The latest time of receipt, exclusive.
    pub to: Option<Timestamp>,
}

/// A stored event without its body.
#[derive(Clone, Debug)]
pub struct EventRecord {
    /// Clearhook's id.
    pub id: EventId,
    /// The publisher's id.
    pub ce_id: String,
    /// The event type.
    pub event_type: EventType,
    /// The `source` attribute.
    pub source: String,
    /// The `subject` attribute.
    pub subject: Option<String>,
    /// Extension attributes, as a JSON object.
    pub extensions: Option<String>,
    /// When the event occurred.
    pub occurred_at: Timestamp,
    /// When it was received and stored.
    pub received_at: Timestamp,
}

/// A delivery of an event.
#[derive(Clone, Debug)]
pub struct EventDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The webhook it goes to.
    pub webhook: WebhookId,
    /// Its state.
    pub state: DeliveryState,
    /// The number of attempts so far.
    pub attempts: u32,
    /// When the next attempt is due.
    pub due: Option<Timestamp>,
    /// Why it failed or is held.
    pub reason: Option<String>,
}

#[derive(FromQueryResult)]
struct EventRow {
    id: Uuid,
    event_type: String,
    source: String,
    ce_id: String,
    subject: Option<String>,
    extensions: Option<String>,
    occurred_at: i64,
    received_at: i64,
}

const COLUMNS: &str = "id, event_type, source, ce_id, subject, extensions, occurred_at, received_at";

impl EventRow {
    fn record(self) -> EventRecord {
        EventRecord {
            id: EventId(self.id),
            ce_id: self.ce_id,
            event_type: EventType::of_stored(&self.event_type),
            source: self.source,
            subject: self.subject,
            extensions: self.extensions,
            occurred_at: Timestamp(self.occurred_at),
            received_at: Timestamp(self.received_at),
        }
    }
}

impl Store {
    /// The subjects of these events. The result has none for an event without a subject, and for one that is no longer stored.
    pub async fn subjects_of(&self, events: impl IntoIterator<Item = EventId>) -> Result<HashMap<EventId, String>, StoreError> {
        let ids: HashSet<Uuid> = events.into_iter().map(|event| event.0).collect();
        let (mut subjects, mut ids, count) = (HashMap::new(), ids.iter().copied(), ids.len());
        for size in sizes(count) {
            let found = event::Entity::find()
                .select_only()
                .columns([event::Column::Id, event::Column::Subject])
                .filter(event::Column::Id.is_in(ids.by_ref().take(size)))
                .filter(event::Column::Subject.is_not_null());
            let found: Vec<(Uuid, String)> = found.into_tuple().all(&self.read).await?;
            subjects.extend(found.into_iter().map(|(id, subject)| (EventId(id), subject)));
        }
        Ok(subjects)
    }

    /// A page of events, newest first.
    pub async fn find_events(&self, filter: &EventFilter, after: Option<Cursor>, limit: u64) -> Result<Page<EventRecord>, StoreError> {
        let more = limit.saturating_add(1);
        let found = match &filter.ce_id {
            Some(ce_id) => self.events_of_id(ce_id, filter, after, more).await?,
            None => self.events_of_range(filter, after, more).await?,
        };
        Ok(Page::of(found, limit, |event| Cursor {
            at: event.received_at,
            id: event.id.0,
        }))
    }

    /// Event ids are ordered by time, and every index of `events` ends with the id. So each index returns a page in the right order.
    async fn events_of_range(&self, filter: &EventFilter, after: Option<Cursor>, limit: u64) -> Result<Vec<EventRecord>, StoreError> {
        let mut all = range(filter, after, "id");
        add_filter(&mut all, filter, str::to_owned);
        let condition = if all.sql.is_empty() { "1 = 1" } else { &all.sql };
        let sql = format!("SELECT {COLUMNS} FROM events WHERE {condition} ORDER BY id DESC LIMIT ?");
        all.values.push(count(limit));
        self.events(&sql, all.values).await
    }

    /// Searches by the publisher's id. The keys in `event_keys` begin with a hash of that id.
    async fn events_of_id(
        &self,
        ce_id: &str,
        filter: &EventFilter,
        after: Option<Cursor>,
        limit: u64,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let (mut found, mut after) = (Vec::new(), after);
        let (least, greatest) = EventKey::range_of(ce_id);
        loop {
            let mut all = range(filter, after, "event_id");
            let ends = [&least, &greatest].map(|key| Value::from(key.as_bytes().to_vec()));
            all.and("key >= ? AND key <= ?", ends);
            let sql = format!("SELECT event_id FROM event_keys WHERE {} ORDER BY event_id DESC LIMIT ?", all.sql);
            all.values.push(count(BATCH));
            let rows = self.read.query_all_raw(statement(self.backend(), &sql, all.values)).await?;
            let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get("", "event_id")).collect::<Result<_, _>>()?;
            let mut left = ids.iter();
            for size in sizes(ids.len()) {
                let mut all = Condition::default();
                all.and(&format!("id IN {}", marks(size)), left.by_ref().take(size).map(|id| (*id).into()));
                all.and("ce_id = ?", [ce_id.into()]);
                add_filter(&mut all, filter, |column| not_by_index(self.backend(), column));
                let sql = format!("SELECT {COLUMNS} FROM events WHERE {} ORDER BY id DESC", all.sql);
                found.extend(self.events(&sql, all.values).await?);
            }
            let Some(last) = ids.last().filter(|_| ids.len() as u64 == BATCH && (found.len() as u64) < limit) else {
                break;
            };
            after = Some(Cursor {
                at: Timestamp(0),
                id: *last,
            });
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn events(&self, sql: &str, values: Vec<Value>) -> Result<Vec<EventRecord>, StoreError> {
        let rows = EventRow::find_by_statement(statement(self.backend(), sql, values))
            .all(&self.read)
            .await?;
        Ok(rows.into_iter().map(EventRow::record).collect())
    }

    /// An event with its body.
    pub async fn event(&self, id: EventId) -> Result<Option<(EventRecord, String)>, StoreError> {
        let Some(found) = event::Entity::find_by_id(id.0).one(&self.read).await? else {
            return Ok(None);
        };
        let body = found.body;
        let row = EventRow {
            id: found.id,
            event_type: found.event_type,
            source: found.source,
            ce_id: found.ce_id,
            subject: found.subject,
            extensions: found.extensions,
            occurred_at: found.occurred_at,
            received_at: found.received_at,
        };
        Ok(Some((row.record(), body)))
    }

    /// The first [`DELIVERIES_MAX`] deliveries of an event, and their total number. `deliveries` has no index on the event, because every
    /// insert would have to maintain it. Deliveries are stored together with their event, so their ids are close to the event's time: a
    /// short range of the primary key contains them, and the query stops when all are found.
    pub async fn deliveries_of(&self, event: &EventRecord) -> Result<(Vec<EventDelivery>, u64), StoreError> {
        #[derive(FromQueryResult)]
        struct DeliveryRow {
            id: Uuid,
            webhook_id: Uuid,
            state: String,
            attempts: i32,
            due_at: Option<i64>,
            reason: Option<String>,
        }
        let keys = [
            EventKey::of(&event.source, &event.ce_id),
            EventKey::of_former(&event.ce_id, event.id),
        ];
        let keys = keys.map(|key| Value::from(key.as_bytes().to_vec()));
        let sql = "SELECT deliveries FROM event_keys WHERE key IN (?, ?) AND event_id = ?";
        let values = keys.into_iter().chain([event.id.0.into()]);
        let rows = self.read.query_all_raw(statement(self.backend(), sql, values)).await?;
        let all = rows.first().map(|row| row.try_get::<i32>("", "deliveries")).transpose()?;
        let all = all.map_or(DELIVERIES_MAX, |all| u64::try_from(all).unwrap_or(0));
        if all == 0 {
            return Ok((Vec::new(), 0));
        }
        let (from, to) = delivery_ids_of(event);
        let sql = "SELECT id, webhook_id, state, attempts, due_at, reason FROM deliveries \
                   WHERE id > ? AND id < ? AND event_id = ? ORDER BY id LIMIT ?";
        let values = [from.into(), to.into(), event.id.0.into(), count(all.min(DELIVERIES_MAX))];
        let rows = DeliveryRow::find_by_statement(statement(self.backend(), sql, values))
            .all(&self.read)
            .await?;
        let deliveries = rows.into_iter().map(|row| {
            Ok(EventDelivery {
                id: DeliveryId(row.id),
                webhook: WebhookId(row.webhook_id),
                state: row.state.parse()?,
                attempts: u32::try_from(row.attempts).unwrap_or(0),
                due: row.due_at.map(Timestamp),
                reason: row.reason,
            })
        });
        Ok((deliveries.collect::<Result<_, StoreError>>()?, all))
    }

    /// The deliveries of events to one webhook, or to all. Reads the same short ranges of the primary key as [`Self::deliveries_of`], those of many
    /// events with one statement, because a search by subject finds many events.
    pub async fn delivery_ids_of_all(&self, events: &[EventRecord], webhook: Option<WebhookId>) -> Result<Vec<DeliveryId>, StoreError> {
        let mut found = Vec::new();
        let mut left = events;
        for size in sizes(events.len()) {
            let (some, rest) = left.split_at(size);
            left = rest;
            let counts = self.numbers_of_deliveries(some).await?;
            // The deliveries of an event are stored together. When all of them have been read, none follows, so the search ends there and does not
            // read the deliveries of other events up to the end of the range.
            let (mut arms, mut values) = (Vec::new(), Vec::<Value>::new());
            for event in some {
                let Some(all) = counts.get(&event.id) else { continue };
                let (from, to) = delivery_ids_of(event);
                let (which, most) = match webhook {
                    Some(_) => (" WHERE webhook_id = ?", *all),
                    None => ("", (*all).min(DELIVERIES_MAX)),
                };
                arms.push(format!(
                    "SELECT id FROM (SELECT id, webhook_id FROM deliveries WHERE id > ? AND id < ? AND event_id = ? ORDER BY id LIMIT ?) AS of_event{which}"
                ));
                values.extend([from.into(), to.into(), event.id.0.into(), count(most)]);
                values.extend(webhook.map(|webhook| Value::from(webhook.0)));
            }
            if arms.is_empty() {
                continue;
            }
            let sql = arms.join(" UNION ALL ");
            let rows = self.read.query_all_raw(statement(self.backend(), &sql, values)).await?;
            for row in rows {
                found.push(DeliveryId(row.try_get("", "id")?));
            }
        }
        Ok(found)
    }

    /// The number of deliveries with which each of these events was stored. Events without deliveries are left out.
    pub(super) async fn numbers_of_deliveries(&self, events: &[EventRecord]) -> Result<HashMap<EventId, u64>, StoreError> {
        #[derive(FromQueryResult)]
        struct KeyRow {
            event_id: Uuid,
            deliveries: i32,
        }
        let keys = events.iter().flat_map(|event| {
            let keys = [
                EventKey::of(&event.source, &event.ce_id),
                EventKey::of_former(&event.ce_id, event.id),
            ];
            keys.map(|key| Value::from(key.as_bytes().to_vec()))
        });
        let sql = format!(
            "SELECT event_id, deliveries FROM event_keys WHERE key IN {} AND deliveries > 0",
            marks(2 * events.len())
        );
        let rows = KeyRow::find_by_statement(statement(self.backend(), &sql, keys))
            .all(&self.read)
            .await?;
        let counts = rows
            .into_iter()
            .map(|row| (EventId(row.event_id), u64::from(row.deliveries.unsigned_abs())));
        Ok(counts.collect())
    }

    /// The callbacks of these deliveries, sorted by delivery and attempt, at most [`CALLBACKS_MAX`].
    pub async fn callbacks_of(&self, deliveries: &[EventDelivery]) -> Result<Vec<CallbackRecord>, StoreError> {
        let mut left = deliveries.iter();
        let mut found = Vec::new();
        for size in sizes(deliveries.len()) {
            let condition = format!("delivery_id IN {} ORDER BY delivery_id, attempt LIMIT ?", marks(size));
            let ids = left.by_ref().take(size).map(|delivery| Value::from(delivery.id.0));
            let most = CALLBACKS_MAX.saturating_sub(found.len() as u64);
            found.extend(self.callbacks_where(&condition, ids.chain([count(most)]).collect()).await?);
        }
        Ok(found)
    }
}

/// The lowest and the highest id that a delivery of this event can have.
pub(super) fn delivery_ids_of(event: &EventRecord) -> (Uuid, Uuid) {
    let from = oldest_id_of(event.received_at.minus(CLOCK_CHANGE)).max(event.id.0);
    (from, oldest_id_of(event.received_at.plus(TOGETHER)))
}

/// The condition on the time range and on the position in the list.
fn range(filter: &EventFilter, after: Option<Cursor>, id: &str) -> Condition {
    let mut all = Condition::default();
    if let Some(from) = filter.from {
        all.and(&format!("{id} >= ?"), [oldest_id_of(from).into()]);
    }
    // At most one bound per side: with two, SQLite may start the index scan at the wrong one.
    let to = filter.to.map(oldest_id_of);
    let after = after.map(|cursor| cursor.id);
    if let Some(below) = to.into_iter().chain(after).min() {
        all.and(&format!("{id} < ?"), [below.into()]);
    }
    all
}

/// The condition on all other fields of the filter except the publisher's id.
fn add_filter(all: &mut Condition, filter: &EventFilter, column: impl Fn(&str) -> String) {
    let event_type = filter.event_type.as_ref().map(EventType::as_str);
    for (name, value) in [
        ("source", filter.source.as_deref()),
        ("subject", filter.subject.as_deref()),
        ("event_type", event_type),
    ] {
        if let Some(value) = value {
            all.and(&format!("{} = ?", column(name)), [value.into()]);
        }
    }
}

fn count(rows: u64) -> Value {
    i64::try_from(rows).unwrap_or(i64::MAX).into()
}
