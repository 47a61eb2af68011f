//! Validates stored events against a schema, before the schema is used.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    app::AppState,
    domain::{event_type::EventType, id::EventId},
    registry::EntrySchema,
    services::{
        compatibility::{StoredCheck, StoredReason},
        error::UseCaseError,
        events::data_of_stored,
    },
    storage::event_types::Sample,
};

/// How many events are validated, newest first.
const EVENTS_MAX: u64 = 1_000;
/// How long validating may take. The result then says that it is not complete.
const LIMIT: Duration = Duration::from_secs(5);
/// Maximum number of reasons in a result.
const REASONS_MAX: usize = 20;
/// Maximum number of reasons that are counted.
const COUNTED_MAX: usize = 1_000;

/// Validates the newest stored events of a type against a schema. A few events are in memory at once.
pub(super) async fn check_stored(app: &AppState, event_type: &EventType, schema: &EntrySchema) -> Result<StoredCheck, UseCaseError> {
    let end = Instant::now() + LIMIT;
    // The semaphore is never closed.
    let _permit = app.event_types.checks.acquire().await.ok();
    let (mut counts, mut after) = (Counts::default(), None);
    while counts.checked < EVENTS_MAX {
        if Instant::now() >= end {
            return Ok(counts.result(false));
        }
        let samples = app.store.samples(event_type, after, EVENTS_MAX - counts.checked).await?;
        let Some(last) = samples.last() else { break };
        after = Some(last.id);
        let schema = schema.clone();
        let validated = tokio::task::spawn_blocking(move || {
            for sample in samples {
                counts.add(sample, &schema);
            }
            counts
        });
        let Ok(next) = validated.await else {
            return Ok(StoredCheck::default());
        };
        counts = next;
    }
    Ok(counts.result(true))
}

#[derive(Default)]
struct Counts {
    checked: u64,
    rejected: u64,
    /// The number of events per pointer and sentence, and the newest of them.
    reasons: HashMap<(String, String), (u64, EventId)>,
}

impl Counts {
    fn add(&mut self, sample: Sample, schema: &EntrySchema) {
        self.checked += 1;
        let errors = errors(&sample.body, schema);
        if errors.is_empty() {
            return;
        }
        self.rejected += 1;
        for reason in errors {
            if self.reasons.len() < COUNTED_MAX || self.reasons.contains_key(&reason) {
                self.reasons.entry(reason).or_insert((0, sample.id)).0 += 1;
            }
        }
    }

    fn result(self, complete: bool) -> StoredCheck {
        let mut reasons: Vec<StoredReason> = self
            .reasons
            .into_iter()
            .map(|((pointer, detail), (events, event_id))| StoredReason {
                pointer,
                detail,
                events,
                event_id,
            })
            .collect();
        reasons.sort_by(|one, other| (other.events, &one.pointer, &one.detail).cmp(&(one.events, &other.pointer, &other.detail)));
        reasons.truncate(REASONS_MAX);
        StoredCheck {
            checked: self.checked,
            rejected: self.rejected,
            complete,
            reasons,
        }
    }
}

/// Why a schema rejects a stored event: pointers within `data`, and sentences.
fn errors(body: &str, schema: &EntrySchema) -> Vec<(String, String)> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }
    let only = |detail: &str| vec![(String::new(), detail.to_owned())];
    match serde_json::from_str::<Body<'_>>(body) {
        Err(_) => only("The stored event cannot be read."),
        Ok(Body { data: None }) if schema.is_any() => Vec::new(),
        Ok(Body { data: None }) => only("The event has no data."),
        Ok(Body { data: Some(data) }) => match data_of_stored(data) {
            Some(data) => schema
                .errors(&data)
                .into_iter()
                .map(|error| (error.pointer, error.detail))
                .collect(),
            None => only("The stored data cannot be read."),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::new_id;

    #[test]
    fn reasons_are_counted_once_per_event() {
        let schema = EntrySchema::of(Some(
            r#"{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}},"additionalProperties":false}"#,
        ));
        let mut counts = Counts::default();
        let ids: Vec<EventId> = (0..5).map(|_| new_id()).collect();
        for (id, body) in ids.iter().zip([
            r#"{"id":"1","data":{"n":1}}"#,
            r#"{"id":"2","data":{"n":"1"}}"#,
            r#"{"id":"3","data":{"n":"2"}}"#,
            r#"{"id":"4"}"#,
            r#"{"id":"5","data":{"n":1e999}}"#,
        ]) {
            let sample = Sample {
                id: *id,
                body: body.to_owned(),
            };
            counts.add(sample, &schema);
        }
        let result = counts.result(true);
        assert_eq!((result.checked, result.complete), (5, true));
        assert!(result.rejected >= 3, "{result:?}");
        assert_eq!(
            (
                result.reasons[0].pointer.as_str(),
                result.reasons[0].events,
                result.reasons[0].event_id
            ),
            ("/n", 2, ids[1])
        );
        let any = errors(r#"{"id":"4"}"#, &EntrySchema::Any);
        assert!(any.is_empty());
    }
}
