//! An invalid field of a form, as the page shows it and a call returns it.

use serde::{Deserialize, Serialize};

/// An invalid field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorView {
    /// The id of the field.
    pub field: String,
    /// What is wrong and how to correct it.
    pub detail: String,
}

/// The error of a field, if it has one.
pub fn error_of(errors: &[ErrorView], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.detail.clone())
}
