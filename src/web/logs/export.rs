//! `GET /webhooks/{id}/callbacks/export`: the chosen range as a file, sent as it is read.

use std::io;

use axum::{
    Extension,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Deserialize;

use crate::{
    auth::principal::{Principal, SignedIn},
    console::{calls::LogQuery, server::range::RangeError},
    domain::id::WebhookId,
    messages::wrong::Wrong,
    rest::Problem,
    state::AppState,
    web::{
        logs::{
            asked,
            file::{self, Format},
        },
        pages::render,
    },
    webhooks::{self, FieldError, UseCaseError},
};

/// What kind of file.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    format: Format,
}

/// Streams the callbacks of a range.
pub(super) async fn export(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Extension(who): Extension<SignedIn>,
    Query(query): Query<LogQuery>,
    Query(Wanted { format }): Query<Wanted>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    match streamed(&app, &Principal::User(who), &id, &query, format, &parts).await {
        Ok(response) => response,
        Err(UseCaseError::NotFound) => render(&app, Request::from_parts(parts, body), (), StatusCode::NOT_FOUND).await,
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn streamed(
    app: &AppState,
    by: &Principal,
    id: &str,
    query: &LogQuery,
    format: Format,
    parts: &Parts,
) -> Result<Response, UseCaseError> {
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let (range, filter) = asked(app, by, id, query, parts).await?.map_err(invalid)?;
    let pages = webhooks::export(app, by, id, filter).await?;
    let rows = pages.map(move |page| match page {
        Ok(rows) => Ok(Bytes::from(file::lines(format, rows))),
        // The connection breaks off, so that half a file is not taken for a whole one.
        Err(error) => {
            tracing::error!(%error, webhook = %id, "the export of webhook {id} breaks off");
            Err(io::Error::other("the export broke off"))
        }
    });
    let head = stream::once(std::future::ready(Ok(Bytes::from_static(file::head(format)))));
    let name = file::name(format, range.from, range.to);
    let headers = [
        (header::CONTENT_TYPE, file::media_type(format).to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(head.chain(rows))).into_response())
}

fn invalid(error: RangeError) -> UseCaseError {
    let (pointer, wrong) = match error {
        RangeError::Incomplete => ("/from", Wrong::RangeIncomplete),
        RangeError::Backwards => ("/to", Wrong::RangeBackwards),
        RangeError::TooLong(_) => ("/from", Wrong::RangeTooLong),
    };
    UseCaseError::Invalid(vec![FieldError::new(pointer, wrong)])
}
