//! Which addresses a callback may be sent to: those of the public internet, unless the operator allows others.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use thiserror::Error;

/// Addresses and names exempt from the ban on private addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedNetworks {
    networks: Vec<IpNet>,
    hosts: Vec<String>,
    sockets: Vec<SocketAddr>,
}

/// An entry that is neither a network nor a host name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is neither a network such as 10.0.0.0/8 nor a host name")]
pub struct InvalidNetwork(String);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// IPv4 ranges that are not globally reachable (IANA IPv4 Special-Purpose Address Registry, RFC 6890).
const BLOCKED_V4: [Ipv4Net; 16] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
    v4(255, 255, 255, 255, 32),
];

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// Global unicast is `2000::/3` (RFC 4291, section 2.4); within it, these are not reachable or lead elsewhere.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 0, 3);
const BLOCKED_V6: [Ipv6Net; 5] = [
    v6(0x2001, 0, 0, 23),
    v6(0x2001, 0x0db8, 0, 32),
    v6(0x2002, 0, 0, 16),
    v6(0x3fff, 0, 0, 20),
    v6(0x3ffe, 0, 0, 16),
];

/// Whether an address belongs to the public internet.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !BLOCKED_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => GLOBAL_V6.contains(&address) && !BLOCKED_V6.iter().any(|net| net.contains(&address)),
    }
}

impl AllowedNetworks {
    /// Whether a callback may go to this address of that host.
    pub fn permits(&self, host: &str, address: IpAddr) -> bool {
        is_global(address) || self.names(host) || self.networks.iter().any(|net| net.contains(&address))
    }

    /// Whether this host is exempt by its name.
    pub fn names(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    /// Exempts one socket, for the receiver that `--demo` starts.
    pub fn allow_socket(&mut self, socket: SocketAddr) {
        self.sockets.push(socket);
    }

    /// Whether this socket is exempt from every rule, `https` included.
    pub fn has_socket(&self, socket: SocketAddr) -> bool {
        self.sockets.contains(&socket)
    }
}

impl FromStr for AllowedNetworks {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut allowed = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            if let Ok(network) = entry.parse::<IpNet>() {
                allowed.networks.push(network);
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                allowed.networks.push(IpNet::from(address));
            } else if entry.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
                && !entry.ends_with(|c: char| c.is_ascii_digit())
                && !entry.trim_matches('.').is_empty()
            {
                allowed.hosts.push(entry.strip_suffix('.').unwrap_or(entry).to_owned());
            } else {
                return Err(InvalidNetwork(entry.to_owned()));
            }
        }
        Ok(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_global() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.216.34",
            "100.63.255.255",
            "172.32.0.1",
            "2606:4700::1111",
            "2a00:1450:4007:80e::200e",
        ] {
            assert!(is_global(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        let blocked = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
        ];
        for address in blocked {
            assert!(!is_global(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn operators_exempt_networks_addresses_and_names() {
        let allowed: AllowedNetworks = "10.0.0.0/8, 127.0.0.1, ::1, hooks.internal".parse().unwrap();
        assert!(allowed.permits("any", "10.9.8.7".parse().unwrap()));
        assert!(allowed.permits("any", "127.0.0.1".parse().unwrap()));
        assert!(!allowed.permits("any", "127.0.0.2".parse().unwrap()));
        assert!(allowed.permits("any", "::1".parse().unwrap()));
        assert!(allowed.permits("Hooks.Internal", "192.168.0.9".parse().unwrap()));
        assert!(!allowed.permits("other.internal", "192.168.0.9".parse().unwrap()));
    }

    #[test]
    fn nonsense_in_the_list_is_refused() {
        for bad in ["10.0.0.0/99", "10.0.0", "a b", "http://x", ".", ".."] {
            assert!(bad.parse::<AllowedNetworks>().is_err(), "{bad}");
        }
    }
}
