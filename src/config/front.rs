//! The console's public URL, trusted proxies, OpenID provider, and who may read the catalogue.

use std::{net::SocketAddr, num::NonZeroU32};

use url::{Host, Url};

use crate::{
    auth::oidc::settings::OidcSettings,
    config::{
        error::ConfigError,
        oidc::oidc_settings,
        parse::{truth, unless_none},
        settings::Settings,
    },
};
use http_server::proxies::TrustedProxies;

/// The console's public URL, trusted proxies, OpenID provider, and who may read the catalogue.
#[derive(Clone, Debug)]
pub struct FrontSettings {
    /// The public URL of the console. Cookies are marked `Secure` if it is https.
    pub public_url: Url,
    /// Proxies whose `X-Forwarded-*` headers are trusted.
    pub proxies: TrustedProxies,
    /// The OpenID provider for single sign-on, if one is configured.
    pub oidc: Option<OidcSettings>,
    /// Whether event types, their schemas and the guide to signatures are readable without sign-in.
    pub public_catalogue: bool,
    /// Requests a second per API key. `None` is no limit.
    pub api_rate: Option<NonZeroU32>,
}

impl FrontSettings {
    /// Settings for this public URL, without proxies and without an OpenID provider.
    pub fn at(public_url: Url) -> Self {
        Self {
            public_url,
            proxies: TrustedProxies::default(),
            oidc: None,
            public_catalogue: false,
            api_rate: None,
        }
    }

    pub(super) fn read(settings: &Settings, addr: SocketAddr) -> Result<Self, ConfigError> {
        let public_url = match settings.public_url.as_deref() {
            Some(url) => {
                let url = public_url(url)?;
                // Unlike in the address to listen on, where 0 means any free port.
                if url.port() == Some(0) {
                    let detail = "no browser can reach port 0; write the port of the console, or leave it out";
                    return Err(ConfigError::new("CLEARHOOK_PUBLIC_URL", detail));
                }
                url
            }
            None if settings.tls_cert.is_some() => public_url(&format!("https://{addr}"))?,
            None => public_url(&format!("http://{addr}"))?,
        };
        let proxies = unless_none(settings.trusted_proxies.as_deref()).unwrap_or_default().parse();
        Ok(Self {
            public_url,
            oidc: oidc_settings(settings)?,
            public_catalogue: truth("CLEARHOOK_PUBLIC_CATALOGUE", settings.public_catalogue.as_deref(), false)?,
            api_rate: api_rate(settings.api_rate.as_deref())?,
            proxies: proxies.map_err(|error| ConfigError::new("CLEARHOOK_TRUSTED_PROXIES", format!("{error}")))?,
        })
    }
}

/// Parses the limit of requests per API key.
fn api_rate(text: Option<&str>) -> Result<Option<NonZeroU32>, ConfigError> {
    let Some(text) = unless_none(text) else { return Ok(None) };
    text.trim().parse().map(Some).map_err(|_| {
        let detail = format!("`{text}` is not a number of requests a second; use a whole number from 1, or `none` for no limit");
        ConfigError::new("CLEARHOOK_API_RATE", detail)
    })
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
    if let Some(Host::Domain(host)) = url.host() {
        let host = host.strip_suffix('.').unwrap_or(host).to_owned();
        check_host(&host).map_err(|problem| wrong(format!("{problem}; use one host name, such as https://hooks.example.com")))?;
        // With a dot at its end it would be another origin for browsers. Cannot fail, because the name without it is valid.
        let _ = url.set_host(Some(&host));
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

/// Checks a host name (RFC 1123, section 2.1). Underscores are allowed, because names of containers have them.
fn check_host(host: &str) -> Result<(), String> {
    if host.contains('*') {
        return Err(format!("`{host}` is a pattern and not a host name"));
    }
    let is_label = |label: &str| {
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(is_fine) && !label.starts_with('-') && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err(format!("`{host}` is not a host name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_is_an_origin() {
        for (text, expected) in [
            ("https://hooks.example.com", "https://hooks.example.com/"),
            (" https://hooks.example.com/ ", "https://hooks.example.com/"),
            ("HTTPS://Hooks.Example.com:443", "https://hooks.example.com/"),
            ("http://hooks.example.com:8080/", "http://hooks.example.com:8080/"),
            ("https://bücher.example", "https://xn--bcher-kva.example/"),
            ("https://hooks.example.com.", "https://hooks.example.com/"),
            ("https://hooks.example.com.:8443/", "https://hooks.example.com:8443/"),
            ("http://clear_hook:3000", "http://clear_hook:3000/"),
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
        assert_eq!(default("127.0.0.1:0"), "http://127.0.0.1:0/");
        let settings = Settings {
            public_url: Some("https://hooks.example:0".to_owned()),
            ..Settings::default()
        };
        let error = FrontSettings::read(&settings, "127.0.0.1:0".parse().unwrap()).unwrap_err();
        assert!(error.detail.contains("port 0"), "{error}");
    }

    #[test]
    fn public_url_with_unused_parts_is_refused_without_showing_a_password() {
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
            ("https://*.example", "pattern"),
            ("https://*", "pattern"),
            ("https://hooks.*.example:8443", "pattern"),
            ("https://hooks..example", "not a"),
            ("https://.example", "not a"),
            ("https://.", "not a"),
            ("https://hooks.example..", "not a host name"),
            ("https://-hooks.example", "not a host name"),
            ("https://hooks,other.example", "not a host name"),
            ("https://hooks.example:99999", "not a URL"),
            ("http://[fe80::1%25eth0]:3000", "not a URL"),
            ("http://[fe80::1%eth0]", "not a URL"),
            ("https://", "not a URL"),
            ("hooks.example.com", "not a URL"),
            ("", "not a URL"),
        ] {
            let error = public_url(text).unwrap_err();
            assert_eq!(error.setting, "CLEARHOOK_PUBLIC_URL");
            assert!(error.detail.contains(word) && !error.detail.contains("planted"), "{text}: {error}");
        }
    }
}
