//! The callback log: `GET /webhooks/{id}/callbacks` and `GET /callbacks/{id}`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{
        callback::{Outcome, Trigger},
        event_type::EventType,
        id::{CallbackId, DeliveryId, EventId, WebhookId},
        timestamp::Timestamp,
    },
    problem::Problem,
    rest::extract::{Caller, Id, List, NoParams, PageView, Params, event_type, limit, moment, named},
    routes::{Routes, Rule},
    services::error::FieldError,
    services::webhooks,
    storage::callbacks::{CallbackDetails, CallbackRecord, LogFilter, ShownHeaders},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogParams {
    from: Option<String>,
    to: Option<String>,
    outcome: Option<String>,
    status: Option<String>,
    event: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

#[derive(Serialize)]
pub(super) struct CallbackView {
    id: CallbackId,
    delivery_id: DeliveryId,
    event_id: EventId,
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
struct DetailsView {
    #[serde(flatten)]
    callback: CallbackView,
    webhook_id: WebhookId,
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
    let filter = LogFilter {
        from: moment("from", params.from.as_deref())?,
        to: moment("to", params.to.as_deref())?,
        outcome: named("outcome", params.outcome.as_deref())?,
        status: status(params.status.as_deref())?,
        response: None,
        event: event_type(&app, "event", params.event.as_deref()).await?,
    };
    let page = webhooks::log(&app, &by, id, &filter, list.cursor(params.cursor.as_deref())?, limit(params.limit)?).await?;
    Ok(PageView::of(&list, page, view))
}

/// `GET /callbacks/{id}`
async fn read(State(app): State<AppState>, Caller(by): Caller, Id(id): Id<CallbackId>, _: Params<NoParams>) -> Result<Response, Problem> {
    let CallbackDetails {
        record,
        detail,
        request_headers,
        request_body,
        ce_id,
        source,
        received,
    } = webhooks::callback(&app, &by, id).await?;
    let received = received.map(|received| ResponseView {
        headers: shown(received.headers),
        body: String::from_utf8_lossy(&received.body).into_owned(),
        truncated: received.truncated,
        incomplete: received.incomplete,
    });
    let webhook_id = record.webhook;
    let request = RequestView {
        headers: shown(request_headers),
        body: request_body,
    };
    Ok(Json(DetailsView {
        callback: view(record),
        webhook_id,
        ce_id,
        source,
        detail,
        request,
        received,
    })
    .into_response())
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
pub fn callback_json(record: CallbackRecord) -> String {
    // Serializing this struct cannot fail.
    serde_json::to_string(&view(record)).unwrap_or_default()
}

pub(super) fn view(record: CallbackRecord) -> CallbackView {
    CallbackView {
        id: record.id,
        delivery_id: record.delivery,
        event_id: record.event,
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
