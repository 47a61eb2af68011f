//! What a document would change. Nothing is changed here: programs make the changes one by one, with calls that check scopes, detect
//! concurrent changes and write audit entries.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    Document, event_types,
    export::{all_webhooks, emails},
    webhooks,
};
use crate::{
    app::AppState,
    auth::{
        email,
        principal::Principal,
        rules::{Action, Need},
    },
    domain::{event_type::EventType, id::WebhookId, role::Scope, timestamp::Timestamp},
    services::{
        error::{FieldError, UseCaseError},
        event_types as types_service,
        webhooks::Planned,
    },
    storage::users::normal_email,
};

/// What a document would change, in the order in which the changes have to be made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Comparison {
    /// Whether the installation is as the document says already.
    pub equal: bool,
    /// Users who have to be added.
    pub owners: Vec<OwnerStep>,
    /// Event types.
    pub event_types: Vec<EventTypeStep>,
    /// Webhooks.
    pub webhooks: Vec<WebhookStep>,
    /// What would be changed and probably is not meant, by place in the document.
    pub warnings: Vec<FieldError>,
    /// The scopes that the changes need and that the key does not have.
    pub missing_scopes: Vec<Scope>,
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepAction {
    /// It is added.
    Create,
    /// Some of its fields are changed.
    Update,
    /// It is deleted.
    Delete,
    /// It is archived.
    Archive,
}

/// A user who has to be added.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OwnerStep {
    /// The place in the document.
    pub at: usize,
    /// The email address.
    pub email: String,
}

/// A change of an event type.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventTypeStep {
    /// What is done.
    pub action: StepAction,
    /// The place in the document, unless it is not in there.
    pub at: Option<usize>,
    /// The type.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The fields that change.
    pub changes: Vec<FieldChange>,
    /// The entity tag of the version that was compared, for `If-Match`.
    #[serde(rename = "etag", serialize_with = "tag")]
    #[schemars(with = "Option<String>")]
    pub updated_at: Option<Timestamp>,
}

/// A change of a webhook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebhookStep {
    /// What is done.
    pub action: StepAction,
    /// The place in the document, unless it is not in there.
    pub at: Option<usize>,
    /// The id, unless it is new.
    pub id: Option<WebhookId>,
    /// The current name, or that of the new one.
    pub name: String,
    /// The fields that change.
    pub changes: Vec<FieldChange>,
    /// The entity tag of the version that was compared, for `If-Match`.
    #[serde(rename = "etag", serialize_with = "tag")]
    #[schemars(with = "Option<String>")]
    pub updated_at: Option<Timestamp>,
}

/// Serializes an entity tag. `If-Match` compares the version in an entity tag only (`rest::entity_tag`); the checksum behind it is for caches.
#[allow(clippy::ref_option, reason = "serde passes a reference to the field")]
fn tag<S: Serializer>(version: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    version.map(|version| format!("\"{:x}-0\"", version.0)).serialize(serializer)
}

/// A field that changes. Secrets are hidden.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FieldChange {
    /// The name of the field.
    pub field: String,
    /// The current value.
    pub before: Value,
    /// The value of the document.
    pub after: Value,
}

/// Compares a document with the installation. All errors of the document are found, with their places in it as JSON pointers.
pub async fn compare(app: &AppState, by: &Principal, document: Document) -> Result<Comparison, UseCaseError> {
    by.may(Action::ReadWebhooks, false)?;
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let emails = emails(app).await?;
    let known: HashSet<&str> = emails.values().map(String::as_str).collect();
    let owners = new_owners(document.owners.as_deref().unwrap_or_default(), &known, &mut errors);
    let types = types_service::refreshed(app).await?;
    let entries = document.event_types.as_deref();
    let planned = Planned {
        owners: owners.iter().map(|step| step.email.clone()).collect(),
        event_types: event_types::new_types(entries.unwrap_or_default(), &types),
    };
    let event_types = match entries {
        Some(entries) => event_types::steps(app, &types, entries, &planned, document.prune, &mut errors).await?,
        None => Vec::new(),
    };
    let webhooks = match &document.webhooks {
        Some(entries) => {
            let stored = all_webhooks(app, by).await?;
            let context = webhooks::Context {
                app,
                stored: &stored,
                emails: &emails,
                planned: &planned,
            };
            webhooks::steps(&context, entries, document.prune, &mut errors, &mut warnings).await?
        }
        None => Vec::new(),
    };
    if !errors.is_empty() {
        return Err(UseCaseError::Invalid(errors));
    }
    Ok(Comparison {
        equal: owners.is_empty() && event_types.is_empty() && webhooks.is_empty(),
        missing_scopes: missing_scopes(by, &owners, &event_types, &webhooks),
        owners,
        event_types,
        webhooks,
        warnings,
    })
}

/// The users who are not there yet.
fn new_owners(given: &[String], known: &HashSet<&str>, errors: &mut Vec<FieldError>) -> Vec<OwnerStep> {
    let mut new = HashMap::new();
    for (at, text) in given.iter().enumerate() {
        let address = normal_email(text);
        if let Err(wrong) = email::check(text.trim()) {
            errors.push(FieldError::new(format!("/owners/{at}"), wrong.to_string()));
        } else if !known.contains(address.as_str()) {
            new.entry(address).or_insert(at);
        }
    }
    let mut new: Vec<_> = new.into_iter().map(|(email, at)| OwnerStep { at, email }).collect();
    new.sort_by_key(|step| step.at);
    new
}

fn missing_scopes(by: &Principal, owners: &[OwnerStep], event_types: &[EventTypeStep], webhooks: &[WebhookStep]) -> Vec<Scope> {
    let needed = [
        (!owners.is_empty(), Action::ManageUsers),
        (!event_types.is_empty(), Action::WriteEventTypes),
        (!webhooks.is_empty(), Action::WriteWebhooks),
    ];
    let missing = needed
        .into_iter()
        .filter(|(is_needed, action)| *is_needed && by.may(*action, false).is_err());
    missing
        .filter_map(|(_, action)| match action.needs() {
            Need::Scope(scope) => Some(scope),
            Need::Any | Need::Person => None,
        })
        .collect()
}

/// The fields that differ, in the order of `after`.
pub(super) fn differences(before: &Value, after: &Value) -> Vec<FieldChange> {
    let fields = after.as_object().into_iter().flatten();
    let differing = fields.filter(|(field, value)| before.get(field.as_str()) != Some(*value));
    differing
        .map(|(field, value)| FieldChange {
            field: field.clone(),
            before: before.get(field.as_str()).cloned().unwrap_or_default(),
            after: value.clone(),
        })
        .collect()
}

/// The errors of an entry, with the pointer of the entry before theirs.
pub(super) fn errors_of(error: UseCaseError, entry: &str) -> Result<Vec<FieldError>, UseCaseError> {
    let at = |pointer: &str| format!("{entry}{pointer}");
    match error {
        UseCaseError::Invalid(errors) => Ok(errors.into_iter().map(|error| error.below(entry)).collect()),
        UseCaseError::Conflict(wrong) => Ok(vec![FieldError::new(entry, wrong)]),
        UseCaseError::Incompatible(incompatible) => {
            let changes = incompatible.changes.iter().take(10);
            let changes = changes.map(|change| {
                let detail = format!("{} Write `breaking: true` beside the schema if that is intended.", change.detail);
                FieldError::new(at(&format!("/schema{}", change.pointer)), detail)
            });
            Ok(changes.collect())
        }
        other => Err(other),
    }
}
