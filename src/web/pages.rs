//! The console's pages: their routes, and how a page becomes a document.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::Response,
};
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, generate_route_list, render_app_async_with_context};

use crate::{
    app::AppState,
    console::{
        app::{App, PAGES, framed},
        document::document,
        page_response::PageResponse,
        pages::{self, not_found::NotFound},
    },
    routes::Routes,
    web::assets,
};

/// All pages and forms.
pub fn routes(state: &AppState) -> Routes<AppState> {
    let (app, options) = (state.clone(), state.leptos.clone());
    let context = move || provide_context(app.clone());
    let document = move || document(options.clone(), assets::site_files(), App);
    // Starts the executor of leptos. Its own `leptos_routes` would also add the server functions, without their rules.
    let known = generate_route_list(App);
    let render = render_app_async_with_context(context, document);
    let mut routes = Routes::new();
    for path in known.iter().map(AxumRouteListing::path) {
        let rule = PAGES.iter().find(|page| page.path == path).map(|page| page.rule);
        routes = routes.page(path, rule, render.clone());
    }
    routes.merge(pages::routes()).fallback(not_found)
}

/// Renders this view as the response to the request with this head. No address leads to it, so the router is not asked. The view sets the
/// status of the response if it cannot be shown.
pub(super) async fn render_document(
    app: &AppState,
    head: Parts,
    status: StatusCode,
    view: impl Fn() -> AnyView + Clone + Send + Sync + 'static,
) -> Response {
    let (context_app, options) = (app.clone(), app.leptos.clone());
    let context = move || provide_context(context_app.clone());
    let document = move || document(options.clone(), assets::site_files(), view.clone());
    let mut response = render_app_async_with_context(context, document)(Request::from_parts(head, Body::empty())).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

/// Renders the [`PageResponse`] of a handler.
pub(super) async fn render_page_responses(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let head = head_of(&request);
    let mut response = next.run(request).await;
    let Some(page) = response.extensions_mut().remove::<PageResponse>() else {
        return response;
    };
    let view = move || {
        let view = page.view();
        if page.is_framed() { framed(view).into_any() } else { view }
    };
    let mut rendered = render_document(&app, head, response.status(), view).await;
    for (name, value) in response.headers() {
        rendered.headers_mut().append(name, value.clone());
    }
    rendered
}

/// A copy of the head of a request.
pub(super) fn head_of(request: &Request) -> Parts {
    let mut head = Request::new(()).into_parts().0;
    head.method = request.method().clone();
    head.uri = request.uri().clone();
    head.headers = request.headers().clone();
    head.extensions = request.extensions().clone();
    head
}

/// Handles requests for addresses that do not exist. Only signed-in users come here.
async fn not_found() -> Response {
    PageResponse::framed(StatusCode::NOT_FOUND, || view! { <NotFound /> }.into_any())
}
