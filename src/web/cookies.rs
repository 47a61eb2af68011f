//! Cookies of a request and of an answer.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

use crate::console::server::viewer::cookie;

/// The value of a cookie.
pub(super) fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    cookie(headers, name).map(str::to_owned)
}

/// Adds a `Set-Cookie` to an answer.
pub(super) fn set(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
