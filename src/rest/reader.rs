//! The reader of a response that lasts longer than one query.

use crate::app::AppState;

/// The reader of a response that lasts longer than one query, such as an export or a live stream.
pub(crate) trait Reader: Send + Sync + 'static {
    /// Whether the reader may still read what the response contains. False also if the database cannot answer.
    fn may_still_read(&self, app: &AppState) -> impl Future<Output = bool> + Send;
}
