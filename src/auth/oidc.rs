//! Sign-in by an OpenID provider: code flow with PKCE, state and nonce (OpenID Connect Core, section 3.1; RFC 7636).
//!
//! What has to be known when the browser comes back is in a sealed cookie of that browser: so nobody else can finish a sign-in that it
//! began, and nobody can fill a table.

mod fetch;
mod person;

use std::time::{Duration, Instant};

use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, IdTokenFields, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;
use thiserror::Error;
use tokio::sync::Mutex;
use url::Url;

use self::{
    fetch::fetcher,
    person::{Person, person, values},
};
use crate::{
    config::OidcSettings,
    domain::timestamp::Timestamp,
    storage::{Store, identities::Identity, sealed::Purpose},
};

/// Name of the cookie of a sign-in that is on its way.
pub const COOKIE: &str = "clearhook_oidc";
/// How long one may take at the provider.
pub const AGE: Duration = Duration::from_mins(10);
/// Where the provider sends browsers back to.
pub const CALLBACK: &str = "/sign-in/oidc/callback";
/// How long the provider's description and keys are remembered.
const REMEMBERED: Duration = Duration::from_mins(10);
const SCOPES: [&str; 2] = ["email", "profile"];

/// Why a sign-in by the provider failed.
#[derive(Debug, Error)]
pub enum OidcError {
    /// The provider cannot be reached, or describes itself wrongly.
    #[error("the OpenID provider cannot be used: {0}")]
    Unreachable(String),
    /// The provider did not let them in.
    #[error("the OpenID provider refused: {0}")]
    Refused(String),
    /// It was begun by another browser, or too long ago.
    #[error("no sign-in was begun by this browser, or too long ago")]
    Expired,
    /// What the provider says of them cannot be believed.
    #[error("the OpenID provider's answer is not valid: {0}")]
    Invalid(String),
    /// The provider does not vouch for an e-mail address.
    #[error("the OpenID provider gave no verified e-mail address")]
    NoEmail,
    /// No value of the role claim means anything here.
    #[error("the OpenID provider gave no role that is known here")]
    NoRole,
}

/// How the browser came back.
#[derive(Debug, Default)]
pub struct Returned {
    /// Proves to the provider that they were let in.
    pub code: Option<String>,
    /// As it was sent there.
    pub state: Option<String>,
    /// Why they were not let in.
    pub error: Option<String>,
}

/// The provider.
pub struct Provider {
    settings: OidcSettings,
    redirect: Url,
    known: Mutex<Option<(Instant, CoreProviderMetadata)>>,
}

/// A sign-in on its way, as the cookie holds it.
#[derive(Serialize, Deserialize)]
struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    until: i64,
}

/// All claims beyond the standard ones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Claims(Map<String, Value>);

impl AdditionalClaims for Claims {}

type Fields = IdTokenFields<Claims, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type OidcClient<Auth, Device, Introspection, Revocation, Token, Info> = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    Auth,
    Device,
    Introspection,
    Revocation,
    Token,
    Info,
>;

/// A client of a provider that was asked for its description.
type Discovered = OidcClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

impl Provider {
    /// The provider of these settings, for a console at this address.
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

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Where to send the browser, and what it has to keep meanwhile.
    pub async fn begin(&self, store: &Store, next: &str, now: Timestamp) -> Result<(Url, String), OidcError> {
        let client = self.client(false).await?;
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

    /// Who came back, and where they wanted to go.
    pub async fn finish(&self, store: &Store, cookie: &str, returned: Returned, now: Timestamp) -> Result<(Identity, String), OidcError> {
        let opened = store.unseal(Purpose::Provider, cookie).ok_or(OidcError::Expired)?;
        let begun: Begun = serde_json::from_slice(&opened).map_err(|_| OidcError::Expired)?;
        let state = returned.state.unwrap_or_default();
        if now >= Timestamp(begun.until) || !bool::from(state.as_bytes().ct_eq(begun.state.as_bytes())) {
            return Err(OidcError::Expired);
        }
        if let Some(error) = returned.error {
            return Err(OidcError::Refused(error));
        }
        let code = returned.code.ok_or(OidcError::Expired)?;
        let client = self.client(false).await?;
        let http = fetcher()?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Unreachable(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier))
            .request_async(&http)
            .await
            .map_err(|error| OidcError::Invalid(chain(&error)))?;
        let nonce = Nonce::new(begun.nonce);
        let person = match person(&client, &tokens, &nonce) {
            Ok(person) => person,
            // The provider may have other keys than a while ago.
            Err(_) => person(&self.client(true).await?, &tokens, &nonce)?,
        };
        let person = if person.is_whole(&self.settings.role_claim) {
            person
        } else {
            self.ask(&client, &tokens, person).await?
        };
        Ok((self.identity(person)?, begun.next))
    }

    /// Providers may keep claims for those who ask.
    async fn ask(
        &self,
        client: &Discovered,
        tokens: &StandardTokenResponse<Fields, CoreTokenType>,
        known: Person,
    ) -> Result<Person, OidcError> {
        let subject = openidconnect::SubjectIdentifier::new(known.subject.clone());
        let Ok(request) = client.user_info(tokens.access_token().clone(), Some(subject)) else {
            return Ok(known);
        };
        let http = fetcher()?;
        let info: UserInfoClaims<Claims, CoreGenderClaim> = request
            .request_async(&http)
            .await
            .map_err(|error| OidcError::Invalid(chain(&error)))?;
        let mut claims = known.claims;
        claims.0.extend(info.additional_claims().0.clone());
        Ok(Person {
            subject: known.subject,
            email: info.email().map(|email| email.to_string()).or(known.email),
            verified: if info.email().is_some() {
                info.email_verified() == Some(true)
            } else {
                known.verified
            },
            claims,
        })
    }

    fn identity(&self, person: Person) -> Result<Identity, OidcError> {
        let email = person
            .email
            .filter(|email| person.verified && crate::auth::email::check(email).is_ok());
        let values = values(&person.claims.0, &self.settings.role_claim);
        Ok(Identity {
            issuer: self.settings.issuer.clone(),
            role: self.settings.role(&values).ok_or(OidcError::NoRole)?,
            email: email.ok_or(OidcError::NoEmail)?,
            subject: person.subject,
        })
    }

    async fn client(&self, anew: bool) -> Result<Discovered, OidcError> {
        let metadata = self.metadata(anew).await?;
        let settings = &self.settings;
        let secret = settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.to_string()));
        let client = OidcClient::from_provider_metadata(metadata, ClientId::new(settings.client_id.clone()), secret);
        Ok(client.set_redirect_uri(RedirectUrl::from_url(self.redirect.clone())))
    }

    async fn metadata(&self, anew: bool) -> Result<CoreProviderMetadata, OidcError> {
        let mut known = self.known.lock().await;
        if let Some((at, metadata)) = known.as_ref()
            && !anew
            && at.elapsed() < REMEMBERED
        {
            return Ok(metadata.clone());
        }
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|error| OidcError::Unreachable(error.to_string()))?;
        let http = fetcher()?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &http)
            .await
            .map_err(|error| OidcError::Unreachable(chain(&error)))?;
        *known = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }
}

/// An error with all its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}
