//! The audit log.

use crate::console::{ConsoleError, calls::TimeView};

/// What the address says of the audit log: filters, place, open entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct AuditQuery {
    /// Beginning (`2026-11-23T09:00`), in the viewer's zone.
    pub from: Option<String>,
    /// End.
    pub to: Option<String>,
    /// Part of the actor's name, or their id.
    pub actor: Option<String>,
    /// Kind of object.
    pub kind: Option<String>,
    /// Part of the object's name, or its id.
    pub object: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// Where the page begins.
    pub after: Option<String>,
    /// The entry that is open.
    pub entry: Option<String>,
}

impl AuditQuery {
    /// Its parts as they stand in an address.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let parts = [
            ("from", &self.from),
            ("to", &self.to),
            ("actor", &self.actor),
            ("kind", &self.kind),
            ("object", &self.object),
            ("action", &self.action),
            ("after", &self.after),
        ];
        let given = parts.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        given.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Whether it leaves something out.
    pub fn is_narrow(&self) -> bool {
        self.pairs().iter().any(|(name, _)| *name != "after")
    }
}

/// A row of the audit log. Kinds and actions are their names in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRowView {
    /// Which.
    pub id: String,
    /// When.
    pub at: TimeView,
    /// What kind of actor.
    pub actor_kind: String,
    /// Their name.
    pub actor: String,
    /// Where the request came from.
    pub address: Option<String>,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub kind: String,
    /// Its name.
    pub object: String,
    /// The fields that are different since.
    pub changed: Vec<String>,
}

/// A field before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferenceView {
    /// Which.
    pub field: String,
    /// How it was.
    pub before: Option<String>,
    /// How it is since.
    pub after: Option<String>,
}

/// An entry with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEntryView {
    /// The row.
    pub row: AuditRowView,
    /// The thing's id.
    pub object_id: Option<String>,
    /// What differs, field by field.
    pub differences: Vec<DifferenceView>,
    /// Whether anything was recorded besides the action.
    pub has_values: bool,
}

/// A page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditView {
    /// This page of it.
    pub rows: Vec<AuditRowView>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// The viewer's zone.
    pub zone: String,
    /// What is wrong with the filters.
    pub error: Option<String>,
    /// The entry that is open.
    pub open: Option<OpenEntryView>,
}

/// A page of the audit log.
pub async fn audit_log(query: &AuditQuery) -> Result<AuditView, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::administration::audit::page(&app, &by, query)
        .await
        .map_err(crate::console::server::console_error)
}
