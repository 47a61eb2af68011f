//! The console's pages and server functions, and the forms posted to them.

use axum::{
    Router,
    body::Body,
    extract::{FromRef, Request, State},
    http::StatusCode,
    response::{Redirect, Response},
    routing::{get, post},
};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};

use crate::{
    console::{app::App, shell::shell},
    state::AppState,
    web::{forms, preferences},
};

/// All pages and forms.
pub fn routes(state: &AppState) -> Router<AppState> {
    let (app, options) = (state.clone(), state.leptos.clone());
    let context = move || provide_context(app.clone());
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(App), context, move || shell(options.clone()))
        .route("/", get(async || Redirect::to("/webhooks")))
        .route("/preferences", post(preferences::keep))
        .route("/sign-in", post(forms::sign_in))
        .route("/sign-out", post(forms::sign_out))
        .route("/webhooks", post(forms::switch))
        .route("/webhooks/new", post(forms::create))
        .route("/webhooks/{id}", post(forms::change))
        .fallback(not_found)
}

/// Renders the page at the request's own path, with `extra` in its context.
pub(super) async fn render<T: Clone + Send + Sync + 'static>(
    state: &AppState,
    request: Request<Body>,
    extra: T,
    status: StatusCode,
) -> Response {
    let (app, options) = (state.clone(), leptos::config::LeptosOptions::from_ref(state));
    let context = move || {
        provide_context(app.clone());
        provide_context(extra.clone());
    };
    let mut response = render_app_async_with_context(context, move || shell(options.clone()))(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

async fn not_found(State(state): State<AppState>, request: Request<Body>) -> Response {
    render(&state, request, (), StatusCode::NOT_FOUND).await
}
