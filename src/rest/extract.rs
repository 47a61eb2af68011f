//! Extractors of request data. They reject with a [`Problem`].

use std::convert::Infallible;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::form_urlencoded;

use crate::{
    app::AppState,
    auth::principal::{KeyHolder, Principal},
    domain::{
        event_type::EventType,
        id::WebhookId,
        page::{Cursor, LIMIT_DEFAULT, LIMIT_MAX, ListId, Page},
        timestamp::Timestamp,
    },
    problem::Problem,
    request::form::check_length,
    rest::json,
    routes::{Input, Operation, Output, Parameter, Single, schema_of},
    services::error::FieldError,
    services::event_types,
    services::events::content_coding::ContentCoding,
    services::events::media_type::MediaType,
};

/// Maximum size of a JSON body, in bytes. `POST /events` has a limit of its own.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

/// The calling program. The authorization layer has identified it by its API key.
pub(super) struct Caller(pub(super) Principal);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let holder = parts.extensions.get::<KeyHolder>().cloned();
        holder
            .map(|holder| Self(Principal::Key(holder)))
            .ok_or_else(Problem::unauthenticated)
    }
}

/// The rule of the route says what the key needs.
impl Input for Caller {
    fn describe(_: &mut Operation) {}
}

/// Returns the holder of the API key in the headers. A request with more than one `Authorization` header is rejected.
pub async fn key_holder(app: &AppState, headers: &HeaderMap) -> Result<KeyHolder, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else {
        return Err(Problem::unauthenticated());
    };
    let key = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, key)) = key else {
        return Err(Problem::unauthenticated());
    };
    app.keys.check(&app.store, key.trim()).await?.ok_or_else(Problem::unauthenticated)
}

/// A JSON body of at most `MAX` bytes.
pub(super) struct Body<T, const MAX: usize = BODY_BYTES_MAX>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync, const MAX: usize> FromRequest<S> for Body<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_media(request.headers())?;
        check_length(request.headers(), MAX)?;
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| body_problem(&rejection, MAX))?;
        // A byte order mark is ignored (RFC 8259, section 8.1).
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        json::read(text).map(Self)
    }
}

impl<T: JsonSchema, const MAX: usize> Input for Body<T, MAX> {
    fn describe(operation: &mut Operation) {
        operation.add_json_body(schema_of::<T>, MAX);
        describe_body(operation);
    }
}

/// Adds why a body is refused.
pub(super) fn describe_body(operation: &mut Operation) {
    operation.add_refusal(400, "The body is not JSON, or its end was not received (`malformed`).");
    operation.add_refusal(408, "The body was sent too slowly (`request-timeout`).");
    operation.add_refusal(413, "The body is too large (`too-large`).");
    operation.add_refusal(
        415,
        "The media type, charset or coding of the body is not supported (`unsupported-media-type`).",
    );
    operation.add_refusal(422, "Fields are missing, unknown or not valid; `errors` names each (`invalid`).");
}

/// Rejects a body that is not JSON in UTF-8 (RFC 8259, section 8.1), or that is encoded.
fn check_media(headers: &HeaderMap) -> Result<(), Problem> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.and_then(MediaType::parse);
    let Some(media) = media.filter(|media| media.essence == "application/json") else {
        return Err(Problem::unsupported_media("Send the body as application/json."));
    };
    if media.other_charset().is_some() {
        return Err(Problem::unsupported_media("Send the body in UTF-8."));
    }
    if ContentCoding::of(headers) != Ok(ContentCoding::Identity) {
        return Err(Problem::unsupported_media("Send the body without Content-Encoding."));
    }
    Ok(())
}

/// An optional JSON body.
pub(super) struct OptionalBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let is_absent = length.is_none_or(|length| length == "0") && !request.headers().contains_key(header::TRANSFER_ENCODING);
        if is_absent {
            return Ok(Self(T::default()));
        }
        Body::<T>::from_request(request, state).await.map(|Body(body)| Self(body))
    }
}

impl<T: JsonSchema> Input for OptionalBody<T> {
    fn describe(operation: &mut Operation) {
        Body::<T>::describe(operation);
        operation.is_body_optional = true;
    }
}

/// The problem for a body that could not be read.
pub(super) fn body_problem(rejection: &BytesRejection, limit: usize) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large(limit)
    } else {
        Problem::malformed("The body could not be read to its end.")
    }
}

/// An id in the path. A malformed id yields 404, like an unknown one.
pub(super) struct Id<T>(pub(super) T);

impl<T: std::str::FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let not_found = || Problem::not_found("There is nothing with this id.");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        text.parse().map(Self).map_err(|_| not_found())
    }
}

impl<T: JsonSchema> Input for Id<T> {
    fn describe(operation: &mut Operation) {
        operation.parameters.push(Parameter::Path(Single {
            name: "id",
            description: "The id.",
            schema: schema_of::<T>,
        }));
        operation.add_refusal(404, "There is nothing with this id (`not-found`).");
    }
}

/// The event type in the path, as text.
pub(super) struct TypeInPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for TypeInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Variables {
            #[serde(rename = "type")]
            event_type: String,
        }
        let found = Path::<Variables>::from_request_parts(parts, state).await;
        let Path(Variables { event_type }) = found.map_err(|_| Problem::not_found("There is no such event type."))?;
        Ok(Self(event_type))
    }
}

impl Input for TypeInPath {
    fn describe(operation: &mut Operation) {
        operation.parameters.push(Parameter::Path(Single {
            name: "type",
            description: "The event type. `/` in it is written as `%2F`.",
            schema: schema_of::<EventType>,
        }));
        operation.add_refusal(404, "There is no such event type (`not-found`).");
    }
}

/// A query string.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        json::read_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

impl<T: JsonSchema> Input for Params<T> {
    fn describe(operation: &mut Operation) {
        operation.parameters.push(Parameter::Query(schema_of::<T>));
        operation.add_refusal(
            400,
            "A parameter is unknown, given twice or of the wrong type; `errors` names it (`malformed`).",
        );
        let schema = T::json_schema(&mut SchemaGenerator::default());
        if schema.get("properties").is_some() {
            operation.add_refusal(422, VALUE);
        }
    }
}

/// For routes without query parameters: any parameter is an error.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParams {}

/// Parses `limit`.
pub(super) fn limit(given: Option<u64>) -> Result<u64, Problem> {
    let limit = given.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::invalid(vec![FieldError::new("/limit", format!("Use 1 to {LIMIT_MAX}."))]))
}

/// The list that a request asks for: its path and its parameters except those that select a part of it.
pub(super) struct List(ListId);

impl<S: Send + Sync> FromRequestParts<S> for List {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| !matches!(&**name, "cursor" | "limit"))
            .collect();
        let filters = pairs.iter().map(|(name, value)| (&**name, &**value));
        Ok(Self(ListId::new(parts.uri.path(), filters)))
    }
}

/// When the value of a parameter is refused.
const VALUE: &str = "The value of a parameter is not valid; `errors` names it (`invalid`).";

impl Input for List {
    fn describe(operation: &mut Operation) {
        operation.parameters.push(Parameter::Query(schema_of::<Paging>));
        operation.add_refusal(422, VALUE);
    }
}

/// The parameters that select a part of a list. They are also fields of the list's own parameters, which reject unknown ones.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it only describes the parameters")]
struct Paging {
    /// Maximum number of items on the page.
    #[schemars(range(min = 1, max = LIMIT_MAX), extend("default" = LIMIT_DEFAULT))]
    limit: Option<u64>,
    /// The `next_cursor` of the previous page, with the same filters. Without it, the list begins.
    cursor: Option<String>,
}

impl List {
    /// Parses `cursor`, which a page of the same list must have ended with.
    pub(super) fn cursor(&self, given: Option<&str>) -> Result<Option<Cursor>, Problem> {
        let decoded = given.map(|text| Cursor::decode(text, &self.0)).transpose();
        decoded.map_err(|error| {
            let error = FieldError::new("/cursor", format!("{error}."));
            Problem::invalid(vec![error])
        })
    }
}

/// Parses an optional parameter with [`FromStr`](std::str::FromStr).
pub(super) fn named<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str, given: Option<&str>) -> Result<Option<T>, Problem> {
    let parsed = given.map(str::parse).transpose();
    parsed.map_err(|error| Problem::invalid(vec![FieldError::new(format!("/{name}"), format!("{error}."))]))
}

/// Parses a query parameter that is the id of a webhook.
pub(super) fn webhook_id(name: &str, given: &str) -> Result<WebhookId, Problem> {
    let wrong = |_| Problem::invalid(vec![FieldError::new(format!("/{name}"), "Give the id of a webhook.")]);
    given.parse().map_err(wrong)
}

/// Looks up an optional query parameter that is an event type.
pub(super) async fn event_type(app: &AppState, name: &str, given: Option<&str>) -> Result<Option<EventType>, Problem> {
    let Some(given) = given else { return Ok(None) };
    let found = event_types::find_newest(app, given).await?;
    found
        .map(Some)
        .map_err(|error| Problem::invalid(vec![FieldError::new(format!("/{name}"), format!("{error}."))]))
}

/// Parses an optional query parameter that is a time.
pub(super) fn moment(name: &str, given: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    given.map(|text| body_moment(&format!("/{name}"), text)).transpose()
}

/// Parses a time. `pointer` names its field in an error.
pub(super) fn body_moment(pointer: &str, text: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse(text).map_err(|error| {
        // In a query, `+` means a space.
        let hint = if text.contains(' ') { " Write + as %2B in a query." } else { "" };
        Problem::invalid(vec![FieldError::new(pointer, format!("{error}.{hint}"))])
    })
}

/// A page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(super) struct PageView<T> {
    /// The items.
    items: Vec<T>,
    /// Where the next page begins: send it as `cursor`. Null on the last page.
    next_cursor: Option<String>,
}

impl<T: Serialize> IntoResponse for PageView<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self).into_response()
    }
}

impl<T: JsonSchema> Output for PageView<T> {
    fn describe(operation: &mut Operation) {
        operation.add_answer(200, "A page of the list.", Some(("application/json", Some(schema_of::<Self>))));
    }
}

impl<T: Serialize> PageView<T> {
    /// Converts each item of a page of this list with `show`.
    pub(super) fn of<U>(list: &List, page: Page<U>, show: impl FnMut(U) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(show).collect(),
            next_cursor: page.next.map(|next| next.encode(&list.0)),
        }
    }
}
