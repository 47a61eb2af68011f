//! The bodies of a callback as files, byte for byte, except for values that the event type hides.

use axum::{
    Extension,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    app::AppState,
    auth::{
        principal::{Principal, SignedIn},
        rules::Action,
    },
    console::pages::log::masking::hide_values,
    domain::id::{CallbackId, WebhookId},
    problem::Problem,
    routes::{Routes, Rule},
    services::{error::UseCaseError, webhooks},
};

/// A body of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Request,
    Response,
}

/// The routes.
pub(in crate::console::pages) fn routes() -> Routes<AppState> {
    let rule = Rule::Session(Action::ReadCallbacks);
    Routes::new()
        .get("/webhooks/{id}/callbacks/{callback}/request-body", rule, request_body)
        .get("/webhooks/{id}/callbacks/{callback}/response-body", rule, response_body)
}

async fn request_body(
    State(app): State<AppState>,
    Path((id, callback)): Path<(String, String)>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    file(&app, &Principal::User(who), &id, &callback, Which::Request).await
}

async fn response_body(
    State(app): State<AppState>,
    Path((id, callback)): Path<(String, String)>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    file(&app, &Principal::User(who), &id, &callback, Which::Response).await
}

async fn file(app: &AppState, by: &Principal, id: &str, callback: &str, which: Which) -> Response {
    match body(app, by, id, callback, which).await {
        Ok((name, bytes)) => {
            let disposition = format!("attachment; filename=\"{name}\"");
            // The type that the receiver gave is not repeated, so that no browser shows the file as a page of this origin.
            let headers = [
                (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
                (header::CONTENT_DISPOSITION, disposition),
            ];
            (headers, bytes).into_response()
        }
        Err(UseCaseError::NotFound) => Problem::not_found("There is nothing with this id.").into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn body(app: &AppState, by: &Principal, id: &str, callback: &str, which: Which) -> Result<(String, Vec<u8>), UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let callback: CallbackId = callback.parse().map_err(|_| UseCaseError::NotFound)?;
    let mut details = webhooks::callback(app, by, callback).await?;
    if details.record.webhook != id {
        return Err(UseCaseError::NotFound);
    }
    hide_values(app, &mut details).await?;
    let (name, bytes) = match which {
        Which::Request => ("request", details.request_body.map(String::into_bytes)),
        Which::Response => ("response", details.received.map(|received| received.body)),
    };
    let bytes = bytes.ok_or(UseCaseError::NotFound)?;
    let kind = if serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok() {
        "json"
    } else {
        "txt"
    };
    Ok((format!("callback-{callback}-{name}.{kind}"), bytes))
}
