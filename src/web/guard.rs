//! Who may see a page at all, and where a form may come from.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use url::form_urlencoded::byte_serialize;

use crate::{
    auth::session,
    rest::Problem,
    state::AppState,
    web::{client_address::ClientAddress, cookies},
};

/// Finds the session of a request. Nobody is sent to sign in, before anything is rendered.
pub(super) async fn signed_in(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let address = request
        .extensions()
        .get()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address: &ClientAddress| address.0);
    let who = match cookies::value(request.headers(), session::COOKIE) {
        Some(token) => match session::resume(&app.store, &token, address, app.clock.now()).await {
            Ok(who) => who,
            Err(error) => return Problem::from(error).into_response(),
        },
        None => None,
    };
    let path = request.uri().path();
    match who {
        Some(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        None if is_public(path) => next.run(request).await,
        None if path.starts_with("/fn/") => StatusCode::UNAUTHORIZED.into_response(),
        None => {
            let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
            let wanted: String = if request.method() == Method::GET {
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
    }
}

/// Refuses a form or call that another site sent (OWASP, "Verifying origin with standard headers"). Browsers always say where
/// a POST comes from; a program that does not has no cookie of somebody else to misuse.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_same_origin(request.headers()) {
        return next.run(request).await;
    }
    let detail = "This request came from another site. Open the console itself and try again.";
    Problem::new(StatusCode::FORBIDDEN, "cross-origin", "From another site", detail).into_response()
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &header::HeaderValue| value.to_str().unwrap_or("null"))
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    }
}

/// Whether nobody in particular may see it.
fn is_public(path: &str) -> bool {
    matches!(path, "/sign-in" | "/sign-out" | "/setup") || path.starts_with("/sign-in/")
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
            &[("origin", "http://localhost:3000"), ("host", "localhost:3000")],
            &[],
        ] {
            assert!(is_same_origin(&headers(own)), "{own:?}");
        }
        for other in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example"), ("host", "localhost:3000")],
            &[("origin", "null"), ("host", "localhost:3000")],
        ] {
            assert!(!is_same_origin(&headers(other)), "{other:?}");
        }
    }
}
