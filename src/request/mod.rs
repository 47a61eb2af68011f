//! Facts about the current request that middleware stores in its extensions, and that the API, the console and the web server read.

pub mod browser;
pub mod client_address;
pub mod cookies;
pub mod form;
mod local_path;

pub use self::local_path::local_path;

use axum::http::{HeaderMap, Uri, header};

/// The id of a request, in log lines, on error pages and in the response header `x-request-id`.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// An extension of a request for a page that the caller may not see: the page is rendered as not found.
#[derive(Clone, Copy, Debug)]
pub struct NotPermitted;

/// An extension of a request for the public catalogue by somebody who is not signed in.
#[derive(Clone, Copy, Debug)]
pub struct PublicReader;

/// The authority (host and port) that a request is for: `Host` in HTTP/1.1, `:authority` in HTTP/2 (RFC 9110, section 7.2).
pub fn authority<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str))
}
