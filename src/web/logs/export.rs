//! `GET /webhooks/{id}/callbacks/export`: the chosen range as a file, sent as it is read.

use std::io;

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Deserialize;

use crate::{
    app::AppState,
    auth::principal::{Principal, SignedIn},
    catalogue::EventType,
    console::{
        calls::LogQuery,
        server::range::{PRESETS, RangeError},
    },
    domain::{id::WebhookId, response::ResponseFilter},
    messages::wrong::Wrong,
    rest::{Params, Problem},
    services::error::{FieldError, UseCaseError},
    services::webhooks,
    web::{
        export::{Format, check, sentence},
        logs::{asked, file},
        pages::render,
    },
};

/// What the address of a file may say.
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
}

impl ExportParams {
    /// The query of the page that shows the same rows. Whatever the page would pass over is an error here.
    fn checked(self) -> Result<(Format, LogQuery), Vec<FieldError>> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (range, response, event) = (given(self.range), given(self.response), given(self.event));
        let mut errors = Vec::new();
        if let Some(other) = range.as_deref().filter(|range| !PRESETS.contains(range)) {
            let detail = format!("there is no range `{other}`; use one of {}", PRESETS.join(", "));
            errors.push(FieldError::new("/range", sentence(detail)));
        }
        check::<ResponseFilter>(&mut errors, "response", response.as_deref(), sentence);
        check::<EventType>(&mut errors, "event", event.as_deref(), |unknown| unknown.wrong().into());
        let query = LogQuery {
            range,
            from: given(self.from),
            to: given(self.to),
            response,
            event,
            ..LogQuery::default()
        };
        if errors.is_empty() { Ok((self.format, query)) } else { Err(errors) }
    }
}

/// Streams the callbacks of a range.
pub(super) async fn export(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Extension(who): Extension<SignedIn>,
    Params(params): Params<ExportParams>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    match streamed(&app, &Principal::User(who), &id, params, &parts).await {
        Ok(response) => response,
        Err(UseCaseError::NotFound) => render(&app, Request::from_parts(parts, body), (), StatusCode::NOT_FOUND).await,
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn streamed(app: &AppState, by: &Principal, id: &str, params: ExportParams, parts: &Parts) -> Result<Response, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let (format, query) = params.checked().map_err(UseCaseError::Invalid)?;
    let (range, filter) = asked(app, by, id, &query, parts).await?.map_err(invalid)?;
    let pages = webhooks::export(app, by, id, filter).await?;
    let rows = pages.map(move |page| match page {
        Ok(rows) => Ok(Bytes::from(file::lines(format, rows))),
        // The connection breaks off, so that half a file is not taken for a whole one.
        Err(error) => {
            tracing::error!(%error, webhook = %id, "the export of the log of webhook {id} is incomplete because the database failed: {error}");
            Err(io::Error::other("the export broke off"))
        }
    });
    let head = stream::once(std::future::ready(Ok(Bytes::from_static(file::head(format)))));
    Ok(format.file(file::CSV, &file::name(range.from, range.to), head.chain(rows)))
}

fn invalid(error: RangeError) -> UseCaseError {
    let (pointer, wrong) = match error {
        RangeError::Incomplete => ("/from", Wrong::RangeIncomplete),
        RangeError::Backwards => ("/to", Wrong::RangeBackwards),
        RangeError::TooLong(_) => ("/from", Wrong::RangeTooLong),
    };
    UseCaseError::Invalid(vec![FieldError::new(pointer, wrong)])
}
