//! The log of a webhook beside its page: as a file, as a stream of news, and a callback sent again.

mod again;
mod export;
mod file;
mod live;

use axum::{
    Router,
    http::request::Parts,
    routing::{get, post},
};

use crate::{
    auth::principal::Principal,
    console::{
        calls::LogQuery,
        server::{
            range::{self, Range, RangeError},
            viewer::zone_of,
        },
    },
    domain::{id::WebhookId, timestamp::Timestamp},
    state::AppState,
    storage::callbacks::LogFilter,
    webhooks::{self, UseCaseError},
};

/// Routes of the log.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/webhooks/{id}/callbacks/export", get(export::export))
        .route("/webhooks/{id}/callbacks/live", get(live::live))
        .route("/webhooks/{id}/callbacks/{callback}/send-again", post(again::send_again))
}

/// What an address asks for, as the page itself reads it.
async fn asked(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    query: &LogQuery,
    parts: &Parts,
) -> Result<Result<(Range, LogFilter), RangeError>, UseCaseError> {
    let latest = webhooks::latest_callback(app, by, id).await?;
    let range = Range::of(query, latest.map(|latest| latest.at), Timestamp::now(), &zone_of(&parts.headers));
    Ok(range.map(|range| {
        let filter = range::filter(query, &range);
        (range, filter)
    }))
}
