//! Files of rows, sent as they are read: the log of a webhook, the audit log. Their queries are read strictly: a page may show what is left
//! of a bad address, but whoever keeps a file must not take it for another.

use std::str::FromStr;

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::Stream;
use serde::Deserialize;

use crate::services::error::{FieldError, Reason};

/// A kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Format {
    /// Comma-separated values (RFC 4180).
    #[default]
    #[serde(rename = "csv")]
    Csv,
    /// One JSON object a line.
    #[serde(rename = "jsonl")]
    JsonLines,
}

impl Format {
    /// A file of this kind and name (without its ending), sent as it is read. `csv` is the media type of one that is CSV.
    pub(super) fn file<E>(self, csv: &'static str, name: &str, lines: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Response
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let (media, ending) = match self {
            Self::Csv => (csv, "csv"),
            Self::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
        };
        let headers = [
            (header::CONTENT_TYPE, media.to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{ending}\"")),
        ];
        (headers, Body::from_stream(lines)).into_response()
    }
}

/// Checks a parameter that may be left out or empty, and says what is wrong with it.
pub(super) fn check<T: FromStr>(errors: &mut Vec<FieldError>, name: &str, given: Option<&str>, complaint: impl FnOnce(T::Err) -> Reason) {
    if let Some(Err(error)) = given.filter(|text| !text.is_empty()).map(str::parse::<T>) {
        errors.push(FieldError::new(format!("/{name}"), complaint(error)));
    }
}

/// What a parser says, as a sentence.
pub(super) fn sentence(error: impl std::fmt::Display) -> Reason {
    Reason::Text(format!("{error}."))
}
