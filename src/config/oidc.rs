//! Settings of sign-in through an OpenID provider.

use url::{Host, Url};
use zeroize::Zeroizing;

use crate::{
    auth::oidc::settings::OidcSettings,
    config::{error::ConfigError, parse::truth, settings::Settings},
};

/// Reads the settings of the OpenID provider, if an issuer is configured.
pub(super) fn oidc_settings(settings: &Settings) -> Result<Option<OidcSettings>, ConfigError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let Some(issuer) = given(&settings.oidc_issuer).filter(|issuer| issuer.trim() != "none") else {
        return Ok(None);
    };
    if !may_be_issuer(&issuer) {
        return Err(ConfigError::new(
            "CLEARHOOK_OIDC_ISSUER",
            format!("`{issuer}` is not an issuer; use its https URL, such as https://login.example.com/realms/staff"),
        ));
    }
    let client_id = given(&settings.oidc_client_id).ok_or_else(|| {
        ConfigError::new(
            "CLEARHOOK_OIDC_CLIENT_ID",
            "set the client id that the provider assigned to clearhook",
        )
    })?;
    let administrator_values = values(settings.oidc_administrator_value.as_deref());
    let api_owner_values = values(settings.oidc_api_owner_value.as_deref());
    if administrator_values.is_empty() && api_owner_values.is_empty() {
        return Err(ConfigError::new(
            "CLEARHOOK_OIDC_ADMINISTRATOR_VALUE",
            "set the value of the role claim for administrators, or CLEARHOOK_OIDC_API_OWNER_VALUE; without either nobody could sign in",
        ));
    }
    Ok(Some(OidcSettings {
        issuer,
        client_id,
        client_secret: given(&settings.oidc_client_secret).map(Zeroizing::new),
        role_claim: given(&settings.oidc_role_claim).unwrap_or_else(|| "roles".to_owned()),
        administrator_values,
        api_owner_values,
        trust_email: truth("CLEARHOOK_OIDC_TRUST_EMAIL", settings.oidc_trust_email.as_deref(), false)?,
        name: given(&settings.oidc_name).unwrap_or_else(|| "single sign-on".to_owned()),
    }))
}

/// Splits values at commas. The whole text is a value too, because names of groups may contain commas (`CN=admins,OU=groups`).
fn values(text: Option<&str>) -> Vec<String> {
    let text = text.unwrap_or_default().trim();
    let mut values: Vec<String> = if text.contains('=') {
        Vec::new()
    } else {
        text.split(',').map(|part| part.trim().to_owned()).collect()
    };
    values.push(text.to_owned());
    values.retain(|value| !value.is_empty());
    values
}

/// An issuer must use TLS unless it is on this machine.
fn may_be_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        ("http", Some(Host::Domain(name))) => name == "localhost",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;

    fn settings(claims: [&str; 5]) -> Settings {
        let [issuer, id, secret, administrator, owner] = claims.map(|text| Some(text.to_owned()));
        Settings {
            oidc_issuer: issuer,
            oidc_client_id: id,
            oidc_client_secret: secret,
            oidc_administrator_value: administrator,
            oidc_api_owner_value: owner,
            ..Settings::default()
        }
    }

    fn whole() -> Settings {
        settings(["https://login.example.com", "clearhook", "planted-secret", "admins", "owners"])
    }

    #[test]
    fn oidc_roles_follow_claim_values() {
        let settings = oidc_settings(&whole()).unwrap().unwrap();
        assert_eq!(settings.role(&["staff", "owners"]), Some(Role::ApiOwner));
        assert_eq!(settings.role(&["owners", "admins"]), Some(Role::Administrator));
        assert_eq!((settings.role(&["Admins"]), settings.role(&[])), (None, None));
        let several = oidc_settings(&super::tests::settings([
            "https://login.example.com",
            "clearhook",
            "planted-secret",
            "admins, Ann@example.com,,root",
            "CN=owners,OU=groups",
        ]));
        let several = several.unwrap().unwrap();
        for administrator in ["admins", "ann@example.com", "root"] {
            assert_eq!(several.role(&[administrator]), Some(Role::Administrator), "{administrator}");
        }
        assert_eq!(several.role(&["CN=owners,OU=groups"]), Some(Role::ApiOwner));
        for nobody in ["", "CN=owners", "OU=groups", "admins, Ann@example.com"] {
            assert_eq!(several.role(&[nobody]), None, "{nobody}");
        }
        assert!(!format!("{settings:?}").contains("planted-secret"));
    }

    #[test]
    fn missing_oidc_setting_is_named() {
        assert!(oidc_settings(&Settings::default()).unwrap().is_none());
        for (settings, name) in [
            (
                Settings {
                    oidc_issuer: Some("http://login.example.com".to_owned()),
                    ..whole()
                },
                "CLEARHOOK_OIDC_ISSUER",
            ),
            (
                Settings {
                    oidc_client_id: None,
                    ..whole()
                },
                "CLEARHOOK_OIDC_CLIENT_ID",
            ),
            (
                Settings {
                    oidc_administrator_value: None,
                    oidc_api_owner_value: Some(" ".to_owned()),
                    ..whole()
                },
                "CLEARHOOK_OIDC_ADMINISTRATOR_VALUE",
            ),
        ] {
            assert_eq!(oidc_settings(&settings).unwrap_err().setting, name);
        }
    }
}
