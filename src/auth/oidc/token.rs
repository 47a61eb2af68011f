//! Validates JSON Web Tokens of a provider: signature, issuer, audience and time (OpenID Connect Core, section 3.1.3.7). Other claims are
//! not validated, because providers get optional claims wrong.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind, jwk::Jwk};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::auth::oidc::{discovery::Discovery, error::OidcError};

/// Maximum difference between the clocks of the provider and of this machine, in seconds.
const LEEWAY: u64 = 60;
/// Asymmetric algorithms only. With a shared secret (HS256), everybody who knows the secret could sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The claims of a token.
pub(super) type Claims = Map<String, Value>;

/// Why a token is rejected.
pub(super) enum TokenError {
    /// No known key matches. The provider may have new keys.
    UnknownKey,
    /// Any other reason.
    Invalid(String),
}

impl From<TokenError> for OidcError {
    fn from(error: TokenError) -> Self {
        Self::Invalid(match error {
            TokenError::UnknownKey => "the token is signed with a key that the provider does not publish".to_owned(),
            TokenError::Invalid(detail) => detail,
        })
    }
}

/// Validates an ID token and returns its claims.
pub(super) fn id_token(token: &str, provider: &Discovery, client_id: &str, nonce: &str, access_token: &str) -> Result<Claims, TokenError> {
    let (header, claims) = verified(token, provider, "ID token", |validation| {
        validation.set_audience(&[client_id]);
        validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    })?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let has_several = claims.get("aud").and_then(Value::as_array).is_some_and(|list| list.len() > 1);
    if has_several && text("azp").is_some_and(|azp| azp != client_id) {
        return Err(TokenError::Invalid("the ID token was made for another client (azp)".to_owned()));
    }
    if text("nonce") != Some(nonce) {
        return Err(TokenError::Invalid(
            "the ID token does not belong to this sign-in (nonce)".to_owned(),
        ));
    }
    if let Some(expected) = text("at_hash")
        && hash_of(header.alg, access_token).is_some_and(|actual| actual != expected)
    {
        return Err(TokenError::Invalid(
            "the access token does not belong to the ID token (at_hash)".to_owned(),
        ));
    }
    Ok(claims)
}

/// The claims of an access token, if it is a JWT signed by this provider for this subject and client. Access tokens of some providers are
/// opaque.
pub(super) fn access_token(token: &str, provider: &Discovery, client_id: &str, subject: &str) -> Option<Claims> {
    let (_, claims) = verified(token, provider, "access token", |validation| {
        // Its audience is an API. The client is in `azp` or `client_id`.
        validation.validate_aud = false;
        validation.sub = Some(subject.to_owned());
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    })
    .ok()?;
    let is_own = ["azp", "client_id", "appid", "cid"]
        .iter()
        .filter_map(|name| claims.get(*name))
        .all(|client| client == client_id);
    is_own.then_some(claims)
}

/// The claims of a signed user info response.
pub(super) fn user_info(token: &str, provider: &Discovery, client_id: &str) -> Result<Claims, TokenError> {
    let (_, claims) = verified(token, provider, "signed user info", |validation| {
        validation.set_audience(&[client_id]);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
    })?;
    Ok(claims)
}

fn verified(token: &str, provider: &Discovery, what: &str, adjust: impl FnOnce(&mut Validation)) -> Result<(Header, Claims), TokenError> {
    let invalid = |detail: &dyn std::fmt::Display| TokenError::Invalid(format!("the {what} {detail}"));
    if token.split('.').count() == 5 {
        return Err(invalid(&"is encrypted; turn that off for clearhook at the provider"));
    }
    let header = decode_header(token).map_err(|error| invalid(&format!("cannot be read: {error}")))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(invalid(&format!(
            "is signed with {:?}; let the provider sign with RS256 or ES256",
            header.alg
        )));
    }
    let mut validation = Validation::new(header.alg);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&issuers(&provider.issuer));
    adjust(&mut validation);
    let fits = |key: &&Jwk| match (&header.kid, &key.common.key_id) {
        (Some(wanted), Some(id)) => wanted == id,
        _ => true,
    };
    let mut found = Err(TokenError::UnknownKey);
    for key in provider.keys.iter().filter(fits) {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        match decode::<Claims>(token, &key, &validation) {
            Ok(decoded) => return Ok((header, decoded.claims)),
            // The key is of another kind, or not the signing key.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat
                ) => {}
            Err(error) => found = Err(invalid(&reason(error.kind()))),
        }
    }
    found
}

fn reason(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::ExpiredSignature => "has expired; compare the clocks of this machine and of the provider".to_owned(),
        ErrorKind::ImmatureSignature => "is not valid yet; compare the clocks of this machine and of the provider".to_owned(),
        ErrorKind::InvalidIssuer => "was made by another issuer (iss)".to_owned(),
        ErrorKind::InvalidAudience => "was made for another client (aud)".to_owned(),
        ErrorKind::InvalidSubject => "is about another user (sub)".to_owned(),
        ErrorKind::MissingRequiredClaim(name) => format!("lacks {name}"),
        other => format!("cannot be used: {other:?}"),
    }
}

/// Google's tokens may omit the scheme (Google, "OpenID Connect", section "Validating an ID token").
fn issuers(issuer: &str) -> Vec<&str> {
    match issuer {
        "https://accounts.google.com" => vec![issuer, "accounts.google.com"],
        other => vec![other],
    }
}

/// The left half of a hash, as in `at_hash` (OpenID Connect Core, section 3.1.3.6).
fn hash_of(algorithm: Algorithm, text: &str) -> Option<String> {
    let hash = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => Sha256::digest(text).to_vec(),
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Sha384::digest(text).to_vec(),
        Algorithm::RS512 | Algorithm::PS512 => Sha512::digest(text).to_vec(),
        // Providers do not agree on the hash for EdDSA.
        _ => return None,
    };
    Some(URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2]))
}
