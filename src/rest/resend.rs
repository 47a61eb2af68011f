//! Redelivery, recovery, tests, and rotation of secrets.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    catalogue::EventType,
    domain::{
        id::{CallbackId, DeliveryId, WebhookId},
        timestamp::Timestamp,
    },
    rest::{
        Problem,
        extract::{Body, Caller, Id, NoParams, OptionalBody, Params, body_moment},
    },
    services::error::FieldError,
    services::webhooks,
};

#[derive(Serialize)]
pub(super) struct Queued {
    delivery_id: DeliveryId,
}

#[derive(Serialize)]
pub(super) struct Recovered {
    deliveries: u64,
}

#[derive(Serialize)]
pub(super) struct Rotated {
    secret: String,
    old_secret_until: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoverBody {
    since: String,
    until: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TestBody {
    event: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RotateBody {
    secret: Option<String>,
    overlap: Option<String>,
}

/// `POST /callbacks/{id}/redeliver`
pub(super) async fn redeliver(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<CallbackId>,
    _: Params<NoParams>,
) -> Result<(StatusCode, Json<Queued>), Problem> {
    let delivery_id = webhooks::redeliver(&app, &by, id).await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { delivery_id })))
}

/// `POST /webhooks/{id}/recover`
pub(super) async fn recover(
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
pub(super) async fn test(
    State(app): State<AppState>,
    Caller(by): Caller,
    Id(id): Id<WebhookId>,
    _: Params<NoParams>,
    OptionalBody(body): OptionalBody<TestBody>,
) -> Result<(StatusCode, Json<Queued>), Problem> {
    let event = body.event.as_deref().map(str::parse::<EventType>).transpose();
    let event = event.map_err(|unknown| Problem::invalid(vec![FieldError::new("/event", unknown.to_string())]))?;
    let delivery_id = webhooks::test(&app, &by, id, event).await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { delivery_id })))
}

/// `POST /webhooks/{id}/secret/rotate`
pub(super) async fn rotate(
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
