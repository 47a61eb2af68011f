//! The callback log: `GET /webhooks/{id}/callbacks`, `GET /callbacks` and `GET /callbacks/{id}`.

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        callback::{Outcome, Trigger},
        event_type::EventType,
        id::{CallbackId, DeliveryId, EventId, WebhookId},
        timestamp::Timestamp,
    },
    problem::Problem,
    rest::extract::{Caller, Id, List, NoParams, PageView, Params, event_type, limit, moment, named, webhook_id},
    routes::{Operation, Routes, Rule, Tag},
    services::error::FieldError,
    services::webhooks,
    storage::callbacks::{CallbackDetails, CallbackRecord, LogFilter, ShownHeaders},
};

/// The query of the log of one webhook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LogParams {
    /// The earliest start of an attempt, inclusive. At most 366 days before `to`.
    #[schemars(with = "Option<Timestamp>")]
    from: Option<String>,
    /// The latest start of an attempt, exclusive.
    #[schemars(with = "Option<Timestamp>")]
    to: Option<String>,
    /// Only attempts that succeeded, or only those that failed.
    #[schemars(with = "Option<Outcome>")]
    outcome: Option<String>,
    /// Only attempts that were answered with this status code.
    #[schemars(with = "Option<u16>", range(min = 100, max = 999))]
    status: Option<String>,
    /// Only attempts of this event type.
    #[schemars(with = "Option<EventType>")]
    event: Option<String>,
    /// An event (its id, its publisher's id or its subject), a delivery or a message (`msg_…`).
    #[schemars(example = &"identities/42")]
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The query of the log of all webhooks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AllLogsParams {
    /// Only callbacks of this webhook.
    #[schemars(with = "Option<WebhookId>")]
    webhook_id: Option<String>,
    /// The earliest start of an attempt, inclusive. At most 366 days before `to`.
    #[schemars(with = "Option<Timestamp>")]
    from: Option<String>,
    /// The latest start of an attempt, exclusive.
    #[schemars(with = "Option<Timestamp>")]
    to: Option<String>,
    /// Only attempts that succeeded, or only those that failed.
    #[schemars(with = "Option<Outcome>")]
    outcome: Option<String>,
    /// Only attempts that were answered with this status code.
    #[schemars(with = "Option<u16>", range(min = 100, max = 999))]
    status: Option<String>,
    /// Only attempts of this event type.
    #[schemars(with = "Option<EventType>")]
    event: Option<String>,
    /// An event (its id, its publisher's id or its subject), a delivery or a message (`msg_…`).
    #[schemars(example = &"identities/42")]
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The filters of a log as they are in a query.
#[derive(Default)]
pub(super) struct LogQuery {
    pub(super) webhook_id: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) status: Option<String>,
    pub(super) event: Option<String>,
    pub(super) q: Option<String>,
}

/// An HTTP attempt of a delivery.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Callback")]
pub(super) struct CallbackView {
    /// Its id.
    id: CallbackId,
    /// The delivery, whose attempts all have the same `webhook-id`.
    delivery_id: DeliveryId,
    /// The event, by clearhook's id.
    event_id: EventId,
    /// The webhook.
    webhook_id: WebhookId,
    /// The type of the event.
    event_type: EventType,
    /// The URL to which it was sent.
    #[schemars(example = &"https://hr.example.com/hooks")]
    url: String,
    /// When the attempt began.
    callback_date: Timestamp,
    /// The number of the attempt, from 1.
    #[schemars(example = 1)]
    attempt: u32,
    /// Why the attempt was made.
    trigger: Trigger,
    /// Whether the receiver accepted it.
    outcome: Outcome,
    /// The status code of the response. Null without a response.
    #[schemars(example = 202)]
    status: Option<u16>,
    /// The name of the status, such as `Accepted`, or what happened instead, such as `TimedOut`.
    #[schemars(example = &"Accepted")]
    response: String,
    /// How long the response headers took, in milliseconds.
    #[schemars(example = 87)]
    duration_ms: i64,
}

/// A header of a request or response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShownHeader")]
struct Shown {
    /// Its name.
    #[schemars(example = &"content-type")]
    name: String,
    /// Its value. Credentials are replaced.
    #[schemars(example = &"application/json")]
    value: String,
}

/// What was sent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SentRequest")]
struct RequestView {
    /// The headers, in the order in which they were sent.
    headers: Vec<Shown>,
    /// The exact body. Null if the event is no longer stored.
    body: Option<String>,
}

/// What was received.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReceivedResponse")]
struct ResponseView {
    /// The headers.
    headers: Vec<Shown>,
    /// The beginning of the body, at most 16 KiB.
    body: String,
    /// Whether the body was longer.
    truncated: bool,
    /// The reason if the end of the body was not received; otherwise null.
    incomplete: Option<String>,
}

/// An HTTP attempt with its request and response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CallbackDetails")]
pub(super) struct DetailsView {
    #[serde(flatten)]
    callback: CallbackView,
    /// The CloudEvents `id` of the event, as the publisher gave it. Null if the event is no longer stored.
    #[schemars(example = &"7d3c6b1e")]
    ce_id: Option<String>,
    /// The CloudEvents `source` of the event. Null if the event is no longer stored.
    #[schemars(example = &"/sites/paris")]
    source: Option<String>,
    /// Whether the payload of the event was removed, on request or when the retention period of its type ended.
    erased: bool,
    /// What went wrong, in words.
    detail: Option<String>,
    /// What was sent.
    request: RequestView,
    /// What was received. Null without a response.
    received: Option<ResponseView>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCallbacks);
    Routes::new()
        .operation(
            Method::GET,
            "/webhooks/{id}/callbacks",
            rule,
            list,
            Operation::new("listWebhookCallbacks", Tag::Callbacks, "List the callbacks of a webhook")
                .text("The log of a webhook, newest first."),
        )
        .operation(
            Method::GET,
            "/callbacks",
            rule,
            list_all,
            Operation::new("listCallbacks", Tag::Callbacks, "List the callbacks of all webhooks")
                .text(
                    "The log of all webhooks, newest first, in the order in which the callbacks were logged.\n\n\
                     A page can have fewer items than `limit`, or none, although there are more: only a page whose `next_cursor` is null is the last.",
                )
                .refuses(404, "There is no such webhook (`not-found`)."),
        )
        .operation(
            Method::GET,
            "/callbacks/{id}",
            rule,
            read,
            Operation::new("getCallback", Tag::Callbacks, "Read a callback")
                .text("An attempt with what was sent and received. Secrets and credentials are replaced."),
        )
}

/// `GET /webhooks/{id}/callbacks`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    list: List,
    Params(params): Params<LogParams>,
) -> Result<PageView<CallbackView>, Problem> {
    let query = LogQuery {
        webhook_id: Some(id.to_string()),
        from: params.from,
        to: params.to,
        outcome: params.outcome,
        status: params.status,
        event: params.event,
        q: params.q,
    };
    let (_, filter) = log_filter(&app, &by, &query).await?;
    let page = webhooks::log(&app, &by, id, &filter, list.cursor(params.cursor.as_deref())?, limit(params.limit)?).await?;
    Ok(PageView::of(&list, page, view))
}

/// `GET /callbacks`
async fn list_all(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<AllLogsParams>,
) -> Result<PageView<CallbackView>, Problem> {
    let query = LogQuery {
        webhook_id: params.webhook_id,
        from: params.from,
        to: params.to,
        outcome: params.outcome,
        status: params.status,
        event: params.event,
        q: params.q,
    };
    let (webhook, filter) = log_filter(&app, &by, &query).await?;
    let (after, limit) = (list.cursor(params.cursor.as_deref())?, limit(params.limit)?);
    let page = match webhook {
        Some(webhook) => webhooks::log(&app, &by, webhook, &filter, after, limit).await?,
        None => webhooks::all_logs(&app, &by, &filter, after, limit).await?,
    };
    Ok(PageView::of(&list, page, view))
}

/// `GET /callbacks/{id}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<CallbackId>,
    _: Params<NoParams>,
) -> Result<Json<DetailsView>, Problem> {
    Ok(Json(details_view(webhooks::callback(&app, &by, id).await?)))
}

/// A callback with its request and response.
pub(super) fn details_view(details: CallbackDetails) -> DetailsView {
    let CallbackDetails {
        record,
        detail,
        request_headers,
        request_body,
        is_erased,
        ce_id,
        source,
        received,
        ..
    } = details;
    let received = received.map(|received| ResponseView {
        headers: shown(received.headers),
        body: String::from_utf8_lossy(&received.body).into_owned(),
        truncated: received.truncated,
        incomplete: received.incomplete,
    });
    let request = RequestView {
        headers: shown(request_headers),
        body: request_body,
    };
    DetailsView {
        callback: view(record),
        ce_id,
        source,
        erased: is_erased,
        detail,
        request,
        received,
    }
}

/// The webhook and the filter that a query selects. Errors name the parameters.
pub(super) async fn log_filter(app: &AppState, by: &Principal, query: &LogQuery) -> Result<(Option<WebhookId>, LogFilter), Problem> {
    let webhook = query.webhook_id.as_deref().map(|id| webhook_id("webhook_id", id)).transpose()?;
    let mut filter = LogFilter {
        from: moment("from", query.from.as_deref())?,
        to: moment("to", query.to.as_deref())?,
        outcome: named("outcome", query.outcome.as_deref())?,
        status: status(query.status.as_deref())?,
        response: None,
        event: event_type(app, "event", query.event.as_deref()).await?,
        deliveries: None,
    };
    if let (Some(outcome), Some(status)) = (filter.outcome, filter.status) {
        let is_success = (200..=299).contains(&status);
        if is_success != (outcome == Outcome::Succeeded) {
            let detail = format!("No callback has the status {status} and the outcome `{outcome}`; omit one of them.");
            return Err(Problem::invalid(vec![
                FieldError::new("/status", detail.as_str()),
                FieldError::new("/outcome", detail.as_str()),
            ]));
        }
    }
    if let Some(text) = query.q.as_deref().filter(|text| !text.trim().is_empty()) {
        let found = match webhook {
            Some(webhook) => webhooks::find_deliveries(app, by, webhook, text).await?,
            None => webhooks::find_deliveries_of_all(app, by, text).await?,
        };
        filter.deliveries = Some(found);
    }
    Ok((webhook, filter))
}

/// Parses an HTTP status code.
fn status(given: Option<&str>) -> Result<Option<u16>, Problem> {
    let parsed = given.map(|text| text.parse::<u16>().ok().filter(|status| (100..=999).contains(status)).ok_or(()));
    let wrong = |()| Problem::invalid(vec![FieldError::new("/status", "Use a status code from 100 to 999.")]);
    parsed.transpose().map_err(wrong)
}

fn shown(headers: ShownHeaders) -> Vec<Shown> {
    headers.into_iter().map(|(name, value)| Shown { name, value }).collect()
}

/// The JSON of a callback, as in the API's lists.
pub(super) fn callback_json(record: CallbackRecord) -> String {
    // Serializing this struct cannot fail.
    serde_json::to_string(&view(record)).unwrap_or_default()
}

pub(super) fn view(record: CallbackRecord) -> CallbackView {
    CallbackView {
        id: record.id,
        delivery_id: record.delivery,
        event_id: record.event,
        webhook_id: record.webhook,
        event_type: record.event_type,
        url: record.url,
        callback_date: record.at,
        attempt: record.attempt,
        trigger: record.trigger,
        outcome: record.outcome,
        status: record.status,
        response: record.response,
        duration_ms: record.duration_ms,
    }
}
