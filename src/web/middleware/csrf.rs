//! Protection against cross-site request forgery: rejects requests that change something if a page of another site sent them.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::{Origin, Url};

use crate::{
    app::AppState,
    problem::Problem,
    request::{
        self,
        client_address::{Secure, was_sent_by_https},
    },
};

/// Rejects a form or call that a page of another site sent (OWASP, "Verifying origin with standard headers"). Browsers always state the origin
/// of a `POST`. A request without it comes from a program, which has no cookie of another person.
pub(in crate::web) async fn same_origin(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_not_cross_site(&app, &request) {
        return next.run(request).await;
    }
    Problem::cross_origin().into_response()
}

/// Whether a request comes from a page of this site, or from a program.
pub(super) fn is_not_cross_site(app: &AppState, request: &Request) -> bool {
    let headers = request.headers();
    let is_secure = request.extensions().get::<Secure>().is_some_and(|secure| secure.0);
    let scheme = if is_secure || was_sent_by_https(request.extensions(), headers) {
        "https"
    } else {
        "http"
    };
    let site = request::authority(request.uri(), headers);
    let own = site.and_then(|site| Url::parse(&format!("{scheme}://{site}")).ok());
    // A proxy may replace the name of the site that the browser knows.
    let sites: Vec<_> = own.iter().chain([&app.front.public_url]).map(Url::origin).collect();
    is_same_origin(headers, &sites)
}

/// Whether the headers name one of these sites (scheme, host and port) as the origin, or none.
fn is_same_origin(headers: &HeaderMap, sites: &[Origin]) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &header::HeaderValue| value.to_str().unwrap_or("null"))
    };
    let is_stated = text(header::HeaderName::from_static("sec-fetch-site")).is_none_or(|site| matches!(site, "same-origin" | "none"));
    // `Origin: null` is not a URL, and is rejected.
    let is_own = |origin| Url::parse(origin).is_ok_and(|url| sites.contains(&url.origin()));
    is_stated && text(header::ORIGIN).is_none_or(is_own)
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
    fn requests_of_other_sites_are_rejected() {
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
}
