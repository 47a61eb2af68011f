//! The cryptography of TLS, which the libraries for HTTP, NATS and AMQP read from one place of the process.

/// Installs the provider of cryptographic algorithms. A client with TLS can be built only afterwards. Further calls have no effect.
pub fn install() {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
