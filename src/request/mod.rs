//! Facts about the current request that middleware stores in its extensions, and that the API, the console and the web server read.

mod accept;
pub mod browser;
pub mod client_address;
pub mod cookies;
pub mod form;
mod local_path;
mod notices;
mod request_id;

pub use self::{
    accept::accepts,
    local_path::local_path,
    notices::without_notices,
    request_id::{HEADER as REQUEST_ID, RequestId},
};

use axum::http::{HeaderMap, Uri, header};

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
