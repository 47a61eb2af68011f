//! The part of the address of a webhook's page that concerns its log.

use serde::{Deserialize, Serialize};

use crate::console::href::{href, page_query};

/// The range, the filters, the position and the open callback.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// A preset: `1h`, `today`, `24h`, `7d`, `30d`, `12m`.
    pub range: Option<String>,
    /// The start of a custom range (`2026-11-23T09:00`), in the viewer's zone.
    pub from: Option<String>,
    /// The end of a custom range.
    pub to: Option<String>,
    /// Only these responses: `succeeded`, `failed`, `4xx`, `none`, `503`, `TimedOut`. `waiting`, `held` and
    /// `failed-for-good` list deliveries instead.
    pub response: Option<String>,
    /// Only callbacks of this event type.
    pub event: Option<String>,
    /// Only callbacks of this event, message or subject.
    pub q: Option<String>,
    /// `utc` if times are shown in UTC instead of the viewer's zone.
    pub times: Option<String>,
    /// The cursor of the row above the first one of the page.
    pub after: Option<String>,
    /// The cursor of the row below the last one of the page.
    pub before: Option<String>,
    /// The id of the open callback.
    pub callback: Option<String>,
    /// The query of the list from which the page was opened (`console::pages::webhooks::list_origin`).
    pub list: Option<String>,
    /// The result of "Send again": `again`, `soon` or `not`.
    pub sent: Option<String>,
}

/// The address of the page of a webhook with another query for its log. The list and the zone are those of the present page.
pub(in crate::console::pages) fn log_href(webhook: &str, query: LogQuery) -> String {
    let LogQuery { times, list, .. } = page_query();
    href(&format!("/webhooks/{webhook}"), &LogQuery { times, list, ..query })
}

impl LogQuery {
    /// The range and the filters, without position and open callback.
    #[must_use]
    pub fn first_page(&self) -> Self {
        Self {
            after: None,
            before: None,
            ..self.closed()
        }
    }

    /// The same page of the log without an open callback.
    #[must_use]
    pub fn closed(&self) -> Self {
        Self {
            callback: None,
            sent: None,
            ..self.clone()
        }
    }
}
