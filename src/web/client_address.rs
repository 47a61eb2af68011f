//! Where a request comes from: the peer's address, or what a trusted proxy says (`CLEARHOOK_TRUSTED_PROXIES`).

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{HeaderMap, HeaderName, request::Parts},
};

use crate::config::FrontSettings;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The address of whoever sent this request; an extension of every request, and an extractor. IPv4 in IPv6 stands as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Whether people reach the console by https, so that cookies are for https only: by `CLEARHOOK_PUBLIC_URL`, or because a trusted proxy
/// says so of this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secure(pub bool);

impl ClientAddress {
    /// Of a request that came over no socket.
    const UNKNOWN: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The address found for a request.
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get().copied().unwrap_or(Self::UNKNOWN)
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl<S: Sync> FromRequestParts<S> for Secure {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(false)))
    }
}

/// Finds out for a request, and leaves it in its extensions.
pub(super) fn find(front: &FrontSettings, request: &mut Request) -> Secure {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let (address, secure) = look(front, peer, request.headers());
    request.extensions_mut().insert(address);
    request.extensions_mut().insert(secure);
    secure
}

fn look(front: &FrontSettings, peer: Option<IpAddr>, headers: &HeaderMap) -> (ClientAddress, Secure) {
    // A value that is no text is no address either: nothing beyond it counts.
    let texts = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("-"));
    let address = peer.map_or(ClientAddress::UNKNOWN, |peer| {
        ClientAddress(front.proxies.client(peer, texts(FORWARDED_FOR)))
    });
    let by_proxy = peer.is_some_and(|peer| front.proxies.has(peer));
    // The proxy next to us writes the last one.
    let proto = texts(FORWARDED_PROTO).next_back().and_then(|value| value.rsplit(',').next());
    let https = by_proxy && proto.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"));
    (address, Secure(https || front.public_url.scheme() == "https"))
}
