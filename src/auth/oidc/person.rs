//! What a provider says of somebody, once it is known to be the provider who says it.

use openidconnect::{AccessTokenHash, Nonce, OAuth2TokenResponse, StandardTokenResponse, TokenResponse, core::CoreTokenType};
use serde_json::{Map, Value};

use crate::auth::oidc::{Claims, Discovered, Fields, OidcError};

/// What a provider says of somebody.
pub(super) struct Person {
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) verified: bool,
    pub(super) claims: Claims,
}

impl Person {
    /// Whether nothing more has to be asked for.
    pub(super) fn is_whole(&self, role_claim: &str) -> bool {
        self.email.is_some() && !values(&self.claims.0, role_claim).is_empty()
    }
}

/// Checks signature, issuer, audience, time, nonce, and that the access token belongs to it.
pub(super) fn person(
    client: &Discovered,
    tokens: &StandardTokenResponse<Fields, CoreTokenType>,
    nonce: &Nonce,
) -> Result<Person, OidcError> {
    let invalid = |error: &dyn std::error::Error| OidcError::Invalid(error.to_string());
    let token = tokens
        .id_token()
        .ok_or_else(|| OidcError::Invalid("it has no ID token".to_owned()))?;
    let verifier = client.id_token_verifier();
    let claims = token.claims(&verifier, nonce).map_err(|error| invalid(&error))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|error| invalid(&error))?;
        let key = token.signing_key(&verifier).map_err(|error| invalid(&error))?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|error| invalid(&error))?;
        if actual != *expected {
            return Err(OidcError::Invalid("the access token is another's".to_owned()));
        }
    }
    Ok(Person {
        subject: claims.subject().to_string(),
        email: claims.email().map(|email| email.to_string()),
        verified: claims.email_verified() == Some(true),
        claims: claims.additional_claims().clone(),
    })
}

/// The texts of a claim: one, or many in a list. A name that is no claim may be a path.
pub(super) fn values<'a>(claims: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let found = claims.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        rest.split('.').try_fold(claims.get(first)?, |value, name| value.get(name))
    });
    match found {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_claim_is_a_text_a_list_or_deep_inside() {
        let claims: Map<String, Value> = serde_json::from_str(
            r#"{"role": "admins", "roles": ["a", 7, "b"], "realm_access": {"roles": ["c"]}, "https://example.com/role": "d", "n": 1}"#,
        )
        .unwrap();
        assert_eq!(values(&claims, "role"), ["admins"]);
        assert_eq!(values(&claims, "roles"), ["a", "b"]);
        assert_eq!(values(&claims, "realm_access.roles"), ["c"]);
        assert_eq!(values(&claims, "https://example.com/role"), ["d"]);
        for none in ["n", "nothing", "realm_access", "role.x", "realm_access.x", ""] {
            assert!(values(&claims, none).is_empty(), "{none}");
        }
    }
}
