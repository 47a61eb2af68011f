//! TLS to receivers. Trusts the system's certificates (or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`), and explains in a sentence why a
//! handshake failed.

use std::{cell::RefCell, collections::HashSet, io, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, PeerIncompatible, RootCertStore, SignatureScheme,
    client::{
        ResolvesClientCert, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    delivery::{
        certificate_error,
        connect_error::{self, ConnectError},
    },
    domain::{answer::Failure, connection::Certificate},
};

/// The protocol versions and cipher suites that clearhook offers, for messages (RFC 9325 §4.2: forward secrecy and authenticated
/// encryption only).
const OFFERED: &str = "TLS 1.3, and TLS 1.2 with ECDHE and AES-GCM or ChaCha20-Poly1305";

/// TLS connector. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

/// Information that the callbacks of rustls collect during a handshake.
#[derive(Default)]
struct Notes {
    /// Why the certificate was refused.
    refusal: Option<String>,
    /// The refused certificate and those that came with it.
    certificates: Vec<Certificate>,
    wants_client_certificate: bool,
}

tokio::task_local! {
    /// The notes of the current handshake. They are task-local because all connections share the verifier, and rustls calls it from within
    /// the handshake.
    static NOTES: RefCell<Notes>;
}

impl Tls {
    /// Trusts the certificates of the system, and `more_roots`.
    pub(super) fn new(more_roots: &[CertificateDer<'static>]) -> Result<Self, Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let roots: Vec<_> = more_roots.iter().cloned().chain(system_roots()).collect();
        let trusted = roots.iter().map(fingerprint).collect();
        let mut store = RootCertStore::empty();
        let (_, unfit) = store.add_parsable_certificates(roots);
        if unfit > 0 {
            tracing::warn!(unfit, "{unfit} trusted certificates cannot be read and are not used");
        }
        let chains = WebPkiServerVerifier::builder_with_provider(store.into(), provider.clone())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ExplainingVerifier { chains, trusted }))
            .with_client_cert_resolver(Arc::new(NoClientCertificate));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config).into()))
    }

    /// The same connector, but it offers HTTP/1.1 only (ALPN, RFC 7301).
    pub(super) fn http1_only(&self) -> Self {
        let mut config = ClientConfig::clone(self.0.config());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(Arc::new(config).into())
    }

    /// Does the TLS handshake on a TCP connection. Also returns whether the receiver asked for a client certificate.
    pub(super) async fn handshake(&self, host: &str, stream: TcpStream) -> Result<(TlsStream<TcpStream>, bool), ConnectError> {
        // The trailing dot of an absolute name is not part of the TLS server name (RFC 6066 §3).
        let name = ServerName::try_from(host.trim_end_matches('.').to_owned())
            .map_err(|_| ConnectError::new(Failure::TlsError, format!("No certificate can be valid for the host {host}.")))?;
        let connect = async {
            let result = self.0.connect(name, stream).await;
            (result, NOTES.with(RefCell::take))
        };
        let (result, notes) = NOTES.scope(RefCell::default(), connect).await;
        match result {
            Ok(stream) => Ok((stream, notes.wants_client_certificate)),
            Err(error) => Err(failed_handshake(&error, notes, host)),
        }
    }
}

/// The certificates of the system's store, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
pub(crate) fn system_roots() -> Vec<CertificateDer<'static>> {
    let loaded = rustls_native_certs::load_native_certs();
    for error in loaded.errors {
        tracing::warn!(%error, "cannot read some of the trusted certificates: {error}");
    }
    tracing::debug!(count = loaded.certs.len(), "{} trusted certificates", loaded.certs.len());
    loaded.certs
}

fn failed_handshake(error: &io::Error, notes: Notes, host: &str) -> ConnectError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let (failure, detail) = match (tls, notes.refusal) {
        (_, Some(refusal)) => (Failure::TlsError, refusal),
        (Some(error), None) => (Failure::TlsError, explain(error, notes.wants_client_certificate, host)),
        (None, None) => (
            connect_error::of_io(error).unwrap_or(Failure::TlsError),
            match error.kind() {
                io::ErrorKind::UnexpectedEof => "The receiver closed the connection during the TLS handshake.".to_owned(),
                io::ErrorKind::ConnectionReset => "The receiver reset the connection during the TLS handshake.".to_owned(),
                _ => format!("The TLS handshake failed: {error}."),
            },
        ),
    };
    ConnectError {
        failure,
        detail,
        certificates: notes.certificates,
    }
}

/// Explains a TLS failure in a sentence. `host` may be empty.
pub(super) fn explain(error: &Error, wants_client_certificate: bool, host: &str) -> String {
    use rustls::AlertDescription as Alert;
    match error {
        Error::AlertReceived(Alert::CertificateRequired) => client_certificate(error),
        Error::AlertReceived(_) if wants_client_certificate => client_certificate(error),
        Error::AlertReceived(Alert::ProtocolVersion) => {
            format!(
                "There is no common protocol version: the receiver accepts neither TLS 1.3 nor TLS 1.2 (TLS alert protocol_version). \
                 clearhook offers {OFFERED}."
            )
        }
        Error::AlertReceived(alert @ (Alert::HandshakeFailure | Alert::InsufficientSecurity)) => format!(
            "There is no common cipher suite or protocol version: the receiver answered with the TLS alert {}. clearhook offers {OFFERED}.",
            alert_name(*alert)
        ),
        Error::AlertReceived(Alert::UnrecognisedName) => {
            format!("The receiver has no certificate for the host {host} (TLS alert unrecognized_name).")
        }
        Error::AlertReceived(Alert::NoApplicationProtocol) | Error::NoApplicationProtocol => {
            "There is no common application protocol: the receiver speaks neither HTTP/2 nor HTTP/1.1 over TLS.".to_owned()
        }
        Error::AlertReceived(alert) => format!(
            "The receiver ended the TLS connection with the alert {} ({}).",
            alert_name(*alert),
            u8::from(*alert)
        ),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => {
            format!("There is no common protocol version: the receiver chose one older than TLS 1.2. clearhook offers {OFFERED}.")
        }
        Error::PeerIncompatible(reason) => {
            format!("There is no common cipher suite or key exchange ({reason:?}). clearhook offers {OFFERED}.")
        }
        Error::NoCertificatesPresented => "The receiver sent no certificate; configure one for this host on the receiver.".to_owned(),
        Error::InvalidMessage(reason) => {
            format!("The receiver does not speak TLS on this port ({reason:?}); if it serves plain HTTP, its URL begins with http://.")
        }
        Error::PeerMisbehaved(reason) => format!("The receiver violated the TLS protocol ({reason:?})."),
        error => format!("The TLS connection failed: {error}."),
    }
}

fn client_certificate(error: &Error) -> String {
    missing_client_certificate(&error.to_string())
}

/// The message for a receiver that asked for a client certificate and then closed the connection.
pub(super) fn missing_client_certificate(detail: &str) -> String {
    if detail.starts_with("The receiver requires a client certificate") {
        return detail.to_owned();
    }
    format!(
        "The receiver requires a client certificate, and clearhook has none ({}).",
        detail.trim_end_matches('.')
    )
}

/// The name of an alert as RFC 8446 §6 spells it.
fn alert_name(alert: rustls::AlertDescription) -> String {
    use rustls::AlertDescription as Alert;
    match alert {
        // The conversion below would split "CA" into two words.
        Alert::UnknownCA => "unknown_ca".to_owned(),
        Alert::UnrecognisedName => "unrecognized_name".to_owned(),
        alert => {
            let mut name = String::new();
            for letter in format!("{alert:?}").chars() {
                if letter.is_ascii_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.push(letter.to_ascii_lowercase());
            }
            name
        }
    }
}

/// Verifies certificates and notes the reason of a refusal. The error is not replaced, because it determines which TLS alert is sent to
/// the receiver.
#[derive(Debug)]
struct ExplainingVerifier {
    chains: Arc<WebPkiServerVerifier>,
    /// Fingerprints of the trusted certificates.
    trusted: HashSet<[u8; 32]>,
}

fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

impl ExplainingVerifier {
    /// Accepts a server certificate that is itself in the trust store, as OpenSSL does. `openssl req -x509` creates such certificates:
    /// self-signed, with CA:TRUE. webpki refuses a CA certificate as the certificate of a server.
    fn verify_trusted(leaf: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
        certificate_error::verify_validity(leaf, now)?;
        verify_server_name(&ParsedCertificate::try_from(leaf)?, name)
    }

    fn note(error: &Error, leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>], name: Option<&ServerName<'_>>) {
        let refusal = certificate_error::explain(error, leaf, intermediates, name);
        // The task-local is not set outside of `Tls::handshake`; then the reason is not needed.
        let _ = NOTES.try_with(|notes| {
            let mut notes = notes.borrow_mut();
            notes.refusal = Some(refusal);
            // The signature of the handshake is verified after the chain, and knows the receiver's own certificate only.
            if notes.certificates.is_empty() {
                notes.certificates = certificate_error::described_chain(error, leaf, intermediates);
            }
        });
    }
}

impl ServerCertVerifier for ExplainingVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.chains.verify_server_cert(leaf, intermediates, name, ocsp_response, now);
        let verified = match verified {
            Err(error) if certificate_error::is_authority_as_server(&error) && self.trusted.contains(&fingerprint(leaf)) => {
                Self::verify_trusted(leaf, name, now).map(|()| ServerCertVerified::assertion())
            }
            verified => verified,
        };
        verified.inspect_err(|error| Self::note(error, leaf, intermediates, Some(name)))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.chains.verify_tls12_signature(message, leaf, signature);
        verified.inspect_err(|error| Self::note(error, leaf, &[], None))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.chains.verify_tls13_signature(message, leaf, signature);
        verified.inspect_err(|error| Self::note(error, leaf, &[], None))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Provides no client certificate, but notes that the receiver asked for one.
#[derive(Debug)]
struct NoClientCertificate;

impl ResolvesClientCert for NoClientCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let _ = NOTES.try_with(|notes| notes.borrow_mut().wants_client_certificate = true);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription as Alert;

    use super::*;

    #[test]
    fn tls_alerts_have_the_names_of_rfc_8446() {
        for (alert, name) in [
            (Alert::HandshakeFailure, "handshake_failure"),
            (Alert::UnknownCA, "unknown_ca"),
            (Alert::UnrecognisedName, "unrecognized_name"),
            (Alert::BadRecordMac, "bad_record_mac"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }

    #[test]
    fn each_alert_has_a_sentence_with_its_reason() {
        for (error, words) in [
            (Error::AlertReceived(Alert::HandshakeFailure), "no common cipher suite"),
            (Error::AlertReceived(Alert::InsufficientSecurity), "insufficient_security"),
            (Error::AlertReceived(Alert::ProtocolVersion), "no common protocol version"),
            (Error::AlertReceived(Alert::CertificateRequired), "client certificate"),
            (
                Error::AlertReceived(Alert::UnrecognisedName),
                "no certificate for the host example.com",
            ),
            (Error::AlertReceived(Alert::NoApplicationProtocol), "neither HTTP/2 nor HTTP/1.1"),
            (Error::AlertReceived(Alert::InternalError), "internal_error (80)"),
            (
                Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
                "older than TLS 1.2",
            ),
            (
                Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType),
                "does not speak TLS on this port",
            ),
        ] {
            let sentence = explain(&error, false, "example.com");
            assert!(sentence.contains(words) && sentence.ends_with('.'), "{sentence}");
        }
        let asked = explain(&Error::AlertReceived(Alert::HandshakeFailure), true, "example.com");
        assert!(asked.contains("client certificate"), "{asked}");
    }
}
