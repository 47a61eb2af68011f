//! Headers that every answer carries.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};

/// For what is no page: nothing in it may run or load anything. Pages bring a policy of their own, with their nonce.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What the console needs of a browser besides pages: nothing but the clipboard.
const NO_POWERS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// A year: whoever came by https does not come without it again (RFC 6797).
const ALWAYS_HTTPS: &str = "max-age=31536000";

/// Adds the headers that keep a browser from guessing, framing and telling other sites.
pub(super) fn secure(response: &mut Response, https: bool) {
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
