//! The console's pages, and the forms posted to them.

use axum::{
    body::Body,
    extract::{FromRef, Request, State},
    http::{Method, StatusCode},
    response::Response,
};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};

use crate::{
    app::AppState,
    auth::{oidc::CALLBACK, rules::Action},
    console::{app::App, shell::shell},
    routes::{Routes, Rule},
    web::{account, administration, assets, oidc, preferences, schema, sign_in, webhook_forms},
};

/// Who may see the pages of `console::app`.
fn rule(path: &str) -> Option<Rule> {
    let rule = match path {
        "/setup" | "/sign-in" | "/sign-in/code" => Rule::Guest,
        "/" | "/account" => Rule::Session(Action::UseConsole),
        "/webhooks" | "/webhooks/{id}" => Rule::Session(Action::ReadWebhooks),
        "/webhooks/new" => Rule::Session(Action::WriteWebhooks),
        "/event-types" | "/event-types/{type}" => Rule::Session(Action::ReadCatalogue),
        "/api-keys" | "/api-keys/new" => Rule::Session(Action::ManageApiKeys),
        "/users" | "/users/new" | "/users/{id}" => Rule::Session(Action::ManageUsers),
        "/audit-log" => Rule::Session(Action::ReadAuditLog),
        _ => return None,
    };
    Some(rule)
}

/// All pages and forms.
pub fn routes(state: &AppState) -> Routes<AppState> {
    let (app, options) = (state.clone(), state.leptos.clone());
    let context = move || provide_context(app.clone());
    let pages = generate_route_list(App);
    let mut routes = Routes::new();
    for page in &pages {
        routes = routes.page(Method::GET, page.path(), rule(page.path()));
    }
    let write = Rule::Session(Action::WriteWebhooks);
    let (keys, users) = (Rule::Session(Action::ManageApiKeys), Rule::Session(Action::ManageUsers));
    routes
        .map(|router| router.leptos_routes_with_context(state, pages, context, move || shell(options.clone(), assets::site_files())))
        .post("/preferences", Rule::Guest, preferences::keep)
        .post("/account", Rule::Session(Action::UseConsole), account::change)
        .post("/setup", Rule::Guest, sign_in::set_up)
        .post("/sign-in", Rule::Guest, sign_in::sign_in)
        .post("/sign-in/code", Rule::Guest, sign_in::code)
        .get("/sign-in/oidc", Rule::Guest, oidc::leave)
        .get(CALLBACK, Rule::Guest, oidc::back)
        .post("/sign-out", Rule::Guest, sign_in::sign_out)
        .post("/webhooks", write, webhook_forms::switch)
        .post("/webhooks/new", write, webhook_forms::create)
        .post("/webhooks/{id}", write, webhook_forms::change)
        .post("/api-keys", keys, administration::api_keys::revoke)
        .post("/api-keys/new", keys, administration::api_keys::create)
        .post("/users/new", users, administration::users::create)
        .post("/users/{id}", users, administration::users::change)
        .get(
            "/audit-log/export",
            Rule::Session(Action::ReadAuditLog),
            administration::audit::export,
        )
        .get("/event-types/{type}/schema", Rule::Session(Action::ReadCatalogue), schema::download)
        .get("/event-types/{type}/example", Rule::Session(Action::ReadCatalogue), schema::example)
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
    let mut response = render_app_async_with_context(context, move || shell(options.clone(), assets::site_files()))(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

pub(super) async fn not_found(State(state): State<AppState>, request: Request<Body>) -> Response {
    render(&state, request, (), StatusCode::NOT_FOUND).await
}
