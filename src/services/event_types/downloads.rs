//! Files of event types for developers of receivers: JSON Schema, example, TypeScript.

use bytes::Bytes;
use event_schema::{
    archive::{self, TypeEntry},
    typescript,
};
use serde_json::Value;

use crate::{
    app::AppState,
    auth::principal::Principal,
    domain::event_type::{EventPattern, EventTypeState},
    messages::validation::ValidationError,
    registry::{Entry, Snapshot, callback_example},
    services::{
        error::{FieldError, UseCaseError},
        event_types::{all, find},
    },
    storage::event_types::EventTypeVersion,
};

/// The number of wrong names that are reported.
const ERRORS_MAX: usize = 20;

/// A file to download.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name, in ASCII.
    pub name: String,
    /// Its media type.
    pub media: &'static str,
    /// Its content.
    pub content: Bytes,
}

/// The JSON Schema of the body of callbacks: of the current version, or of the given one.
pub fn schema(entry: &Entry, version: Option<&EventTypeVersion>) -> File {
    File {
        name: name(entry, version, "schema.json"),
        media: "application/schema+json",
        content: format!("{:#}\n", callback_schema(entry, version)).into(),
    }
}

/// An example of the body of a callback.
pub fn example(entry: &Entry, version: Option<&EventTypeVersion>) -> File {
    let body = match version {
        None => entry.callback_example(),
        Some(version) => {
            let examples: Vec<Value> = serde_json::from_str(&version.content.examples).unwrap_or_default();
            callback_example(entry.event_type(), examples.first())
        }
    };
    File {
        name: name(entry, version, "example.json"),
        media: "application/json",
        content: format!("{body:#}\n").into(),
    }
}

/// A TypeScript declaration of the body of callbacks.
pub fn typescript(entry: &Entry, version: Option<&EventTypeVersion>) -> File {
    let title = &entry.record.fields.name;
    let declaration = typescript::declaration(entry.event_type().as_str(), title, &callback_schema(entry, version));
    File {
        name: name(entry, version, "d.ts"),
        media: "application/typescript",
        content: declaration.into(),
    }
}

/// An archive with the files of all event types, or of those in `only`: names of types and patterns, separated by commas. A pattern does not
/// include archived types.
///
/// Making it takes a second with thousands of types. So the one of all types is kept until a type changes, and only one is made at a time.
pub async fn archive_file(app: &AppState, by: &Principal, only: Option<&str>) -> Result<File, UseCaseError> {
    let types = all(app, by).await?;
    let only = match only.filter(|only| !only.trim().is_empty()) {
        Some(only) => Some(patterns(app, only).await?),
        None => None,
    };
    let file = |content: Bytes| File {
        name: "event-types.zip".to_owned(),
        media: "application/zip",
        content,
    };
    if let (None, Some(content)) = (&only, types.archive.get()) {
        return Ok(file(content.clone()));
    }
    let permits = if matches!(by, Principal::Public) {
        &app.event_types.public_archives
    } else {
        &app.event_types.archives
    };
    let permit = permits.clone().acquire_owned().await;
    let made = tokio::task::spawn_blocking(move || {
        // It is held until the archive is made, even if nobody waits for it any more.
        let _permit = permit;
        match only {
            Some(only) => archive_of(&types, Some(&only)),
            None => match types.archive.get() {
                Some(content) => Ok(content.clone()),
                None => archive_of(&types, None).map(|content| types.archive.get_or_init(|| content).clone()),
            },
        }
    });
    let made = made.await.map_err(|error| error.to_string()).and_then(|made| made);
    let content = made.map_err(|error| {
        tracing::error!(%error, "fault in clearhook: the archive of event types cannot be made: {error}");
        UseCaseError::Invalid(vec![FieldError::new("", ValidationError::ImportFault)])
    })?;
    Ok(file(content))
}

fn archive_of(types: &Snapshot, only: Option<&[EventPattern]>) -> Result<Bytes, String> {
    let is_wanted = |entry: &Entry| {
        only.is_none_or(|only| {
            only.iter().any(|pattern| {
                let is_live = entry.state() != EventTypeState::Archived || pattern.exact().is_some();
                is_live && pattern.matches(entry.event_type())
            })
        })
    };
    let chosen: Vec<&Entry> = types.all().iter().map(AsRef::as_ref).filter(|entry| is_wanted(entry)).collect();
    let examples: Vec<Vec<Value>> = chosen
        .iter()
        .map(|entry| {
            let bodies = entry.examples().iter().map(|data| callback_example(entry.event_type(), Some(data)));
            bodies.collect()
        })
        .collect();
    let entries: Vec<TypeEntry<'_>> = chosen
        .iter()
        .zip(&examples)
        .map(|(entry, examples)| {
            let fields = &entry.record.fields;
            TypeEntry {
                event_type: entry.event_type().as_str(),
                name: &fields.name,
                description: &fields.description,
                group: fields.group.as_deref(),
                version: entry.record.version,
                state: fields.state.as_str(),
                callback_schema: entry.callback_schema(),
                examples,
            }
        })
        .collect();
    let archive = archive::zip(&archive::files(&entries)).map_err(|error| error.to_string())?;
    Ok(archive.into())
}

/// Reads names and patterns that are separated by commas. A type has to exist, a pattern may match nothing. However many names are unknown, the
/// database is asked once for the changes of other nodes.
async fn patterns(app: &AppState, text: &str) -> Result<Vec<EventPattern>, UseCaseError> {
    if let Ok(patterns) = known_patterns(app, text) {
        return Ok(patterns);
    }
    app.event_types.refreshed().await?;
    known_patterns(app, text).map_err(UseCaseError::Invalid)
}

fn known_patterns(app: &AppState, text: &str) -> Result<Vec<EventPattern>, Vec<FieldError>> {
    let (mut patterns, mut errors) = (Vec::new(), Vec::new());
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let found = if name.contains('*') {
            name.parse()
        } else {
            find(app, name).map(EventPattern::from)
        };
        match found {
            Ok(pattern) => patterns.push(pattern),
            Err(wrong) => errors.push(FieldError::new("/types", wrong)),
        }
    }
    if errors.is_empty() {
        return Ok(patterns);
    }
    errors.truncate(ERRORS_MAX);
    Err(errors)
}

fn callback_schema(entry: &Entry, version: Option<&EventTypeVersion>) -> Value {
    let Some(version) = version else {
        return entry.callback_schema().clone();
    };
    let schema: Option<Value> = version.content.schema.as_deref().and_then(|text| serde_json::from_str(text).ok());
    entry.callback_schema_of(schema.as_ref())
}

/// The name of a file, such as `identity.created.schema.json`, or with a version `identity.created.v2.schema.json`.
fn name(entry: &Entry, version: Option<&EventTypeVersion>, kind: &str) -> String {
    let stem = archive::stem(entry.event_type().as_str());
    match version {
        None => format!("{stem}.{kind}"),
        Some(version) => format!("{stem}.v{}.{kind}", version.version),
    }
}
