//! Redelivery, recovery, tests, and rotation of secrets.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::{
        id::{CallbackId, DeliveryId, WebhookId},
        timestamp::Timestamp,
    },
    problem::Problem,
    rest::extract::{Body, Caller, Id, NoParams, OptionalBody, Params, body_moment},
    routes::{Routes, Rule},
    services::error::FieldError,
    services::event_types,
    services::webhooks,
};

#[derive(Serialize)]
struct Queued {
    delivery_id: DeliveryId,
}

#[derive(Serialize)]
struct Recovered {
    deliveries: u64,
}

#[derive(Serialize)]
struct Rotated {
    secret: String,
    old_secret_until: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecoverBody {
    since: String,
    until: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TestBody {
    event: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RotateBody {
    secret: Option<String>,
    overlap: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let rule = Rule::Key(Action::Resend);
    Routes::new()
        .post("/callbacks/{id}/redeliver", rule, redeliver)
        .post("/webhooks/{id}/recover", rule, recover)
        .post("/webhooks/{id}/test", rule, test)
        .post("/webhooks/{id}/secret/rotate", Rule::Key(Action::WriteWebhooks), rotate)
}

/// `POST /callbacks/{id}/redeliver`
async fn redeliver(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<CallbackId>,
    _: Params<NoParams>,
) -> Result<(StatusCode, Json<Queued>), Problem> {
    let delivery_id = webhooks::redeliver(&app, &by, id).await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { delivery_id })))
}

/// `POST /webhooks/{id}/recover`
async fn recover(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    Body(body): Body<RecoverBody>,
) -> Result<(StatusCode, Json<Recovered>), Problem> {
    let since = body_moment("/since", &body.since)?;
    let until = body.until.as_deref().map(|until| body_moment("/until", until)).transpose()?;
    let deliveries = webhooks::recover(&app, &by, id, since, until).await?;
    Ok((StatusCode::ACCEPTED, Json(Recovered { deliveries })))
}

/// `POST /webhooks/{id}/test`
async fn test(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    OptionalBody(body): OptionalBody<TestBody>,
) -> Result<(StatusCode, Json<Queued>), Problem> {
    let event = match body.event.as_deref() {
        Some(event) => Some(
            event_types::find_newest(&app, event)
                .await?
                .map_err(|unknown| Problem::invalid(vec![FieldError::new("/event", unknown)]))?,
        ),
        None => None,
    };
    let delivery_id = webhooks::test(&app, &by, id, event).await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { delivery_id })))
}

/// `POST /webhooks/{id}/secret/rotate`
async fn rotate(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    OptionalBody(body): OptionalBody<RotateBody>,
) -> Result<Json<Rotated>, Problem> {
    let overlap = body.overlap.as_deref().map(humantime::parse_duration).transpose();
    let overlap = overlap.map_err(|_| Problem::invalid(vec![FieldError::new("/overlap", "Write a duration such as 24h.")]))?;
    let (secret, old_secret_until) = webhooks::rotate_secret(&app, &by, id, body.secret.as_deref(), overlap).await?;
    Ok(Json(Rotated {
        secret: secret.reveal().to_string(),
        old_secret_until,
    }))
}
