//! The query of the audit log: filters, place in the list, and the open entry.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{domain::timestamp::Timestamp, messages::validation::ValidationError, storage::audit::AuditFilter};

/// The query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// The beginning (`2026-11-23T09:00`), in the viewer's time zone.
    pub from: Option<String>,
    /// The end.
    pub to: Option<String>,
    /// A part of the actor's name, or the actor's id.
    pub actor: Option<String>,
    /// The kind of object.
    pub kind: Option<String>,
    /// A part of the object's name, or its id.
    pub object: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// The cursor of the page.
    pub after: Option<String>,
    /// The open entry.
    pub entry: Option<String>,
}

impl AuditQuery {
    /// The query with only its filters.
    #[must_use]
    pub fn filters(&self) -> Self {
        Self {
            after: None,
            entry: None,
            ..self.clone()
        }
    }

    /// Whether a filter is set.
    pub fn is_filtered(&self) -> bool {
        self.filters() != Self::default()
    }

    /// The filter for the database. A kind or an action that does not exist filters nothing.
    pub fn filter(&self, zone: &TimeZone) -> Result<AuditFilter, ValidationError> {
        let moment = |text: &Option<String>| {
            let given = text.as_deref().filter(|text| !text.is_empty());
            given
                .map(|text| Timestamp::parse_local(text, zone))
                .transpose()
                .map_err(|_| ValidationError::Moment)
        };
        Ok(AuditFilter {
            from: moment(&self.from)?,
            to: moment(&self.to)?,
            actor: self.actor.clone(),
            kind: self.kind.as_deref().and_then(|kind| kind.parse().ok()),
            object: self.object.clone(),
            action: self.action.as_deref().and_then(|action| action.parse().ok()),
        })
    }
}
