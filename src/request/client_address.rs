//! Where a request comes from: the peer's address, or what a trusted proxy says (`CLEARHOOK_TRUSTED_PROXIES`).

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{Extensions, HeaderMap, HeaderName, Uri, request::Parts},
};
use url::{Host, Url};

use http_server::OverTls;

use crate::{config::FrontSettings, request::authority};

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
pub fn find(front: &FrontSettings, request: &mut Request) -> Secure {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let (address, secure) = look(front, peer, request.headers());
    request.extensions_mut().insert(address);
    request.extensions_mut().insert(secure);
    secure
}

/// Whether a request was sent by https, as far as anybody says so. Here strangers are believed as well: a client that writes
/// `X-Forwarded-Proto` itself deceives only itself, because a page of another site cannot add that header to a form.
pub fn was_sent_by_https(extensions: &Extensions, headers: &HeaderMap) -> bool {
    extensions.get::<OverTls>().is_some() || forwarded_proto(headers).is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
}

/// The address with https at which the console works, when somebody opened it over http although its cookies are for https only: the
/// browser would not keep the session. Nothing is said as long as the page may have been opened over https.
pub fn only_by_https(front: &FrontSettings, parts: &Parts) -> Option<String> {
    let headers = &parts.headers;
    if front.public_url.scheme() != "https" || parts.extensions.get::<OverTls>().is_some() {
        return None;
    }
    let by_http = if let Some(proto) = forwarded_proto(headers) {
        !proto.eq_ignore_ascii_case("https")
    } else {
        // A proxy that says nothing sends on the public name. Browsers send this header over https only, and to their own machine.
        let is_public = authority(&parts.uri, headers).is_some_and(|authority| is_at(&front.public_url, "https", authority));
        !is_public && (!headers.contains_key("sec-fetch-mode") || is_own_machine(&parts.uri, headers))
    };
    by_http.then(|| front.public_url.to_string())
}

/// Whether a site, as `Host` has it, is this address.
pub fn is_at(address: &Url, scheme: &str, site: &str) -> bool {
    Url::parse(&format!("{scheme}://{site}")).is_ok_and(|url| url.origin() == address.origin())
}

fn is_own_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let url = authority(uri, headers).and_then(|site| Url::parse(&format!("http://{site}")).ok());
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What the proxy next to us, or somebody before it, says of the scheme.
fn forwarded_proto(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get_all(FORWARDED_PROTO).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim).filter(|proto| !proto.is_empty())
}

fn look(front: &FrontSettings, peer: Option<IpAddr>, headers: &HeaderMap) -> (ClientAddress, Secure) {
    // A value that is no text is no address either: nothing beyond it counts.
    let texts = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("-"));
    let address = peer.map_or(ClientAddress::UNKNOWN, |peer| {
        ClientAddress(front.proxies.client(peer, texts(FORWARDED_FOR)))
    });
    let by_proxy = peer.is_some_and(|peer| front.proxies.has(peer));
    // The proxy next to us writes the last one.
    let https = by_proxy && forwarded_proto(headers).is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    (address, Secure(https || front.public_url.scheme() == "https"))
}
