//! The log of callbacks.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use sea_orm::{EntityTrait, Value};
use uuid::Uuid;

use crate::{
    catalogue::EventType,
    domain::{
        answer::Answer,
        callback::{Outcome, Trigger},
        id::{CallbackId, DeliveryId, EventId, WebhookId},
        response::ResponseFilter,
        timestamp::Timestamp,
    },
    storage::{
        Store, StoreError,
        bulk::{Insert, marks, sizes, statement},
        entity::{callback, event},
        log::Row,
        new_id,
        sql::Sql,
    },
};

/// Headers as they are shown: name and value.
pub type ShownHeaders = Vec<(String, String)>;

/// What a receiver answered, cut to what is kept.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Response headers.
    pub headers: ShownHeaders,
    /// The beginning of the response body.
    pub body: Vec<u8>,
    /// Whether there was more of it.
    pub truncated: bool,
    /// Why the body was not received to its end, when it was not. It does not change the outcome.
    pub incomplete: Option<String>,
}

/// An attempt that is to be logged.
#[derive(Clone, Debug)]
pub struct NewCallback {
    /// Its id, once it was tried to store it: the same each time, so that it is stored once.
    pub id: OnceLock<CallbackId>,
    /// Of which delivery.
    pub delivery: DeliveryId,
    /// Of which event.
    pub event: EventId,
    /// To which webhook.
    pub webhook: WebhookId,
    /// The event's type.
    pub event_type: EventType,
    /// The URL as it was called.
    pub url: Arc<str>,
    /// When the attempt began.
    pub at: Timestamp,
    /// Its number, from 1.
    pub attempt: u32,
    /// Why it was made.
    pub trigger: Trigger,
    /// What came of it.
    pub answer: Answer,
    /// More about a failure, in words.
    pub detail: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Request headers, values of additional ones left out.
    pub request_headers: ShownHeaders,
    /// The answer, when there was one.
    pub received: Option<Received>,
}

/// A row of the log.
#[derive(Clone, Debug)]
pub struct CallbackRecord {
    /// Which.
    pub id: CallbackId,
    /// Of which delivery.
    pub delivery: DeliveryId,
    /// Of which event.
    pub event: EventId,
    /// To which webhook.
    pub webhook: WebhookId,
    /// The event's type.
    pub event_type: EventType,
    /// The URL as it was called.
    pub url: String,
    /// When the attempt began.
    pub at: Timestamp,
    /// Its number, from 1.
    pub attempt: u32,
    /// Why it was made.
    pub trigger: Trigger,
    /// How it ended.
    pub outcome: Outcome,
    /// The status code, when there was an answer.
    pub status: Option<u16>,
    /// Its name.
    pub response: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// A row of the log with everything in it.
#[derive(Clone, Debug)]
pub struct CallbackDetails {
    /// The row.
    pub record: CallbackRecord,
    /// More about a failure, in words.
    pub detail: Option<String>,
    /// Request headers, values of additional ones left out.
    pub request_headers: ShownHeaders,
    /// The body that was sent; `None` when the event is older than what is kept.
    pub request_body: Option<String>,
    /// The publisher's id of the event; `None` when the event is older than what is kept.
    pub ce_id: Option<String>,
    /// Where the event happened, likewise.
    pub source: Option<String>,
    /// The answer, when there was one.
    pub received: Option<Received>,
}

/// Which callbacks a page of the log shows.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Only these.
    pub outcome: Option<Outcome>,
    /// Only answers with this status.
    pub status: Option<u16>,
    /// Only these responses.
    pub response: Option<ResponseFilter>,
    /// Only callbacks of this event.
    pub event: Option<EventType>,
}

/// How callbacks are inserted.
pub(super) const CALLBACKS: Insert<19> = Insert {
    table: "callbacks",
    columns: [
        "id",
        "delivery_id",
        "event_id",
        "webhook_id",
        "event_type",
        "url",
        "callback_date",
        "attempt",
        "trigger",
        "outcome",
        "status",
        "response",
        "detail",
        "duration_ms",
        "request_headers",
        "response_headers",
        "response_body",
        "response_truncated",
        "response_incomplete",
    ],
    tail: "",
};

impl NewCallback {
    pub(super) fn row(&self) -> Result<[Value; 19], StoreError> {
        let received = self.received.as_ref();
        Ok([
            self.id.get_or_init(new_id).0.into(),
            self.delivery.0.into(),
            self.event.0.into(),
            self.webhook.0.into(),
            self.event_type.as_str().into(),
            self.url.as_ref().into(),
            self.at.0.into(),
            i32::try_from(self.attempt).unwrap_or(i32::MAX).into(),
            self.trigger.as_str().into(),
            self.answer.outcome().as_str().into(),
            self.answer.status().map(i32::from).into(),
            self.answer.response().into(),
            self.detail.clone().into(),
            self.duration_ms.into(),
            to_json(&self.request_headers)?.into(),
            received.map(|received| to_json(&received.headers)).transpose()?.into(),
            received.map(|received| received.body.clone()).into(),
            received.is_some_and(|received| received.truncated).into(),
            received.and_then(|received| received.incomplete.clone()).into(),
        ])
    }
}

impl Store {
    /// Which of these callbacks are stored.
    pub(super) async fn stored_callbacks(&self, ids: Vec<Uuid>) -> Result<HashSet<Uuid>, StoreError> {
        let (mut stored, mut ids) = (HashSet::new(), ids.into_iter());
        for size in sizes(ids.len()) {
            let sql = format!("SELECT id FROM callbacks WHERE id IN {}", marks(size));
            let values = ids.by_ref().take(size).map(Value::from);
            for row in self.read.rows(statement(self.backend(), &sql, values)).await? {
                stored.insert(row.get("id")?);
            }
        }
        Ok(stored)
    }

    /// The newest callback of a webhook: whether there is a log, and how it stands.
    pub async fn latest_callback(&self, webhook: WebhookId) -> Result<Option<CallbackRecord>, StoreError> {
        Ok(self.callbacks(webhook, &LogFilter::default(), None, 1).await?.items.pop())
    }

    /// One callback with everything in it.
    pub async fn callback(&self, id: CallbackId) -> Result<Option<CallbackDetails>, StoreError> {
        let Some(row) = callback::Entity::find_by_id(id.0).one(&self.read).await? else {
            return Ok(None);
        };
        let event = event::Entity::find_by_id(row.event_id).one(&self.read).await?;
        let (body, ce_id, source) = event.map_or_else(Default::default, |event| (Some(event.body), Some(event.ce_id), Some(event.source)));
        let received = match (&row.response_headers, &row.response_body) {
            (Some(headers), Some(body)) => Some(Received {
                headers: from_json(headers)?,
                body: body.clone(),
                truncated: row.response_truncated,
                incomplete: row.response_incomplete.clone(),
            }),
            _ => None,
        };
        Ok(Some(CallbackDetails {
            record: Row::from(&row).record()?,
            detail: row.detail,
            request_headers: from_json(&row.request_headers)?,
            request_body: body,
            ce_id,
            source,
            received,
        }))
    }
}

fn to_json(headers: &ShownHeaders) -> Result<String, StoreError> {
    serde_json::to_string(headers).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn from_json(text: &str) -> Result<ShownHeaders, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}
