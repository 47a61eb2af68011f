//! The browser of a request, as sign-in and account changes record it.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use crate::{
    auth::{
        login_throttle,
        session::{self, Browser},
    },
    request::{client_address::ClientAddress, cookies},
};

/// Extractor of the browser.
#[derive(Clone, Debug)]
pub struct FromBrowser(pub Browser);

impl FromBrowser {
    /// The browser that sent the request with this head.
    pub fn of(parts: &Parts) -> Browser {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Browser {
            address: ClientAddress::of(parts).0,
            agent: agent.map(str::to_owned),
            token: cookies::value(&parts.headers, session::COOKIE).map(str::to_owned),
            device_cookie: cookies::value(&parts.headers, login_throttle::DEVICE_COOKIE).map(str::to_owned),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for FromBrowser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Self::of(parts)))
    }
}
