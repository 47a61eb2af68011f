//! The router: the HTTP API, the console and the files of the site, and the middleware around them.

pub mod assets;
mod export;
mod logs;
mod middleware;
pub mod pages;
mod viewer;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use self::middleware::{
    authorization::{self, Gate},
    compress, csrf, notices, request_context,
};
use crate::{
    app::AppState,
    console::pages::api_docs::Reference,
    problem::{Problem, ProblemCode},
    rest::{self, openapi},
    routes::{Routes, Row, Rule},
};

/// The time after which a request is aborted, because the client or the database is too slow.
const WHOLE_REQUEST: Duration = Duration::from_secs(60);

/// All routes with their rules.
pub fn routes(state: &AppState) -> Routes<AppState> {
    let api = rest::routes();
    let console = pages::routes(state).merge(logs::routes()).merge(export::routes());
    let console = console.merge(api_docs(state, api.rows())).map(|router| {
        router
            .layer(from_fn_with_state(state.clone(), pages::render_page_responses))
            .layer(from_fn_with_state(state.clone(), csrf::same_origin))
            .layer(from_fn(notices::only_of_own_forms))
            .layer(compress::pages())
            .layer(from_fn(compress::own_requests_only))
    });
    let api = api.map(|router| router.layer(compress::api()));
    api.merge(assets::routes()).merge(console)
}

/// The reference of the API, which everybody may read.
fn api_docs(state: &AppState, rows: &[Row]) -> Routes<AppState> {
    let rows = rows.to_vec();
    let server = state.front.public_url.to_string();
    let reference = Arc::new(Reference::new(move || openapi::document(&rows), server));
    Routes::new().get("/api/docs", Rule::Guest, async move || reference.response())
}

/// The whole service.
pub fn router(state: AppState) -> Router {
    behind_gate(routes(&state), state)
}

/// Adds authorization and the middleware that every request needs.
pub fn behind_gate(routes: Routes<AppState>, state: AppState) -> Router {
    let (router, rules) = routes.into_parts();
    let gate = Gate::new(state.clone(), rules);
    router
        .layer(from_fn_with_state(gate, authorization::enforce))
        .layer(CatchPanicLayer::custom(|_| broken().into_response()))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, WHOLE_REQUEST))
        .layer(from_fn_with_state(state.clone(), request_context::provide))
        .with_state(state)
}

/// The problem for a handler that panicked.
fn broken() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        ProblemCode::Internal,
        "Something broke",
        "This is a fault of clearhook. The log has more under the id in `x-request-id`.",
    )
}
