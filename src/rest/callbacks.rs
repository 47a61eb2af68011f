//! The callback log: `GET /webhooks/{id}/callbacks`, `GET /callbacks` and `GET /callbacks/{id}`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
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
    routes::{Routes, Rule},
    services::error::FieldError,
    services::webhooks,
    storage::callbacks::{CallbackDetails, CallbackRecord, LogFilter, ShownHeaders},
};

/// The query of the log of one webhook.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogParams {
    /// The earliest start of an attempt, inclusive.
    from: Option<String>,
    /// The latest start of an attempt, exclusive.
    to: Option<String>,
    /// `succeeded` or `failed`.
    outcome: Option<String>,
    /// The status code of the response.
    status: Option<String>,
    /// The event type.
    event: Option<String>,
    /// An event (its id, its publisher's id or its subject), a delivery or a message (`msg_…`).
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The query of the log of all webhooks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllLogsParams {
    /// Only callbacks of this webhook.
    webhook_id: Option<String>,
    /// The earliest start of an attempt, inclusive.
    from: Option<String>,
    /// The latest start of an attempt, exclusive.
    to: Option<String>,
    /// `succeeded` or `failed`.
    outcome: Option<String>,
    /// The status code of the response.
    status: Option<String>,
    /// The event type.
    event: Option<String>,
    /// An event (its id, its publisher's id or its subject), a delivery or a message (`msg_…`).
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

#[derive(Serialize)]
pub(super) struct CallbackView {
    id: CallbackId,
    delivery_id: DeliveryId,
    event_id: EventId,
    webhook_id: WebhookId,
    event_type: EventType,
    url: String,
    callback_date: Timestamp,
    attempt: u32,
    trigger: Trigger,
    outcome: Outcome,
    status: Option<u16>,
    response: String,
    duration_ms: i64,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct RequestView {
    headers: Vec<Shown>,
    body: Option<String>,
}

#[derive(Serialize)]
struct ResponseView {
    headers: Vec<Shown>,
    body: String,
    truncated: bool,
    /// The reason if the end of the body was not received; otherwise null.
    incomplete: Option<String>,
}

#[derive(Serialize)]
pub(super) struct DetailsView {
    #[serde(flatten)]
    callback: CallbackView,
    /// The CloudEvents `id` and `source` of the event.
    ce_id: Option<String>,
    source: Option<String>,
    detail: Option<String>,
    request: RequestView,
    received: Option<ResponseView>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::ReadCallbacks);
    Routes::new()
        .get("/webhooks/{id}/callbacks", rule, list)
        .get("/callbacks", rule, list_all)
        .get("/callbacks/{id}", rule, read)
}

/// `GET /webhooks/{id}/callbacks`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    list: List,
    Params(params): Params<LogParams>,
) -> Result<Response, Problem> {
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
) -> Result<Response, Problem> {
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
async fn read(State(app): State<AppState>, Caller(by): Caller, Id(id): Id<CallbackId>, _: Params<NoParams>) -> Result<Response, Problem> {
    Ok(Json(details_view(webhooks::callback(&app, &by, id).await?)).into_response())
}

/// A callback with its request and response.
pub(super) fn details_view(details: CallbackDetails) -> DetailsView {
    let CallbackDetails {
        record,
        detail,
        request_headers,
        request_body,
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
