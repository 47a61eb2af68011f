//! `/webhooks`: list, create, read, change, delete.

use axum::{extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{event_type::EventType, id::WebhookId, timestamp::Timestamp},
    problem::Problem,
    rest::{
        answer::{Confidential, Created, NoContent},
        entity_tag::{Changed, IfMatch, Tagged, refused},
        extract::{Body, Caller, Id, List, NoParams, PageView, Params, event_type, limit},
        webhook_body::{NewWebhook, Patch},
    },
    routes::{Operation, Routes, Rule, Tag},
    services::webhooks::{self, WebhookInput},
    storage::webhooks::{WebhookFilter, WebhookRecord},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only webhooks whose name, URL or description contains this text; upper and lower case are the same.
    q: Option<String>,
    /// Only webhooks that subscribe to this event type, by its name or by a pattern.
    #[schemars(with = "Option<EventType>")]
    event: Option<String>,
    /// Only webhooks that are enabled, or only those that are not.
    enabled: Option<bool>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// A webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
struct WebhookView {
    #[serde(flatten)]
    webhook: WebhookRecord,
}

/// A new webhook, and the secret that signs its callbacks. The secret is shown here and never again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreatedWebhook")]
struct CreatedView {
    #[serde(flatten)]
    webhook: WebhookRecord,
    /// The signing secret.
    #[schemars(example = &"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let (read_rule, write_rule) = (Rule::Key(Action::ReadWebhooks), Rule::Key(Action::WriteWebhooks));
    Routes::new()
        .operation(
            Method::GET,
            "/webhooks",
            read_rule,
            list,
            Operation::new("listWebhooks", Tag::Webhooks, "List webhooks").text("The webhooks, newest first. Secrets are never shown."),
        )
        .operation(
            Method::POST,
            "/webhooks",
            write_rule,
            create,
            Operation::new("createWebhook", Tag::Webhooks, "Create a webhook")
                .text(
                    "Subscribes a URL to event types. `secret` signs the callbacks; one is generated if none is given, and it is shown only \
                     in this response.",
                )
                .example(json!({ "name": "HR directory", "url": "https://hr.example.com/hooks", "events": ["identity.*"] }))
                .once(),
        )
        .operation(
            Method::GET,
            "/webhooks/{id}",
            read_rule,
            read,
            Operation::new("getWebhook", Tag::Webhooks, "Read a webhook"),
        )
        .operation(
            Method::PATCH,
            "/webhooks/{id}",
            write_rule,
            change,
            Operation::new("updateWebhook", Tag::Webhooks, "Change a webhook")
                .text(
                    "Replaces the fields that are given, each as a whole, and keeps the others. `null` empties `rate_limit`, and changes no \
                     other field. Without `If-Match`, the change is applied to the newest version.",
                )
                .example(json!({ "enabled": false }))
                .refuses(409, "Others change the webhook so often that the change could not be applied (`changed-meanwhile`)."),
        )
        .operation(
            Method::DELETE,
            "/webhooks/{id}",
            write_rule,
            delete,
            Operation::new("deleteWebhook", Tag::Webhooks, "Delete a webhook")
                .text("Its waiting and held deliveries fail and are never sent. Its log is kept for the retention period."),
        )
}

/// `GET /webhooks`
async fn list(
    State(app): State<AppState>,
    Caller(by): Caller,
    list: List,
    Params(params): Params<ListParams>,
) -> Result<Confidential<PageView<WebhookView>>, Problem> {
    let filter = WebhookFilter {
        q: params.q,
        event: event_type(&app, "event", params.event.as_deref()).await?,
        enabled: params.enabled,
        owner: None,
    };
    let page = webhooks::list(&app, &by, &filter, list.cursor(params.cursor.as_deref())?, limit(params.limit)?).await?;
    Ok(Confidential(PageView::of(&list, page, view)))
}

/// `POST /webhooks`
async fn create(
    State(app): State<AppState>,
    Caller(by): Caller,
    _: Params<NoParams>,
    Body(new): Body<NewWebhook>,
) -> Result<Confidential<Created<CreatedView>>, Problem> {
    let (webhook, secret) = webhooks::create(&app, &by, new.fields, new.secret.as_deref()).await?;
    let location = format!("/api/v1/webhooks/{}", webhook.id);
    let secret = secret.reveal().to_string();
    let created = Tagged {
        version: webhook.updated_at,
        body: CreatedView { webhook, secret },
    };
    Ok(Confidential(Created { location, created }))
}

/// `GET /webhooks/{id}`
async fn read(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
) -> Result<Confidential<Tagged<WebhookView>>, Problem> {
    Ok(Confidential(tagged(webhooks::get(&app, &by, id).await?)))
}

/// `PATCH /webhooks/{id}`. A patch that has only `enabled` does not write the other fields, so it cannot conflict with concurrent changes
/// of them. For a key without `webhooks:read`, the response is empty (204), because its body would reveal the webhook.
async fn change(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    if_match: IfMatch,
    Body(patch): Body<Patch<WebhookInput>>,
) -> Result<Confidential<Changed<WebhookView>>, Problem> {
    let may_read = by.may(Action::ReadWebhooks, false).is_ok();
    let edit = |input: WebhookInput| patch.apply(&input);
    let seen = seen(&app, &by, id, &if_match).await?;
    let changed = match (seen, patch.only("enabled").and_then(Value::as_bool)) {
        (Some(seen), _) => webhooks::replace(&app, &by, id, seen, edit)
            .await
            .map_err(|error| refused(error, Some(seen)))?,
        (None, Some(enabled)) => {
            webhooks::set_enabled(&app, &by, id, enabled).await?;
            if !may_read {
                return Ok(Confidential(Changed::Hidden));
            }
            webhooks::get(&app, &by, id).await?
        }
        (None, None) => webhooks::patch(&app, &by, id, edit).await?,
    };
    Ok(Confidential(if may_read {
        Changed::Shown(tagged(changed))
    } else {
        Changed::Hidden
    }))
}

/// `DELETE /webhooks/{id}`
async fn delete(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    if_match: IfMatch,
) -> Result<NoContent, Problem> {
    let seen = seen(&app, &by, id, &if_match).await?;
    let deleted = webhooks::delete(&app, &by, id, seen).await;
    deleted.map(|()| NoContent).map_err(|error| refused(error, seen))
}

/// The version of the webhook that the request requires, if it requires one.
async fn seen(app: &AppState, by: &Principal, id: WebhookId, if_match: &IfMatch) -> Result<Option<Timestamp>, Problem> {
    if !if_match.is_given() {
        return Ok(None);
    }
    if_match.seen(webhooks::version(app, by, id).await?)
}

const fn view(webhook: WebhookRecord) -> WebhookView {
    WebhookView { webhook }
}

const fn tagged(webhook: WebhookRecord) -> Tagged<WebhookView> {
    Tagged {
        version: webhook.updated_at,
        body: view(webhook),
    }
}
