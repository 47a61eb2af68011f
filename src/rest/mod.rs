//! The HTTP API: `/api/v1` for programs with API keys, and `/healthz`, `/readyz` and `/metrics`.

mod answer;
mod callbacks;
mod deliveries;
mod entity_tag;
mod event_types;
mod events;
mod extract;
mod find_events;
mod health;
mod json;
pub mod metrics;
pub mod openapi;
mod resend;
mod stats;
mod webhook_body;
mod webhooks;

use axum::extract::DefaultBodyLimit;

pub(crate) use self::answer::HoldsCredential;
pub(crate) use self::extract::{BODY_BYTES_MAX, Params};
pub use self::{callbacks::callback_json, extract::key_holder};
use crate::{app::AppState, problem::Problem, routes::Routes};

/// All routes of the API.
pub fn routes() -> Routes<AppState> {
    let v1 = Routes::new()
        .merge(events::routes())
        .merge(find_events::routes())
        .merge(event_types::routes())
        .merge(webhooks::routes())
        .merge(callbacks::routes())
        .merge(deliveries::routes())
        .merge(resend::routes())
        .merge(stats::routes())
        .fallback(no_such_route)
        .map(|router| router.layer(DefaultBodyLimit::max(extract::BODY_BYTES_MAX)));
    let described = Routes::new().nest("/api/v1", v1).merge(health::routes()).merge(metrics::routes());
    openapi::with_document(described)
}

/// Handles requests to routes that do not exist.
pub(crate) async fn no_such_route() -> Problem {
    Problem::not_found("The API has no such route.")
}
