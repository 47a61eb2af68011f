//! Settings of the OpenID provider.

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::role::Role;

/// An OpenID provider, and how its claims map to roles.
#[derive(Clone)]
pub struct OidcSettings {
    /// The issuer URL, as in the provider's own configuration.
    pub issuer: String,
    /// The client id of clearhook at the provider.
    pub client_id: String,
    /// The client secret, if the provider requires one.
    pub client_secret: Option<Zeroizing<String>>,
    /// The claim that contains the role: a name, or a path of names separated by dots, such as `realm_access.roles`.
    pub role_claim: String,
    /// Claim values that map to the role administrator.
    pub administrator_values: Vec<String>,
    /// Claim values that map to the role API owner.
    pub api_owner_values: Vec<String>,
    /// Whether to accept an email address if the provider does not say whether it is verified.
    pub trust_email: bool,
    /// The provider's name on the sign-in page.
    pub name: String,
}

impl OidcSettings {
    /// The role for these claim values. If they map to several roles, the one with more permissions.
    pub fn role(&self, values: &[&str]) -> Option<Role> {
        // Email addresses are compared case-insensitively.
        let is_same = |known: &str, value: &str| known == value || (known.contains('@') && known.eq_ignore_ascii_case(value));
        let has = |known: &[String]| known.iter().any(|known| values.iter().any(|value| is_same(known, value)));
        if has(&self.administrator_values) {
            Some(Role::Administrator)
        } else {
            has(&self.api_owner_values).then_some(Role::ApiOwner)
        }
    }
}

impl fmt::Debug for OidcSettings {
    /// Omits the client secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcSettings").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
