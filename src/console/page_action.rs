//! Plain HTML forms that are handled by server functions.
//!
//! Islands and programs call a server function at its own path below `/fn`, and receive its result as JSON. A plain form posts to the path of
//! its page instead, and receives the next page. Both run the same function. Leptos can answer plain forms as well, but would put errors into
//! the address of the page and lose what was typed.

use std::future::Future;

use axum::{
    body::Body,
    extract::{FromRequestParts, RawPathParams, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::{
    prelude::{Owner, provide_context},
    reactive::computed::ScopedFuture,
};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context};
use serde::de::DeserializeOwned;
use url::form_urlencoded::{self, byte_serialize};

use crate::{
    app::AppState,
    console::{
        ConsoleError,
        replay::{ReplayForm, problem_with},
        server::viewer,
    },
    problem::{Problem, ProblemCode},
    request::form,
    routes::Ruled,
};

/// A server function that is also the action of a plain form.
pub trait PageAction: Ruled<Error = ConsoleError, Output: Send> + 'static {
    /// The fields of the form. Parameters of the path count as fields. Usually `Self`.
    type Form: DeserializeOwned + Into<Self> + Clone + Send;

    /// Maximum size of the form, in bytes.
    const BYTES_MAX: usize = form::FORM_BYTES_MAX;

    /// The response to the form: a redirect, or a page with what was typed. For a returned error an error page is rendered, which contains the
    /// form if [`ReplayForm`] keeps it.
    fn answer(form: Self::Form, result: Result<Self::Output, ConsoleError>) -> impl Future<Output = Result<Response, ConsoleError>> + Send;
}

/// Handles forms at the path of a page, and both calls and forms at the function's own path.
pub async fn page_action<F: PageAction>(State(app): State<AppState>, request: Request) -> Response {
    let (mut parts, encoded) = match form::read(request, F::BYTES_MAX).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    // A browser that posts a form to the function's path gets a page too.
    if parts.uri.path() == F::PATH && !accepts_html(&parts.headers) {
        return run(app, parts, encoded).await;
    }
    let fields = with_path_params(&mut parts, &encoded).await;
    let form: F::Form = match form::decode(&fields) {
        Ok(form) => form,
        Err(problem) => return problem.into_response(),
    };
    let path = parts.uri.path().to_owned();
    let options = ResponseOptions::default();
    let owner = Owner::new();
    let answer = owner.with(|| {
        provide_context(parts);
        provide_context(options.clone());
        provide(&app);
        ScopedFuture::new(async move {
            let result = Into::<F>::into(form.clone()).run_body().await;
            F::answer(form, result).await
        })
    });
    let mut response = match answer.await {
        Ok(response) => response,
        Err(error) => problem_with(problem(error), ReplayForm::new(&path, &encoded)),
    };
    // Only the headers: `answer` or the problem determines the status.
    if let Ok(mut options) = options.0.write() {
        response.headers_mut().extend(std::mem::take(&mut options.headers));
    }
    response
}

/// Handles calls of a server function that no form has as its action.
pub async fn call(state: State<AppState>, request: Request) -> Response {
    call_within::<{ form::FORM_BYTES_MAX }>(state, request).await
}

/// [`call`] with another maximum size of the arguments, in bytes.
pub async fn call_within<const BYTES_MAX: usize>(State(app): State<AppState>, request: Request) -> Response {
    match form::read(request, BYTES_MAX).await {
        Ok((parts, encoded)) => run(app, parts, encoded).await,
        Err(problem) => problem.into_response(),
    }
}

async fn run(app: AppState, mut parts: Parts, encoded: String) -> Response {
    // For other media types, leptos would redirect to the page of the form.
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let request = Request::from_parts(parts, Body::from(with_literal_brackets(&encoded)));
    handle_server_fns_with_context(move || provide(&app), request).await.into_response()
}

/// Provides what server functions and the components that they render read from the context, besides the head of the request.
fn provide(app: &AppState) {
    provide_context(app.clone());
    provide_context(viewer::viewer());
}

/// The same fields with literal brackets in their names (`form[name]`). Form encoders escape brackets (`%5B`), but Leptos reads only literal
/// ones.
fn with_literal_brackets(encoded: &str) -> String {
    let escaped = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pairs = form_urlencoded::parse(encoded.as_bytes()).map(|(name, value)| {
        let name = escaped(&name).replace("%5B", "[").replace("%5D", "]");
        format!("{name}={}", escaped(&value))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Whether a request calls a server function and expects its result, not a page.
pub fn is_call(request: &Request) -> bool {
    request.uri().path().starts_with("/fn/") && !accepts_html(request.headers())
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The fields of a form and the parameters of the path, which replace fields with the same name.
async fn with_path_params(parts: &mut Parts, encoded: &str) -> String {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params: Vec<(&str, &str)> = params.iter().flat_map(RawPathParams::iter).collect();
    let fields = form_urlencoded::parse(encoded.as_bytes()).filter(|(field, _)| params.iter().all(|(name, _)| field != name));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .extend_pairs(&params)
        .finish()
}

/// The problem for an error that the page does not show itself.
fn problem(error: ConsoleError) -> Problem {
    match error {
        ConsoleError::NotFound => Problem::not_found("There is nothing with this id."),
        ConsoleError::SignedOut => Problem::of_status(StatusCode::UNAUTHORIZED),
        ConsoleError::Malformed { detail } => Problem::malformed(detail),
        ConsoleError::Invalid { errors } => {
            let detail = errors.into_iter().map(|error| error.detail).collect::<Vec<_>>().join(" ");
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                ProblemCode::Invalid,
                "Some fields are wrong",
                detail,
            )
        }
        ConsoleError::Stale => Problem::of_status(StatusCode::CONFLICT),
        ConsoleError::Conflict { reason } => Problem::new(StatusCode::CONFLICT, ProblemCode::Conflict, "This cannot be done now", reason),
        ConsoleError::Forbidden { detail } => Problem::new(StatusCode::FORBIDDEN, ProblemCode::Forbidden, "Not allowed", detail),
        ConsoleError::Wait { seconds } => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            ProblemCode::TooManyAttempts,
            "Too many attempts",
            format!("Try again in {seconds} s."),
        ),
        ConsoleError::Failed { .. } => Problem::unavailable(),
    }
}
