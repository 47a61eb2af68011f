//! Use cases of event types. The HTTP API and the console share them.

mod check;
pub mod downloads;
mod import;
mod input;
mod stored_events;
mod usage;
mod write;

use std::sync::Arc;

use uuid::Uuid;

pub use self::{
    check::{CheckInput, CheckResult, check},
    downloads::archive_file,
    import::{Import, ImportRequest, import},
    input::EventTypeInput,
    usage::events_of_last_day,
    write::{archive, create, patch, replace},
};
pub(in crate::services) use self::{
    input::{Checked, check_fields},
    write::{Difference, check_allowed, valid_examples},
};
use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{
        event_type::{EventType, EventTypeState, Origin},
        page::{Cursor, Page},
    },
    messages::validation::ValidationError,
    registry::{Entry, Snapshot},
    services::error::UseCaseError,
    storage::event_types::EventTypeVersion,
};

/// The event type with this name, for filters and subscriptions. Types of packs that are not selected exist, too: there may be events of
/// them. The error says that there is none.
pub fn find(app: &AppState, name: &str) -> Result<EventType, ValidationError> {
    if app.event_types.loaded().knows(name) {
        return Ok(EventType::of_stored(name));
    }
    Err(ValidationError::NoSuchEvent {
        event: name.chars().take(200).collect(),
    })
}

/// As [`find`], with the newest changes of other nodes.
pub async fn find_newest(app: &AppState, name: &str) -> Result<Result<EventType, ValidationError>, UseCaseError> {
    app.event_types.current().await?;
    if let Ok(found) = find(app, name) {
        return Ok(Ok(found));
    }
    app.event_types.refreshed().await?;
    Ok(find(app, name))
}

/// The filter of the list.
#[derive(Clone, Debug, Default)]
pub struct EventTypeFilter {
    /// A part of the type, the name or the description; case-insensitive.
    pub q: Option<String>,
    /// Only types of this group.
    pub group: Option<String>,
    /// Only types in this state.
    pub state: Option<EventTypeState>,
    /// Only types of this origin.
    pub origin: Option<Origin>,
}

impl EventTypeFilter {
    /// Whether an event type matches.
    pub fn matches(&self, entry: &Entry) -> bool {
        let fields = &entry.record.fields;
        let found = |q: &str| {
            let q = q.to_lowercase();
            let texts = [entry.record.event_type.as_str(), &fields.name, &fields.description];
            texts.iter().any(|text| text.to_lowercase().contains(&q))
        };
        self.q.as_deref().map(str::trim).filter(|q| !q.is_empty()).is_none_or(found)
            && self.group.as_ref().is_none_or(|group| fields.group.as_ref() == Some(group))
            && self.state.is_none_or(|state| fields.state == state)
            && self.origin.is_none_or(|origin| entry.record.origin == origin)
    }
}

/// All event types.
pub async fn all(app: &AppState, by: &Principal) -> Result<Arc<Snapshot>, UseCaseError> {
    by.may(Action::ReadCatalogue, false)?;
    Ok(app.event_types.current().await?)
}

/// All event types, with the newest changes of other nodes.
pub(in crate::services) async fn refreshed(app: &AppState) -> Result<Arc<Snapshot>, UseCaseError> {
    Ok(app.event_types.refreshed().await?)
}

/// A page of the event types that match a filter, in the order of the catalogue.
pub async fn list(
    app: &AppState,
    by: &Principal,
    filter: &EventTypeFilter,
    after: Option<Cursor>,
    limit: u64,
) -> Result<Page<Arc<Entry>>, UseCaseError> {
    let types = all(app, by).await?;
    let begin = match after {
        // An event type is never deleted, so the last one of the previous page is still there.
        Some(cursor) => types
            .all()
            .iter()
            .position(|entry| entry.record.id.0 == cursor.id)
            .map_or(types.all().len(), |at| at + 1),
        None => 0,
    };
    let matching = types.all()[begin..].iter().filter(|entry| filter.matches(entry));
    let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    Ok(Page::of(matching.take(most).cloned().collect(), limit, |entry| Cursor {
        at: entry.record.created_at,
        id: entry.record.id.0,
    }))
}

/// An event type.
pub async fn get(app: &AppState, by: &Principal, name: &str) -> Result<Arc<Entry>, UseCaseError> {
    by.may(Action::ReadCatalogue, false)?;
    if let Some(entry) = app.event_types.current().await?.get(name) {
        return Ok(entry.clone());
    }
    // It may have been added on another node a moment ago.
    let newest = app.event_types.refreshed().await?;
    newest.get(name).cloned().ok_or(UseCaseError::NotFound)
}

/// A page of the versions of an event type, newest first.
pub async fn versions(
    app: &AppState,
    by: &Principal,
    name: &str,
    after: Option<Cursor>,
    limit: u64,
) -> Result<(Arc<Entry>, Page<EventTypeVersion>), UseCaseError> {
    let entry = get(app, by, name).await?;
    let mut versions = app.store.event_type_versions(entry.record.id).await?;
    if let Some(after) = after {
        versions.retain(|version| version_id(version.version) < after.id);
    }
    let page = Page::of(versions, limit, |version| Cursor {
        at: version.created_at,
        id: version_id(version.version),
    });
    Ok((entry, page))
}

/// The id of a version in cursors.
fn version_id(version: u32) -> Uuid {
    Uuid::from_u128(version.into())
}

/// One version of an event type.
pub async fn version(app: &AppState, by: &Principal, name: &str, number: u32) -> Result<(Arc<Entry>, EventTypeVersion), UseCaseError> {
    let entry = get(app, by, name).await?;
    let version = app.store.event_type_version(entry.record.id, number).await?;
    Ok((entry, version.ok_or(UseCaseError::NotFound)?))
}
