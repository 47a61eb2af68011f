//! Exports of the callback log and of the audit log as files, streamed while the rows are read. Their queries are checked strictly: a page may
//! ignore a wrong filter, but a file with other rows than requested would be kept and trusted. Before each page of rows the viewer's session
//! and permission are checked again.

mod audit_log;
mod callbacks;
mod csv;

use std::{fmt, io, str::FromStr};

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;

use crate::{
    app::AppState,
    auth::rules::Action,
    routes::{Routes, Rule},
    services::error::{FieldError, Reason},
    web::viewer::Viewer,
};

/// The routes of the exports.
pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .get(
            "/webhooks/{id}/callbacks/export",
            Rule::Session(Action::ReadCallbacks),
            callbacks::export,
        )
        .get("/audit-log/export", Rule::Session(Action::ReadAuditLog), audit_log::export)
}

/// The format of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
enum Format {
    /// Comma-separated values (RFC 4180).
    #[default]
    #[serde(rename = "csv")]
    Csv,
    /// One JSON object per line.
    #[serde(rename = "jsonl")]
    JsonLines,
}

/// A row of a file.
trait Row {
    /// The names of the columns of a CSV file.
    const COLUMNS: &'static [&'static str];

    /// The values of the columns.
    fn cells(&self) -> Vec<String>;

    /// The row as one line of JSON.
    fn json(self) -> String;
}

/// The response with a file of these rows. `name` is the file name without its extension. If the rows cannot be read to the end, or the
/// viewer may no longer read them, the connection breaks off, so that the client does not take a part of the rows for all.
fn export<R: Row + Send + 'static, E: fmt::Display + Send + 'static>(
    app: AppState,
    viewer: Viewer,
    format: Format,
    name: &str,
    pages: impl Stream<Item = Result<Vec<R>, E>> + Send + 'static,
) -> Response {
    let (media, extension, head) = match format {
        Format::Csv => (
            "text/csv; charset=utf-8; header=present",
            "csv",
            csv::line(R::COLUMNS.iter().copied()),
        ),
        Format::JsonLines => ("application/jsonl; charset=utf-8", "jsonl", String::new()),
    };
    let file = format!("{name}.{extension}");
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
    ];
    let lines = stream::try_unfold(
        (pages.boxed(), app, viewer, file),
        move |(mut pages, app, viewer, file)| async move {
            // A slow client may take hours. The viewer may have lost access since the previous page.
            if !viewer.may_still_read(&app).await {
                tracing::warn!(
                    file,
                    "the export {file} ends early because its viewer may no longer read it, or because the database cannot confirm that"
                );
                return Err(io::Error::other("the viewer may no longer read this"));
            }
            match pages.next().await {
                Some(Ok(rows)) => {
                    let lines = Bytes::from(rows.into_iter().map(|row| line(format, row)).collect::<String>());
                    Ok(Some((lines, (pages, app, viewer, file))))
                }
                Some(Err(error)) => {
                    tracing::error!(%error, file, "the export {file} is incomplete because the database failed: {error}");
                    Err(io::Error::other("the export is incomplete"))
                }
                None => Ok(None),
            }
        },
    );
    let head = stream::once(std::future::ready(Ok(Bytes::from(head))));
    (headers, Body::from_stream(head.chain(lines))).into_response()
}

fn line(format: Format, row: impl Row) -> String {
    match format {
        Format::Csv => csv::line(row.cells().iter().map(String::as_str)),
        Format::JsonLines => row.json() + "\n",
    }
}

/// Checks a parameter that may be missing or empty.
fn check<T: FromStr>(errors: &mut Vec<FieldError>, name: &str, given: Option<&str>, reason: impl FnOnce(T::Err) -> Reason) {
    if let Some(Err(error)) = given.filter(|text| !text.is_empty()).map(str::parse::<T>) {
        errors.push(FieldError::new(format!("/{name}"), reason(error)));
    }
}

/// The message of a parser as a sentence.
fn sentence(error: impl fmt::Display) -> Reason {
    Reason::Text(format!("{error}."))
}
