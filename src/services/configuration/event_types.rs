//! The event types of a document.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::{Value, json};

use super::{
    EventTypeEntry,
    compare::{EventTypeStep, FieldChange, StepAction, differences, errors_of},
};
use crate::{
    app::AppState,
    domain::event_type::{EventType, EventTypeState, Origin},
    registry::{Entry, Snapshot},
    services::{
        error::{FieldError, UseCaseError},
        event_types::{Checked, Difference, EventTypeInput, check_allowed, check_fields, valid_examples},
        webhooks::Planned,
    },
    storage::event_types::EventTypeFields,
};

/// The types that a document adds.
pub(super) fn new_types(entries: &[EventTypeEntry], types: &Snapshot) -> HashSet<String> {
    let new = entries.iter().filter(|entry| types.get(&entry.event_type).is_none());
    new.map(|entry| entry.event_type.clone()).collect()
}

/// What the entries would change.
pub(super) async fn steps(
    app: &AppState,
    types: &Snapshot,
    entries: &[EventTypeEntry],
    planned: &Planned,
    prune: bool,
    errors: &mut Vec<FieldError>,
) -> Result<Vec<EventTypeStep>, UseCaseError> {
    let (mut steps, mut places) = (Vec::new(), HashMap::new());
    for (at, entry) in entries.iter().enumerate() {
        let pointer = format!("/event_types/{at}");
        if places.insert(entry.event_type.as_str(), at).is_some() {
            errors.push(FieldError::new(
                format!("{pointer}/type"),
                "The document has this event type twice; remove one of them.",
            ));
            continue;
        }
        match step(app, types, entry, at, planned).await {
            Ok(step) => steps.extend(step),
            Err(error) => errors.extend(errors_of(error, &pointer)?),
        }
    }
    if prune {
        let own = types.all().iter().filter(|entry| {
            entry.record.origin != Origin::Clearid
                && entry.record.fields.state != EventTypeState::Archived
                && !places.contains_key(entry.event_type().as_str())
        });
        steps.extend(own.map(|entry| EventTypeStep {
            action: StepAction::Archive,
            at: None,
            event_type: entry.event_type().clone(),
            changes: vec![FieldChange {
                field: "state".to_owned(),
                before: json!(entry.record.fields.state),
                after: json!(EventTypeState::Archived),
            }],
            updated_at: Some(entry.record.updated_at),
        }));
    }
    Ok(steps)
}

async fn step(
    app: &AppState,
    types: &Snapshot,
    entry: &EventTypeEntry,
    at: usize,
    planned: &Planned,
) -> Result<Option<EventTypeStep>, UseCaseError> {
    let Some(present) = types.get(&entry.event_type) else {
        let new = EventTypeInput {
            event_type: entry.event_type.clone(),
            ..EventTypeInput::default()
        };
        let (input, _) = without_planned((entry.edit)(new)?, types, planned, None);
        let checked = check_fields(types, input, None).map_err(UseCaseError::Invalid)?;
        valid_examples(&checked)?;
        return Ok(Some(EventTypeStep {
            action: StepAction::Create,
            at: Some(at),
            event_type: checked.event_type,
            changes: Vec::new(),
            updated_at: None,
        }));
    };
    let (input, replacement) = without_planned((entry.edit)(EventTypeInput::of(present))?, types, planned, Some(present));
    let checked = check_fields(types, input, Some(present)).map_err(UseCaseError::Invalid)?;
    let difference = Difference::between(present, &checked);
    if !difference.is_none() {
        check_allowed(app, present, &checked, &difference).await?;
    }
    let before = shown(&present.record.fields, present.schema_value(), present.examples());
    let after = shown(&checked.fields, schema(&checked), &checked.examples);
    let mut changes = differences(&before, &after);
    changes.extend(replacement.map(|replacement| FieldChange {
        field: "replaced_by".to_owned(),
        before: before.get("replaced_by").cloned().unwrap_or_default(),
        after: replacement.into(),
    }));
    Ok((!changes.is_empty()).then(|| EventTypeStep {
        action: StepAction::Update,
        at: Some(at),
        event_type: present.event_type().clone(),
        changes,
        updated_at: Some(present.record.updated_at),
    }))
}

/// The fields without a replacement that the document itself adds, and that replacement.
fn without_planned(
    input: EventTypeInput,
    types: &Snapshot,
    planned: &Planned,
    present: Option<&Arc<Entry>>,
) -> (EventTypeInput, Option<String>) {
    let is_planned = |name: &String| *name != input.event_type && planned.event_types.contains(name) && !types.knows(name);
    match input.replaced_by.clone().filter(is_planned) {
        Some(replacement) => {
            let stored = present.and_then(|entry| entry.record.fields.replaced_by.as_ref());
            let replaced_by = stored.map(EventType::to_string);
            (EventTypeInput { replaced_by, ..input }, Some(replacement))
        }
        None => (input, None),
    }
}

fn schema(checked: &Checked) -> Option<Value> {
    checked.schema_text.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

/// The fields as the document has them.
fn shown(fields: &EventTypeFields, schema: Option<Value>, examples: &[Value]) -> Value {
    json!({
        "name": fields.name,
        "description": fields.description,
        "group": fields.group,
        "schema": schema,
        "examples": examples,
        "state": fields.state,
        "replaced_by": fields.replaced_by,
        "retention": fields.retention_days,
        "masked": fields.masked,
    })
}
