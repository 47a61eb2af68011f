//! No error is plain text: programs get a problem, and people a page in their language in its place. It asks the database for nothing: that may be what is
//! away.

use axum::{
    extract::Request,
    http::{HeaderName, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    app::AppState,
    auth::oidc::CALLBACK,
    console::{
        calls::{KeptView, RefusalView},
        server::viewer::viewer_of,
    },
    messages::common,
    rest::{Problem, Said},
    web::{RequestId, pages::render, sign_in::local, webhook_forms::page},
};

/// What programs ask for, whoever asks.
const PROGRAMS: [&str; 4] = ["/api/", "/metrics", "/healthz", "/readyz"];

/// Headers of a problem that say nothing of the page in its place.
const ABOUT_THE_BODY: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::VARY,
    header::WWW_AUTHENTICATE,
];

/// The head of a request whose answer somebody reads.
pub(super) fn reader(request: &Request) -> Option<Parts> {
    let path = request.uri().path();
    let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
    if !accept.contains("text/html") || PROGRAMS.iter().any(|program| path.starts_with(program)) {
        return None;
    }
    let mut head = Request::new(()).into_parts().0;
    head.method = request.method().clone();
    head.uri = request.uri().clone();
    head.headers = request.headers().clone();
    head.extensions = request.extensions().clone();
    Some(head)
}

/// The answer as its reader can read it: a page for people (`reader`), a problem for programs. An error of the framework's own, which has
/// no words or plain text, becomes one as well.
pub(super) async fn readable(app: &AppState, reader: Option<Parts>, mut response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_problem = kind.is_some_and(|kind| kind == "application/problem+json");
    let is_bare =
        (status.is_client_error() || status.is_server_error()) && kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !is_problem && !is_bare {
        return response;
    }
    // One that took too long has no body.
    let is_late = is_bare && status == StatusCode::SERVICE_UNAVAILABLE;
    let Some(head) = reader else {
        return if is_bare { problem(status, &response) } else { response };
    };
    let lang = viewer_of(&head.headers).lang;
    let said = response.extensions().get::<Said>().map(|said| said.0.text(lang));
    let refusal = RefusalView {
        status: status.as_u16(),
        request: head.extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
        said: said.or_else(|| is_late.then(|| common::refused_late(lang).to_owned())),
        again: again(&head).filter(|_| status.is_server_error()),
        kept: response.extensions_mut().remove::<KeptView>(),
    };
    let mut words = render(app, page(head, "/nowhere"), refusal, status).await;
    // Everything else that was said of the answer holds for this one, too.
    for (name, value) in response.headers() {
        if !ABOUT_THE_BODY.contains(name) {
            words.headers_mut().append(name, value.clone());
        }
    }
    words
}

/// A problem with this status, and with all else that was said of the answer.
fn problem(status: StatusCode, bare: &Response) -> Response {
    let mut problem = Problem::of_status(status).into_response();
    for (name, value) in bare.headers() {
        if !ABOUT_THE_BODY.contains(name) {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}

/// Where to ask once more: here, where that changes nothing and leads nowhere else.
fn again(head: &Parts) -> Option<String> {
    let here = head.uri.path_and_query()?.as_str();
    match head.uri.path() {
        _ if !head.method.is_safe() || local(here) != here => None,
        // What it brought is good for once.
        CALLBACK => Some("/sign-in".to_owned()),
        _ => Some(here.to_owned()),
    }
}
