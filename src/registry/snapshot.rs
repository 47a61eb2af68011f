//! All event types at one moment.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use bytes::Bytes;

use crate::{
    domain::{
        event_type::{EventPattern, EventType, EventTypeState, Origin},
        id::EventTypeId,
    },
    messages::Lang,
    registry::{Entry, Pack, RegistrySettings},
    storage::event_types::{EventTypeContent, EventTypeRecord},
};

/// How many names are compared to find similar ones.
const COMPARED: usize = 1_000;
/// How many similar names an error suggests.
const SUGGESTIONS: usize = 3;
/// The similarity from which a name is suggested, from 0 to 1 (Jaro-Winkler).
const SIMILAR: f64 = 0.85;

/// All event types at one moment.
#[derive(Default)]
pub struct Snapshot {
    /// The number of changes that it contains.
    pub revision: i64,
    by_type: HashMap<EventType, Arc<Entry>>,
    /// In the order of the catalogue.
    ordered: Vec<Arc<Entry>>,
    /// Types of packs that are not selected. They are not part of the catalogue, but there may be stored events of them.
    hidden: HashMap<EventType, EventTypeRecord>,
    /// The archive of all files of these event types, once somebody has asked for it.
    pub archive: OnceLock<Bytes>,
}

impl Snapshot {
    /// The event type with this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Entry>> {
        self.by_type.get(name)
    }

    /// All event types: those of packs in their own order, then the others by group and name.
    pub fn all(&self) -> &[Arc<Entry>] {
        &self.ordered
    }

    /// The record of a type that belongs to a pack that is not selected.
    pub fn hidden(&self, name: &str) -> Option<&EventTypeRecord> {
        self.hidden.get(name)
    }

    /// Whether there can be stored events of this type.
    pub fn knows(&self, name: &str) -> bool {
        self.by_type.contains_key(name) || self.hidden.contains_key(name)
    }

    /// The types that a pattern matches, in the order of the catalogue, without archived ones.
    pub fn matching<'a>(&'a self, pattern: &'a EventPattern) -> impl Iterator<Item = &'a Arc<Entry>> {
        let live = self
            .ordered
            .iter()
            .filter(|entry| entry.record.fields.state != EventTypeState::Archived);
        live.filter(move |entry| pattern.matches(&entry.record.event_type))
    }

    /// The name of a type for people. A type that is not in the catalogue is called by its name in the API.
    pub fn name_in(&self, event_type: &EventType, lang: Lang) -> String {
        self.get(event_type.as_str())
            .map_or_else(|| event_type.to_string(), |entry| entry.name_in(lang).to_owned())
    }

    /// The names that are most similar to one that does not exist.
    pub fn similar(&self, name: &str) -> Vec<&EventType> {
        let name = name.to_lowercase();
        let live = self
            .ordered
            .iter()
            .filter(|entry| entry.record.fields.state != EventTypeState::Archived);
        let likely = live.filter(|entry| entry.record.event_type.as_str().len().abs_diff(name.len()) <= 10);
        let mut similar: Vec<_> = likely
            .take(COMPARED)
            .map(|entry| {
                let other = &entry.record.event_type;
                (strsim::jaro_winkler(&name, &other.as_str().to_lowercase()), other)
            })
            .filter(|(similarity, _)| *similarity >= SIMILAR)
            .collect();
        similar.sort_by(|one, other| other.0.total_cmp(&one.0));
        similar.into_iter().take(SUGGESTIONS).map(|(_, other)| other).collect()
    }

    /// The number of types that were registered because somebody published an event of them, and that nobody has edited since.
    pub fn discovered(&self) -> usize {
        let found = self.ordered.iter().filter(|entry| {
            let record = &entry.record;
            record.origin == Origin::Discovered && record.created_at == record.updated_at
        });
        found.count()
    }

    /// Whether this snapshot does not contain the event type as it is in this record.
    pub(super) fn is_outdated(&self, record: &EventTypeRecord) -> bool {
        self.by_type.get(&record.event_type).is_none_or(|entry| entry.record != *record)
    }

    /// The snapshot after some changes. `changed` has the contents of the outdated event types. The others keep their compiled schemas.
    pub(super) fn next(
        &self,
        revision: i64,
        records: Vec<EventTypeRecord>,
        mut changed: HashMap<EventTypeId, EventTypeContent>,
        settings: &RegistrySettings,
    ) -> Self {
        let mut next = Self {
            revision,
            ..Self::default()
        };
        for record in records {
            if record.origin == Origin::Clearid && !settings.packs.contains(&Pack::Clearid) {
                next.hidden.insert(record.event_type.clone(), record);
                continue;
            }
            let entry = match (changed.remove(&record.id), self.by_type.get(&record.event_type)) {
                (Some(content), _) => Arc::new(Entry::new(record, content)),
                (None, Some(present)) => present.clone(),
                // Every event type has a row of its current version, so this does not happen.
                (None, None) => continue,
            };
            next.by_type.insert(entry.record.event_type.clone(), entry);
        }
        next.ordered = next.by_type.values().cloned().collect();
        next.ordered.sort_by_cached_key(|entry| {
            let record = &entry.record;
            let (group, name) = (
                record.fields.group.as_deref().map(str::to_lowercase),
                record.fields.name.to_lowercase(),
            );
            let is_other = record.origin != Origin::Clearid;
            (is_other, record.position, group.is_none(), group, name, record.event_type.clone())
        });
        next
    }

    /// The groups in the order of the catalogue, each once. Types without a group count as one group.
    pub fn groups(&self) -> Vec<Option<&str>> {
        let mut seen = HashSet::new();
        let groups = self.ordered.iter().map(|entry| entry.record.fields.group.as_deref());
        groups.filter(|group| seen.insert(*group)).collect()
    }
}
