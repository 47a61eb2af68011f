//! Checks of a webhook's URL that need only its text. The browser's form and the server both use them.

use crate::{domain::webhook::URL_MAX, messages::wrong::Wrong};

/// Checks the text of a URL. `http` is whether `http://` is permitted.
///
/// # Errors
/// The error message: what is wrong and what to do.
pub fn check(text: &str, http: bool) -> Result<(), Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Wrong::UrlMissing);
    }
    if text.len() > URL_MAX {
        return Err(Wrong::UrlTooLong { max: URL_MAX as u64 });
    }
    // URL parsers accept `https:host` and `https:/host`. These are probably typing errors, so they are refused.
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(Wrong::UrlNotWhole);
    };
    if scheme.eq_ignore_ascii_case("http") {
        if !http {
            return Err(Wrong::UrlHttp);
        }
    } else if !scheme.eq_ignore_ascii_case("https") {
        return Err(Wrong::UrlScheme);
    }
    if rest.contains('#') {
        return Err(Wrong::UrlFragment);
    }
    let authority = rest.split(['/', '\\', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Wrong::UrlUser);
    }
    if authority.is_empty() {
        return Err(Wrong::UrlNoHost);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_before_anything_is_sent() {
        for (text, wrong) in [
            ("", Wrong::UrlMissing),
            ("example.com/hooks", Wrong::UrlNotWhole),
            ("https:example.com", Wrong::UrlNotWhole),
            ("http://example.com", Wrong::UrlHttp),
            ("ftp://example.com", Wrong::UrlScheme),
            ("https://me:secret@example.com", Wrong::UrlUser),
            ("https://example.com/hooks#part", Wrong::UrlFragment),
            ("https:///hooks", Wrong::UrlNoHost),
        ] {
            assert_eq!(check(text, false), Err(wrong), "{text:?}");
        }
        assert_eq!(check(" HTTPS://example.com:8080/a?b=@ ", false), Ok(()));
        assert_eq!(check("http://example.com", true), Ok(()));
    }
}
