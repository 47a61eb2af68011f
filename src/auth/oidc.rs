//! Sign-in through an OpenID provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core, section 3.1; RFC 7636).
//!
//! The state of a sign-in is kept in an encrypted cookie of the browser. So no other browser can complete it, and strangers cannot fill a
//! table with sign-ins that they start. The `state` of a completed sign-in is stored until it expires, so that it works only once.

mod code_flow;
mod discovery;
mod error;
mod fetch;
mod person;
pub mod settings;
mod token;

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use url::Url;

pub use self::error::OidcError;
use self::{
    code_flow::{CodeFlowClient, Tokens},
    discovery::{Discovery, discover},
    fetch::get,
    person::{Person, Verified, person},
    token::{Claims, TokenError},
};
use crate::{
    auth::oidc::settings::OidcSettings,
    domain::timestamp::Timestamp,
    storage::{Store, identities::Identity, sealed_token::Purpose},
};

/// The name of the cookie of a sign-in in progress.
pub const COOKIE: &str = "clearhook_oidc";
/// Maximum time between the redirect to the provider and the return.
pub const AGE: Duration = Duration::from_mins(10);
/// The path to which the provider sends the browser back.
pub const CALLBACK: &str = "/sign-in/oidc/callback";
/// How long the provider's discovery document and keys are cached.
const CACHE_TIME: Duration = Duration::from_mins(10);
/// The minimum time between two requests for the discovery document, however many tokens have unknown keys.
const REFRESH_INTERVAL_MIN: Duration = Duration::from_secs(10);

/// The query parameters with which the browser came back.
#[derive(Debug, Default)]
pub struct AuthorizationResponse {
    /// The authorization code, if the sign-in succeeded.
    pub code: Option<String>,
    /// The `state` that was sent to the provider.
    pub state: Option<String>,
    /// The issuer of the provider that sent the browser back (RFC 9207).
    pub issuer: Option<String>,
    /// The provider's error code, if the sign-in failed.
    pub error: Option<String>,
}

/// An OpenID provider.
pub struct Provider {
    settings: OidcSettings,
    redirect: Url,
    known: Mutex<Option<(Instant, Discovery)>>,
}

/// A sign-in in progress, as stored in the cookie.
#[derive(Serialize, Deserialize)]
struct OidcState {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    until: i64,
}

impl Provider {
    /// The provider of these settings, for a console at this URL.
    pub fn new(settings: OidcSettings, console: &Url) -> Self {
        let mut redirect = console.clone();
        redirect.set_path(CALLBACK);
        redirect.set_query(None);
        Self {
            settings,
            redirect,
            known: Mutex::default(),
        }
    }

    /// The provider's name on the sign-in page.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Starts a sign-in. Returns the URL to redirect the browser to, and the value of the cookie.
    pub async fn begin(&self, store: &Store, next: &str, now: Timestamp) -> Result<(Url, String), OidcError> {
        let client = self.client(&self.discovery(CACHE_TIME).await?)?;
        let request = client.authorization_request();
        let state = OidcState {
            state: request.state,
            nonce: request.nonce,
            verifier: request.verifier,
            next: next.to_owned(),
            until: now.plus(AGE).0,
        };
        let state = serde_json::to_vec(&state).map_err(|error| OidcError::Invalid(error.to_string()))?;
        Ok((request.url, store.seal(Purpose::Provider, &state)))
    }

    /// Completes a sign-in. Returns the identity of the user, and the page that they wanted to open.
    pub async fn finish(
        &self,
        store: &Store,
        cookie: &str,
        returned: AuthorizationResponse,
        now: Timestamp,
    ) -> Result<(Identity, String), OidcError> {
        let opened = store.unseal(Purpose::Provider, cookie).ok_or(OidcError::Expired)?;
        let cookie_state: OidcState = serde_json::from_slice(&opened).map_err(|_| OidcError::Expired)?;
        let state = returned.state.unwrap_or_default();
        if now >= Timestamp(cookie_state.until) || !bool::from(state.as_bytes().ct_eq(cookie_state.state.as_bytes())) {
            return Err(OidcError::Expired);
        }
        let provider = self.discovery(CACHE_TIME).await?;
        match &returned.issuer {
            Some(issuer) if *issuer != provider.issuer => {
                return Err(OidcError::Invalid("another provider sent the browser back (iss)".to_owned()));
            }
            None if provider.names_itself && returned.error.is_none() => {
                return Err(OidcError::Invalid(
                    "the provider did not say which one sent the browser back (iss)".to_owned(),
                ));
            }
            _ => {}
        }
        if let Some(error) = returned.error {
            return Err(OidcError::Refused(error));
        }
        let code = returned.code.ok_or(OidcError::Expired)?;
        let tokens = self.client(&provider)?.exchange(code, cookie_state.verifier).await?;
        let identity = self.identify(provider, &tokens, &cookie_state.nonce).await?;
        let hash = Sha256::digest(cookie_state.state.as_bytes()).to_vec();
        if !store.use_oidc_state(hash, Timestamp(cookie_state.until), now).await? {
            return Err(OidcError::Expired);
        }
        Ok((identity, cookie_state.next))
    }

    /// The identity in these tokens.
    async fn identify(&self, mut provider: Discovery, tokens: &Tokens, nonce: &str) -> Result<Identity, OidcError> {
        let (id, access) = (&self.settings.client_id, tokens.access_token());
        let id_token = tokens
            .id_token()
            .ok_or_else(|| OidcError::Invalid("it has no ID token".to_owned()))?;
        let mut claims = match token::id_token(id_token, &provider, id, nonce, access) {
            // The provider may have changed its keys since they were cached.
            Err(TokenError::UnknownKey) => {
                provider = self.discovery(REFRESH_INTERVAL_MIN).await?;
                token::id_token(id_token, &provider, id, nonce, access)?
            }
            other => other?,
        };
        let mut known = person(&claims, &self.settings);
        let is_complete = |person: &Person| person.email.is_some() && person.verified != Verified::Unstated && self.role(person).is_some();
        if is_complete(&known) {
            return self.identity(known);
        }
        // Some providers return certain claims only from the user info endpoint.
        let mut failed = None;
        match self.user_info(&provider, access, &known.subject).await {
            Ok(info) => {
                // An email address and `email_verified` must come from the same source.
                if info.contains_key("email") {
                    claims.remove("email_verified");
                }
                claims.extend(info);
                known = person(&claims, &self.settings);
            }
            Err(error) => failed = Some(error),
        }
        // By default Keycloak puts roles only into the access token.
        if self.role(&known).is_none()
            && let Some(more) = token::access_token(access, &provider, id, &known.subject)
        {
            known.roles = person(&more, &self.settings).roles;
        }
        match (self.identity(known), failed) {
            (Err(_), Some(error)) => Err(error),
            (identity, Some(error)) => {
                tracing::debug!(%error, "the user info of the OpenID provider is not needed and not available: {error}");
                identity
            }
            (identity, None) => identity,
        }
    }

    async fn user_info(&self, provider: &Discovery, access_token: &str, subject: &str) -> Result<Claims, OidcError> {
        let Some(address) = &provider.userinfo_endpoint else {
            return Ok(Claims::new());
        };
        let response = get(address, Some(access_token)).await?;
        let claims: Claims = if response.media_type == "application/jwt" {
            token::user_info(&String::from_utf8_lossy(&response.body), provider, &self.settings.client_id)?
        } else {
            serde_json::from_slice(&response.body)
                .map_err(|error| OidcError::Invalid(format!("the user info is no JSON object: {error}")))?
        };
        // Section 5.3.2: the user info of another subject must not be used.
        if claims.get("sub").and_then(Value::as_str) != Some(subject) {
            return Err(OidcError::Invalid("the user info is about another user (sub)".to_owned()));
        }
        Ok(claims)
    }

    fn role(&self, person: &Person) -> Option<crate::domain::role::Role> {
        let values: Vec<&str> = person.roles.iter().map(String::as_str).collect();
        self.settings.role(&values)
    }

    fn identity(&self, person: Person) -> Result<Identity, OidcError> {
        let role = self.role(&person).ok_or_else(|| OidcError::NoRole {
            claim: self.settings.role_claim.clone(),
            values: if person.roles.is_empty() {
                "none".to_owned()
            } else {
                person.roles.join(", ")
            },
        })?;
        let email = person
            .email
            .filter(|email| crate::auth::email::check(email).is_ok())
            .ok_or(OidcError::NoEmail)?;
        match person.verified {
            Verified::Yes => {}
            Verified::Unstated if self.settings.trust_email => {}
            Verified::Unstated => return Err(OidcError::EmailUnstated),
            Verified::No => return Err(OidcError::NoEmail),
        }
        Ok(Identity {
            issuer: self.settings.issuer.clone(),
            role,
            email,
            subject: person.subject,
        })
    }

    fn client(&self, provider: &Discovery) -> Result<CodeFlowClient, OidcError> {
        CodeFlowClient::new(&self.settings, provider, &self.redirect)
    }

    /// The discovery document, not older than `age`.
    async fn discovery(&self, age: Duration) -> Result<Discovery, OidcError> {
        let mut known = self.known.lock().await;
        if let Some((at, discovery)) = known.as_ref()
            && at.elapsed() < age
        {
            return Ok(discovery.clone());
        }
        let discovery = discover(&self.settings.issuer).await?;
        *known = Some((Instant::now(), discovery.clone()));
        Ok(discovery)
    }
}
