//! Errors as HTTP responses: `application/problem+json` (RFC 9457). The HTTP API sends them as they are; for requests of people,
//! `web::middleware::error_pages` shows a page instead.

mod code;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

pub use self::code::ProblemCode;
use crate::{
    auth::rules::Forbidden,
    messages::validation::ValidationError,
    services::compatibility::Incompatible,
    services::error::{FieldError, UseCaseError},
    services::events::IngestError,
    storage::StoreError,
};

/// An error (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// `urn:clearhook:problem:` and a code that never gets another meaning.
    #[serde(rename = "type")]
    code: ProblemCode,
    /// What kind of problem it is, in words. The same for each problem of the same kind.
    title: &'static str,
    /// The status code of the response.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// What is wrong and what to do.
    detail: String,
    /// The fields or parameters that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// What a new schema would break.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    incompatible: Option<Box<Incompatible>>,
    #[serde(skip)]
    text: Option<Box<ValidationError>>,
}

/// Response extension with the translatable message of an error, for pages of the console.
#[derive(Clone, Debug)]
pub(crate) struct ErrorText(pub(crate) ValidationError);

/// The problem in the response to a request whose head cannot be parsed, as JSON.
pub fn unreadable_request(status: StatusCode) -> Vec<u8> {
    let (code, title, detail) = match status {
        StatusCode::URI_TOO_LONG => (ProblemCode::UriTooLong, "The address is too long", "Use a shorter path and query."),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
            ProblemCode::HeadersTooLarge,
            "The headers are too large",
            "Send at most 100 headers of together 32 KiB. Send large extension attributes of an event in structured mode, in the body.",
        ),
        StatusCode::BAD_REQUEST => (
            ProblemCode::Malformed,
            "The request cannot be read",
            "The head of the request is not valid (RFC 9112), or its Content-Length or Transfer-Encoding is not valid. Nothing was changed.",
        ),
        status => return serde_json::to_vec(&Problem::of_status(status)).unwrap_or_default(),
    };
    serde_json::to_vec(&Problem::new(status, code, title, detail)).unwrap_or_default()
}

impl Problem {
    /// Creates a problem with this code.
    pub fn new(status: StatusCode, code: ProblemCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            incompatible: None,
            text: None,
        }
    }

    /// 401: no API key, or an invalid one.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            ProblemCode::Unauthenticated,
            "No valid API key",
            "Send a valid key as `Authorization: Bearer chk_…`.",
        )
    }

    /// 400: the request cannot be parsed.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            ProblemCode::Malformed,
            "The request cannot be read",
            detail,
        )
    }

    /// Adds the fields or parameters that are wrong.
    #[must_use]
    pub(crate) fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// 422: some fields are invalid.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.detail.clone(),
            [only] => format!("{}: {}", only.pointer, only.detail),
            several => format!("{} fields are wrong; see `errors`.", several.len()),
        };
        Self {
            text: errors.first().and_then(FieldError::wrong).cloned().map(Box::new),
            errors,
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                ProblemCode::Invalid,
                "Some fields are wrong",
                detail,
            )
        }
    }

    /// 409: a new schema would break publishers or receivers.
    fn incompatible(incompatible: Box<Incompatible>) -> Self {
        let count = incompatible.changes.len() as u64;
        let errors = incompatible
            .changes
            .iter()
            .map(|change| FieldError::new(format!("/schema{}", change.pointer), change.detail.as_str()));
        Self {
            errors: errors.collect(),
            incompatible: Some(incompatible),
            ..Self::with_text(
                StatusCode::CONFLICT,
                ProblemCode::Incompatible,
                "The schema is not compatible",
                ValidationError::Incompatible { count },
            )
        }
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, ProblemCode::NotFound, "Not found", detail)
    }

    /// 405: the route exists, but not with this method.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ProblemCode::MethodNotAllowed,
            "Method not allowed",
            "This route has other methods; see the `Allow` header.",
        )
    }

    /// 413: the body exceeds the limit.
    pub fn too_large(limit: usize) -> Self {
        let max = limit as u64;
        Self {
            text: Some(Box::new(ValidationError::TooLarge { max })),
            ..Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                ProblemCode::TooLarge,
                "The body is too large",
                format!("Send at most {limit} bytes."),
            )
        }
    }

    /// 408: the client sent the body too slowly.
    pub(crate) fn request_timeout() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            ProblemCode::RequestTimeout,
            "The body was sent too slowly",
            "Nothing was changed. Send the request again, its body without long pauses.",
        )
    }

    /// 500: an internal error that the client cannot fix. The cause is logged.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request failed because of a fault in clearhook: {error}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ProblemCode::Internal,
            "Something broke",
            "This is a fault of clearhook. The log has more under the id in `x-request-id`.",
        )
    }

    /// 503: the database is not available.
    pub fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ProblemCode::Unavailable,
            "The database cannot be reached",
            "Nothing was changed. Try again in a moment.",
        )
    }

    /// 403: the request comes from a page of another site (OWASP, "Verifying origin with standard headers").
    pub(crate) fn cross_origin() -> Self {
        Self::with_text(
            StatusCode::FORBIDDEN,
            ProblemCode::CrossOrigin,
            "From another site",
            ValidationError::OtherSite,
        )
    }

    /// Creates a problem from a validation error, which the console can translate.
    fn with_text(status: StatusCode, code: ProblemCode, title: &'static str, wrong: ValidationError) -> Self {
        Self {
            text: Some(Box::new(wrong.clone())),
            ..Self::new(status, code, title, wrong.to_string())
        }
    }

    /// 415: the media type or content coding of the body is not supported.
    pub fn unsupported_media(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ProblemCode::UnsupportedMediaType,
            "The content type is not supported",
            detail,
        )
    }
}

impl Problem {
    /// Creates a problem when only the status is known: for errors of the framework, and for requests that timed out.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST => Self::malformed("The path, the query or the body cannot be read."),
            StatusCode::NOT_FOUND => Self::not_found("There is nothing here."),
            StatusCode::METHOD_NOT_ALLOWED => Self::method_not_allowed(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::unsupported_media("Send the body as application/json."),
            StatusCode::SERVICE_UNAVAILABLE => Self::new(
                status,
                ProblemCode::Late,
                "The request took too long",
                "It was ended, and may have been carried out. Look whether it was, then try again.",
            ),
            other => Self::new(
                other,
                ProblemCode::Refused,
                other.canonical_reason().unwrap_or("The request was refused"),
                "The request was refused; the status says why.",
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = self.text.take();
        let mut response = (status, Json(self)).into_response();
        if let Some(text) = text {
            response.extensions_mut().insert(ErrorText(*text));
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))
            }
            _ => None,
        };
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request failed because of a database error: {error}");
        match error {
            StoreError::FileGone => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                ProblemCode::DatabaseGone,
                "The database file was deleted, replaced, overwritten or damaged",
                "Nothing was stored. The service has to be stopped, and started again with a restored file; the service log says how.",
            ),
            error if error.is_unfit_value() => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                ProblemCode::Invalid,
                "The database cannot store a value",
                format!("Nothing was stored: {}. Sending the same again changes nothing.", error.brief()),
            ),
            _ => Self::unavailable(),
        }
    }
}

impl From<Forbidden> for Problem {
    fn from(forbidden: Forbidden) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            ProblemCode::Forbidden,
            "Not allowed",
            format!("{forbidden}."),
        )
    }
}

impl From<UseCaseError> for Problem {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Invalid(errors) => Self::invalid(errors),
            UseCaseError::NotFound => Self::not_found("There is nothing with this id."),
            UseCaseError::Stale => Self::new(
                StatusCode::CONFLICT,
                ProblemCode::ChangedMeanwhile,
                "Changed meanwhile",
                "Somebody else changed this meanwhile. Read it again, then make your change.",
            ),
            UseCaseError::Conflict(wrong) => Self::with_text(StatusCode::CONFLICT, ProblemCode::Conflict, "This cannot be done now", wrong),
            UseCaseError::Incompatible(incompatible) => Self::incompatible(incompatible),
            UseCaseError::Forbidden(forbidden) => forbidden.into(),
            UseCaseError::Store(error) => error.into(),
            UseCaseError::Hash(error) => {
                tracing::error!(%error, "a password cannot be hashed: {error}");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    ProblemCode::Internal,
                    "Something broke",
                    "This is a fault of clearhook. The log has more.",
                )
            }
        }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Malformed(error) => Self {
                errors: vec![error.clone()],
                ..Self::malformed(error.detail)
            },
            IngestError::Invalid(errors) => Self::invalid(errors),
            IngestError::Busy => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                ProblemCode::Busy,
                "Too many events are being published",
                "Nothing was stored. Send the request again after the time in `Retry-After`.",
            ),
            IngestError::NoSpace => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                ProblemCode::DiskNearlyFull,
                "The disk is nearly full",
                "Nothing was stored. Make room on the disk that holds the database, then send the request again.",
            ),
            IngestError::Forbidden(forbidden) => forbidden.into(),
            IngestError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrent_edit_is_a_409_problem() {
        let problem = Problem::from(UseCaseError::Stale);
        assert_eq!((problem.status, problem.code), (409, ProblemCode::ChangedMeanwhile));
    }
}
