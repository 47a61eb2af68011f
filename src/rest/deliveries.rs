//! Deliveries that wait, are held, or have failed: `GET /deliveries`, `POST /deliveries/{id}/cancel` and `POST /webhooks/{id}/discard`.

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    rest::extract::{Caller, Id, List, NoParams, OptionalBody, PageView, Params, limit},
    routes::{Operation, Routes, Rule, Tag},
    services::{error::FieldError, webhooks},
    storage::{
        delivery_list::{DeliveryList, ListedDelivery},
        recover::Discard,
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeliveryParams {
    /// Those that wait for their time (`pending` means the same), that are held because the webhook is disabled, or that have failed.
    #[schemars(required, extend("type" = "string", "enum" = ["waiting", "pending", "held", "failed"]))]
    state: Option<String>,
    /// The webhook.
    #[schemars(with = "WebhookId")]
    webhook_id: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// One event for one webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
struct DeliveryView {
    /// Its id.
    id: DeliveryId,
    /// The webhook.
    webhook_id: WebhookId,
    /// The event, by clearhook's id.
    event_id: EventId,
    /// The type of the event. Null if the event is no longer stored.
    #[schemars(with = "Option<EventType>")]
    event_type: Option<String>,
    /// The subject of the event.
    #[schemars(example = &"identities/42")]
    subject: Option<String>,
    /// What is done with it.
    state: DeliveryState,
    /// The number of attempts so far.
    #[schemars(example = 2)]
    attempts: u32,
    /// When it is tried next.
    due_at: Option<Timestamp>,
    /// Why it is not sent, or why it failed.
    reason: Option<String>,
    /// When the event was published.
    created_at: Timestamp,
}

/// A cancelled delivery.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CancelledDelivery")]
struct CancelledView {
    /// Its id.
    id: DeliveryId,
    /// Its new state.
    state: DeliveryState,
}

/// The result of discarding deliveries.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Discarded")]
struct DiscardedView {
    /// How many were discarded.
    #[schemars(example = 12)]
    deliveries: u64,
}

/// What is discarded.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Discard")]
struct DiscardBody {
    /// Those that are held because the webhook is disabled (the default), or those that wait for their time (`pending` means the same).
    #[schemars(extend("enum" = ["held", "waiting", "pending", null]))]
    state: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let resend = Rule::Key(Action::Resend);
    Routes::new()
        .operation(
            Method::GET,
            "/deliveries",
            Rule::Key(Action::ReadCallbacks),
            list,
            Operation::new("listDeliveries", Tag::Deliveries, "List deliveries of a webhook")
                .text("Deliveries that wait, are held, or have failed.")
                .refuses(404, "There is no such webhook (`not-found`)."),
        )
        .operation(
            Method::POST,
            "/deliveries/{id}/cancel",
            resend,
            cancel,
            Operation::new("cancelDelivery", Tag::Deliveries, "Cancel a delivery")
                .text("A delivery that waits or is held is not sent any more.")
                .refuses(409, "It is being sent, or has ended (`conflict`)."),
        )
        .operation(
            Method::POST,
            "/webhooks/{id}/discard",
            resend,
            discard,
            Operation::new("discardDeliveries", Tag::Deliveries, "Discard deliveries of a webhook")
                .text("The deliveries that are held, or those that wait, are not sent any more, and are not recovered."),
        )
}

/// `GET /deliveries`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<DeliveryParams>,
) -> Result<PageView<DeliveryView>, Problem> {
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
