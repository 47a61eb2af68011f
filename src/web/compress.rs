//! Compresses pages on their way. The site's files were compressed when the binary was built.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, Version, header},
    middleware::Next,
    response::Response,
};
use tower_http::compression::{CompressionLayer, Predicate};

use crate::request::client_address::Secure;

/// Compresses pages, with gzip: for a list of webhooks brotli takes three times as long and saves a twentieth.
pub(super) fn pages() -> CompressionLayer<impl Predicate> {
    let is_page = |_: StatusCode, _: Version, headers: &HeaderMap, _: &axum::http::Extensions| {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind.starts_with("text/html"))
    };
    CompressionLayer::new().gzip(true).compress_when(is_page)
}

/// What another site had a browser ask for is not compressed: it could choose part of the page, and learn the rest from the length
/// (BREACH). Over https, every browser of the last years says who asks; one that does not gets its pages as they are.
pub(super) async fn own_requests_only(mut request: Request, next: Next) -> Response {
    let is_secure = request.extensions().get().is_some_and(|Secure(is_secure)| *is_secure);
    let from = request.headers().get("sec-fetch-site");
    let is_own = from.map_or(!is_secure, |from| from == "same-origin" || from == "none");
    if !is_own {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}
