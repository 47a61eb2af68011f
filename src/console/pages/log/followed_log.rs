//! What an open page knows of its log.

use serde::{Deserialize, Serialize};

/// The log that a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedLog {
    /// The id of the webhook.
    pub webhook: String,
    /// The query of the first page of the log, encoded.
    pub query: String,
    /// The address of the stream. `None` if the range is over.
    pub stream: Option<String>,
    /// Callbacks with greater ids are new. (Ids sort by time.)
    pub since: String,
    /// Whether the first page is shown.
    pub is_top: bool,
    /// The address of the first page.
    pub top: String,
}
