//! Redelivery, recovery, tests, and rotation of secrets.

use axum::{Json, extract::State, http::Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{
        event_type::EventType,
        id::{CallbackId, DeliveryId, WebhookId},
        timestamp::Timestamp,
    },
    problem::Problem,
    rest::{
        answer::{Accepted, Confidential},
        extract::{Body, Caller, Id, NoParams, OptionalBody, Params, body_moment},
        webhook_body::SECRET,
    },
    routes::{Operation, Routes, Rule, Tag},
    services::error::FieldError,
    services::event_types,
    services::webhooks,
};

/// A delivery that is sent soon.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "QueuedDelivery")]
pub(super) struct Queued {
    /// The delivery. Its attempts appear in the log.
    pub(super) delivery_id: DeliveryId,
}

/// The result of a recovery.
#[derive(Serialize, JsonSchema)]
struct Recovered {
    /// How many deliveries are sent again.
    #[schemars(example = 12)]
    deliveries: u64,
}

/// The new secret. It is shown here and never again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RotatedSecret")]
struct Rotated {
    /// The signing secret.
    #[schemars(example = &"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
    /// Until when callbacks are also signed with the old one.
    old_secret_until: Timestamp,
}

/// Which deliveries are sent again.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Recover")]
struct RecoverBody {
    /// Deliveries of events published at or after this time.
    #[schemars(with = "Timestamp")]
    since: String,
    /// Deliveries of events published before this time. By default, now.
    #[schemars(with = "Option<Timestamp>")]
    until: Option<String>,
}

/// The event that is sent.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Test")]
struct TestBody {
    /// The event type whose example is sent. By default, the first one to which the webhook is subscribed.
    #[schemars(with = "Option<EventType>")]
    event: Option<String>,
}

/// How the secret is rotated.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "RotateSecret")]
struct RotateBody {
    /// The new secret: `whsec_` and the base64 of 24 to 64 bytes. If there is none, it is generated.
    #[schemars(regex(pattern = SECRET))]
    secret: Option<String>,
    /// For how long callbacks are also signed with the old secret, such as `24h` (the default) or `30m`; at most 7 days.
    #[schemars(example = &"24h")]
    overlap: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::Resend);
    Routes::new()
        .operation(
            Method::POST,
            "/callbacks/{id}/redeliver",
            rule,
            redeliver,
            Operation::new("redeliverCallback", Tag::Callbacks, "Redeliver a callback")
                .text("Sends the same event again to the same webhook, with the same `webhook-id`, before its backlog.")
                .refuses(
                    409,
                    "The webhook is disabled or deleted, or the event is no longer stored (`conflict`).",
                )
                .once(),
        )
        .operation(
            Method::POST,
            "/webhooks/{id}/recover",
            rule,
            recover,
            Operation::new("recoverDeliveries", Tag::Deliveries, "Recover deliveries of a webhook")
                .text("Sends every delivery again that has failed for good, or was held while the webhook was disabled.")
                .example(json!({ "since": "2026-11-23T09:00:00.000Z" }))
                .refuses(409, "The webhook is disabled (`conflict`).")
                .once(),
        )
        .operation(
            Method::POST,
            "/webhooks/{id}/test",
            rule,
            test,
            Operation::new("testWebhook", Tag::Webhooks, "Send a test event")
                .text("Sends the example of an event type now, once, marked as a test in the log.")
                .example(json!({ "event": "identity.created" }))
                .refuses(
                    409,
                    "The webhook is disabled, subscribes to nothing that exists, or the type has no example (`conflict`).",
                )
                .once(),
        )
        .operation(
            Method::POST,
            "/webhooks/{id}/secret/rotate",
            Rule::Key(Action::WriteWebhooks),
            rotate,
            Operation::new("rotateSecret", Tag::Webhooks, "Rotate the signing secret")
                .text("The new secret is shown only in this response. For `overlap`, callbacks have a signature of each secret.")
                .example(json!({ "overlap": "24h" }))
                .once(),
        )
}

/// `POST /callbacks/{id}/redeliver`
async fn redeliver(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<CallbackId>,
    _: Params<NoParams>,
) -> Result<Accepted<Queued>, Problem> {
    let delivery_id = webhooks::redeliver(&app, &by, id).await?;
    Ok(Accepted(Queued { delivery_id }))
}

/// `POST /webhooks/{id}/recover`
async fn recover(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    Body(body): Body<RecoverBody>,
) -> Result<Accepted<Recovered>, Problem> {
    let since = body_moment("/since", &body.since)?;
    let until = body.until.as_deref().map(|until| body_moment("/until", until)).transpose()?;
    let deliveries = webhooks::recover(&app, &by, id, since, until).await?;
    Ok(Accepted(Recovered { deliveries }))
}

/// `POST /webhooks/{id}/test`
async fn test(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    OptionalBody(body): OptionalBody<TestBody>,
) -> Result<Accepted<Queued>, Problem> {
    let event = match body.event.as_deref() {
        Some(event) => Some(
            event_types::find_newest(&app, event)
                .await?
                .map_err(|unknown| Problem::invalid(vec![FieldError::new("/event", unknown)]))?,
        ),
        None => None,
    };
    let delivery_id = webhooks::test(&app, &by, id, event).await?;
    Ok(Accepted(Queued { delivery_id }))
}

/// `POST /webhooks/{id}/secret/rotate`
async fn rotate(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    OptionalBody(body): OptionalBody<RotateBody>,
) -> Result<Confidential<Json<Rotated>>, Problem> {
    let overlap = body.overlap.as_deref().map(humantime::parse_duration).transpose();
    let overlap = overlap.map_err(|_| Problem::invalid(vec![FieldError::new("/overlap", "Write a duration such as 24h.")]))?;
    let (secret, old_secret_until) = webhooks::rotate_secret(&app, &by, id, body.secret.as_deref(), overlap).await?;
    Ok(Confidential(Json(Rotated {
        secret: secret.reveal().to_string(),
        old_secret_until,
    })))
}
