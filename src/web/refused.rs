//! For people, a problem that programs get as JSON is a page in their language. It asks the database for nothing: that may be what is
//! away.

use axum::{
    extract::Request,
    http::{StatusCode, header, request::Parts},
    response::Response,
};

use crate::{
    console::{
        calls::{KeptView, RefusalView},
        server::viewer::viewer_of,
    },
    rest::Said,
    state::AppState,
    web::{RequestId, forms::page, pages::render},
};

/// What programs ask for, whoever asks.
const PROGRAMS: [&str; 4] = ["/api/", "/metrics", "/healthz", "/readyz"];

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

/// The answer as they can read it.
pub(super) async fn in_words(app: &AppState, head: Parts, mut response: Response) -> Response {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/problem+json");
    // One that took too long has no body.
    let is_late = status == StatusCode::SERVICE_UNAVAILABLE && !response.headers().contains_key(header::CONTENT_TYPE);
    if !is_problem && !is_late {
        return response;
    }
    let lang = viewer_of(&head.headers).lang;
    let here = head.uri.path_and_query().map(|here| here.as_str().to_owned());
    let refusal = RefusalView {
        status: status.as_u16(),
        request: head.extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
        said: response.extensions().get::<Said>().map(|said| said.0.text(lang)),
        again: here.filter(|_| head.method.is_safe() && status.is_server_error()),
        kept: response.extensions_mut().remove::<KeptView>(),
    };
    let mut words = render(app, page(head, "/nowhere"), refusal, status).await;
    for name in [header::RETRY_AFTER, header::ALLOW, header::SET_COOKIE] {
        for value in response.headers().get_all(&name) {
            words.headers_mut().append(&name, value.clone());
        }
    }
    words
}
