//! Rules for the URLs of webhooks.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use crate::{
    domain::{address::AllowedNetworks, url_text, webhook::URL_MAX},
    messages::validation::ValidationError,
};

/// Ports of other protocols (Fetch Standard, "bad port").
const BAD_PORTS: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117,
    119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
    989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// The URLs that the operator permits.
#[derive(Clone, Debug, Default)]
pub struct UrlPolicy {
    /// Whether `http://` is permitted.
    pub allow_http: bool,
    /// Networks and names that are exempt from the ban on private addresses.
    pub allowed: AllowedNetworks,
}

impl UrlPolicy {
    /// Checks a URL and returns it in parsed form. Names are resolved only when a callback is sent.
    ///
    /// # Errors
    /// The error message: what is wrong and what to do.
    pub fn check(&self, text: &str) -> Result<Url, ValidationError> {
        // `http://` is accepted here, because whether it is permitted depends on the address (see below).
        url_text::check(text, true)?;
        let url = Url::parse(text.trim()).map_err(|_| ValidationError::UrlNotWhole)?;
        // Parsing adds the path `/` and encodes other characters. What is stored must be valid when it is checked again.
        if url.as_str().len() > URL_MAX {
            return Err(ValidationError::UrlTooLong { max: URL_MAX as u64 });
        }
        let exempt = literal_address(&url)
            .zip(url.port_or_known_default())
            .is_some_and(|(address, port)| self.allowed.has_socket(SocketAddr::new(address, port)));
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http || exempt => {}
            "http" => return Err(ValidationError::UrlHttp),
            _ => return Err(ValidationError::UrlScheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ValidationError::UrlUser);
        }
        if url.fragment().is_some() {
            return Err(ValidationError::UrlFragment);
        }
        match url.host() {
            None => return Err(ValidationError::UrlNoHost),
            Some(Host::Domain(name)) if !is_host_name(name) => return Err(ValidationError::UrlNoHost),
            Some(Host::Domain(name)) if is_local_name(name) && !self.allowed.names(name) => return Err(blocked(name)),
            Some(_) => {}
        }
        let address = literal_address(&url);
        if let Some(address) = address.filter(|_| !exempt) {
            let host = url.host_str().unwrap_or_default();
            self.allowed.check(host, address).map_err(|reason| reason.wrong(address))?;
        }
        self.check_port(&url, exempt, address)?;
        Ok(url)
    }

    /// Ports of other protocols are refused, unless the operator permits the host: a server of another protocol might interpret the request
    /// (Fetch Standard, section "Port blocking").
    fn check_port(&self, url: &Url, exempt: bool, address: Option<IpAddr>) -> Result<(), ValidationError> {
        let port = url.port_or_known_default().unwrap_or(0);
        if port == 0 {
            return Err(ValidationError::UrlPortZero);
        }
        let is_permitted = exempt
            || url.host_str().is_some_and(|host| self.allowed.names(host))
            || address.is_some_and(|address| self.allowed.has_address(address));
        if BAD_PORTS.contains(&port) && !is_permitted {
            return Err(ValidationError::UrlPort { port: port.to_string() });
        }
        Ok(())
    }

    /// Whether `http://` may be permitted for any address.
    pub fn may_permit_http(&self) -> bool {
        self.allow_http || self.allowed != AllowedNetworks::default()
    }
}

/// The address, if the host is an address and not a name. The URL parser (WHATWG URL) also recognizes unusual notations (`0x7f.1`,
/// `2130706433`).
fn literal_address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

/// Whether no label of a name is empty. A trailing dot stands for the root.
fn is_host_name(name: &str) -> bool {
    name.strip_suffix('.').unwrap_or(name).split('.').all(|label| !label.is_empty())
}

/// Whether a name always refers to this machine (RFC 6761).
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

fn blocked(address: &str) -> ValidationError {
    ValidationError::UrlBlocked {
        address: address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_not_too_long_in_the_form_in_which_it_is_stored() {
        let longest = format!("https://example.com/{}", "x".repeat(URL_MAX - 20));
        assert_eq!(UrlPolicy::default().check(&longest).unwrap().as_str(), longest);
        // Parsing adds a slash, and encodes each blank.
        for longer in [
            format!("https://example.com?{}", "x".repeat(URL_MAX - 20)),
            format!("https://example.com/{}", "x ".repeat((URL_MAX - 20) / 2 - 1)),
        ] {
            assert!(longer.len() <= URL_MAX);
            assert!(matches!(
                UrlPolicy::default().check(&longer),
                Err(ValidationError::UrlTooLong { .. })
            ));
        }
    }

    #[test]
    fn https_url_with_port_and_query_is_accepted() {
        let url = UrlPolicy::default()
            .check(" https://my-api.com:8080/identity-updated-endpoint?my-query-param=123 ")
            .unwrap();
        assert_eq!(url.as_str(), "https://my-api.com:8080/identity-updated-endpoint?my-query-param=123");
    }

    #[test]
    fn url_other_than_public_https_is_rejected() {
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
    fn policy_can_permit_http_and_networks() {
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
    fn port_of_another_protocol_needs_a_permitted_host() {
        let policy = UrlPolicy {
            allow_http: true,
            allowed: "127.0.0.0/8,mail.internal,8.8.4.4".parse().unwrap(),
        };
        for port in BAD_PORTS {
            for host in ["example.com", "8.8.8.8", "[2606:4700::1111]"] {
                let message = policy.check(&format!("https://{host}:{port}/")).unwrap_err();
                assert_eq!(message, ValidationError::UrlPort { port: port.to_string() });
            }
            for host in ["127.0.0.1", "mail.internal", "MAIL.internal.", "8.8.4.4"] {
                assert!(policy.check(&format!("http://{host}:{port}/")).is_ok(), "{host}:{port}");
            }
        }
        for host in ["example.com", "127.0.0.1", "mail.internal", "8.8.8.8"] {
            assert_eq!(
                policy.check(&format!("https://{host}:0/")),
                Err(ValidationError::UrlPortZero),
                "{host}"
            );
        }
        for port in [80, 443, 3000, 5000, 8000, 8080, 8443, 9443, 65_535] {
            assert!(policy.check(&format!("https://example.com:{port}/")).is_ok(), "{port}");
        }
        let mut demo = UrlPolicy::default();
        demo.allowed.allow_socket("127.0.0.1:6000".parse().unwrap());
        assert!(demo.check("http://127.0.0.1:6000/").is_ok());
    }

    #[test]
    fn permitted_socket_permits_no_other_port() {
        let mut policy = UrlPolicy::default();
        policy.allowed.allow_socket("127.0.0.1:3001".parse().unwrap());
        assert!(policy.check("http://127.0.0.1:3001/demo").is_ok());
        assert!(policy.check("http://127.0.0.1:3002/demo").is_err());
        assert!(policy.check("https://127.0.0.1/demo").is_err());
    }
}
