//! The HTTP API: `/api/v1` for programs with API keys, and `/healthz`, `/readyz` and `/metrics`.

mod callbacks;
mod event_types;
mod events;
mod extract;
mod find_events;
mod health;
mod json;
pub mod metrics;
mod problem;
mod resend;
mod stats;
mod webhooks;

use axum::{extract::DefaultBodyLimit, http::Method, routing::post};

pub use self::{
    callbacks::callback_json,
    event_types::schema_file,
    extract::key_holder,
    problem::{Problem, unreadable_request},
};
pub(crate) use self::{
    extract::{Params, check_length},
    problem::{Said, no_such_route},
};
use crate::{
    app::AppState,
    auth::rules::Action,
    routes::{Routes, Rule},
};

/// Maximum size of the body of a publish request, in bytes.
pub const EVENTS_BYTES_MAX: usize = 1024 * 1024;
/// Maximum size of the body of any other request, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// All routes of the API.
pub fn routes() -> Routes<AppState> {
    let publish = post(events::publish).layer(DefaultBodyLimit::max(EVENTS_BYTES_MAX));
    let catalogue = Rule::Key(Action::ReadCatalogue);
    let (read, write) = (Rule::Key(Action::ReadWebhooks), Rule::Key(Action::WriteWebhooks));
    let (log, again) = (Rule::Key(Action::ReadCallbacks), Rule::Key(Action::Resend));
    let v1 = Routes::new()
        .route(Method::POST, "/events", Rule::Key(Action::PublishEvents), publish)
        .get("/events", log, find_events::list)
        .get("/events/{id}", log, find_events::read)
        .get("/event-types", catalogue, event_types::list)
        .get("/event-types/{type}", catalogue, event_types::read)
        .get("/event-types/{type}/schema", catalogue, event_types::schema)
        .get("/webhooks", read, webhooks::list)
        .post("/webhooks", write, webhooks::create)
        .get("/webhooks/{id}", read, webhooks::read)
        .patch("/webhooks/{id}", write, webhooks::change)
        .delete("/webhooks/{id}", write, webhooks::delete)
        .get("/webhooks/{id}/callbacks", log, callbacks::list)
        .get("/webhooks/{id}/stats", log, stats::read)
        .post("/webhooks/{id}/test", again, resend::test)
        .post("/webhooks/{id}/recover", again, resend::recover)
        .post("/webhooks/{id}/secret/rotate", write, resend::rotate)
        .get("/callbacks/{id}", log, callbacks::read)
        .post("/callbacks/{id}/redeliver", again, resend::redeliver)
        .fallback(problem::no_such_route)
        .map(|router| router.layer(DefaultBodyLimit::max(BODY_BYTES_MAX)));
    Routes::new()
        .nest("/api/v1", v1)
        .get("/healthz", Rule::Open, health::alive)
        .get("/readyz", Rule::Open, health::ready)
        .get("/metrics", Rule::Key(Action::ReadMetrics), metrics::read)
}
