//! The log of a webhook.

use leptos::{server, server_fn::codec::GetUrl};

use crate::console::{ConsoleError, calls::LogView};

/// What the address says of the log: range, place, open callback.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// A preset: `1h`, `today`, `24h`, `7d`, `30d`, `12m`.
    pub range: Option<String>,
    /// Beginning (`2026-11-23T09:00`), in the viewer's zone.
    pub from: Option<String>,
    /// End.
    pub to: Option<String>,
    /// Only these responses: `succeeded`, `failed`, `4xx`, `none`, `503`, `TimedOut`.
    pub response: Option<String>,
    /// Only callbacks of this event.
    pub event: Option<String>,
    /// The row below which the page begins.
    pub after: Option<String>,
    /// The row above which the page ends.
    pub before: Option<String>,
    /// The callback that is open.
    pub callback: Option<String>,
}

/// A page of the log; none before the first callback.
#[server(prefix = "/fn", endpoint = "log", input = GetUrl)]
pub async fn webhook_log(id: String, #[server(default)] query: LogQuery) -> Result<Option<LogView>, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::log::page(&app, &by, &id, query)
        .await
        .map_err(crate::console::server::console_error)
}
