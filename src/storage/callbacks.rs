//! The log of callbacks. A callback is one attempt of a delivery.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use sea_orm::{ColumnTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, sea_query::Expr};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    domain::{
        answer::Answer,
        callback::{Outcome, Trigger},
        connection::{Certificate, Phases},
        event_type::EventType,
        id::{CallbackId, DeliveryId, EventId, WebhookId},
        response::ResponseFilter,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        batch_insert::{BatchInsert, sizes},
        entity::{callback, event},
        executor::Executor,
        new_id,
        raw_sql::statement,
    },
};

/// Headers as pairs of name and value.
pub type ShownHeaders = Vec<(String, String)>;

/// The response of a receiver, cut to the size that is stored.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Response headers.
    pub headers: ShownHeaders,
    /// The beginning of the response body.
    pub body: Vec<u8>,
    /// Whether the body was longer than what is stored.
    pub truncated: bool,
    /// Why the body was not received completely, if it was not. This does not change the outcome of the attempt.
    pub incomplete: Option<String>,
}

/// A finished attempt to insert into the log.
#[derive(Clone, Debug)]
pub struct NewCallback {
    /// The id, assigned when the row is first built. It stays the same if storing is retried, so that the callback is stored once.
    pub id: OnceLock<CallbackId>,
    /// The delivery it belongs to.
    pub delivery: DeliveryId,
    /// The event that was sent.
    pub event: EventId,
    /// The webhook that was called.
    pub webhook: WebhookId,
    /// The event's type.
    pub event_type: EventType,
    /// The URL that was called.
    pub url: Arc<str>,
    /// When the attempt started.
    pub at: Timestamp,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// What triggered the attempt.
    pub trigger: Trigger,
    /// The result.
    pub answer: Answer,
    /// Details of a failure, as text.
    pub detail: Option<String>,
    /// The duration in milliseconds.
    pub duration_ms: i64,
    /// How long the parts of the attempt took.
    pub phases: Phases,
    /// The certificates that were refused, if the receiver was refused because of them. Its own one is the first.
    pub certificates: Vec<Certificate>,
    /// The request headers, without the values of the webhook's additional headers.
    pub request_headers: ShownHeaders,
    /// The response, if there was one.
    pub received: Option<Received>,
}

/// A stored callback, without headers and bodies.
#[derive(Clone, Debug)]
pub struct CallbackRecord {
    /// Its id.
    pub id: CallbackId,
    /// The delivery it belongs to.
    pub delivery: DeliveryId,
    /// The event that was sent.
    pub event: EventId,
    /// The webhook that was called.
    pub webhook: WebhookId,
    /// The event's type.
    pub event_type: EventType,
    /// The URL that was called.
    pub url: String,
    /// When the attempt started.
    pub at: Timestamp,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// What triggered the attempt.
    pub trigger: Trigger,
    /// The outcome.
    pub outcome: Outcome,
    /// The status code, if there was a response.
    pub status: Option<u16>,
    /// The name of the response.
    pub response: String,
    /// The duration in milliseconds.
    pub duration_ms: i64,
}

/// A stored callback with headers and bodies.
#[derive(Clone, Debug)]
pub struct CallbackDetails {
    /// The columns of the list.
    pub record: CallbackRecord,
    /// Details of a failure, as text.
    pub detail: Option<String>,
    /// How long the parts of the attempt took.
    pub phases: Phases,
    /// The certificates that were refused.
    pub certificates: Vec<Certificate>,
    /// The request headers, without the values of the webhook's additional headers.
    pub request_headers: ShownHeaders,
    /// The request body. `None` if the event was deleted when its retention period ended, or erased.
    pub request_body: Option<String>,
    /// Whether the event was erased.
    pub is_erased: bool,
    /// The publisher's id of the event. `None` if the event was deleted.
    pub ce_id: Option<String>,
    /// The `source` of the event. `None` if the event was deleted.
    pub source: Option<String>,
    /// The `subject` of the event, if it has one.
    pub subject: Option<String>,
    /// The response, if there was one.
    pub received: Option<Received>,
}

/// The filter of a webhook's log.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// The earliest start time, inclusive.
    pub from: Option<Timestamp>,
    /// The latest start time, exclusive.
    pub to: Option<Timestamp>,
    /// Only callbacks with this outcome.
    pub outcome: Option<Outcome>,
    /// Only responses with this status code.
    pub status: Option<u16>,
    /// Only these responses.
    pub response: Option<ResponseFilter>,
    /// Only callbacks of this event type.
    pub event: Option<EventType>,
    /// Only callbacks of these deliveries, at most a few hundred.
    pub deliveries: Option<Vec<DeliveryId>>,
}

/// The columns of a [`CallbackRow`]. Headers and bodies are not loaded.
pub(super) const CALLBACK_COLUMNS: &str =
    "id, delivery_id, event_id, webhook_id, event_type, url, callback_date, attempt, \"trigger\", outcome, status, response, duration_ms";
/// A callback as loaded for the list.
#[derive(FromQueryResult)]
pub(super) struct CallbackRow {
    id: Uuid,
    delivery_id: Uuid,
    event_id: Uuid,
    webhook_id: Uuid,
    event_type: String,
    url: String,
    callback_date: i64,
    attempt: i32,
    trigger: String,
    outcome: String,
    status: Option<i32>,
    response: String,
    duration_ms: i64,
}

impl From<&callback::Model> for CallbackRow {
    fn from(row: &callback::Model) -> Self {
        Self {
            id: row.id,
            delivery_id: row.delivery_id,
            event_id: row.event_id,
            webhook_id: row.webhook_id,
            event_type: row.event_type.clone(),
            url: row.url.clone(),
            callback_date: row.callback_date,
            attempt: row.attempt,
            trigger: row.trigger.clone(),
            outcome: row.outcome.clone(),
            status: row.status,
            response: row.response.clone(),
            duration_ms: row.duration_ms,
        }
    }
}

impl CallbackRow {
    pub(super) fn record(self) -> Result<CallbackRecord, StoreError> {
        Ok(CallbackRecord {
            id: CallbackId(self.id),
            delivery: DeliveryId(self.delivery_id),
            event: EventId(self.event_id),
            webhook: WebhookId(self.webhook_id),
            event_type: EventType::of_stored(&self.event_type),
            url: self.url,
            at: Timestamp(self.callback_date),
            attempt: u32::try_from(self.attempt).unwrap_or(0),
            trigger: self.trigger.parse()?,
            outcome: self.outcome.parse()?,
            status: self.status.and_then(|status| u16::try_from(status).ok()),
            response: self.response,
            duration_ms: self.duration_ms,
        })
    }
}

impl BatchInsert for callback::Entity {}

impl NewCallback {
    pub(super) fn row(&self) -> Result<callback::Model, StoreError> {
        let received = self.received.as_ref();
        Ok(callback::Model {
            id: self.id.get_or_init(new_id).0,
            delivery_id: self.delivery.0,
            event_id: self.event.0,
            webhook_id: self.webhook.0,
            event_type: self.event_type.to_string(),
            url: self.url.to_string(),
            callback_date: self.at.0,
            attempt: i32::try_from(self.attempt).unwrap_or(i32::MAX),
            trigger: self.trigger.to_string(),
            outcome: self.answer.outcome().to_string(),
            status: self.answer.status().map(i32::from),
            response: self.answer.response().clone(),
            detail: self.detail.clone(),
            duration_ms: self.duration_ms,
            dns_us: microseconds(self.phases.dns),
            connect_us: microseconds(self.phases.connect),
            tls_us: microseconds(self.phases.tls),
            wait_us: microseconds(self.phases.wait),
            certificates: (!self.certificates.is_empty()).then(|| to_json(&self.certificates)).transpose()?,
            request_headers: to_json(&self.request_headers)?,
            response_headers: received.map(|received| to_json(&received.headers)).transpose()?,
            response_body: received.map(|received| received.body.clone()),
            response_truncated: received.is_some_and(|received| received.truncated),
            response_incomplete: received.and_then(|received| received.incomplete.clone()),
        })
    }
}

/// Whether the event of a callback was erased.
const OF_ERASED: &str = "EXISTS (SELECT 1 FROM events WHERE events.id = callbacks.event_id AND events.body = '')";

impl Store {
    /// Returns those of these ids under which a callback is already stored.
    pub(super) async fn stored_callbacks(&self, ids: Vec<Uuid>) -> Result<HashSet<Uuid>, StoreError> {
        let (mut stored, mut ids) = (HashSet::new(), ids.into_iter());
        for size in sizes(ids.len()) {
            let found = callback::Entity::find()
                .select_only()
                .column(callback::Column::Id)
                .filter(callback::Column::Id.is_in(ids.by_ref().take(size)));
            stored.extend(found.into_tuple::<Uuid>().all(&self.read).await?);
        }
        Ok(stored)
    }

    /// Replaces the response body of a stored callback, whose headers stay. That of an erased event stays empty. Returns false if the callback
    /// is not stored yet.
    pub async fn replace_response_body(&self, id: CallbackId, received: &Received) -> Result<bool, StoreError> {
        let update = callback::Entity::update_many()
            .col_expr(
                callback::Column::ResponseBody,
                Expr::case(Expr::cust(OF_ERASED), Expr::value(Vec::<u8>::new()))
                    .finally(Expr::value(received.body.clone()))
                    .into(),
            )
            .col_expr(callback::Column::ResponseTruncated, Expr::value(received.truncated))
            .col_expr(callback::Column::ResponseIncomplete, Expr::value(received.incomplete.clone()))
            .filter(callback::Column::Id.eq(id.0));
        let transaction = self.begin().await?;
        if self.backend() == DbBackend::Postgres {
            // Waits for an erasure of this event. The next statement sees what it has changed.
            let lock = "SELECT 1 FROM events WHERE id = (SELECT event_id FROM callbacks WHERE id = ?) FOR SHARE";
            transaction.run(statement(DbBackend::Postgres, lock, [id.0.into()])).await?;
        }
        let updated = update.exec(&transaction).await?.rows_affected > 0;
        transaction.commit().await?;
        Ok(updated)
    }

    /// The newest callback of a webhook.
    pub async fn latest_callback(&self, webhook: WebhookId) -> Result<Option<CallbackRecord>, StoreError> {
        Ok(self.callbacks(webhook, &LogFilter::default(), None, 1).await?.items.pop())
    }

    /// A callback with headers and bodies.
    pub async fn callback(&self, id: CallbackId) -> Result<Option<CallbackDetails>, StoreError> {
        let Some(row) = callback::Entity::find_by_id(id.0).one(&self.read).await? else {
            return Ok(None);
        };
        let event = event::Entity::find_by_id(row.event_id).one(&self.read).await?;
        details(row, event).map(Some)
    }
}

/// A callback with headers and bodies, from its row and that of its event, if it is still stored.
pub(super) fn details(row: callback::Model, event: Option<event::Model>) -> Result<CallbackDetails, StoreError> {
    let (body, ce_id, source, subject) = event.map_or_else(Default::default, |event| {
        (Some(event.body), Some(event.ce_id), Some(event.source), event.subject)
    });
    let is_erased = body.as_ref().is_some_and(String::is_empty);
    let received = match (&row.response_headers, &row.response_body) {
        (Some(headers), Some(body)) => Some(Received {
            headers: from_json(headers)?,
            body: body.clone(),
            truncated: row.response_truncated,
            incomplete: row.response_incomplete.clone(),
        }),
        _ => None,
    };
    Ok(CallbackDetails {
        record: CallbackRow::from(&row).record()?,
        detail: row.detail,
        phases: Phases {
            dns: row.dns_us.map(duration),
            connect: row.connect_us.map(duration),
            tls: row.tls_us.map(duration),
            wait: row.wait_us.map(duration),
        },
        certificates: row.certificates.as_deref().map(from_json).transpose()?.unwrap_or_default(),
        request_headers: from_json(&row.request_headers)?,
        request_body: body.filter(|body| !body.is_empty()),
        is_erased,
        ce_id,
        source,
        subject,
        received,
    })
}

fn microseconds(part: Option<Duration>) -> Option<i32> {
    part.map(|part| i32::try_from(part.as_micros()).unwrap_or(i32::MAX))
}

fn duration(microseconds: i32) -> Duration {
    Duration::from_micros(microseconds.unsigned_abs().into())
}

fn to_json(list: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}
