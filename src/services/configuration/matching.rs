//! Which stored webhook an entry of a document means: the one with its id; without an id, or with an id that this installation does not have,
//! the one with its name. A name that does not say which is an error.

use std::collections::{HashMap, HashSet};

use super::WebhookEntry;
use crate::{
    domain::id::{WebhookId, listed},
    services::error::FieldError,
    storage::webhooks::WebhookRecord,
};

/// The place of the stored webhook of each entry. `None`: the entry is a new webhook.
pub(super) fn matched(entries: &[WebhookEntry], stored: &[WebhookRecord], errors: &mut Vec<FieldError>) -> Vec<Option<usize>> {
    let by_id: HashMap<WebhookId, usize> = stored.iter().enumerate().map(|(place, webhook)| (webhook.id, place)).collect();
    let mut taken = HashSet::new();
    let mut ids = HashSet::new();
    let mut places: Vec<Option<usize>> = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        if let Some(id) = entry.id
            && !ids.insert(id)
        {
            errors.push(FieldError::new(
                format!("/webhooks/{at}/id"),
                "Another webhook of the document has this id; remove one of them.",
            ));
        }
        let place = entry.id.and_then(|id| by_id.get(&id).copied());
        taken.extend(place);
        places.push(place);
    }
    let mut free: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, webhook) in stored.iter().enumerate().filter(|(place, _)| !taken.contains(place)) {
        free.entry(webhook.fields.name.as_str()).or_default().push(place);
    }
    let mut names: HashMap<&str, usize> = HashMap::new();
    for entry in entries {
        *names.entry(name(entry)).or_default() += 1;
    }
    for (at, entry) in entries.iter().enumerate() {
        if places.get(at).is_some_and(Option::is_some) {
            continue;
        }
        let candidates = free.get(name(entry)).map_or(&[][..], Vec::as_slice);
        let is_twice = names.get(name(entry)).is_some_and(|count| *count > 1);
        let mut wrong = |detail: String| errors.push(FieldError::new(format!("/webhooks/{at}/name"), detail));
        match candidates {
            _ if name(entry).is_empty() => {
                if entry.id.is_some() {
                    wrong("There is no webhook with this id; give the name of a new one.".to_owned());
                } else {
                    wrong("Give the id or the name of the webhook.".to_owned());
                }
            }
            // Without an id it would not be clear which one is meant, today or when the document is applied again.
            _ if is_twice && (entry.id.is_none() || !candidates.is_empty()) => {
                wrong("Another webhook of the document has this name; give each its id, or another name.".to_owned());
            }
            [] => {}
            [only] => {
                if let Some(place) = places.get_mut(at) {
                    *place = Some(*only);
                }
            }
            several => {
                let ids: Vec<WebhookId> = several
                    .iter()
                    .filter_map(|place| stored.get(*place))
                    .map(|webhook| webhook.id)
                    .collect();
                wrong(format!(
                    "{} webhooks have this name; give the id of the right one: {}.",
                    several.len(),
                    listed(&ids)
                ));
            }
        }
    }
    places
}

/// The name of an entry as it is stored. Empty if it has none.
fn name(entry: &WebhookEntry) -> &str {
    entry.name.as_deref().map(str::trim).unwrap_or_default()
}
