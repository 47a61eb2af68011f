//! Which URLs a webhook may have.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use crate::{
    domain::{address::AllowedNetworks, url_text},
    messages::wrong::Wrong,
};

/// What the operator permits.
#[derive(Clone, Debug, Default)]
pub struct UrlPolicy {
    /// Whether `http://` is permitted.
    pub allow_http: bool,
    /// Exempt networks and names.
    pub allowed: AllowedNetworks,
}

impl UrlPolicy {
    /// Checks what was typed, and gives the URL as it will be called. Names are looked up only when a callback is sent.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub fn check(&self, text: &str) -> Result<Url, Wrong> {
        // Whether `http://` will do depends on the address.
        url_text::check(text, true)?;
        let url = Url::parse(text.trim()).map_err(|_| Wrong::UrlNotWhole)?;
        let exempt = literal_address(&url)
            .zip(url.port_or_known_default())
            .is_some_and(|(address, port)| self.allowed.has_socket(SocketAddr::new(address, port)));
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http || exempt => {}
            "http" => return Err(Wrong::UrlHttp),
            _ => return Err(Wrong::UrlScheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Wrong::UrlUser);
        }
        if url.fragment().is_some() {
            return Err(Wrong::UrlFragment);
        }
        match url.host() {
            None => return Err(Wrong::UrlNoHost),
            Some(Host::Domain(name)) if !is_host_name(name) => return Err(Wrong::UrlNoHost),
            Some(Host::Domain(name)) if is_local_name(name) && !self.allowed.names(name) => return Err(blocked(name)),
            Some(_) => {}
        }
        if let Some(address) = literal_address(&url)
            && !exempt
            && !self.permits_address(&url, address)
        {
            return Err(blocked(&address.to_string()));
        }
        Ok(url)
    }

    /// Whether there is any address that `http://` is permitted for.
    pub fn may_permit_http(&self) -> bool {
        self.allow_http || self.allowed != AllowedNetworks::default()
    }

    fn permits_address(&self, url: &Url, address: IpAddr) -> bool {
        self.allowed.permits(url.host_str().unwrap_or_default(), address)
    }
}

/// The address when the host is one, not a name; all odd spellings (`0x7f.1`, `2130706433`) are read by the URL parser (WHATWG URL).
fn literal_address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

/// Whether no part of a name is empty; a dot at its end stands for the root.
fn is_host_name(name: &str) -> bool {
    name.strip_suffix('.').unwrap_or(name).split('.').all(|label| !label.is_empty())
}

/// Names that always mean this machine (RFC 6761).
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

fn blocked(address: &str) -> Wrong {
    Wrong::UrlBlocked {
        address: address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::webhook::URL_MAX;

    #[test]
    fn https_with_port_and_query_is_fine() {
        let url = UrlPolicy::default()
            .check(" https://my-api.com:8080/identity-updated-endpoint?my-query-param=123 ")
            .unwrap();
        assert_eq!(url.as_str(), "https://my-api.com:8080/identity-updated-endpoint?my-query-param=123");
    }

    #[test]
    fn what_is_no_public_https_url_is_refused() {
        let long = format!("https://example.com/{}", "x".repeat(URL_MAX));
        for bad in [
            "",
            "example.com",
            "/hooks",
            "https://",
            "ftp://example.com",
            "javascript:alert(1)",
            "http://example.com",
            "https:example.com",
            "https:/example.com",
            "https:\\\\example.com",
            "https://user:pw@example.com",
            "https://user@example.com",
            "https://example.com/#part",
            "https://localhost/",
            "https://a.localhost./",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:7f00:1]/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest",
            &long,
        ] {
            assert!(UrlPolicy::default().check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn operators_can_permit_http_and_networks() {
        let policy = UrlPolicy {
            allow_http: true,
            allowed: "127.0.0.0/8,localhost".parse().unwrap(),
        };
        for url in ["http://127.0.0.1:4000/", "http://localhost:4000/", "http://example.com/"] {
            assert!(policy.check(url).is_ok(), "{url}");
        }
        assert!(
            policy
                .check("http://10.0.0.1/")
                .unwrap_err()
                .to_string()
                .contains("CLEARHOOK_ALLOWED_NETWORKS")
        );
    }

    #[test]
    fn an_exempt_socket_is_exempt_alone() {
        let mut policy = UrlPolicy::default();
        policy.allowed.allow_socket("127.0.0.1:3001".parse().unwrap());
        assert!(policy.check("http://127.0.0.1:3001/demo").is_ok());
        assert!(policy.check("http://127.0.0.1:3002/demo").is_err());
        assert!(policy.check("https://127.0.0.1/demo").is_err());
    }
}
