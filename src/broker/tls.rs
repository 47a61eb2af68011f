//! TLS to brokers, with the trust store of the system and the certificates of `CLEARHOOK_BROKER_CA`.

use std::{error::Error, sync::Arc};

use rustls::{CertificateError, ClientConfig, RootCertStore, pki_types::CertificateDer};

use crate::{
    broker::adapter::BrokerError,
    delivery::system_roots,
    error_chain::{find, innermost},
};

/// The TLS settings of a client. The system's certificates are read each time, because they may have been renewed.
pub(super) fn client_config(more_roots: &[CertificateDer<'static>]) -> Result<ClientConfig, BrokerError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(more_roots.iter().cloned().chain(system_roots()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| BrokerError(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// What is wrong with a connection, in a sentence with a remedy. `setting` is the setting with the URL.
pub(super) fn explain(setting: &str, servers: &str, error: &(dyn Error + 'static)) -> BrokerError {
    let detail = innermost(error);
    BrokerError(match find::<rustls::Error>(error) {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => format!(
            "{setting}: the certificate of {servers} is signed by an authority that is not trusted; set CLEARHOOK_BROKER_CA to a PEM file \
             with the authority's certificate"
        ),
        Some(error) => format!("{setting}: no TLS connection to {servers}: {error}"),
        None => format!("{setting}: cannot connect to {servers}: {detail}"),
    })
}
