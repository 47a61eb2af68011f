//! Entity tags of event types (RFC 9110, section 8.8.3) and `If-Match` (section 13.1.1).

use std::fmt;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};

use crate::{domain::timestamp::Timestamp, problem::Problem, registry::Entry, services::error::UseCaseError};

/// The entity tag of an event type: the time of its last change, which differs for each change.
pub(super) struct EntityTag(Timestamp);

impl EntityTag {
    pub(super) fn of(entry: &Entry) -> Self {
        Self(entry.record.updated_at)
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{:x}\"", self.0.0)
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

impl IfMatch {
    /// The time of the change that the caller has seen, if the caller requires that there was none since. 412 if there was one.
    pub(super) fn seen(&self, entry: &Entry) -> Result<Option<Timestamp>, Problem> {
        let Some(tags) = &self.0 else { return Ok(None) };
        if tags.iter().any(|tag| tag == "*") {
            return Ok(None);
        }
        let present = EntityTag::of(entry).to_string();
        // A checksum of the content may follow the version, after a hyphen.
        let version = |tag: &str| {
            tag.split_once('-')
                .map_or_else(|| tag.to_owned(), |(version, _)| format!("{version}\""))
        };
        if tags.iter().any(|tag| version(tag) == present) {
            Ok(Some(entry.record.updated_at))
        } else {
            Err(changed())
        }
    }
}

/// The problem of a change that was based on an older state.
pub(super) fn stale(error: UseCaseError) -> Problem {
    match error {
        UseCaseError::Stale => changed(),
        error => error.into(),
    }
}

fn changed() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "changed-meanwhile",
        "Changed meanwhile",
        "Somebody else changed this meanwhile. Read it again, then make your change with the new ETag.",
    )
}
