//! Whose session it is, and where a form may come from.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use url::{Origin, Url, form_urlencoded::byte_serialize};

use crate::{
    app::AppState,
    auth::{principal::SignedIn, session},
    request::{
        self,
        client_address::{ClientAddress, Secure, was_sent_by_https},
        cookies,
    },
    rest::Problem,
    storage::StoreError,
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
pub(super) async fn same_origin(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || comes_from_here(&app, &request) {
        return next.run(request).await;
    }
    Problem::cross_origin().into_response()
}

/// Whether a request came from a page of this site, or from no page.
pub(super) fn comes_from_here(app: &AppState, request: &Request) -> bool {
    let headers = request.headers();
    let is_secure = request.extensions().get::<Secure>().is_some_and(|secure| secure.0);
    let scheme = if is_secure || was_sent_by_https(request.extensions(), headers) {
        "https"
    } else {
        "http"
    };
    let site = request::authority(request.uri(), headers);
    let own = site.and_then(|site| Url::parse(&format!("{scheme}://{site}")).ok());
    // Proxies may send on another name of the site than the one that the browser knows.
    let sites: Vec<_> = own.iter().chain([&app.front.public_url]).map(Url::origin).collect();
    is_same_origin(headers, &sites)
}

/// Whether browsers say that a request came from one of these sites (scheme, host and port), or from no page.
fn is_same_origin(headers: &HeaderMap, sites: &[Origin]) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &header::HeaderValue| value.to_str().unwrap_or("null"))
    };
    let says_so = text(header::HeaderName::from_static("sec-fetch-site")).is_none_or(|site| matches!(site, "same-origin" | "none"));
    // `Origin: null` is no URL, and is refused.
    let is_own = |origin| Url::parse(origin).is_ok_and(|url| sites.contains(&url.origin()));
    says_so && text(header::ORIGIN).is_none_or(is_own)
}

fn token(headers: &HeaderMap) -> Option<String> {
    cookies::value(headers, session::COOKIE).map(str::to_owned)
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
        let sites = ["http://localhost:3000", "https://hooks.example.com"].map(|url| Url::parse(url).unwrap().origin());
        for own in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "http://localhost:3000")],
            &[("origin", "HTTP://LOCALHOST:3000")],
            &[("origin", "https://hooks.example.com:443")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://hooks.example.com")],
            &[],
        ] {
            assert!(is_same_origin(&headers(own), &sites), "{own:?}");
        }
        for other in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:3000")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "none"), ("origin", "https://evil.example")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://localhost:3000")],
            &[("origin", "http://localhost:3001")],
            &[("origin", "http://localhost")],
            &[("origin", "http://hooks.example.com")],
            &[("origin", "http://hooks.example.com:443")],
            &[("origin", "null")],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("origin", "")],
        ] {
            assert!(!is_same_origin(&headers(other), &sites), "{other:?}");
        }
        assert!(!is_same_origin(&headers(&[("origin", "http://localhost:3000")]), &[]));
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
