//! Opens connections exactly as attempts do, without sending a request: for checks of an installation.

use std::sync::Arc;

use http::Uri;
use rustls::pki_types::CertificateDer;
use tower::Service;

use crate::{
    delivery::{
        ClientError, DeliverySettings,
        client::CONNECT_SHARE,
        connector::Connector,
        resolver::GuardedResolver,
        tls::{Tls, system_roots},
    },
    domain::{answer::Failure, url::UrlPolicy},
    tls_provider,
};

/// Opens connections to receivers.
#[derive(Clone)]
pub struct Reachability(Connector);

/// Why a receiver cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// The kind of failure, as in the log.
    pub failure: Failure,
    /// The reason, in a sentence.
    pub detail: String,
}

impl Reachability {
    /// With the policy, the time limits and the trusted certificates of attempts.
    pub fn new(policy: Arc<UrlPolicy>, settings: &DeliverySettings) -> Result<Self, ClientError> {
        tls_provider::install();
        let resolver = GuardedResolver {
            policy,
            dns: settings.dns.clone(),
        };
        let tls = Tls::new(&settings.more_roots)?;
        Ok(Self(Connector::new(resolver, tls, settings.timeout / CONNECT_SHARE)))
    }

    /// Resolves the name, connects, and does the TLS handshake if the URL is https.
    pub async fn check(&self, url: &Uri) -> Result<(), Unreachable> {
        match self.0.clone().call(url.clone()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Unreachable {
                failure: error.failure,
                detail: error.detail,
            }),
        }
    }
}

/// The certificate authorities that are trusted for callbacks.
pub fn trusted_certificates() -> Vec<CertificateDer<'static>> {
    system_roots()
}
