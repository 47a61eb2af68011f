//! The log of a webhook beside its page: as a file, as a stream of news, and a callback sent again.

mod export;
mod file;
mod live;
mod redeliver;

use axum::http::request::Parts;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        calls::LogQuery,
        server::{
            range::{self, Range, RangeError},
            viewer::zone_of,
        },
    },
    domain::{id::WebhookId, timestamp::Timestamp},
    routes::{Routes, Rule},
    services::error::UseCaseError,
    services::webhooks,
    storage::callbacks::LogFilter,
};

/// Routes of the log.
pub(super) fn routes() -> Routes<AppState> {
    let (read, resend) = (Rule::Session(Action::ReadCallbacks), Rule::Session(Action::Resend));
    Routes::new()
        .get("/webhooks/{id}/callbacks/export", read, export::export)
        .get("/webhooks/{id}/callbacks/live", read, live::live)
        .post("/webhooks/{id}/callbacks/{callback}/send-again", resend, redeliver::send_again)
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
