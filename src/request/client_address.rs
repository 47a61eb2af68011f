//! The IP address of the client and the scheme of its request. Both are those of the connection, or come from the headers of a trusted
//! proxy (`CLEARHOOK_TRUSTED_PROXIES`).

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

/// The client's IP address: an extension of every request, and an extractor. IPv4-mapped IPv6 addresses are converted to IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Whether the console is used over HTTPS, so that cookies get the attribute `Secure`: because `CLEARHOOK_PUBLIC_URL` begins with
/// `https`, or because a trusted proxy reports HTTPS for this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secure(pub bool);

impl ClientAddress {
    /// The address of a request that did not arrive over a socket.
    const UNKNOWN: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The client address of a request.
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

/// Determines client address and scheme of a request, and adds both to its extensions.
pub fn find(front: &FrontSettings, request: &mut Request) -> Secure {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let (address, secure) = determine(front, peer, request.headers());
    request.extensions_mut().insert(address);
    request.extensions_mut().insert(secure);
    secure
}

/// Whether a request was sent over HTTPS. The header `X-Forwarded-Proto` is accepted from any client here: a client that forges it affects
/// only itself, because a page of another site cannot add that header to a form.
pub fn was_sent_by_https(extensions: &Extensions, headers: &HeaderMap) -> bool {
    extensions.get::<OverTls>().is_some() || forwarded_proto(headers).is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
}

/// The public URL, if the page was opened over plain HTTP although cookies are `Secure`, so that the browser would not store the session.
/// `None` if the page may have been opened over HTTPS.
pub fn only_by_https(front: &FrontSettings, parts: &Parts) -> Option<String> {
    let headers = &parts.headers;
    if front.public_url.scheme() != "https" || parts.extensions.get::<OverTls>().is_some() {
        return None;
    }
    let by_http = if let Some(proto) = forwarded_proto(headers) {
        !proto.eq_ignore_ascii_case("https")
    } else {
        // A proxy without `X-Forwarded-Proto` forwards the public host name. Browsers send `Sec-Fetch-Mode` only over HTTPS, and to
        // their own machine.
        let is_public = authority(&parts.uri, headers).is_some_and(|authority| is_at(&front.public_url, "https", authority));
        !is_public && (!headers.contains_key("sec-fetch-mode") || is_own_machine(&parts.uri, headers))
    };
    by_http.then(|| front.public_url.to_string())
}

/// Whether an authority, as in the header `Host`, has the origin of this URL.
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

/// The last value of `X-Forwarded-Proto`, which the nearest proxy adds.
fn forwarded_proto(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get_all(FORWARDED_PROTO).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim).filter(|proto| !proto.is_empty())
}

fn determine(front: &FrontSettings, peer: Option<IpAddr>, headers: &HeaderMap) -> (ClientAddress, Secure) {
    // A value that is not text is replaced by one that is not an address. Addresses before it are ignored.
    let texts = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("-"));
    let address = peer.map_or(ClientAddress::UNKNOWN, |peer| {
        ClientAddress(front.proxies.client(peer, texts(FORWARDED_FOR)))
    });
    let by_proxy = peer.is_some_and(|peer| front.proxies.has(peer));
    let https = by_proxy && forwarded_proto(headers).is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    (address, Secure(https || front.public_url.scheme() == "https"))
}
