//! Cookies of a request and of an answer.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

/// The value of a cookie.
pub(super) fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// Adds a `Set-Cookie` to an answer.
pub(super) fn set(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = |text: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))]);
        assert_eq!(
            value(&headers("tz=UTC; clearhook_session=abc"), "clearhook_session").as_deref(),
            Some("abc")
        );
        assert_eq!(value(&headers("not_clearhook_session=abc"), "clearhook_session"), None);
    }
}
