//! Cookies of a request and of a response.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use cookie::Cookie;

/// The value of the first cookie with this name. Browsers send the cookie with the longest matching path first (RFC 6265, section 5.4).
pub fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lists = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = lists.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == name)?.value_raw()
}

/// Adds a `Set-Cookie` header to a response.
pub fn set(response: &mut Response, cookie: &Cookie<'_>) {
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cookie_with_a_name_counts() {
        let mut headers = HeaderMap::new();
        let lists = ["not_session=a; tz=America/Montreal", "session=b; session=c"];
        for list in lists {
            headers.append(header::COOKIE, HeaderValue::from_static(list));
        }
        assert_eq!(value(&headers, "session"), Some("b"));
        assert_eq!(value(&headers, "tz"), Some("America/Montreal"));
        assert_eq!(value(&headers, "other"), None);
    }
}
