//! The authorization code flow with PKCE: the client of the `openidconnect` library, with the types that clearhook uses.

use std::time::Duration;

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
use url::Url;

use crate::auth::oidc::{
    discovery::Discovery,
    error::{OidcError, chain},
    fetch::fetcher,
    settings::OidcSettings,
};

const SCOPES: [&str; 2] = ["email", "profile"];

/// The members of the token response that are needed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tokens {
    access_token: AccessToken,
    #[serde(default)]
    id_token: Option<String>,
}

/// A request to the authorization endpoint.
pub(super) struct AuthorizationRequest {
    /// The URL to which the browser is redirected.
    pub(super) url: Url,
    /// The `state`, which the provider returns.
    pub(super) state: String,
    /// The `nonce`, which is in the ID token.
    pub(super) nonce: String,
    /// The PKCE verifier, which is sent with the code.
    pub(super) verifier: String,
}

/// The client of a provider.
pub(super) struct CodeFlowClient(LibraryClient<EndpointSet, EndpointSet>);

/// The library has a type parameter for each optional part of the protocol, and for each endpoint whether its URL is set.
type LibraryClient<Authorization, Token> = Client<
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

impl CodeFlowClient {
    pub(super) fn new(settings: &OidcSettings, provider: &Discovery, redirect: &Url) -> Result<Self, OidcError> {
        let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|error| OidcError::Unreachable(error.to_string()))?;
        let id = ClientId::new(settings.client_id.clone());
        let client = LibraryClient::<EndpointNotSet, EndpointNotSet>::new(id, issuer, JsonWebKeySet::default())
            .set_auth_uri(AuthUrl::from_url(provider.authorization_endpoint.clone()))
            .set_token_uri(TokenUrl::from_url(provider.token_endpoint.clone()))
            .set_redirect_uri(RedirectUrl::from_url(redirect.clone()))
            .set_auth_type(if provider.secret_in_body {
                AuthType::RequestBody
            } else {
                AuthType::BasicAuth
            });
        Ok(Self(match &settings.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.to_string())),
            None => client,
        }))
    }

    /// Creates a request with a new `state`, `nonce` and PKCE verifier.
    pub(super) fn authorization_request(&self) -> AuthorizationRequest {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = self.0.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let request = request.set_pkce_challenge(challenge);
        let request = request.add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())));
        let (url, state, nonce) = request.url();
        AuthorizationRequest {
            url,
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        }
    }

    /// Exchanges the authorization code for tokens.
    pub(super) async fn exchange(&self, code: String, verifier: String) -> Result<Tokens, OidcError> {
        let request = self.0.exchange_code(AuthorizationCode::new(code));
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let tokens = request.request_async(&fetcher()?).await;
        tokens.map_err(|error| OidcError::Invalid(chain(&error)))
    }
}

impl Tokens {
    pub(super) fn access_token(&self) -> &str {
        self.access_token.secret()
    }

    pub(super) fn id_token(&self) -> Option<&str> {
        self.id_token.as_deref()
    }
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
