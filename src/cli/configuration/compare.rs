//! Asks the server what a file would change.

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::file::{ConfigurationFile, Mistake};
use crate::cli::{
    client::{Client, Failure, problem::Problem},
    error::CliError,
    output::note,
    progress::while_working,
};

/// What a file would change.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Comparison {
    pub(super) equal: bool,
    pub(super) owners: Vec<OwnerStep>,
    pub(super) event_types: Vec<Step>,
    pub(super) webhooks: Vec<Step>,
    pub(super) warnings: Vec<Warning>,
    pub(super) missing_scopes: Vec<String>,
}

/// A user who is added.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct OwnerStep {
    pub(super) email: String,
}

/// A change of a webhook or an event type.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Step {
    pub(super) action: Action,
    /// The place in the file.
    pub(super) at: Option<usize>,
    /// The id of a webhook that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// The name of a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// The name of an event type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) event_type: Option<String>,
    pub(super) changes: Vec<FieldChange>,
    /// The entity tag of the version that was compared.
    #[serde(default, skip_serializing)]
    pub(super) etag: Option<String>,
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Create,
    Update,
    Delete,
    Archive,
}

/// A field that changes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct FieldChange {
    pub(super) field: String,
    pub(super) before: Value,
    pub(super) after: Value,
}

/// Something that is probably not meant.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Warning {
    pub(super) pointer: String,
    pub(super) detail: String,
}

/// Asks the server what a file would change. Mistakes in the file are an error with their lines.
pub(super) async fn compare(client: &Client, file: &ConfigurationFile, prune: bool) -> Result<Comparison, CliError> {
    let mut body = file.document.clone();
    if prune && let Some(sections) = body.as_object_mut() {
        sections.insert("prune".to_owned(), true.into());
    }
    let call = client.post("/configuration/compare").json(&body);
    let answer = while_working("Comparing with the server …", call.try_send()).await;
    let answer = answer.map_err(|failure| match failure {
        Failure::Refused(StatusCode::UNPROCESSABLE_ENTITY, body) => match Problem::of(&body) {
            Some(problem) if !problem.errors.is_empty() => {
                let mistakes = problem.errors.into_iter().map(|error| (error.pointer, error.detail));
                file.mistakes(&mistakes.collect::<Vec<Mistake>>())
            }
            _ => Failure::Refused(StatusCode::UNPROCESSABLE_ENTITY, body).at(client.url()),
        },
        failure => failure.at(client.url()),
    })?;
    let comparison: Comparison = answer.read()?;
    for warning in &comparison.warnings {
        note(format_args!(
            "clearhook: warning: {}",
            file.line(&(warning.pointer.clone(), warning.detail.clone()))
        ));
    }
    Ok(comparison)
}

impl Step {
    /// What a person calls the object.
    pub(super) fn object(&self) -> String {
        match (&self.event_type, &self.name, &self.id) {
            (Some(event_type), _, _) => format!("event type {event_type}"),
            (None, Some(name), Some(id)) => format!("webhook {name} ({id})"),
            (None, Some(name), None) => format!("webhook {name}"),
            (None, None, id) => format!("webhook {}", id.as_deref().unwrap_or_default()),
        }
    }
}
