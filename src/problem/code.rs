//! The codes of problems: programs decide by them.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// What each `type` begins with.
const PREFIX: &str = "urn:clearhook:problem:";

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)*) => {
        /// The code of a problem, the last part of its `type`. A code never gets another meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemCode {
            $($(#[doc = $doc])* $name,)*
        }

        impl ProblemCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// When it is sent.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),*).trim(),)*
                }
            }
        }
    };
}

codes! {
    /// The request has two meanings, for example two lengths of its body. It may be an attempt to smuggle a request.
    Ambiguous = "ambiguous",
    /// Too many requests of this kind are being handled. Send it again after the time in `Retry-After`.
    Busy = "busy",
    /// The object was changed after it was read. Read it again, then make the change with its new `ETag`.
    ChangedMeanwhile = "changed-meanwhile",
    /// The current state of the object does not permit this.
    Conflict = "conflict",
    /// The request comes from a page of another site.
    CrossOrigin = "cross-origin",
    /// The file of the database was deleted, replaced or damaged.
    DatabaseGone = "database-gone",
    /// The disk of the database is nearly full, so no events are accepted.
    DiskNearlyFull = "disk-nearly-full",
    /// The API key lacks the scope that the operation requires.
    Forbidden = "forbidden",
    /// The headers of the request are too large.
    HeadersTooLarge = "headers-too-large",
    /// The same `Idempotency-Key` was sent with another request.
    IdempotencyKeyReused = "idempotency-key-reused",
    /// A request with the same `Idempotency-Key` is still being handled.
    IdempotencyKeyInUse = "idempotency-key-in-use",
    /// The request with this `Idempotency-Key` was carried out, but the service ended before it could store the response.
    IdempotencyResponseLost = "idempotency-response-lost",
    /// The new schema would break publishers or receivers. `changes` says how.
    Incompatible = "incompatible",
    /// A fault of clearhook. The service log has more under the id in `x-request-id`.
    Internal = "internal",
    /// Values of the request are not valid. `errors` names each.
    Invalid = "invalid",
    /// The request took too long. It may have been carried out.
    Late = "late",
    /// The request cannot be read.
    Malformed = "malformed",
    /// The path exists, but not with this method. `Allow` lists those that it has.
    MethodNotAllowed = "method-not-allowed",
    /// The response has none of the media types in `Accept`.
    NotAcceptable = "not-acceptable",
    /// There is nothing with this id or at this path.
    NotFound = "not-found",
    /// The service is starting, stopping, or cannot work.
    NotReady = "not-ready",
    /// The API key has sent more requests than it may. Send it again after the time in `Retry-After`.
    RateLimited = "rate-limited",
    /// The request was refused for a reason that only its status tells.
    Refused = "refused",
    /// The body was sent too slowly.
    RequestTimeout = "request-timeout",
    /// The body is too large.
    TooLarge = "too-large",
    /// Too many attempts. Try again after the time in `Retry-After`.
    TooManyAttempts = "too-many-attempts",
    /// The transfer coding of the body is unknown.
    TransferCoding = "transfer-coding",
    /// The request has no valid API key.
    Unauthenticated = "unauthenticated",
    /// The database cannot be reached.
    Unavailable = "unavailable",
    /// The media type or the coding of the body is not supported.
    UnsupportedMediaType = "unsupported-media-type",
    /// The address is too long.
    UriTooLong = "uri-too-long",
}

impl Serialize for ProblemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{PREFIX}{}", self.as_str()))
    }
}

impl JsonSchema for ProblemCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProblemType".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let codes: Vec<_> = Self::ALL
            .iter()
            .map(|code| schemars::json_schema!({ "const": format!("{PREFIX}{}", code.as_str()), "description": code.meaning() }))
            .collect();
        schemars::json_schema!({
            "description": "What kind of problem it is. Programs decide by it; it never gets another meaning, and others may be added.",
            "type": "string",
            "oneOf": codes,
        })
    }
}
