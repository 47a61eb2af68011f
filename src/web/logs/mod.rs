//! The stream of new callbacks of a log.

mod live;

use axum::http::HeaderMap;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        pages::log::{
            load_log::{searched, zone_for},
            log_query::LogQuery,
            range::{self, Range, RangeError},
        },
        server::viewer::zone_of,
    },
    domain::{id::WebhookId, timestamp::Timestamp},
    routes::{Routes, Rule},
    services::error::UseCaseError,
    services::webhooks,
    storage::callbacks::LogFilter,
};

/// The route of the stream.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new().get("/webhooks/{id}/callbacks/live", Rule::Session(Action::ReadCallbacks), live::live)
}

/// The range and the filter that a query selects, exactly as for the page.
pub(super) async fn selection(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    query: &LogQuery,
    headers: &HeaderMap,
) -> Result<Result<(Range, LogFilter), RangeError>, UseCaseError> {
    let latest = webhooks::latest_callback(app, by, id).await?;
    let zone = zone_for(query, zone_of(headers));
    let range = Range::of(query, latest.map(|latest| latest.at), Timestamp::now(), &zone);
    match range {
        Ok(range) => {
            let filter = searched(app, by, id, query, range::filter(query, &range)).await?;
            Ok(Ok((range, filter)))
        }
        Err(error) => Ok(Err(error)),
    }
}
