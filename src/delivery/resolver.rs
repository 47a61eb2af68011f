//! Name resolution of the HTTP client. A name is refused if any of its addresses is not public. The connection uses exactly the addresses
//! that were checked, so that a second lookup cannot return others (DNS rebinding).

use std::{net::IpAddr, sync::Arc};

use thiserror::Error;

use crate::{
    delivery::dns::DnsResolver,
    domain::{address::NotPublic, url::UrlPolicy},
};

/// Resolves names and refuses addresses that the operator's policy does not permit.
pub(super) struct GuardedResolver {
    pub(super) policy: Arc<UrlPolicy>,
    pub(super) dns: DnsResolver,
}

/// Why a name has no usable address.
#[derive(Debug, Error)]
pub(super) enum ResolveError {
    /// The name has no address.
    #[error("the name {name} has no address ({cause})")]
    NotFound { name: String, cause: String },
    /// One of its addresses is not public.
    #[error("{name} has the address {address}. {}", reason.wrong(*address))]
    Blocked { name: String, address: IpAddr, reason: NotPublic },
}

impl GuardedResolver {
    /// The addresses of a name.
    pub(super) async fn resolve(&self, name: String) -> Result<Vec<IpAddr>, ResolveError> {
        let found = self.dns.look_up(name.clone()).await.map_err(|error| error.to_string());
        checked(&self.policy, name, found)
    }
}

/// Returns the addresses of a name if all of them are permitted.
fn checked(policy: &UrlPolicy, name: String, found: Result<Vec<IpAddr>, String>) -> Result<Vec<IpAddr>, ResolveError> {
    match found {
        Err(cause) => Err(ResolveError::NotFound { name, cause }),
        Ok(addresses) if addresses.is_empty() => Err(ResolveError::NotFound {
            name,
            cause: "no record".to_owned(),
        }),
        Ok(addresses) => {
            let blocked = |address: &IpAddr| Some((*address, policy.allowed.check(&name, *address).err()?));
            match addresses.iter().find_map(blocked) {
                Some((address, reason)) => Err(ResolveError::Blocked { name, address, reason }),
                None => Ok(addresses),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(allowed: &str, addresses: &[&str]) -> Result<Vec<IpAddr>, ResolveError> {
        let policy = UrlPolicy {
            allow_http: false,
            allowed: allowed.parse().unwrap(),
        };
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        checked(&policy, "hooks.example.com".to_owned(), Ok(addresses))
    }

    #[test]
    fn a_name_is_refused_if_any_of_its_addresses_is_not_public() {
        assert_eq!(found("", &["93.184.216.34", "2606:4700::1111"]).unwrap().len(), 2);
        // DNS64 (RFC 6147) embeds a public IPv4 address in such an IPv6 address.
        assert_eq!(found("", &["64:ff9b::5db8:d822", "::ffff:93.184.216.34"]).unwrap().len(), 2);
        for addresses in [
            &["10.0.0.1"][..],
            &["93.184.216.34", "10.0.0.1"],
            &["169.254.169.254", "93.184.216.34"],
            &["2606:4700::1111", "::1"],
            &["93.184.216.34", "::ffff:10.0.0.1"],
            &["93.184.216.34", "64:ff9b::a00:1"],
            &["64:ff9b:1::5db8:d822"],
        ] {
            let error = found("", addresses).unwrap_err();
            assert!(matches!(error, ResolveError::Blocked { .. }), "{addresses:?}");
            assert!(error.to_string().contains("CLEARHOOK_ALLOWED_NETWORKS"), "{error}");
        }
        assert!(matches!(found("", &[]), Err(ResolveError::NotFound { .. })));
    }

    #[test]
    fn networks_and_names_of_the_policy_are_permitted() {
        assert!(found("10.0.0.0/8", &["93.184.216.34", "10.0.0.1"]).is_ok());
        assert!(found("10.0.0.0/8", &["10.0.0.1", "192.168.0.1"]).is_err());
        assert!(found("hooks.example.com.", &["192.168.0.1", "::1"]).is_ok());
        assert!(found("example.com", &["192.168.0.1"]).is_err());
    }
}
