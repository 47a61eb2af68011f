use super::*;

fn judged(address: &str) -> Result<(), NotPublic> {
    judge(address.parse().unwrap_or_else(|_| panic!("{address} is no address")))
}

fn check(allowed: &str, host: &str, address: &str) -> bool {
    let allowed: AllowedNetworks = allowed.parse().unwrap();
    allowed.check(host, address.parse().unwrap()).is_ok()
}

/// The IANA IPv4 Special-Purpose Address Registry: each block, its first and last address, and whether it is globally reachable. Anycast
/// addresses of protocols (192.0.0.9, 192.0.0.10) are reachable, but lead to the nearest router and are refused.
#[test]
fn registry_of_ipv4() {
    for (first, last, is_public) in [
        ("0.0.0.0", "0.255.255.255", false),
        ("10.0.0.0", "10.255.255.255", false),
        ("100.64.0.0", "100.127.255.255", false),
        ("127.0.0.0", "127.255.255.255", false),
        ("169.254.0.0", "169.254.255.255", false),
        ("172.16.0.0", "172.31.255.255", false),
        ("192.0.0.0", "192.0.0.255", false),
        ("192.0.0.0", "192.0.0.7", false),
        ("192.0.0.8", "192.0.0.8", false),
        ("192.0.0.9", "192.0.0.10", false),
        ("192.0.0.170", "192.0.0.171", false),
        ("192.0.2.0", "192.0.2.255", false),
        ("192.31.196.0", "192.31.196.255", true),
        ("192.52.193.0", "192.52.193.255", true),
        ("192.88.99.0", "192.88.99.255", false),
        ("192.168.0.0", "192.168.255.255", false),
        ("192.175.48.0", "192.175.48.255", true),
        ("198.18.0.0", "198.19.255.255", false),
        ("198.51.100.0", "198.51.100.255", false),
        ("203.0.113.0", "203.0.113.255", false),
        ("224.0.0.0", "239.255.255.255", false),
        ("240.0.0.0", "255.255.255.255", false),
        ("168.63.129.16", "168.63.129.16", false),
        ("1.0.0.0", "9.255.255.255", true),
        ("11.0.0.0", "100.63.255.255", true),
        ("100.128.0.0", "126.255.255.255", true),
        ("128.0.0.0", "168.63.129.15", true),
        ("168.63.129.17", "169.253.255.255", true),
        ("169.255.0.0", "172.15.255.255", true),
        ("172.32.0.0", "191.255.255.255", true),
        ("192.0.1.0", "192.0.1.255", true),
        ("192.0.3.0", "192.88.98.255", true),
        ("192.88.100.0", "192.167.255.255", true),
        ("192.169.0.0", "198.17.255.255", true),
        ("198.20.0.0", "198.51.99.255", true),
        ("198.51.101.0", "203.0.112.255", true),
        ("203.0.114.0", "223.255.255.255", true),
    ] {
        for address in [first, last] {
            assert_eq!(judged(address).is_ok(), is_public, "{address}");
        }
    }
}

/// The IANA IPv6 Special-Purpose Address Registry as of October 2025, and other addresses that are not global unicast.
#[test]
fn registry_of_ipv6() {
    for (first, last, is_public) in [
        ("::1", "::1", false),
        ("::", "::", false),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", false),
        ("100::", "100::ffff:ffff:ffff:ffff", false),
        ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", false),
        ("2001:1::1", "2001:1::3", false),
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", false),
        ("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:4:113::", "2001:4:111:ffff::", false),
        ("2001:5::", "2001:f:ffff::", false),
        ("2001:10::", "2001:1f:ffff::", false),
        ("2001:20::", "2001:2f:ffff::", false),
        ("2001:30::", "2001:3f:ffff::", false),
        ("2001:40::", "2001:1ff:ffff::", false),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2620:4f:8000::", "2620:4f:8000:ffff::", true),
        ("3ffe::", "3ffe:ffff::", false),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("5f00::", "5f00:ffff::", false),
        ("200::", "3ff::", false),
        ("1000::", "1fff:ffff::", false),
        ("4000::", "fbff:ffff::", false),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("fe00::", "fe7f::", false),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("fec0::", "feff::", false),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2000::", "2000:ffff::", true),
        ("2001:200::", "2001:db7:ffff::", true),
        ("2001:db9::", "2001:ffff::", true),
        ("2003::", "3ffd:ffff::", true),
        ("3fff:1000::", "3fff:ffff::", true),
        ("2606:4700::1111", "2a00:1450:4007:80e::200e", true),
    ] {
        for address in [first, last] {
            assert_eq!(judged(address).is_ok(), is_public, "{address}");
        }
    }
}

#[test]
fn address_that_contains_an_ipv4_address_is_judged_by_that() {
    let public = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "192.31.196.1"];
    let inside = [
        "0.0.0.0",
        "0.0.0.2",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "255.255.255.255",
    ];
    for (contained, is_public) in public
        .iter()
        .map(|text| (text, true))
        .chain(inside.iter().map(|text| (text, false)))
    {
        let v4: Ipv4Addr = contained.parse().unwrap();
        let [a, b, c, d] = v4.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for address in [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2002, high, low, 7, 0xabcd, 0, 0, 0xffff),
            // Teredo, with this address as the server and as the client.
            Ipv6Addr::new(0x2001, 0, high, low, 0, 0, !0x0808, !0x0808),
            Ipv6Addr::new(0x2001, 0, 0x0808, 0x0808, 0x8000, 0x1234, !high, !low),
            Ipv6Addr::new(0x2606, 0x4700, 0, 1, 0, 0x5efe, high, low),
            Ipv6Addr::new(0x2606, 0x4700, 0, 1, 0x200, 0x5efe, high, low),
        ] {
            let judged = judge(IpAddr::V6(address));
            if is_public {
                assert_eq!(judged, Ok(()), "{address} contains {contained}");
            } else if address == Ipv6Addr::UNSPECIFIED {
                assert_eq!(judged, Err(NotPublic::Special));
            } else {
                assert_eq!(judged, Err(NotPublic::Contains(v4)), "{address} contains {contained}");
            }
        }
        // The local-use prefix of NAT64 is refused whatever address it embeds, and so is ISATAP in a prefix that is not global.
        let local = Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low);
        let link_local = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0x5efe, high, low);
        assert!(judge(local.into()).is_err() && judge(link_local.into()).is_err());
    }
}

#[test]
fn allow_list_permits_networks_addresses_and_names() {
    let allowed = "10.0.0.0/8, 127.0.0.1, ::1, hooks.internal";
    for (host, address, is_exempt) in [
        ("any", "10.9.8.7", true),
        ("any", "127.0.0.1", true),
        ("any", "127.0.0.2", false),
        ("any", "::1", true),
        ("Hooks.Internal", "192.168.0.9", true),
        ("other.internal", "192.168.0.9", false),
    ] {
        assert_eq!(check(allowed, host, address), is_exempt, "{host} {address}");
    }
}

#[test]
fn ipv4_network_does_not_permit_ipv6_addresses() {
    for address in [
        "::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
    ] {
        assert!(!check("127.0.0.0/8,10.0.0.0/8", "any", address), "{address}");
    }
    assert!(check("127.0.0.0/8", "any", "64:ff9b::808:808"));
}

/// Operators may have permitted a whole prefix because a public receiver behind DNS64 was refused. This does not permit the private IPv4
/// addresses that are embedded in it.
#[test]
fn translation_prefix_as_a_whole_is_not_permitted() {
    for (network, address) in [
        ("64:ff9b::/96", "64:ff9b::a9fe:a9fe"),
        ("64:ff9b::/32", "64:ff9b::a00:1"),
        ("::ffff:0:0/96", "::ffff:127.0.0.1"),
        ("::/96", "::127.0.0.1"),
        ("2002::/16", "2002:a00:1::1"),
        ("2001::/32", "2001:0:a00:1::"),
    ] {
        assert!(!check(network, "any", address), "{network} {address}");
    }
    for (network, address) in [
        ("64:ff9b::a00:0/104", "64:ff9b::a00:1"),
        ("64:ff9b::a00:1", "64:ff9b::a00:1"),
        ("2002:a00::/24", "2002:a00:1::1"),
        ("64:ff9b:1::/48", "64:ff9b:1::a00:1"),
        ("::/0", "64:ff9b::a00:1"),
        ("::/0", "::1"),
        ("fd00::/8", "fd00:ec2::254"),
    ] {
        assert!(check(network, "any", address), "{network} {address}");
    }
}

#[test]
fn invalid_entry_of_allowed_networks_is_refused() {
    for bad in ["10.0.0.0/99", "10.0.0", "a b", "http://x", ".", ".."] {
        assert!(bad.parse::<AllowedNetworks>().is_err(), "{bad}");
    }
}

#[test]
fn rejection_suggests_only_the_address_itself() {
    let message = |address: &str| judged(address).unwrap_err().wrong(address.parse().unwrap()).to_string();
    for address in ["10.0.0.1", "127.0.0.1", "::1", "fd00::1"] {
        assert!(
            message(address).contains(&format!("CLEARHOOK_ALLOWED_NETWORKS={address}")),
            "{}",
            message(address)
        );
    }
    for address in [
        "169.254.169.254",
        "fd00:ec2::254",
        "fe80::1",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "255.255.255.255",
        "64:ff9b:1::1",
        "100.100.100.200",
    ] {
        let message = message(address);
        assert!(
            message.contains("not on the public internet") && message.contains("Do not"),
            "{message}"
        );
        assert!(!message.contains("CLEARHOOK_ALLOWED_NETWORKS="), "{message}");
    }
    for (address, contained) in [
        ("64:ff9b::a00:1", "10.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("2002:a9fe:a9fe::1", "169.254.169.254"),
    ] {
        let message = message(address);
        assert!(
            message.contains(contained) && message.contains("not on the public internet"),
            "{message}"
        );
        assert!(
            !message.contains("CLEARHOOK_ALLOWED_NETWORKS=") && !message.contains("/96"),
            "{message}"
        );
    }
}
