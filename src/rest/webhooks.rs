//! `/webhooks`: list, create, read, change, delete.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::id::WebhookId,
    problem::Problem,
    rest::{
        extract::{Body, Caller, Id, List, NoParams, PageView, Params, event_type, limit},
        webhook_body::{NewWebhook, Patch},
    },
    routes::{Routes, Rule},
    services::webhooks::{self, WebhookInput},
    storage::webhooks::{WebhookFilter, WebhookRecord},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParams {
    q: Option<String>,
    event: Option<String>,
    enabled: Option<bool>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The body of responses.
#[derive(Serialize)]
struct WebhookView {
    #[serde(flatten)]
    webhook: WebhookRecord,
    /// Only in the response to POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let (read_rule, write_rule) = (Rule::Key(Action::ReadWebhooks), Rule::Key(Action::WriteWebhooks));
    Routes::new()
        .get("/webhooks", read_rule, list)
        .post("/webhooks", write_rule, create)
        .get("/webhooks/{id}", read_rule, read)
        .patch("/webhooks/{id}", write_rule, change)
        .delete("/webhooks/{id}", write_rule, delete)
}

/// `GET /webhooks`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<ListParams>,
) -> Result<Response, Problem> {
    let filter = WebhookFilter {
        q: params.q,
        event: event_type(&app, "event", params.event.as_deref()).await?,
        enabled: params.enabled,
        owner: None,
    };
    let page = webhooks::list(&app, &by, &filter, list.cursor(params.cursor.as_deref())?, limit(params.limit)?).await?;
    Ok(PageView::of(&list, page, |webhook| view(webhook, None)))
}

/// `POST /webhooks`
async fn create(
    State(app): State<AppState>,
    Caller(by): Caller,
    _: Params<NoParams>,
    Body(new): Body<NewWebhook>,
) -> Result<Response, Problem> {
    let (webhook, secret) = webhooks::create(&app, &by, new.fields, new.secret.as_deref()).await?;
    let location = format!("/api/v1/webhooks/{}", webhook.id);
    Ok((
        StatusCode::CREATED,
        [("location", location)],
        Json(view(webhook, Some(secret.reveal().to_string()))),
    )
        .into_response())
}

/// `GET /webhooks/{id}`
async fn read(State(app): State<AppState>, Caller(by): Caller, Id(id): Id<WebhookId>, _: Params<NoParams>) -> Result<Response, Problem> {
    Ok(Json(view(webhooks::get(&app, &by, id).await?, None)).into_response())
}

/// `PATCH /webhooks/{id}`. A patch that has only `enabled` does not write the other fields, so it cannot conflict with concurrent changes
/// of them. For a key without `webhooks:read`, the response is empty (204), because its body would reveal the webhook.
async fn change(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    Body(patch): Body<Patch<WebhookInput>>,
) -> Result<Response, Problem> {
    let may_read = by.may(Action::ReadWebhooks, false).is_ok();
    let changed = match patch.only("enabled").and_then(Value::as_bool) {
        Some(enabled) => {
            webhooks::set_enabled(&app, &by, id, enabled).await?;
            if !may_read {
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            webhooks::get(&app, &by, id).await?
        }
        None => webhooks::patch(&app, &by, id, |input| patch.apply(&input)).await?,
    };
    Ok(if may_read {
        Json(view(changed, None)).into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    })
}

/// `DELETE /webhooks/{id}`
async fn delete(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
) -> Result<StatusCode, Problem> {
    webhooks::delete(&app, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

const fn view(webhook: WebhookRecord, secret: Option<String>) -> WebhookView {
    WebhookView { webhook, secret }
}
