//! Exports of the callback log and of the audit log as files, streamed while the rows are read. Before each page of rows the reader's access is
//! checked again. The console has routes of its own, which use the same rows.

mod audit_log;
mod callbacks;
mod csv;

use std::{fmt, io};

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{app::AppState, domain::timestamp::Timestamp, rest::reader::Reader, routes::Routes};

/// The routes of the exports.
pub(super) fn routes() -> Routes<AppState> {
    callbacks::routes().merge(audit_log::routes())
}

/// The format of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) enum Format {
    /// Comma-separated values (RFC 4180).
    #[default]
    #[serde(rename = "csv")]
    Csv,
    /// One JSON object per line.
    #[serde(rename = "jsonl")]
    JsonLines,
}

/// A row of a file.
pub(crate) trait Row {
    /// The names of the columns of a CSV file.
    const COLUMNS: &'static [&'static str];

    /// The values of the columns.
    fn cells(&self) -> Vec<String>;

    /// The row as one line of JSON.
    fn json(self) -> String;
}

/// The response with a file of these rows. `name` is the file name without its extension. If the rows cannot be read to the end, or the
/// reader may no longer read them, the connection breaks off, so that the client does not take a part of the rows for all.
pub(crate) fn file<R: Row + Send + 'static, E: fmt::Display + Send + 'static>(
    app: AppState,
    reader: impl Reader,
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
        (pages.boxed(), app, reader, file),
        move |(mut pages, app, reader, file)| async move {
            // A slow client may take hours. The reader may have lost access since the previous page.
            if !reader.may_still_read(&app).await {
                tracing::warn!(
                    file,
                    "the export {file} ends early because its reader may no longer read it, or because the database cannot confirm that"
                );
                return Err(io::Error::other("the reader may no longer read this"));
            }
            match pages.next().await {
                Some(Ok(rows)) => {
                    let lines = Bytes::from(rows.into_iter().map(|row| line(format, row)).collect::<String>());
                    Ok(Some((lines, (pages, app, reader, file))))
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

/// The name of a file without its extension: `callbacks-20261123-20261124`, with the days in UTC.
pub(crate) fn file_name(what: &str, from: Timestamp, to: Timestamp) -> String {
    let day = |at: Timestamp| at.rfc3339().chars().take(10).filter(char::is_ascii_digit).collect::<String>();
    format!("{what}-{}-{}", day(from), day(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_name_contains_the_range() {
        let at = |text| Timestamp::parse(text).unwrap();
        assert_eq!(
            file_name("callbacks", at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z")),
            "callbacks-20261123-20261124"
        );
    }
}
