//! `/webhooks`: list, create, read, change, delete.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    catalogue::EventType,
    domain::{
        headers::{Header, is_credential},
        id::{UserId, WebhookId},
        timestamp::Timestamp,
        webhook::RateLimit,
    },
    rest::{
        Problem,
        extract::{Body, Caller, Id, PageView, Params, cursor, limit, named},
    },
    state::AppState,
    storage::webhooks::{WebhookFilter, WebhookRecord},
    webhooks::{self, WebhookInput},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    q: Option<String>,
    event: Option<String>,
    enabled: Option<bool>,
    limit: Option<u64>,
    cursor: Option<String>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct HeaderView {
    name: String,
    value: String,
    /// Left out, it follows from the name.
    secret: Option<bool>,
}

/// What POST takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    name: String,
    #[serde(default)]
    description: String,
    url: String,
    events: Vec<String>,
    #[serde(default = "enabled")]
    enabled: bool,
    #[serde(default)]
    owners: Vec<String>,
    #[serde(default)]
    headers: Vec<HeaderView>,
    rate_limit: Option<RateLimit>,
    #[serde(default)]
    ordered: bool,
    secret: Option<String>,
}

/// What PATCH takes: a field that is left out stays as it is.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookPatch {
    name: Option<String>,
    description: Option<String>,
    url: Option<String>,
    events: Option<Vec<String>>,
    enabled: Option<bool>,
    owners: Option<Vec<String>>,
    headers: Option<Vec<HeaderView>>,
    /// `null` takes the limit away.
    #[serde(default)]
    rate_limit: Change<RateLimit>,
    ordered: Option<bool>,
}

#[derive(Serialize)]
struct WebhookView {
    id: WebhookId,
    name: String,
    description: String,
    url: String,
    events: Vec<EventType>,
    enabled: bool,
    disabled_reason: Option<String>,
    owners: Vec<UserId>,
    headers: Vec<HeaderView>,
    rate_limit: Option<RateLimit>,
    ordered: bool,
    failing_since: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Only in the answer to POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A field that may be left out, and may be null when it is there.
#[derive(Clone, Default)]
enum Change<T> {
    #[default]
    Keep,
    Set(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        Option::deserialize(field).map(Self::Set)
    }
}

const fn enabled() -> bool {
    true
}

/// `GET /webhooks`
pub(super) async fn list(State(app): State<AppState>, Caller(by): Caller, Params(params): Params<ListParams>) -> Result<Response, Problem> {
    let filter = WebhookFilter {
        q: params.q,
        event: named("event", params.event.as_deref())?,
        enabled: params.enabled,
        owner: None,
    };
    let page = webhooks::list(&app, &by, &filter, cursor(params.cursor.as_deref())?, limit(params.limit)?).await?;
    Ok(PageView::of(page, |webhook| view(webhook, None)))
}

/// `POST /webhooks`
pub(super) async fn create(State(app): State<AppState>, Caller(by): Caller, Body(new): Body<NewWebhook>) -> Result<Response, Problem> {
    let input = WebhookInput {
        name: new.name,
        description: new.description,
        url: new.url,
        enabled: new.enabled,
        events: new.events,
        owners: new.owners,
        headers: new.headers.into_iter().map(Header::from).collect(),
        rate: new.rate_limit,
        ordered: new.ordered,
        secret: new.secret,
    };
    let (webhook, secret) = webhooks::create(&app, &by, input).await?;
    let location = format!("/api/v1/webhooks/{}", webhook.id);
    Ok((
        StatusCode::CREATED,
        [("location", location)],
        Json(view(webhook, Some(secret.reveal().to_string()))),
    )
        .into_response())
}

/// `GET /webhooks/{id}`
pub(super) async fn read(State(app): State<AppState>, Caller(by): Caller, Id(id): Id<WebhookId>) -> Result<Response, Problem> {
    Ok(Json(view(webhooks::get(&app, &by, id).await?, None)).into_response())
}

/// `PATCH /webhooks/{id}`
pub(super) async fn change(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    Body(patch): Body<WebhookPatch>,
) -> Result<Response, Problem> {
    let changed = webhooks::patch(&app, &by, id, |input| {
        let patch = patch.clone();
        let WebhookInput {
            name,
            description,
            url,
            enabled,
            events,
            owners,
            headers,
            rate,
            ordered,
            secret,
        } = input;
        WebhookInput {
            name: patch.name.unwrap_or(name),
            description: patch.description.unwrap_or(description),
            url: patch.url.unwrap_or(url),
            enabled: patch.enabled.unwrap_or(enabled),
            events: patch.events.unwrap_or(events),
            owners: patch.owners.unwrap_or(owners),
            headers: patch
                .headers
                .map_or(headers, |headers| headers.into_iter().map(Header::from).collect()),
            rate: match patch.rate_limit {
                Change::Keep => rate,
                Change::Set(rate) => rate,
            },
            ordered: patch.ordered.unwrap_or(ordered),
            secret,
        }
    });
    Ok(Json(view(changed.await?, None)).into_response())
}

/// `DELETE /webhooks/{id}`
pub(super) async fn delete(State(app): State<AppState>, Caller(by): Caller, Id(id): Id<WebhookId>) -> Result<StatusCode, Problem> {
    webhooks::delete(&app, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(webhook: WebhookRecord, secret: Option<String>) -> WebhookView {
    WebhookView {
        id: webhook.id,
        name: webhook.name,
        description: webhook.description,
        url: webhook.url,
        events: webhook.events,
        enabled: webhook.enabled,
        disabled_reason: webhook.disabled_reason,
        owners: webhook.owners,
        headers: webhook
            .headers
            .into_iter()
            .map(|Header { name, value, secret }| HeaderView {
                name,
                value,
                secret: Some(secret),
            })
            .collect(),
        rate_limit: webhook.rate,
        ordered: webhook.ordered,
        failing_since: webhook.failing_since,
        created_at: webhook.created_at,
        updated_at: webhook.updated_at,
        secret,
    }
}

impl From<HeaderView> for Header {
    fn from(HeaderView { name, value, secret }: HeaderView) -> Self {
        let secret = secret.unwrap_or_else(|| is_credential(&name));
        Self { name, value, secret }
    }
}
