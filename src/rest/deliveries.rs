//! Deliveries that wait, are held, or have failed: `GET /deliveries`, `POST /deliveries/{id}/cancel` and `POST /webhooks/{id}/discard`.

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
    rest::extract::{Caller, Id, List, NoParams, OptionalBody, PageView, Params, limit},
    routes::{Routes, Rule},
    services::{error::FieldError, webhooks},
    storage::{
        delivery_list::{DeliveryList, ListedDelivery},
        recover::Discard,
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryParams {
    state: Option<String>,
    webhook_id: Option<String>,
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
    let mut errors = Vec::new();
    let which = match params.state.as_deref() {
        Some("waiting" | "pending") => Some(DeliveryList::Waiting),
        Some("held") => Some(DeliveryList::Held),
        Some("failed") => Some(DeliveryList::Failed),
        _ => None,
    };
    if which.is_none() {
        errors.push(FieldError::new("/state", "Use `waiting`, `held` or `failed`."));
    }
    let webhook = params.webhook_id.as_deref().and_then(|id| id.parse::<WebhookId>().ok());
    if webhook.is_none() {
        errors.push(FieldError::new("/webhook_id", "Give the id of a webhook."));
    }
    let (Some(which), Some(webhook)) = (which, webhook) else {
        return Err(Problem::invalid(errors));
    };
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let page = webhooks::deliveries(&app, &by, webhook, which, after, limit).await?;
    Ok(PageView::of(&list, page, view))
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
