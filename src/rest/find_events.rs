//! `GET /events` and `GET /events/{id}`.

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{
        delivery::DeliveryState,
        event_type::EventType,
        id::{DeliveryId, EventId, WebhookId},
        timestamp::Timestamp,
    },
    problem::Problem,
    rest::{
        callbacks::{CallbackView, view},
        extract::{Caller, Id, List, NoParams, PageView, Params, event_type, limit, moment},
    },
    routes::{Routes, Rule},
    services::webhooks::{self, EventDetails},
    storage::{
        StoreError,
        event_search::{EventDelivery, EventFilter, EventRecord},
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventParams {
    id: Option<String>,
    source: Option<String>,
    subject: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// An event in the API's format.
#[derive(Serialize)]
struct EventView {
    /// The id that clearhook assigned.
    id: EventId,
    /// The CloudEvents `id` that the publisher chose.
    ce_id: String,
    #[serde(rename = "type")]
    event_type: EventType,
    source: String,
    subject: Option<String>,
    extensions: Option<Box<RawValue>>,
    time: Timestamp,
    received_at: Timestamp,
}

#[derive(Serialize)]
struct EventDetailsView {
    #[serde(flatten)]
    event: EventView,
    /// The exact body of the callbacks.
    body: String,
    /// The data as published.
    data: Option<Box<RawValue>>,
    dataschema: Option<String>,
    deliveries_count: u64,
    deliveries: Vec<DeliveryView>,
}

#[derive(Serialize)]
struct DeliveryView {
    id: DeliveryId,
    webhook_id: WebhookId,
    state: DeliveryState,
    attempts: u32,
    due_at: Option<Timestamp>,
    reason: Option<String>,
    callbacks: Vec<CallbackView>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCallbacks);
    Routes::new().get("/events", rule, list).get("/events/{id}", rule, read)
}

/// `GET /events`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<EventParams>,
) -> Result<Response, Problem> {
    let filter = EventFilter {
        ce_id: params.id,
        source: params.source,
        subject: params.subject,
        event_type: event_type(&app, "type", params.event_type.as_deref()).await?,
        from: moment("from", params.from.as_deref())?,
        to: moment("to", params.to.as_deref())?,
    };
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let page = webhooks::find_events(&app, &by, &filter, after, limit).await?;
    Ok(PageView::of(&list, page, event_view))
}

/// `GET /events/{id}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<EventId>,
    _: Params<NoParams>,
) -> Result<Json<EventDetailsView>, Problem> {
    /// The parts of the callback body that the response also has as separate fields.
    #[derive(Deserialize)]
    struct Body {
        dataschema: Option<String>,
        data: Option<Box<RawValue>>,
    }
    let EventDetails {
        event,
        body,
        deliveries,
        deliveries_count,
        callbacks,
    } = webhooks::event(&app, &by, id).await?;
    let parts: Body = serde_json::from_str(&body).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let mut callbacks = callbacks.into_iter().peekable();
    let mut delivery = |delivery: EventDelivery| DeliveryView {
        id: delivery.id,
        webhook_id: delivery.webhook,
        state: delivery.state.reported(),
        attempts: delivery.attempts,
        due_at: delivery.due,
        reason: delivery.reason,
        callbacks: std::iter::from_fn(|| callbacks.next_if(|callback| callback.delivery == delivery.id))
            .map(view)
            .collect(),
    };
    Ok(Json(EventDetailsView {
        event: event_view(event),
        data: parts.data,
        dataschema: parts.dataschema,
        deliveries_count,
        deliveries: deliveries.into_iter().map(&mut delivery).collect(),
        body,
    }))
}

fn event_view(event: EventRecord) -> EventView {
    EventView {
        id: event.id,
        ce_id: event.ce_id,
        event_type: event.event_type,
        source: event.source,
        subject: event.subject,
        // Always valid JSON: clearhook serialized it.
        extensions: event.extensions.and_then(|json| RawValue::from_string(json).ok()),
        time: event.occurred_at,
        received_at: event.received_at,
    }
}
