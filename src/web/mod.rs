//! Everything over HTTP: the API, the console, the site's files, and what guards them.

mod account;
mod administration;
pub mod assets;
pub mod authorization;
mod compress;
mod csrf;
mod csv;
mod error_page;
mod export;
mod form_replay;
mod logs;
mod oidc;
pub mod pages;
mod preferences;
mod request_smuggling;
mod schema;
mod security_headers;
mod sign_in;
mod webhook_actions;
pub mod webhook_forms;

use std::time::Duration;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use tracing::Instrument;
use uuid::Uuid;

use self::authorization::Gate;
use crate::{
    app::AppState,
    request::{
        RequestId,
        client_address::{self, Secure},
    },
    rest::{self, Problem},
    routes::Routes,
};

/// A slow client or a slow database ends here.
const WHOLE_REQUEST: Duration = Duration::from_secs(60);

/// All routes, and who may use each.
pub fn routes(state: &AppState) -> Routes<AppState> {
    let console = pages::routes(state).merge(logs::routes()).map(|router| {
        router
            .layer(middleware::from_fn_with_state(state.clone(), csrf::same_origin))
            .layer(compress::pages())
            .layer(middleware::from_fn(compress::own_requests_only))
    });
    rest::routes().merge(assets::routes()).merge(console)
}

/// The whole service.
pub fn router(state: AppState) -> Router {
    behind_gate(routes(&state), state)
}

/// Puts routes behind the gate, and around them what every request needs.
pub fn behind_gate(routes: Routes<AppState>, state: AppState) -> Router {
    let (router, rules) = routes.into_parts();
    let gate = Gate::new(state.clone(), rules);
    router
        .layer(middleware::from_fn_with_state(gate, authorization::enforce))
        .layer(CatchPanicLayer::custom(|_| broken().into_response()))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, WHOLE_REQUEST))
        .layer(middleware::from_fn_with_state(state.clone(), each))
        .with_state(state)
}

/// What each request needs, in one layer: every layer clones and boxes all that lies below it. It gets an id, in the log and in the
/// answer, and an address; its meaning is made sure of; the answer gets its headers.
async fn each(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let span = tracing::info_span!("request", %id, method = %request.method(), path = request.uri().path());
    let header = HeaderValue::from_str(&id);
    request.extensions_mut().insert(RequestId(id));
    let Secure(https) = client_address::find(&app.front, &mut request);
    let reader = error_page::reader(&request);
    let timed_out = request.extensions().get::<http_server::BodyTimedOut>().cloned();
    let mut response = match span.in_scope(|| request_smuggling::refusal(&request)) {
        Some(refusal) => refusal,
        None => next.run(request).instrument(span).await,
    };
    if timed_out.is_some_and(|timed_out| timed_out.get()) {
        response = Problem::request_timeout().into_response();
    }
    response = error_page::readable(&app, reader, response).await;
    security_headers::secure(&mut response, https);
    if let Ok(value) = header {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

fn broken() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something broke",
        "This is a fault of clearhook. The log has more under the id in `x-request-id`.",
    )
}
