//! Entity tags (RFC 9110, section 8.8.3) and `If-Match` (section 13.1.1). `If-None-Match` is compared when the response is complete
//! (`web::middleware::conditional`).

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    domain::timestamp::Timestamp,
    problem::{Problem, ProblemCode},
    routes::{Input, Operation, Output, Parameter, Single},
    services::error::UseCaseError,
};

/// What a successful response with an entity tag says about it.
const ETAG: (&str, &str) = (
    "ETag",
    "The version of what is in the response. Send it as `If-Match` to change or delete only this version.",
);
const STALE: &str = "It was changed since the version that `If-Match` names (`changed-meanwhile`). Nothing was done.";

/// The entity tag of something that people and programs change: the time of the last such change, which differs for each, and a checksum
/// of the content, which also differs when clearhook itself has changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct EntityTag {
    version: Timestamp,
    content: u64,
}

impl EntityTag {
    fn header(self) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("\"{:x}-{:x}\"", self.version.0, self.content)).ok()
    }

    /// The version in a tag of an `If-Match`. A weak tag matches nothing (RFC 9110, section 8.8.3.2).
    fn version(tag: &str) -> Option<Timestamp> {
        let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
        let (version, _) = inner.split_once('-')?;
        i64::from_str_radix(version, 16).ok().map(Timestamp)
    }
}

/// A checksum of the content of a response.
fn checksum(content: &[u8]) -> u64 {
    let hash: [u8; 32] = Sha256::digest(content).into();
    hash.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// The entity tag of content that only its bytes identify, such as a file.
pub(super) fn tag_of_content(content: &[u8]) -> String {
    format!("\"{:x}\"", checksum(content))
}

/// A response of JSON with an entity tag.
pub(super) struct Tagged<T> {
    /// When a person or a program last changed it.
    pub(super) version: Timestamp,
    pub(super) body: T,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let content = match serde_json::to_vec(&self.body) {
            Ok(content) => content,
            Err(error) => return Problem::internal(&error).into_response(),
        };
        let tag = EntityTag {
            version: self.version,
            content: checksum(&content),
        };
        let mut response = Json(self.body).into_response();
        if let Some(tag) = tag.header() {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

impl<T: JsonSchema> Output for Tagged<T> {
    fn describe(operation: &mut Operation) {
        Json::<T>::describe(operation);
        operation.add_answer_header(ETAG.0, ETAG.1);
    }
}

/// The response to a change.
pub(super) enum Changed<T> {
    /// The new version.
    Shown(Tagged<T>),
    /// Nothing, because the caller may change it but not read it.
    Hidden,
}

impl<T: Serialize> IntoResponse for Changed<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Shown(tagged) => tagged.into_response(),
            Self::Hidden => StatusCode::NO_CONTENT.into_response(),
        }
    }
}

impl<T: JsonSchema> Output for Changed<T> {
    fn describe(operation: &mut Operation) {
        Tagged::<T>::describe(operation);
        operation.add_answer(204, "Done. The key may not read it, so it is not shown.", None);
    }
}

/// The header `If-Match`, if the request has it.
pub(super) struct IfMatch(Option<Vec<String>>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut tags = Vec::new();
        let mut is_given = false;
        for value in parts.headers.get_all(header::IF_MATCH) {
            is_given = true;
            let text = value
                .to_str()
                .map_err(|_| Problem::malformed("The header If-Match cannot be read."))?;
            tags.extend(text.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()));
        }
        Ok(Self(is_given.then_some(tags)))
    }
}

impl Input for IfMatch {
    fn describe(operation: &mut Operation) {
        operation.parameters.push(Parameter::Header(Single {
            name: "If-Match",
            description: "The `ETag` of the version that was read, to change or delete only that version.",
            schema: entity_tags,
        }));
        operation.add_refusal(412, STALE);
    }
}

/// The schema of a list of entity tags.
fn entity_tags(_: &mut SchemaGenerator) -> Schema {
    let tag = r#"(W/)?"[!#-~]*""#;
    json_schema!({ "type": "string", "pattern": format!(r"^(\*|{tag}( *, *{tag})*)$") })
}

impl IfMatch {
    /// Whether the caller requires a version, so that it has to be read first.
    pub(super) const fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// The version that the caller has seen, if the caller requires that there is no later one than `present`. 412 if there is.
    pub(super) fn seen(&self, present: Timestamp) -> Result<Option<Timestamp>, Problem> {
        let Some(tags) = &self.0 else { return Ok(None) };
        if tags.iter().any(|tag| tag == "*") {
            return Ok(None);
        }
        if tags.iter().any(|tag| EntityTag::version(tag) == Some(present)) {
            Ok(Some(present))
        } else {
            Err(changed())
        }
    }
}

/// The problem of a change that required the version `seen`: 412 if there is a later one.
pub(super) fn refused(error: UseCaseError, seen: Option<Timestamp>) -> Problem {
    match (error, seen) {
        (UseCaseError::Stale, Some(_)) => changed(),
        (error, _) => error.into(),
    }
}

fn changed() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        ProblemCode::ChangedMeanwhile,
        "Changed meanwhile",
        "Somebody else changed this meanwhile. Read it again, then make your change with the new ETag.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(header: &str) -> Result<Option<Timestamp>, u16> {
        let tags = header.split(',').map(|tag| tag.trim().to_owned()).collect();
        let seen = IfMatch(Some(tags)).seen(Timestamp(0x1234));
        seen.map_err(|problem| problem.into_response().status().as_u16())
    }

    #[test]
    fn if_match_compares_versions_strongly() {
        assert_eq!(seen("*"), Ok(None));
        assert_eq!(seen("\"1234-ab\""), Ok(Some(Timestamp(0x1234))));
        assert_eq!(seen("\"1-1\", \"1234-0\""), Ok(Some(Timestamp(0x1234))));
        for other in ["\"1235-ab\"", "W/\"1234-ab\"", "1234-ab", "\"1234\"", "\"\"", "", "\"zz-1\""] {
            assert_eq!(seen(other), Err(412), "{other}");
        }
        assert_eq!(IfMatch(None).seen(Timestamp(1)).ok(), Some(None));
    }
}
