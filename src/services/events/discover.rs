//! Registers event types of which events are published for the first time (`CLEARHOOK_UNKNOWN_TYPES=accept`).

use crate::{
    app::AppState,
    auth::principal::Principal,
    domain::event_type::{EventType, EventTypeState, Origin},
    messages::validation::ValidationError,
    services::{error::FieldError, events::IngestError},
    storage::event_types::{EventTypeContent, EventTypeFields, EventTypeWrite, Written},
};

/// Maximum number of registered types that nobody has edited since, so that a publisher cannot fill the table.
const DISCOVERED_MAX: usize = 1_000;
/// How often to try again when other requests register types at the same time.
const ATTEMPTS: u32 = 10;

/// Registers those of these types that are not known yet. They have no schema.
pub(super) async fn register(app: &AppState, by: &Principal, mut new: Vec<EventType>) -> Result<(), IngestError> {
    new.sort_unstable();
    new.dedup();
    for _ in 0..ATTEMPTS {
        let types = app.event_types.refreshed().await?;
        new.retain(|event_type| types.get(event_type.as_str()).is_none());
        if new.is_empty() {
            return Ok(());
        }
        if types.discovered() + new.len() > DISCOVERED_MAX {
            let max = DISCOVERED_MAX as u64;
            return Err(IngestError::Invalid(vec![FieldError::new(
                "/type",
                ValidationError::TooManyDiscovered { max },
            )]));
        }
        let writes: Vec<_> = new
            .iter()
            .map(|event_type| EventTypeWrite {
                before: types.hidden(event_type.as_str()).cloned(),
                event_type: event_type.clone(),
                fields: EventTypeFields {
                    name: event_type.to_string(),
                    description: String::new(),
                    group: None,
                    state: EventTypeState::Active,
                    replaced_by: None,
                    retention_days: None,
                    masked: Vec::new(),
                },
                origin: Origin::Discovered,
                position: 0,
                new_version: Some(EventTypeContent::default()),
                new_examples: None,
            })
            .collect();
        if app.store.write_event_types(&by.actor(), &writes).await? == Written::Done {
            for event_type in &new {
                tracing::info!(%event_type, "the event type {event_type} was registered, because an event of it was published");
            }
            app.event_types.refreshed().await?;
            return Ok(());
        }
    }
    Err(IngestError::Busy)
}
