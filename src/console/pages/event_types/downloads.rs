//! The downloads of an event type: the JSON Schema and an example of the body of its callbacks.

use axum::{
    Extension,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    problem::Problem,
    registry::Entry,
    services::{
        error::UseCaseError,
        event_types::{
            self,
            downloads::{self, File},
        },
    },
    storage::event_types::EventTypeVersion,
};

/// `GET /event-types/{type}/schema`
pub(super) async fn schema(
    State(app): State<AppState>,
    Extension(who): Extension<SignedIn>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    file(&app, who, &name, downloads::schema).await
}

/// `GET /event-types/{type}/example`
pub(super) async fn example(
    State(app): State<AppState>,
    Extension(who): Extension<SignedIn>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    file(&app, who, &name, downloads::example).await
}

async fn file(app: &AppState, who: SignedIn, name: &str, make: fn(&Entry, Option<&EventTypeVersion>) -> File) -> Result<Response, Problem> {
    let found = event_types::get(app, &Principal::User(who), name).await;
    let entry = found.map_err(|error| match error {
        UseCaseError::NotFound => Problem::not_found(format!("there is no event type `{}`.", name.chars().take(200).collect::<String>())),
        error => error.into(),
    })?;
    let file = make(&entry, None);
    let headers = [
        (header::CONTENT_TYPE, file.media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    Ok((headers, file.content).into_response())
}
