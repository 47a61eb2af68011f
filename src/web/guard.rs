//! Whose session it is, and where a form may come from.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use url::form_urlencoded::byte_serialize;

use crate::{
    auth::{principal::SignedIn, session},
    console::server::viewer::cookie,
    rest::Problem,
    state::AppState,
    storage::StoreError,
    web::{client_address::ClientAddress, strict},
};

/// Who is signed in, by the cookie of this request.
pub(super) async fn signed_in(app: &AppState, request: &Parts) -> Result<Option<SignedIn>, StoreError> {
    match token(&request.headers) {
        Some(token) => session::resume(&app.store, &token, ClientAddress::of(request).0, app.clock.now()).await,
        None => Ok(None),
    }
}

/// Nobody is sent to sign in, before anything is rendered.
pub(super) fn nobody(request: &Parts) -> Response {
    let path = request.uri.path();
    // Scripts ask for it, and can make nothing of a page to sign in.
    if path.ends_with("/callbacks/live") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let wanted = request.uri.path_and_query().map_or("/", |wanted| wanted.as_str());
    let wanted: String = if request.method == Method::GET {
        byte_serialize(wanted.as_bytes()).collect()
    } else {
        String::new()
    };
    let to = if matches!(wanted.as_str(), "" | "%2F") {
        "/sign-in".to_owned()
    } else {
        format!("/sign-in?next={wanted}")
    };
    Redirect::to(&to).into_response()
}

/// Refuses a form or call that another site sent (OWASP, "Verifying origin with standard headers"). Browsers always say where
/// a POST comes from; a program that does not has no cookie of somebody else to misuse.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_same_origin(request.headers(), strict::site(request.uri(), request.headers())) {
        return next.run(request).await;
    }
    Problem::cross_origin().into_response()
}

/// Whether a request came from a page of this site, or from no page.
pub(super) fn is_same_origin(headers: &HeaderMap, site: Option<&str>) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &header::HeaderValue| value.to_str().unwrap_or("null"))
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN), site) {
        (None, _) => true,
        (Some(origin), Some(site)) => origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(site)),
        (Some(_), None) => false,
    }
}

fn token(headers: &HeaderMap) -> Option<String> {
    cookie(headers, session::COOKIE).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn other_sites_are_told_apart() {
        for own in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "http://localhost:3000")],
            &[],
        ] {
            assert!(is_same_origin(&headers(own), Some("localhost:3000")), "{own:?}");
        }
        for other in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
        ] {
            assert!(!is_same_origin(&headers(other), Some("localhost:3000")), "{other:?}");
        }
        assert!(!is_same_origin(&headers(&[("origin", "http://localhost:3000")]), None));
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        assert_eq!(
            token(&headers(&[("cookie", "tz=UTC; clearhook_session=abc")])).as_deref(),
            Some("abc")
        );
        assert_eq!(token(&headers(&[("cookie", "not_clearhook_session=abc")])), None);
    }
}
