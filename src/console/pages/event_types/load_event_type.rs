//! Loads the page of an event type.

use std::sync::Arc;

use super::entry_texts::pretty;
use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::{schema_tree, time::TimeView},
        server::{cell_view, lang, zone},
    },
    domain::event_type::{EventType, EventTypeState, Origin},
    registry::{Entry, callback_example},
    services::{error::UseCaseError, event_types, webhooks},
    storage::{event_types::EventTypeVersion, webhooks::WebhookRecord},
};

/// Maximum number of webhooks that the page lists. The list of webhooks has all of them.
const ROWS: u64 = 20;

/// What the page shows.
#[derive(Clone, Debug)]
pub(super) struct EventTypeView {
    /// The type.
    pub(super) event_type: EventType,
    /// Its name.
    pub(super) name: String,
    /// Its description.
    pub(super) description: String,
    /// Its section.
    pub(super) group: Option<String>,
    /// Its state.
    pub(super) state: EventTypeState,
    /// The type to use instead.
    pub(super) replaced_by: Option<EventType>,
    /// Where it comes from.
    pub(super) origin: Origin,
    /// Its current version.
    pub(super) version: u32,
    /// The version that is shown.
    pub(super) shown: u32,
    /// For how many days payloads are kept.
    pub(super) retention: Option<u32>,
    /// JSON pointers of hidden values.
    pub(super) masked: Vec<String>,
    /// The number of events in the last 24 hours. `None` for readers who are not signed in.
    pub(super) events: Option<u64>,
    /// The fields as HTML.
    pub(super) tree: Arc<str>,
    /// Bodies of callbacks with the examples.
    pub(super) examples: Vec<String>,
    /// The versions, newest first.
    pub(super) versions: Vec<VersionView>,
    /// The webhooks that receive it. `None` for readers who are not signed in.
    pub(super) subscribers: Option<SubscribersView>,
    /// Other types, for the form that sets `replaced_by`.
    pub(super) others: Arc<Vec<EventType>>,
    /// Whether the viewer may change its state.
    pub(super) may_write: bool,
    /// Whether the viewer may change the rest as well. Nobody may change a type of a pack.
    pub(super) may_edit: bool,
}

/// A row of the table of versions.
#[derive(Clone, Debug)]
pub(super) struct VersionView {
    /// Its number.
    pub(super) number: u32,
    /// When it was added.
    pub(super) at: TimeView,
}

/// The webhooks that receive a type, among those that the viewer may see.
#[derive(Clone, Debug)]
pub(super) struct SubscribersView {
    /// The first ones.
    pub(super) first: Vec<WebhookRecord>,
    /// The number of all.
    pub(super) total: u64,
    /// Whether the viewer may add webhooks.
    pub(super) may_write: bool,
}

/// A version of a type: its schema of `data` and its examples.
pub(super) async fn version_of(app: &AppState, entry: &Entry, number: u32) -> Result<EventTypeVersion, UseCaseError> {
    let found = app.store.event_type_version(entry.record.id, number).await?;
    found.ok_or(UseCaseError::NotFound)
}

/// Loads the page.
pub(super) async fn load(app: &AppState, by: &Principal, key: &str, version: Option<u32>) -> Result<EventTypeView, UseCaseError> {
    let entry = event_types::get(app, by, key).await?;
    let (lang, zone) = (lang(), zone());
    let (record, event_type) = (&entry.record, entry.event_type().clone());
    let versions = app.store.event_type_versions(record.id).await?;
    let shown = version.unwrap_or(record.version);
    let content = &versions
        .iter()
        .find(|version| version.version == shown)
        .ok_or(UseCaseError::NotFound)?
        .content;
    let tree = if shown == record.version {
        schema_tree::html_of_entry(&entry, lang)
    } else {
        let data = content.schema.as_deref().and_then(|text| serde_json::from_str(text).ok());
        schema_tree::html(&entry.callback_schema_of(data.as_ref()), lang).into()
    };
    let examples: Vec<serde_json::Value> = serde_json::from_str(&content.examples).unwrap_or_default();
    let bodies = if shown == record.version && entry.built_in.is_some() {
        vec![pretty(&entry.callback_example())]
    } else {
        examples
            .iter()
            .map(|data| pretty(&callback_example(&event_type, Some(data))))
            .collect()
    };
    let is_internal = !matches!(by, Principal::Public);
    let (subscribers, events) = if is_internal {
        let types = [event_type.clone()];
        let events = event_types::events_of_last_day(app, by, &types);
        let (subscribed, events) = tokio::try_join!(webhooks::subscribed_webhooks(app, by, &event_type, ROWS), events)?;
        let view = SubscribersView {
            first: subscribed.0,
            total: subscribed.1,
            may_write: by.may(Action::WriteWebhooks, false).is_ok(),
        };
        (Some(view), Some(events.get(&event_type).copied().unwrap_or(0)))
    } else {
        (None, None)
    };
    let may_write = by.may(Action::WriteEventTypes, false).is_ok();
    let others = if may_write && record.fields.state == EventTypeState::Active {
        let catalogue = app.event_types.loaded();
        let live = catalogue.all().iter().filter(|other| other.state() == EventTypeState::Active);
        live.map(|other| other.event_type().clone())
            .filter(|other| *other != event_type)
            .collect()
    } else {
        Vec::new()
    };
    Ok(EventTypeView {
        name: entry.name_in(lang).to_owned(),
        description: entry.description_in(lang).to_owned(),
        group: entry.group_in(lang).map(str::to_owned),
        state: record.fields.state,
        replaced_by: record.fields.replaced_by.clone(),
        origin: record.origin,
        version: record.version,
        shown,
        retention: record.fields.retention_days,
        masked: record.fields.masked.clone(),
        events,
        tree,
        examples: bodies,
        versions: versions
            .iter()
            .map(|version| VersionView {
                number: version.version,
                at: cell_view(version.created_at, &zone, lang),
            })
            .collect(),
        subscribers,
        others: Arc::new(others),
        may_write,
        may_edit: may_write && record.origin != Origin::Clearid,
        event_type,
    })
}
