//! Errors of the use cases.

use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;

use crate::{
    auth::{password::HashError, rules::Forbidden},
    messages::{Lang, validation::ValidationError},
    services::compatibility::Incompatible,
    storage::StoreError,
};

/// Why a use case failed.
#[derive(Debug, Error)]
pub enum UseCaseError {
    /// Fields of the input are invalid.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// There is no object with this id, or the caller may not know that it exists.
    #[error("not found")]
    NotFound,
    /// The object was changed after the caller read it.
    #[error("it was changed by someone else in the meantime")]
    Stale,
    /// The change is not possible in the current state of the object.
    #[error("{0}")]
    Conflict(ValidationError),
    /// A new schema would break publishers or receivers.
    #[error("the schema is not compatible with the current one")]
    Incompatible(Box<Incompatible>),
    /// The caller lacks a permission.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Password hashing failed.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// An invalid field of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldError {
    /// The field as a JSON Pointer (RFC 6901), such as `/headers/0/name`.
    #[schemars(example = &"/name")]
    pub pointer: String,
    /// What is wrong and how to correct it, in English.
    #[schemars(example = &"Enter a name.")]
    pub detail: String,
    /// The rule that the field violates. `None` if the detail is the message of a parser.
    #[serde(skip)]
    wrong: Option<ValidationError>,
}

/// The reason in a [`FieldError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A violated rule, which has a text in each language.
    Rule(ValidationError),
    /// A message in English, from a parser or for programs only.
    Text(String),
}

impl From<ValidationError> for Reason {
    fn from(error: ValidationError) -> Self {
        Self::Rule(error)
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl FieldError {
    /// An error of the field at `pointer`.
    pub fn new(pointer: impl Into<String>, reason: impl Into<Reason>) -> Self {
        let (detail, wrong) = match reason.into() {
            Reason::Rule(wrong) => (wrong.to_string(), Some(wrong)),
            Reason::Text(text) => (text, None),
        };
        Self {
            pointer: pointer.into(),
            detail,
            wrong,
        }
    }

    /// The same error of a field that is part of `parent`, a JSON pointer.
    #[must_use]
    pub(crate) fn below(self, parent: &str) -> Self {
        Self {
            pointer: format!("{parent}{}", self.pointer),
            ..self
        }
    }

    /// The rule that the field violates.
    pub(crate) fn wrong(&self) -> Option<&ValidationError> {
        self.wrong.as_ref()
    }

    /// What is wrong and how to correct it, in this language. Messages of parsers are in English.
    pub fn text(&self, lang: Lang) -> String {
        self.wrong.as_ref().map_or_else(|| self.detail.clone(), |wrong| wrong.text(lang))
    }
}
