//! `POST /events`.

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, RawQuery, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Serialize;

use crate::{
    app::AppState,
    auth::rules::Action,
    domain::id::EventId,
    problem::Problem,
    request::form::check_length,
    rest::extract::{Caller, body_problem},
    routes::{Routes, Rule},
    services::events::{
        accept,
        cloud_event::{CloudEvent, Mode, read},
        content_coding::{self, ContentCoding, UnpackError},
        plain,
    },
    storage::journal::Accepted,
};

/// Maximum size of the body of a publish request, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    let publish = post(publish).layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    Routes::new().route(Method::POST, "/events", Rule::Key(Action::PublishEvents), publish)
}

/// The response of a publish request. The events are in the order of the request.
#[derive(Serialize)]
struct Published<'a> {
    events: Vec<PublishedEvent<'a>>,
}

#[derive(Serialize)]
struct PublishedEvent<'a> {
    /// The id that clearhook assigned.
    id: EventId,
    /// The CloudEvents `id` that the publisher chose.
    ce_id: &'a str,
    duplicate: bool,
    deliveries: u64,
}

impl<'a> Published<'a> {
    fn of(events: &'a [CloudEvent<'_>], accepted: Vec<Accepted>) -> Self {
        let event = |(event, accepted): (&'a CloudEvent<'_>, Accepted)| PublishedEvent {
            id: accepted.id,
            ce_id: event.id.as_deref().unwrap_or_default(),
            duplicate: accepted.duplicate,
            deliveries: accepted.deliveries,
        };
        Self {
            events: events.iter().zip(accepted).map(event).collect(),
        }
    }
}

/// Publishes events. Answers 202 only after the events are stored durably.
async fn publish(
    State(app): State<AppState>,
    Caller(by): Caller,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let query = query.unwrap_or_default();
    let mode = mode(&headers, &query)?;
    let coding = match ContentCoding::of(&headers) {
        Ok(coding) => coding,
        Err(detail) => return Ok(unsupported_coding(detail)),
    };
    check_length(&headers, BODY_BYTES_MAX)?;
    let body = Bytes::from_request(request, &app)
        .await
        .map_err(|rejection| body_problem(&rejection, BODY_BYTES_MAX))?;
    let body = coding.unpack(body, BODY_BYTES_MAX).map_err(|error| match error {
        UnpackError::TooLarge => Problem::too_large(BODY_BYTES_MAX),
        UnpackError::Damaged(detail) => Problem::malformed(format!("The body is not compressed as Content-Encoding says: {detail}.")),
    })?;
    let events = match mode {
        Mode::Plain => vec![plain::event(&query, &body, &by)?],
        mode => read(mode, &headers, &body)?,
    };
    let accepted = accept(&app, &by, &events).await?;
    Ok((StatusCode::ACCEPTED, Json(Published::of(&events, accepted))).into_response())
}

fn mode(headers: &axum::http::HeaderMap, query: &str) -> Result<Mode, Problem> {
    let mode = Mode::of(headers).map_err(Problem::unsupported_media)?;
    match (mode, query.is_empty()) {
        (Mode::Plain, true) => Err(Problem::unsupported_media(
            "Say what the JSON is: send a CloudEvent as application/cloudevents+json, add ce-specversion and the other ce- headers, or name the event's type in the query (POST /events?type=…).",
        )),
        (Mode::Structured | Mode::Batch | Mode::Binary, false) => Err(Problem::malformed(
            "A CloudEvent has its attributes in it. Leave out the query, or send the data alone as application/json.",
        )),
        (mode, _) => Ok(mode),
    }
}

/// A 415 response that lists the supported content codings (RFC 9110, section 15.5.16).
fn unsupported_coding(detail: String) -> Response {
    let mut response = Problem::unsupported_media(detail).into_response();
    let supported = HeaderValue::from_static(content_coding::SUPPORTED);
    response.headers_mut().insert(header::ACCEPT_ENCODING, supported);
    response
}
