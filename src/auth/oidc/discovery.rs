//! The discovery document of a provider (OpenID Connect Discovery, section 4), and its keys. Only the required members are parsed, because
//! providers get optional members wrong.

use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::auth::oidc::{error::OidcError, fetch::get};

/// The parsed discovery document and the keys.
#[derive(Clone, Debug)]
pub(super) struct Discovery {
    /// The issuer, exactly as in tokens.
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) userinfo_endpoint: Option<Url>,
    /// Whether the client secret must be sent in the request body, because the provider does not support HTTP Basic authentication.
    pub(super) secret_in_body: bool,
    /// Whether the provider adds `iss` when it sends the browser back (RFC 9207).
    pub(super) names_itself: bool,
    pub(super) keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// Requests the discovery document of this issuer.
pub(super) async fn discover(issuer: &str) -> Result<Discovery, OidcError> {
    let unreachable = |detail: String| OidcError::Unreachable(detail);
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address = Url::parse(&address).map_err(|error| unreachable(error.to_string()))?;
    let response = get(&address, None).await?;
    let document: Document = serde_json::from_slice(&response.body)
        .map_err(|error| unreachable(format!("{address} is no description of an OpenID provider: {error}")))?;
    // Issuers of Auth0 end with a slash, which operators often omit.
    if document.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(unreachable(format!(
            "the provider at {address} calls itself {}; write that in CLEARHOOK_OIDC_ISSUER (for Entra ID: the issuer with your tenant's id, not with `common`)",
            document.issuer
        )));
    }
    let more = &document.more;
    let methods: Vec<&str> = texts(more.get("token_endpoint_auth_methods_supported"));
    Ok(Discovery {
        keys: keys(&document.jwks_uri).await?,
        userinfo_endpoint: more
            .get("userinfo_endpoint")
            .and_then(Value::as_str)
            .and_then(|url| Url::parse(url).ok()),
        // The default is `client_secret_basic`.
        secret_in_body: methods.contains(&"client_secret_post") && !methods.contains(&"client_secret_basic"),
        names_itself: more.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        issuer: document.issuer,
        authorization_endpoint: document.authorization_endpoint,
        token_endpoint: document.token_endpoint,
    })
}

/// The signing keys. A key that cannot be parsed is skipped.
async fn keys(address: &Url) -> Result<Vec<Jwk>, OidcError> {
    let response = get(address, None).await?;
    let set: Value = serde_json::from_slice(&response.body)
        .map_err(|error| OidcError::Unreachable(format!("{address} holds no keys of an OpenID provider: {error}")))?;
    let keys = set.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    let signs = |key: &Value| key.get("use").is_none_or(|purpose| purpose == "sig");
    Ok(keys
        .into_iter()
        .filter(signs)
        .filter_map(|mut key| {
            // Other members are ignored, whatever their form.
            if let Some(key) = key.as_object_mut() {
                key.retain(|name, _| matches!(name.as_str(), "kty" | "kid" | "alg" | "n" | "e" | "crv" | "x" | "y"));
            }
            serde_json::from_value(key).ok()
        })
        .collect())
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |list| list.iter().filter_map(Value::as_str).collect())
}
