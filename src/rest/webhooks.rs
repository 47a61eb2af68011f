//! `/webhooks`: list, create, read, change, delete.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    app::AppState,
    auth::rules::Action,
    catalogue::EventType,
    domain::{
        headers::{Header, is_credential},
        id::{UserId, WebhookId},
        timestamp::Timestamp,
        webhook::RateLimit,
    },
    rest::{
        Problem,
        extract::{Body, Caller, Id, List, NoParams, PageView, Params, limit, named},
        json::{objects, optional_object, optional_objects},
    },
    services::webhooks::{self, RateInput, WebhookInput},
    storage::webhooks::{WebhookFilter, WebhookRecord},
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
    /// If it is omitted, the stored value of a header with this name is kept. For a new header, it is derived from the name.
    secret: Option<bool>,
}

/// The body of POST.
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
    #[serde(default, deserialize_with = "objects")]
    headers: Vec<HeaderView>,
    #[serde(default, deserialize_with = "optional_object")]
    rate_limit: Option<RateLimit>,
    #[serde(default)]
    ordered: bool,
    secret: Option<String>,
}

/// The body of PATCH. Omitted fields are not changed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookPatch {
    name: Option<String>,
    description: Option<String>,
    url: Option<String>,
    events: Option<Vec<String>>,
    enabled: Option<bool>,
    owners: Option<Vec<String>>,
    #[serde(default, deserialize_with = "optional_objects")]
    headers: Option<Vec<HeaderView>>,
    /// `null` removes the limit.
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
    /// Only in the response to POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A field that distinguishes between omitted and null.
#[derive(Clone, Default)]
enum Change<T> {
    #[default]
    Keep,
    Set(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        optional_object(field).map(Self::Set)
    }
}

const fn enabled() -> bool {
    true
}

/// `GET /webhooks`
pub(super) async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<ListParams>,
) -> Result<Response, Problem> {
    let filter = WebhookFilter {
        q: params.q,
        event: named("event", params.event.as_deref())?,
        enabled: params.enabled,
        owner: None,
    };
    let page = webhooks::list(&app, &by, &filter, list.cursor(params.cursor.as_deref())?, limit(params.limit)?).await?;
    Ok(PageView::of(&list, page, |webhook| view(webhook, None)))
}

/// `POST /webhooks`
pub(super) async fn create(
    State(app): State<AppState>,
    Caller(by): Caller,
    _: Params<NoParams>,
    Body(new): Body<NewWebhook>,
) -> Result<Response, Problem> {
    let input = WebhookInput {
        name: new.name,
        description: new.description,
        url: new.url,
        enabled: new.enabled,
        events: new.events,
        owners: new.owners,
        headers: headers(new.headers, &[]),
        rate: new.rate_limit.map(RateInput::from),
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
pub(super) async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
) -> Result<Response, Problem> {
    Ok(Json(view(webhooks::get(&app, &by, id).await?, None)).into_response())
}

/// `PATCH /webhooks/{id}`. A patch that has only `enabled` does not write the other fields, so it cannot conflict with concurrent changes
/// of them. For a key without `webhooks:read`, the response is empty (204), because its body would reveal the webhook.
pub(super) async fn change(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    Body(patch): Body<WebhookPatch>,
) -> Result<Response, Problem> {
    let may_read = by.may(Action::ReadWebhooks, false).is_ok();
    let changed = match patch.enabled_alone() {
        Some(enabled) => {
            webhooks::set_enabled(&app, &by, id, enabled).await?;
            if !may_read {
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            webhooks::get(&app, &by, id).await?
        }
        None => webhooks::patch(&app, &by, id, |input| patch.clone().applied(input)).await?,
    };
    Ok(if may_read {
        Json(view(changed, None)).into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    })
}

impl WebhookPatch {
    /// The value of `enabled`, if the patch has no other fields.
    const fn enabled_alone(&self) -> Option<bool> {
        match self {
            Self {
                enabled: Some(enabled),
                name: None,
                description: None,
                url: None,
                events: None,
                owners: None,
                headers: None,
                rate_limit: Change::Keep,
                ordered: None,
            } => Some(*enabled),
            _ => None,
        }
    }

    /// Applies the patch to a webhook.
    fn applied(self, input: WebhookInput) -> WebhookInput {
        let WebhookInput {
            name,
            description,
            url,
            enabled,
            events,
            owners,
            headers: stored,
            rate,
            ordered,
            secret,
        } = input;
        WebhookInput {
            name: self.name.unwrap_or(name),
            description: self.description.unwrap_or(description),
            url: self.url.unwrap_or(url),
            enabled: self.enabled.unwrap_or(enabled),
            events: self.events.unwrap_or(events),
            owners: self.owners.unwrap_or(owners),
            headers: match self.headers {
                Some(new) => headers(new, &stored),
                None => stored,
            },
            rate: match self.rate_limit {
                Change::Keep => rate,
                Change::Set(rate) => rate.map(RateInput::from),
            },
            ordered: self.ordered.unwrap_or(ordered),
            secret,
        }
    }
}

/// `DELETE /webhooks/{id}`
pub(super) async fn delete(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
) -> Result<StatusCode, Problem> {
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

/// Converts the headers of a request. If `secret` is omitted, it is taken from the stored header with the same name, or derived from the
/// name.
fn headers(sent: Vec<HeaderView>, stored: &[Header]) -> Vec<Header> {
    let header = |HeaderView { name, value, secret }| {
        let known = || {
            stored
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case(&name))
                .map(|header| header.secret)
        };
        let secret = secret.or_else(known).unwrap_or_else(|| is_credential(&name));
        Header { name, value, secret }
    };
    sent.into_iter().map(header).collect()
}
