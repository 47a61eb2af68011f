//! Gives each error response a body that its reader understands: programs get a problem (RFC 9457), people get a page in their language.
//! Nothing here queries the database, because the database may be the reason for the error.

use axum::{
    extract::Request,
    http::{HeaderName, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::*;

use crate::{
    app::AppState,
    auth::oidc::CALLBACK,
    console::{
        pages::error_page::{ErrorMessage, ErrorPage},
        replay::ReplayForm,
        server::viewer::viewer_of,
    },
    messages::common,
    problem::{ErrorText, Problem},
    request::{RequestId, local_path},
    web::pages::render_document,
};

/// Paths that only programs request, so that their errors are problems whatever the `Accept` header says.
const PROGRAM_PATHS: [&str; 4] = ["/api/", "/metrics", "/healthz", "/readyz"];

/// Headers that describe the body of a problem, and so do not hold for the page that replaces it.
const BODY_HEADERS: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::VARY,
    header::WWW_AUTHENTICATE,
];

/// A copy of the head of a request from a browser, from which an error page can be rendered. `None` for requests of programs.
pub(super) fn page_head(request: &Request) -> Option<Parts> {
    let path = request.uri().path();
    let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
    if !accept.contains("text/html") || PROGRAM_PATHS.iter().any(|program| path.starts_with(program)) {
        return None;
    }
    Some(crate::web::pages::head_of(request))
}

/// Replaces the body of an error response: by a page if there is a `head` to render it from, otherwise by a problem if the response is an
/// error of the framework, which has plain text or no body.
pub(super) async fn readable(app: &AppState, head: Option<Parts>, mut response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_problem = kind.is_some_and(|kind| kind == "application/problem+json");
    let is_bare =
        (status.is_client_error() || status.is_server_error()) && kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !is_problem && !is_bare {
        return response;
    }
    let Some(head) = head else {
        return if is_bare { problem(status, &response) } else { response };
    };
    let lang = viewer_of(&head.headers).lang;
    let stated = response.extensions().get::<ErrorText>().map(|said| said.0.text(lang));
    // The response of a request that timed out is a 503 without a body.
    let is_late = is_bare && status == StatusCode::SERVICE_UNAVAILABLE;
    let error = ErrorPage {
        status,
        request_id: head.extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
        reason: stated.or_else(|| is_late.then(|| common::refused_late(lang).to_owned())),
        retry: retry(&head).filter(|_| status.is_server_error()),
        replay: response.extensions_mut().remove::<ReplayForm>(),
    };
    let mut page = render_error(app, head, error).await;
    for (name, value) in response.headers() {
        if !BODY_HEADERS.contains(name) {
            page.headers_mut().append(name, value.clone());
        }
    }
    page
}

/// Renders an error page for the request with this head.
async fn render_error(app: &AppState, head: Parts, error: ErrorPage) -> Response {
    let status = error.status;
    render_document(app, head, status, move || view! { <ErrorMessage error=error.clone() /> }.into_any()).await
}

/// A problem with this status and the headers of the response that it replaces.
fn problem(status: StatusCode, bare: &Response) -> Response {
    let mut problem = Problem::of_status(status).into_response();
    for (name, value) in bare.headers() {
        if !BODY_HEADERS.contains(name) {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}

/// The address at which the same request can be repeated: only if it changes nothing and stays on this site.
fn retry(head: &Parts) -> Option<String> {
    let here = head.uri.path_and_query()?.as_str();
    match head.uri.path() {
        _ if !head.method.is_safe() || local_path(here).as_deref() != Some(here) => None,
        // The code in the query of this address is valid only once.
        CALLBACK => Some("/sign-in".to_owned()),
        _ => Some(here.to_owned()),
    }
}
