//! Forms of the console: `application/x-www-form-urlencoded`, read into typed structs.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::problem::Problem;

/// Maximum size of most forms, in bytes.
pub const FORM_BYTES_MAX: usize = 256 * 1024;
/// Maximum size of a form with a schema and examples, in bytes: each may have 256 KiB, of which up to three times as much is sent.
pub const LARGE_FORM_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Extractor of a form. A field of `T` that the form may lack needs `#[serde(default)]`; a field that is given twice is an error unless it is
/// a `Vec`. Unknown fields are ignored.
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (_, encoded) = read(request, FORM_BYTES_MAX).await?;
        decode(&encoded).map(Self)
    }
}

/// Reads the encoded form of a request, of at most `limit` bytes, and returns the head of the request as well.
pub async fn read(request: Request, limit: usize) -> Result<(Parts, String), Problem> {
    let (parts, body) = request.into_parts();
    let media = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = media.is_some_and(|media| media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(Problem::unsupported_media("Send the form as application/x-www-form-urlencoded."));
    }
    check_length(&parts.headers, limit)?;
    let bytes = to_bytes(body, limit).await.map_err(|_| Problem::too_large(limit))?;
    if form_urlencoded::parse(&bytes).any(|(_, value)| value.contains('\0')) {
        return Err(Problem::malformed("Leave out null characters."));
    }
    Ok((parts, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Decodes an encoded form.
pub fn decode<T: DeserializeOwned>(encoded: &str) -> Result<T, Problem> {
    let fields = serde_html_form::Deserializer::new(form_urlencoded::parse(encoded.as_bytes()));
    serde_path_to_error::deserialize(fields).map_err(|error| {
        let field = error.path().to_string();
        let given = form_urlencoded::parse(encoded.as_bytes())
            .filter(|(name, _)| *name == field)
            .count();
        Problem::malformed(if given > 1 {
            format!("The form has the field `{field}` more than once. Send it once.")
        } else {
            format!("The field `{field}` of the form cannot be read: {}.", error.inner())
        })
    })
}

/// Rejects a request whose `Content-Length` exceeds the limit, before its body is read.
pub fn check_length(headers: &HeaderMap, limit: usize) -> Result<(), Problem> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > limit) {
        return Err(Problem::too_large(limit));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(default)]
    struct SampleForm {
        name: String,
        scopes: Vec<String>,
    }

    #[test]
    fn missing_fields_have_their_default_and_lists_take_any_number() {
        assert_eq!(decode::<SampleForm>("").unwrap(), SampleForm::default());
        let form: SampleForm = decode("name=a+b%26&scopes=x&other=1&scopes=y").unwrap();
        assert_eq!((form.name.as_str(), form.scopes.len()), ("a b&", 2));
        let form: SampleForm = decode("scopes=x").unwrap();
        assert_eq!(form.scopes, ["x"]);
    }

    #[test]
    fn a_single_field_that_is_given_twice_is_rejected_by_name() {
        let problem = decode::<SampleForm>("name=a&name=b").unwrap_err();
        assert!(format!("{problem:?}").contains("`name` more than once"), "{problem:?}");
    }
}
