//! Sign-in through an OpenID provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core, section 3.1; RFC 7636).
//!
//! The state of a sign-in is kept in an encrypted cookie of the browser. So no other browser can complete it, and strangers cannot fill a
//! table with sign-ins that they start. The `state` of a completed sign-in is stored until it expires, so that it works only once.

mod discovery;
mod fetch;
mod person;
pub mod settings;
mod token;

use std::time::{Duration, Instant};

use openidconnect::{
    AccessToken, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims, EndpointNotSet,
    EndpointSet, IdToken, IssuerUrl, JsonWebKeySet, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, Scope, StandardErrorResponse, TokenResponse, TokenUrl,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use tokio::sync::Mutex;
use url::Url;

use self::{
    discovery::{Discovery, discover},
    fetch::{fetcher, get},
    person::{Person, Verified, person},
    token::{Claims, TokenError},
};
use crate::{
    auth::oidc::settings::OidcSettings,
    domain::timestamp::Timestamp,
    storage::{Store, StoreError, identities::Identity, sealed_token::Purpose},
};

/// The name of the cookie of a sign-in in progress.
pub const COOKIE: &str = "clearhook_oidc";
/// How much time a user has at the provider.
pub const AGE: Duration = Duration::from_mins(10);
/// The path to which the provider sends the browser back.
pub const CALLBACK: &str = "/sign-in/oidc/callback";
/// How long the provider's discovery document and keys are cached.
const REMEMBERED: Duration = Duration::from_mins(10);
/// The minimum time between two requests for the discovery document, however many tokens have unknown keys.
const ASKED_AGAIN: Duration = Duration::from_secs(10);
const SCOPES: [&str; 2] = ["email", "profile"];

/// Why a sign-in through the provider failed.
#[derive(Debug, Error)]
pub enum OidcError {
    /// The provider cannot be reached, or its discovery document is not valid.
    #[error("the OpenID provider cannot be used: {0}")]
    Unreachable(String),
    /// The provider rejected the sign-in.
    #[error("the OpenID provider refused: {0}")]
    Refused(String),
    /// The sign-in was started by another browser, has expired, or is already complete.
    #[error("no sign-in was begun by this browser, or too long ago, or it is finished")]
    Expired,
    /// A token or the user info is not valid.
    #[error("the OpenID provider's answer is not valid: {0}")]
    Invalid(String),
    /// The provider returned no e-mail address, or says that it is not verified.
    #[error("the OpenID provider gave no verified e-mail address")]
    NoEmail,
    /// The provider does not say whether the e-mail address is verified.
    #[error(
        "the OpenID provider does not say whether the e-mail address is verified (no claim email_verified); if only your organisation \
         gives out addresses there, set CLEARHOOK_OIDC_TRUST_EMAIL=true"
    )]
    EmailUnstated,
    /// No value of the role claim maps to a role.
    #[error(
        "the claim `{claim}` has no value that is known here, in the ID token, the user info or the access token (it has: {values}); \
         compare CLEARHOOK_OIDC_ROLE_CLAIM, _ADMINISTRATOR_VALUE and _API_OWNER_VALUE"
    )]
    NoRole {
        /// The role claim.
        claim: String,
        /// Its values.
        values: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The query parameters with which the browser came back.
#[derive(Debug, Default)]
pub struct Returned {
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
struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    until: i64,
}

/// The members of the token response that are needed.
#[derive(Debug, Serialize, Deserialize)]
struct Tokens {
    access_token: AccessToken,
    #[serde(default)]
    id_token: Option<String>,
}

impl OAuth2TokenResponse for Tokens {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &CoreTokenType {
        &CoreTokenType::Bearer
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl TokenResponse<EmptyAdditionalClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm> for Tokens {
    /// The library would reject an ID token if an optional claim has an unusual form. Returns `None`; `token` validates the ID token
    /// instead.
    fn id_token(
        &self,
    ) -> Option<&IdToken<EmptyAdditionalClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>> {
        None
    }
}

type CodeFlow<Authorization, Token> = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    Authorization,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    Token,
    EndpointNotSet,
>;

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
        let client = self.client(&self.discovery(REMEMBERED).await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .set_pkce_challenge(challenge);
        for scope in SCOPES {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        let (url, state, nonce) = request.url();
        let begun = Begun {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            next: next.to_owned(),
            until: now.plus(AGE).0,
        };
        let begun = serde_json::to_vec(&begun).map_err(|error| OidcError::Invalid(error.to_string()))?;
        Ok((url, store.seal(Purpose::Provider, &begun)))
    }

    /// Completes a sign-in. Returns the identity of the user, and the page that they wanted to open.
    pub async fn finish(&self, store: &Store, cookie: &str, returned: Returned, now: Timestamp) -> Result<(Identity, String), OidcError> {
        let opened = store.unseal(Purpose::Provider, cookie).ok_or(OidcError::Expired)?;
        let begun: Begun = serde_json::from_slice(&opened).map_err(|_| OidcError::Expired)?;
        let state = returned.state.unwrap_or_default();
        if now >= Timestamp(begun.until) || !bool::from(state.as_bytes().ct_eq(begun.state.as_bytes())) {
            return Err(OidcError::Expired);
        }
        let provider = self.discovery(REMEMBERED).await?;
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
        let tokens = self
            .client(&provider)?
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier))
            .request_async(&fetcher()?)
            .await
            .map_err(|error| OidcError::Invalid(chain(&error)))?;
        let identity = self.identify(provider, &tokens, &begun.nonce).await?;
        let hash = Sha256::digest(begun.state.as_bytes()).to_vec();
        if !store.use_oidc_state(hash, Timestamp(begun.until), now).await? {
            return Err(OidcError::Expired);
        }
        Ok((identity, begun.next))
    }

    /// The identity in these tokens.
    async fn identify(&self, mut provider: Discovery, tokens: &Tokens, nonce: &str) -> Result<Identity, OidcError> {
        let (id, access) = (&self.settings.client_id, tokens.access_token.secret());
        let id_token = tokens
            .id_token
            .as_deref()
            .ok_or_else(|| OidcError::Invalid("it has no ID token".to_owned()))?;
        let mut claims = match token::id_token(id_token, &provider, id, nonce, access) {
            // The provider may have changed its keys since they were cached.
            Err(TokenError::UnknownKey) => {
                provider = self.discovery(ASKED_AGAIN).await?;
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
                // An e-mail address and `email_verified` must come from the same source.
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
        let answer = get(address, Some(access_token)).await?;
        let claims: Claims = if answer.media_type == "application/jwt" {
            token::user_info(&String::from_utf8_lossy(&answer.body), provider, &self.settings.client_id)?
        } else {
            serde_json::from_slice(&answer.body).map_err(|error| OidcError::Invalid(format!("the user info is no JSON object: {error}")))?
        };
        // Section 5.3.2: the user info of another subject must not be used.
        if claims.get("sub").and_then(Value::as_str) != Some(subject) {
            return Err(OidcError::Invalid("the user info is about somebody else (sub)".to_owned()));
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

    fn client(&self, provider: &Discovery) -> Result<CodeFlow<EndpointSet, EndpointSet>, OidcError> {
        let wrong = |error: openidconnect::url::ParseError| OidcError::Unreachable(error.to_string());
        let settings = &self.settings;
        let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(wrong)?;
        let client =
            CodeFlow::<EndpointNotSet, EndpointNotSet>::new(ClientId::new(settings.client_id.clone()), issuer, JsonWebKeySet::default())
                .set_auth_uri(AuthUrl::from_url(provider.authorization_endpoint.clone()))
                .set_token_uri(TokenUrl::from_url(provider.token_endpoint.clone()))
                .set_redirect_uri(RedirectUrl::from_url(self.redirect.clone()))
                .set_auth_type(if provider.secret_in_body {
                    AuthType::RequestBody
                } else {
                    AuthType::BasicAuth
                });
        Ok(match &settings.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.to_string())),
            None => client,
        })
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

/// The error and all its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}
