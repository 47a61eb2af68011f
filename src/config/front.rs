//! The console's public URL, trusted proxies and OpenID provider.

use std::net::SocketAddr;

use url::{Host, Url};

use crate::{
    auth::oidc::settings::OidcSettings,
    config::{ConfigError, Settings, oidc},
};
use http_server::proxies::TrustedProxies;

/// The console's public URL, trusted proxies and OpenID provider.
#[derive(Clone, Debug)]
pub struct FrontSettings {
    /// The public URL of the console. Cookies are marked `Secure` if it is https.
    pub public_url: Url,
    /// Proxies whose `X-Forwarded-*` headers are trusted.
    pub proxies: TrustedProxies,
    /// The OpenID provider for single sign-on, if one is configured.
    pub oidc: Option<OidcSettings>,
}

impl FrontSettings {
    /// Settings for this public URL, without proxies and without an OpenID provider.
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
            oidc: oidc::read(settings)?,
            proxies: proxies.map_err(|error| ConfigError::new("CLEARHOOK_TRUSTED_PROXIES", format!("{error}")))?,
        })
    }
}

/// Parses the public URL. Error messages never contain a password.
fn public_url(text: &str) -> Result<Url, ConfigError> {
    let wrong = |detail: String| ConfigError::new("CLEARHOOK_PUBLIC_URL", detail);
    let parsed = Url::parse(text.trim()).ok();
    let mut url = parsed
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            // In a text that cannot be parsed, any part before an `@` may be a password.
            let shown = if text.contains('@') {
                "this".to_owned()
            } else {
                format!("`{text}`")
            };
            wrong(format!("{shown} is not a URL; use one such as https://hooks.example.com"))
        })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "remove the user name and the password; use a URL such as https://hooks.example.com".to_owned(),
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "remove everything from `?` or `#` on; use a URL such as https://hooks.example.com".to_owned(),
        ));
    }
    if url.path() != "/" {
        return Err(wrong(format!(
            "remove the path `{}`: the console works only at the root of a host name; use a URL such as https://hooks.example.com",
            url.path()
        )));
    }
    // An unspecified address (such as 0.0.0.0) can be listened on, but a browser cannot open it.
    let is_unspecified = match url.host() {
        Some(Host::Ipv4(address)) => address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_unspecified(),
        _ => false,
    };
    if is_unspecified {
        // Cannot fail, because the URL has a host.
        let _ = url.set_host(Some("localhost"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_is_a_whole_site() {
        for (text, expected) in [
            ("https://hooks.example.com", "https://hooks.example.com/"),
            (" https://hooks.example.com/ ", "https://hooks.example.com/"),
            ("HTTPS://Hooks.Example.com:443", "https://hooks.example.com/"),
            ("http://hooks.example.com:8080/", "http://hooks.example.com:8080/"),
            ("https://bücher.example", "https://xn--bcher-kva.example/"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000/"),
            ("http://[::1]:3000", "http://[::1]:3000/"),
            ("http://0.0.0.0:3000", "http://localhost:3000/"),
            ("https://[::]:3000", "https://localhost:3000/"),
            ("http://[::ffff:0.0.0.0]", "http://localhost/"),
        ] {
            assert_eq!(public_url(text).unwrap().as_str(), expected);
        }
        let default = |addr: &str| {
            FrontSettings::read(&Settings::default(), addr.parse().unwrap())
                .unwrap()
                .public_url
                .to_string()
        };
        assert_eq!(default("0.0.0.0:3000"), "http://localhost:3000/");
        assert_eq!(default("[::]:3000"), "http://localhost:3000/");
        assert_eq!(default("127.0.0.1:3000"), "http://127.0.0.1:3000/");
    }

    #[test]
    fn what_would_be_dropped_is_refused_without_showing_a_password() {
        for (text, word) in [
            ("https://hooks.example.com/console", "/console"),
            ("https://hooks.example.com/console/", "/console/"),
            ("https://hooks.example.com//", "path"),
            ("https://hooks.example.com/?a=b", "`?`"),
            ("https://hooks.example.com/?", "`?`"),
            ("https://hooks.example.com/#a", "`#`"),
            ("https://hooks.example.com/a?secret-in-query", "`?`"),
            ("https://user:planted@hooks.example.com", "password"),
            ("https://planted@hooks.example.com/console", "user name"),
            ("https://:planted@hooks.example.com", "password"),
            ("https://user:planted@", "not a URL"),
            ("user:planted@hooks.example.com", "not a URL"),
            ("ftp://hooks.example.com", "not a URL"),
            ("hooks.example.com", "not a URL"),
            ("", "not a URL"),
        ] {
            let error = public_url(text).unwrap_err();
            assert_eq!(error.setting, "CLEARHOOK_PUBLIC_URL");
            assert!(error.detail.contains(word) && !error.detail.contains("planted"), "{text}: {error}");
        }
    }
}
