//! What a provider says of itself (OpenID Connect Discovery, section 4), and its keys. Only what is needed is read: providers get
//! optional members wrong.

use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::auth::oidc::{OidcError, fetch::get};

/// A provider as it describes itself.
#[derive(Clone, Debug)]
pub(super) struct Discovery {
    /// Its issuer, exactly as it stands in tokens.
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) userinfo_endpoint: Option<Url>,
    /// Whether the client's secret has to be sent in the body, because the provider takes no other way that is known here.
    pub(super) secret_in_body: bool,
    /// Whether the provider names itself when it sends the browser back (RFC 9207).
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

/// Asks the provider of this issuer.
pub(super) async fn discover(issuer: &str) -> Result<Discovery, OidcError> {
    let unreachable = |detail: String| OidcError::Unreachable(detail);
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address = Url::parse(&address).map_err(|error| unreachable(error.to_string()))?;
    let answer = get(&address, None).await?;
    let document: Document = serde_json::from_slice(&answer.body)
        .map_err(|error| unreachable(format!("{address} is no description of an OpenID provider: {error}")))?;
    // Auth0's issuers end with a slash, which is easily left out.
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
        // `client_secret_basic` is what holds when nothing is said.
        secret_in_body: methods.contains(&"client_secret_post") && !methods.contains(&"client_secret_basic"),
        names_itself: more.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        issuer: document.issuer,
        authorization_endpoint: document.authorization_endpoint,
        token_endpoint: document.token_endpoint,
    })
}

/// The keys that sign. One that cannot be read does not keep others from being used.
async fn keys(address: &Url) -> Result<Vec<Jwk>, OidcError> {
    let answer = get(address, None).await?;
    let set: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| OidcError::Unreachable(format!("{address} holds no keys of an OpenID provider: {error}")))?;
    let keys = set.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    let signs = |key: &Value| key.get("use").is_none_or(|purpose| purpose == "sig");
    Ok(keys
        .into_iter()
        .filter(signs)
        .filter_map(|mut key| {
            // What is not needed may have any form.
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
