//! How everything fares.

use crate::{
    console::{
        ConsoleError,
        calls::{ChartView, LastView},
        server,
    },
    domain::webhook::Status,
};

/// How everything fares that the viewer may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewView {
    /// Whether there is any webhook.
    pub any: bool,
    /// Whether they may add webhooks.
    pub may_write: bool,
    /// Callbacks of the last 24 hours, when there were any.
    pub chart: Option<ChartView>,
    /// How many of them succeeded: "98.7%".
    pub rate: Option<String>,
    /// Deliveries that are not done yet: "12", "more than 10,000".
    pub waiting: String,
    /// How many webhooks stand how.
    pub standings: [(Status, String); 3],
    /// Webhooks that need attention.
    pub troubles: Vec<TroubleView>,
    /// Whether more are failing, or more are disabled, than are shown.
    pub more: [(Status, bool); 2],
}

/// A webhook that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubleView {
    /// Which.
    pub id: String,
    /// How people call it.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// Why it needs attention: sentences.
    pub why: Vec<String>,
    /// Its newest callback.
    pub last: Option<LastView>,
}

/// How everything fares.
pub async fn overview() -> Result<OverviewView, ConsoleError> {
    let (app, by) = server::caller()?;
    server::overview::view(&app, &by).await.map_err(server::console_error)
}
