//! Checks of a webhook's URL that need only its text. The browser's form and the server both use them.

use crate::{domain::webhook::URL_MAX, messages::validation::ValidationError};

/// Checks the text of a URL. `http` is whether `http://` is permitted.
///
/// # Errors
/// The error message: what is wrong and what to do.
pub fn check(text: &str, http: bool) -> Result<(), ValidationError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ValidationError::UrlMissing);
    }
    if text.len() > URL_MAX {
        return Err(ValidationError::UrlTooLong { max: URL_MAX as u64 });
    }
    // URL parsers accept `https:host` and `https:/host`. These are probably typing errors, so they are refused.
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(ValidationError::UrlNotWhole);
    };
    if scheme.eq_ignore_ascii_case("http") {
        if !http {
            return Err(ValidationError::UrlHttp);
        }
    } else if !scheme.eq_ignore_ascii_case("https") {
        return Err(ValidationError::UrlScheme);
    }
    if rest.contains('#') {
        return Err(ValidationError::UrlFragment);
    }
    let authority = rest.split(['/', '\\', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(ValidationError::UrlUser);
    }
    if authority.is_empty() {
        return Err(ValidationError::UrlNoHost);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_errors_are_found_while_typing() {
        for (text, wrong) in [
            ("", ValidationError::UrlMissing),
            ("example.com/hooks", ValidationError::UrlNotWhole),
            ("https:example.com", ValidationError::UrlNotWhole),
            ("http://example.com", ValidationError::UrlHttp),
            ("ftp://example.com", ValidationError::UrlScheme),
            ("https://me:secret@example.com", ValidationError::UrlUser),
            ("https://example.com/hooks#part", ValidationError::UrlFragment),
            ("https:///hooks", ValidationError::UrlNoHost),
        ] {
            assert_eq!(check(text, false), Err(wrong), "{text:?}");
        }
        assert_eq!(check(" HTTPS://example.com:8080/a?b=@ ", false), Ok(()));
        assert_eq!(check("http://example.com", true), Ok(()));
    }
}
