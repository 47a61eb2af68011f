//! What happens to a permitted call of the API before its handler: the media type of the response is negotiated, and an `Idempotency-Key`
//! is honoured.

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    app::AppState,
    auth::principal::KeyHolder,
    problem::{Problem, ProblemCode},
    request::accepts,
    routes::Operation,
    web::middleware::idempotency,
};

/// Passes a call on.
pub(super) async fn carry_out(app: &AppState, operation: &Operation, request: Request, next: Next) -> Response {
    if let Some(problem) = not_acceptable(operation, &request) {
        return problem.into_response();
    }
    let holder = request.extensions().get::<KeyHolder>().cloned();
    match holder.filter(|_| operation.is_once) {
        Some(holder) => idempotency::carry_out(app, &holder, operation, request, next).await,
        None => next.run(request).await,
    }
}

/// 406, if the client accepts no media type of the response (RFC 9110, section 15.5.7).
fn not_acceptable(operation: &Operation, request: &Request) -> Option<Problem> {
    let media: Vec<&str> = operation.answers.iter().filter_map(|answer| Some(answer.content?.0)).collect();
    let has_content = operation.answers.iter().all(|answer| answer.content.is_some());
    if !has_content || media.iter().any(|media| accepts(request.headers(), media)) {
        return None;
    }
    let known = media.join(" or ");
    Some(Problem::new(
        StatusCode::NOT_ACCEPTABLE,
        ProblemCode::NotAcceptable,
        "The media type is not available",
        format!(
            "The response is {known}. Send `Accept: {}`, or leave `Accept` out.",
            media.first().unwrap_or(&"*/*")
        ),
    ))
}
