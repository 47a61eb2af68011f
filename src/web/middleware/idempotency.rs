//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that a client repeats, because it did not get the response, is
//! carried out once and gets the same response again.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::Instrument;

use crate::{
    app::AppState,
    auth::principal::KeyHolder,
    domain::timestamp::Timestamp,
    problem::{Problem, ProblemCode},
    request::form::check_length,
    rest::BODY_BYTES_MAX,
    routes::Operation,
    storage::idempotency::{Begun, OnceRequest},
};

const KEY: &str = "idempotency-key";
/// Maximum length of a key.
const KEY_MAX: usize = 255;
/// Marks a response that was stored.
const REPLAYED: &str = "idempotency-replayed";
/// The headers of a response that belong to what was done, not to the single response.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// A response as it is stored: this as JSON, a line break, and the body.
#[derive(Serialize, Deserialize)]
struct Stored {
    status: u16,
    headers: Vec<(String, String)>,
}

/// Carries out a request with a key once. A request without one is passed on.
pub(super) async fn carry_out(app: &AppState, holder: &KeyHolder, operation: &Operation, request: Request, next: Next) -> Response {
    match key(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => {
            let limit = operation.body_bytes_max.unwrap_or(BODY_BYTES_MAX);
            once(app, holder, &key, limit, request, next)
                .await
                .unwrap_or_else(Problem::into_response)
        }
        Err(problem) => problem.into_response(),
    }
}

/// The key of a request. The draft writes it in quotation marks; most clients do not.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(KEY).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_fit = (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if given.next().is_some() || !is_fit {
        return Err(Problem::malformed(format!(
            "Send one Idempotency-Key of 1 to {KEY_MAX} visible ASCII characters, such as a UUID."
        )));
    }
    Ok(Some(key.to_owned()))
}

async fn once(app: &AppState, holder: &KeyHolder, key: &str, limit: usize, request: Request, next: Next) -> Result<Response, Problem> {
    check_length(request.headers(), limit)?;
    let (head, body) = request.into_parts();
    let body = to_bytes(body, limit).await.map_err(|error| body_problem(error, limit))?;
    let fingerprint = fingerprint(&head, &body);
    let this = OnceRequest::new(holder.key, key, fingerprint, Timestamp::now());
    match app.store.begin_once(&this).await? {
        Begun::New => {}
        Begun::Done(response) => return replayed(&response),
        Begun::InUse => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                ProblemCode::IdempotencyKeyInUse,
                "The request is being handled",
                "A request with the same Idempotency-Key is being handled. Send it again in a moment to get its response.",
            ));
        }
        Begun::ResponseLost => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                ProblemCode::IdempotencyResponseLost,
                "The response is lost",
                "The request with this Idempotency-Key was carried out, or a part of it, but the service ended before it could store the response. \
                 Read what it has changed; a new Idempotency-Key carries it out once more.",
            ));
        }
        Begun::OtherRequest => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                ProblemCode::IdempotencyKeyReused,
                "The Idempotency-Key was used before",
                "This Idempotency-Key was used for a request with other content. Use a new key for each request, and the same only to repeat one.",
            ));
        }
    }
    // A task of its own, so that the response is stored even if the client does not wait for it.
    let app = app.clone();
    let request = Request::from_parts(head, Body::from(body));
    let task = async move {
        let response = this.scope(next.run(request)).await;
        store(&app, &this, response).await
    };
    let done = tokio::spawn(task.in_current_span()).await;
    done.map_err(|error| Problem::internal(&error))
}

/// The problem for a body that could not be read.
fn body_problem(error: axum::Error, limit: usize) -> Problem {
    let is_long = error.into_inner().is::<http_body_util::LengthLimitError>();
    if is_long {
        Problem::too_large(limit)
    } else {
        Problem::malformed("The body could not be read to its end.")
    }
}

/// A hash of what a request asks for: method, address, the headers that describe the content, and the content.
fn fingerprint(head: &axum::http::request::Parts, body: &Bytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        // The length separates the parts.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    add(head.method.as_str().as_bytes());
    add(head.uri.path_and_query().map_or("", |address| address.as_str()).as_bytes());
    let describes =
        |name: &HeaderName| name == header::CONTENT_TYPE || name == header::CONTENT_ENCODING || name.as_str().starts_with("ce-");
    let mut headers: Vec<_> = head.headers.iter().filter(|(name, _)| describes(name)).collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        add(name.as_str().as_bytes());
        add(value.as_bytes());
    }
    add(body);
    hash.finalize().into()
}

/// Stores a response of success. After any other the request may be corrected and sent again with the same key, if nothing was changed.
async fn store(app: &AppState, this: &OnceRequest, response: Response) -> Response {
    if !response.status().is_success() {
        if let Err(error) = app.store.forget_once(this).await {
            tracing::warn!(%error, "an Idempotency-Key cannot be released, and is in use for 2 minutes: {error}");
        }
        return response;
    }
    let (head, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let kept = head.headers.iter().filter(|(name, _)| KEPT.contains(name));
    let stored = Stored {
        status: head.status.as_u16(),
        headers: kept
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect(),
    };
    let mut bytes = zeroize::Zeroizing::new(serde_json::to_vec(&stored).unwrap_or_default());
    bytes.push(b'\n');
    bytes.extend_from_slice(&body);
    if let Err(error) = app.store.end_once(this, &bytes).await {
        tracing::error!(%error, "the response to a request with an Idempotency-Key cannot be stored; if the request is repeated, it is answered with 409: {error}");
    }
    Response::from_parts(head, Body::from(body))
}

/// The stored response of an earlier request.
fn replayed(bytes: &[u8]) -> Result<Response, Problem> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(end);
    let stored: Stored = serde_json::from_slice(head).map_err(|error| Problem::internal(&error))?;
    let mut response = Response::new(Body::from(body.get(1..).unwrap_or_default().to_vec()));
    *response.status_mut() = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    for (name, value) in stored.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        key(&headers).map_err(|problem| problem.into_response().status().as_u16())
    }

    #[test]
    fn key_is_visible_ascii_with_or_without_quotation_marks() {
        assert_eq!(read(&[]), Ok(None));
        let long = "k".repeat(KEY_MAX);
        for (given, key) in [
            ("a", "a"),
            ("\"a\"", "a"),
            (" a ", "a"),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            (&long, &long),
        ] {
            assert_eq!(read(&[given]), Ok(Some(key.to_owned())), "{given}");
        }
        let too_long = "k".repeat(KEY_MAX + 1);
        for bad in [&[""][..], &["\"\""], &["a b"], &["é"], &["a", "a"], &[&too_long]] {
            assert_eq!(read(bad), Err(400), "{bad:?}");
        }
    }
}
