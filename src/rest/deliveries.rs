//! Deliveries: `GET /deliveries`, `GET /deliveries/{id}`, `POST /deliveries/{id}/redeliver`, `POST /deliveries/{id}/cancel` and
//! `POST /webhooks/{id}/discard`.

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
    rest::{
        answer::Accepted,
        callbacks::{self, CallbackView},
        extract::{Caller, Id, List, NoParams, OptionalBody, PageView, Params, event_type, limit, webhook_id},
        resend::Queued,
    },
    routes::{Operation, Routes, Rule, Tag},
    services::{
        error::FieldError,
        webhooks::{self, DeliveryQuery},
    },
    storage::{
        delivery_list::{DeliveryList, ListedDelivery},
        recover::Discard,
    },
};

/// A list of states.
const STATES: &str =
    "^ *(waiting|pending|sending|succeeded|failed|held|cancelled) *(, *(waiting|pending|sending|succeeded|failed|held|cancelled) *)*$";

/// The query of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeliveryParams {
    /// One or more states, separated by commas: `waiting` (which means `pending` and `sending`), `pending`, `sending`, `succeeded`, `failed`, `held` and
    /// `cancelled`. By default, all.
    #[schemars(regex(pattern = STATES), example = &"failed,held")]
    state: Option<String>,
    /// Only deliveries to this webhook.
    #[schemars(with = "Option<WebhookId>")]
    webhook_id: Option<String>,
    /// Only deliveries of events of this type.
    #[schemars(with = "Option<EventType>")]
    event: Option<String>,
    /// Only deliveries of this event, by clearhook's id.
    #[schemars(with = "Option<EventId>")]
    event_id: Option<String>,
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
    /// When the next attempt is due.
    due_at: Option<Timestamp>,
    /// Why it is not sent, or why it failed.
    reason: Option<String>,
    /// When the event was published.
    created_at: Timestamp,
}

/// A delivery with its callbacks.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeliveryDetails")]
struct DeliveryDetailsView {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// Oldest first. If there are more than 200, the newest ones.
    callbacks: Vec<CallbackView>,
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
            Operation::new("listDeliveries", Tag::Deliveries, "List deliveries")
                .text(
                    "Newest first. Those of one webhook that wait (`webhook_id`, and `state=waiting` or `state=pending`) are in the order in which they are due.\n\n\
                     A page can have fewer items than `limit`, or none, although there are more: only a page whose `next_cursor` is null is the last.",
                )
                .refuses(404, "There is no such webhook or event (`not-found`)."),
        )
        .operation(
            Method::GET,
            "/deliveries/{id}",
            Rule::Key(Action::ReadCallbacks),
            read,
            Operation::new("getDelivery", Tag::Deliveries, "Read a delivery").text("A delivery with its callbacks."),
        )
        .operation(
            Method::POST,
            "/deliveries/{id}/redeliver",
            resend,
            redeliver,
            Operation::new("redeliverDelivery", Tag::Deliveries, "Redeliver a delivery")
                .text("Sends a delivery again that has failed for good or is held, before the backlog and with a full retry schedule. If an earlier event of its \
                     subject waits for an ordered webhook, it follows that one.")
                .refuses(
                    409,
                    "The delivery is not failed or held, the webhook is disabled, or the event is no longer stored (`conflict`).",
                )
                .once(),
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

/// `POST /deliveries/{id}/redeliver`
async fn redeliver(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<DeliveryId>,
    _: Params<NoParams>,
) -> Result<Accepted<Queued>, Problem> {
    webhooks::redeliver_delivery(&app, &by, None, id).await?;
    Ok(Accepted(Queued { delivery_id: id }))
}

/// `POST /deliveries/{id}/cancel`
async fn cancel(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<DeliveryId>,
    _: Params<NoParams>,
) -> Result<Json<CancelledView>, Problem> {
    webhooks::cancel(&app, &by, None, id).await?;
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
