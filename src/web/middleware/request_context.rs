//! The outermost layer: gives a request its id, its log span and the client's address, and completes the response.

use axum::{
    extract::{Request, State},
    http::HeaderValue,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use crate::{
    app::AppState,
    problem::Problem,
    request::{
        REQUEST_ID, RequestId,
        client_address::{self, Secure},
    },
    web::middleware::{conditional, conditional::KnownTags, error_pages, request_smuggling, security_headers},
};

/// Wraps each request. These steps are one layer, because every layer of axum clones and boxes all layers below it.
pub(in crate::web) async fn provide(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let RequestId(id) = RequestId::of(request.headers());
    let known = KnownTags::of(&request);
    let span = tracing::info_span!("request", %id, method = %request.method(), path = request.uri().path());
    let header = HeaderValue::from_str(&id);
    request.extensions_mut().insert(RequestId(id));
    let Secure(https) = client_address::find(&app.front, &mut request);
    let page_head = error_pages::page_head(&request);
    let timed_out = request.extensions().get::<http_server::BodyTimedOut>().cloned();
    let mut response = match span.in_scope(|| request_smuggling::rejection(&request)) {
        Some(rejection) => rejection,
        None => next.run(request).instrument(span).await,
    };
    if timed_out.is_some_and(|timed_out| timed_out.get()) {
        response = Problem::request_timeout().into_response();
    }
    response = error_pages::readable(&app, page_head, response).await;
    if let Some(known) = &known {
        conditional::complete(known, &mut response);
    }
    security_headers::add(&mut response, https);
    if let Ok(value) = header {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
