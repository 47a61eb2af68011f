//! `GET /events` and `GET /events/{id}`.

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

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
    routes::{Operation, Routes, Rule, Tag},
    services::webhooks::{self, EventDetails},
    storage::{
        StoreError,
        event_search::{EventDelivery, EventFilter, EventRecord},
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventParams {
    /// Only events with this CloudEvents `id`, which the publisher gave.
    id: Option<String>,
    /// Only events with this `source`.
    source: Option<String>,
    /// Only events with this `subject`.
    subject: Option<String>,
    /// Only events of this type.
    #[serde(rename = "type")]
    #[schemars(with = "Option<EventType>")]
    event_type: Option<String>,
    /// Only events received at or after this time.
    #[schemars(with = "Option<Timestamp>")]
    from: Option<String>,
    /// Only events received before this time.
    #[schemars(with = "Option<Timestamp>")]
    to: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// An event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
struct EventView {
    /// The id that clearhook assigned.
    id: EventId,
    /// The CloudEvents `id` that the publisher chose.
    #[schemars(example = &"7d3c6b1e")]
    ce_id: String,
    /// Its type.
    #[serde(rename = "type")]
    event_type: EventType,
    /// Where it happened.
    #[schemars(example = &"/sites/paris")]
    source: String,
    /// What it is about.
    #[schemars(example = &"identities/42")]
    subject: Option<String>,
    /// Its extension attributes.
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    extensions: Option<Box<RawValue>>,
    /// When it happened.
    time: Timestamp,
    /// When it was published.
    received_at: Timestamp,
}

/// An event with its deliveries and callbacks.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventDetails")]
struct EventDetailsView {
    #[serde(flatten)]
    event: EventView,
    /// The exact body of the callbacks. Empty if it was erased.
    body: String,
    /// Whether its payload was removed, on request or when the retention period of its type ended.
    erased: bool,
    /// The data as published.
    #[schemars(with = "Option<Value>")]
    data: Option<Box<RawValue>>,
    /// The URI of the schema of the data, as published.
    dataschema: Option<String>,
    /// The number of all deliveries.
    #[schemars(example = 1)]
    deliveries_count: u64,
    /// The first deliveries, at most 200.
    deliveries: Vec<DeliveryView>,
}

/// A delivery of an event, with its attempts.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventDelivery")]
struct DeliveryView {
    /// Its id.
    id: DeliveryId,
    /// The webhook.
    webhook_id: WebhookId,
    /// What is done with it.
    state: DeliveryState,
    /// The number of attempts so far.
    #[schemars(example = 1)]
    attempts: u32,
    /// When the next attempt is due.
    due_at: Option<Timestamp>,
    /// Why it is not sent, or why it failed.
    reason: Option<String>,
    /// Its attempts, oldest first. An event with many of them has the first 1,000 of all deliveries.
    callbacks: Vec<CallbackView>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCallbacks);
    Routes::new()
        .operation(
            Method::GET,
            "/events",
            rule,
            list,
            Operation::new("findEvents", Tag::Events, "Find events")
                .text("Stored events, newest first, also those that no webhook subscribed to, for as long as they are retained."),
        )
        .operation(
            Method::GET,
            "/events/{id}",
            rule,
            read,
            Operation::new("getEvent", Tag::Events, "Read an event")
                .text("An event by clearhook's id, with its deliveries and their callbacks."),
        )
}

/// `GET /events`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<EventParams>,
) -> Result<PageView<EventView>, Problem> {
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
    #[derive(Default, Deserialize)]
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
    let erased = body.is_empty();
    let parts: Body = if erased {
        Body::default()
    } else {
        serde_json::from_str(&body).map_err(|error| StoreError::Corrupt(error.to_string()))?
    };
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
        erased,
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
