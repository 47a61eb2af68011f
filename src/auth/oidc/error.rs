//! Errors of a sign-in through an OpenID provider.

use thiserror::Error;

use crate::storage::StoreError;

/// Why a sign-in through the provider failed.
#[derive(Debug, Error)]
pub enum OidcError {
    /// The provider cannot be reached, or its discovery document is not valid.
    #[error("the OpenID provider cannot be used: {0}")]
    Unreachable(String),
    /// The provider rejected the sign-in.
    #[error("the OpenID provider rejected the sign-in: {0}")]
    Refused(String),
    /// The sign-in was started by another browser, has expired, or is already complete.
    #[error("this browser has no sign-in in progress: it was not started here, has expired, or is complete")]
    Expired,
    /// A token or the user info is not valid.
    #[error("the OpenID provider's response is not valid: {0}")]
    Invalid(String),
    /// The provider returned no email address, or says that it is not verified.
    #[error("the OpenID provider gave no verified email address")]
    NoEmail,
    /// The provider does not say whether the email address is verified.
    #[error(
        "the OpenID provider does not say whether the email address is verified (no claim email_verified); if only your organisation \
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

/// The error with all its causes, for the log.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}
