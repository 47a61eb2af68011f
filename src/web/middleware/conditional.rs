//! Conditional requests for the API: `If-None-Match` (RFC 9110, section 13.1.2). The pages are never cached, and the files of the site compare
//! their entity tags themselves.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};

/// Headers that describe content, which a response without content does not have.
const CONTENT: [header::HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_DISPOSITION,
];

/// The entity tags in the `If-None-Match` of a request for something that the API shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KnownTags(Vec<String>);

impl KnownTags {
    /// Reads the header of a request for the API. There are no known tags for a request that changes something.
    pub(super) fn of(request: &Request) -> Option<Self> {
        if !request.uri().path().starts_with("/api/") {
            return None;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Some(Self::default());
        }
        let values = request.headers().get_all(header::IF_NONE_MATCH).iter();
        let tags: Vec<String> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|tag| opaque(tag).to_owned())
            .filter(|tag| !tag.is_empty())
            .collect();
        Some(Self(tags))
    }

    fn contain(&self, tag: &str) -> bool {
        self.0.iter().any(|known| known == "*" || known == opaque(tag))
    }
}

/// A tag without the mark of weak ones, and without the coding that [`complete`] adds, so that it is compared weakly and whatever the coding
/// of the earlier response was.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    ["-gzip", "-br"]
        .into_iter()
        .find_map(|coding| tag.strip_suffix(coding))
        .unwrap_or(tag)
}

/// Replaces a response of the API by 304 if its entity tag is known. Otherwise adds the coding of the content to its tag, because each representation
/// needs a strong tag of its own (RFC 9110, section 8.8.3.3).
pub(super) fn complete(known: &KnownTags, response: &mut Response) {
    let Some(tag) = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()) else {
        return;
    };
    if response.status() == StatusCode::OK && known.contain(tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        for name in CONTENT {
            response.headers_mut().remove(name);
        }
        return;
    }
    let coding = response
        .headers()
        .get(header::CONTENT_ENCODING)
        .and_then(|coding| coding.to_str().ok());
    if let (Some(coding), Some(inner)) = (coding, tag.strip_suffix('"'))
        && let Ok(tag) = HeaderValue::from_str(&format!("{inner}-{coding}\""))
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(known: Option<&str>, tag: &'static str) -> u16 {
        let mut request = Request::builder().uri("/api/v1/webhooks/1");
        if let Some(known) = known {
            request = request.header("if-none-match", known);
        }
        let known = KnownTags::of(&request.body(Body::empty()).unwrap());
        let mut response = Response::builder().header("etag", tag).body(Body::from("x")).unwrap();
        complete(&known.unwrap(), &mut response);
        response.status().as_u16()
    }

    #[test]
    fn tags_are_compared_weakly() {
        for known in ["\"a-1\"", "W/\"a-1\"", "\"b\", \"a-1\"", "*", "\"a-1-gzip\"", "\"a-1-br\""] {
            assert_eq!(status(Some(known), "\"a-1\""), 304, "{known}");
        }
        for known in ["\"a-2\"", "", "\"a\"", "\"A-1\"", ","] {
            assert_eq!(status(Some(known), "\"a-1\""), 200, "{known}");
        }
        assert_eq!(status(None, "\"a-1\""), 200);
    }

    #[test]
    fn each_coding_has_its_own_tag() {
        let response = Response::builder().header("etag", "\"a\"").header("content-encoding", "br");
        let mut response = response.body(Body::empty()).unwrap();
        complete(&KnownTags::default(), &mut response);
        assert_eq!(response.headers()["etag"], "\"a-br\"");
    }
}
