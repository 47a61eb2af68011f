//! `POST /events`.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::StatusCode,
};
use serde::Serialize;

use crate::{
    auth::rules::Action,
    ingest::{
        accept,
        cloud_event::{Mode, read},
    },
    rest::{
        EVENTS_BYTES_MAX, Problem,
        extract::{Caller, body_problem, check_length},
    },
    state::AppState,
    storage::journal::Accepted,
};

/// What a publish answers, in the order of the request.
#[derive(Serialize)]
pub(super) struct Published {
    events: Vec<Accepted>,
}

/// Publishes events. The 202 comes only once they are stored durably.
pub(super) async fn publish(
    State(app): State<AppState>,
    Caller(by): Caller,
    request: Request,
) -> Result<(StatusCode, Json<Published>), Problem> {
    by.may(Action::PublishEvents, false)?;
    let headers = request.headers().clone();
    let mode = Mode::of(&headers).ok_or_else(|| {
        Problem::unsupported_media(
            "Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce-specversion and the other ce- headers.",
        )
    })?;
    check_length(&headers, EVENTS_BYTES_MAX)?;
    let body = Bytes::from_request(request, &app)
        .await
        .map_err(|rejection| body_problem(&rejection, EVENTS_BYTES_MAX))?;
    let events = accept(&app, &by, &read(mode, &headers, &body)?).await?;
    Ok((StatusCode::ACCEPTED, Json(Published { events })))
}
