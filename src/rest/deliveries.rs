//! Deliveries: `GET /deliveries`, `GET /deliveries/{id}`, `POST /deliveries/{id}/cancel` and `POST /webhooks/{id}/discard`.

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{
        delivery::DeliveryState,
        id::{DeliveryId, EventId, WebhookId},
        timestamp::Timestamp,
    },
    problem::Problem,
    rest::{
        callbacks::{self, CallbackView},
        extract::{Caller, Id, List, NoParams, OptionalBody, PageView, Params, event_type, limit, webhook_id},
    },
    routes::{Routes, Rule},
    services::{
        error::FieldError,
        webhooks::{self, DeliveryQuery},
    },
    storage::{
        delivery_list::{DeliveryList, ListedDelivery},
        recover::Discard,
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryParams {
    /// One or more states, separated by commas. `waiting` means `pending` and `sending`.
    state: Option<String>,
    /// Only deliveries to this webhook.
    webhook_id: Option<String>,
    /// Only deliveries of events of this type.
    event: Option<String>,
    /// Only deliveries of this event.
    event_id: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct DeliveryView {
    id: DeliveryId,
    webhook_id: WebhookId,
    event_id: EventId,
    event_type: Option<String>,
    subject: Option<String>,
    state: DeliveryState,
    attempts: u32,
    due_at: Option<Timestamp>,
    reason: Option<String>,
    created_at: Timestamp,
}

/// A delivery with its callbacks.
#[derive(Serialize)]
struct DeliveryDetailsView {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// Oldest first. If there are more than 200, the newest ones.
    callbacks: Vec<CallbackView>,
}

#[derive(Serialize)]
struct CancelledView {
    id: DeliveryId,
    state: DeliveryState,
}

#[derive(Serialize)]
struct DiscardedView {
    deliveries: u64,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct DiscardBody {
    state: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let resend = Rule::Key(Action::Resend);
    Routes::new()
        .get("/deliveries", Rule::Key(Action::ReadCallbacks), list)
        .get("/deliveries/{id}", Rule::Key(Action::ReadCallbacks), read)
        .post("/deliveries/{id}/cancel", resend, cancel)
        .post("/webhooks/{id}/discard", resend, discard)
}

/// `GET /deliveries`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<DeliveryParams>,
) -> Result<Response, Problem> {
    let states = params.state.as_deref().map(states).transpose()?.unwrap_or_default();
    let webhook = params.webhook_id.as_deref().map(|id| webhook_id("webhook_id", id)).transpose()?;
    let event_type = event_type(&app, "event", params.event.as_deref()).await?;
    let event = params.event_id.as_deref().map(str::parse::<EventId>).transpose();
    let event = event.map_err(|_| Problem::invalid(vec![FieldError::new("/event_id", "Give the id of an event.")]))?;
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let page = match (webhook, in_one_index(&states)) {
        (Some(webhook), Some(which)) if event.is_none() && event_type.is_none() => {
            webhooks::deliveries(&app, &by, webhook, which, after, limit).await?
        }
        _ => {
            let query = DeliveryQuery {
                states,
                webhook,
                event_type,
                event,
            };
            webhooks::find_all_deliveries(&app, &by, query, after, limit).await?
        }
    };
    Ok(PageView::of(&list, page, view))
}

/// Parses a list of states. A parked delivery is reported as pending.
fn states(given: &str) -> Result<Vec<DeliveryState>, Problem> {
    let mut states = Vec::new();
    for name in given.split(',').map(str::trim) {
        match name {
            "waiting" => states.extend([DeliveryState::Pending, DeliveryState::Parked, DeliveryState::Sending]),
            "pending" => states.extend([DeliveryState::Pending, DeliveryState::Parked]),
            "sending" => states.push(DeliveryState::Sending),
            "succeeded" => states.push(DeliveryState::Succeeded),
            "failed" => states.push(DeliveryState::Failed),
            "held" => states.push(DeliveryState::Held),
            "cancelled" => states.push(DeliveryState::Cancelled),
            _ => {
                let detail = "Use one or more of `waiting`, `pending`, `sending`, `succeeded`, `failed`, `held` and `cancelled`, separated by commas.";
                return Err(Problem::invalid(vec![FieldError::new("/state", detail)]));
            }
        }
    }
    states.sort_unstable();
    states.dedup();
    Ok(states)
}

/// The list of one webhook that has exactly these states and an index.
fn in_one_index(states: &[DeliveryState]) -> Option<DeliveryList> {
    match states {
        [DeliveryState::Pending, DeliveryState::Parked, DeliveryState::Sending] => Some(DeliveryList::Waiting),
        [DeliveryState::Pending, DeliveryState::Parked] => Some(DeliveryList::Pending),
        [DeliveryState::Held] => Some(DeliveryList::Held),
        [DeliveryState::Failed] => Some(DeliveryList::Failed),
        _ => None,
    }
}

/// `GET /deliveries/{id}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<DeliveryId>,
    _: Params<NoParams>,
) -> Result<Json<DeliveryDetailsView>, Problem> {
    let (delivery, callbacks) = webhooks::delivery(&app, &by, id).await?;
    Ok(Json(DeliveryDetailsView {
        delivery: view(delivery),
        callbacks: callbacks.into_iter().map(callbacks::view).collect(),
    }))
}

/// `POST /deliveries/{id}/cancel`
async fn cancel(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<DeliveryId>,
    _: Params<NoParams>,
) -> Result<Json<CancelledView>, Problem> {
    webhooks::cancel(&app, &by, id).await?;
    Ok(Json(CancelledView {
        id,
        state: DeliveryState::Cancelled,
    }))
}

/// `POST /webhooks/{id}/discard`
async fn discard(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    OptionalBody(body): OptionalBody<DiscardBody>,
) -> Result<Json<DiscardedView>, Problem> {
    let which = match body.state.as_deref() {
        None | Some("held") => Discard::Held,
        Some("waiting" | "pending") => Discard::Waiting,
        Some(_) => return Err(Problem::invalid(vec![FieldError::new("/state", "Use `held` or `waiting`.")])),
    };
    let discarded = webhooks::discard(&app, &by, id, which, Timestamp::now(), None).await?;
    Ok(Json(DiscardedView {
        deliveries: discarded.deliveries,
    }))
}

fn view(delivery: ListedDelivery) -> DeliveryView {
    DeliveryView {
        id: delivery.id,
        webhook_id: delivery.webhook,
        event_id: delivery.event,
        event_type: delivery.event_type,
        subject: delivery.subject,
        state: delivery.state.reported(),
        attempts: delivery.attempts,
        due_at: delivery.due,
        reason: delivery.reason,
        created_at: delivery.created,
    }
}
