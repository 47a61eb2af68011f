//! The HTTP API under `/api/v1`, for programs with API keys; and `/healthz`, `/readyz`.

mod callbacks;
mod event_types;
mod events;
mod extract;
mod health;
pub mod metrics;
mod problem;
mod resend;
mod stats;
mod webhooks;

use axum::{Router, extract::DefaultBodyLimit, routing::get, routing::post};

pub(crate) use self::extract::check_length;
pub use self::{callbacks::callback_json, event_types::schema_file, problem::Problem};
use crate::state::AppState;

/// Largest body of a publish, in bytes.
pub const EVENTS_BYTES_MAX: usize = 1024 * 1024;
/// Largest body of any other call, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// All routes of the API.
pub fn routes() -> Router<AppState> {
    let v1 = Router::new()
        .route("/events", post(events::publish).layer(DefaultBodyLimit::max(EVENTS_BYTES_MAX)))
        .route("/event-types", get(event_types::list))
        .route("/event-types/{type}", get(event_types::read))
        .route("/event-types/{type}/schema", get(event_types::schema))
        .route("/webhooks", get(webhooks::list).post(webhooks::create))
        .route(
            "/webhooks/{id}",
            get(webhooks::read).patch(webhooks::change).delete(webhooks::delete),
        )
        .route("/webhooks/{id}/callbacks", get(callbacks::list))
        .route("/webhooks/{id}/stats", get(stats::read))
        .route("/webhooks/{id}/test", post(resend::test))
        .route("/webhooks/{id}/recover", post(resend::recover))
        .route("/webhooks/{id}/secret/rotate", post(resend::rotate))
        .route("/callbacks/{id}", get(callbacks::read))
        .route("/callbacks/{id}/redeliver", post(resend::redeliver))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    Router::new()
        .nest("/api/v1", v1)
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::read))
}
