//! Rules for the addresses that callbacks may be sent to: those of the public internet, unless the operator permits others.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use thiserror::Error;

use crate::messages::validation::ValidationError;

/// Addresses and names exempt from the ban on private addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedNetworks {
    networks: Vec<IpNet>,
    hosts: Vec<String>,
    sockets: Vec<SocketAddr>,
}

/// The entry is neither a network nor a host name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is neither a network such as 10.0.0.0/8 nor a host name")]
pub struct InvalidNetwork(String);

/// Why a callback may not be sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotPublic {
    /// It belongs to a private network or to this machine. An operator may permit it.
    Private,
    /// It is link-local, unspecified, multicast, reserved, or the metadata service of a cloud: none of these is a receiver.
    Special,
    /// It is an IPv6 address that contains this IPv4 address, which is not public.
    Contains(Ipv4Addr),
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// Private networks (RFC 1918), carrier-grade NAT (RFC 6598), and loopback.
const PRIVATE_V4: [Ipv4Net; 5] = [
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(172, 16, 0, 0, 12),
    v4(192, 168, 0, 0, 16),
];

/// Other networks that are not globally reachable (IANA IPv4 Special-Purpose Address Registry of 2025, RFC 6890), multicast (RFC 5771), and
/// cloud metadata services outside of these networks: Alibaba, Azure.
const SPECIAL_V4: [Ipv4Net; 13] = [
    v4(0, 0, 0, 0, 8),
    v4(100, 100, 100, 200, 32),
    v4(168, 63, 129, 16, 32),
    v4(169, 254, 0, 0, 16),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
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

/// Unique local addresses (RFC 4193).
const PRIVATE_V6: Ipv6Net = v6(0xfc00, 0, 0, 7);
/// The metadata services of AWS and Google.
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254),
];
/// Global unicast is `2000::/3` (RFC 4291, section 2.4). Within it, these are not reachable: protocol assignments (RFC 2928, except AMT
/// and AS112), documentation (RFC 3849, RFC 9637), and the former 6bone (RFC 3701).
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 0, 3);
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 0, 23),
    v6(0x2001, 0x0db8, 0, 32),
    v6(0x3ffe, 0, 0, 16),
    v6(0x3fff, 0, 0, 20),
];
const GLOBAL_ASSIGNMENTS_V6: [Ipv6Net; 2] = [v6(0x2001, 3, 0, 32), v6(0x2001, 4, 0x0112, 48)];

/// Ways to embed an IPv4 address in an IPv6 address. Network-specific prefixes of NAT64 and 6rd cannot be recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Embedding {
    /// `::ffff:0:0/96`, mapped (RFC 4291, section 2.5.5.2).
    Mapped,
    /// `::/96`, compatible (RFC 4291, section 2.5.5.1), deprecated.
    Compatible,
    /// `::ffff:0:0:0/96`, translated (RFC 2765), deprecated.
    Translated,
    /// `64:ff9b::/96`, the well-known prefix of NAT64 (RFC 6052, section 2.1).
    Nat64,
    /// `2002::/16`, 6to4 (RFC 3056).
    SixToFour,
    /// `2001::/32`, Teredo (RFC 4380): the server, and the client's address with all bits inverted.
    Teredo,
    /// ISATAP: interface identifiers `0:5efe` and `200:5efe` in any prefix (RFC 5214, section 6.1).
    Isatap,
}

impl Embedding {
    /// The kind of embedding in this address, and the embedded addresses.
    fn of(address: Ipv6Addr) -> Option<(Self, Vec<Ipv4Addr>)> {
        let part = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
        Some(match address.segments() {
            [0, 0, 0, 0, 0, 0xffff, high, low] => (Self::Mapped, vec![part(high, low)]),
            [0, 0, 0, 0, 0, 0, high, low] => (Self::Compatible, vec![part(high, low)]),
            [0, 0, 0, 0, 0xffff, 0, high, low] => (Self::Translated, vec![part(high, low)]),
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => (Self::Nat64, vec![part(high, low)]),
            [0x2002, high, low, ..] => (Self::SixToFour, vec![part(high, low)]),
            [0x2001, 0, high, low, _, _, client_high, client_low] => (Self::Teredo, vec![part(high, low), part(!client_high, !client_low)]),
            [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => (Self::Isatap, vec![part(high, low)]),
            _ => return None,
        })
    }

    /// Length of the prefix that contains all embedded IPv4 addresses. It is 0 for ISATAP, which occurs in any prefix.
    const fn prefix(self) -> u8 {
        match self {
            Self::Isatap => 0,
            Self::SixToFour => 16,
            Self::Teredo => 32,
            Self::Mapped | Self::Compatible | Self::Translated | Self::Nat64 => 96,
        }
    }
}

/// Checks whether an address belongs to the public internet. An IPv6 address that embeds an IPv4 address is judged by the embedded one.
///
/// # Errors
/// The reason why it does not.
pub fn judge(address: IpAddr) -> Result<(), NotPublic> {
    let address = match address {
        IpAddr::V4(address) => return judge_v4(address),
        IpAddr::V6(address) => address,
    };
    if address == Ipv6Addr::LOCALHOST {
        return Err(NotPublic::Private);
    }
    if address == Ipv6Addr::UNSPECIFIED || METADATA_V6.contains(&address) {
        return Err(NotPublic::Special);
    }
    let embedding = Embedding::of(address);
    if let Some((_, contained)) = &embedding
        && let Some(contained) = contained.iter().find(|contained| judge_v4(**contained).is_err())
    {
        return Err(NotPublic::Contains(*contained));
    }
    match embedding {
        // An ISATAP address can have any prefix, so the IPv6 address is checked, too.
        None | Some((Embedding::Isatap, _)) => judge_v6(address),
        Some(_) => Ok(()),
    }
}

fn judge_v4(address: Ipv4Addr) -> Result<(), NotPublic> {
    let within = |networks: &[Ipv4Net]| networks.iter().any(|network| network.contains(&address));
    if within(&SPECIAL_V4) {
        Err(NotPublic::Special)
    } else if within(&PRIVATE_V4) {
        Err(NotPublic::Private)
    } else {
        Ok(())
    }
}

fn judge_v6(address: Ipv6Addr) -> Result<(), NotPublic> {
    let within = |networks: &[Ipv6Net]| networks.iter().any(|network| network.contains(&address));
    if PRIVATE_V6.contains(&address) {
        Err(NotPublic::Private)
    } else if !GLOBAL_V6.contains(&address) || (within(&SPECIAL_V6) && !within(&GLOBAL_ASSIGNMENTS_V6)) {
        Err(NotPublic::Special)
    } else {
        Ok(())
    }
}

impl NotPublic {
    /// The error message for a URL with this address.
    pub fn wrong(self, address: IpAddr) -> ValidationError {
        let address = address.to_string();
        match self {
            Self::Private => ValidationError::UrlBlocked { address },
            Self::Special => ValidationError::UrlSpecial { address },
            Self::Contains(contained) => ValidationError::UrlContains {
                address,
                contained: contained.to_string(),
            },
        }
    }
}

impl AllowedNetworks {
    /// Checks whether a callback may be sent to this address of that host.
    ///
    /// # Errors
    /// The reason why it may not.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), NotPublic> {
        match judge(address) {
            Err(_) if self.names(host) || self.has_address(address) => Ok(()),
            judged => judged,
        }
    }

    /// Whether an address is exempt. IPv4 networks do not match IPv6 addresses that embed their addresses. An IPv6 address that embeds an
    /// IPv4 address is matched only by networks within the prefix of the embedding, and by `::/0`. The whole prefix of NAT64, for example,
    /// does not match, because it would permit every private IPv4 address.
    pub fn has_address(&self, address: IpAddr) -> bool {
        let prefix = match address {
            IpAddr::V6(address) if address != Ipv6Addr::LOCALHOST => Embedding::of(address).map(|(embedding, _)| embedding.prefix()),
            _ => None,
        };
        let reaches = |network: &IpNet| prefix.is_none_or(|prefix| network.prefix_len() == 0 || network.prefix_len() > prefix);
        self.networks.iter().any(|network| network.contains(&address) && reaches(network))
    }

    /// Whether this host is exempt by its name.
    pub fn names(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    /// Exempts one socket address, for the receiver that `--demo` starts.
    pub fn allow_socket(&mut self, socket: SocketAddr) {
        self.sockets.push(socket);
    }

    /// Whether this socket address is exempt from all rules, including `https`.
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
mod tests;
