//! Compression of pages and of responses of the API. The files of the site are compressed at build time.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, Version, header},
    middleware::Next,
    response::Response,
};
use tower_http::compression::{
    CompressionLayer, Predicate,
    predicate::{And, SizeAbove},
};

use crate::{request::client_address::Secure, rest::HoldsCredential};

/// Content of the API that becomes shorter. Others are compressed already, or are streams whose items are sent one by one.
const TEXTS: [&str; 6] = [
    "application/json",
    "application/jsonl",
    "application/openmetrics-text",
    "application/typescript",
    "text/csv",
    "text/plain",
];
/// Responses up to this size, in bytes, fit in one packet and are not compressed.
const SMALL: u16 = 1_024;

/// Compresses responses of the API with brotli or gzip, except those that contain a credential.
pub(in crate::web) fn api() -> CompressionLayer<And<SizeAbove, impl Predicate>> {
    let is_text = |_: StatusCode, _: Version, headers: &HeaderMap, extensions: &axum::http::Extensions| {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        let is_text = essence.ends_with("+json") || TEXTS.contains(&essence);
        is_text && extensions.get::<HoldsCredential>().is_none()
    };
    CompressionLayer::new()
        .gzip(true)
        .br(true)
        .compress_when(SizeAbove::new(SMALL).and(is_text))
}

/// Compresses pages, and the responses of server functions, which contain parts of pages, with gzip. Brotli takes three times as long for a
/// list of webhooks, and the result is only 5 % smaller.
pub(in crate::web) fn pages() -> CompressionLayer<And<SizeAbove, impl Predicate>> {
    let is_page = |_: StatusCode, _: Version, headers: &HeaderMap, _: &axum::http::Extensions| {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind.starts_with("text/html") || kind.starts_with("application/json"))
    };
    CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(SMALL).and(is_page))
}

/// Turns compression off for requests that another site may have caused. That site could choose a part of the page, and infer the rest from
/// the compressed length (BREACH). Over https, current browsers send `sec-fetch-site`; requests without it are not compressed.
pub(in crate::web) async fn own_requests_only(mut request: Request, next: Next) -> Response {
    let is_secure = request.extensions().get().is_some_and(|Secure(is_secure)| *is_secure);
    let from = request.headers().get("sec-fetch-site");
    let is_own = from.map_or(!is_secure, |from| from == "same-origin" || from == "none");
    if !is_own {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}
