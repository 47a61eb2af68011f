//! Compression of pages. The files of the site are compressed at build time.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, Version, header},
    middleware::Next,
    response::Response,
};
use tower_http::compression::{CompressionLayer, Predicate};

use crate::request::client_address::Secure;

/// Compresses pages with gzip. Brotli takes three times as long for a list of webhooks, and the result is only 5 % smaller.
pub(in crate::web) fn pages() -> CompressionLayer<impl Predicate> {
    let is_page = |_: StatusCode, _: Version, headers: &HeaderMap, _: &axum::http::Extensions| {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind.starts_with("text/html"))
    };
    CompressionLayer::new().gzip(true).compress_when(is_page)
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
