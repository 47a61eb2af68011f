//! The log of a webhook.

use serde::Deserialize;

use crate::console::{
    ConsoleError,
    calls::{HeaderView, TimeView},
};

/// What the address says of the log: range, filters, place, open callback.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
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
    /// What became of "Send again": `again`, `soon`, `not`.
    pub sent: Option<String>,
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackView {
    /// Where it is open.
    pub open: String,
    /// When.
    pub at: TimeView,
    /// The event's name.
    pub event: String,
    /// The URL as it was called.
    pub url: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The status code.
    pub status: Option<u16>,
    /// Its name.
    pub response: String,
    /// Its number.
    pub attempt: u32,
    /// How long it took: "38 ms".
    pub duration: String,
}

/// A callback with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCallbackView {
    /// The row; it leads to where the callback is closed.
    pub callback: CallbackView,
    /// The delivery's id.
    pub delivery: String,
    /// The event's id.
    pub event_id: String,
    /// The id that the publisher gave the event, and its source; `None` when the event is too old to be kept.
    pub ce_id: Option<(String, String)>,
    /// Why the attempt was made.
    pub trigger: String,
    /// When it ended.
    pub ended: TimeView,
    /// More about a failure.
    pub detail: Option<String>,
    /// Request headers.
    pub request_headers: Vec<HeaderView>,
    /// The body that was sent.
    pub request_body: Option<String>,
    /// Response headers.
    pub response_headers: Option<Vec<HeaderView>>,
    /// The beginning of the response body.
    pub response_body: String,
    /// Whether there was more of it.
    pub truncated: bool,
    /// Every attempt of the delivery, first to last.
    pub attempts: Vec<AttemptView>,
    /// How the delivery stands.
    pub standing: String,
    /// When the next attempt is due.
    pub due: Option<TimeView>,
    /// The request as a command of cURL, without secrets.
    pub curl: Option<String>,
    /// How it is sent again.
    pub again: AgainView,
}

/// An attempt of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptView {
    /// As the log has it.
    pub callback: CallbackView,
    /// Its number and why it was made.
    pub number: String,
    /// Whether it is the open one.
    pub current: bool,
}

/// "Send again".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgainView {
    /// Where the form goes; none when it cannot be sent again.
    pub action: Option<String>,
    /// Why it cannot.
    pub not: Option<String>,
    /// The page's query, to come back to.
    pub query: String,
    /// What became of the last time: whether it worked, and in words.
    pub done: Option<(bool, String)>,
}

/// A bar of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarView {
    /// The log of this bar alone, when it is of one webhook.
    pub href: Option<String>,
    /// What it stands for.
    pub text: String,
    /// Succeeded: top and height, of 1,000.
    pub good: Option<(i64, i64)>,
    /// Failed: top and height.
    pub bad: Option<(i64, i64)>,
}

/// The chart: succeeded above a line, failed below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartView {
    /// Oldest first; nothing where nothing happened.
    pub bars: Vec<Option<BarView>>,
    /// Where the line is, of 1,000.
    pub base: i64,
    /// "1,284 callbacks".
    pub total: String,
    /// "1,251 succeeded".
    pub succeeded: String,
    /// "33 failed".
    pub failed: String,
    /// "median 39 ms".
    pub median: Option<String>,
    /// Where counting began, when there was too much.
    pub begins: Option<TimeView>,
    /// Moments along the chart.
    pub axis: Vec<String>,
}

/// A link, or an option of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceView {
    /// Where it leads, or its value.
    pub value: String,
    /// Its name.
    pub text: String,
    /// Whether it is in force.
    pub current: bool,
}

/// The log of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogView {
    /// The page's path.
    pub path: String,
    /// This page of it.
    pub rows: Vec<CallbackView>,
    /// The page above.
    pub newer: Option<String>,
    /// The page below.
    pub older: Option<String>,
    /// The top of the log.
    pub top: String,
    /// Whether this is the top.
    pub is_top: bool,
    /// The viewer's zone.
    pub zone: String,
    /// Presets, as links.
    pub presets: Vec<ChoiceView>,
    /// What the address says of the range and the filters.
    pub asked: LogQuery,
    /// Beginning, for the date field.
    pub from: String,
    /// End, for the date field.
    pub to: String,
    /// Responses to choose from.
    pub responses: Vec<ChoiceView>,
    /// Events to choose from.
    pub events: Vec<ChoiceView>,
    /// What is wrong with the range.
    pub error: Option<String>,
    /// The chart.
    pub chart: Option<ChartView>,
    /// The rows as CSV.
    pub csv: String,
    /// The rows as JSON Lines.
    pub jsonl: String,
    /// Where news come from, when there can be any.
    pub live: Option<String>,
    /// The callback after which there are news.
    pub since: String,
    /// The callback that is open.
    pub open: Option<OpenCallbackView>,
}

/// The log of a webhook's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundLog {
    /// Nothing was called yet.
    BeforeTheFirst {
        /// Callbacks with greater ids are news.
        since: String,
    },
    /// A page of it.
    Page(Box<LogView>),
}

/// A page of the log.
pub async fn webhook_log(id: &str, query: LogQuery) -> Result<FoundLog, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::log::page(&app, &by, id, query)
        .await
        .map_err(crate::console::server::console_error)
}
