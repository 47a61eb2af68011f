//! Security headers of every response.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};

/// The content security policy of everything but pages: nothing runs and nothing is loaded. Pages set their own policy, with their nonce.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Features of the browser that the console does not use. It uses only the clipboard.
const NO_POWERS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// One year, during which the browser uses only https for this site (RFC 6797).
const ALWAYS_HTTPS: &str = "max-age=31536000";

/// Adds the headers that keep a browser from guessing content types, from showing the page inside other sites, and from sending its address to
/// them.
pub(super) fn add(response: &mut Response, https: bool) {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ALWAYS_HTTPS));
    }
    headers.insert("permissions-policy", HeaderValue::from_static(NO_POWERS));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(NOTHING));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
