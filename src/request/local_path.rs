//! Paths of this site that a request names as the next page.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The bytes of a path that a header cannot contain.
const NOT_IN_HEADERS: &AsciiSet = &CONTROLS.add(b' ');

/// The path, encoded for a `Location` header, if it is one of this site. Browsers read `//host` and `/\host` as other sites.
pub fn local_path(path: &str) -> Option<String> {
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains(|letter: char| letter == '\\' || letter.is_control());
    // A header contains only ASCII.
    is_local.then(|| utf8_percent_encode(path, NOT_IN_HEADERS).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_local() {
        assert_eq!(local_path("/webhooks/1?range=7d").as_deref(), Some("/webhooks/1?range=7d"));
        assert_eq!(local_path("/webhooks?q=é x%20y").as_deref(), Some("/webhooks?q=%C3%A9%20x%20y"));
        for elsewhere in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/webhooks?x=\u{1}",
            "/webhooks\u{7f}",
            "/webhooks\u{85}",
            "/\0",
            "javascript:alert(1)",
        ] {
            assert_eq!(local_path(elsewhere), None, "{elsewhere}");
        }
    }
}
