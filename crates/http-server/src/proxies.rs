//! Determines the client's address behind reverse proxies. Only proxies that the operator configured are trusted.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ipnet::IpNet;
use thiserror::Error;

/// Maximum number of `X-Forwarded-For` entries that are evaluated.
const HOPS: usize = 32;

/// Networks of the proxies whose `X-Forwarded-…` headers are trusted.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// The entry is not a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no network; write addresses or networks such as 10.0.0.0/8, separated by commas")]
pub struct InvalidProxy(String);

impl TrustedProxies {
    /// Whether this is the address of a trusted proxy.
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    /// The client's address: that of the peer or, if the peer is a trusted proxy, the rightmost entry of `X-Forwarded-For` that is not a
    /// trusted proxy. Entries to the left of it, or to the left of an invalid entry, are ignored, because the client can forge them.
    pub fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer.to_canonical();
        let mut hops = forwarded.rev().flat_map(|value| value.rsplit(',')).take(HOPS);
        while self.has(client) {
            let Some(hop) = hops.next().and_then(address) else { break };
            client = hop.to_canonical();
        }
        client
    }
}

/// Parses an entry. Some proxies add the port to the address.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    bare.parse()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

impl FromStr for TrustedProxies {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let networks = entries.map(|entry| {
            let network = entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| InvalidProxy(entry.to_owned()))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted.client(peer.parse().unwrap(), forwarded.iter().copied()).to_string()
    }

    #[test]
    fn forwarded_address_counts_only_from_trusted_proxies() {
        assert_eq!(client("", "127.0.0.1", &["1.2.3.4"]), "127.0.0.1");
        assert_eq!(client("10.0.0.0/8", "192.0.2.7", &["1.2.3.4"]), "192.0.2.7");
    }

    #[test]
    fn rightmost_untrusted_forwarded_address_counts() {
        for (forwarded, expected) in [
            (&["6.6.6.6, 1.2.3.4"][..], "1.2.3.4"),
            (&["6.6.6.6, 1.2.3.4, 10.0.0.9"], "1.2.3.4"),
            (&["6.6.6.6", "1.2.3.4", "10.0.0.9"], "1.2.3.4"),
            (&["6.6.6.6, nonsense"], "10.0.0.1"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["1.2.3.4:5678"], "1.2.3.4"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["::ffff:1.2.3.4"], "1.2.3.4"),
            (&[], "10.0.0.1"),
            (&[""], "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.0/8", "10.0.0.1", forwarded), expected, "{forwarded:?}");
        }
        assert_eq!(client("10.0.0.0/8", "::ffff:10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
    }

    #[test]
    fn malformed_list_is_rejected() {
        assert!("10.0.0.0/8, ::1, 192.0.2.1".parse::<TrustedProxies>().is_ok());
        for bad in ["10.0.0.0/99", "proxy.example", "*"] {
            assert_eq!(bad.parse::<TrustedProxies>().unwrap_err(), InvalidProxy(bad.to_owned()));
        }
    }
}
