//! Copies packs into the database when the service starts.

use std::collections::HashMap;

use crate::{
    catalogue::{BuiltIn, example::example_data, schema::data_schema},
    domain::event_type::{EventType, EventTypeState, Origin},
    registry::Pack,
    storage::{
        Store, StoreError,
        event_types::{EventTypeContent, EventTypeFields, EventTypeRecord, EventTypeWrite, Written},
    },
};

/// How often to try again when several nodes start at once and copy the same pack.
const ATTEMPTS: u32 = 10;

/// Brings the event types of a pack up to date: adds new ones, updates texts, and adds a version where the schema has changed. What an
/// administrator set is kept. Does nothing if nothing has changed.
pub(super) async fn synchronise(store: &Store, pack: Pack) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let writes = differences(store, pack).await?;
        match store.write_pack(&writes).await? {
            Written::Done => {
                if !writes.is_empty() {
                    tracing::info!("{} event types of the pack {pack} were added or updated", writes.len());
                }
                return Ok(());
            }
            // Another node did the same at this moment.
            Written::Stale(_) => {}
        }
    }
    tracing::warn!("the pack {pack} was not brought up to date, because its event types are changed all the time");
    Ok(())
}

async fn differences(store: &Store, pack: Pack) -> Result<Vec<EventTypeWrite>, StoreError> {
    let Pack::Clearid = pack;
    let records = store.event_types().await?;
    let contents = store.event_type_contents(&records.iter().collect::<Vec<_>>()).await?;
    let mut stored: HashMap<EventType, (EventTypeRecord, Option<EventTypeContent>)> = records
        .into_iter()
        .zip(contents)
        .map(|(record, content)| (record.event_type.clone(), (record, content)))
        .collect();
    let mut writes = Vec::new();
    for (built_in, position) in BuiltIn::ALL.into_iter().zip(1..) {
        let event_type = EventType::from(built_in);
        let found = stored.remove(&event_type);
        if found.as_ref().is_some_and(|(record, _)| record.origin == Origin::Custom) {
            tracing::warn!(%event_type, "the event type {event_type} of the pack {pack} is not used, because somebody has defined a type with this name");
            continue;
        }
        writes.extend(difference(built_in, position, found));
    }
    // Types that a later version of the pack does not have any more.
    let gone = stored.into_values().filter(|(record, _)| record.origin == Origin::Clearid);
    writes.extend(
        gone.filter(|(record, _)| record.fields.state != EventTypeState::Archived)
            .map(|(record, _)| archived(record)),
    );
    Ok(writes)
}

fn difference(built_in: BuiltIn, position: u32, stored: Option<(EventTypeRecord, Option<EventTypeContent>)>) -> Option<EventTypeWrite> {
    let (before, content) = stored.map_or((None, None), |(record, content)| (Some(record), content));
    let present = before.as_ref().map(|record| &record.fields);
    let fields = EventTypeFields {
        name: built_in.name().to_owned(),
        description: built_in.description().to_owned(),
        group: Some(built_in.group().to_owned()),
        state: present.map_or(EventTypeState::Active, |fields| fields.state),
        replaced_by: present.and_then(|fields| fields.replaced_by.clone()),
        retention_days: present.and_then(|fields| fields.retention_days),
        masked: present.map(|fields| fields.masked.clone()).unwrap_or_default(),
    };
    let (schema, examples) = (data_schema(built_in), vec![example_data(built_in)]);
    // Compared as JSON: the order of members is no difference.
    let same = |text: &str, value: &serde_json::Value| serde_json::from_str::<serde_json::Value>(text).is_ok_and(|stored| stored == *value);
    let examples = serde_json::Value::from(examples);
    let (same_schema, same_examples) = content.as_ref().map_or((false, false), |content| {
        let stored = content.schema.as_deref();
        (stored.is_some_and(|text| same(text, schema)), same(&content.examples, &examples))
    });
    let is_same = before.as_ref().is_some_and(|before| {
        before.fields == fields && before.origin == Origin::Clearid && before.position == position && same_schema && same_examples
    });
    if is_same {
        return None;
    }
    let new_version = (!same_schema).then(|| EventTypeContent {
        schema: Some(schema.to_string()),
        examples: examples.to_string(),
    });
    Some(EventTypeWrite {
        before,
        event_type: built_in.into(),
        fields,
        origin: Origin::Clearid,
        position,
        new_version,
        new_examples: (!same_examples).then(|| examples.to_string()),
    })
}

fn archived(record: EventTypeRecord) -> EventTypeWrite {
    EventTypeWrite {
        event_type: record.event_type.clone(),
        fields: EventTypeFields {
            state: EventTypeState::Archived,
            ..record.fields.clone()
        },
        origin: record.origin,
        position: record.position,
        new_version: None,
        new_examples: None,
        before: Some(record),
    }
}
