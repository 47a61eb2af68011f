//! Rejects requests that a proxy and this server could read differently, so that the proxy would check another request than the one that is
//! answered here (RFC 9112, sections 3.2 and 11.2). hyper itself rejects two different lengths, a length that is not a number, and a transfer
//! coding other than `chunked`. If a request has a length and `chunked`, hyper ignores the length and closes the connection after the
//! response (section 6.3).

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header},
    response::{IntoResponse, Response},
};

use crate::problem::{Problem, ProblemCode};

/// Headers that have one value by their definition, and whose value is used here. Two programs may use different ones of two.
const ONCE: [HeaderName; 15] = [
    header::AUTHORIZATION,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::IF_MODIFIED_SINCE,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::ORIGIN,
    header::PROXY_AUTHORIZATION,
    header::RANGE,
    header::REFERER,
    header::TRANSFER_ENCODING,
    header::USER_AGENT,
];

/// The response to a request that is ambiguous.
pub(super) fn rejection(request: &Request) -> Option<Response> {
    if percent_encoding::percent_decode_str(request.uri().path()).decode_utf8().is_err() {
        // All paths of this server are UTF-8.
        let detail = "There is nothing at this path, which is no UTF-8. Percent-encode the bytes of its UTF-8 text, such as %C3%A9.";
        return Some(Problem::not_found(detail).into_response());
    }
    let problem = if let Some(coding) = unknown_transfer_coding(request.headers()) {
        let detail = format!(
            "The transfer coding `{coding}` is not supported. Send the body with `Transfer-Encoding: chunked`, or with Content-Length."
        );
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            ProblemCode::TransferCoding,
            "Unknown transfer coding",
            detail,
        )
    } else {
        let detail = ambiguity(request.method(), request.uri(), request.version(), request.headers())?;
        Problem::new(StatusCode::BAD_REQUEST, ProblemCode::Ambiguous, "Ambiguous request", detail)
    };
    let mut response = problem.into_response();
    if request.version() < Version::HTTP_2 {
        // The bytes that follow on this connection may be ambiguous, too.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Some(response)
}

/// The transfer codings of a request, unless they are only `chunked`. hyper decodes `chunked` and ignores the others, so the body would be
/// read in its encoded form (RFC 9112, section 6.1: such a request should be answered with 501).
fn unknown_transfer_coding(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::TRANSFER_ENCODING)?.to_str().unwrap_or("?").trim();
    (!value.eq_ignore_ascii_case("chunked")).then(|| value.chars().take(80).collect())
}

fn ambiguity(method: &Method, uri: &Uri, version: Version, headers: &HeaderMap) -> Option<String> {
    if method == Method::CONNECT || uri.path().is_empty() || uri.path() == "*" {
        return Some("This is no proxy: ask for a path, such as /api/v1/webhooks.".to_owned());
    }
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    if target.contains("%00") {
        return Some("Leave out null characters (%00).".to_owned());
    }
    if let Some(twice) = ONCE.iter().find(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        return Some(format!("Send the header {twice} once."));
    }
    if headers.contains_key(header::CONTENT_LENGTH) && headers.contains_key(header::TRANSFER_ENCODING) {
        return Some("Send Content-Length or Transfer-Encoding, not both.".to_owned());
    }
    let host = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    if version == Version::HTTP_11 && host.is_none() {
        return Some("Send the header Host.".to_owned());
    }
    let is_other = |host: &str, authority: &str| !host.eq_ignore_ascii_case(authority);
    match (host, uri.authority()) {
        (Some(host), Some(authority)) if is_other(host, authority.as_str()) => {
            Some("The address and the header Host name different sites.".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(target: &str, version: Version, pairs: &[(&str, &str)]) -> Option<String> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        ambiguity(&Method::GET, &target.parse().unwrap(), version, &map)
    }

    #[test]
    fn ordinary_requests_have_one_meaning() {
        assert_eq!(found("/a?b", Version::HTTP_11, &[("host", "a.example")]), None);
        assert_eq!(found("http://A.example/a", Version::HTTP_11, &[("host", "a.example")]), None);
        assert_eq!(found("/", Version::HTTP_10, &[]), None);
        assert_eq!(found("https://a.example/", Version::HTTP_2, &[]), None);
        assert_eq!(
            found("/", Version::HTTP_2, &[("cookie", "a=1"), ("cookie", "b=2"), ("host", "a")]),
            None
        );
    }

    #[test]
    fn ambiguous_requests_are_rejected_with_a_reason() {
        let host = ("host", "a.example");
        for (target, version, headers, word) in [
            ("/", Version::HTTP_11, vec![], "Host"),
            ("http://b.example/", Version::HTTP_11, vec![host], "different sites"),
            ("https://b.example/", Version::HTTP_2, vec![host], "different sites"),
            ("/", Version::HTTP_11, vec![host, host], "host once"),
            (
                "/",
                Version::HTTP_11,
                vec![host, ("authorization", "a"), ("authorization", "b")],
                "authorization once",
            ),
            (
                "/",
                Version::HTTP_11,
                vec![host, ("content-type", "a"), ("content-type", "b")],
                "content-type once",
            ),
            (
                "/",
                Version::HTTP_11,
                vec![host, ("content-length", "1"), ("transfer-encoding", "chunked")],
                "not both",
            ),
            ("/a?q=%00", Version::HTTP_11, vec![host], "null"),
            ("/%00", Version::HTTP_11, vec![host], "null"),
            ("*", Version::HTTP_11, vec![host], "no proxy"),
            ("a.example:443", Version::HTTP_11, vec![host], "no proxy"),
        ] {
            let told = found(target, version, &headers).unwrap_or_default();
            assert!(told.contains(word), "{target} {headers:?}: {told}");
        }
    }

    #[test]
    fn transfer_codings_other_than_chunked_are_found() {
        let coding = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::TRANSFER_ENCODING, value.parse().unwrap());
            unknown_transfer_coding(&headers)
        };
        assert_eq!(unknown_transfer_coding(&HeaderMap::new()), None);
        for fine in ["chunked", "Chunked", " chunked "] {
            assert_eq!(coding(fine), None, "{fine}");
        }
        for other in [
            "gzip, chunked",
            "identity, chunked",
            "chunked, chunked",
            "deflate",
            "chunked;q=1",
            ", chunked",
            "compress,chunked",
            "",
        ] {
            assert_eq!(coding(other).as_deref(), Some(other), "{other}");
        }
    }
}
