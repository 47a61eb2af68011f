//! Creating, changing and archiving event types.

use std::{sync::Arc, time::Duration};

use event_schema::compatibility::compare;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        event_type::{EventTypeState, Origin},
        timestamp::Timestamp,
    },
    messages::validation::ValidationError,
    registry::{Entry, EntrySchema},
    services::{
        compatibility::{Incompatible, SchemaChange},
        error::UseCaseError,
        event_types::{
            get,
            input::{Checked, EventTypeInput, check_fields},
            stored_events::check_stored,
        },
    },
    storage::event_types::{EventTypeContent, EventTypeFields, EventTypeWrite, Written},
};

/// Maximum number of attempts to apply a change while others change the same event type.
const ATTEMPTS: u32 = 30;

/// Adds an event type.
pub async fn create(app: &AppState, by: &Principal, input: EventTypeInput) -> Result<Arc<Entry>, UseCaseError> {
    by.may(Action::WriteEventTypes, false)?;
    let types = app.event_types.refreshed().await?;
    let checked = check_fields(&types, input, None).map_err(UseCaseError::Invalid)?;
    let name = checked.event_type.to_string();
    if types.get(&name).is_some() {
        return Err(UseCaseError::Conflict(ValidationError::TypeTaken { name }));
    }
    valid_examples(&checked)?;
    let write = EventTypeWrite {
        // A type of a pack that is not selected becomes an own one.
        before: types.hidden(&name).cloned(),
        new_version: Some(content(&checked)),
        new_examples: None,
        event_type: checked.event_type,
        fields: checked.fields,
        origin: Origin::Custom,
        position: 0,
    };
    match app.store.write_event_types(&by.actor(), &[write]).await? {
        Written::Done => {
            tracing::info!(event_type = %name, "event type {name} created");
            stored(app, &name).await
        }
        // Somebody else has added it at this moment.
        Written::Stale(_) => Err(UseCaseError::Conflict(ValidationError::TypeTaken { name })),
    }
}

/// Changes some fields of an event type. `edit` gets the present fields and returns the new ones. It is called again if the event type was
/// changed concurrently.
pub async fn patch(
    app: &AppState,
    by: &Principal,
    name: &str,
    edit: impl Fn(EventTypeInput) -> Result<EventTypeInput, UseCaseError>,
) -> Result<Arc<Entry>, UseCaseError> {
    for attempt in 0..ATTEMPTS {
        match update(app, by, name, None, &edit).await {
            Err(UseCaseError::Stale) => tokio::time::sleep(Duration::from_millis(u64::from(attempt * 2))).await,
            result => return result,
        }
    }
    Err(UseCaseError::Stale)
}

/// Changes an event type if it was not changed after `seen`, the `updated_at` that the caller has read. Otherwise the error is
/// [`UseCaseError::Stale`].
pub async fn replace(
    app: &AppState,
    by: &Principal,
    name: &str,
    seen: Timestamp,
    edit: impl Fn(EventTypeInput) -> Result<EventTypeInput, UseCaseError>,
) -> Result<Arc<Entry>, UseCaseError> {
    update(app, by, name, Some(seen), edit).await
}

/// Archives an event type, if it was not changed after `seen`. Events that wait are still delivered.
pub async fn archive(app: &AppState, by: &Principal, name: &str, seen: Option<Timestamp>) -> Result<(), UseCaseError> {
    let archived = |input: EventTypeInput| {
        Ok(EventTypeInput {
            state: Some(EventTypeState::Archived.to_string()),
            ..input
        })
    };
    match seen {
        Some(seen) => replace(app, by, name, seen, archived).await?,
        None => patch(app, by, name, archived).await?,
    };
    Ok(())
}

async fn update(
    app: &AppState,
    by: &Principal,
    name: &str,
    seen: Option<Timestamp>,
    edit: impl Fn(EventTypeInput) -> Result<EventTypeInput, UseCaseError>,
) -> Result<Arc<Entry>, UseCaseError> {
    by.may(Action::WriteEventTypes, false)?;
    let types = app.event_types.refreshed().await?;
    let present = types.get(name).cloned().ok_or(UseCaseError::NotFound)?;
    let checked = check_fields(&types, edit(EventTypeInput::of(&present))?, Some(&present)).map_err(UseCaseError::Invalid)?;
    let difference = Difference::between(&present, &checked);
    // A double submit is not reported as a conflict.
    if difference.is_none() {
        return Ok(present);
    }
    if seen.is_some_and(|seen| seen != present.record.updated_at) {
        return Err(UseCaseError::Stale);
    }
    check_allowed(app, &present, &checked, &difference).await?;
    let write = write_of(&present, checked, &difference);
    match app.store.write_event_types(&by.actor(), &[write]).await? {
        Written::Done => {
            tracing::info!(event_type = name, "event type {name} changed");
            stored(app, name).await
        }
        Written::Stale(_) => Err(UseCaseError::Stale),
    }
}

/// Whether an event type may be changed like this: a type of a pack keeps what it is, an incompatible schema is meant, and the examples match.
pub(in crate::services) async fn check_allowed(
    app: &AppState,
    present: &Entry,
    checked: &Checked,
    difference: &Difference,
) -> Result<(), UseCaseError> {
    if present.record.origin == Origin::Clearid && difference.is_beyond_state {
        return Err(UseCaseError::Conflict(ValidationError::TypeOfPack));
    }
    if difference.schema && !checked.breaking {
        let changes = changes(present.schema(), &checked.schema).await;
        if !changes.is_empty() {
            let stored_events = Some(check_stored(app, &checked.event_type, &checked.schema).await?);
            return Err(UseCaseError::Incompatible(Box::new(Incompatible { changes, stored_events })));
        }
    }
    if difference.schema || difference.examples {
        valid_examples(checked)?;
    }
    Ok(())
}

/// The write that changes an event type.
pub(super) fn write_of(present: &Entry, checked: Checked, difference: &Difference) -> EventTypeWrite {
    EventTypeWrite {
        before: Some(present.record.clone()),
        new_version: difference.schema.then(|| content(&checked)),
        new_examples: difference.examples.then(|| checked.examples_text()),
        event_type: checked.event_type,
        fields: checked.fields,
        origin: present.record.origin,
        position: present.record.position,
    }
}

/// Which parts of an event type differ from what is stored.
#[expect(clippy::struct_excessive_bools, reason = "the parts differ independently of each other")]
pub(in crate::services) struct Difference {
    fields: bool,
    pub(super) schema: bool,
    pub(super) examples: bool,
    /// Whether more than the state and the replacement differs.
    pub(super) is_beyond_state: bool,
}

impl Difference {
    pub(in crate::services) fn between(present: &Entry, checked: &Checked) -> Self {
        let stored = &present.record.fields;
        let with_state = EventTypeFields {
            state: checked.fields.state,
            replaced_by: checked.fields.replaced_by.clone(),
            ..stored.clone()
        };
        let schema = checked.schema_text != present.content().schema;
        let examples = checked.examples != present.examples();
        Self {
            fields: checked.fields != *stored,
            schema,
            examples,
            is_beyond_state: schema || examples || with_state != checked.fields,
        }
    }

    pub(in crate::services) const fn is_none(&self) -> bool {
        !(self.fields || self.schema || self.examples)
    }
}

/// The schema and the examples to store.
pub(super) fn content(checked: &Checked) -> EventTypeContent {
    EventTypeContent {
        schema: checked.schema_text.clone(),
        examples: checked.examples_text(),
    }
}

/// What breaks when one schema replaces another. The comparison may take a while, so it does not run among other requests.
pub(super) async fn changes(old: &EntrySchema, new: &EntrySchema) -> Vec<SchemaChange> {
    let (old, new) = (old.schema().cloned(), new.schema().cloned());
    let compared = tokio::task::spawn_blocking(move || compare(old.as_ref(), new.as_ref())).await;
    let Ok(changes) = compared else {
        // The comparison panicked. What cannot be decided counts as breaking.
        return vec![SchemaChange {
            breaks: "publishers",
            pointer: String::new(),
            detail: "The schemas could not be compared.".to_owned(),
        }];
    };
    changes.into_iter().map(SchemaChange::from).collect()
}

pub(in crate::services) fn valid_examples(checked: &Checked) -> Result<(), UseCaseError> {
    let errors = checked.example_errors();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(UseCaseError::Invalid(errors))
    }
}

/// The event type as it was just written.
async fn stored(app: &AppState, name: &str) -> Result<Arc<Entry>, UseCaseError> {
    get(app, &Principal::System, name).await
}
