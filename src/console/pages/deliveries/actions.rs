//! Server functions for the deliveries of a webhook. Each is the action of a plain form, whose answer is the page of the webhook.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::console::ConsoleError;

/// What was sent again or discarded by one request. A large amount takes several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The number of deliveries.
    pub count: u64,
    /// Where the next request continues, if there are more.
    pub rest: Option<String>,
}

/// Sends the failed or held deliveries of a webhook again that were created from `since` to before `until` (milliseconds since 1970). A request
/// takes a few seconds at most; if the result has a `rest`, the next request continues there with the same range.
#[server(prefix = "/fn", endpoint = "recover_deliveries")]
pub async fn recover_deliveries(
    id: String,
    since: i64,
    until: i64,
    #[server(default)] failed: bool,
    #[server(default)] held: bool,
    #[server(default)] rest: Option<String>,
) -> Result<Changed, ConsoleError> {
    super::forms::recover(&id, (since, until), (failed, held), rest.as_deref()).await
}

/// Discards the deliveries of a webhook that are held (`held`) or wait (`waiting`) and were created before `until` (milliseconds since 1970).
#[server(prefix = "/fn", endpoint = "discard_deliveries")]
pub async fn discard_deliveries(id: String, which: String, until: i64) -> Result<Changed, ConsoleError> {
    super::forms::discard(&id, &which, until).await
}

/// Tries the first waiting delivery of a webhook now, although callbacks are paused.
#[server(prefix = "/fn", endpoint = "try_delivery_now")]
pub async fn try_delivery_now(id: String) -> Result<(), ConsoleError> {
    super::forms::try_now(&id).await
}

/// Sends one delivery of a webhook again that failed for good or is held.
#[server(prefix = "/fn", endpoint = "redeliver_delivery")]
pub async fn redeliver_delivery(id: String, delivery: String) -> Result<(), ConsoleError> {
    super::forms::redeliver(&id, &delivery).await
}

/// Cancels one delivery of a webhook that waits or is held.
#[server(prefix = "/fn", endpoint = "cancel_delivery")]
pub async fn cancel_delivery(id: String, delivery: String) -> Result<(), ConsoleError> {
    super::forms::cancel(&id, &delivery).await
}
