//! `POST /events`.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, RawQuery, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    catalogue::{
        BuiltIn,
        example::{example_data, example_subject},
    },
    domain::{event_type::EventType, id::EventId, timestamp::Timestamp, trace_context::TraceContext},
    otel::PublishSpan,
    problem::Problem,
    request::form::check_length,
    rest::extract::{Caller, body_problem, describe_body},
    routes::{Operation, Routes, Rule, Tag},
    services::events::{
        BODY_BYTES_MAX, accept,
        cloud_event::{BATCH_MAX, CloudEvent, Mode, read},
        content_coding::{self, ContentCoding, UnpackError},
        plain,
    },
    storage::journal::Accepted,
};

/// The routes of this file.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new().operation(Method::POST, "/events", Rule::Key(Action::PublishEvents), publish, description())
}

fn description() -> Operation {
    let event = json!({
        "specversion": "1.0",
        "id": "7d3c6b1e",
        "source": "/sites/paris",
        "type": BuiltIn::CredentialDeleted.as_str(),
        "subject": example_subject(BuiltIn::CredentialDeleted),
        "data": example_data(BuiltIn::CredentialDeleted),
    });
    let mut operation = Operation::new("publishEvents", Tag::Events, "Publish events")
        .text(
            "Takes CloudEvents 1.0 in structured, batch and binary mode, and plain JSON. The response is sent only after the events are \
             stored durably. The same `source` and `id` again is a `duplicate`, and nothing is sent twice. If one event of a batch is not \
             valid, none is stored.\n\n\
             In binary mode the attributes are headers with the prefix `ce-`, and the body is the data as `application/json`. For plain \
             JSON the body is the data as well, and the query has the attributes: `POST /api/v1/events?type=identity.created`. CloudEvents \
             that have their attributes in the body take no query and no `ce-` headers.",
        )
        .query::<PlainParams>()
        .header::<Option<String>>("ce-specversion", "Binary mode: `1.0`.")
        .header::<Option<EventType>>("ce-type", "Binary mode: the type of the event.")
        .header::<Option<String>>("ce-source", "Binary mode: where the event happened, as a URI reference.")
        .header::<Option<String>>("ce-id", "Binary mode: the id that the publisher gives the event.")
        .header::<Option<String>>("ce-subject", "Binary mode: what the event is about.")
        .header::<Option<Timestamp>>("ce-time", "Binary mode: when the event happened.")
        .body::<StructuredEvent>("application/cloudevents+json", event.clone())
        .body::<Vec<StructuredEvent>>("application/cloudevents-batch+json", json!([event]))
        .body::<Value>("application/json", event["data"].clone())
        .body_bytes_max(BODY_BYTES_MAX)
        .answers::<Published<'static>>(202, "Stored durably, in the order of the request.")
        .refuses(
            429,
            "Too many events wait to be stored (`busy`), or the disk is nearly full (`disk-nearly-full`).",
        )
        .once();
    describe_body(&mut operation);
    operation
}

/// A CloudEvent in the JSON format. It only describes the body, which `services::events` reads.
#[derive(JsonSchema)]
#[schemars(rename = "CloudEvent", transform = only_extensions)]
#[expect(dead_code, reason = "it only describes the body")]
struct StructuredEvent {
    /// The version of CloudEvents.
    #[schemars(extend("const" = "1.0"))]
    specversion: String,
    /// The id that the publisher gives the event; together with `source` it detects duplicates.
    #[schemars(length(min = 1))]
    id: String,
    /// Where the event happened, as a URI reference.
    #[schemars(length(min = 1), extend("format" = "uri-reference"))]
    source: String,
    /// The type of the event, one of the catalogue.
    #[serde(rename = "type")]
    event_type: EventType,
    /// What the event is about.
    #[schemars(length(min = 1))]
    subject: Option<String>,
    /// When the event happened. By default, now.
    time: Option<Timestamp>,
    /// The media type of `data`: JSON. By default, `application/json`.
    datacontenttype: Option<String>,
    /// The URI of a schema of `data`, for the receiver.
    #[schemars(extend("format" = "uri"))]
    dataschema: Option<String>,
    /// The data, valid by the schema of the event type.
    data: Option<Value>,
    /// The data as the base64 of JSON, in place of `data`.
    data_base64: Option<String>,
}

/// Permits extension attributes: lower-case letters and digits as names; a string, a boolean or a 32-bit whole number as values.
fn only_extensions(schema: &mut Schema) {
    let extension = json!({
        "description": "An extension attribute. Null means that it is absent.",
        "type": ["string", "boolean", "integer", "null"],
        "minimum": i32::MIN,
        "maximum": i32::MAX,
    });
    schema.insert("additionalProperties".to_owned(), extension);
    // The underscore is that of `data_base64`.
    schema.insert("propertyNames".to_owned(), json!({ "pattern": "^[a-z0-9_]+$" }));
}

/// The attributes of plain JSON. They only describe the query, which `services::events::plain` reads.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it only describes the query")]
struct PlainParams {
    /// Plain JSON: the type of the event.
    #[serde(rename = "type")]
    event_type: Option<EventType>,
    /// Plain JSON: where the event happened. By default, the API key.
    source: Option<String>,
    /// Plain JSON: the publisher's id. By default a new one, so that nothing is a duplicate.
    id: Option<String>,
    /// Plain JSON: what the event is about.
    subject: Option<String>,
    /// Plain JSON: when the event happened.
    time: Option<Timestamp>,
}

/// What was published. The events are in the order of the request.
#[derive(Serialize, JsonSchema)]
struct Published<'a> {
    /// The events.
    #[schemars(length(max = BATCH_MAX))]
    events: Vec<PublishedEvent<'a>>,
}

/// A published event.
#[derive(Serialize, JsonSchema)]
struct PublishedEvent<'a> {
    /// The id that clearhook assigned.
    id: EventId,
    /// The CloudEvents `id` that the publisher chose.
    #[schemars(example = &"7d3c6b1e")]
    ce_id: &'a str,
    /// Whether an event with the same `source` and `id` was published before. Then nothing is sent again.
    duplicate: bool,
    /// The number of webhooks to which it is delivered.
    #[schemars(example = 1)]
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
async fn publish(State(app): State<AppState>, Caller(by): Caller, RawQuery(query): RawQuery, request: Request) -> Response {
    let trace = trace_context(request.headers());
    let mut span = app.dispatcher.otel().publishing("/api/v1/events", trace);
    let response = publish_in(&app, &by, query, request, &mut span).await.into_response();
    span.end(response.status().as_u16());
    response
}

/// The trace context in the headers.
fn trace_context(headers: &HeaderMap) -> Option<TraceContext> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    TraceContext::of_headers(header("traceparent")?, header("tracestate"))
}

async fn publish_in(
    app: &AppState,
    by: &Principal,
    query: Option<String>,
    request: Request,
    span: &mut PublishSpan,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let query = query.unwrap_or_default();
    let mode = mode(&headers, &query)?;
    let coding = match ContentCoding::of(&headers) {
        Ok(coding) => coding,
        Err(detail) => return Ok(unsupported_coding(detail)),
    };
    check_length(&headers, BODY_BYTES_MAX)?;
    let body = Bytes::from_request(request, app)
        .await
        .map_err(|rejection| body_problem(&rejection, BODY_BYTES_MAX))?;
    let body = coding.unpack(body, BODY_BYTES_MAX).map_err(|error| match error {
        UnpackError::TooLarge => Problem::too_large(BODY_BYTES_MAX),
        UnpackError::Damaged(detail) => Problem::malformed(format!("The body is not compressed as Content-Encoding says: {detail}.")),
    })?;
    let events = match mode {
        Mode::Plain => vec![plain::event(&query, &body, by)?],
        mode => read(mode, &headers, &body)?,
    };
    let own = if let [event] = events.as_slice() { event.trace() } else { None };
    let accepted = accept(app, by, &events, span.context(own.as_ref()).as_ref()).await?;
    Ok((StatusCode::ACCEPTED, Json(Published::of(&events, accepted))).into_response())
}

fn mode(headers: &HeaderMap, query: &str) -> Result<Mode, Problem> {
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
