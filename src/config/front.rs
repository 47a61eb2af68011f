//! How people reach the console.

use std::net::SocketAddr;

use url::Url;

use crate::{
    config::{ConfigError, OidcSettings, Settings},
    domain::proxies::TrustedProxies,
};

/// How people reach the console.
#[derive(Clone, Debug)]
pub struct FrontSettings {
    /// Where. Cookies are for https only when it is https.
    pub public_url: Url,
    /// Which proxies are believed when they say who is calling.
    pub proxies: TrustedProxies,
    /// Which OpenID provider people may sign in with.
    pub oidc: Option<OidcSettings>,
}

impl FrontSettings {
    /// The console at this address, without a proxy.
    pub fn at(public_url: Url) -> Self {
        Self {
            public_url,
            proxies: TrustedProxies::default(),
            oidc: None,
        }
    }

    pub(super) fn read(settings: &Settings, addr: SocketAddr) -> Result<Self, ConfigError> {
        let public_url = match settings.public_url.as_deref() {
            Some(url) => public_url(url)?,
            None if settings.tls_cert.is_some() => public_url(&format!("https://{addr}"))?,
            None => public_url(&format!("http://{addr}"))?,
        };
        let proxies = super::unless_none(settings.trusted_proxies.as_deref()).unwrap_or_default().parse();
        Ok(Self {
            public_url,
            oidc: OidcSettings::read(settings)?,
            proxies: proxies.map_err(|error| ConfigError::new("CLEARHOOK_TRUSTED_PROXIES", format!("{error}")))?,
        })
    }
}

fn public_url(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        ConfigError::new(
            "CLEARHOOK_PUBLIC_URL",
            format!("`{text}` is no URL; write one such as https://hooks.example.com"),
        )
    })
}
