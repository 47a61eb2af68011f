//! The HTTP API: `/api/v1` for programs with API keys, and `/healthz`, `/readyz` and `/metrics`.

mod answer;
mod api_keys;
mod audit;
mod callbacks;
mod configuration;
mod deliveries;
mod entity_tag;
mod erase;
mod event_types;
mod events;
pub(crate) mod export;
mod extract;
mod find_events;
mod health;
mod json;
mod key_reader;
mod live;
pub mod metrics;
pub mod openapi;
pub(crate) mod reader;
mod resend;
mod stats;
mod users;
mod webhook_body;
mod webhooks;

use axum::extract::DefaultBodyLimit;

pub(crate) use self::answer::HoldsCredential;
pub use self::extract::key_holder;
pub(crate) use self::extract::{BODY_BYTES_MAX, Params};
use crate::{app::AppState, problem::Problem, routes::Routes};

/// All routes of the API.
pub fn routes() -> Routes<AppState> {
    let v1 = Routes::new()
        .merge(events::routes())
        .merge(find_events::routes())
        .merge(erase::routes())
        .merge(event_types::routes())
        .merge(webhooks::routes())
        .merge(callbacks::routes())
        .merge(export::routes())
        .merge(live::routes())
        .merge(deliveries::routes())
        .merge(resend::routes())
        .merge(stats::routes())
        .merge(configuration::routes())
        .merge(users::routes())
        .merge(api_keys::routes())
        .merge(audit::routes())
        .fallback(no_such_route)
        .map(|router| router.layer(DefaultBodyLimit::max(extract::BODY_BYTES_MAX)));
    let described = Routes::new().nest("/api/v1", v1).merge(health::routes()).merge(metrics::routes());
    openapi::with_document(described)
}

/// Handles requests to routes that do not exist.
pub(crate) async fn no_such_route() -> Problem {
    Problem::not_found("The API has no such route.")
}
