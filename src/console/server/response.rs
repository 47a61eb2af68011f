//! What server functions read of the request and add to the response.

use axum::http::{HeaderValue, header, request::Parts};
use cookie::Cookie;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::{
    auth::session::Browser,
    console::ConsoleError,
    request::{browser::FromBrowser, client_address::Secure},
};

/// The browser that sent the current request.
pub fn browser() -> Result<Browser, ConsoleError> {
    // Every request has a head. Without one, there is nobody to answer.
    use_context::<Parts>()
        .map(|parts| FromBrowser::of(&parts))
        .ok_or(ConsoleError::SignedOut)
}

/// Whether browsers reach the console by https, so that cookies are sent only over https.
pub fn is_secure() -> bool {
    let secure = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Secure>().copied());
    secure.is_some_and(|Secure(is_secure)| is_secure)
}

/// Adds a `Set-Cookie` header to the response.
pub fn set_cookie(cookie: &Cookie<'_>) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie.to_string())) {
        response.append_header(header::SET_COOKIE, value);
    }
}
