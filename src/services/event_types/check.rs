//! Checks an example or a schema without storing anything.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    registry::EntrySchema,
    services::{
        compatibility::{SchemaChange, StoredCheck},
        error::{FieldError, UseCaseError},
        event_types::{
            get,
            input::{compiled, example_errors},
            stored_events::check_stored,
            write::changes,
        },
    },
};

/// What is to be checked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInput {
    /// An example of `data`, which may be null.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Value")]
    pub example: Option<Value>,
    /// A schema to use in place of the current one. Null permits any JSON.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Value", extend("type" = ["object", "boolean", "null"]))]
    pub schema: Option<Value>,
}

/// Null is a value like any other.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The result of a check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckResult {
    /// Whether the example is valid. If only a schema was given: whether the stored examples are valid by it.
    pub valid: bool,
    /// What is wrong with the example, or with the stored ones.
    pub errors: Vec<FieldError>,
    /// What the given schema breaks. Only if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<SchemaChange>>,
    /// The stored events that the given schema would have rejected. Only if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_events: Option<StoredCheck>,
}

/// Checks an example against the schema of an event type; or a schema against the current one and the stored events, and against the example or
/// the stored ones.
pub async fn check(app: &AppState, by: &Principal, name: &str, input: CheckInput) -> Result<CheckResult, UseCaseError> {
    by.may(Action::WriteEventTypes, false)?;
    let entry = get(app, by, name).await?;
    let new = match input.schema {
        Some(schema) => Some(compiled(schema).map_err(UseCaseError::Invalid)?),
        None if input.example.is_none() => {
            return Err(UseCaseError::Invalid(vec![FieldError::new(
                "",
                "Give an `example` or a `schema` to check.",
            )]));
        }
        None => None,
    };
    let schema: &EntrySchema = new.as_ref().unwrap_or_else(|| entry.schema());
    let errors = match &input.example {
        Some(example) => example_errors(schema, std::slice::from_ref(example)),
        None => example_errors(schema, entry.examples()),
    };
    let (mut breaking, mut stored_events) = (None, None);
    if new.is_some() {
        breaking = Some(changes(entry.schema(), schema).await);
        stored_events = Some(check_stored(app, entry.event_type(), schema).await?);
    }
    Ok(CheckResult {
        valid: errors.is_empty(),
        errors,
        changes: breaking,
        stored_events,
    })
}
