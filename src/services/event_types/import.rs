//! Imports event types from an API document or from examples: all or nothing, with a dry run.

use std::{collections::HashSet, sync::Arc};

use event_schema::import::{self as document, ImportedType};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::event_type::Origin,
    messages::validation::ValidationError,
    registry::{Entry, EntrySchema, Snapshot},
    services::{
        compatibility::{Incompatible, SchemaChange},
        error::{FieldError, UseCaseError},
        event_types::{
            input::{Checked, EventTypeInput, check_fields},
            write::{Difference, changes, content, write_of},
        },
    },
    storage::event_types::{EventTypeWrite, Written},
};

/// Maximum number of event types of an installation that an import may lead to.
const TYPES_MAX: usize = 20_000;
/// Maximum number of errors in one response.
const ERRORS_MAX: usize = 100;
/// How often to try again while others change the same event types.
const ATTEMPTS: u32 = 5;

/// How a document is imported.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// Only say what would happen.
    pub dry_run: bool,
    /// Accept incompatible schemas.
    pub breaking: bool,
    /// The group of types for which the document names none.
    pub group: Option<String>,
    /// The name of the file, from which types without a name get theirs.
    pub file_name: Option<String>,
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ImportResult")]
pub struct Import {
    /// Whether nothing was stored because only the result was asked for.
    pub dry_run: bool,
    /// Types that did not exist.
    pub new: Vec<String>,
    /// Types that have changed.
    pub changed: Vec<Changed>,
    /// Types that are as in the document already.
    pub unchanged: Vec<String>,
    /// Types that cannot be imported. If there are any, nothing is stored.
    pub rejected: Vec<Rejected>,
    /// Examples that were left out, because they do not match the schema of the document.
    pub omitted_examples: Vec<Rejected>,
}

/// A changed event type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ChangedEventType")]
pub struct Changed {
    /// The type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Whether its schema gets a new version.
    pub new_version: bool,
    /// What the new schema breaks.
    pub changes: Vec<SchemaChange>,
}

/// Something in the document that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RejectedEventType")]
pub struct Rejected {
    /// The type, if it is known.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The place in the document, as a JSON pointer.
    pub pointer: String,
    /// Why it cannot be imported.
    pub detail: String,
}

/// Imports all event types of a document, or none.
pub async fn import(app: &AppState, by: &Principal, bytes: Vec<u8>, request: ImportRequest) -> Result<Import, UseCaseError> {
    by.may(Action::WriteEventTypes, false)?;
    let file_name = request.file_name.clone();
    let read = blocking(move || document::read_all(&bytes, file_name.as_deref())).await?;
    let unreadable: Vec<Rejected> = read
        .errors
        .into_iter()
        .map(|error| Rejected {
            event_type: None,
            pointer: error.pointer,
            detail: error.detail,
        })
        .collect();
    if read.types.is_empty() && !unreadable.is_empty() {
        return refused(unreadable, &request);
    }
    let types = Arc::new(read.types);
    for _ in 0..ATTEMPTS {
        let snapshot = app.event_types.refreshed().await?;
        let (planned, group) = (types.clone(), request.group.clone());
        let plan = blocking(move || Plan::of(&planned, &snapshot, group.as_deref())).await?;
        if plan.total > TYPES_MAX {
            let max = TYPES_MAX as u64;
            return Err(UseCaseError::Invalid(vec![FieldError::new(
                "",
                ValidationError::TooManyTypes { max },
            )]));
        }
        let mut result = Import {
            dry_run: request.dry_run,
            new: plan.new,
            unchanged: plan.unchanged,
            omitted_examples: plan.omitted,
            ..Import::default()
        };
        for (present, schema, new_version) in plan.changed {
            result.changed.push(Changed {
                event_type: present.event_type().to_string(),
                new_version,
                changes: if new_version {
                    changes(present.schema(), &schema).await
                } else {
                    Vec::new()
                },
            });
        }
        let rejected = [unreadable.clone(), plan.rejected].concat();
        if !rejected.is_empty() {
            return refused(rejected, &request).map(|refused| Import {
                rejected: refused.rejected,
                ..result
            });
        }
        if request.dry_run {
            return Ok(result);
        }
        let breaking: Vec<SchemaChange> = result.changed.iter().flat_map(in_import).take(ERRORS_MAX).collect();
        if !breaking.is_empty() && !request.breaking {
            return Err(UseCaseError::Incompatible(Box::new(Incompatible {
                changes: breaking,
                stored_events: None,
            })));
        }
        if app.store.import_event_types(&by.actor(), &plan.writes).await? == Written::Done {
            tracing::info!("{} event types were imported, {} changed", result.new.len(), result.changed.len());
            app.event_types.current().await?;
            return Ok(result);
        }
    }
    Err(UseCaseError::Stale)
}

/// The answer to a document with errors. A dry run reports them, an import fails.
fn refused(mut rejected: Vec<Rejected>, request: &ImportRequest) -> Result<Import, UseCaseError> {
    rejected.truncate(ERRORS_MAX);
    // A file that cannot be read at all is an error of the request.
    let is_unreadable = rejected.iter().all(|error| error.pointer.is_empty() && error.event_type.is_none());
    if request.dry_run && !is_unreadable {
        return Ok(Import {
            dry_run: true,
            rejected,
            ..Import::default()
        });
    }
    let error = |rejected: Rejected| {
        let detail = match rejected.event_type {
            Some(event_type) => format!("{event_type}: {}", rejected.detail),
            None => rejected.detail,
        };
        FieldError::new(rejected.pointer, detail)
    };
    Err(UseCaseError::Invalid(rejected.into_iter().map(error).collect()))
}

/// The changes of one type among those of others.
fn in_import(changed: &Changed) -> impl Iterator<Item = SchemaChange> {
    changed.changes.iter().map(|change| SchemaChange {
        detail: format!("{}: {}", changed.event_type, change.detail),
        ..change.clone()
    })
}

/// What an import would do.
#[derive(Default)]
struct Plan {
    new: Vec<String>,
    /// Each changed type with its new schema, and whether that becomes a new version.
    changed: Vec<(Arc<Entry>, EntrySchema, bool)>,
    unchanged: Vec<String>,
    rejected: Vec<Rejected>,
    omitted: Vec<Rejected>,
    writes: Vec<EventTypeWrite>,
    /// The number of event types afterwards.
    total: usize,
}

impl Plan {
    fn of(types: &[ImportedType], snapshot: &Snapshot, group: Option<&str>) -> Self {
        let mut plan = Self::default();
        let mut seen = HashSet::new();
        for imported in types {
            if !seen.insert(imported.event_type.as_str()) {
                plan.reject(imported, "", "The document describes this type twice.");
                continue;
            }
            plan.add(imported, snapshot, group);
        }
        plan.total = snapshot.all().len() + plan.new.len();
        plan
    }

    fn add(&mut self, imported: &ImportedType, snapshot: &Snapshot, group: Option<&str>) {
        let present = snapshot.get(&imported.event_type);
        let input = input_of(imported, present.map(|entry| &**entry), group);
        let mut checked = match check_fields(snapshot, input, present.map(|entry| &**entry)) {
            Ok(checked) => checked,
            Err(errors) => {
                for error in errors {
                    // The schema stands in the document; the other fields are made from it.
                    let place = if error.pointer.starts_with("/schema") {
                        ""
                    } else {
                        error.pointer.as_str()
                    };
                    self.reject(imported, place, &error.detail);
                }
                return;
            }
        };
        self.omit_examples(imported, &mut checked, present.is_some() && imported.examples.is_empty());
        let Some(present) = present else {
            self.new.push(imported.event_type.clone());
            self.writes.push(EventTypeWrite {
                before: snapshot.hidden(&imported.event_type).cloned(),
                new_version: Some(content(&checked)),
                new_examples: None,
                event_type: checked.event_type,
                fields: checked.fields,
                origin: Origin::Custom,
                position: 0,
            });
            return;
        };
        let difference = Difference::between(present, &checked);
        if difference.is_none() {
            self.unchanged.push(imported.event_type.clone());
        } else if present.record.origin == Origin::Clearid && difference.is_beyond_state {
            self.reject(imported, "", &ValidationError::TypeOfPack.to_string());
        } else {
            self.changed.push((present.clone(), checked.schema.clone(), difference.schema));
            self.writes.push(write_of(present, checked, &difference));
        }
    }

    /// Examples of published documents often do not match their own schema. Those are left out and reported. Stored examples that the new
    /// schema rejects are left out, too, because the document takes their place.
    fn omit_examples(&mut self, imported: &ImportedType, checked: &mut Checked, are_stored: bool) {
        let schema = &checked.schema;
        let (valid, invalid): (Vec<Value>, Vec<Value>) = std::mem::take(&mut checked.examples)
            .into_iter()
            .partition(|example| schema.errors(example).is_empty());
        for example in &invalid {
            let reason = schema.errors(example).into_iter().next();
            let reason = reason.map_or_else(String::new, |error| format!(" ({}: {})", error.pointer, error.detail));
            let which = if are_stored { "A stored example" } else { "An example" };
            self.omitted.push(Rejected {
                event_type: Some(imported.event_type.clone()),
                pointer: imported.pointer.clone(),
                detail: format!("{which} does not match the schema and is left out{reason}."),
            });
        }
        self.omitted.truncate(ERRORS_MAX);
        checked.examples = valid;
    }

    fn reject(&mut self, imported: &ImportedType, place: &str, detail: &str) {
        let detail = if place.is_empty() {
            detail.to_owned()
        } else {
            format!("{place}: {detail}")
        };
        self.rejected.push(Rejected {
            event_type: Some(imported.event_type.clone()),
            pointer: imported.pointer.clone(),
            detail,
        });
    }
}

/// The fields of a type after the import. What the document does not say stays as it is.
fn input_of(imported: &ImportedType, present: Option<&Entry>, group: Option<&str>) -> EventTypeInput {
    let mut input = match present {
        Some(entry) => EventTypeInput::of(entry),
        None => EventTypeInput {
            event_type: imported.event_type.clone(),
            group: group.map(str::to_owned),
            ..EventTypeInput::default()
        },
    };
    if !imported.name.is_empty() {
        input.name = Some(imported.name.chars().take(200).collect());
    }
    if !imported.description.is_empty() {
        input.description.clone_from(&imported.description);
    }
    if imported.group.is_some() {
        input.group.clone_from(&imported.group);
    }
    input.schema.clone_from(&imported.schema);
    if !imported.examples.is_empty() {
        // More than a type may have are no fault of the document.
        input.examples = imported.examples.iter().take(20).cloned().collect();
    }
    input
}

/// Runs something that takes long outside of the threads that serve requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, UseCaseError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "fault in clearhook: an import panicked: {error}");
        UseCaseError::Invalid(vec![FieldError::new("", ValidationError::ImportFault)])
    })
}
