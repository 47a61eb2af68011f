//! `GET /webhooks/{id}/callbacks/export`: the callbacks of the selected range. The rows in JSON are as in the HTTP API.

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::*;
use serde::Deserialize;

use super::{check, sentence};
use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    console::{
        page_response::PageResponse,
        pages::log::{
            log_query::LogQuery,
            range::{PRESETS, RangeError},
        },
        pages::not_found::NotFound,
    },
    domain::{id::WebhookId, response::ResponseFilter},
    messages::validation::ValidationError,
    problem::Problem,
    rest::{
        Params,
        export::{Format, file, file_name},
    },
    services::error::{FieldError, UseCaseError},
    services::{event_types, webhooks},
    web::{
        logs::selection,
        viewer::{Subject, Viewer},
    },
};

/// The query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportParams {
    #[serde(default)]
    format: Format,
    range: Option<String>,
    from: Option<String>,
    to: Option<String>,
    response: Option<String>,
    event: Option<String>,
    q: Option<String>,
    /// `utc` if the times of the range are in UTC.
    times: Option<String>,
}

impl ExportParams {
    /// The query of the page that shows the same rows. Values that the page would ignore are errors.
    fn checked(self, app: &AppState) -> Result<(Format, LogQuery), Vec<FieldError>> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (range, response, event) = (given(self.range), given(self.response), given(self.event));
        let mut errors = Vec::new();
        if let Some(other) = range.as_deref().filter(|range| !PRESETS.contains(range)) {
            let detail = format!("there is no range `{other}`; use one of {}", PRESETS.join(", "));
            errors.push(FieldError::new("/range", sentence(detail)));
        }
        check::<ResponseFilter>(&mut errors, "response", response.as_deref(), sentence);
        if let Some(Err(unknown)) = event.as_deref().map(|event| event_types::find(app, event)) {
            errors.push(FieldError::new("/event", unknown));
        }
        let times = given(self.times);
        if times.as_deref().is_some_and(|times| times != "utc") {
            errors.push(FieldError::new("/times", sentence("leave it out, or use utc".to_owned())));
        }
        let query = LogQuery {
            times,
            range,
            from: given(self.from),
            to: given(self.to),
            response,
            event,
            q: given(self.q),
            ..LogQuery::default()
        };
        if errors.is_empty() { Ok((self.format, query)) } else { Err(errors) }
    }
}

/// Streams the callbacks.
pub(super) async fn export(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Extension(who): Extension<SignedIn>,
    Params(params): Params<ExportParams>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match streamed(&app, &Principal::User(who), &id, params, &parts).await {
        Ok(response) => response,
        Err(UseCaseError::NotFound) => PageResponse::standalone(StatusCode::NOT_FOUND, || view! { <NotFound /> }.into_any()),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn streamed(app: &AppState, by: &Principal, id: &str, params: ExportParams, parts: &Parts) -> Result<Response, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let (format, query) = params.checked(app).map_err(UseCaseError::Invalid)?;
    let (range, filter) = selection(app, by, id, &query, &parts.headers).await?.map_err(invalid)?;
    let pages = webhooks::export(app, by, id, filter).await?;
    let viewer = Viewer::of(parts, Subject::Log(id));
    Ok(file(
        app.clone(),
        viewer,
        format,
        &file_name("callbacks", range.from, range.to),
        pages,
    ))
}

fn invalid(error: RangeError) -> UseCaseError {
    let (pointer, wrong) = match error {
        RangeError::Incomplete => ("/from", ValidationError::RangeIncomplete),
        RangeError::Backwards => ("/to", ValidationError::RangeBackwards),
        RangeError::TooLong(_) => ("/from", ValidationError::RangeTooLong),
    };
    UseCaseError::Invalid(vec![FieldError::new(pointer, wrong)])
}
